"""The client against a real server."""

import asyncio
import signal
from datetime import UTC, datetime

import grpc
import pytest
from martlet import Client, MartletError, result_of, task_spec
from martlet.v1 import event_service_pb2 as events
from martlet.v1 import pool_service_pb2, task_pb2
from processes import run


def test_tasks_are_submitted_waited_for_listed_and_counted(make_server):
    server = make_server()

    async def body():
        async with Client(server.address, actor="ada") as client:
            await client.pools.create("p", slots=4)
            task = await client.submit("p", "echo", {"to": "ada"}, labels={"a": "b"}, priority=7)
            done = await client.wait(task.id)
            assert result_of(done) == {"to": "ada"}
            assert (done.actor, done.spec.priority, dict(done.spec.labels)) == (
                "ada", 7, {"a": "b"})
            ids = await client.submit_batch("p", [task_spec("echo", n) for n in range(30)])
            ended = await client.wait_all(ids)
            assert [result_of(ended[id]) for id in ids] == list(range(30))
            listed = [one.id async for one in client.list('pool = "p"', page_size=7)]
            assert listed == [*reversed(ids), task.id]
            assert (await client.count("state = SUCCEEDED")).total == 31
            assert (await client.get(ids[3])).spec.payload == b"3"

    run(body())


def test_a_task_tells_what_it_went_through_and_why_it_waits(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            done = await client.submit("p", "echo", 1)
            await client.wait(done.id)
            trace = await client.trace(done.id)
            assert trace.state == task_pb2.TASK_STATE_SUCCEEDED
            assert [node.attempt for node in trace.nodes] == [0, 0, 1, 1]
            waiting = await client.submit("p", "nobody.serves.this")
            causes = await client.explain(waiting.id)
            assert [cause.text for cause in causes] == ["nobody serves nobody.serves.this"]
            held = await client.pools.explain("p")
            assert [(cause.kind, cause.tasks) for cause in held.causes] == [
                ("nobody.serves.this", 1)]

    run(body())


def test_a_submit_with_the_same_request_id_is_the_same_task(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            first = await client.submit("p", "echo", 1, request_id="r")
            again = await client.submit("p", "echo", 1, request_id="r")
            other = await client.submit("p", "echo", 1)
            assert first.id == again.id != other.id
            assert other.request_id, "one is made for the repeats within a call"

    run(body())


def test_a_waiting_task_is_changed_and_is_the_only_one_of_its_key(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            rule = task_pb2.UniqueRule(key="k")
            task = await client.submit("p", "echo", 1, unique=rule, delay=3_600, priority=3)
            with pytest.raises(MartletError) as caught:
                await client.submit("p", "echo", 2, unique=rule)
            assert caught.value.reason == "DUPLICATE_TASK"
            assert caught.value.metadata["task_id"] == task.id
            changed = await client.update(task.id, priority=9, labels={"a": "b"}, reason="so")
            assert (changed.spec.priority, dict(changed.spec.labels)) == (9, {"a": "b"})
            assert changed.due_time == task.due_time
            with pytest.raises(MartletError) as caught:
                await client.update(task.id, priority=1, if_revision=task.revision)
            assert caught.value.reason == "REVISION_MISMATCH"
            await client.update(task.id, due_time=datetime(2026, 1, 1, tzinfo=UTC))
            assert result_of(await client.wait(task.id)) == 1

    run(body())


def test_what_the_server_refuses_is_a_typed_error(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            with pytest.raises(MartletError) as caught:
                await client.submit("nowhere", "echo")
            assert (caught.value.code, caught.value.reason) == (
                grpc.StatusCode.NOT_FOUND, "POOL_NOT_FOUND")
            await client.pools.create(
                "tiny", slots=1, spec=pool_service_pb2.PoolSpec(queue_capacity=1))
            await client.pools.pause("tiny")
            await client.submit("tiny", "echo")
            with pytest.raises(MartletError) as caught:
                await client.submit("tiny", "echo")
            assert caught.value.reason == "QUEUE_FULL" and caught.value.retry_delay > 0
            with pytest.raises(MartletError) as caught:
                await client.submit("tiny", "Not A Kind", priority=99)
            assert {one.field for one in caught.value.violations} == {
                "spec.kind", "spec.priority"}

    run(body())


def test_pools_are_changed_and_deleted(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            pool = await client.pools.create("p", slots=2)
            pool.spec.slots = 5
            changed = await client.pools.update("p", pool.spec, ["slots"], etag=pool.etag)
            assert changed.spec.slots == 5
            with pytest.raises(MartletError, match="ETAG_MISMATCH"):
                await client.pools.update("p", pool.spec, ["slots"], etag=pool.etag)
            await client.pools.pause("p", "night")
            task = await client.submit("p", "echo")
            assert (await client.pools.get("p")).status.queued == 1
            await client.pools.resume("p")
            await client.wait(task.id)
            assert [one.name async for one in client.pools.list()] == ["p"]
            await client.pools.drain("p")
            await client.pools.delete("p", force=True)
            assert [one.name async for one in client.pools.list()] == []

    run(body())


def test_waiting_tasks_are_cancelled_paused_resumed_and_retried(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            task = await client.submit("p", "echo", delay=3600)
            assert (await client.pause(task.id, "later")).state == task_pb2.TASK_STATE_PAUSED
            assert (await client.resume(task.id)).state == task_pb2.TASK_STATE_SCHEDULED
            cancelled = await client.cancel(task.id, "no more")
            assert cancelled.state == task_pb2.TASK_STATE_CANCELLED
            await client.retry(task.id)
            assert (await client.wait(task.id)).state == task_pb2.TASK_STATE_SUCCEEDED

    run(body())


def test_waits_and_feeds_go_on_over_a_restart_of_the_server_without_gap_or_double(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=1)
            await client.pools.pause("p")
            feed = client.watch_events(pools=["p"], beginning=True)
            seen = []

            async def follow():
                async for event in feed:
                    seen.append(event)
                    if event.type == events.EVENT_TYPE_TASK_SUCCEEDED:
                        return

            following = asyncio.create_task(follow())
            task = await client.submit("p", "echo", "x")
            waiting = asyncio.create_task(client.wait(task.id))
            while len(seen) < 3:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(server.restart, signal.SIGKILL)
            await client.pools.resume("p")
            assert result_of(await waiting) == "x"
            await following
            revisions = [event.revision for event in seen]
            assert revisions == sorted(set(revisions))
            whole = client.watch_events(pools=["p"], beginning=True, until_now=True)
            assert revisions == [
                event.revision async for event in whole if event.revision <= revisions[-1]]

    run(body())


def test_a_feed_starts_where_it_is_told_to(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("a", slots=1)
            first = client.watch_events(beginning=True, until_now=True)
            async for batch in first.batches():
                assert [event.pool for event in batch.events] in (["a"], [])
            await client.pools.create("b", slots=1)
            rest = client.watch_events(cursor=first.cursor, until_now=True)
            assert [event.pool async for event in rest] == ["b"]
            late = client.watch_events(time=datetime(2100, 1, 1, tzinfo=UTC),
                                       until_now=True)
            assert [event async for event in late] == []
            live = client.watch_events(kinds=["echo"], types=[events.EVENT_TYPE_TASK_SUCCEEDED])
            following = asyncio.create_task(anext(aiter(live)))
            ids = []
            while not following.done():
                ids.append((await client.submit("a", "echo")).id)
                await client.wait(ids[-1])
            assert (await following).task_id in ids
            with pytest.raises(ValueError):
                client.watch_events(beginning=True, cursor="x")

    run(body())


def test_a_server_that_is_not_there_is_an_error_after_some_tries():
    async def body():
        async with Client("127.0.0.1:1", attempts=2, timeout=5) as client:
            for call in (client.get("x"), client.wait("x"), client.count()):
                with pytest.raises(MartletError) as caught:
                    await call
                assert caught.value.code is grpc.StatusCode.UNAVAILABLE

    run(body())
