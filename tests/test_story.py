"""What a task went through (GetTaskTrace) and why it does not run (ExplainTask, ExplainPool)."""

import grpc
import pytest

from support.client import TIMEOUT, Client, refused, seconds
from support.stubs import pools, stories, task, tasks
from support.worker import Worker

FAILED = task.TASK_STATE_FAILED
PAUSED = task.TASK_STATE_PAUSED
QUICK = task.RetryPolicy(
    max_attempts=2, initial_backoff=seconds(0.05), max_backoff=seconds(0.05), jitter=0)


def trace(client, id):
    return client.tasks.GetTaskTrace(
        tasks.GetTaskTraceRequest(id=id), timeout=TIMEOUT).trace


def types(trace):
    return [stories.TraceNodeType.Name(n.type).removeprefix("TRACE_NODE_TYPE_")
            for n in trace.nodes]


def explain(client, id):
    return client.tasks.ExplainTask(tasks.ExplainTaskRequest(id=id), timeout=TIMEOUT)


def causes(client, id):
    return [name(cause) for cause in explain(client, id).causes]


def name(cause):
    return stories.WaitingCauseType.Name(cause.type).removeprefix("WAITING_CAUSE_TYPE_")


def span(duration):
    return duration.ToNanoseconds()


def test_a_trace_has_no_gaps_and_adds_up(client, pool):
    id = client.submit(pool, "fail", {"code": "BUSY"}, retry_policy=QUICK).id
    assert client.wait(id).state == FAILED
    client.tasks.RetryTask(tasks.RetryTaskRequest(id=id, reason="again"), timeout=TIMEOUT)
    client.wait(id)
    told = trace(client, id)
    assert types(told) == [
        "SUBMITTED", "QUEUED", "RUNNING", "SCHEDULED", "QUEUED", "RUNNING", "ENDED", "REOPENED",
        "QUEUED", "RUNNING", "SCHEDULED", "QUEUED", "RUNNING", "ENDED"]
    for node, after in zip(told.nodes, told.nodes[1:]):
        assert node.end_time == after.start_time
    runs = [n for n in told.nodes if n.type == stories.TRACE_NODE_TYPE_RUNNING]
    assert [n.attempt for n in runs] == [1, 2, 3, 4]
    assert {n.failure.code for n in runs} == {"BUSY"}
    assert {n.outcome for n in runs} == {stories.ATTEMPT_OUTCOME_FAILED}
    waits = [n for n in told.nodes if n.type == stories.TRACE_NODE_TYPE_SCHEDULED]
    assert {n.schedule_reason for n in waits} == {stories.SCHEDULE_REASON_BACK_OFF}
    assert [n.failure.attempt for n in waits] == [1, 3]
    assert next(n.reason for n in told.nodes if n.type == stories.TRACE_NODE_TYPE_REOPENED) == "again"
    totals = told.totals
    parts = (totals.queue_wait, totals.run_time, totals.delay, totals.back_off, totals.paused,
             totals.ended, totals.omitted, totals.blocked)
    assert sum(map(span, parts)) == span(totals.lifetime)
    assert totals.attempts == 4
    assert span(totals.back_off) >= 2 * 50_000_000
    assert causes(client, id) == ["ENDED"]


def test_a_trace_outlives_a_crash(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        worker = Worker(client, kinds=["remote"], name="ann", credit=1)
        id = client.submit("p", "remote").id
        worker.take()
        client.wait_until(id, task.TASK_STATE_RUNNING)
        open_trace = trace(client, id)
        assert types(open_trace) == ["SUBMITTED", "QUEUED", "RUNNING"]
        assert open_trace.nodes[-1].worker == "ann"
        assert not open_trace.nodes[-1].HasField("end_time")
        failed = client.submit("p", "fail", {"code": "BUSY"}, retry_policy=QUICK).id
        client.wait(failed)
        before = trace(client, failed)
        server.kill()
        server.start()
    with Client(server) as client:
        assert trace(client, failed) == before
        assert types(trace(client, id)) == ["SUBMITTED", "QUEUED", "RUNNING"]


def test_an_explanation_names_what_is_in_the_way_and_what_would_end_it(client, pool):
    first = client.submit(pool, "sleep", {"seconds": 60}).id
    client.wait_until(first, task.TASK_STATE_RUNNING)
    assert causes(client, first) == ["RUNNING"]
    timers = explain(client, first).causes[0].timers
    assert [t.type for t in timers] == [stories.ATTEMPT_TIMER_TYPE_RUN_TIMEOUT]
    later = client.submit(pool, "echo", delay=seconds(3600)).id
    assert causes(client, later) == ["DELAYED"]
    picky = client.submit(pool, "remote", worker_selector={"gpu": "yes"}).id
    assert causes(client, picky) == ["NO_WORKER"]
    worker = Worker(client, kinds=["remote"], labels={"zone": "a"}, credit=1)
    cause = explain(client, picky).causes[0]
    assert name(cause) == "SELECTOR_UNMATCHED"
    assert dict(cause.missing_labels) == {"gpu": "yes"} and cause.workers == 1
    assert cause.text and cause.remedy == "a worker that serves remote and has gpu=yes"
    assert client.get(picky).waiting_for == cause.text
    client.tasks.PauseTask(tasks.PauseTaskRequest(id=later, reason="lunch"), timeout=TIMEOUT)
    told = explain(client, later)
    assert [name(c) for c in told.causes] == ["PAUSED", "DELAYED"]
    assert told.state == PAUSED and told.causes[0].reason == "lunch"
    worker.leave()
    for id in (first, later, picky):
        client.cancel(id)


def test_the_tasks_ahead_are_counted(client, pool):
    client.pools.UpdatePool(
        pools.UpdatePoolRequest(
            name=pool, spec=pools.PoolSpec(slots=1), update_mask={"paths": ["slots"]}),
        timeout=TIMEOUT)
    holder = client.submit(pool, "sleep", {"seconds": 60}).id
    client.wait_until(holder, task.TASK_STATE_RUNNING)
    waiting = [client.submit(pool, "echo").id for _ in range(5)]
    client.submit(pool, "nobody.serves.this")
    urgent = client.submit(pool, "echo", priority=9).id
    ahead = {id: explain(client, id).causes[0].tasks_ahead for id in waiting}
    assert list(ahead.values()) == [1, 2, 3, 4, 5]
    assert explain(client, urgent).causes[0].tasks_ahead == 0
    held = client.pools.ExplainPool(pools.ExplainPoolRequest(name=pool), timeout=TIMEOUT)
    assert [(name(c), c.tasks) for c in held.causes] == [("NO_FREE_SLOT", 7), ("NO_WORKER", 1)]
    assert (held.slots, held.slots_in_use, held.pending) == (1, 1, 7)
    for one in client.list(filter=f'pool = "{pool}" AND state = PENDING'):
        assert one.waiting_for.endswith("slot is in use")
    client.pools.DeletePool(pools.DeletePoolRequest(name=pool, force=True), timeout=TIMEOUT)


@pytest.mark.parametrize("id", ["", "not an id", "0000000000001"])
def test_what_is_not_there_has_no_story(client, id):
    code, reason = (
        (grpc.StatusCode.NOT_FOUND, "TASK_NOT_FOUND") if id.startswith("0")
        else (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"))
    with refused(code, reason):
        trace(client, id)
    with refused(code, reason):
        explain(client, id)


def test_a_cursor_of_another_server_is_refused(client, pool):
    id = client.submit(pool).id
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        client.tasks.GetTaskTrace(
            tasks.GetTaskTraceRequest(id=id, min_cursor="zzz"), timeout=TIMEOUT)
