"""Workers against a real server: as part of this process, and as processes of their own."""

import asyncio
import signal
import socket
import threading
from datetime import timedelta

import pytest
from martlet import (
    Client,
    Content,
    LeaseLost,
    MartletError,
    Stopped,
    StopReason,
    TaskFailure,
    TaskSnooze,
    Worker,
    result_of,
    task_spec,
)
from martlet.connection import open_channel
from martlet.v1 import event_service_pb2 as events
from martlet.v1 import task_pb2, worker_service_pb2_grpc
from martlet.v1 import worker_service_pb2 as pb
from processes import Served, ended, killed, python, run, wait_until

RUNNING, PAUSED = task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_PAUSED
SUCCEEDED, CANCELLED = task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_CANCELLED
ONCE = task_pb2.RetryPolicy(max_attempts=1)
AT_ONCE = task_pb2.RetryPolicy(max_attempts=3, initial_backoff={"nanos": 1_000_000}, jitter=0)


def with_worker(make_server, *flags, **options):
    """A decorator that runs a test's body with a server, a client with the pool `p`, and a worker
    that is told its kinds by the body and then served."""

    def decorate(body):
        server = make_server(*flags)

        async def whole():
            async with Client(server.address) as client:
                await client.pools.create("p", slots=20)
                await body(server, client, Worker(server.address, **options))

        run(whole())

    return decorate


# Outcomes


