"""Statistics, as any gRPC client sees them: what is counted, when, and that nothing is lost."""

import random
import time

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, seconds, spec
from support.stubs import bulks, pools, stats, task, tasks

NONE, POOL, KIND = (
    stats.STATS_GROUPING_NONE, stats.STATS_GROUPING_POOL, stats.STATS_GROUPING_KIND)
BOTH, LABEL = stats.STATS_GROUPING_POOL_AND_KIND, stats.STATS_GROUPING_LABEL


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def client(server):
    with Client(server) as client:
        yield client


def overview(client, last=3600, **fields):
    request = stats.GetOverviewRequest(range=stats.StatsRange(last=seconds(last)), **fields)
    return client.stats.GetOverview(request, timeout=TIMEOUT)


def whole(client, **fields):
    (group,) = overview(client, **fields).groups
    return group


def realtime(client, **fields):
    return client.stats.GetRealtime(
        stats.GetRealtimeRequest(**fields), timeout=TIMEOUT).realtime


def performance(client, last=3600, **fields):
    request = stats.GetPerformanceRequest(range=stats.StatsRange(last=seconds(last)), **fields)
    return {one.kind: one for one in client.stats.GetPerformance(request, timeout=TIMEOUT).kinds}


def failures(client, last=3600, **fields):
    request = stats.ListFailuresRequest(range=stats.StatsRange(last=seconds(last)), **fields)
    return client.stats.ListFailures(request, timeout=TIMEOUT)


def run(client, pool, specs):
    ids = client.batch(pool, specs)
    ended = client.wait_all(ids)
    assert len(ended) == len(ids)
    return ids


def agree(client):
    """Whatever is told, counters, pools and statistics say the same."""
    by_pool = {group.pool: group for group in overview(client, group_by=POOL).groups
               if not group.is_other}
    listed = client.pools.ListPools(pools.ListPoolsRequest(), timeout=TIMEOUT).pools
    for pool in listed:
        life, status = by_pool[pool.name].lifetime, pool.status
        assert (life.submitted, life.succeeded, life.failed, life.cancelled) == (
            status.total_submitted, status.total_succeeded, status.total_failed,
            status.total_cancelled)
        assert life.retried + life.lost == status.total_retried
        assert by_pool[pool.name].gauges.slots == status.slots_limit
        assert by_pool[pool.name].gauges.queued == status.queued
    counts = client.count()
    gauges = whole(client).gauges
    waiting = sum(one.count for one in counts.counts
                  if one.state in (task.TASK_STATE_PENDING, task.TASK_STATE_SCHEDULED,
                                   task.TASK_STATE_BLOCKED, task.TASK_STATE_PAUSED))
    assert gauges.queued == waiting


def test_an_empty_server_has_counted_nothing(client):
    reply = overview(client)
    (group,) = reply.groups
    assert group.counts.submitted == 0 and not group.HasField("run_time")
    assert not group.rates.HasField("success_rate") and reply.counted_from == 1
    assert reply.step.seconds == 60 and len(group.points) in (60, 61)
    assert list(performance(client)) == [] and failures(client).total_groups == 0


def test_everything_that_happens_is_counted_by_pool_kind_and_outcome(client):
    client.create_pool("a", default_retry_policy=task.RetryPolicy(
        max_attempts=2, initial_backoff=seconds(0.01)))
    client.create_pool("b")
    run(client, "a", [spec("echo", "x")] * 30 + [spec("fail", {"message": "no"})] * 6)
    run(client, "b", [spec("sleep", {"milliseconds": 50})] * 4)
    paused = client.submit("b", "echo", delay=seconds(3600))
    client.cancel(paused.id)
    group = whole(client)
    assert (group.counts.submitted, group.counts.succeeded, group.counts.failed) == (41, 34, 6)
    assert group.counts.cancelled == 1 and group.counts.finished == 41
    assert group.counts.started - group.counts.retried == 40
    (kind,) = group.counts.failed_by_kind
    assert kind.kind == task.FAILURE_KIND_HANDLER and kind.count == 6
    assert group.rates.success_rate == pytest.approx(34 / 41)
    assert group.total_time.count == 41 and group.queue_wait.count == group.counts.started
    by_both = {(one.pool, one.kind): one for one in overview(client, group_by=BOTH).groups
               if not one.is_other}
    assert by_both["a", "echo"].counts.succeeded == 30
    assert by_both["a", "fail"].counts.failed == 6
    sleep = by_both["b", "sleep"]
    assert sleep.run_time.count == 4
    assert 0.045 < sleep.run_time.min.ToNanoseconds() / 1e9 <= sleep.run_time.p50.ToNanoseconds() / 1e9
    by_kind = {one.kind: one for one in overview(client, group_by=KIND).groups}
    assert by_kind["echo"].counts.submitted == 31 and by_kind["echo"].counts.cancelled == 1
    only = overview(client, group_by=KIND, pools=["b"]).groups
    assert {one.kind: one.counts.submitted for one in only} == {"echo": 1, "sleep": 4}
    only = whole(client, kinds=["fail"])
    assert only.counts.submitted == 6
    assert sum(point.counts.submitted for point in group.points) == 41
    agree(client)


