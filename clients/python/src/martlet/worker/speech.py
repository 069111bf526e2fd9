"""What is to be said on one stream, and when. Without I/O, clock or lock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.attempt import Attempt

#: Seconds: something is said at least so often.
PING_INTERVAL = 5.0
#: Seconds between two messages that only have progress and log lines.
NEWS_INTERVAL = 0.2
#: Bytes of one message: the server takes 4 MiB.
REQUEST_BYTES_MAX = 3 << 20
#: What one message takes of each.
ENTRIES_MAX = 5_000


class Leases:
    """Leases in the order in which they came, each once."""

    def __init__(self) -> None:
        self._leases: OrderedDict[str, None] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._leases)

    def add(self, lease: str) -> None:
        self._leases[lease] = None

    def add_all(self, leases: Iterable[str]) -> None:
        self._leases.update((lease, None) for lease in leases)

    def discard(self, lease: str) -> None:
        self._leases.pop(lease, None)

    def put_back(self, lease: str) -> None:
        self._leases[lease] = None
        self._leases.move_to_end(lease, last=False)

    def take(self) -> str:
        return self._leases.popitem(last=False)[0]

    def take_all(self) -> list[str]:
        leases = list(self._leases)
        self._leases.clear()
        return leases


class Speech:
    """The worker's half of one stream. It begins with hello, and says nothing more until it is
    welcome."""

    def __init__(self, hello: pb.WorkerHello, now: float) -> None:
        self._hello: pb.WorkerHello | None = hello
        self._slots = hello.slots
        self.is_welcome = False
        self._beat_interval = 0.0
        #: Assigns that have come on this stream.
        self.received = 0
        self._credit = pb.Credit(more=0, received=0)
        self._draining_said = False
        self.pong: int | None = None
        self._pings = 0
        self._said_at = now
        self._beat_at = now
        self._news_at = now - NEWS_INTERVAL
        # To be said: accepts; beats that are due, that are urgent and that may wait for more;
        # outcomes.
        self._accepts = Leases()
        self._beats = Leases()
        self._urgent = Leases()
        self._news = Leases()
        self._outcomes = Leases()

    # What is to be said

    def welcome(self, beat_interval: float, now: float) -> None:
        self.is_welcome = True
        self._beat_interval = beat_interval
        self._beat_at = now

    def accept(self, lease: str) -> None:
        self._accepts.add(lease)

    def beat(self, lease: str) -> None:
        """At once."""
        self._urgent.add(lease)

    def tell(self, lease: str) -> None:
        """What is only for people: it waits a little for more."""
        self._news.add(lease)

    def end(self, lease: str) -> None:
        self._outcomes.add(lease)

    def forget(self, lease: str) -> None:
        for leases in (self._accepts, self._beats, self._urgent, self._news, self._outcomes):
            leases.discard(lease)

    # When and what

    def deadline(self, attempts: Mapping[str, Attempt]) -> float | None:
        """When there may be something to say without anything happening before."""
        if not self.is_welcome:
            return None
        times = [self._said_at + PING_INTERVAL]
        if any(attempt.beats for attempt in attempts.values()):
            times.append(self._beat_at + self._beat_interval)
        if self._news:
            times.append(self._news_at + NEWS_INTERVAL)
        return min(times)

    def next_request(
        self, attempts: Mapping[str, Attempt], running: int, is_draining: bool, now: float
    ) -> pb.WorkRequest | None:
        """The next message, if there is something to be said now. To be asked again until there
        is none: one message has a limit."""
        if self._hello is not None:
            request = pb.WorkRequest(hello=self._hello)
            self._hello = None
            return request
        if not self.is_welcome:
            return None
        request = pb.WorkRequest()
        self._choose_beats(attempts, now)
        self._say_leases(request, attempts)
        if not is_draining:
            self._say_credit(request, max(0, self._slots - running))
        elif not self._draining_said:
            self._draining_said = request.draining = True
        if self.pong is not None:
            request.pong, self.pong = self.pong, None
        if not request.ListFields():
            if now - self._said_at < PING_INTERVAL:
                return None
            self._pings += 1
            request.ping = self._pings
        self._said_at = now
        return request

    def _choose_beats(self, attempts: Mapping[str, Attempt], now: float) -> None:
        """All leases beat in one message."""
        if now - self._beat_at >= self._beat_interval:
            self._beat_at = now
            self._beats.add_all(lease for lease, attempt in attempts.items() if attempt.beats)
        if self._news and now - self._news_at >= NEWS_INTERVAL:
            self._news_at = now
            self._urgent.add_all(self._news.take_all())

    def _say_leases(self, request: pb.WorkRequest, attempts: Mapping[str, Attempt]) -> None:
        room = REQUEST_BYTES_MAX
        while self._accepts and len(request.accepts) < ENTRIES_MAX:
            request.accepts.add(lease=self._accepts.take())
        while (self._urgent or self._beats) and room > 0 and len(request.beats) < ENTRIES_MAX:
            lease = (self._urgent or self._beats).take()
            room = self._say_beat(request, attempts.get(lease), room)
        if self._accepts or self._urgent or self._beats:
            return
        while self._outcomes and room > 0:
            if len(request.finishes) + len(request.releases) >= ENTRIES_MAX:
                return
            room = self._say_outcome(request, attempts[self._outcomes.take()], room)

    def _say_beat(self, request: pb.WorkRequest, attempt: Attempt | None, room: int) -> int:
        if attempt is None or attempt.is_fenced:
            return room
        self._beats.discard(attempt.lease)
        beat = attempt.take_beat()
        request.beats.append(beat)
        if attempt.has_news:
            self._news.add(attempt.lease)
        else:
            self._news.discard(attempt.lease)
        return room - beat.ByteSize()

    def _say_outcome(self, request: pb.WorkRequest, attempt: Attempt, room: int) -> int:
        """What the handler said before its end is said before that, in as many messages as it
        takes."""
        if attempt.has_news:
            if not any(beat.lease == attempt.lease for beat in request.beats):
                room = self._say_beat(request, attempt, room)
            if attempt.has_news:
                self._outcomes.put_back(attempt.lease)
                return 0
        self._news.discard(attempt.lease)
        outcome = attempt.outcome
        if isinstance(outcome, pb.Release):
            request.releases.append(outcome)
        elif isinstance(outcome, pb.Finish):
            size = outcome.ByteSize()
            if size > room and request.ListFields():
                self._outcomes.put_back(attempt.lease)
                return 0
            request.finishes.append(outcome)
            return room - size
        return room

    def _say_credit(self, request: pb.WorkRequest, free: int) -> None:
        """What is free beyond what has come; said when the server cannot know it."""
        believed = self._credit.more - (self.received - self._credit.received)
        if free != believed:
            self._credit = pb.Credit(more=free, received=self.received)
            request.credit.CopyFrom(self._credit)
