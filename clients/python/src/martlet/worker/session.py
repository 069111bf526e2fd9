"""What a worker says, and what it makes of what it hears. Without I/O, clock or lock."""

from __future__ import annotations

from dataclasses import dataclass

from martlet.v1 import task_pb2
from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.attempt import Attempt, Outcome, StopReason
from martlet.worker.speech import Speech

#: Seconds: a server that is silent for longer is taken for dead.
SILENCE_MAX = 20.0


@dataclass(frozen=True)
class Start:
    """Run the handler of this attempt; it has been accepted."""

    assign: pb.Assign


@dataclass(frozen=True)
class Stop:
    """Tell the handler to stop."""

    lease: str
    reason: StopReason
    text: str = ""
    #: Seconds until the lease is fenced.
    grace: float = 0.0


@dataclass(frozen=True)
class Saved:
    """The checkpoint of this number, and all before it, is on disk, or was refused."""

    lease: str
    sequence: int
    problem: str = ""


@dataclass(frozen=True)
class Settled:
    """The server has taken the outcome, or will never."""

    lease: str
    accepted: bool
    problem: str = ""


Effect = Start | Stop | Saved | Settled

_STOP_REASONS = {
    pb.DIRECTIVE_KIND_CANCEL: StopReason.CANCEL,
    pb.DIRECTIVE_KIND_PAUSE: StopReason.PAUSE,
    pb.DIRECTIVE_KIND_LOST: StopReason.LOST,
}
#: A stop of a higher rank replaces one of a lower; the same again says nothing new.
_RANKS = {
    None: 0,
    StopReason.PAUSE: 1,
    StopReason.SHUTDOWN: 1,
    StopReason.CANCEL: 2,
    StopReason.LOST: 3,
}


