"""Lists, counts and filters; what a reader sees is never older than what it may know."""

import threading

import pytest
from grpc import StatusCode

from support.client import Client, refused, seconds, spec
from support.stubs import task, tasks


@pytest.fixture(scope="module")
def zoo(server):
    """120 tasks of three kinds in two pools, half of them ended; ids in the order of submission."""
    with Client(server) as client:
        client.create_pool("zoo-a", slots=2)
        client.create_pool("zoo-b", slots=2)
        ids = []
        for n in range(60):
            pool = "zoo-a" if n % 2 == 0 else "zoo-b"
            labels = {"n": str(n % 5), **({"odd": "yes"} if n % 2 else {})}
            ids.append(client.submit(
                pool, "echo" if n % 3 else "fail", b"" if n % 3 else {"retryable": False},
                labels=labels, priority=n % 11).id)
        client.wait_all(ids)
        waiting = client.batch(
            "zoo-a", [spec("not.served", delay=seconds(3600), labels={"n": "w"})] * 60)
        return ids, waiting


def listed(client, **request):
    return [one.id for one in client.list(**request)]


def test_a_list_is_newest_first_and_pages_do_not_overlap(client, zoo):
    ids, waiting = zoo
    everything = sorted(ids + waiting)
    newest_first = everything[::-1]
    assert listed(client, page_size=1000) == newest_first
    for size in (1, 7, 50, 119, 120, 121):
        assert listed(client, page_size=size) == newest_first
        assert listed(client, page_size=size, order_by="create_time asc") == everything
    reply = client.tasks.ListTasks(tasks.ListTasksRequest())
    assert len(reply.tasks) == 50


@pytest.mark.parametrize("size", [1, 7, 60, 1000])
def test_the_orders_by_finish_time_list_finished_tasks(client, zoo, size):
    ids, _ = zoo
    up = list(client.list(page_size=size, order_by="finish_time"))
    assert {one.id for one in up} == set(ids)
    keys = [(one.finish_time.ToNanoseconds(), one.id) for one in up]
    assert keys == sorted(keys)
    down = listed(client, page_size=size, order_by="finish_time desc")
    assert down == [one.id for one in up][::-1]


@pytest.mark.parametrize("filter, wanted", [
    ('pool = "zoo-a"', lambda t: t.pool == "zoo-a"),
    ('pool != "zoo-a"', lambda t: t.pool != "zoo-a"),
    ("state = FAILED", lambda t: t.state == task.TASK_STATE_FAILED),
    ("state != SCHEDULED", lambda t: t.state != task.TASK_STATE_SCHEDULED),
    ("kind = echo", lambda t: t.spec.kind == "echo"),
    ('kind = "not.served" AND state = SCHEDULED', lambda t: t.spec.kind == "not.served"),
    ('labels.n = "3"', lambda t: t.spec.labels["n"] == "3"),
    ("labels.odd:*", lambda t: "odd" in t.spec.labels),
    ("priority > 7", lambda t: t.spec.priority > 7),
    ("priority <= 2", lambda t: t.spec.priority <= 2),
    ("attempt = 0", lambda t: t.attempt == 0),
    ('finish_time > "2020-01-01T00:00:00Z"', lambda t: t.HasField("finish_time")),
    ('create_time > "2100-01-01T00:00:00Z"', lambda t: False),
    ('pool = "zoo-b" AND state = SUCCEEDED AND labels.n = "1" AND priority >= 3',
     lambda t: t.pool == "zoo-b" and t.state == task.TASK_STATE_SUCCEEDED
     and t.spec.labels["n"] == "1" and t.spec.priority >= 3),
    ('pool = "no-such-pool"', lambda t: False),
])
def test_a_filter_lists_and_counts_what_it_says(client, zoo, filter, wanted):
    everything = list(client.list(page_size=1000))
    expected = [one.id for one in everything if wanted(one)]
    for size in (3, 1000):
        assert listed(client, filter=filter, page_size=size) == expected
    assert client.count(filter).total == len(expected)
    reply = client.tasks.ListTasks(
        tasks.ListTasksRequest(filter=filter, want_total=True, page_size=1))
    assert reply.total_size == len(expected)


def test_an_id_filter_splits_the_list(client, zoo):
    ids, waiting = zoo
    everything = sorted(ids + waiting)
    middle = everything[50]
    assert listed(client, filter=f'id > "{middle}"') == everything[51:][::-1]
    assert listed(client, filter=f'id = "{middle}"') == [middle]


def test_counts_are_exact_by_pool_state_and_kind(client, zoo):
    reply = client.count()
    found = {(row.pool, row.state, row.kind): row.count for row in reply.counts}
    recount = {}
    for one in client.list(page_size=1000):
        key = (one.pool, one.state, one.spec.kind)
        recount[key] = recount.get(key, 0) + 1
    assert found == recount
    assert reply.total == sum(recount.values()) == 120
    assert found[("zoo-a", task.TASK_STATE_SCHEDULED, "not.served")] == 60


