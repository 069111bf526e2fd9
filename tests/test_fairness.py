"""Fairness keys, as any gRPC client sees them; also across `kill -9`."""

from collections import Counter

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, seconds, spec
from support.program import Martlet
from support.stubs import FieldMask, events, pools, schedules, stories, task, tasks
from support.worker import Worker

SHARE_FIRST = pools.POOL_FAIRNESS_SHARE_FIRST
PRIORITY_FIRST = pools.POOL_FAIRNESS_PRIORITY_FIRST


def of(key, count, kind="echo", payload=b"", weight=None, **fields):
    return [
        spec(kind, payload, fairness_key=key, fairness_weight=weight, **fields)
        for _ in range(count)]


def set_mode(client, name, mode):
    return client.pools.UpdatePool(
        pools.UpdatePoolRequest(
            name=name, spec=pools.PoolSpec(fairness=mode),
            update_mask=FieldMask(paths=["fairness"])), timeout=TIMEOUT).pool


def pause(client, name):
    client.pools.PausePool(pools.PausePoolRequest(name=name), timeout=TIMEOUT)


def resume(client, name):
    client.pools.ResumePool(pools.ResumePoolRequest(name=name), timeout=TIMEOUT)


def starts(client, pool, keys):
    """The keys in the order in which their tasks started."""
    found = client.events_until_now(
        beginning=True, pools=[pool], types=[events.EVENT_TYPE_TASK_STARTED])
    return [keys[event.task_id] for event in found]


def queued(client, name, slots, *batches, **fields):
    """A pool that has these tasks and has not begun; their keys by id."""
    client.create_pool(name, slots=slots, **fields)
    pause(client, name)
    keys = {}
    for batch in batches:
        for id, one in zip(client.batch(name, batch), batch):
            keys[id] = one.fairness_key
    return keys


def test_a_task_keeps_its_key_and_weight(client, pool):
    one = client.submit(pool, fairness_key="tenant-1", fairness_weight=3, delay=seconds(3_600))
    assert (one.spec.fairness_key, one.spec.fairness_weight) == ("tenant-1", 3)
    assert client.get(one.id).spec == one.spec
    plain = client.submit(pool, delay=seconds(3_600))
    assert plain.spec.fairness_key == "" and not plain.spec.HasField("fairness_weight")
    found = list(client.list(filter=f'pool = {pool} AND fairness_key = "tenant-*"'))
    assert [each.id for each in found] == [one.id]
    assert client.count(filter=f"pool = {pool} AND fairness_key:*").total == 1
    client.cancel(one.id)
    again = client.tasks.RetryTask(tasks.RetryTaskRequest(id=one.id), timeout=TIMEOUT).task
    assert again.spec.fairness_key == "tenant-1"
    assert [each.id for each in client.list(filter='fairness_key = "tenant-1"')] == [one.id]


@pytest.mark.parametrize("fields, field", [
    ({"fairness_key": "k" * 256}, "fairness_key"), ({"fairness_weight": 0}, "fairness_weight"),
    ({"fairness_weight": 1_001}, "fairness_weight")])
def test_what_is_out_of_range_is_refused(client, pool, fields, field):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.submit(pool, **fields)
    assert list(caught.refusal.violations) == [f"spec.{field}"]


def test_a_pool_says_what_goes_first(client):
    made = client.create_pool("modes")
    assert made.spec.fairness == PRIORITY_FIRST
    assert set_mode(client, "modes", SHARE_FIRST).spec.fairness == SHARE_FIRST
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        set_mode(client, "modes", 77)
    assert list(caught.refusal.violations) == ["spec.fairness"]


def test_a_flood_holds_nobody_up(client):
    keys = queued(client, "flood", 4, of("flood", 2_000), *(of(f"k{n}", 10) for n in range(20)))
    resume(client, "flood")
    client.wait_all(list(keys))
    first = Counter(starts(client, "flood", keys)[:210])
    assert len(first) == 21 and min(first.values()) >= 9 and max(first.values()) <= 11


def test_slots_go_by_weight(client):
    nap = {"seconds": 0.05}
    keys = queued(
        client, "weights", 8, of("light", 80, "sleep", nap), of("heavy", 80, "sleep", nap, 3))
    resume(client, "weights")
    client.wait_all(list(keys))
    first = Counter(starts(client, "weights", keys)[:96])
    assert 66 <= first["heavy"] <= 78


@pytest.mark.parametrize("mode, name", [(PRIORITY_FIRST, "by-priority"), (SHARE_FIRST, "by-share")])
def test_priorities_or_shares_first(client, mode, name):
    nap = {"seconds": 0.1}
    keys = queued(
        client, name, 2, of("a", 6, "sleep", nap, priority=9), of("b", 6, "sleep", nap, priority=1),
        fairness=mode)
    resume(client, name)
    client.wait_all(list(keys))
    order = starts(client, name, keys)
    assert ("b" not in order[:6]) == (mode == PRIORITY_FIRST)
    if mode == SHARE_FIRST:
        assert Counter(order[:8]) == {"a": 4, "b": 4}


