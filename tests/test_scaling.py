"""Pools that scale, and their history, as any gRPC client sees them; also across `kill -9`."""

import random
import threading

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, seconds, spec
from support.stubs import FieldMask, events, pools, task

ON, DRY_RUN, OFF = (
    pools.POOL_SCALING_MODE_ON, pools.POOL_SCALING_MODE_DRY_RUN, pools.POOL_SCALING_MODE_OFF)
SCALED = events.EVENT_TYPE_POOL_SCALED
SUGGESTED = events.EVENT_TYPE_POOL_SCALING_SUGGESTED


def scaling(low, high, mode=ON, up=0, down=0, **fields):
    return pools.PoolScaling(
        mode=mode, min_slots=low, max_slots=high, up_cooldown=seconds(up),
        down_cooldown=seconds(down), **fields)


def update(client, name, actor="", **fields):
    reason, etag = fields.pop("reason", ""), fields.pop("etag", "")
    paths = fields.pop("paths", list(fields))
    return client.pools.UpdatePool(
        pools.UpdatePoolRequest(
            name=name, spec=pools.PoolSpec(**fields), reason=reason, etag=etag,
            update_mask=FieldMask(paths=paths)),
        metadata=[("martlet-actor", actor)] if actor else [], timeout=TIMEOUT).pool


def explain(client, name):
    return client.pools.ExplainPool(
        pools.ExplainPoolRequest(name=name), timeout=TIMEOUT).scaling


def reason(verdict):
    return pools.PoolScalingReason.Name(verdict.reason)[len("POOL_SCALING_REASON_"):]


def history(client, name, **fields):
    return client.pools.ListPoolRevisions(
        pools.ListPoolRevisionsRequest(pool=name, **fields), timeout=TIMEOUT)


def kinds(revisions):
    return [pools.PoolRevisionType.Name(one.type)[len("POOL_REVISION_TYPE_"):]
            for one in revisions]


def rollback(client, name, revision, **fields):
    return client.pools.RollbackPool(
        pools.RollbackPoolRequest(pool=name, revision=revision, **fields), timeout=TIMEOUT).pool


def next_event(client, pool, type, cursor):
    stream = client.watch(cursor=cursor, pools=[pool], types=[type])
    for reply in stream:
        for event in reply.events:
            stream.cancel()
            return event


def limits_until(client, pool, last, cursor):
    """The limits that scaling gives the pool after a cursor, up to the last."""
    limits = []
    stream = client.watch(cursor=cursor, pools=[pool], types=[SCALED])
    for reply in stream:
        for event in reply.events:
            limits.append(event.pool_change.slots_limit)
            if limits[-1] == last:
                stream.cancel()
                return limits


def cursor(client):
    return client.info().cursor


# Scaling


def test_a_pool_goes_up_with_its_demand_and_down_without_traffic(client):
    etag = client.create_pool("tide", slots=1, scaling=scaling(1, 4, step_slots=2)).etag
    start = cursor(client)
    ids = client.batch("tide", [spec("sleep", {"seconds": 30}) for _ in range(9)])
    up = next_event(client, "tide", SCALED, start)
    verdict = up.pool_change.scaling
    assert (verdict.from_slots, verdict.to_slots, reason(verdict)) == (1, 3, "DEMAND")
    assert verdict.slots_in_use == 1 and verdict.pending == 8 and verdict.use_percent == 900
    assert up.pool_change.slots_limit == 3 and up.pool_change.spec.slots == 1
    assert up.actor == ""
    assert limits_until(client, "tide", 4, start) == [3, 4]
    assert client.pool("tide").status.slots_limit == 4
    assert client.pool("tide").status.slots_in_use == 4
    assert reason(explain(client, "tide")) == "AT_MAXIMUM"
    full = cursor(client)
    for id in ids:
        client.cancel(id)
    assert limits_until(client, "tide", 1, full) == [2, 1]
    assert reason(explain(client, "tide")) == "AT_MINIMUM"
    assert client.pool("tide").etag == etag, "scaling changes no spec"


