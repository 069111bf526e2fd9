"""WaitTask and WaitTasks: each change is told, each end is told once."""

import pytest
from grpc import StatusCode

from support.client import Client, refused, seconds, spec
from support.stubs import pools, task, tasks


def hold(client, pool):
    client.pools.PausePool(pools.PausePoolRequest(name=pool))


def release(client, pool):
    client.pools.ResumePool(pools.ResumePoolRequest(name=pool))


def wait_tasks(client, ids, mode=tasks.WAIT_MODE_ALL, **fields):
    return client.tasks.WaitTasks(
        tasks.WaitTasksRequest(ids=ids, mode=mode, **fields), timeout=60)


def test_a_wait_shows_the_state_now_then_each_change(client, pool):
    hold(client, pool)
    id = client.submit(pool, "sleep", {"milliseconds": 50}).id
    stream = client.tasks.WaitTask(tasks.WaitTaskRequest(id=id), timeout=60)
    assert next(stream).task.state == task.TASK_STATE_PENDING
    release(client, pool)
    rest = list(stream)
    assert [reply.task.state for reply in rest] == [
        task.TASK_STATE_RUNNING, task.TASK_STATE_SUCCEEDED]
    revisions = [reply.task.revision for reply in rest]
    assert revisions == sorted(set(revisions))
    assert all(reply.cursor for reply in rest)


def test_a_wait_for_an_ended_task_is_one_message(client, pool):
    id = client.submit(pool, payload=b"x").id
    client.wait(id)
    replies = list(client.tasks.WaitTask(
        tasks.WaitTaskRequest(id=id, view=task.TASK_VIEW_FULL)))
    assert [reply.task.state for reply in replies] == [task.TASK_STATE_SUCCEEDED]
    assert replies[0].task == client.get(id)


def test_the_last_message_of_a_wait_is_what_a_get_shows(client, pool):
    for n in range(50):
        id = client.submit(pool, payload=b"%d" % n).id
        assert client.wait(id) == client.get(id)
        assert client.wait(id, task.TASK_VIEW_BASIC) == client.get(id, task.TASK_VIEW_BASIC)


def test_a_hundred_waiters_of_one_task_all_hear_its_end(client, pool):
    hold(client, pool)
    id = client.submit(pool).id
    streams = [
        client.tasks.WaitTask(tasks.WaitTaskRequest(id=id), timeout=60) for _ in range(100)]
    for stream in streams:
        next(stream)
    release(client, pool)
    for stream in streams:
        assert list(stream)[-1].task.state == task.TASK_STATE_SUCCEEDED


def test_waiting_for_all_tells_each_end_once(client, pool):
    hold(client, pool)
    ids = client.batch(pool, [spec(payload=b"%d" % n) for n in range(500)])
    stream = wait_tasks(client, ids, view=task.TASK_VIEW_FULL)
    first = next(stream)
    assert (len(first.tasks), first.remaining) == (0, 500)
    release(client, pool)
    told, remaining = [], 500
    for reply in stream:
        told += reply.tasks
        remaining -= len(reply.tasks)
        assert reply.remaining == remaining
    assert sorted(one.id for one in told) == ids
    assert remaining == 0
    by_id = {one.id: one for one in told}
    for n, id in enumerate(ids):
        assert by_id[id].result.data == b"%d" % n
    assert all(by_id[id] == client.get(id) for id in ids[::50])


def test_waiting_for_any_ends_with_the_first(client, pool):
    slow = client.submit(pool, delay=seconds(600)).id
    hold(client, pool)
    quick = client.submit(pool).id
    stream = wait_tasks(client, [slow, quick], tasks.WAIT_MODE_ANY)
    assert next(stream).remaining == 2
    release(client, pool)
    replies = list(stream)
    assert [one.id for reply in replies for one in reply.tasks] == [quick]
    assert replies[-1].remaining == 1
    client.cancel(slow)


def test_what_has_ended_already_is_told_at_once(client, pool):
    ids = client.batch(pool, [spec()] * 1000)
    client.wait_all(ids)
    told = [one.id for reply in wait_tasks(client, ids) for one in reply.tasks]
    assert sorted(told) == ids
    some = [one.id for reply in wait_tasks(client, ids, tasks.WAIT_MODE_ANY)
            for one in reply.tasks]
    assert some


def test_unknown_ids_are_named_and_count_as_ended(client, pool):
    known = client.submit(pool).id
    unknown = ["0000000000001", "0000000000002"]
    replies = list(wait_tasks(client, [*unknown, known]))
    assert sorted(id for reply in replies for id in reply.unknown_ids) == unknown
    assert [one.id for reply in replies for one in reply.tasks] == [known]
    assert replies[-1].remaining == 0
    replies = list(wait_tasks(client, unknown))
    assert replies[-1].remaining == 0


def test_an_id_twice_is_told_once(client, pool):
    id = client.submit(pool).id
    replies = list(wait_tasks(client, [id, id]))
    assert [one.id for reply in replies for one in reply.tasks] == [id]


def test_a_wait_takes_1_to_10000_well_written_ids(client):
    for ids, fields in (
            ([], {"ids"}), (["0000000000001"] * 10_001, {"ids"}),
            (["0000000000001", "nonsense", ""], {"ids[1]", "ids[2]"})):
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
            list(wait_tasks(client, ids))
        assert set(caught.refusal.violations) == fields
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        list(wait_tasks(client, ["0000000000001"], mode=7, view=8))
    assert set(caught.refusal.violations) == {"mode", "view"}


def test_ten_thousand_tasks_in_one_wait(client, pool):
    hold(client, pool)
    ids = client.batch(pool, [spec()] * 10_000)
    stream = wait_tasks(client, ids)
    assert next(stream).remaining == 10_000
    release(client, pool)
    told = [one.id for reply in stream for one in reply.tasks]
    assert sorted(told) == ids


def test_results_that_are_large_come_in_messages_that_every_client_takes(client, pool):
    payload = bytes(1 << 20)
    ids = [client.submit(pool, payload=payload).id for _ in range(12)]
    replies = list(wait_tasks(client, ids, view=task.TASK_VIEW_FULL))
    assert sum(len(reply.tasks) for reply in replies) == 12
    assert max(reply.ByteSize() for reply in replies) < 4 << 20


def test_a_cancelled_task_ends_its_wait(client, pool):
    id = client.submit(pool, delay=seconds(600)).id
    stream = client.tasks.WaitTask(tasks.WaitTaskRequest(id=id), timeout=60)
    next(stream)
    client.cancel(id)
    assert list(stream)[-1].task.state == task.TASK_STATE_CANCELLED


@pytest.mark.parametrize("kind", ["one", "many"])
def test_a_stopping_server_says_so_to_those_who_wait(make_server, kind):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        id = client.submit("p", delay=seconds(600)).id
        if kind == "one":
            stream = client.tasks.WaitTask(tasks.WaitTaskRequest(id=id), timeout=60)
        else:
            stream = wait_tasks(client, [id])
        next(stream)
        server.send()
        with refused(StatusCode.UNAVAILABLE, "SERVER_STOPPING") as caught:
            next(stream)
        assert caught.refusal.retry_seconds > 0
        assert server.wait() == 0