def test_what_a_handler_returns_is_the_result(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        @worker.task("context")
        async def context(context):
            return {
                "id": context.task_id, "attempt": context.attempt, "kind": context.kind,
                "pool": context.pool, "labels": dict(context.labels), "payload": context.payload,
                "deadline": context.deadline is not None, "epoch": context.fencing_epoch > 0,
                "checkpoint": context.checkpoint, "stop": context.stop_reason}

        @worker.task("same")
        async def same(context):
            return Content(context.payload_bytes, context.content_type)

        @worker.task("thread")
        def thread(context):
            return threading.current_thread().name

        async with Served(worker):
            task = await client.submit("p", "context", [1], labels={"a": "b"})
            assert result_of(await client.wait(task.id)) == {
                "id": task.id, "attempt": 1, "kind": "context", "pool": "p", "labels": {"a": "b"},
                "payload": [1], "deadline": True, "epoch": True, "checkpoint": None, "stop": None}
            task = await client.submit("p", "same", Content(b"<a/>", "text/xml"))
            result = (await client.wait(task.id)).result
            assert (result.data, result.content_type) == (b"<a/>", "text/xml")
            task = await client.submit("p", "thread")
            assert result_of(await client.wait(task.id)) == f"task {task.id}"


def test_a_handler_fails_with_its_code_or_its_exception(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        @worker.task("outcome")
        async def outcome(context):
            match context.payload:
                case "code":
                    raise TaskFailure("NOT_A_FILE", "it is a folder", retryable=False)
                case "error":
                    raise LookupError("nothing there")
                case "result":
                    return object()
                case "large":
                    return bytes((1 << 20) + 1)

        @worker.task("thread.fail")
        def thread_fail(context):
            raise SystemExit(3)

        async with Served(worker):
            codes = {}
            for case in ("code", "error", "result", "large"):
                task = await client.submit("p", "outcome", case, retry_policy=ONCE)
                failure = (await client.wait(task.id)).failure
                assert failure.kind == task_pb2.FAILURE_KIND_HANDLER
                codes[case] = (failure.code, failure.retryable)
            assert codes == {
                "code": ("NOT_A_FILE", False), "error": ("LookupError", True),
                "result": ("RESULT_INVALID", False), "large": ("RESULT_TOO_LARGE", False)}
            task = await client.submit("p", "thread.fail", retry_policy=ONCE)
            assert (await client.wait(task.id)).failure.code == "SystemExit"


def test_a_handler_says_how_long_to_wait_and_what_its_failure_is_of(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        attempts = []

        @worker.task("wishes")
        async def wishes(context):
            attempts.append(context.attempt)
            match context.attempt:
                case 1:
                    raise TaskSnooze(0.01)
                case 2:
                    raise TaskFailure(
                        "BUSY", "not now", retry_delay=timedelta(milliseconds=10),
                        failure_class="network")
            return context.task.failure.failure_class

        async with Served(worker):
            slow = task_pb2.RetryPolicy(max_attempts=2, initial_backoff={"seconds": 60})
            task = await client.submit("p", "wishes", retry_policy=slow)
            ended = await client.wait(task.id)
            assert (ended.state, result_of(ended), attempts) == (SUCCEEDED, "network", [1, 2, 3])


def test_wishes_that_no_server_takes_are_refused_at_once():
    for wrong in (-1, timedelta(days=3_654)):
        with pytest.raises(ValueError, match="0 to 10 years"):
            TaskFailure("X", "x", retry_delay=wrong)
        with pytest.raises(ValueError, match="0 to 10 years"):
            TaskSnooze(wrong)
    for wrong in ("No Class", "9", "x" * 64):
        with pytest.raises(ValueError, match="failure class"):
            TaskFailure("X", "x", failure_class=wrong)


# Progress, log lines, checkpoints


def test_the_last_progress_and_all_log_lines_are_kept(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        @worker.task("talk")
        async def talk(context):
            for number in range(1, 101):
                context.progress(percent=number, step=f"step {number}", done=number)
                context.log(f"line {number}", "warning" if number == 100 else "info")

        @worker.task("thread.talk")
        def thread_talk(context):
            context.progress(step="begun", files=2)
            context.progress(percent=50)

        async with Served(worker):
            task = await client.wait((await client.submit("p", "talk")).id)
            assert (task.progress.percent, task.progress.step) == (100, "step 100")
            assert task.progress.counters["done"] == 100
            feed = client.watch_events(
                beginning=True, until_now=True, types=[events.EVENT_TYPE_TASK_LOGGED])
            lines = [line async for event in feed for line in event.log_lines]
            assert [line.text for line in lines] == [f"line {n}" for n in range(1, 101)]
            assert lines[-1].level == task_pb2.LOG_LEVEL_WARNING
            task = await client.wait((await client.submit("p", "thread.talk")).id)
            assert (task.progress.percent, task.progress.step, task.progress.counters["files"]) \
                == (50, "begun", 2)


def test_the_next_attempt_is_handed_the_checkpoint(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        @worker.task("steps")
        async def steps(context):
            if context.checkpoint is None:
                await context.save_checkpoint({"at": 1})
                assert (await client.get(context.task_id)).checkpoint.sequence == 1, "it is durable"
                await context.save_checkpoint({"at": 2})
                raise RuntimeError("half way")
            return context.checkpoint

        @worker.task("thread.steps")
        def thread_steps(context):
            if context.checkpoint is None:
                context.save_checkpoint_blocking(b"two")
                raise RuntimeError("half way")
            return context.checkpoint

        async with Served(worker):
            for kind, expected in (("steps", {"at": 2}), ("thread.steps", b"two")):
                task = await client.submit("p", kind, retry_policy=AT_ONCE)
                done = await client.wait(task.id)
                assert (result_of(done), done.attempt) == (expected, 2)


# Being told to stop


def test_a_cancelled_handler_gets_cancelled_error_with_the_reason(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        told = []

        @worker.task("wait")
        async def wait(context):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                told.append((context.stop_reason, context.stop_text))
                raise

        @worker.task("thread.wait")
        def thread_wait(context):
            while True:
                context.raise_if_stopped()

        async with Served(worker):
            for kind in ("wait", "thread.wait"):
                task = await client.submit("p", kind)
                await wait_until(client, task.id, RUNNING)
                await client.cancel(task.id, "enough")
                assert (await client.wait(task.id)).state == CANCELLED
            assert told == [(StopReason.CANCEL, "enough")]


def test_a_paused_task_saves_gives_its_slot_back_and_goes_on_when_resumed(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        @worker.task("wait")
        async def wait(context):
            if context.checkpoint:
                return {"from": context.checkpoint, "attempt": context.attempt}
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                assert context.stop_reason is StopReason.PAUSE
                await context.save_checkpoint("here")
                raise

        async with Served(worker):
            task = await client.submit("p", "wait", retry_policy=ONCE)
            await wait_until(client, task.id, RUNNING)
            await client.pause(task.id, "lunch")
            await wait_until(client, task.id, PAUSED)
            assert (await client.get(task.id)).checkpoint.data == b'"here"'
            assert (await client.pools.get("p")).status.slots_in_use == 0
            await client.resume(task.id)
            assert result_of(await client.wait(task.id))["from"] == "here"


def test_a_handler_whose_lease_ended_is_stopped_and_its_late_result_not_taken(make_server):
    @with_worker(make_server, "--limit-cancel-grace-ms", "100")
    async def _(server, client, worker):
        told = []

        @worker.task("stubborn")
        async def stubborn(context):
            for _ in range(2):
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    told.append(context.stop_reason)
            with pytest.raises(LeaseLost):
                await context.save_checkpoint(b"late")
            told.append("refused")
            return "late"

        async with Served(worker):
            task = await client.submit("p", "stubborn")
            await wait_until(client, task.id, RUNNING)
            await client.cancel(task.id)
            assert (await client.wait(task.id)).state == CANCELLED
            while len(told) < 3:
                await asyncio.sleep(0.01)
            assert told == [StopReason.CANCEL, StopReason.LOST, "refused"]


# Lost servers, lost workers


def test_a_restart_of_the_server_loses_nothing_and_runs_nothing_twice(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        starts, gate = [], asyncio.Event()

        @worker.task("hold")
        async def hold(context):
            starts.append(context.task_id)
            await gate.wait()
            context.progress(step="over")
            return context.payload

        async with Served(worker):
            ids = await client.submit_batch("p", [task_spec("hold", n) for n in range(8)])
            while len(starts) < 8:
                await asyncio.sleep(0.01)
            for id in ids:
                await wait_until(client, id, RUNNING)
            await asyncio.to_thread(server.kill)
            gate.set()  # They end while there is no server.
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.start)
            tasks = await client.wait_all(ids)
            assert [result_of(tasks[id]) for id in ids] == list(range(8))
            assert {(task.attempt, task.progress.step) for task in tasks.values()} == {(1, "over")}
            assert sorted(starts) == sorted(ids)


def test_no_attempt_is_lost_while_the_server_is_killed_under_load(make_server):
    @with_worker(make_server, slots=20)
    async def _(server, client, worker):
        @worker.task("some")
        async def some(context):
            context.progress(step="begun")
            await asyncio.sleep(0.02)
            if context.payload % 3 == 0:
                await context.save_checkpoint(context.payload)
            return context.payload

        async with Served(worker):
            ids = []
            for turn in range(3):
                ids += await client.submit_batch("p", [task_spec("some", n) for n in range(300)])
                await asyncio.sleep(0.2)
                await asyncio.to_thread(server.restart, signal.SIGKILL)
            tasks = await client.wait_all(ids)
            assert [result_of(tasks[id]) for id in ids] == [*range(300)] * 3
            assert {task.attempt for task in tasks.values()} == {1}


PROCESS = """
import asyncio, sys
from martlet import Worker
worker = Worker(name="process", drain_limit=float(sys.argv[1]), stop_limit=5)

@worker.task("count")
async def count(context):
    done = context.checkpoint or 0
    while done < context.payload:
        await asyncio.sleep(0.05)
        done += 1
        await context.save_checkpoint(done)
    return {"done": done, "from": context.checkpoint}

worker.run()
"""


async def has_checkpoint(client, id):
    while not (task := await client.get(id)).checkpoint.sequence:
        await asyncio.sleep(0.01)
    return task


def test_a_killed_worker_is_noticed_and_another_goes_on_from_its_checkpoint(make_server):
    server = make_server("--limit-lease-ms", "1000")
    first = python(PROCESS, server, "30")

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=4)
            task = await client.submit("p", "count", 40)
            saved = await has_checkpoint(client, task.id)
            killed(first)
            second = python(PROCESS, server, "30")
            done = await client.wait(task.id)
            assert done.attempt == 2
            assert result_of(done)["from"] >= saved.checkpoint.sequence
            assert ended(second, signal.SIGTERM)[0] == 0

    run(body())


def test_sigterm_lets_handlers_end_and_exits_with_zero(make_server):
    server = make_server()
    worker = python(PROCESS, server, "30")

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=4)
            task = await client.submit("p", "count", 10)
            await has_checkpoint(client, task.id)
            code, errors = await asyncio.to_thread(ended, worker, signal.SIGTERM)
            assert code == 0, errors
            done = await client.get(task.id)
            assert (done.state, done.attempt) == (SUCCEEDED, 1)

    run(body())


def test_sigterm_gives_back_what_does_not_end_with_its_checkpoint(make_server):
    server = make_server()
    worker = python(PROCESS, server, "0.2")

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=4)
            task = await client.submit("p", "count", 1_000_000)
            await has_checkpoint(client, task.id)
            code, errors = await asyncio.to_thread(ended, worker, signal.SIGTERM)
            assert code == 0, errors
            given_back = await client.get(task.id)
            assert given_back.state == task_pb2.TASK_STATE_PENDING
            assert given_back.checkpoint.sequence > 1
            feed = client.watch_events(beginning=True, until_now=True, task_ids=[task.id])
            assert events.EVENT_TYPE_TASK_RELEASED in [event.type async for event in feed]

    run(body())


def test_an_idle_worker_stops_at_once_also_without_a_server(make_server):
    server = make_server()
    worker = python(PROCESS, server, "30")

    async def connected():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=4)
            await client.wait((await client.submit("p", "count", 0)).id)

    run(connected())
    assert ended(worker, signal.SIGTERM)[0] == 0
    worker = python(PROCESS, server, "30")
    run(connected_again(server))
    server.kill()
    assert ended(worker, signal.SIGTERM)[0] == 0


async def connected_again(server):
    async with Client(server.address) as client:
        await client.wait((await client.submit("p", "count", 0)).id)


def test_a_worker_whose_server_says_nothing_stops_at_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        worker = Worker(f"127.0.0.1:{silent.getsockname()[1]}")
        worker.task("k")(lambda context: None)

        async def body():
            serving = asyncio.create_task(worker.serve())
            await asyncio.to_thread(silent.accept)
            worker.stop()
            async with asyncio.timeout(5):
                await serving

        run(body())


def test_a_worker_that_an_operator_disconnects_comes_back_with_what_it_runs(make_server):
    @with_worker(make_server)
    async def _(server, client, worker):
        gate = asyncio.Event()

        @worker.task("hold")
        async def hold(context):
            await gate.wait()
            return "held"

        async with Served(worker), open_channel(server.address) as channel:
            stub = worker_service_pb2_grpc.WorkerServiceStub(channel)
            task = await client.submit("p", "hold")
            await wait_until(client, task.id, RUNNING)
            [one] = (await stub.ListWorkers(pb.ListWorkersRequest())).workers
            assert (one.slots, one.credit, list(one.tasks)) == (10, 9, [task.id])
            for _ in range(3):
                await stub.DisconnectWorker(pb.DisconnectWorkerRequest(id=one.id))
                while (await stub.GetWorker(pb.GetWorkerRequest(id=one.id))).worker.credit != 9:
                    await asyncio.sleep(0.01)
            gate.set()
            done = await client.wait(task.id)
            assert (result_of(done), done.attempt) == ("held", 1)


# Mistakes


def test_a_worker_that_the_server_refuses_raises(make_server):
    @with_worker(make_server, pools=["NOT A POOL"])
    async def _(server, client, worker):
        worker.task("k")(lambda context: None)
        with pytest.raises(MartletError) as caught:
            await worker.serve()
        assert [one.field for one in caught.value.violations] == ["hello.pools[0]"]


def test_a_kind_has_one_handler_and_a_worker_at_least_one():
    worker = Worker("127.0.0.1:1")
    with pytest.raises(ValueError):
        run(worker.serve())
    worker.task("k")(lambda context: None)
    with pytest.raises(ValueError, match="already"):
        worker.task("k")(lambda context: None)
    assert issubclass(Stopped, Exception)
