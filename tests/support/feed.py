"""Subscribers that resume, and a record of the feed that notices gaps, doubles and changes."""

import threading

import grpc

from support.client import Client, seconds
from support.stubs import events, task

# What a client hears when the process at the other end dies or stops.
LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class FeedRecord:
    """Every event that anyone was shown, by revision: once shown, an event never changes."""

    def __init__(self):
        self._bytes = {}
        self._lock = threading.Lock()

    def add(self, shown):
        with self._lock:
            for event in shown:
                # Content comes on request only; the rest is the same for all.
                data = event.SerializeToString(deterministic=True)
                known = self._bytes.setdefault(event.revision, data)
                assert known == data, (
                    f"revision {event.revision} changed from\n"
                    f"{events.Event.FromString(known)}to\n{event}")

    def events(self):
        """All of them in order; they must leave no gap."""
        revisions = sorted(self._bytes)
        assert revisions == list(range(1, len(revisions) + 1)), "the feed has gaps"
        return [events.Event.FromString(self._bytes[n]) for n in revisions]


def matches(event, filters):
    """The contract's words for the filters of WatchEvents."""
    return (
        (not filters.get("pools") or event.pool in filters["pools"])
        and (not filters.get("task_ids") or event.task_id in filters["task_ids"])
        and (not filters.get("kinds") or event.kind in filters["kinds"])
        and (not filters.get("types") or event.type in filters["types"])
        and all(event.labels.get(k) == v for k, v in filters.get("labels", {}).items()))


class Subscriber(threading.Thread):
    """Follows the feed from a cursor, and from where it was after each loss of the server.

    It keeps the cursor together with what it did, as the contract says a subscriber should."""

    def __init__(self, server, record, cursor=None, filters=None, start_revision=0):
        super().__init__(daemon=True)
        self.server = server
        self.record = record
        self.cursor = cursor
        self.filters = filters or {}
        self.start_revision = start_revision
        self.revisions = []
        self.connections = 0
        self.failure = None
        self._moved = threading.Condition()
        self._stream = None
        self._ended = False
        self.start()

    # Its life

    def run(self):
        try:
            while not self._ended:
                self._follow()
        except BaseException as failure:  # Told to whoever waits for this subscriber.
            with self._moved:
                self.failure = failure
                self._moved.notify_all()

    def _follow(self):
        start = {"cursor": self.cursor} if self.cursor else {"beginning": True}
        request = events.WatchEventsRequest(
            **start, **self.filters, heartbeat_interval=seconds(0.1))
        with Client(self.server) as client:
            stream = client.events.WatchEvents(request, wait_for_ready=True)
            with self._moved:
                self._stream = stream
                self.connections += 1
                if self._ended:
                    return
            try:
                for reply in stream:
                    self._take(reply)
            except grpc.RpcError as error:
                if error.code() not in LOST:
                    raise

    def _take(self, reply):
        last = self.revisions[-1] if self.revisions else self.start_revision
        for event in reply.events:
            if not self.filters:
                assert event.revision == last + 1, f"{event.revision} follows {last}"
            assert event.revision > last, f"{event.revision} follows {last}"
            assert matches(event, self.filters), f"the filter does not let this pass:\n{event}"
            last = event.revision
        self.record.add(reply.events)
        with self._moved:
            self.revisions += [event.revision for event in reply.events]
            self.cursor = reply.cursor
            self._moved.notify_all()

    # What others ask of it

    def break_off(self):
        """Loses the connection, as by a network that fails."""
        with self._moved:
            if self._stream is not None:
                self._stream.cancel()

    def wait_for(self, condition, timeout=120):
        """Waits until the condition, which may look at this subscriber, holds."""
        with self._moved:
            done = self._moved.wait_for(lambda: self.failure or condition(), timeout)
        if self.failure:
            raise self.failure
        assert done, f"a subscriber got stuck at {self.cursor}"

    def finish(self, cursor):
        """Waits until it is there, ends it, and checks that it has missed nothing."""
        self.wait_for(lambda: self.cursor == cursor)
        with self._moved:
            self._ended = True
        self.break_off()
        self.join()

    def check_complete(self, everything):
        wanted = [
            event.revision for event in everything
            if event.revision > self.start_revision and matches(event, self.filters)]
        assert self.revisions == wanted, f"a subscriber with {self.filters} missed something"


class StoryCheck:
    """Goes through the feed and checks that every task's story is one that may be told."""

    ALLOWED = {
        events.EVENT_TYPE_TASK_DUE: (task.TASK_STATE_SCHEDULED, task.TASK_STATE_PENDING),
        events.EVENT_TYPE_TASK_STARTED: (task.TASK_STATE_PENDING, task.TASK_STATE_RUNNING),
        events.EVENT_TYPE_TASK_PROGRESSED: (task.TASK_STATE_RUNNING, task.TASK_STATE_RUNNING),
        events.EVENT_TYPE_TASK_CANCEL_REQUESTED: (
            task.TASK_STATE_RUNNING, task.TASK_STATE_RUNNING),
        events.EVENT_TYPE_TASK_RETRY_SCHEDULED: (
            task.TASK_STATE_RUNNING, task.TASK_STATE_SCHEDULED),
        events.EVENT_TYPE_TASK_RELEASED: (task.TASK_STATE_RUNNING, task.TASK_STATE_PENDING),
        events.EVENT_TYPE_TASK_LOST: (task.TASK_STATE_RUNNING, task.TASK_STATE_PENDING),
        events.EVENT_TYPE_TASK_SUCCEEDED: (task.TASK_STATE_RUNNING, task.TASK_STATE_SUCCEEDED),
    }
    ENDS = {
        events.EVENT_TYPE_TASK_FAILED: task.TASK_STATE_FAILED,
        events.EVENT_TYPE_TASK_CANCELLED: task.TASK_STATE_CANCELLED,
    }
    TERMINAL = (
        task.TASK_STATE_SUCCEEDED, task.TASK_STATE_FAILED, task.TASK_STATE_CANCELLED)

    def __init__(self):
        self.tasks = {}
        self.lost = 0
        self.time = 0

    def check(self, event):
        assert event.time.ToNanoseconds() >= self.time, f"time went back at {event.revision}"
        self.time = event.time.ToNanoseconds()
        if not event.task_id:
            return
        before = self.tasks.get(event.task_id)
        where = f"revision {event.revision} after {before}:\n{event}"
        if event.type == events.EVENT_TYPE_TASK_SUBMITTED:
            assert before is None, where
            assert event.attempt == 0, where
        elif event.type == events.EVENT_TYPE_TASK_REOPENED:
            assert before[0] in (task.TASK_STATE_FAILED, task.TASK_STATE_CANCELLED), where
            assert (event.state, event.attempt) == (task.TASK_STATE_PENDING, before[1]), where
        else:
            assert before is not None, where
            self._check_step(event, before, where)
        self.tasks[event.task_id] = (event.state, event.attempt)

    def _check_step(self, event, before, where):
        if event.type in self.ENDS:
            assert before[0] not in self.TERMINAL, where
            assert event.state == self.ENDS[event.type], where
        else:
            assert (before[0], event.state) == self.ALLOWED[event.type], where
        is_start = event.type == events.EVENT_TYPE_TASK_STARTED
        assert event.attempt == before[1] + (1 if is_start else 0), where
        self.lost += event.type == events.EVENT_TYPE_TASK_LOST
