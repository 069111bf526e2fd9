"""Limits, as any gRPC client sees them; also across `kill -9`."""

import concurrent.futures
import time

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import StatusCode

from support.client import TERMINAL, TIMEOUT, Client, refused, seconds
from support.stubs import events, limits, tasks


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def client(server):
    with Client(server) as client:
        yield client


def rate(units, per=1.0, burst=0):
    return {"rate": limits.RateLimit(units=units, per=seconds(per), burst=burst)}


def window(units, length):
    return {"window": limits.WindowLimit(units=units, length=seconds(length))}


def at_once(units):
    return {"concurrency": limits.ConcurrencyLimit(units=units)}


def create(client, name, rule, reason="", **spec):
    request = limits.CreateLimitRequest(
        name=name, spec=limits.LimitSpec(**rule, **spec), reason=reason)
    return client.limits.CreateLimit(request, timeout=TIMEOUT).limit


def update(client, name, paths, etag="", reason="", **spec):
    request = limits.UpdateLimitRequest(
        name=name, spec=limits.LimitSpec(**spec), update_mask=FieldMask(paths=paths), etag=etag,
        reason=reason)
    return client.limits.UpdateLimit(request, timeout=TIMEOUT).limit


def get(client, name, key=""):
    return client.limits.GetLimit(
        limits.GetLimitRequest(name=name, key=key), timeout=TIMEOUT).limit


def acquisition(name, owner="a", key="", units=1, lease=15.0, wait=0.0, request_id=""):
    return limits.AcquirePermitsRequest(
        limit=name, key=key, units=units, owner=owner, lease=seconds(lease), wait=seconds(wait),
        request_id=request_id)


def acquire(client, name, **options):
    return client.limits.AcquirePermits(acquisition(name, **options), timeout=TIMEOUT).permits


def release(client, permits):
    return client.limits.ReleasePermits(limits.ReleasePermitsRequest(
        limit=permits.limit, owner=permits.owner, token=permits.token), timeout=TIMEOUT).permits


def until(condition, limit=30):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
    return found


def happened(client):
    feed = client.events.WatchEvents(
        events.WatchEventsRequest(beginning=True, until_now=True), timeout=TIMEOUT)
    return [event for batch in feed for event in batch.events]


def words(client):
    names = [events.EventType.Name(event.type) for event in happened(client)]
    return [name[len("EVENT_TYPE_LIMIT_"):] for name in names if "_LIMIT_" in name]


# What limits there are

def test_a_limit_is_made_changed_and_deleted_for_a_reason(client):
    made = create(client, "sms", rate(100, burst=20), reason="the contract", kinds=["sms.send"],
                  key_label="customer")
    assert made.spec.rate.burst == 20 and made.reason == "the contract" and made.actor
    with refused(StatusCode.ALREADY_EXISTS, "LIMIT_EXISTS"):
        create(client, "sms", rate(1))
    changed = update(client, "sms", ["rate"], etag=made.etag, reason="a better one", **rate(5))
    assert changed.spec.rate.units == 5 and changed.spec.key_label == "customer"
    assert changed.reason == "a better one" and changed.etag != made.etag
    with refused(StatusCode.ABORTED, "ETAG_MISMATCH"):
        update(client, "sms", ["pools"], etag=made.etag, pools=["p"])
    with refused(StatusCode.FAILED_PRECONDITION, "LIMIT_SORT_FIXED"):
        update(client, "sms", ["*"], **at_once(5))
    client.limits.DeleteLimit(
        limits.DeleteLimitRequest(name="sms", reason="gone"), timeout=TIMEOUT)
    with refused(StatusCode.NOT_FOUND, "LIMIT_NOT_FOUND"):
        get(client, "sms")
    assert words(client) == ["CREATED", "UPDATED", "DELETED"]
    told = [event for event in happened(client) if event.HasField("limit")]
    assert [event.reason for event in told] == ["the contract", "a better one", "gone"]