def test_the_answer_knows_what_the_caller_has_seen(client):
    client.create_pool("p")
    for number in range(20):
        created = client.tasks.SubmitTask(
            tasks.SubmitTaskRequest(pool="p", spec=spec("nobody")), timeout=TIMEOUT)
        group = whole(client, min_cursor=created.cursor)
        assert group.counts.submitted == number + 1 == group.lifetime.submitted
        assert group.gauges.queued == number + 1


def test_counters_survive_kill_and_the_loss_of_the_index(client, server):
    client.create_pool("p")
    client.create_pool("q", default_retry_policy=task.RetryPolicy(
        max_attempts=2, initial_backoff=seconds(0.01)))
    want = random.Random(7)
    for round in range(4):
        specs = [spec(want.choice(["echo", "fail", "nobody"])) for _ in range(40)]
        client.batch(want.choice("pq"), specs)
        if round % 2:
            time.sleep(1.1)
        server.kill()
        server.start()
    # What ran when it was killed runs once more.
    end = time.monotonic() + 60
    while client.count("state = RUNNING OR state = SCHEDULED OR (state = PENDING AND kind != nobody)").total:
        assert time.monotonic() < end
        time.sleep(0.1)
    agree(client)
    before = overview(client, group_by=BOTH, omit_points=True)
    server.stop()
    for path in server.data.glob("index.db*"):
        path.unlink()
    server.start()
    after = overview(client, group_by=BOTH, omit_points=True)
    for old, new in zip(before.groups, after.groups, strict=True):
        assert (old.pool, old.kind, old.lifetime, old.gauges) == (
            new.pool, new.kind, new.lifetime, new.gauges)
        assert old.counts == new.counts and old.run_time == new.run_time
    agree(client)


def test_a_purge_takes_nothing_from_lifetime_counts(client, make_server):
    client.create_pool("p")
    run(client, "p", [spec("echo")] * 10)
    before = whole(client)
    operation = client.bulks.StartBulk(
        bulks.StartBulkRequest(
            action=bulks.BulkAction(delete=bulks.BulkAction.Delete()), filter="pool = p"),
        timeout=TIMEOUT).operation
    end = time.monotonic() + 60
    while client.count("pool = p").total:
        assert operation and time.monotonic() < end
        time.sleep(0.05)
    after = whole(client)
    assert after.lifetime == before.lifetime and after.counts == before.counts


def test_groups_by_label_are_of_kept_tasks(client):
    client.create_pool("p")
    run(client, "p", [spec("echo", labels={"team": "red"})] * 3
        + [spec("fail", labels={"team": "blue"})] * 2 + [spec("echo")])
    reply = overview(client, group_by=LABEL, label_key="team")
    assert reply.kept_tasks_only and not reply.is_truncated
    groups = {group.label_value if group.HasField("label_value") else None: group
              for group in reply.groups}
    assert groups["red"].counts.succeeded == 3 and groups["red"].total_time.count == 3
    assert groups["blue"].counts.failed == 2 and groups[None].counts.succeeded == 1


def test_realtime_tells_the_now_and_the_rates_of_whole_seconds(client):
    client.create_pool("p", slots=2)
    client.create_pool("q")
    run(client, "p", [spec("echo")] * 25)
    long = client.batch("p", [spec("sleep", {"milliseconds": 30_000})] * 3)
    client.wait_until(long[0], task.TASK_STATE_RUNNING)
    client.wait_until(long[1], task.TASK_STATE_RUNNING)
    time.sleep(1.2)
    now = realtime(client)
    by_name = {one.pool: one for one in now.pools}
    assert (by_name["p"].gauges.running, by_name["p"].gauges.queued) == (2, 1)
    assert by_name["p"].gauges.slots == 2 and by_name["p"].gauges.oldest_age.ToNanoseconds() > 1e9
    assert [one.length.seconds for one in by_name["p"].windows] == [1, 10, 60]
    assert by_name["p"].windows[2].counts.succeeded == 25
    assert by_name["p"].windows[2].rates.finished_per_second == pytest.approx(25 / 60)
    assert by_name["q"].windows[2].counts.submitted == 0
    assert now.gauges.running == 2 and now.windows[2].counts.submitted == 28
    assert realtime(client, pools=["q"]).windows[2].counts.submitted == 0