def test_the_total_is_free_for_pool_state_and_kind(client, zoo):
    def total(filter):
        reply = client.tasks.ListTasks(tasks.ListTasksRequest(filter=filter, page_size=1))
        return reply.total_size if reply.HasField("total_size") else None
    assert total("") == 120
    assert total("state = SCHEDULED AND kind = not.served") == 60
    assert total("labels.odd:*") is None


@pytest.mark.parametrize("filter", [
    "colour = red", "pool", "pool = ", "state = RED", "create_time > now",
    "((", 'labels. = "x"', "priority = x", "=", "state < FAILED", '"',
])
def test_a_filter_that_is_wrong_is_refused_with_its_place(client, filter):
    for call in (
            lambda: client.tasks.ListTasks(tasks.ListTasksRequest(filter=filter)),
            lambda: client.count(filter)):
        with refused(StatusCode.INVALID_ARGUMENT, "FILTER_INVALID") as caught:
            call()
        assert list(caught.refusal.violations) == ["filter"]
        assert "character" in caught.refusal.violations["filter"]


def test_every_violation_of_a_list_is_named_at_once(client):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.tasks.ListTasks(tasks.ListTasksRequest(
            filter="nonsense", order_by="id", page_size=-1, page_token="x", view=9,
            min_cursor="x"))
    assert set(caught.refusal.violations) == {
        "filter", "order_by", "page_size", "page_token", "view", "min_cursor"}


def test_a_page_token_belongs_to_its_request(client, zoo):
    reply = client.tasks.ListTasks(tasks.ListTasksRequest(page_size=5))
    for other in (
            {"filter": "state = FAILED"}, {"order_by": "create_time"},
            {"order_by": "finish_time desc"}):
        with refused(StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID") as caught:
            client.tasks.ListTasks(
                tasks.ListTasksRequest(page_token=reply.next_page_token, **other))
        assert list(caught.refusal.violations) == ["page_token"]


def test_a_page_ends_at_a_mebibyte(client, pool):
    payload = bytes(300 << 10)
    ids = client.batch(pool, [spec("not.served", payload)] * 10)
    reply = client.tasks.ListTasks(tasks.ListTasksRequest(
        filter=f'pool = "{pool}"', view=task.TASK_VIEW_FULL, page_size=1000))
    assert 1 <= len(reply.tasks) <= 3
    assert listed(client, filter=f'pool = "{pool}"', view=task.TASK_VIEW_FULL) == ids[::-1]
    basic = client.tasks.ListTasks(tasks.ListTasksRequest(filter=f'pool = "{pool}"'))
    assert len(basic.tasks) == 10


def test_pages_keep_the_cursor_of_the_first_and_miss_nothing_that_follows(client, pool):
    ids = client.batch(pool, [spec("not.served")] * 10)
    filter = f'pool = "{pool}"'
    first = client.tasks.ListTasks(tasks.ListTasksRequest(filter=filter, page_size=4))
    newer = client.submit(pool, "not.served").id
    second = client.tasks.ListTasks(tasks.ListTasksRequest(
        filter=filter, page_size=4, page_token=first.next_page_token))
    assert second.cursor == first.cursor
    assert [one.id for one in second.tasks] == ids[::-1][4:8]
    found = client.events_until_now(cursor=second.cursor, pools=[pool])
    assert [event.task_id for event in found] == [newer]


def test_a_list_shows_what_was_acknowledged_before_it(client, pool):
    filter = f'pool = "{pool}"'
    for n in range(1, 101):
        id = client.submit(pool, "not.served").id
        reply = client.tasks.ListTasks(tasks.ListTasksRequest(filter=filter, page_size=1))
        assert (reply.tasks[0].id, reply.total_size) == (id, n)
        assert client.count(filter).total == n


def test_min_cursor_shows_at_least_what_the_cursor_knows(client, pool):
    for _ in range(50):
        reply = client.tasks.SubmitTask(tasks.SubmitTaskRequest(pool=pool, spec=spec()))
        id, cursor = reply.task.id, reply.cursor
        assert client.tasks.GetTask(tasks.GetTaskRequest(id=id, min_cursor=cursor)).task.id == id
        page = client.tasks.ListTasks(tasks.ListTasksRequest(min_cursor=cursor, page_size=1))
        assert page.tasks[0].id == id


def test_a_min_cursor_of_another_server_is_refused(client):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.tasks.GetTask(
            tasks.GetTaskRequest(id="0000000000001", min_cursor="c10zzzzzzzzzzzz"))
    assert list(caught.refusal.violations) == ["min_cursor"]


def test_lists_and_counts_agree_with_the_feed_under_load(client, server, pool):
    """What a list shows at its cursor is what the events up to it say."""
    stop = threading.Event()

    def load():
        with Client(server) as other:
            while not stop.is_set():
                other.batch(pool, [spec()] * 50)

    loader = threading.Thread(target=load)
    loader.start()
    try:
        for _ in range(10):
            reply = client.count(f'pool = "{pool}"')
            newest = client.tasks.ListTasks(
                tasks.ListTasksRequest(filter=f'pool = "{pool}"', page_size=1000))
            assert reply.total <= newest.total_size
            assert all(one.revision > 0 for one in newest.tasks)
    finally:
        stop.set()
        loader.join()