def test_tasks_and_pools_tell_how_keys_stand(client):
    nap = {"seconds": 120}
    keys = queued(client, "told", 2, of("big", 5, "sleep", nap), of("small", 2, "sleep", nap, 2))
    resume(client, "told")
    last = list(keys)[-1]
    story = client.tasks.ExplainTask(
        tasks.ExplainTaskRequest(id=last), timeout=TIMEOUT)
    assert [cause.type for cause in story.causes] == [
        stories.WAITING_CAUSE_TYPE_NO_FREE_SLOT, stories.WAITING_CAUSE_TYPE_FAIR_SHARE]
    assert story.causes[0].tasks_ahead_at_least
    told = story.causes[1].fairness
    assert (told.share.key, told.share.weight, told.share.running) == ("small", 2, 1)
    assert (told.share.waiting, told.tasks_ahead, told.other_keys) == (1, 0, 1)
    explained = client.pools.ExplainPool(
        pools.ExplainPoolRequest(name="told"), timeout=TIMEOUT)
    assert [(share.key, share.running, share.waiting) for share in explained.shares] == [
        ("big", 1, 4), ("small", 1, 1)]


def test_what_workers_are_offered_counts(client):
    keys = queued(client, "remote", 4, of("flood", 6, "far"), of("few", 2, "far"))
    worker = Worker(client, kinds=("far",), credit=4)
    resume(client, "remote")
    # None is accepted yet.
    assigns = [worker.assign() for _ in range(4)]
    assert Counter(keys[assign.task.id] for assign in assigns) == {"flood": 2, "few": 2}
    worker.accept(*(assign.lease for assign in assigns))
    for assign in assigns:
        worker.succeed(assign.lease)
    worker.leave()


def test_schedules_carry_the_key(client, pool):
    client.schedules.CreateSchedule(
        schedules.CreateScheduleRequest(name="fair", spec=schedules.ScheduleSpec(
            pool=pool, interval=seconds(3_600),
            task=spec("echo", fairness_key="nightly", fairness_weight=2))), timeout=TIMEOUT)
    shown = client.schedules.GetSchedule(
        schedules.GetScheduleRequest(name="fair"), timeout=TIMEOUT).schedule
    assert (shown.spec.task.fairness_key, shown.spec.task.fairness_weight) == ("nightly", 2)
    run = client.schedules.TriggerSchedule(
        schedules.TriggerScheduleRequest(name="fair"), timeout=TIMEOUT).run
    assert client.get(run.task_id).spec.fairness_key == "nightly"


@pytest.mark.parametrize("loses_index", [False, True])
def test_keys_survive_a_crash(make_server, loses_index):
    server = make_server()
    with Client(server) as client:
        keys = queued(client, "crash", 4, of("flood", 400), of("few", 8, weight=2), of("", 8))
        client.create_pool("mode", fairness=SHARE_FIRST)
    server.kill()
    for path in server.data.glob("index.db*") if loses_index else []:
        path.unlink()
    server.start()
    with Client(server) as client:
        assert client.pool("mode").spec.fairness == SHARE_FIRST
        shown = {one.id: one.spec.fairness_key for one in client.list(filter="pool = crash")}
        assert shown == keys
        resume(client, "crash")
        client.wait_all(list(keys))
        first = Counter(starts(client, "crash", keys)[:24])
        assert first["few"] == 8 and first[""] >= 5


def test_the_command_line_speaks_of_keys(make_server, tmp_path):
    martlet = Martlet(make_server(), tmp_path)
    martlet.run("pool", "create", "cli", "--slots", "1", "--fairness", "share-first")
    assert martlet.json("pool", "get", "cli")["spec"]["fairness"] == "SHARE_FIRST"
    assert "SHARE_FIRST" in martlet.run("pool", "get", "cli")
    martlet.run("pool", "update", "cli", "--fairness", "priority-first")
    assert martlet.json("pool", "get", "cli")["spec"]["fairness"] == "PRIORITY_FIRST"
    for key in ("a", "a", "b"):
        martlet.run(
            "task", "submit", "cli", "sleep", '{"seconds": 120}', "--fairness-key", key,
            "--fairness-weight", "3")
    last = martlet.json("task", "list", "--filter", "fairness_key = b")
    last = last[0] if isinstance(last, list) else last
    assert last["spec"]["fairness_weight"] == 3
    assert "b, weight 3" in martlet.run("task", "get", last["id"])
    assert "FAIR_SHARE" in martlet.run("task", "explain", last["id"])
    explained = martlet.json("pool", "explain", "cli")
    assert explained["shares"][0] == {"key": "a", "weight": 3, "running": 1, "waiting": 1}
    assert "KEY" in martlet.run("pool", "explain", "cli")
