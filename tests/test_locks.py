"""Locks, as any gRPC client sees them; also across `kill -9`."""

import concurrent.futures
import random
import threading
import time

import grpc
import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, seconds
from support.stubs import events, locks


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def client(server):
    with Client(server) as client:
        yield client


def acquire(client, name="l", owner="a", lease=15.0, wait=0.0, request_id="", timeout=TIMEOUT):
    request = locks.AcquireLockRequest(
        name=name, owner=owner, lease=seconds(lease), wait=seconds(wait), request_id=request_id)
    return client.locks.AcquireLock(request, timeout=timeout).lock


def waiting(client, **options):
    options = {"wait": 60, **options}
    request = locks.AcquireLockRequest(
        name=options.get("name", "l"), owner=options["owner"], lease=seconds(15),
        wait=seconds(options["wait"]))
    return client.locks.AcquireLock.future(request, timeout=TIMEOUT)


def renew(client, lock):
    return client.locks.RenewLock(
        locks.RenewLockRequest(name=lock.name, owner=lock.owner, token=lock.token),
        timeout=TIMEOUT).lock


def release(client, lock):
    return client.locks.ReleaseLock(
        locks.ReleaseLockRequest(name=lock.name, owner=lock.owner, token=lock.token),
        timeout=TIMEOUT).lock


def get(client, name="l"):
    return client.locks.GetLock(locks.GetLockRequest(name=name), timeout=TIMEOUT).lock


def until(condition, limit=30):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
    return found


def happened(client):
    feed = client.events.WatchEvents(
        events.WatchEventsRequest(beginning=True, until_now=True), timeout=TIMEOUT)
    return [event for batch in feed for event in batch.events if event.HasField("lock")]


def words(client):
    return [events.EventType.Name(event.type)[len("EVENT_TYPE_LOCK_"):]
            for event in happened(client)]


# One holder

def test_a_lock_has_one_holder_and_is_forgotten_when_it_is_free(client):
    lock = acquire(client)
    assert (lock.name, lock.owner, lock.count, lock.lease.seconds) == ("l", "a", 1, 15)
    left = lock.expire_time.ToNanoseconds() - lock.acquire_time.ToNanoseconds()
    assert 14.9e9 < left < 16e9
    with refused(StatusCode.ABORTED, "LOCK_HELD") as error:
        acquire(client, owner="b")
    assert error.refusal.metadata["owner"] == "a" and error.refusal.metadata["token"] == str(lock.token)
    assert get(client).token == lock.token
    assert release(client, lock).count == 0
    with refused(StatusCode.NOT_FOUND, "LOCK_NOT_FOUND"):
        get(client)
    assert acquire(client, owner="b").token > lock.token


def test_the_holder_counts_and_a_repeat_does_not(client):
    lock = acquire(client, request_id="r1")
    assert acquire(client, request_id="r1").count == 1
    assert acquire(client, request_id="r2").count == 2
    assert release(client, lock).count == 1
    assert release(client, lock).count == 0
    with refused(StatusCode.FAILED_PRECONDITION, "LOCK_NOT_HELD"):
        release(client, lock)


def test_a_holder_that_is_silent_loses_the_lock_and_one_that_renews_does_not(client):
    quiet = acquire(client, "quiet", lease=1)
    loud = acquire(client, "loud", lease=1)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert renew(client, loud).token == loud.token
        time.sleep(0.2)
    with refused(StatusCode.FAILED_PRECONDITION, "LOCK_NOT_HELD"):
        renew(client, quiet)
    assert words(client) == ["ACQUIRED", "ACQUIRED", "EXPIRED"]


# Lines

def test_those_who_wait_get_it_in_their_order(client):
    lock = acquire(client)
    calls = []
    for number in range(5):
        calls.append(waiting(client, owner=f"w{number}"))
        until(lambda: get(client).waiters == number + 1)
    for number, call in enumerate(calls):
        assert not call.done()
        release(client, lock)
        lock = call.result().lock
        assert lock.owner == f"w{number}" and lock.count == 1


def test_a_wait_is_over_in_time_and_says_who_holds_the_lock(client):
    acquire(client)
    start = time.monotonic()
    with refused(StatusCode.ABORTED, "LOCK_HELD") as error:
        acquire(client, owner="b", wait=0.5)
    assert 0.45 < time.monotonic() - start < 5 and error.refusal.metadata["owner"] == "a"


def test_a_call_that_ends_leaves_the_line(client):
    lock = acquire(client)
    first = waiting(client, owner="b")
    until(lambda: get(client).waiters == 1)
    second = waiting(client, owner="c")
    until(lambda: get(client).waiters == 2)
    first.cancel()
    until(lambda: get(client).waiters == 1)
    with pytest.raises(grpc.RpcError) as error:
        acquire(client, owner="d", wait=60, timeout=0.5)
    assert error.value.code() == StatusCode.DEADLINE_EXCEEDED
    until(lambda: get(client).waiters == 1)
    release(client, lock)
    assert second.result().lock.owner == "c"


def test_a_lost_connection_leaves_the_line(server, client):
    lock = acquire(client)
    with Client(server) as other:
        call = waiting(other, owner="b")
        until(lambda: get(client).waiters == 1)
        assert not call.done()
    until(lambda: get(client).waiters == 0)
    release(client, lock)
    assert acquire(client, owner="c").owner == "c"


# Operators