def test_a_dry_run_says_what_it_would_do_and_does_nothing(client):
    client.create_pool("dry", slots=1, scaling=scaling(1, 4, mode=DRY_RUN))
    start = cursor(client)
    ids = client.batch("dry", [spec("sleep", {"seconds": 30}) for _ in range(9)])
    said = next_event(client, "dry", SUGGESTED, start)
    assert said.pool_change.scaling.to_slots == 2 and said.pool_change.slots_limit == 1
    assert client.pool("dry").status.slots_limit == 1
    assert explain(client, "dry").mode == DRY_RUN
    for id in ids:
        client.cancel(id)


def test_explain_says_why_a_pool_stays(client):
    client.create_pool("still", slots=10, scaling=scaling(1, 20, up=3600, down=3600))
    assert reason(explain(client, "still")) == "COOLING_DOWN"
    assert explain(client, "still").HasField("cooling_until")
    ids = client.batch("still", [spec("sleep", {"seconds": 30}) for _ in range(5)])
    for id in ids:
        client.wait_until(id, task.TASK_STATE_RUNNING)
    assert reason(explain(client, "still")) == "BETWEEN"
    for id in ids:
        client.cancel(id)
    update(client, "still", paths=["scaling"])
    response = client.pools.ExplainPool(pools.ExplainPoolRequest(name="still"))
    assert not response.HasField("scaling")
    client.create_pool("nobody", slots=4, scaling=scaling(1, 8, down=3600))
    client.batch("nobody", [spec("kind.of.none") for _ in range(20)])
    assert reason(explain(client, "nobody")) == "SLOTS_FREE"


@pytest.mark.parametrize("fields, field", [
    ({"scaling": scaling(5, 4)}, "spec.scaling.min_slots"),
    ({"scaling": scaling(0, 4)}, "spec.scaling.min_slots"),
    ({"scaling": scaling(1, 10_001)}, "spec.scaling.max_slots"),
    ({"scaling": scaling(1, 4, up_percent=20)}, "spec.scaling.down_percent"),
    ({"scaling": scaling(1, 4, up_percent=30, down_percent=40)}, "spec.scaling.down_percent"),
    ({"scaling": scaling(1, 4, up=-1)}, "spec.scaling.up_cooldown"),
    ({"scaling": scaling(1, 4, step_percent=-5)}, "spec.scaling.step_percent"),
    ({"scaling": scaling(1, 4, mode=9)}, "spec.scaling.mode"),
    ({"group_minimum": 1}, "spec.group_minimum"),
])
def test_what_makes_no_sense_is_refused_with_its_field(client, fields, field):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.create_pool("wrong", slots=1, **fields)
    assert list(caught.refusal.violations) == [field]


def test_an_update_that_crosses_what_is_there_is_refused(client):
    client.create_pool("crossed", slots=2)
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        update(client, "crossed", group_minimum=1)
    assert list(caught.refusal.violations) == ["spec.group_minimum"]


