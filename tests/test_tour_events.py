"""The feed: from where, through which filters, with what in it."""

import time

import pytest
from grpc import StatusCode

from support.client import Client, refused, seconds, spec
from support.stubs import Duration, Timestamp, events, pools, task

STORY = [
    events.EVENT_TYPE_TASK_SUBMITTED, events.EVENT_TYPE_TASK_STARTED,
    events.EVENT_TYPE_TASK_SUCCEEDED,
]


def collect(stream, count):
    """The first `count` events of a stream, which is then cancelled."""
    found = []
    for reply in stream:
        found += reply.events
        if len(found) >= count:
            stream.cancel()
            return found
    raise AssertionError(f"the stream ended after {len(found)} events")


def test_the_feed_from_its_beginning_has_every_revision_in_order(client, pool):
    client.wait_all(client.batch(pool, [spec()] * 200))
    found = client.events_until_now(beginning=True)
    assert [event.revision for event in found] == list(range(1, len(found) + 1))
    times = [event.time.ToNanoseconds() for event in found]
    assert times == sorted(times)


def test_an_event_says_what_happened(client, pool):
    client.wait(client.submit(pool, labels={"a": "b"}).id)
    submitted, started, succeeded = client.events_until_now(beginning=True, pools=[pool])[1:]
    assert [e.type for e in (submitted, started, succeeded)] == STORY
    for event, state, attempt in (
            (submitted, task.TASK_STATE_PENDING, 0), (started, task.TASK_STATE_RUNNING, 1),
            (succeeded, task.TASK_STATE_SUCCEEDED, 1)):
        assert (event.pool, event.kind, dict(event.labels)) == (pool, "echo", {"a": "b"})
        assert (event.state, event.attempt) == (state, attempt)
    assert submitted.actor and not succeeded.actor


def test_a_subscriber_that_starts_now_sees_what_comes_after(client, pool):
    client.wait(client.submit(pool).id)
    stream = client.watch(pools=[pool], heartbeat_interval=seconds(0.1))
    assert not next(stream).events
    id = client.submit(pool).id
    found = collect(stream, 3)
    assert [(event.task_id, event.type) for event in found] == [(id, type) for type in STORY]


def test_any_response_has_a_cursor_to_start_from(client, pool):
    """Nothing before the response, and all that comes after it."""
    reply = client.pools.PausePool(pools.PausePoolRequest(name=pool))
    ids = client.batch(pool, [spec()] * 3)
    found = client.events_until_now(cursor=reply.cursor)
    assert [event.task_id for event in found] == ids
    cursor = client.pools.GetPool(pools.GetPoolRequest(name=pool)).cursor
    assert client.events_until_now(cursor=cursor, pools=[pool]) == []
    assert client.events_until_now(cursor=client.info().cursor, pools=[pool]) == []


def test_every_cursor_of_a_stream_resumes_it_exactly(client, pool):
    client.wait_all(client.batch(pool, [spec()] * 100))
    everything = client.events_until_now(beginning=True)
    last = 0
    for reply in client.watch(beginning=True, until_now=True):
        last = reply.events[-1].revision if reply.events else last
        assert client.events_until_now(cursor=reply.cursor) == everything[last:]


