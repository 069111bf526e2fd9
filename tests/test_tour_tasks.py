"""Tasks: submit, look, cancel, retry; what is refused, and how."""

import contextlib
import json
import time

import grpc
import pytest
from grpc import StatusCode

from support.client import TERMINAL, Client, refused, seconds, spec
from support.stubs import Timestamp, events, pools, task, tasks, tasks_grpc


def retry(client, id, reason=""):
    return client.tasks.RetryTask(tasks.RetryTaskRequest(id=id, reason=reason)).task


def never_retry():
    return task.RetryPolicy(max_attempts=1)


def at(moment):
    stamp = Timestamp()
    stamp.FromNanoseconds(int(moment * 1e9))
    return stamp


def test_a_task_runs_and_returns_its_result(client, pool):
    submitted = client.submit(
        pool, payload=b"\0hello\xff", content_type="text/x", labels={"a": "1"}, priority=7,
        trace_parent="00-1-2-03", request_id="")
    assert len(submitted.id) == 13
    assert submitted.state == task.TASK_STATE_PENDING
    assert submitted.spec.payload == b""
    done = client.wait(submitted.id)
    assert done.state == task.TASK_STATE_SUCCEEDED
    assert (done.pool, done.spec.kind, done.attempt) == (pool, "echo", 1)
    assert (done.result.data, done.result.content_type) == (b"\0hello\xff", "text/x")
    assert (done.spec.payload, done.spec.priority) == (b"\0hello\xff", 7)
    assert (dict(done.spec.labels), done.spec.trace_parent) == ({"a": "1"}, "00-1-2-03")
    assert done.actor.startswith("ipv4:127.0.0.1:")
    times = [done.create_time, done.due_time, done.start_time, done.finish_time]
    order = [stamp.ToNanoseconds() for stamp in times]
    assert order == sorted(order)
    assert abs(order[0] / 1e9 - time.time()) < 60
    assert client.get(done.id) == done


def test_payload_and_result_are_in_the_full_view_only(client, pool):
    id = client.submit(pool, payload=b"x").id
    client.wait(id)
    basic = client.get(id, task.TASK_VIEW_BASIC)
    assert (basic.spec.payload, basic.HasField("result")) == (b"", False)
    assert client.get(id, task.TASK_VIEW_UNSPECIFIED) == basic
    full = client.get(id, task.TASK_VIEW_FULL)
    assert (full.spec.payload, full.result.data) == (b"x", b"x")


def test_the_actor_comes_from_the_metadata(client, pool):
    request = tasks.SubmitTaskRequest(pool=pool, spec=spec())
    reply = client.tasks.SubmitTask(request, metadata=(("martlet-actor", "bob@example"),))
    assert reply.task.actor == "bob@example"
    first = client.events_until_now(beginning=True, task_ids=[reply.task.id])[0]
    assert first.actor == "bob@example"
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.tasks.SubmitTask(request, metadata=(("martlet-actor", "b" * 128),))
    assert list(caught.refusal.violations) == ["metadata.martlet-actor"]


def test_every_violation_of_a_task_is_named_at_once(client, pool):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.submit(
            pool + "!", "Bad Kind", bytes((1 << 20) + 1), request_id="r" * 128,
            content_type="c" * 128, labels={"k" * 64: "v"}, priority=11, delay=seconds(-1),
            retry_policy=task.RetryPolicy(max_attempts=0, jitter=float("nan")),
            run_timeout=seconds(31 * 86_400), deadline=Timestamp(nanos=-1),
            trace_parent="t" * 256)
    label = f'spec.labels["{"k" * 64}"]'
    assert set(caught.refusal.violations) == {
        "pool", "request_id", "spec.kind", "spec.payload", "spec.content_type", label,
        "spec.priority", "spec.delay", "spec.retry_policy.max_attempts",
        "spec.retry_policy.jitter", "spec.run_timeout", "spec.deadline", "spec.trace_parent",
    }
    assert all(caught.refusal.violations.values())
    assert client.count(f'pool = "{pool}"').total == 0


