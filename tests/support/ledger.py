"""What a server has promised: kept outside of it, and compared with what it says later."""

import threading
from collections import defaultdict

from support.client import TERMINAL
from support.stubs import task, tasks


class Call:
    """One submit: what was asked for, and what was answered."""

    def __init__(self, number, pool, specs, request_id, is_batch):
        self.number = number
        self.pool = pool
        self.specs = specs
        self.request_id = request_id
        self.is_batch = is_batch
        self.ids = None
        for one in specs:
            one.labels["call"] = str(number)

    def start(self, client, waits=False):
        """Sends it, and returns the future of its reply. `waits`: for a connection, if need be."""
        if self.is_batch:
            return client.tasks.BatchSubmitTasks.future(tasks.BatchSubmitTasksRequest(
                pool=self.pool, specs=self.specs, request_id=self.request_id),
                wait_for_ready=waits)
        return client.tasks.SubmitTask.future(tasks.SubmitTaskRequest(
            pool=self.pool, spec=self.specs[0], request_id=self.request_id), wait_for_ready=waits)

    def ids_in(self, reply):
        return list(reply.task_ids) if self.is_batch else [reply.task.id]


class Ledger:
    """Promises of a server, noted by many threads."""

    def __init__(self):
        self.lock = threading.Condition()
        self.calls = {}
        self.acknowledged = 0
        # (id, revision) -> (state, attempt): each task as somebody was shown it.
        self.shown = {}
        # id -> the task as it was shown when it had ended, BASIC view.
        self.ended = {}
        self.cancelled = set()
        self.newest_cursor = ""

    # Notes

    def new_call(self, pool, specs, request_id, is_batch):
        with self.lock:
            call = Call(len(self.calls), pool, specs, request_id, is_batch)
            self.calls[call.number] = call
            return call

    def note_submitted(self, call, reply):
        ids = call.ids_in(reply)
        assert len(ids) == len(call.specs)
        with self.lock:
            assert call.ids is None or call.ids == ids, (
                f"request_id {call.request_id} was answered {call.ids}, then {ids}")
            call.ids = ids
            self.acknowledged += 1
            self.newest_cursor = reply.cursor
            if not call.is_batch:
                self._note_shown(reply.task)
            self.lock.notify_all()

    def note_shown(self, one):
        with self.lock:
            self._note_shown(one)

    def note_cancelled(self, id):
        with self.lock:
            self.cancelled.add(id)

    def _note_shown(self, one):
        key = (one.id, one.revision)
        shown = (one.state, one.attempt)
        assert self.shown.setdefault(key, shown) == shown, f"{key} was {self.shown[key]}: {shown}"
        if one.state in TERMINAL:
            one.spec.payload = b""
            one.ClearField("result")
            known = self.ended.setdefault(one.id, one)
            assert known == one, f"an ended task changed from\n{known}to\n{one}"

    def wait_for_acknowledgements(self, more, timeout=30):
        """False if they do not come in time."""
        with self.lock:
            target = self.acknowledged + more
            return self.lock.wait_for(lambda: self.acknowledged >= target, timeout)

    # Checks

    def unanswered(self):
        return [call for call in self.calls.values() if call.ids is None]

    def check_tasks(self, found):
        """`found`: every task that the server lists."""
        by_call = defaultdict(list)
        by_id = {}
        for one in found:
            assert one.id not in by_id, f"{one.id} is listed twice"
            by_id[one.id] = one
            by_call[int(one.spec.labels["call"])].append(one.id)
        for call in self.calls.values():
            ids = sorted(by_call[call.number])
            if call.ids is not None:
                assert ids == sorted(call.ids), (
                    f"call {call.number} was answered {call.ids}, and left {ids}")
            else:
                # Without a request_id nobody knows, but a batch is there as a whole or not at all.
                assert len(ids) in (0, len(call.specs)), f"call {call.number} was torn: {ids}"
        for id, one in self.ended.items():
            assert by_id[id] == one, f"an ended task changed from\n{one}to\n{by_id[id]}"
        for id in self.cancelled:
            assert by_id[id].state == task.TASK_STATE_CANCELLED, f"{id} was cancelled once"

    def check_shown(self, everything):
        """`everything`: the feed from its beginning. What was shown must be in it."""
        by_revision = {event.revision: event for event in everything}
        for (id, revision), shown in self.shown.items():
            event = by_revision.get(revision)
            assert event is not None, f"{id} was shown at revision {revision}, which is gone"
            assert (event.task_id, event.state, event.attempt) == (id, *shown), (
                f"{id} was shown as {shown} at revision {revision}, where the feed has\n{event}")
