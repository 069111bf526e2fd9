"""Workflows by the package, against a real server and a worker of the package."""

import asyncio
import signal

import grpc
import pytest
from martlet import Client, MartletError, TaskFailure, Worker, result_of, task_spec, workflow_task
from martlet.content import decode
from martlet.v1 import task_pb2
from martlet.v1 import workflow_service_pb2 as pb
from processes import Served, run


def test_a_workflow_hands_results_on_and_tells_its_progress(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=2)
            worker = Worker(server.address, slots=2)

            @worker.task("sum")
            async def add(context):
                parts = [decode(one.result.data, one.result.content_type)
                         for one in context.dependencies]
                return sum(parts, context.payload)

            async with Served(worker):
                flow, ids = await client.workflows.submit(
                    "sums",
                    [
                        workflow_task(task_spec("sum", 1, ref="a"), level="leaves"),
                        workflow_task(task_spec("sum", 2, ref="b"), level="leaves"),
                        workflow_task(
                            task_spec(
                                "sum", 4, depends_on=["a", "b"], want_dependency_results=True),
                            level="root"),
                    ],
                    pool="p",
                    levels={"leaves": 30, "root": 70},
                )
                seen = [one async for one in client.workflows.watch(flow.id)]
                assert seen[-1].state == pb.WORKFLOW_STATE_SUCCEEDED and seen[-1].progress == 1
                assert [one.progress for one in seen] == sorted(one.progress for one in seen)
                assert result_of(await client.get(ids[2])) == 7
                assert [one.id async for one in client.workflows.list("sums")] == [flow.id]

    run(body())


def test_what_failed_is_retried_with_what_came_after_it(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=2)
            worker, is_broken = Worker(server.address), True

            @worker.task("first")
            async def first(context):
                if is_broken:
                    raise TaskFailure("BROKEN", "not yet", retryable=False)

            async with Served(worker):
                tasks = [
                    workflow_task(task_spec("first", ref="a")),
                    workflow_task(task_spec("echo", ref="b", depends_on=["a"])),
                ]
                flow, _ = await client.workflows.submit("f", tasks, pool="p", request_id="r")
                again, _ = await client.workflows.submit("f", tasks, pool="p", request_id="r")
                assert again.id == flow.id
                failed = await client.workflows.wait(flow.id)
                assert failed.state == pb.WORKFLOW_STATE_FAILED
                assert {one.state: one.count for one in failed.counts} == {
                    task_pb2.TASK_STATE_FAILED: 1, task_pb2.TASK_STATE_CANCELLED: 1}
                is_broken = False
                await client.workflows.retry(flow.id, "mended")
                done = await client.workflows.wait(flow.id)
                assert done.state == pb.WORKFLOW_STATE_SUCCEEDED
                with pytest.raises(MartletError) as refused:
                    await client.workflows.retry(flow.id)
                assert refused.value.reason == "WORKFLOW_NOT_RETRYABLE"

    run(body())


def test_a_watch_goes_on_over_a_restart_and_a_cancel_ends_it(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            flow, _ = await client.workflows.submit(
                "f", [workflow_task(task_spec("nobody.serves.this"))], pool="p")
            watching = asyncio.create_task(client.workflows.wait(flow.id))
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.restart, signal.SIGKILL)
            assert (await client.workflows.get(flow.id)).state == pb.WORKFLOW_STATE_RUNNING
            await client.workflows.cancel(flow.id, "no longer wanted")
            ended = await watching
            assert ended.state == pb.WORKFLOW_STATE_CANCELLED
            assert ended.cancel_reason == "no longer wanted"

    run(body())


def test_a_circle_and_an_unknown_workflow_are_refused(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            circle = [
                workflow_task(task_spec("echo", ref="a", depends_on=["b"])),
                workflow_task(task_spec("echo", ref="b", depends_on=["a"])),
            ]
            with pytest.raises(MartletError) as refused:
                await client.workflows.submit("f", circle, pool="p")
            assert refused.value.code == grpc.StatusCode.INVALID_ARGUMENT
            assert "a → b → a" in str(refused.value)
            with pytest.raises(MartletError) as unknown:
                await client.workflows.wait("w9")
            assert unknown.value.reason == "WORKFLOW_NOT_FOUND"

    run(body())