def test_from_a_time_starts_with_the_first_event_at_or_after_it(client, pool):
    client.wait_all(client.batch(pool, [spec()] * 10))
    everything = client.events_until_now(beginning=True)
    for chosen in (everything[0], everything[len(everything) // 2], everything[-1]):
        found = client.events_until_now(time=chosen.time)
        wanted = [
            e for e in everything
            if e.time.ToNanoseconds() >= chosen.time.ToNanoseconds()]
        assert [e.revision for e in found] == [e.revision for e in wanted]
    late = Timestamp()
    late.FromNanoseconds(int((time.time() + 3600) * 1e9))
    assert client.events_until_now(time=late) == []
    assert len(client.events_until_now(time=Timestamp(seconds=1))) == len(everything)


# Filters


@pytest.fixture(scope="module")
def varied(make_shared_server):
    """A server with 90 ended tasks of all sorts, and all its events."""
    server = make_shared_server()
    with Client(server) as client:
        ids = []
        for pool in ("red", "blue", "green"):
            client.create_pool(pool)
            ids += client.batch(pool, [
                spec(("echo", "sleep", "fail")[n % 3], (b"", {"seconds": 0}, {"times": 0})[n % 3],
                     labels={"n": str(n % 2), **({"rare": "x"} if n == 7 else {})})
                for n in range(30)])
        client.wait_all(ids)
        yield client, ids, client.events_until_now(beginning=True)


@pytest.mark.parametrize("filter, wanted", [
    ({"pools": ["red"]}, lambda e: e.pool == "red"),
    ({"pools": ["red", "blue"]}, lambda e: e.pool in ("red", "blue")),
    ({"kinds": ["sleep"]}, lambda e: e.kind == "sleep"),
    ({"types": [events.EVENT_TYPE_TASK_STARTED]}, lambda e: e.type == STORY[1]),
    ({"labels": {"n": "1"}}, lambda e: e.labels["n"] == "1"),
    ({"labels": {"n": "1", "rare": "x"}}, lambda e: "rare" in e.labels),
    ({"pools": ["blue"], "kinds": ["echo", "fail"], "types": [STORY[2]], "labels": {"n": "0"}},
     lambda e: e.pool == "blue" and e.kind in ("echo", "fail") and e.type == STORY[2]
     and e.labels["n"] == "0"),
    ({"pools": ["never-created"]}, lambda e: False),
])
def test_a_filter_leaves_what_it_says(varied, filter, wanted):
    client, _, everything = varied
    expected = [event for event in everything if wanted(event)]
    assert client.events_until_now(beginning=True, **filter) == expected
    last = None
    for last in client.watch(beginning=True, until_now=True, **filter):
        pass
    assert client.events_until_now(cursor=last.cursor) == []


def test_a_filter_by_task_ids(varied):
    client, ids, everything = varied
    chosen = set(ids[::7])
    found = client.events_until_now(beginning=True, task_ids=list(chosen))
    assert found == [event for event in everything if event.task_id in chosen]


def test_every_violation_of_a_watch_is_named_at_once(client):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.events_until_now(
            cursor="nonsense", pools=["ok", "Not"], task_ids=["x"], types=[0, 9_999],
            heartbeat_interval=seconds(0.01))
    assert set(caught.refusal.violations) == {
        "cursor", "pools[1]", "task_ids[0]", "types[0]", "types[1]", "heartbeat_interval"}
    for interval in (Duration(seconds=3601), Duration(seconds=-1)):
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
            client.events_until_now(heartbeat_interval=interval)


# Content, heartbeat, end


def test_payloads_and_results_come_only_on_request(client, pool):
    client.wait(client.submit(pool, payload=b"abc", content_type="text/x").id)
    plain = client.events_until_now(beginning=True, pools=[pool])
    assert not any(event.payload or event.HasField("result") for event in plain)
    rich = client.events_until_now(beginning=True, pools=[pool], include_content=True)
    assert [event.revision for event in rich] == [event.revision for event in plain]
    assert rich[1].payload == b"abc"
    assert (rich[3].result.data, rich[3].result.content_type) == (b"abc", "text/x")
    for event in rich:
        event.ClearField("payload")
        event.ClearField("result")
    assert rich == plain


def test_large_content_comes_in_messages_that_every_client_takes(client, pool):
    payload = bytes(1 << 20)
    client.wait_all([client.submit(pool, payload=payload).id for _ in range(6)])
    replies = list(client.watch(
        beginning=True, pools=[pool], include_content=True, until_now=True))
    found = [event for reply in replies for event in reply.events]
    assert sum(len(event.payload) + len(event.result.data) for event in found) == 12 << 20
    assert max(reply.ByteSize() for reply in replies) < 4 << 20


def test_an_idle_subscriber_moves_forward_by_heartbeats(client, pool):
    stream = client.watch(pools=[pool], heartbeat_interval=seconds(0.1))
    before = next(stream).cursor
    client.create_pool(pool + "-other")
    now = client.info().cursor
    for reply in stream:
        assert not reply.events
        if reply.cursor != before:
            break
    assert reply.cursor == now
    stream.cancel()
    assert client.events_until_now(cursor=reply.cursor) == []


def test_until_now_ends_with_the_cursor_of_its_start(client, pool):
    for request in ({"beginning": True}, {"cursor": client.info().cursor}, {}):
        now = client.info().cursor
        replies = list(client.watch(until_now=True, **request))
        assert replies[-1].cursor == now


def test_an_unread_filter_match_is_not_passed_by_the_cursor(client, pool):
    """The cursor of a batch is behind its last event and before the next one."""
    client.wait_all(client.batch(pool, [spec()] * 300))
    everything = client.events_until_now(beginning=True, pools=[pool])
    last = 0
    for reply in client.watch(beginning=True, pools=[pool], until_now=True):
        rest = client.events_until_now(cursor=reply.cursor, pools=[pool])
        last = reply.events[-1].revision if reply.events else last
        assert rest == [event for event in everything if event.revision > last]


# Cursors of somewhere else


@pytest.mark.parametrize("until_now", [False, True])
def test_a_cursor_beyond_all_events_is_refused(client, until_now):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        next(client.watch(cursor="c10zzzzzzzzzzzz", until_now=until_now))
    assert list(caught.refusal.violations) == ["cursor"]


def test_a_cancelled_stream_leaves_the_connection_usable(client, pool):
    for _ in range(300):
        stream = client.watch(beginning=True)
        next(stream)
        stream.cancel()
    assert client.pool(pool).name == pool


def test_a_deadline_ends_a_stream(client):
    stream = client.events.WatchEvents(events.WatchEventsRequest(), timeout=0.2)
    with refused(StatusCode.DEADLINE_EXCEEDED):
        for _ in stream:
            pass


def test_a_hundred_subscribers_see_the_same(client, pool):
    cursor = client.info().cursor
    streams = [client.watch(cursor=cursor, pools=[pool]) for _ in range(100)]
    ids = client.batch(pool, [spec()] * 20)
    client.wait_all(ids)
    wanted = client.events_until_now(cursor=cursor, pools=[pool])
    assert len(wanted) == 60
    for stream in streams:
        assert collect(stream, 60) == wanted