def test_lists_are_by_name_prefix_and_page(client):
    for number in range(5):
        create(client, f"a{number}", at_once(1))
    create(client, "b", at_once(1))
    names, token = [], ""
    while True:
        page = client.limits.ListLimits(limits.ListLimitsRequest(
            name_prefix="a", page_size=2, page_token=token), timeout=TIMEOUT)
        names += [limit.name for limit in page.limits]
        token = page.next_page_token
        if not token:
            break
    assert names == [f"a{number}" for number in range(5)]


def test_what_is_only_to_be_checked_changes_nothing(client):
    spec = limits.LimitSpec(**at_once(1))
    client.limits.CreateLimit(limits.CreateLimitRequest(
        name="v", spec=spec, validate_only=True), timeout=TIMEOUT)
    with refused(StatusCode.NOT_FOUND, "LIMIT_NOT_FOUND"):
        get(client, "v")


@pytest.mark.parametrize("spec, field", [
    ({}, "spec.rule"),
    (rate(0), "spec.rate.units"),
    (rate(1, per=1e-6), "spec.rate.per"),
    (rate(1, per=86_400, burst=2_000), "spec.rate.burst"),
    (window(10_001, 1), "spec.window.units"),
    (at_once(-1), "spec.concurrency.units"),
    ({**at_once(1), "pools": ["No"]}, "spec.pools[0]"),
    ({**at_once(1), "kinds": [""]}, "spec.kinds[0]"),
    ({**at_once(1), "key_label": "k" * 64}, "spec.key_label"),
])
def test_what_makes_no_sense_is_refused(client, spec, field):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        create(client, "x", spec)
    assert list(caught.refusal.violations) == [field]


# Calls

