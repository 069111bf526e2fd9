"""The calls about workflows."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing

from martlet.connection import Connection, ended_early
from martlet.errors import MartletError
from martlet.v1 import task_pb2, workflow_service_pb2_grpc
from martlet.v1 import workflow_service_pb2 as pb


def workflow_task(
    spec: task_pb2.TaskSpec, *, pool: str = "", level: str = "", weight: int | None = None
) -> pb.WorkflowTaskSpec:
    """A task of a workflow; `spec` is what `task_spec` makes, with its `ref` and `depends_on`.

    pool: That of the workflow if empty.
    level: In whose progress it counts; the first one if empty.
    weight: What it counts in there; None: 1.
    """
    return pb.WorkflowTaskSpec(pool=pool, spec=spec, level=level, weight=weight)


class Workflows:
    """Tasks that are submitted together, with what they wait for among each other. Got from
    `Client.workflows`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = workflow_service_pb2_grpc.WorkflowServiceStub(connection.channel)

    async def submit(
        self,
        name: str,
        tasks: Iterable[pb.WorkflowTaskSpec],
        *,
        pool: str = "",
        levels: Mapping[str, int] | None = None,
        tolerate_failures: bool = False,
        request_id: str = "",
    ) -> tuple[pb.Workflow, Sequence[str]]:
        """Submits up to 10,000 tasks, all or none: the workflow, and the ids of its tasks in the
        order of `tasks`.

        levels: Names with their weights; each task counts in one of them.
        tolerate_failures: It is SUCCEEDED if at least one of its tasks is.
        request_id: The same again returns the same workflow, as long as it is known. Without one,
            one is made, which makes the repeats within this call safe.

        INVALID_ARGUMENT for tasks that wait for each other in a circle; NOT_FOUND (POOL_NOT_FOUND,
        DEPENDENCY_NOT_FOUND), RESOURCE_EXHAUSTED (QUEUE_FULL).
        """
        reply = await self._connection.unary(
            self._stub.SubmitWorkflow,
            pb.SubmitWorkflowRequest(
                name=name,
                pool=pool,
                tasks=tasks,
                levels=[
                    pb.WorkflowLevelSpec(name=level, weight=weight)
                    for level, weight in (levels or {}).items()
                ],
                tolerate_failures=tolerate_failures,
                request_id=request_id or uuid.uuid4().hex,
            ),
        )
        return reply.workflow, list(reply.task_ids)

    async def get(self, id: str) -> pb.Workflow:
        """As it is now. NOT_FOUND (WORKFLOW_NOT_FOUND) if there is none, or no longer."""
        reply = await self._connection.unary(
            self._stub.GetWorkflow, pb.GetWorkflowRequest(id=id)
        )
        return reply.workflow

    async def list(
        self, name: str = "", states: Iterable[pb.WorkflowState] = ()
    ) -> AsyncGenerator[pb.Workflow, None]:
        """Those of the name and in the states, all if there are none, newest first; fetched page by
        page as they are read."""
        request = pb.ListWorkflowsRequest(name=name, states=states)
        async for page in self._connection.pages(self._stub.ListWorkflows, request):
            for workflow in page.workflows:
                yield workflow

    async def watch(self, id: str) -> AsyncGenerator[pb.Workflow, None]:
        """The workflow now, then when it has changed; the last one has ended. What came and went
        while the connection was lost is left out, the end never is."""
        recovery = self._connection.recovery()
        request = pb.WatchWorkflowRequest(id=id)
        while True:
            try:
                async with aclosing(
                    self._connection.stream(self._stub.WatchWorkflow, request)
                ) as stream:
                    async for reply in stream:
                        recovery.progressed()
                        yield reply.workflow
                        if reply.workflow.state != pb.WORKFLOW_STATE_RUNNING:
                            return
                raise ended_early()
            except MartletError as error:
                await recovery.pause(error)

    async def wait(self, id: str) -> pb.Workflow:
        """The workflow when it has ended."""
        async with aclosing(self.watch(id)) as changes:
            async for workflow in changes:
                if workflow.state != pb.WORKFLOW_STATE_RUNNING:
                    return workflow
        raise AssertionError("changes end with the workflow")

    async def cancel(self, id: str, reason: str = "") -> pb.Workflow:
        """Cancels its tasks that wait and asks those that run to stop; of one that has ended it
        changes nothing."""
        reply = await self._connection.unary(
            self._stub.CancelWorkflow, pb.CancelWorkflowRequest(id=id, reason=reason)
        )
        return reply.workflow

    async def retry(self, id: str, reason: str = "") -> pb.Workflow:
        """Reopens its tasks that are FAILED or CANCELLED. FAILED_PRECONDITION
        (WORKFLOW_NOT_RETRYABLE) if none is."""
        reply = await self._connection.unary(
            self._stub.RetryWorkflow,
            pb.RetryWorkflowRequest(id=id, reason=reason),
            repeat=False,
        )
        return reply.workflow
