"""Plain grpcio stubs in one place, and errors with their details."""

import contextlib
import json

import grpc

from support.stubs import (
    Duration, bulks_grpc, details, events, events_grpc, groups_grpc, health_pb2_grpc, limits_grpc, locks_grpc, pools, pools_grpc,
    schedules_grpc, servers, servers_grpc, stats_grpc, status_pb2, task, tasks, tasks_grpc, workers_grpc, workflows_grpc,
)

# Long enough for a debug build on a busy machine; no call that succeeds takes it.
TIMEOUT = 60

TERMINAL = (
    task.TASK_STATE_SUCCEEDED, task.TASK_STATE_FAILED, task.TASK_STATE_CANCELLED,
)


def seconds(value):
    span = Duration()
    span.FromNanoseconds(int(value * 1e9))
    return span


def spec(kind="echo", payload=b"", **fields):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    return task.TaskSpec(kind=kind, payload=payload, **fields)


class Client:
    """One channel with all stubs on it, and the calls that most tests make."""

    def __init__(self, server, **options):
        self.channel = server.channel(**options)
        self.pools = pools_grpc.PoolServiceStub(self.channel)
        self.groups = groups_grpc.GroupServiceStub(self.channel)
        self.tasks = tasks_grpc.TaskServiceStub(self.channel)
        self.bulks = bulks_grpc.BulkServiceStub(self.channel)
        self.schedules = schedules_grpc.ScheduleServiceStub(self.channel)
        self.locks = locks_grpc.LockServiceStub(self.channel)
        self.stats = stats_grpc.StatsServiceStub(self.channel)
        self.limits = limits_grpc.LimitServiceStub(self.channel)
        self.events = events_grpc.EventServiceStub(self.channel)
        self.server = servers_grpc.ServerServiceStub(self.channel)
        self.workers = workers_grpc.WorkerServiceStub(self.channel)
        self.workflows = workflows_grpc.WorkflowServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.channel.close()

    # Calls

    def create_pool(self, name, slots=4, **fields):
        return self.pools.CreatePool(
            pools.CreatePoolRequest(name=name, spec=pools.PoolSpec(slots=slots, **fields)),
            timeout=TIMEOUT).pool

    def pool(self, name):
        return self.pools.GetPool(pools.GetPoolRequest(name=name), timeout=TIMEOUT).pool

    def submit(self, pool, kind="echo", payload=b"", request_id="", **fields):
        return self.tasks.SubmitTask(
            tasks.SubmitTaskRequest(
                pool=pool, spec=spec(kind, payload, **fields), request_id=request_id),
            timeout=TIMEOUT).task

    def batch(self, pool, specs, request_id=""):
        return list(self.tasks.BatchSubmitTasks(
            tasks.BatchSubmitTasksRequest(pool=pool, specs=specs, request_id=request_id),
            timeout=TIMEOUT).task_ids)

    def get(self, id, view=task.TASK_VIEW_FULL):
        return self.tasks.GetTask(tasks.GetTaskRequest(id=id, view=view), timeout=TIMEOUT).task

    def wait(self, id, view=task.TASK_VIEW_FULL):
        """The task when it has ended."""
        last = None
        for reply in self.tasks.WaitTask(
                tasks.WaitTaskRequest(id=id, view=view), timeout=TIMEOUT):
            last = reply.task
        assert last.state in TERMINAL
        return last

    def wait_until(self, id, state):
        """The task as soon as it is in this state."""
        stream = self.tasks.WaitTask(tasks.WaitTaskRequest(id=id), timeout=TIMEOUT)
        for reply in stream:
            if reply.task.state == state:
                stream.cancel()
                return reply.task
        raise AssertionError(f"{id} ended without being {task.TaskState.Name(state)}")

    def wait_all(self, ids, view=task.TASK_VIEW_BASIC):
        """The tasks by id when all have ended."""
        ended = {}
        for start in range(0, len(ids), 10_000):
            for reply in self.tasks.WaitTasks(
                    tasks.WaitTasksRequest(ids=ids[start:start + 10_000], view=view),
                    timeout=TIMEOUT):
                assert not reply.unknown_ids
                ended.update((one.id, one) for one in reply.tasks)
        return ended

    def cancel(self, id, reason=""):
        return self.tasks.CancelTask(
            tasks.CancelTaskRequest(id=id, reason=reason), timeout=TIMEOUT).task

    def list(self, **request):
        """All pages."""
        page = tasks.ListTasksRequest(**request)
        while True:
            reply = self.tasks.ListTasks(page, timeout=TIMEOUT)
            yield from reply.tasks
            if not reply.next_page_token:
                return
            page.page_token = reply.next_page_token

    def count(self, filter=""):
        return self.tasks.CountTasks(tasks.CountTasksRequest(filter=filter), timeout=TIMEOUT)

    def info(self):
        return self.server.GetServerInfo(servers.GetServerInfoRequest(), timeout=TIMEOUT)

    def watch(self, **request):
        return self.events.WatchEvents(events.WatchEventsRequest(**request), timeout=TIMEOUT)

    def events_until_now(self, **request):
        """The events that exist already."""
        request = request or {"beginning": True}
        return [event for reply in self.watch(until_now=True, **request) for event in reply.events]


class Refusal:
    """What a failed call says, decoded from `grpc-status-details-bin`."""

    def __init__(self, error):
        self.code = error.code()
        self.message = error.details()
        self.reason = ""
        self.metadata = {}
        self.violations = {}
        self.retry_seconds = None
        self.quota = []
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._decode(status_pb2.Status.FromString(value))

    def _decode(self, status):
        assert status.code == self.code.value[0]
        assert status.message == self.message
        for packed in status.details:
            if packed.Is(details.ErrorInfo.DESCRIPTOR):
                info = details.ErrorInfo.FromString(packed.value)
                assert info.domain == "martlet"
                self.reason = info.reason
                self.metadata = dict(info.metadata)
            elif packed.Is(details.BadRequest.DESCRIPTOR):
                for one in details.BadRequest.FromString(packed.value).field_violations:
                    self.violations[one.field] = one.description
            elif packed.Is(details.RetryInfo.DESCRIPTOR):
                delay = details.RetryInfo.FromString(packed.value).retry_delay
                self.retry_seconds = delay.ToNanoseconds() / 1e9
            elif packed.Is(details.QuotaFailure.DESCRIPTOR):
                self.quota += details.QuotaFailure.FromString(packed.value).violations


@contextlib.contextmanager
def refused(code, reason=None):
    """Expects the call in the block to fail so; what it said is in `.refusal` afterwards."""

    class Caught:
        refusal = None

    caught = Caught()
    try:
        yield caught
    except grpc.RpcError as error:
        caught.refusal = Refusal(error)
        said = f"{caught.refusal.code} {caught.refusal.reason}: {caught.refusal.message}"
        assert caught.refusal.code == code, said
        assert reason is None or caught.refusal.reason == reason, said
        return
    raise AssertionError(f"the call succeeded: expected {code} {reason}")