def test_a_violation_in_a_batch_is_named_by_its_place_and_nothing_is_stored(client, pool):
    specs = [spec() for _ in range(10)]
    specs[3].kind = ""
    specs[7].retry_policy.factor = 11
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.batch(pool, specs)
    assert set(caught.refusal.violations) == {"specs[3].kind", "specs[7].retry_policy.factor"}
    assert client.count(f'pool = "{pool}"').total == 0


def test_the_violations_of_ten_thousand_bad_tasks_still_fit_a_reply(client, pool):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.batch(pool, [spec("BAD")] * 10_000)
    assert caught.refusal.metadata["violations"] == "10000"
    assert "specs[0].kind" in caught.refusal.violations


def test_a_batch_has_1_to_10000_tasks(client, pool):
    for specs in ([], [spec()] * 10_001):
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
            client.batch(pool, specs)
        assert list(caught.refusal.violations) == ["specs"]
    ids = client.batch(pool, [spec()] * 10_000)
    assert len(set(ids)) == 10_000
    assert ids == sorted(ids)
    assert len(client.wait_all(ids)) == 10_000


def test_batch_results_are_in_the_order_of_the_request(client, pool):
    ids = client.batch(pool, [spec(payload=b"%d" % n) for n in range(100)])
    ended = client.wait_all(ids, task.TASK_VIEW_FULL)
    assert [ended[id].result.data for id in ids] == [b"%d" % n for n in range(100)]


def test_messages_over_the_limit_are_refused(client, pool):
    with refused(StatusCode.RESOURCE_EXHAUSTED):
        client.submit(pool, payload=bytes(5 << 20))
    payload = bytes(1 << 20)
    assert len(client.batch(pool, [spec(payload=payload)] * 15)) == 15
    with refused(StatusCode.RESOURCE_EXHAUSTED):
        client.batch(pool, [spec(payload=payload)] * 17)


def test_a_mebibyte_goes_in_and_comes_out(client, pool):
    payload = bytes(range(256)) * 4096
    assert client.wait(client.submit(pool, payload=payload).id).result.data == payload


@pytest.mark.parametrize("batch", [False, True])
def test_validate_only_submits_nothing(client, pool, batch):
    if batch:
        reply = client.tasks.BatchSubmitTasks(tasks.BatchSubmitTasksRequest(
            pool=pool, specs=[spec()] * 2, validate_only=True))
        assert not reply.task_ids
    else:
        client.tasks.SubmitTask(
            tasks.SubmitTaskRequest(pool=pool, spec=spec(), validate_only=True))
    assert client.count(f'pool = "{pool}"').total == 0


# request_id


def test_a_repeated_request_returns_the_first_answer(client, pool):
    first = client.submit(pool, payload=b"a", request_id="r-1")
    again = client.submit(pool, payload=b"a", request_id="r-1")
    assert again.id == first.id
    assert again.request_id == "r-1"
    client.wait(first.id)
    late = client.submit(pool, payload=b"a", request_id="r-1")
    assert (late.id, late.state) == (first.id, task.TASK_STATE_SUCCEEDED)
    assert client.count(f'pool = "{pool}"').total == 1


def test_a_repeated_batch_returns_the_same_ids(client, pool):
    specs = [spec(payload=b"%d" % n) for n in range(50)]
    first = client.batch(pool, specs, request_id="b-1")
    assert client.batch(pool, specs, request_id="b-1") == first
    assert client.count(f'pool = "{pool}"').total == 50