def test_permits_are_held_renewed_and_given_back(client):
    create(client, "c", at_once(3))
    first = acquire(client, "c", units=2)
    assert first.available == 1 and first.lease.seconds == 15
    with refused(StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED") as caught:
        acquire(client, "c", units=2, owner="b")
    assert caught.refusal.metadata["available"] == "1"
    client.limits.RenewPermits(limits.RenewPermitsRequest(
        limit="c", owner="a", token=first.token), timeout=TIMEOUT)
    assert [h.owner for h in get(client, "c").status.holders] == ["a"]
    release(client, first)
    with refused(StatusCode.FAILED_PRECONDITION, "PERMITS_NOT_HELD"):
        release(client, first)
    with refused(StatusCode.FAILED_PRECONDITION, "LIMIT_TOO_SMALL"):
        acquire(client, "c", units=4)


def test_calls_wait_in_line_and_leave_it_when_they_end(client):
    create(client, "c", at_once(1))
    held = acquire(client, "c")
    calls = []
    for number in range(3):
        calls.append(client.limits.AcquirePermits.future(
            acquisition("c", owner=f"w{number}", wait=60), timeout=TIMEOUT))
        until(lambda n=number: get(client, "c").status.waiting_calls == n + 1)
    calls[0].cancel()
    until(lambda: get(client, "c").status.waiting_calls == 2)
    release(client, held)
    second = calls[1].result().permits
    assert second.owner == "w1" and second.token > held.token
    release(client, second)
    release(client, calls[2].result().permits)
    until(lambda: get(client, "c").status.available == 1)


def test_a_wait_that_is_over_says_when_to_try_again(client):
    create(client, "r", rate(1, per=10))
    acquire(client, "r")
    start = time.monotonic()
    with refused(StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED") as caught:
        acquire(client, "r", wait=0.3)
    assert time.monotonic() - start > 0.25
    assert 5 < caught.refusal.retry_seconds < 10.1


def test_a_repeat_of_a_call_takes_no_more(client):
    create(client, "c", at_once(2))
    first = acquire(client, "c", request_id="r")
    assert acquire(client, "c", request_id="r").token == first.token
    assert get(client, "c").status.in_use == 1


def test_keys_have_their_own_state(client):
    create(client, "w", window(2, 60), key_label="customer")
    acquire(client, "w", key="a", units=2)
    acquire(client, "w", key="b")
    with refused(StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED"):
        acquire(client, "w", key="a")
    assert get(client, "w", key="b").status.available == 1
    assert get(client, "w").status.keys == 2


def test_a_stream_holds_permits_while_it_lives(client):
    create(client, "c", at_once(2))
    create(client, "r", rate(1))
    request = limits.HoldPermitsRequest(limit="c", owner="s", units=2, lease=seconds(1))
    stream = client.limits.HoldPermits(request, timeout=TIMEOUT)
    first = next(stream)
    assert first.permits.units == 2
    for _ in range(4):
        assert next(stream).permits.token == first.permits.token
    assert get(client, "c").status.in_use == 2
    stream.cancel()
    until(lambda: get(client, "c").status.in_use == 0)
    with refused(StatusCode.FAILED_PRECONDITION, "LIMIT_NOT_HELD"):
        next(client.limits.HoldPermits(
            limits.HoldPermitsRequest(limit="r", owner="s"), timeout=TIMEOUT))


# Tasks

def sleep(ms):
    return {"kind": "sleep", "payload": {"seconds": ms / 1_000}}


def test_tasks_of_a_pool_start_within_its_limit(client):
    client.create_pool("p", slots=10)
    create(client, "two", at_once(2), pools=["p"])
    ids = [client.submit("p", **sleep(300)).id for _ in range(5)]
    most = 0
    while not all(client.get(id).state in TERMINAL for id in ids):
        most = max(most, get(client, "two").status.in_use)
    assert most == 2
    assert get(client, "two").status.in_use == 0


def test_a_key_that_has_none_left_does_not_block_others(client):
    client.create_pool("p", slots=10)
    create(client, "each", at_once(1), key_label="customer")
    first = client.submit("p", **sleep(60_000), labels={"customer": "a"}).id
    second = client.submit("p", **sleep(60_000), labels={"customer": "a"}).id
    other = client.submit("p", labels={"customer": "b"}).id
    client.wait(other)
    told = client.tasks.ExplainTask(tasks.ExplainTaskRequest(id=second), timeout=TIMEOUT)
    cause = told.causes[0]
    assert (cause.limit, cause.limit_key, cause.limit_waiting) == ("each", "a", 1)
    status = get(client, "each", key="a").status
    assert (status.in_use, status.running_tasks, status.waiting_tasks) == (1, 1, 1)
    update(client, "each", ["concurrency"], **at_once(2))
    until(lambda: get(client, "each", key="a").status.running_tasks == 2)
    client.cancel(first)
    client.cancel(second)


def test_a_rate_spreads_starts_over_time(client):
    client.create_pool("p", slots=50)
    create(client, "slow", rate(20, burst=5), kinds=["echo"])
    start = time.monotonic()
    ids = [client.submit("p").id for _ in range(25)]
    client.wait_all(ids)
    assert time.monotonic() - start > 0.95
    started = sorted(client.get(id).start_time.ToNanoseconds() for id in ids)
    assert all(b - a >= 990_000_000 for a, b in zip(started, started[25:]))


def test_a_kill_grants_nothing_again(server, client):
    client.create_pool("p", slots=10)
    create(client, "c", at_once(2), pools=["p"], key_label="customer")
    create(client, "r", rate(1, per=3_600, burst=3))
    create(client, "w", window(3, 3_600))
    held = acquire(client, "c", key="a", lease=60)
    acquire(client, "r", units=2)
    acquire(client, "w", units=3)
    server.kill()
    server.start()
    assert until(lambda: alive(client))
    assert get(client, "c", key="a").status.in_use == 1
    assert get(client, "r").status.available == 1
    assert get(client, "w").status.available == 0
    release(client, held)
    assert get(client, "c", key="a").status.in_use == 0


def alive(client):
    try:
        return client.info() is not None
    except grpc.RpcError:
        return False


def test_never_more_are_granted_than_a_rate_says_across_kills(server, client):
    create(client, "r", rate(50, burst=10))
    granted = []

    def take():
        try:
            granted.append(acquire(client, "r", wait=0.2))
        except grpc.RpcError:
            pass

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for round in range(3):
            for future in [pool.submit(take) for _ in range(60)]:
                future.result()
            server.kill()
            server.start()
            until(lambda: alive(client))
    took = [event.permits for event in happened(client) if event.HasField("permits")]
    assert len(granted) <= len(took) <= 10 + 50 * (time.monotonic() - start) + 1
