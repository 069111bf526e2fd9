"""The feed over restarts and kills: no gap, no double, no change of order, for any subscriber."""

import random
import signal
import socket
import threading

import pytest

from support.client import Client, seconds, spec
from support.feed import FeedRecord, StoryCheck, Subscriber
from support.stubs import events, task

MEBIBYTE = 1 << 20


def work(client, dice, count):
    """Submits tasks of several sorts and waits until all have ended."""
    ids = []
    for pool in ("left", "right"):
        ids += client.batch(pool, [
            spec(dice.choice(["echo", "sleep"]), {"milliseconds": dice.randrange(5)},
                 labels={"n": str(dice.randrange(3))}) for _ in range(count)])
    client.wait_all(ids)
    return ids


FILTERS = [
    {}, {"pools": ["left"]}, {"kinds": ["sleep"]}, {"labels": {"n": "1"}},
    {"types": [events.EVENT_TYPE_TASK_STARTED, events.EVENT_TYPE_TASK_LOST]},
    {"pools": ["right"], "kinds": ["echo"], "labels": {"n": "2"}},
]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])
def test_subscribers_at_random_places_resume_over_restarts(make_server, by, long):
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    server = make_server()
    record = FeedRecord()
    with Client(server) as client:
        for pool in ("left", "right"):
            client.create_pool(pool, slots=16)
        work(client, dice, 200)
    subscribers = [Subscriber(server, record, filters=filters) for filters in FILTERS]
    for round in range(20 if long else 6):
        with Client(server) as client:
            # A new one from a random place, in the middle of a commit's events as likely as not.
            replies = list(client.watch(beginning=True, until_now=True))
            newest = replies[-1].cursor
            last = max(event.revision for reply in replies for event in reply.events)
            subscribers.append(Subscriber(
                server, record, newest, dice.choice(FILTERS), start_revision=last))
            worker = threading.Thread(target=work_until_gone, args=(server, dice.random()))
            worker.start()
            target = last + dice.randrange(50, 500)
            subscribers[0].wait_for(
                lambda: subscribers[0].revisions and subscribers[0].revisions[-1] >= target)
        for subscriber in dice.sample(subscribers, 2):
            subscriber.break_off()
        server.restart(by)
        worker.join()
    with Client(server) as client:
        open_states = "state != SUCCEEDED AND state != FAILED"
        client.wait_all([one.id for one in client.list(filter=open_states, page_size=1000)])
        everything = client.events_until_now(beginning=True)
        cursor = client.info().cursor
    story = StoryCheck()
    for event in everything:
        story.check(event)
    record.add(everything)
    assert len(record.events()) == len(everything)
    for subscriber in subscribers:
        subscriber.finish(cursor)
        subscriber.check_complete(everything)
    if by == signal.SIGTERM:
        assert story.lost == 0, "a graceful stop releases attempts and loses none"


def work_until_gone(server, seed):
    dice = random.Random(seed)
    with Client(server) as client:
        try:
            while True:
                work(client, dice, 40)
        except Exception:
            # The server is gone: that was the plan, and the checks are others'.
            return


def test_the_cursor_of_any_moment_resumes_exactly_there(make_server):
    with Client(make_server()) as client:
        client.create_pool("p", slots=4)
        ids, replies = [], []
        for _ in range(100):
            ids.append(client.submit("p").id)
            replies.append(client.info())
        client.wait_all(ids)
        everything = client.events_until_now(beginning=True)
        for reply in replies[::9]:
            rest = client.events_until_now(cursor=reply.cursor)
            assert rest == everything[reply.newest_revision:]


def test_a_reader_that_stops_reading_costs_no_memory_and_misses_nothing(make_server, long):
    """100,000 events and more pass while nobody takes them off the connection."""
    server = make_server("--limit-feed-ring-bytes", str(MEBIBYTE))
    batches = 40 if long else 7
    with Client(server) as client, Client(server) as slow:
        client.create_pool("p", slots=64)
        client.wait_all(client.batch("p", [spec()] * 5000))
        watch = events.WatchEventsRequest(beginning=True)
        unread = [slow.events.WatchEvents(watch) for _ in range(10)]
        first = [next(stream) for stream in unread][0]
        before = server.resident_bytes()
        for _ in range(batches):
            client.wait_all(client.batch("p", [spec(payload=b"x" * 100)] * 5000))
        newest = client.info().newest_revision
        assert newest >= 3 * 5000 * batches
        grown = server.resident_bytes() - before
        print(f"{newest} events, {grown / MEBIBYTE:.1f} MiB more than before")
        assert grown < 64 * MEBIBYTE
        revision = 0
        reply = first
        while True:
            for event in reply.events:
                assert event.revision == revision + 1
                revision = event.revision
            if revision >= newest:
                break
            reply = next(unread[0])


def test_a_connection_that_dies_silently_leaves_others_alone(make_server):
    """Half-open connections, one after the other, while a subscriber follows."""
    server = make_server()
    record = FeedRecord()
    with Client(server) as client:
        client.create_pool("p")
        subscriber = Subscriber(server, record)
        sockets = []
        for n in range(50):
            one = socket.create_connection(("127.0.0.1", server.port))
            one.sendall([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0"][n % 3])
            sockets.append(one)
            client.wait(client.submit("p").id)
        for one in sockets:
            one.close()
        client.wait_all(client.batch("p", [spec()] * 100))
        subscriber.finish(client.info().cursor)
        subscriber.check_complete(client.events_until_now(beginning=True))


def test_restarts_without_work_add_no_events(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        client.wait(client.submit("p").id)
        before = client.events_until_now(beginning=True)
    for by in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        server.restart(by)
        with Client(server) as client:
            assert client.events_until_now(beginning=True) == before


def test_what_ran_at_a_kill_is_lost_and_runs_again_and_what_ended_does_not(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p", slots=10)
        ended = client.batch("p", [spec()] * 50)
        client.wait_all(ended)
        quick = client.batch("p", [spec("sleep", {"milliseconds": 300})] * 5)
        last_try = client.submit(
            "p", "sleep", {"seconds": 600}, retry_policy=task.RetryPolicy(max_attempts=1)).id
        cancelled = client.submit("p", "sleep", {"seconds": 600}).id
        for id in [*quick, last_try, cancelled]:
            client.wait_until(id, task.TASK_STATE_RUNNING)
        cursor = client.info().cursor
        server.send(signal.SIGKILL)
        server.wait()
    server.start()
    with Client(server) as client:
        client.cancel(cancelled)
        found = client.wait_all([*quick, last_try, cancelled])
        assert {found[id].state for id in quick} == {task.TASK_STATE_SUCCEEDED}
        assert {found[id].attempt for id in quick} == {2}
        assert found[last_try].state == task.TASK_STATE_FAILED
        assert found[last_try].failure.kind == task.FAILURE_KIND_WORKER_LOST
        since = client.events_until_now(cursor=cursor)
        assert not {event.task_id for event in since} & set(ended)
        lost = [e for e in since if e.type == events.EVENT_TYPE_TASK_LOST]
        assert {event.task_id for event in lost} >= set(quick)
        assert {e.failure.kind for e in lost} == {task.FAILURE_KIND_WORKER_LOST}


def test_a_delay_goes_on_over_a_restart(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        later = client.submit("p", delay=seconds(3600))
        soon = client.submit("p", delay=seconds(0.5))
    server.restart(signal.SIGKILL)
    with Client(server) as client:
        assert client.wait(soon.id).state == task.TASK_STATE_SUCCEEDED
        kept = client.get(later.id)
        assert (kept.state, kept.due_time) == (task.TASK_STATE_SCHEDULED, later.due_time)
