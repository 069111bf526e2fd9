"""What pools keep of their finished tasks."""

import time

import pytest
from grpc import StatusCode

from support.client import refused, seconds, spec
from support.stubs import FieldMask, events, pools, task

PATIENCE = 60


def bounds(age=None, count=None):
    return pools.OutcomeRetention(
        max_age=None if age is None else seconds(age), max_count=count)


def finish(client, pool, count, kind="echo", **fields):
    ids = client.batch(pool, [spec(kind, **fields) for _ in range(count)])
    client.wait_all(ids)
    return ids


def kept(client, pool):
    return {one.id for one in client.list(filter=f'pool = "{pool}"', page_size=1_000)}


def wait_until_kept(client, pool, ids):
    end = time.monotonic() + PATIENCE
    while (found := kept(client, pool)) != set(ids):
        assert time.monotonic() < end, f"{len(found)} are kept, not {len(ids)}"
        time.sleep(0.2)


def test_the_newest_of_each_outcome_are_kept(client):
    client.create_pool("newest", slots=1, retention=pools.Retention(
        succeeded=bounds(count=3), failed=bounds(count=0)))
    good = finish(client, "newest", 20)
    finish(client, "newest", 5, kind="fail", retry_policy=task.RetryPolicy(max_attempts=1))
    later = client.submit("newest", delay=seconds(3_600))
    client.cancel(later.id)
    ended = sorted((client.get(id) for id in good), key=lambda one: one.finish_time.ToNanoseconds())
    wait_until_kept(client, "newest", [one.id for one in ended[-3:]] + [later.id])
    purged = client.events_until_now(
        beginning=True, types=[events.EVENT_TYPE_TASKS_PURGED])
    assert sum(event.count for event in purged) >= 22


def test_tasks_go_when_they_are_too_old_and_others_stay(client):
    client.create_pool("aged", retention=pools.Retention(succeeded=bounds(age=1)))
    client.create_pool("ageless")
    others = finish(client, "ageless", 3)
    finish(client, "aged", 3)
    waiting = client.submit("aged", delay=seconds(3_600))
    wait_until_kept(client, "aged", [waiting.id])
    assert kept(client, "ageless") == set(others)


def test_more_than_one_event_may_purge(client):
    client.create_pool("many", slots=50)
    finish(client, "many", 2_500)
    pool = client.pool("many")
    retention = pools.Retention(succeeded=bounds(count=10))
    client.pools.UpdatePool(pools.UpdatePoolRequest(
        name="many", spec=pools.PoolSpec(retention=retention),
        update_mask=FieldMask(paths=["retention"])))
    assert client.pool("many").spec.retention == retention
    assert client.pool("many").etag != pool.etag
    end = time.monotonic() + PATIENCE
    while len(kept(client, "many")) != 10:
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_purged_task_counts_no_longer(client):
    client.create_pool("forgetful", retention=pools.Retention(succeeded=bounds(count=0)))
    unique = task.UniqueRule(key="k", finished_within=seconds(3_600))
    client.wait(client.submit("forgetful", unique=unique).id)
    wait_until_kept(client, "forgetful", [])
    client.submit("forgetful", unique=unique, delay=seconds(3_600))


@pytest.mark.parametrize("retention, field", [
    (pools.Retention(succeeded=bounds(age=0)), "retention.succeeded.max_age"),
    (pools.Retention(failed=bounds(age=-1)), "retention.failed.max_age"),
    (pools.Retention(failed=bounds(age=3_654 * 86_400)), "retention.failed.max_age"),
    (pools.Retention(cancelled=bounds(count=-1)), "retention.cancelled.max_count"),
    (pools.Retention(cancelled=bounds(count=10**9 + 1)), "retention.cancelled.max_count"),
])
def test_a_retention_that_makes_no_sense_is_refused(client, retention, field):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as error:
        client.create_pool("senseless", retention=retention)
    assert list(error.refusal.violations) == [f"spec.{field}"]
