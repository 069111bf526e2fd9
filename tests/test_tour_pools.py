"""Pools, as any gRPC client sees them."""

import pytest
from grpc import StatusCode

from support.client import Client, refused, seconds, spec
from support.stubs import FieldMask, events, pools, task, tasks


def update(client, name, mask, etag="", validate_only=False, **fields):
    return client.pools.UpdatePool(pools.UpdatePoolRequest(
        name=name, spec=pools.PoolSpec(**fields), update_mask=FieldMask(paths=mask), etag=etag,
        validate_only=validate_only)).pool


def pause(client, name, reason=""):
    return client.pools.PausePool(pools.PausePoolRequest(name=name, reason=reason)).pool


def resume(client, name, reason=""):
    return client.pools.ResumePool(pools.ResumePoolRequest(name=name, reason=reason)).pool


def drain(client, name, reason=""):
    return client.pools.DrainPool(pools.DrainPoolRequest(name=name, reason=reason)).pool


def delete(client, name, force=False, reason=""):
    return client.pools.DeletePool(
        pools.DeletePoolRequest(name=name, force=force, reason=reason)).pool


def wait_for(client, name, type, after):
    """The first event of this type of the pool after a cursor."""
    stream = client.watch(cursor=after, pools=[name], types=[type])
    for reply in stream:
        for event in reply.events:
            stream.cancel()
            return event


def test_a_created_pool_shows_its_spec_with_every_default(client):
    pool = client.create_pool("defaults", slots=3, labels={"team": "a"})
    assert pool.name == "defaults"
    assert pool.state == pools.POOL_STATE_ACTIVE
    assert pool.spec.slots == 3
    assert pool.spec.queue_capacity == 100_000
    assert pool.spec.default_run_timeout == seconds(7200)
    policy = pool.spec.default_retry_policy
    assert (policy.max_attempts, policy.factor, policy.jitter) == (4, 2.0, 0.2)
    assert (policy.initial_backoff, policy.max_backoff) == (seconds(1), seconds(60))
    assert pool.spec.labels == {"team": "a"}
    assert (pool.status.slots_limit, pool.status.slots_in_use, pool.status.slots_free) == (3, 0, 3)
    assert pool.etag
    assert pool.revision > 0
    assert pool.create_time == pool.update_time
    assert client.pool("defaults") == pool


def test_a_pool_name_is_taken_once(client, pool):
    with refused(StatusCode.ALREADY_EXISTS, "POOL_EXISTS") as caught:
        client.create_pool(pool)
    assert caught.refusal.metadata == {"pool": pool}


def test_validate_only_creates_nothing(client, pool):
    request = pools.CreatePoolRequest(
        name="only-checked", spec=pools.PoolSpec(slots=1), validate_only=True)
    client.pools.CreatePool(request)
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        client.pool("only-checked")
    request.name = pool
    with refused(StatusCode.ALREADY_EXISTS, "POOL_EXISTS"):
        client.pools.CreatePool(request)


def test_every_violation_of_a_pool_is_named_at_once(client):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.create_pool(
            "Not A Name", slots=0, queue_capacity=0, default_run_timeout=seconds(0),
            default_retry_policy=task.RetryPolicy(
                max_attempts=1001, initial_backoff=seconds(86_401), factor=0.5, jitter=1.5,
                max_backoff=seconds(8 * 86_400), non_retryable_codes=["x" * 64]),
            labels={"": "no key", "long": "v" * 256})
    assert set(caught.refusal.violations) == {
        "name", "spec.slots", "spec.queue_capacity", "spec.default_run_timeout",
        "spec.default_retry_policy.max_attempts", "spec.default_retry_policy.initial_backoff",
        "spec.default_retry_policy.factor", "spec.default_retry_policy.jitter",
        "spec.default_retry_policy.max_backoff",
        "spec.default_retry_policy.non_retryable_codes[0]", 'spec.labels[""]',
        'spec.labels["long"]',
    }
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.pools.CreatePool(pools.CreatePoolRequest())
    assert {"name", "spec"} <= set(caught.refusal.violations)