def test_the_limit_outlives_a_kill(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("kept", slots=1, scaling=scaling(1, 4, down=3600))
        start = cursor(client)
        client.batch("kept", [spec("sleep", {"seconds": 60}) for _ in range(9)])
        next_event(client, "kept", SCALED, start)
        before = client.pool("kept").status.slots_limit
    server.kill()
    server.start()
    with Client(server) as client:
        assert client.pool("kept").status.slots_limit >= before > 1
        assert client.pool("kept").spec.slots == 1


def test_a_thousand_random_resizes_under_load_lose_nothing(make_server):
    """Every task that was acknowledged ends exactly once."""
    server = make_server()
    chosen = random.Random(7)
    with Client(server) as client:
        client.create_pool("resized", slots=4, queue_capacity=1_000_000)
        stop = threading.Event()
        ids = []

        def submit():
            with Client(server) as other:
                while not stop.is_set():
                    ids.extend(other.batch("resized", [spec() for _ in range(50)]))

        thread = threading.Thread(target=submit)
        thread.start()
        for _ in range(1_000):
            update(client, "resized", slots=chosen.randint(1, 64))
        stop.set()
        thread.join()
        ended = client.wait_all(ids)
        assert len(ended) == len(ids) > 1_000
        assert {one.state for one in ended.values()} == {task.TASK_STATE_SUCCEEDED}
        status = client.pool("resized").status
        assert status.total_submitted == status.total_succeeded == len(ids)
        assert status.slots_in_use == 0
        finished = [
            event.task_id for event in client.events_until_now(
                beginning=True, types=[events.EVENT_TYPE_TASK_SUCCEEDED])]
        assert len(finished) == len(set(finished)) == len(ids)


# History and rollback


def test_the_history_says_who_when_why_before_and_after(client):
    pool = client.create_pool("told", slots=2)
    update(client, "told", actor="ada", slots=8, reason="more mails")
    client.pools.PausePool(pools.PausePoolRequest(name="told", reason="a fault"))
    client.pools.ResumePool(pools.ResumePoolRequest(name="told"))
    revisions = history(client, "told").revisions
    assert kinds(revisions) == ["RESUMED", "PAUSED", "UPDATED", "CREATED"]
    _, paused, updated, created = revisions
    assert updated.actor == "ada" and updated.reason == "more mails"
    assert (updated.before.spec.slots, updated.after.spec.slots) == (2, 8)
    assert (updated.before.slots_limit, updated.after.slots_limit) == (2, 8)
    assert updated.before.etag == pool.etag != updated.after.etag
    assert paused.before.state == pools.POOL_STATE_ACTIVE
    assert paused.after.state == pools.POOL_STATE_PAUSED and paused.reason == "a fault"
    assert not created.HasField("before") and created.revision == pool.revision
    assert created.time == pool.create_time and created.actor != ""
    page = history(client, "told", page_size=3)
    assert kinds(page.revisions) == ["RESUMED", "PAUSED", "UPDATED"]
    rest = history(client, "told", page_size=3, page_token=page.next_page_token)
    assert kinds(rest.revisions) == ["CREATED"] and not rest.next_page_token
    with refused(StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"):
        client.create_pool("told-other", slots=1)
        history(client, "told-other", page_token=page.next_page_token)
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        history(client, "told-never")


def test_a_rollback_gives_the_spec_back_and_is_a_revision_itself(client):
    first = client.create_pool("back", slots=2, labels={"a": "1"})
    update(client, "back", slots=8, labels={}, scaling=scaling(1, 9))
    tried = rollback(client, "back", first.revision, validate_only=True)
    assert tried.spec == first.spec and client.pool("back").spec.slots == 8
    pool = rollback(client, "back", first.revision, reason="too many")
    assert pool.spec == first.spec and pool.status.slots_limit == 2
    assert pool.etag != first.etag
    newest = history(client, "back").revisions[0]
    assert kinds([newest]) == ["ROLLED_BACK"] and newest.restored_revision == first.revision
    assert newest.reason == "too many" and newest.before.spec.slots == 8
    assert rollback(client, "back", first.revision).etag == pool.etag
    assert rollback(client, "back", newest.revision).etag == pool.etag


def test_a_rollback_is_refused_that_cannot_be(client):
    first = client.create_pool("stays", slots=2)
    update(client, "stays", slots=3)
    with refused(StatusCode.NOT_FOUND, "POOL_REVISION_NOT_FOUND") as caught:
        rollback(client, "stays", first.revision + 1_000_000)
    assert caught.refusal.metadata["pool"] == "stays"
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        rollback(client, "stays", 0)
    with refused(StatusCode.ABORTED, "ETAG_MISMATCH"):
        rollback(client, "stays", first.revision, etag=first.etag)
    client.pools.DeletePool(pools.DeletePoolRequest(name="stays"))
    client.create_pool("stays", slots=2)
    with refused(StatusCode.NOT_FOUND, "POOL_REVISION_NOT_FOUND"):
        rollback(client, "stays", first.revision)
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        rollback(client, "stays-never", 1)


def test_the_history_outlives_a_kill_and_keeps_the_newest(make_server):
    server = make_server("--limit-pool-revisions", "3")
    with Client(server) as client:
        client.create_pool("long", slots=1)
        for slots in range(2, 8):
            update(client, "long", slots=slots)
        seen = history(client, "long")
        assert [one.after.spec.slots for one in seen.revisions] == [7, 6, 5]
    server.kill()
    server.start()
    with Client(server) as client:
        assert history(client, "long").revisions == seen.revisions
        assert rollback(client, "long", seen.revisions[2].revision).spec.slots == 5