class WorkerSession:
    """One worker's side of WorkerService.Work, over any number of streams.

    The driver opens and closes streams, sends what `next_request` gives until it gives nothing,
    hands over what it hears and does what it is told in return. Times are seconds of a monotonic
    clock.
    """

    def __init__(self, hello: pb.WorkerHello) -> None:
        self._hello = hello
        self._attempts: dict[str, Attempt] = {}
        #: What is said on the stream that stands.
        self._speech: Speech | None = None
        self._heard_at = 0.0
        self.lease_length = 10.0
        self.beat_interval = 3.0
        self.worker_id = ""
        self.is_draining = False

    # Looking

    @property
    def running(self) -> int:
        """Slots that are taken: handlers that have not ended, whatever became of their leases."""
        return sum(attempt.is_running for attempt in self._attempts.values())

    @property
    def is_settled(self) -> bool:
        """The server knows all that there is to know."""
        return all(attempt.is_fenced for attempt in self._attempts.values())

    @property
    def is_welcome(self) -> bool:
        """The stream stands, and the server has said so."""
        return self._speech is not None and self._speech.is_welcome

    def patience(self, now: float) -> float:
        """Seconds until the server is to be given up, unless it says something."""
        return max(0.0, self._heard_at + SILENCE_MAX - now)

    # The stream

    def open(self, now: float) -> None:
        """A stream is there: it begins with hello."""
        hello = pb.WorkerHello()
        hello.CopyFrom(self._hello)
        hello.held_leases.extend(
            lease for lease, attempt in self._attempts.items() if not attempt.is_fenced
        )
        self._speech = Speech(hello, now)
        self._heard_at = now

    def close(self) -> None:
        """It is lost. What it holds the worker keeps, and says again on the next one."""
        self._speech = None

    def next_request(self, now: float) -> pb.WorkRequest | None:
        """The next message, if there is something to be said now; to be asked again until there
        is none."""
        if self._speech is None:
            return None
        return self._speech.next_request(self._attempts, self.running, self.is_draining, now)

    @property
    def deadline(self) -> float | None:
        """When there may be something to say without anything happening before."""
        return None if self._speech is None else self._speech.deadline(self._attempts)

    def hear(self, message: pb.WorkResponse, now: float) -> list[Effect]:
        self._heard_at = now
        effects: list[Effect] = []
        speech = self._speech
        if speech is None:
            return effects
        if message.HasField("welcome"):
            self._welcome(message.welcome, speech, now, effects)
        for assign in message.assigns:
            self._assign(assign, speech, effects)
        for directive in message.directives:
            self._direct(directive, effects)
        for ack in message.acks:
            self._acknowledge(ack, speech, effects)
        if message.HasField("ping"):
            speech.pong = message.ping
        return effects

    def _welcome(
        self, welcome: pb.WorkerWelcome, speech: Speech, now: float, effects: list[Effect]
    ) -> None:
        self.worker_id = welcome.worker_id
        self.lease_length = welcome.lease_length.ToNanoseconds() / 1e9 or self.lease_length
        self.beat_interval = welcome.beat_interval.ToNanoseconds() / 1e9 or self.lease_length / 3
        speech.welcome(self.beat_interval, now)
        kept = set(welcome.kept_leases)
        for lease, attempt in list(self._attempts.items()):
            if attempt.is_fenced:
                continue
            if lease in kept:
                attempt.says_checkpoint = attempt.checkpoint is not None
            elif attempt.outcome is None:
                self._lose(attempt, "the lease ended while the server was not reached", effects)
                continue
            else:
                attempt.drop_news()
            if attempt.outcome is None:
                speech.beat(lease)
            else:
                # Even if the lease is lost: an outcome that was taken is acknowledged again.
                speech.end(lease)

    def _assign(self, assign: pb.Assign, speech: Speech, effects: list[Effect]) -> None:
        speech.received += 1
        if assign.lease in self._attempts:
            return
        attempt = Attempt(assign)
        self._attempts[assign.lease] = attempt
        speech.accept(assign.lease)
        if self.is_draining:
            # It crossed the word that nothing more is wanted: given back as soon as it is ours.
            self._end(attempt, pb.Release(lease=assign.lease))
        else:
            effects.append(Start(assign))

    def _direct(self, directive: pb.Directive, effects: list[Effect]) -> None:
        attempt = self._attempts.get(directive.lease)
        reason = _STOP_REASONS.get(directive.kind)
        # What has come to its end waits for its acknowledgement, which says the last word.
        if attempt is None or reason is None or attempt.is_fenced or attempt.outcome is not None:
            return
        if reason is StopReason.LOST:
            self._lose(attempt, directive.reason, effects)
        elif _RANKS[reason] > _RANKS[attempt.stop]:
            attempt.stop = reason
            grace = directive.grace.ToNanoseconds() / 1e9
            effects.append(Stop(attempt.lease, reason, directive.reason, grace))

    def _lose(self, attempt: Attempt, why: str, effects: list[Effect]) -> None:
        attempt.is_fenced = True
        attempt.checkpoint = None
        effects.append(Settled(attempt.lease, False, why))
        if attempt.is_running:
            attempt.stop = StopReason.LOST
            effects.append(Stop(attempt.lease, StopReason.LOST, why))
        else:
            self._attempts.pop(attempt.lease, None)
        if self._speech is not None:
            self._speech.forget(attempt.lease)

    def _acknowledge(self, ack: pb.Ack, speech: Speech, effects: list[Effect]) -> None:
        attempt = self._attempts.get(ack.lease)
        if attempt is None or attempt.is_fenced:
            return
        if not ack.accepted and not ack.problem:
            self._lose(attempt, "the lease has ended", effects)
        elif ack.checkpoint_sequence:
            self._checkpoint_acknowledged(attempt, ack, effects)
        elif attempt.outcome is None:
            return
        elif ack.accepted:
            attempt.is_fenced = True
            effects.append(Settled(ack.lease, True))
            self._drop_if_over(attempt)
        else:
            self._refused(attempt, ack.problem, speech, effects)

    def _checkpoint_acknowledged(
        self, attempt: Attempt, ack: pb.Ack, effects: list[Effect]
    ) -> None:
        newest = attempt.checkpoint
        if newest is not None and newest.sequence <= ack.checkpoint_sequence:
            attempt.checkpoint = None
            attempt.says_checkpoint = False
        effects.append(Saved(attempt.lease, ack.checkpoint_sequence, ack.problem))

    def _refused(
        self, attempt: Attempt, problem: str, speech: Speech, effects: list[Effect]
    ) -> None:
        """The outcome makes no sense to the server, and the lease still holds."""
        if isinstance(attempt.outcome, pb.Finish) and attempt.outcome.HasField("result"):
            failure = pb.WorkerFailure(code="RESULT_REFUSED", message=problem, non_retryable=True)
            attempt.outcome = pb.Finish(lease=attempt.lease, failure=failure)
        elif isinstance(attempt.outcome, pb.Finish):
            attempt.outcome = pb.Release(lease=attempt.lease)
        else:
            self._lose(attempt, problem, effects)
            return
        speech.end(attempt.lease)

    def _drop_if_over(self, attempt: Attempt) -> None:
        if attempt.is_fenced and not attempt.is_running:
            self._attempts.pop(attempt.lease, None)

    # What handlers do

    def report(self, lease: str, progress: task_pb2.Progress) -> None:
        """The newest progress replaces what has not been said."""
        if (attempt := self._speaking(lease)) is not None:
            attempt.progress = progress
            if self._speech is not None:
                self._speech.tell(lease)

    def log(self, lease: str, line: task_pb2.LogLine) -> None:
        if (attempt := self._speaking(lease)) is not None:
            attempt.log_lines.append(line)
            if self._speech is not None:
                self._speech.tell(lease)

    def save_checkpoint(self, lease: str, data: bytes, content_type: str) -> int | None:
        """Its number, which `Saved` will name; None if the lease has ended. A newer one replaces
        what has not been acknowledged."""
        attempt = self._speaking(lease)
        if attempt is None:
            return None
        attempt.sequence += 1
        attempt.checkpoint = task_pb2.Checkpoint(
            data=data, sequence=attempt.sequence, content_type=content_type
        )
        attempt.says_checkpoint = True
        if self._speech is not None:
            self._speech.beat(lease)
        return attempt.sequence

    def _speaking(self, lease: str) -> Attempt | None:
        attempt = self._attempts.get(lease)
        if attempt is None or attempt.is_fenced or attempt.outcome is not None:
            return None
        return attempt

    def finish(self, lease: str, outcome: Outcome | None) -> None:
        """The handler has come to its end. None: there is nothing to be said of it, as its lease
        was lost."""
        attempt = self._attempts.get(lease)
        if attempt is None:
            return
        if attempt.is_fenced or attempt.outcome is not None:
            attempt.is_running = False
            self._drop_if_over(attempt)
        else:
            self._end(attempt, outcome or pb.Release(lease=lease))

    def abandon(self, lease: str) -> None:
        """Gives the lease back though the handler goes on: what it comes to is not said."""
        if (attempt := self._speaking(lease)) is not None:
            self._end(attempt, pb.Release(lease=lease))
            attempt.is_running = True

    def _end(self, attempt: Attempt, outcome: Outcome) -> None:
        attempt.is_running = False
        attempt.outcome = outcome
        if self._speech is not None:
            self._speech.end(attempt.lease)

    def stopping(self, lease: str) -> bool:
        """Notes that the worker itself tells the handler to stop; False if it has been told to."""
        attempt = self._speaking(lease)
        if attempt is None or attempt.stop is not None:
            return False
        attempt.stop = StopReason.SHUTDOWN
        return True

    def drain(self) -> None:
        """From now on nothing more is taken."""
        self.is_draining = True