@pytest.mark.parametrize("name", ["a", "a-1", "a" + "b" * 62])
def test_names_that_are_allowed(client, name):
    client.create_pool(name)
    assert client.pool(name).name == name


@pytest.mark.parametrize("name", ["", "1a", "-a", "A", "a_b", "a" * 64, "ä", "a\0"])
def test_names_that_are_refused(client, name):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.create_pool(name)
    assert list(caught.refusal.violations) == ["name"]


def test_no_verb_knows_a_pool_that_is_not_there(client):
    calls = [
        lambda: client.pool("nowhere"), lambda: pause(client, "nowhere"),
        lambda: resume(client, "nowhere"), lambda: drain(client, "nowhere"),
        lambda: delete(client, "nowhere"), lambda: update(client, "nowhere", ["slots"], slots=1),
        lambda: client.submit("nowhere"), lambda: client.batch("nowhere", [spec()]),
    ]
    for call in calls:
        with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND") as caught:
            call()
        assert caught.refusal.metadata["pool"] == "nowhere"


def test_pools_are_listed_by_name_in_pages(make_server):
    with Client(make_server()) as client:
        names = [f"page-{n:03}" for n in range(25)]
        for name in reversed(names):
            client.create_pool(name)
        request = pools.ListPoolsRequest(page_size=10)
        found, sizes = [], []
        while True:
            reply = client.pools.ListPools(request)
            assert reply.total_size == 25
            found += [pool.name for pool in reply.pools]
            sizes.append(len(reply.pools))
            if not reply.next_page_token:
                break
            request.page_token = reply.next_page_token
        assert (found, sizes) == (names, [10, 10, 5])
        with refused(StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID") as caught:
            client.pools.ListPools(pools.ListPoolsRequest(page_token="nonsense"))
        assert list(caught.refusal.violations) == ["page_token"]
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
            client.pools.ListPools(pools.ListPoolsRequest(page_size=1001))
        assert list(caught.refusal.violations) == ["page_size"]


# Update


def test_an_update_changes_what_its_mask_names_and_nothing_else(client, pool):
    before = client.pool(pool)
    after = update(client, pool, ["queue_capacity"], slots=99, queue_capacity=7)
    assert (after.spec.slots, after.spec.queue_capacity) == (4, 7)
    assert after.etag != before.etag
    assert after.revision > before.revision
    assert client.pool(pool) == after


def test_an_update_with_a_star_replaces_the_whole_spec(client, pool):
    update(client, pool, ["labels", "queue_capacity"], queue_capacity=7, labels={"a": "b"})
    after = update(client, pool, ["*"], slots=2)
    assert (after.spec.slots, after.spec.queue_capacity, dict(after.spec.labels)) == (2, 100_000, {})


def test_an_update_needs_a_mask_of_known_paths(client, pool):
    for mask, fields in (
            ([], {"update_mask"}), (["labels", "colour"], {"update_mask.paths[1]"}),
            (["slots", "a"], {"spec.slots", "update_mask.paths[1]"})):
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
            update(client, pool, mask, slots=0)
        assert set(caught.refusal.violations) == fields
    assert client.pool(pool).spec.slots == 4


def test_an_update_with_an_old_etag_is_refused(client, pool):
    old = client.pool(pool).etag
    new = update(client, pool, ["slots"], etag=old, slots=5).etag
    for validate_only in (False, True):
        with refused(StatusCode.ABORTED, "ETAG_MISMATCH") as caught:
            update(client, pool, ["slots"], etag=old, validate_only=validate_only, slots=6)
        assert caught.refusal.metadata == {"pool": pool}
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        update(client, pool, ["slots"], etag="nonsense", slots=6)
    assert client.pool(pool).spec.slots == 5
    assert update(client, pool, ["slots"], etag=new, slots=6).spec.slots == 6


def test_the_etag_of_a_pool_that_had_the_name_before_is_refused(client, pool):
    old = client.pool(pool).etag
    delete(client, pool)
    client.create_pool(pool)
    with refused(StatusCode.ABORTED, "ETAG_MISMATCH"):
        update(client, pool, ["slots"], etag=old, slots=6)


def test_the_etag_changes_with_the_spec_only(client, pool):
    etag = client.pool(pool).etag
    pause(client, pool)
    assert client.pool(pool).etag == etag
    resume(client, pool)
    client.wait(client.submit(pool).id)
    assert client.pool(pool).etag == etag
    assert update(client, pool, ["slots"], slots=4).etag == etag


def test_validate_only_updates_nothing(client, pool):
    shown = update(client, pool, ["slots"], validate_only=True, slots=9)
    assert shown.spec.slots == 9
    assert client.pool(pool).spec.slots == 4


def test_more_slots_start_more_tasks_at_once_and_fewer_let_running_ones_finish(client, pool):
    update(client, pool, ["slots"], slots=1)
    ids = client.batch(pool, [spec("sleep", {"seconds": 600}) for _ in range(4)])
    client.wait_until(ids[0], task.TASK_STATE_RUNNING)
    status = client.pool(pool).status
    assert (status.slots_in_use, status.queued) == (1, 3)
    update(client, pool, ["slots"], slots=3)
    for id in ids[:3]:
        client.wait_until(id, task.TASK_STATE_RUNNING)
    update(client, pool, ["slots"], slots=1)
    status = client.pool(pool).status
    assert (status.slots_limit, status.slots_in_use, status.slots_free) == (1, 3, 0)
    client.cancel(ids[0])
    assert client.wait(ids[0]).state == task.TASK_STATE_CANCELLED
    assert client.get(ids[3]).state == task.TASK_STATE_PENDING
    delete(client, pool, force=True)


# Pause, drain, delete


def test_a_paused_pool_accepts_tasks_and_starts_none(client, pool):
    assert pause(client, pool, "lunch").state == pools.POOL_STATE_PAUSED
    assert pause(client, pool).state == pools.POOL_STATE_PAUSED
    ids = [client.submit(pool).id for _ in range(3)]
    status = client.pool(pool).status
    assert (status.queued, status.slots_in_use) == (3, 0)
    assert status.HasField("oldest_queued_age")
    assert all(client.get(id).state == task.TASK_STATE_PENDING for id in ids)
    assert resume(client, pool).state == pools.POOL_STATE_ACTIVE
    ended = client.wait_all(ids)
    assert all(one.state == task.TASK_STATE_SUCCEEDED for one in ended.values())
    status = client.pool(pool).status
    assert (status.total_submitted, status.total_succeeded, status.queued) == (3, 3, 0)
    assert not status.HasField("oldest_queued_age")


def test_a_paused_pool_lets_running_tasks_finish(client, pool):
    id = client.submit(pool, "sleep", {"milliseconds": 200}).id
    client.wait_until(id, task.TASK_STATE_RUNNING)
    pause(client, pool)
    assert client.wait(id).state == task.TASK_STATE_SUCCEEDED


def test_a_draining_pool_refuses_tasks_finishes_its_own_and_closes(client, pool):
    update(client, pool, ["slots"], slots=1)
    ids = client.batch(pool, [spec("sleep", {"milliseconds": 100}) for _ in range(3)])
    cursor = client.info().cursor
    assert drain(client, pool, "moving").state == pools.POOL_STATE_DRAINING
    with refused(StatusCode.FAILED_PRECONDITION, "POOL_DRAINING") as caught:
        client.submit(pool)
    assert caught.refusal.metadata == {"pool": pool}
    ended = client.wait_all(ids)
    assert all(one.state == task.TASK_STATE_SUCCEEDED for one in ended.values())
    closed = wait_for(client, pool, events.EVENT_TYPE_POOL_CLOSED, cursor)
    assert closed.pool_change.state == pools.POOL_STATE_CLOSED
    assert drain(client, pool).state == pools.POOL_STATE_CLOSED
    with refused(StatusCode.FAILED_PRECONDITION, "POOL_CLOSED"):
        client.submit(pool)
    assert resume(client, pool).state == pools.POOL_STATE_ACTIVE
    assert client.wait(client.submit(pool).id).state == task.TASK_STATE_SUCCEEDED


def test_an_empty_pool_that_is_drained_closes_at_once(client, pool):
    cursor = client.info().cursor
    drain(client, pool)
    wait_for(client, pool, events.EVENT_TYPE_POOL_CLOSED, cursor)
    assert client.pool(pool).state == pools.POOL_STATE_CLOSED


def test_an_empty_pool_can_be_deleted_and_its_name_used_again(client, pool):
    client.wait(client.submit(pool).id)
    delete(client, pool)
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        client.pool(pool)
    again = client.create_pool(pool)
    assert again.status.total_submitted == 0


def test_a_pool_with_tasks_is_deleted_by_force_only(client, pool):
    update(client, pool, ["slots"], slots=1)
    ids = client.batch(pool, [spec("sleep", {"seconds": 600}) for _ in range(5)])
    client.wait_until(ids[0], task.TASK_STATE_RUNNING)
    with refused(StatusCode.FAILED_PRECONDITION, "POOL_NOT_EMPTY") as caught:
        delete(client, pool)
    assert caught.refusal.metadata == {"pool": pool, "unfinished": "5"}
    cursor = client.info().cursor
    assert delete(client, pool, force=True, reason="enough").state == pools.POOL_STATE_DELETING
    wait_for(client, pool, events.EVENT_TYPE_POOL_DELETED, cursor)
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        client.pool(pool)
    found = [client.get(id) for id in ids]
    assert {(one.state, one.pool) for one in found} == {(task.TASK_STATE_CANCELLED, pool)}
    assert found[0].cancel_reason == "enough"
    assert all(one.cancel_reason for one in found)


def test_changes_of_a_pool_are_events_with_actor_and_reason(client, pool):
    cursor = client.info().cursor
    who = (("martlet-actor", "anna"),)
    client.pools.PausePool(pools.PausePoolRequest(name=pool, reason="lunch"), metadata=who)
    resume(client, pool, "back")
    update(client, pool, ["slots"], slots=8)
    delete(client, pool, reason="done")
    found = client.events_until_now(cursor=cursor, pools=[pool])
    assert [event.type for event in found] == [
        events.EVENT_TYPE_POOL_PAUSED, events.EVENT_TYPE_POOL_RESUMED,
        events.EVENT_TYPE_POOL_UPDATED, events.EVENT_TYPE_POOL_DELETED,
    ]
    assert (found[0].actor, found[0].reason) == ("anna", "lunch")
    assert found[1].actor.startswith("ipv4:127.0.0.1:")
    assert (found[1].reason, found[3].reason) == ("back", "done")
    assert found[2].pool_change.spec.slots == 8
    assert found[0].pool_change.state == pools.POOL_STATE_PAUSED


# Queue capacity


def test_a_full_queue_refuses_with_a_time_to_retry(client):
    client.create_pool("full", slots=1, queue_capacity=3)
    running = client.submit("full", "sleep", {"seconds": 600}).id
    client.wait_until(running, task.TASK_STATE_RUNNING)
    ids = client.batch("full", [spec(delay=seconds(600)), spec(), spec()])
    for call in (
            lambda: client.submit("full"), lambda: client.batch("full", [spec()] * 2),
            lambda: client.tasks.SubmitTask(tasks.SubmitTaskRequest(
                pool="full", spec=spec(), validate_only=True))):
        with refused(StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL") as caught:
            call()
        assert caught.refusal.retry_seconds > 0
        assert caught.refusal.metadata["pool"] == "full"
        assert caught.refusal.quota[0].subject == "pool:full"
    assert client.pool("full").status.queued == 3
    client.cancel(ids[0])
    client.submit("full")
    delete(client, "full", force=True)


def test_a_batch_that_does_not_fit_leaves_nothing(client):
    client.create_pool("narrow", slots=1, queue_capacity=5)
    pause(client, "narrow")
    with refused(StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL"):
        client.batch("narrow", [spec()] * 6)
    assert client.count('pool = "narrow"').total == 0
    assert len(client.batch("narrow", [spec()] * 5)) == 5