def test_a_watch_goes_on_until_it_is_cancelled(client):
    client.create_pool("p")
    stream = client.stats.WatchStats(
        stats.WatchStatsRequest(pools=["p"], interval=seconds(1)), timeout=TIMEOUT)
    start = time.monotonic()
    times = []
    for reply in stream:
        assert [one.pool for one in reply.realtime.pools] == ["p"]
        times.append(reply.realtime.time.ToNanoseconds())
        if len(times) == 3:
            stream.cancel()
            break
    assert 1.9 < time.monotonic() - start < 30
    assert times == sorted(times)


def test_kinds_are_flagged_by_the_rules_that_say_so(client):
    client.create_pool("p", slots=1, default_retry_policy=task.RetryPolicy(max_attempts=1))
    run(client, "p", [spec("echo")] * 25 + [spec("fail", {"message": "no"})] * 25)
    run(client, "p", [spec("sleep", {"milliseconds": 30})] * 20)
    found = performance(client)
    fail = found["fail"]
    assert [flag.rule for flag in fail.flags if flag.kind == stats.PERFORMANCE_FLAG_KIND_FAILING] == [
        "min_success_rate"]
    assert fail.rates.success_rate == 0 and "0 of 25" in fail.flags[0].text
    assert not [flag for flag in found["echo"].flags
                if flag.kind == stats.PERFORMANCE_FLAG_KIND_FAILING]
    assert not found["echo"].trend.HasField("finished")
    rules = stats.PerformanceRules(slow_run_time=seconds(0.02), min_success_rate=0, wait_factor=1e9)
    found = performance(client, rules=rules)
    assert [flag.rule for flag in found["sleep"].flags] == ["slow_run_time"]
    assert found["fail"].flags == []
    assert performance(client, kinds=["sleep"]).keys() == {"sleep"}


def test_failures_are_grouped_by_what_their_messages_have_in_common(client):
    client.create_pool("p", default_retry_policy=task.RetryPolicy(max_attempts=1))
    client.create_pool("q", default_retry_policy=task.RetryPolicy(
        max_attempts=3, initial_backoff=seconds(0.01)))
    run(client, "p", [spec("fail", {"message": f"row {n} of \"{n}.csv\" is bad", "code": "CSV"})
                      for n in range(30)])
    run(client, "q", [spec("fail", {"message": "no route to host", "code": "NET"})] * 2)
    reply = failures(client)
    assert reply.total_groups == 2
    csv, net = reply.groups
    assert (csv.code, csv.message) == ("CSV", 'row # of "…" is bad')
    assert (csv.attempts, csv.tasks, list(csv.pools), list(csv.kinds)) == (30, 30, ["p"], ["fail"])
    assert csv.first_time.ToNanoseconds() <= csv.last_time.ToNanoseconds()
    assert client.get(csv.sample_task).failure.message == csv.sample_message
    assert (net.message, net.tasks) == ("no route to host", 2)
    assert net.attempts == 6
    assert [one.code for one in failures(client, pools=["q"]).groups] == ["NET"]
    assert len(failures(client, limit=1).groups) == 1


def test_what_makes_no_sense_is_refused(client):
    client.create_pool("p")
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        overview(client, pools=["nope"])
    with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND"):
        realtime(client, pools=["nope"])
    for fields in ({"last": 0.5}, {"group_by": LABEL}, {"label_key": "x"}, {"step": seconds(0.5)},
                   {"pools": ["P!"]}, {"pools": ["p"] * 101}, {"min_cursor": "x"}, {"group_by": 77}):
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
            overview(client, **fields)
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        failures(client, limit=1_001)
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        performance(client, rules=stats.PerformanceRules(slow_factor=0.5))


def test_pools_that_are_gone_leave_their_counts(client):
    client.create_pool("p")
    run(client, "p", [spec("echo")] * 5)
    client.pools.DeletePool(pools.DeletePoolRequest(name="p"), timeout=TIMEOUT)
    assert whole(client).lifetime.succeeded == 5
    client.create_pool("p")
    run(client, "p", [spec("echo")] * 2)
    assert whole(client).lifetime.succeeded == 7
