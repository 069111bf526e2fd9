"""Unique tasks, as any gRPC client sees them."""

import threading

import pytest
from grpc import StatusCode

from support.client import Client, refused, seconds, spec
from support.stubs import events, task, tasks

POOL, NAMESPACE = task.UNIQUE_SCOPE_POOL, task.UNIQUE_SCOPE_NAMESPACE
REJECT, RETURN = task.UNIQUE_CONFLICT_REJECT, task.UNIQUE_CONFLICT_RETURN_EXISTING
REPLACE, DEBOUNCE = task.UNIQUE_CONFLICT_REPLACE, task.UNIQUE_CONFLICT_DEBOUNCE
LATER = seconds(3_600)


def rule(key="k", conflict=REJECT, **fields):
    return task.UniqueRule(key=key, on_conflict=conflict, **fields)


def submit(client, pool, unique, kind="echo", request_id="", **fields):
    return client.tasks.SubmitTask(tasks.SubmitTaskRequest(
        pool=pool, spec=spec(kind, unique=unique, **fields), request_id=request_id))


def duplicate():
    return refused(StatusCode.ALREADY_EXISTS, "DUPLICATE_TASK")


def test_a_second_task_with_the_key_is_refused_and_told_of_the_first(client, pool):
    first = submit(client, pool, rule(), delay=LATER).task
    assert first.spec.unique == rule(scope=POOL)
    with duplicate() as error:
        submit(client, pool, rule(), delay=LATER)
    assert error.refusal.metadata["task_id"] == first.id
    assert error.refusal.metadata["state"] == "SCHEDULED"
    client.cancel(first.id)
    assert submit(client, pool, rule(), delay=LATER).task.id != first.id


def test_scopes_and_keys(client, pool):
    client.create_pool("scopes-other")
    submit(client, pool, rule("a"), delay=LATER)
    submit(client, "scopes-other", rule("a"), delay=LATER)
    submit(client, pool, rule("b"), delay=LATER)
    submit(client, pool, rule("scopes", scope=NAMESPACE), delay=LATER)
    with duplicate():
        submit(client, "scopes-other", rule("scopes", scope=NAMESPACE), delay=LATER)


def test_finished_tasks_count_within_the_window(client, pool):
    first = submit(client, pool, rule()).task
    client.wait(first.id)
    window = rule(finished_within=LATER)
    with duplicate() as error:
        submit(client, pool, window)
    assert error.refusal.metadata["task_id"] == first.id
    again = submit(client, pool, rule(conflict=RETURN, finished_within=LATER))
    assert again.existing
    assert (again.task.id, again.task.state) == (first.id, task.TASK_STATE_SUCCEEDED)
    second = submit(client, pool, rule())
    assert not second.existing
    client.wait(second.task.id)


def test_the_window_holds_over_a_restart(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        first = submit(client, "p", rule()).task
        client.wait(first.id)
        waiting = submit(client, "p", rule("w"), delay=LATER).task
    server.restart()
    with Client(server) as client:
        for key, conflict in [("k", RETURN), ("w", RETURN)]:
            reply = submit(client, "p", rule(key, conflict, finished_within=LATER))
            assert reply.existing
            assert reply.task.id == {"k": first.id, "w": waiting.id}[key]
        with duplicate():
            submit(client, "p", rule(finished_within=LATER))
    server.restart(by=9)
    with Client(server) as client:
        with duplicate():
            submit(client, "p", rule(finished_within=LATER))


def test_a_waiting_task_is_replaced(client, pool):
    first = submit(client, pool, rule(), delay=LATER).task
    second = submit(client, pool, rule(conflict=REPLACE), delay=LATER).task
    gone = client.get(first.id)
    assert gone.state == task.TASK_STATE_CANCELLED
    assert gone.cancel_reason == f"replaced by {second.id}"


def test_a_waiting_task_is_debounced(client, pool):
    first = submit(client, pool, rule(conflict=DEBOUNCE), delay=seconds(600)).task
    second = submit(client, pool, rule(conflict=DEBOUNCE), delay=LATER)
    assert second.existing
    assert second.task.id == first.id
    assert second.task.due_time.seconds > first.due_time.seconds + 2_000
    updated = client.events_until_now(
        beginning=True, task_ids=[first.id], types=[events.EVENT_TYPE_TASK_UPDATED])
    assert [event.due_time for event in updated] == [second.task.due_time]
    last = submit(client, pool, rule(conflict=DEBOUNCE))
    assert last.task.id == first.id
    assert client.wait(first.id).state == task.TASK_STATE_SUCCEEDED


def test_a_batch_meets_itself(client, pool):
    def batch(*rules, request_id=""):
        return client.tasks.BatchSubmitTasks(tasks.BatchSubmitTasksRequest(
            pool=pool, specs=[spec(unique=one, delay=LATER) for one in rules],
            request_id=request_id))

    with duplicate() as error:
        batch(rule("a"), rule("b"), rule("a"))
    assert error.refusal.metadata == {"index": "2", "first_index": "0"}
    assert list(client.list(filter=f'pool = "{pool}"')) == []
    first = batch(rule("a"), rule("b", RETURN), rule("b", RETURN), request_id="one")
    assert (len(set(first.task_ids)), list(first.existing)) == (2, [2])
    second = batch(rule("a", RETURN), rule("c"), request_id="two")
    assert list(second.existing) == [0]
    for id in second.task_ids:
        client.cancel(id)
    again = batch(rule("a", RETURN), rule("c"), request_id="two")
    assert (again.task_ids, again.existing) == (second.task_ids, second.existing)


def test_of_many_at_once_one_gets_in(server, client, pool):
    taken, refusals = [], []

    def run():
        with Client(server) as other:
            for _ in range(20):
                try:
                    taken.append(submit(other, pool, rule(), delay=LATER).task.id)
                except Exception as error:
                    refusals.append(error.code())

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refusals)) == (1, 159)
    assert set(refusals) == {StatusCode.ALREADY_EXISTS}


def test_a_task_is_not_reopened_beside_another(client, pool):
    first = submit(client, pool, rule(), delay=LATER).task
    client.cancel(first.id)
    second = submit(client, pool, rule(), delay=LATER).task
    with duplicate() as error:
        client.tasks.RetryTask(tasks.RetryTaskRequest(id=first.id))
    assert error.refusal.metadata["task_id"] == second.id
    client.cancel(second.id)
    client.tasks.RetryTask(tasks.RetryTaskRequest(id=first.id))
    assert client.wait(first.id).state == task.TASK_STATE_SUCCEEDED


@pytest.mark.parametrize("unique, field", [
    (rule(""), "key"), (rule("x" * 256), "key"), (rule("a\0b"), "key"),
    (rule(finished_within=seconds(-1)), "finished_within"),
    (rule(finished_within=seconds(0)), "finished_within"),
    (rule(finished_within=seconds(365 * 86_400 + 1)), "finished_within"),
    (rule(scope=7), "scope"), (rule(conflict=9), "on_conflict"),
], ids=range(8))
def test_a_rule_that_makes_no_sense_is_refused(client, pool, unique, field):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as error:
        submit(client, pool, unique)
    assert list(error.refusal.violations) == [f"spec.unique.{field}"]
    assert list(client.list(filter=f'pool = "{pool}"')) == []
