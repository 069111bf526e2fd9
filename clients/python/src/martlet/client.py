"""Submitting tasks, looking at them, and waiting for them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Self

import grpc

from martlet.connection import Connection, default_target, ended_early, open_channel
from martlet.content import encode
from martlet.errors import MartletError
from martlet.events import EventFeed
from martlet.groups import Groups
from martlet.limits import Limits
from martlet.locks import Locks
from martlet.pools import Pools
from martlet.schedules import Schedules
from martlet.stats import Stats
from martlet.times import Backoff, Span, duration, timestamp
from martlet.v1 import event_service_pb2, task_pb2, task_service_pb2_grpc, task_story_pb2
from martlet.v1 import task_service_pb2 as pb
from martlet.workflows import Workflows

_TERMINAL = frozenset(
    (task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED)
)

#: What one call of WaitTasks takes.
_WAIT_IDS_MAX = 10_000


def task_spec(
    kind: str,
    payload: Any = None,
    *,
    labels: Mapping[str, str] | None = None,
    priority: int | None = None,
    delay: Span | None = None,
    schedule_time: datetime | None = None,
    retry_policy: task_pb2.RetryPolicy | None = None,
    run_timeout: Span | None = None,
    queue_timeout: Span | None = None,
    heartbeat_timeout: Span | None = None,
    deadline: datetime | None = None,
    worker_selector: Mapping[str, str] | None = None,
    trace_parent: str = "",
    unique: task_pb2.UniqueRule | None = None,
    ref: str = "",
    depends_on: Iterable[str] = (),
    on_dependency_failure: task_pb2.DependencyRule = task_pb2.DEPENDENCY_RULE_UNSPECIFIED,
    want_dependency_results: bool = False,
    fairness_key: str = "",
    fairness_weight: int | None = None,
) -> task_pb2.TaskSpec:
    """What a submitter says about a task; see TaskSpec in the contract.

    `payload`: bytes and `Content` are taken as they are, anything else but None becomes JSON.
    `depends_on`: what it waits for: the `ref` of tasks of the same batch, or ids of tasks.
    `fairness_key`: for whom it runs, at most 255 bytes: slots are shared among the keys of a pool,
    by `fairness_weight`, 1 to 1,000.
    """
    content = encode(payload)
    return task_pb2.TaskSpec(
        kind=kind,
        payload=content.data,
        content_type=content.content_type,
        labels=labels,
        priority=priority,
        delay=None if delay is None else duration(delay),
        schedule_time=None if schedule_time is None else timestamp(schedule_time),
        retry_policy=retry_policy,
        run_timeout=None if run_timeout is None else duration(run_timeout),
        queue_timeout=None if queue_timeout is None else duration(queue_timeout),
        heartbeat_timeout=None if heartbeat_timeout is None else duration(heartbeat_timeout),
        deadline=None if deadline is None else timestamp(deadline),
        trace_parent=trace_parent,
        worker_selector=worker_selector,
        unique=unique,
        ref=ref,
        depends_on=depends_on,
        on_dependency_failure=on_dependency_failure,
        want_dependency_results=want_dependency_results,
        fairness_key=fairness_key,
        fairness_weight=fairness_weight,
    )


class Client:
    """A connection to one server, for any number of calls at the same time.

        async with Client("127.0.0.1:7411") as client:
            task = await client.submit("mails", "echo", {"to": "ada"})
            print(result_of(await client.wait(task.id)))

    Calls that do no harm when they are made again are repeated while the server cannot be reached,
    with a submit's request id made for it. Waits and feeds resume over lost connections and
    restarts of the server. What fails, raises MartletError.
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        actor: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float = 30.0,
        attempts: int = 5,
        patience: float | None = None,
        backoff: Backoff = Backoff(),
    ) -> None:
        """
        target: `host:port` or `unix:/path`; None: MARTLET_SERVER, else port 7411 of this machine.
        actor: Who is said to have caused what is called for; None: the peer's address.
        credentials: For TLS; None: none.
        timeout: Seconds that a call may take with all its repeats.
        attempts: How often a call is made at most.
        patience: Seconds for which waits and feeds try to get a lost server back; None: for ever.
        """
        self._channel = open_channel(target or default_target(), credentials)
        self._connection = Connection(
            self._channel,
            actor=actor,
            timeout=timeout,
            attempts=attempts,
            patience=patience,
            backoff=backoff,
        )
        self._stub = task_service_pb2_grpc.TaskServiceStub(self._channel)
        #: The calls about pools.
        self.pools = Pools(self._connection)
        #: The calls about groups of pools.
        self.groups = Groups(self._connection)
        #: The calls about limits.
        self.limits = Limits(self._connection)
        #: The calls about locks.
        self.locks = Locks(self._connection)
        #: Counts, times and failures of tasks.
        self.stats = Stats(self._connection)
        #: The calls about schedules.
        self.schedules = Schedules(self._connection)
        #: The calls about workflows.
        self.workflows = Workflows(self._connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._channel.close()

    # Submitting

    async def submit(
        self, pool: str, kind: str, payload: Any = None, *, request_id: str = "", **fields: Any
    ) -> task_pb2.Task:
        """Submits one task: it is on disk with the reply. `fields` are those of `task_spec`.

        The same `request_id` again within 24 h returns the first answer; without one, one is made,
        which makes the repeats within this call safe. Where `unique` finds another task with the
        same key: ALREADY_EXISTS (DUPLICATE_TASK), or that one is returned, as the rule says.
        """
        reply = await self._connection.unary(
            self._stub.SubmitTask,
            pb.SubmitTaskRequest(
                pool=pool,
                spec=task_spec(kind, payload, **fields),
                request_id=request_id or uuid.uuid4().hex,
            ),
        )
        return reply.task

    async def submit_batch(
        self, pool: str, specs: Iterable[task_pb2.TaskSpec], *, request_id: str = ""
    ) -> Sequence[str]:
        """Submits up to 10,000 tasks, all or none; their ids in the same order."""
        reply = await self._connection.unary(
            self._stub.BatchSubmitTasks,
            pb.BatchSubmitTasksRequest(
                pool=pool, specs=specs, request_id=request_id or uuid.uuid4().hex
            ),
        )
        return list(reply.task_ids)

    # Looking

    async def get(
        self, id: str, *, view: task_pb2.TaskView = task_pb2.TASK_VIEW_FULL
    ) -> task_pb2.Task:
        """The task as it is now. NOT_FOUND (TASK_NOT_FOUND) if there is none, or no longer."""
        reply = await self._connection.unary(
            self._stub.GetTask, pb.GetTaskRequest(id=id, view=view)
        )
        return reply.task

    async def trace(self, id: str) -> task_story_pb2.TaskTrace:
        """What the task went through: its waits, each attempt and what came of it, and the sums."""
        reply = await self._connection.unary(
            self._stub.GetTaskTrace, pb.GetTaskTraceRequest(id=id)
        )
        return reply.trace

    async def explain(self, id: str) -> Sequence[task_story_pb2.WaitingCause]:
        """Why the task does not run: all that must go away, what is in the way first in front; of
        one that runs or has ended, what it does."""
        reply = await self._connection.unary(
            self._stub.ExplainTask, pb.ExplainTaskRequest(id=id)
        )
        return reply.causes

    async def list(
        self,
        filter: str = "",
        *,
        order_by: str = "",
        page_size: int = 100,
        view: task_pb2.TaskView = task_pb2.TASK_VIEW_BASIC,
    ) -> AsyncGenerator[task_pb2.Task, None]:
        """The tasks that match, fetched page by page as they are read; newest first unless
        `order_by` says otherwise. The filter is an AND of comparisons, such as
        `pool = "mails" AND state = FAILED`; see ListTasks in the contract."""
        request = pb.ListTasksRequest(
            filter=filter, order_by=order_by, page_size=page_size, view=view
        )
        async for page in self._connection.pages(self._stub.ListTasks, request):
            for task in page.tasks:
                yield task

    async def count(self, filter: str = "") -> pb.CountTasksResponse:
        """Exact counts by pool, state and kind."""
        return await self._connection.unary(
            self._stub.CountTasks, pb.CountTasksRequest(filter=filter)
        )

    # Waiting

    async def changes(
        self, id: str, *, view: task_pb2.TaskView = task_pb2.TASK_VIEW_FULL
    ) -> AsyncGenerator[task_pb2.Task, None]:
        """The task now, then after each change; the last one has ended. States that came and went
        while the connection was lost are left out, the last one never is."""
        recovery = self._connection.recovery()
        request = pb.WaitTaskRequest(id=id, view=view)
        last: task_pb2.Task | None = None
        while last is None or last.state not in _TERMINAL:
            try:
                async with aclosing(
                    self._connection.stream(self._stub.WaitTask, request)
                ) as stream:
                    async for reply in stream:
                        recovery.progressed()
                        # A stream that was opened again begins with the task as it is: maybe as
                        # it was.
                        if last is None or reply.task.revision > last.revision:
                            last = reply.task
                            yield reply.task
                if last is None or last.state not in _TERMINAL:
                    raise ended_early()
            except MartletError as error:
                await recovery.pause(error)

    async def wait(
        self, id: str, *, view: task_pb2.TaskView = task_pb2.TASK_VIEW_FULL
    ) -> task_pb2.Task:
        """The task when it has ended; `result_of` has what it returned."""
        async with aclosing(self.changes(id, view=view)) as changes:
            async for task in changes:
                if task.state in _TERMINAL:
                    return task
        raise AssertionError("changes end with the task")

    async def wait_all(
        self, ids: Iterable[str], *, view: task_pb2.TaskView = task_pb2.TASK_VIEW_FULL
    ) -> dict[str, task_pb2.Task]:
        """The tasks by id when all have ended. Ids that are not known are left out."""
        wanted = list(dict.fromkeys(ids))
        ended: dict[str, task_pb2.Task] = {}
        for start in range(0, len(wanted), _WAIT_IDS_MAX):
            await self._wait_for(wanted[start : start + _WAIT_IDS_MAX], view, ended)
        return {id: ended[id] for id in wanted if id in ended}

    async def _wait_for(
        self, ids: Sequence[str], view: task_pb2.TaskView, ended: dict[str, task_pb2.Task]
    ) -> None:
        recovery = self._connection.recovery()
        missing = dict.fromkeys(ids)
        while missing:
            request = pb.WaitTasksRequest(ids=missing, mode=pb.WAIT_MODE_ALL, view=view)
            try:
                async with aclosing(
                    self._connection.stream(self._stub.WaitTasks, request)
                ) as stream:
                    async for reply in stream:
                        recovery.progressed()
                        for task in reply.tasks:
                            ended[task.id] = task
                            missing.pop(task.id, None)
                        for id in reply.unknown_ids:
                            missing.pop(id, None)
                if missing:
                    raise ended_early()
            except MartletError as error:
                await recovery.pause(error)

    # Changing

    async def cancel(self, id: str, reason: str = "") -> task_pb2.Task:
        """A waiting task becomes CANCELLED; a running one is asked to stop. FAILED_PRECONDITION
        (TASK_TERMINAL) if it has ended."""
        reply = await self._connection.unary(
            self._stub.CancelTask, pb.CancelTaskRequest(id=id, reason=reason)
        )
        return reply.task

    async def pause(self, id: str, reason: str = "") -> task_pb2.Task:
        """A waiting task becomes PAUSED; a running one saves a checkpoint and gives its slot back
        first. FAILED_PRECONDITION (TASK_TERMINAL, TASK_NOT_PAUSABLE)."""
        reply = await self._connection.unary(
            self._stub.PauseTask, pb.PauseTaskRequest(id=id, reason=reason)
        )
        return reply.task

    async def resume(self, id: str, reason: str = "") -> task_pb2.Task:
        """A PAUSED task waits for a slot again. FAILED_PRECONDITION (TASK_NOT_PAUSED)."""
        reply = await self._connection.unary(
            self._stub.ResumeTask, pb.ResumeTaskRequest(id=id, reason=reason), repeat=False
        )
        return reply.task

    async def retry(self, id: str, reason: str = "") -> task_pb2.Task:
        """Reopens a FAILED or CANCELLED task with a fresh budget of attempts.
        FAILED_PRECONDITION (TASK_NOT_RETRYABLE) in any other state."""
        reply = await self._connection.unary(
            self._stub.RetryTask, pb.RetryTaskRequest(id=id, reason=reason), repeat=False
        )
        return reply.task

    async def update(
        self,
        id: str,
        *,
        priority: int | None = None,
        due_time: datetime | None = None,
        labels: Mapping[str, str] | None = None,
        if_revision: int = 0,
        reason: str = "",
    ) -> task_pb2.Task:
        """Changes a waiting task: what is None stays as it is; `labels` are all that it has from
        now on. FAILED_PRECONDITION (TASK_RUNNING, TASK_TERMINAL); ABORTED (REVISION_MISMATCH) if it
        has changed since `if_revision`."""
        request = pb.UpdateTaskRequest(id=id, if_revision=if_revision, reason=reason)
        if priority is not None:
            request.task.priority = priority
            request.update_mask.paths.append("priority")
        if due_time is not None:
            request.task.due_time.CopyFrom(timestamp(due_time))
            request.update_mask.paths.append("due_time")
        if labels is not None:
            request.task.labels.update(labels)
            request.update_mask.paths.append("labels")
        reply = await self._connection.unary(
            self._stub.UpdateTask, request, repeat=if_revision == 0
        )
        return reply.task

    # The feed

    def watch_events(
        self,
        *,
        cursor: str = "",
        beginning: bool = False,
        time: datetime | None = None,
        pools: Iterable[str] = (),
        task_ids: Iterable[str] = (),
        kinds: Iterable[str] = (),
        types: Iterable[event_service_pb2.EventType] = (),
        labels: Mapping[str, str] | None = None,
        filter: str = "",
        include_content: bool = False,
        until_now: bool = False,
    ) -> EventFeed:
        """Everything that happens, in order, each event once: after `cursor`, from the
        `beginning` of what is kept, from a `time`, or from now on if none of them is given.

            async for event in client.watch_events(pools=["mails"]): ...

        `filter` is in the filter language on the fields of events, such as
        `type = TASK_FAILED AND labels.customer:*`. With `until_now` it ends with the events that existed at its start.
        """
        if (cursor != "") + beginning + (time is not None) > 1:
            raise ValueError("one start at most: cursor, beginning or time")
        request = event_service_pb2.WatchEventsRequest(
            pools=pools,
            task_ids=task_ids,
            kinds=kinds,
            types=types,
            labels=labels,
            filter=filter,
            include_content=include_content,
            until_now=until_now,
        )
        if cursor:
            request.cursor = cursor
        elif beginning:
            request.beginning = True
        elif time is not None:
            request.time.CopyFrom(timestamp(time))
        return EventFeed(self._connection, request)