def test_a_request_id_with_another_body_is_refused(client, pool):
    client.submit(pool, payload=b"a", request_id="reused")
    for call in (
            lambda: client.submit(pool, payload=b"b", request_id="reused"),
            lambda: client.submit(pool, payload=b"a", request_id="reused", priority=6),
            lambda: client.batch(pool, [spec(payload=b"a")], request_id="reused")):
        with refused(StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED") as caught:
            call()
        assert caught.refusal.metadata["request_id"] == "reused"


def test_concurrent_repeats_make_one_task(client, pool):
    request = tasks.SubmitTaskRequest(pool=pool, spec=spec(), request_id="at-once")
    calls = [client.tasks.SubmitTask.future(request) for _ in range(100)]
    assert len({call.result().task.id for call in calls}) == 1


# Time


def test_a_delayed_task_is_scheduled_and_runs_when_due(client, pool):
    submitted = client.submit(pool, delay=seconds(0.3))
    assert submitted.state == task.TASK_STATE_SCHEDULED
    done = client.wait(submitted.id)
    assert done.state == task.TASK_STATE_SUCCEEDED
    waited = done.start_time.ToNanoseconds() - done.create_time.ToNanoseconds()
    assert 0.3e9 <= waited < 10e9
    types = [e.type for e in client.events_until_now(beginning=True, task_ids=[done.id])]
    assert types == [
        events.EVENT_TYPE_TASK_SUBMITTED, events.EVENT_TYPE_TASK_DUE,
        events.EVENT_TYPE_TASK_STARTED, events.EVENT_TYPE_TASK_SUCCEEDED,
    ]


def test_a_schedule_time_in_the_past_means_at_once(client, pool):
    done = client.wait(client.submit(pool, schedule_time=at(time.time() - 3600)).id)
    assert done.state == task.TASK_STATE_SUCCEEDED
    later = client.submit(pool, schedule_time=at(time.time() + 3600))
    assert later.state == task.TASK_STATE_SCHEDULED
    assert abs(later.due_time.ToNanoseconds() / 1e9 - time.time() - 3600) < 60
    client.cancel(later.id)


def test_priorities_run_first_and_equals_in_order(client):
    client.create_pool("ranks", slots=1)
    client.pools.PausePool(pools.PausePoolRequest(name="ranks"))
    ranks = [0, 5, 10, 5, 0, 10]
    ids = client.batch("ranks", [spec(priority=rank) for rank in ranks])
    client.pools.ResumePool(pools.ResumePoolRequest(name="ranks"))
    client.wait_all(ids)
    started = [
        event.task_id for event in client.events_until_now(
            beginning=True, pools=["ranks"], types=[events.EVENT_TYPE_TASK_STARTED])]
    assert started == [ids[n] for n in (2, 5, 1, 3, 0, 4)]


def test_an_attempt_that_runs_too_long_fails(client, pool):
    id = client.submit(
        pool, "sleep", {"seconds": 600}, run_timeout=seconds(0.1), retry_policy=never_retry()).id
    done = client.wait(id)
    assert done.state == task.TASK_STATE_FAILED
    assert done.failure.kind == task.FAILURE_KIND_RUN_TIMEOUT
    assert done.failure.attempt == 1


def test_a_deadline_ends_a_task_that_waits_and_one_that_runs(client, pool):
    soon = at(time.time() + 0.3)
    waiting = client.submit(pool, delay=seconds(600), deadline=soon).id
    running = client.submit(pool, "sleep", {"seconds": 600}, deadline=soon).id
    for id, attempt in ((waiting, 0), (running, 1)):
        done = client.wait(id)
        assert done.state == task.TASK_STATE_FAILED
        assert done.failure.kind == task.FAILURE_KIND_DEADLINE
        assert done.failure.attempt == attempt


# Failure and retry


def test_a_failed_attempt_is_repeated_after_its_back_off(client, pool):
    policy = task.RetryPolicy(
        max_attempts=5, initial_backoff=seconds(0.05), max_backoff=seconds(0.05), jitter=0)
    done = client.wait(client.submit(pool, "fail", {"times": 2}, retry_policy=policy).id)
    assert (done.state, done.attempt) == (task.TASK_STATE_SUCCEEDED, 3)
    assert json.loads(done.result.data) == {"attempt": 3}
    found = client.events_until_now(
        beginning=True, task_ids=[done.id], types=[events.EVENT_TYPE_TASK_RETRY_SCHEDULED])
    assert [event.attempt for event in found] == [1, 2]
    for event in found:
        assert event.state == task.TASK_STATE_SCHEDULED
        assert event.failure.kind == task.FAILURE_KIND_HANDLER
        delay = event.due_time.ToNanoseconds() - event.time.ToNanoseconds()
        assert abs(delay - 50e6) < 5e6


def test_a_task_fails_when_its_attempts_are_used_up(client, pool):
    policy = task.RetryPolicy(max_attempts=2, initial_backoff=seconds(0.01))
    done = client.wait(client.submit(
        pool, "fail", {"code": "BROKEN", "message": "it broke"}, retry_policy=policy).id)
    assert (done.state, done.attempt) == (task.TASK_STATE_FAILED, 2)
    failure = done.failure
    assert (failure.kind, failure.code, failure.message) == (
        task.FAILURE_KIND_HANDLER, "BROKEN", "it broke")
    assert not done.HasField("result")


@pytest.mark.parametrize("payload, codes", [
    ({"code": "FATAL"}, ["OTHER", "FATAL"]), ({"retryable": False}, [])])
def test_some_failures_are_not_repeated(client, pool, payload, codes):
    policy = task.RetryPolicy(initial_backoff=seconds(0.01), non_retryable_codes=codes)
    done = client.wait(client.submit(pool, "fail", payload, retry_policy=policy).id)
    assert (done.state, done.attempt) == (task.TASK_STATE_FAILED, 1)


def test_a_payload_that_makes_no_sense_fails_at_once(client, pool):
    done = client.wait(client.submit(pool, "sleep", b"not json").id)
    assert (done.state, done.attempt) == (task.TASK_STATE_FAILED, 1)
    assert done.failure.code == "INVALID_PAYLOAD"


def test_retry_reopens_a_failed_task_with_a_fresh_budget(client, pool):
    policy = task.RetryPolicy(max_attempts=2, initial_backoff=seconds(0.01))
    id = client.submit(pool, "fail", {"times": 3}, retry_policy=policy).id
    assert client.wait(id).attempt == 2
    reopened = retry(client, id, "again")
    assert (reopened.state, reopened.attempt) == (task.TASK_STATE_PENDING, 2)
    assert not reopened.HasField("finish_time")
    done = client.wait(id)
    assert (done.state, done.attempt) == (task.TASK_STATE_SUCCEEDED, 4)
    event, = client.events_until_now(
        beginning=True, task_ids=[id], types=[events.EVENT_TYPE_TASK_REOPENED])
    assert event.reason == "again"
    status = client.pool(pool).status
    assert (status.total_submitted, status.total_failed, status.total_succeeded) == (1, 1, 1)


def test_only_failed_and_cancelled_tasks_can_be_retried(client, pool):
    running = client.submit(pool, "sleep", {"seconds": 600}).id
    client.wait_until(running, task.TASK_STATE_RUNNING)
    succeeded = client.submit(pool).id
    client.wait(succeeded)
    for id, state in ((running, "RUNNING"), (succeeded, "SUCCEEDED")):
        with refused(StatusCode.FAILED_PRECONDITION, "TASK_NOT_RETRYABLE") as caught:
            retry(client, id)
        assert caught.refusal.metadata == {"task_id": id, "state": state}
    client.cancel(running)
    assert client.wait(running).state == task.TASK_STATE_CANCELLED
    assert retry(client, running).state == task.TASK_STATE_PENDING
    client.cancel(running)
    client.wait(running)


# Cancel


def test_a_waiting_task_is_cancelled_at_once(client, pool):
    id = client.submit(pool, delay=seconds(600)).id
    cancelled = client.cancel(id, "not needed")
    assert cancelled.state == task.TASK_STATE_CANCELLED
    assert cancelled.cancel_reason == "not needed"
    assert client.get(id).state == task.TASK_STATE_CANCELLED
    with refused(StatusCode.FAILED_PRECONDITION, "TASK_TERMINAL") as caught:
        client.cancel(id)
    assert caught.refusal.metadata == {"task_id": id, "state": "CANCELLED"}


def test_a_running_task_is_asked_to_stop_and_ends_cancelled(client, pool):
    id = client.submit(pool, "sleep", {"seconds": 600}).id
    client.wait_until(id, task.TASK_STATE_RUNNING)
    asked = client.cancel(id, "stop")
    if asked.state == task.TASK_STATE_RUNNING:
        assert asked.HasField("cancel_request_time")
    done = client.wait(id)
    assert (done.state, done.cancel_reason) == (task.TASK_STATE_CANCELLED, "stop")
    assert not done.HasField("cancel_request_time")
    types = [e.type for e in client.events_until_now(beginning=True, task_ids=[id])][2:]
    assert types == [events.EVENT_TYPE_TASK_CANCEL_REQUESTED, events.EVENT_TYPE_TASK_CANCELLED]


def test_a_finish_wins_over_a_later_cancel(client, pool):
    id = client.submit(pool).id
    client.wait(id)
    with refused(StatusCode.FAILED_PRECONDITION, "TASK_TERMINAL"):
        client.cancel(id)


def test_no_call_knows_a_task_that_is_not_there(client):
    unknown = "0000000000001"
    for call in (
            lambda: client.get(unknown), lambda: client.cancel(unknown),
            lambda: retry(client, unknown), lambda: client.wait(unknown)):
        with refused(StatusCode.NOT_FOUND, "TASK_NOT_FOUND") as caught:
            call()
        assert caught.refusal.metadata["task_id"] == unknown
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
            client.get("not an id")
        assert list(caught.refusal.violations) == ["id"]


# Progress


def test_progress_is_shown_and_kept(client, pool):
    id = client.submit(pool, "sleep", {"milliseconds": 200, "steps": 4}).id
    done = client.wait(id)
    assert done.progress.percent == 75
    assert done.progress.step == "step 3 of 4"


# Calls


def test_a_deadline_of_the_call_is_kept(client, pool):
    id = client.submit(pool, delay=seconds(600)).id
    stream = client.tasks.WaitTask(tasks.WaitTaskRequest(id=id), timeout=0.3)
    assert next(stream).task.state == task.TASK_STATE_SCHEDULED
    with refused(StatusCode.DEADLINE_EXCEEDED):
        next(stream)
    client.cancel(id)


def test_a_silent_wait_outlives_the_pings_of_its_client(server, client, pool, long):
    if not long:
        pytest.skip("a long form: takes a minute")
    id = client.submit(pool, delay=seconds(600)).id
    options = {"keepalive_time_ms": 10_000, "http2.max_pings_without_data": 0}
    with contextlib.closing(Client(server, **options).channel) as channel:
        stub = tasks_grpc.TaskServiceStub(channel)
        stream = stub.WaitTask(tasks.WaitTaskRequest(id=id), timeout=55)
        assert next(stream).task.state == task.TASK_STATE_SCHEDULED
        with refused(StatusCode.DEADLINE_EXCEEDED):
            next(stream)
    client.cancel(id)


def test_a_client_may_cancel_its_stream(client, pool):
    id = client.submit(pool, delay=seconds(600)).id
    for _ in range(200):
        stream = client.tasks.WaitTask(tasks.WaitTaskRequest(id=id))
        next(stream)
        stream.cancel()
        with refused(StatusCode.CANCELLED):
            next(stream)
    client.cancel(id)
    assert client.wait(id).state == task.TASK_STATE_CANCELLED


def test_an_unknown_method_is_unimplemented(client):
    call = client.channel.unary_unary("/martlet.v1.TaskService/Nothing")
    with refused(StatusCode.UNIMPLEMENTED):
        call(b"")


def test_bytes_that_are_no_message_are_refused(client):
    call = client.channel.unary_unary("/martlet.v1.TaskService/SubmitTask")
    for garbage in (b"\xff", b"\x0a\x7f", b"\x0a\x02\xff\xff"):
        with pytest.raises(grpc.RpcError) as caught:
            call(garbage)
        assert caught.value.code() in (StatusCode.INVALID_ARGUMENT, StatusCode.INTERNAL)


def test_a_compressed_request_is_understood(client, pool):
    request = tasks.SubmitTaskRequest(pool=pool, spec=spec(payload=b"a" * 100_000))
    reply = client.tasks.SubmitTask(request, compression=grpc.Compression.Gzip)
    assert client.wait(reply.task.id).result.data == b"a" * 100_000


def test_a_thousand_submitters_at_once_each_get_a_task_of_their_own(client, pool):
    calls = [
        client.tasks.SubmitTask.future(
            tasks.SubmitTaskRequest(pool=pool, spec=spec(payload=b"%d" % n)))
        for n in range(1000)]
    ids = [call.result().task.id for call in calls]
    assert len(set(ids)) == 1000
    ended = client.wait_all(ids, task.TASK_VIEW_FULL)
    assert [ended[id].result.data for id in ids] == [b"%d" % n for n in range(1000)]
    assert all(one.state in TERMINAL for one in ended.values())
    assert client.count(f'pool = "{pool}"').total == 1000