def test_an_operator_breaks_a_lock_and_the_feed_says_who_and_why(client):
    lock = acquire(client)
    acquire(client)
    with refused(StatusCode.FAILED_PRECONDITION, "LOCK_NOT_HELD"):
        client.locks.BreakLock(locks.BreakLockRequest(name="l", token=lock.token + 1))
    broken = client.locks.BreakLock(
        locks.BreakLockRequest(name="l", token=lock.token, reason="gone"),
        metadata=[("martlet-actor", "ada")]).lock
    assert broken.token == lock.token and broken.count == 2
    with refused(StatusCode.FAILED_PRECONDITION, "LOCK_NOT_HELD"):
        renew(client, lock)
    last = happened(client)[-1]
    assert last.type == events.EVENT_TYPE_LOCK_BROKEN and last.lock.count == 0
    assert (last.actor, last.reason, last.lock.owner) == ("ada", "gone", "a")
    with refused(StatusCode.NOT_FOUND, "LOCK_NOT_FOUND"):
        client.locks.BreakLock(locks.BreakLockRequest(name="l"))


def test_locks_are_listed_by_name_page_by_page(client):
    names = [f"x/{number:02}" for number in range(25)]
    for name in reversed(names):
        acquire(client, name, owner=name[-1])
    acquire(client, "other")
    request = locks.ListLocksRequest(name_prefix="x/", page_size=10)
    found = []
    while True:
        page = client.locks.ListLocks(request, timeout=TIMEOUT)
        found += [lock.name for lock in page.locks]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == names
    mine = client.locks.ListLocks(locks.ListLocksRequest(owner="3"), timeout=TIMEOUT).locks
    assert [lock.name for lock in mine] == ["x/03", "x/13", "x/23"]


@pytest.mark.parametrize("fields", [
    {"name": ""}, {"name": "-a"}, {"name": "a b"}, {"name": "a" * 256}, {"name": "ä"},
    {"owner": ""}, {"owner": "o" * 256}, {"lease": 0.5}, {"lease": 86_401}, {"wait": -1},
    {"wait": 86_401}, {"request_id": "r" * 128},
], ids=str)
def test_what_makes_no_sense_is_refused(client, fields):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        acquire(client, **fields)


# Streams

def hold(client, owner="a", lease=1.0, wait=0.0):
    return client.locks.HoldLock(locks.HoldLockRequest(
        name="l", owner=owner, lease=seconds(lease), wait=seconds(wait)))


def test_a_stream_holds_the_lock_while_it_lives(client):
    stream = hold(client)
    lock = next(stream).lock
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert next(stream).lock.token == lock.token
    assert get(client).owner == "a"
    other = hold(client, owner="b", wait=60)
    until(lambda: get(client).waiters == 1)
    stream.cancel()
    assert next(other).lock.owner == "b"
    other.cancel()
    assert words(client)[:3] == ["ACQUIRED", "RELEASED", "ACQUIRED"]


def test_a_stream_ends_when_its_lock_is_broken(client):
    stream = hold(client)
    next(stream)
    client.locks.BreakLock(locks.BreakLockRequest(name="l"))
    with refused(StatusCode.FAILED_PRECONDITION, "LOCK_NOT_HELD"):
        for _ in stream:
            pass


# Restarts

def test_a_killed_server_takes_no_lock_away_and_tokens_go_on_rising(server, client):
    lock = acquire(client, lease=3)
    gone = acquire(client, "gone", lease=3)
    last = release(client, acquire(client, "other"))
    server.kill()
    time.sleep(4)
    server.start()
    with Client(server) as client:
        start = time.monotonic()
        assert renew(client, lock).token == lock.token
        assert get(client, "gone").token == gone.token
        with refused(StatusCode.ABORTED, "LOCK_HELD"):
            acquire(client, owner="b")
        taken = acquire(client, "gone", owner="b", wait=30)
        assert time.monotonic() - start < 10
        assert taken.token > max(lock.token, last.token, gone.token)


def test_nobody_holds_what_another_holds_while_the_server_is_killed(server):
    """Holders write with their tokens to a place that notes who is late."""
    problems = []
    done = threading.Event()
    newest = {"token": 0}
    guard = threading.Lock()
    held = threading.Lock()
    rounds = []

    def compete(number):
        with Client(server) as client:
            turn = 0
            while not done.is_set():
                turn += 1
                try:
                    lock = acquire(
                        client, owner=f"{number}.{turn}", lease=2, wait=5, timeout=10)
                except grpc.RpcError:
                    time.sleep(0.05)
                    continue
                if not held.acquire(blocking=False):
                    problems.append(f"{lock.token} is held beside another")
                    return
                with guard:
                    if lock.token <= newest["token"]:
                        problems.append(f"{lock.token} came after {newest['token']}")
                    newest["token"] = lock.token
                rounds.append(lock.token)
                time.sleep(random.uniform(0, 0.01))
                held.release()
                while True:
                    try:
                        release(client, lock)
                        break
                    except grpc.RpcError as error:
                        # Told before the kill, but not answered.
                        if error.code() == StatusCode.FAILED_PRECONDITION:
                            break
                        time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(compete, number) for number in range(8)]
        for _ in range(4):
            time.sleep(1.5)
            server.kill()
            server.start()
        time.sleep(1.5)
        done.set()
        for future in futures:
            future.result()
    assert problems == [] and len(rounds) > 20
