"""Schedules, as any gRPC client sees them; also across `kill -9`."""

import signal
import subprocess
import sys
import time

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, seconds, spec
from support.stubs import REPOSITORY, FieldMask, Timestamp, events, pools, schedules, task

ACTIVE = schedules.SCHEDULE_STATE_ACTIVE
PAUSED = schedules.SCHEDULE_STATE_PAUSED
FINISHED = schedules.SCHEDULE_STATE_FINISHED
SKIP = schedules.OVERLAP_POLICY_SKIP
BUFFER = schedules.OVERLAP_POLICY_BUFFER_ONE
ALLOW = schedules.OVERLAP_POLICY_ALLOW_ALL
CANCEL = schedules.OVERLAP_POLICY_CANCEL_OTHER


def rule(pool, cron="", every=None, kind="echo", payload=b"", task_fields=None, **fields):
    found = schedules.ScheduleSpec(
        pool=pool, task=spec(kind, payload, **(task_fields or {})), **fields)
    if cron:
        found.cron = cron
    if every is not None:
        found.interval.CopyFrom(seconds(every))
    return found


def create(client, name, *words, **fields):
    return client.schedules.CreateSchedule(
        schedules.CreateScheduleRequest(name=name, spec=rule(*words, **fields)),
        timeout=TIMEOUT).schedule


def get(client, name):
    return client.schedules.GetSchedule(
        schedules.GetScheduleRequest(name=name), timeout=TIMEOUT).schedule


def runs(client, name):
    """The oldest first."""
    found = client.schedules.ListScheduleRuns(
        schedules.ListScheduleRunsRequest(name=name, page_size=1000), timeout=TIMEOUT).runs
    return list(reversed(found))


def outcomes(client, name):
    return [outcome(run) for run in runs(client, name)]


def outcome(run):
    return schedules.ScheduleRunOutcome.Name(run.outcome)[len("SCHEDULE_RUN_OUTCOME_"):]


def trigger(client, name, overlap=None):
    return client.schedules.TriggerSchedule(
        schedules.TriggerScheduleRequest(name=name, overlap_policy=overlap), timeout=TIMEOUT)


def preview(client, name="", count=10, after=None, **fields):
    request = schedules.PreviewScheduleRequest(name=name, count=count)
    if fields:
        request.spec.CopyFrom(rule("", **fields))
    if after:
        request.after.FromJsonString(after)
    return client.schedules.PreviewSchedule(request, timeout=TIMEOUT)


def at(text):
    moment = Timestamp()
    moment.FromJsonString(text)
    return moment


def until(condition, limit=30):
    """What the condition gives as soon as that is true."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        if found or time.monotonic() > end:
            assert found
            return found
        time.sleep(0.02)


def scheduled_events(client, name):
    return [events.EventType.Name(event.type)[len("EVENT_TYPE_"):]
            for event in client.events_until_now() if event.schedule == name]


# Firing


def test_it_fires_at_its_time_and_the_run_says_what_became_of_it(client, pool):
    made = create(client, "tick", pool, every=1, payload={"n": 1})
    assert made.state == ACTIVE and made.next_time == made.next_fire_time
    assert made.next_time.nanos == 0
    first = until(lambda: [run for run in runs(client, "tick") if outcome(run) == "SUCCEEDED"])[0]
    assert first.number == 1 and first.time == made.next_time and not first.by_hand
    late = first.fire_time.ToNanoseconds() - first.time.ToNanoseconds()
    assert 0 <= late < 2e9
    submitted = client.get(first.task_id)
    assert submitted.schedule == "tick" and submitted.actor == "schedule/tick"
    assert submitted.result.data == b'{"n": 1}' and submitted.pool == pool
    until(lambda: len(runs(client, "tick")) >= 3)
    times = [run.time.seconds for run in runs(client, "tick")]
    assert times == list(range(times[0], times[0] + len(times)))
    found = get(client, "tick")
    assert found.last_run.number >= 3 and found.spec.task.payload == b'{"n": 1}'
    client.schedules.DeleteSchedule(
        schedules.DeleteScheduleRequest(name="tick", reason="enough"), timeout=TIMEOUT)
    with refused(StatusCode.NOT_FOUND, "SCHEDULE_NOT_FOUND") as caught:
        get(client, "tick")
    assert caught.refusal.metadata == {"schedule": "tick"}
    told = scheduled_events(client, "tick")
    assert told[:3] == ["SCHEDULE_CREATED", "SCHEDULE_FIRED", "TASK_SUBMITTED"]
    assert told[-1] == "SCHEDULE_DELETED"
    gone = client.events_until_now()[-1]
    assert gone.reason == "enough" and gone.actor


def test_an_event_has_the_run_the_next_time_and_the_version_of_the_zones(client, pool):
    create(client, "told", pool, cron="* * * * * *", time_zone="Europe/Vienna", max_runs=1)
    until(lambda: get(client, "told").state == FINISHED)
    told = {events.EventType.Name(event.type): event for event in client.events_until_now()
            if event.schedule == "told"}
    made = told["EVENT_TYPE_SCHEDULE_CREATED"].schedule_change
    assert made.state == ACTIVE and made.time_zone_version
    fired = told["EVENT_TYPE_SCHEDULE_FIRED"]
    assert fired.schedule_run.time == made.next_time and fired.schedule_run.task_id
    assert not fired.schedule_change.HasField("next_time")
    assert told["EVENT_TYPE_SCHEDULE_FINISHED"].schedule_change.state == FINISHED
    assert get(client, "told").remaining_runs == 0


def test_skip_leaves_out_and_buffer_one_lets_one_wait(client, pool):
    for name, policy in (("skips", SKIP), ("buffers", BUFFER)):
        create(client, name, pool, every=86400, kind="sleep", payload={"seconds": 60},
               overlap_policy=policy)
        for _ in range(3):
            trigger(client, name)
    assert outcomes(client, "skips") == ["RUNNING", "SKIPPED", "SKIPPED"]
    assert outcomes(client, "buffers") == ["RUNNING", "BUFFERED", "SKIPPED"]
    skipped = runs(client, "buffers")[2]
    assert skipped.reason == schedules.SCHEDULE_RUN_REASON_BUFFER_FULL and skipped.message
    client.cancel(runs(client, "buffers")[0].task_id)
    until(lambda: outcomes(client, "buffers") == ["CANCELLED", "RUNNING", "SKIPPED"])


def test_allow_all_runs_side_by_side_and_cancel_other_takes_the_place(client, pool):
    create(client, "many", pool, every=86400, kind="sleep", payload={"seconds": 60})
    for _ in range(3):
        trigger(client, "many", ALLOW)
    assert outcomes(client, "many") == ["RUNNING"] * 3
    assert len(get(client, "many").live_task_ids) == 3
    reply = trigger(client, "many", CANCEL)
    assert outcome(reply.run) in ("BUFFERED", "RUNNING") and reply.run.by_hand
    until(lambda: outcomes(client, "many") == ["CANCELLED"] * 3 + ["RUNNING"])


# By hand


def test_a_paused_schedule_rests_and_says_why(client, pool):
    create(client, "rests", pool, every=1)
    paused = client.schedules.PauseSchedule(
        schedules.PauseScheduleRequest(name="rests", reason="holidays"),
        timeout=TIMEOUT, metadata=[("martlet-actor", "ada")]).schedule
    assert paused.state == PAUSED and not paused.HasField("next_time")
    assert (paused.pause_actor, paused.pause_reason) == ("ada", "holidays")
    again = client.schedules.PauseSchedule(
        schedules.PauseScheduleRequest(name="rests", reason="else"), timeout=TIMEOUT).schedule
    assert again == paused
    count = len(runs(client, "rests"))
    time.sleep(1.2)
    assert len(runs(client, "rests")) == count
    assert trigger(client, "rests").schedule.state == PAUSED
    went_on = client.schedules.ResumeSchedule(
        schedules.ResumeScheduleRequest(name="rests"), timeout=TIMEOUT).schedule
    assert went_on.state == ACTIVE and went_on.pause_reason == ""
    until(lambda: len(runs(client, "rests")) > count + 1)


def test_an_update_changes_what_its_mask_names(client, pool):
    made = create(client, "changes", pool, cron="0 6 * * *", time_zone="Europe/Vienna",
                  jitter=seconds(5), payload=b"a")

    def update(paths, etag="", **fields):
        return client.schedules.UpdateSchedule(
            schedules.UpdateScheduleRequest(
                name="changes", spec=rule("other", **fields), etag=etag,
                update_mask=FieldMask(paths=paths)), timeout=TIMEOUT).schedule

    later = update(["cron"], made.etag, cron="0 7 * * *")
    assert later.spec.cron == "0 7 * * *" and later.spec.time_zone == "Europe/Vienna"
    assert later.spec.pool == pool and later.spec.task.payload == b"a"
    assert later.etag != made.etag and later.next_time != made.next_time
    with refused(StatusCode.ABORTED, "ETAG_MISMATCH"):
        update(["jitter"], made.etag)
    assert not update(["jitter"], later.etag).spec.HasField("jitter")
    changed = update(["interval"], every=3600)
    assert changed.spec.interval == seconds(3600) and changed.spec.time_zone == ""
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        update(["colour", "interval"], every=0)
    assert "update_mask.paths[0]" in caught.refusal.violations
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        update(["end_time", "start_time"], start_time=at("2030-01-02T00:00:00Z"),
               end_time=at("2030-01-01T00:00:00Z"))
    assert list(caught.refusal.violations) == ["spec.end_time"]
    with refused(StatusCode.INVALID_ARGUMENT, "SCHEDULE_NEVER_FIRES"):
        update(["end_time"], end_time=at("2020-01-01T00:00:00Z"))


def test_lists_go_in_pages_by_name(client, pool):
    for number in range(7):
        create(client, f"page.{number}", pool, every=86400)
    client.schedules.PauseSchedule(
        schedules.PauseScheduleRequest(name="page.3"), timeout=TIMEOUT)

    def names(**fields):
        request = schedules.ListSchedulesRequest(**fields)
        while True:
            reply = client.schedules.ListSchedules(request, timeout=TIMEOUT)
            yield [one.name for one in reply.schedules]
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    assert [len(page) for page in names(name_prefix="page.", page_size=3)] == [3, 3, 1]
    assert list(names(pool=pool)) == [[f"page.{number}" for number in range(7)]]
    assert list(names(pool=pool, states=[PAUSED])) == [["page.3"]]
    for _ in range(3):
        trigger(client, "page.0", ALLOW)
    first = client.schedules.ListScheduleRuns(
        schedules.ListScheduleRunsRequest(name="page.0", page_size=2), timeout=TIMEOUT)
    rest = client.schedules.ListScheduleRuns(
        schedules.ListScheduleRunsRequest(
            name="page.0", page_size=2, page_token=first.next_page_token), timeout=TIMEOUT)
    assert [run.number for run in first.runs] == [3, 2]
    assert [run.number for run in rest.runs] == [1] and not rest.next_page_token
    with refused(StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"):
        client.schedules.ListSchedules(
            schedules.ListSchedulesRequest(page_token=first.next_page_token), timeout=TIMEOUT)


# Looking ahead


@pytest.mark.parametrize("cron, after, local", [
    # The table of docs/schedules.md.
    ("30 2 * * *", "2026-03-28T12:00:00Z",
     ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
    ("0,30 2-3 * * *", "2026-03-28T12:00:00Z",
     ["2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:00:00+02:00"]),
    ("30 * * * *", "2026-03-29T00:00:00Z",
     ["2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"]),
    ("30 2 * * *", "2026-10-24T12:00:00Z",
     ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
    ("0,30 2-3 * * *", "2026-10-24T12:00:00Z",
     ["2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T03:00:00+01:00"]),
    ("30 * * * *", "2026-10-24T23:45:00Z",
     ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"]),
])
def test_clocks_change_as_the_docs_say(client, cron, after, local):
    reply = preview(
        client, count=len(local), after=after, cron=cron, time_zone="Europe/Vienna")
    assert [one.local_time for one in reply.times] == local
    assert reply.time_zone_version


def test_a_preview_is_what_happens(client, pool):
    create(client, "ahead", pool, every=1, jitter=seconds(0.9), max_runs=4, overlap_policy=ALLOW)
    told = preview(client, "ahead", count=9).times
    until(lambda: get(client, "ahead").state == FINISHED)
    happened = runs(client, "ahead")
    assert len(happened) == 4 and not preview(client, "ahead").times
    for one, run in zip(reversed(told), reversed(happened)):
        assert one.time == run.time
        assert one.fire_time.ToNanoseconds() <= run.fire_time.ToNanoseconds()


def test_a_check_alone_stores_nothing(client, pool):
    request = schedules.CreateScheduleRequest(
        name="only-checked", spec=rule(pool, cron="@daily"), validate_only=True)
    checked = client.schedules.CreateSchedule(request, timeout=TIMEOUT).schedule
    assert checked.next_time.ToSeconds() % 86400 == 0
    with refused(StatusCode.NOT_FOUND):
        get(client, "only-checked")
    create(client, "is-there", pool, every=60)
    request.name = "is-there"
    with refused(StatusCode.ALREADY_EXISTS, "SCHEDULE_EXISTS"):
        client.schedules.CreateSchedule(request, timeout=TIMEOUT)


# Bad input


@pytest.mark.parametrize("fields, path", [
    ({"cron": "0 0 30 2 *"}, "spec.cron"), ({"cron": "* * * *"}, "spec.cron"),
    ({"cron": "61 * * * *"}, "spec.cron"), ({"cron": "x" * 300}, "spec.cron"),
    ({}, "spec.cron"), ({"every": 0}, "spec.interval"), ({"every": 0.5}, "spec.interval"),
    ({"every": -5}, "spec.interval"), ({"every": 400 * 86400}, "spec.interval"),
    ({"every": 60, "time_zone": "UTC"}, "spec.time_zone"),
    ({"every": 60, "jitter": seconds(90000)}, "spec.jitter"),
    ({"every": 60, "jitter": seconds(-1)}, "spec.jitter"),
    ({"every": 60, "max_runs": 0}, "spec.max_runs"),
    ({"every": 60, "overlap_policy": 99}, "spec.overlap_policy"),
    ({"every": 60, "catch_up_window": seconds(0)}, "spec.catch_up_window"),
    ({"every": 60, "start_time": at("2030-01-02T00:00:00Z"),
      "end_time": at("2030-01-01T00:00:00Z")}, "spec.end_time"),
    ({"every": 60, "payload": b"x" * 70000}, "spec.task.payload"),
    ({"every": 60, "kind": "Not A Kind"}, "spec.task.kind"),
    ({"every": 60, "task_fields": {"ref": "a"}}, "spec.task.ref"),
    ({"every": 60, "task_fields": {"depends_on": ["a"]}}, "spec.task.depends_on"),
    ({"every": 60, "task_fields": {"delay": seconds(1)}}, "spec.task.delay"),
    ({"every": 60, "task_fields": {"unique": task.UniqueRule(key="k")}}, "spec.task.unique"),
])
def test_what_makes_no_sense_is_refused_with_its_field(client, pool, fields, path):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        create(client, "bad", pool, **fields)
    assert list(caught.refusal.violations) == [path], caught.refusal.violations


def test_an_unknown_zone_is_refused(client, pool):
    for zone in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "Europe/",
                 "zone.tab", "Europe//Vienna", "a" * 100):
        with refused(StatusCode.INVALID_ARGUMENT, "TIME_ZONE_UNKNOWN") as caught:
            create(client, "bad", pool, cron="@daily", time_zone=zone)
        assert caught.refusal.metadata == {"time_zone": zone}
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        create(client, "bad", pool, cron="@daily", time_zone="Europe/Vienna\0")


def test_a_schedule_outlives_its_pool(client, pool):
    create(client, "early", "comes-later", every=86400)
    assert outcome(trigger(client, "early").run) == "REJECTED"
    assert trigger(client, "early").run.reason == schedules.SCHEDULE_RUN_REASON_POOL_NOT_FOUND
    client.create_pool("comes-later", slots=1, queue_capacity=1)
    assert outcome(trigger(client, "early", ALLOW).run) == "RUNNING"
    client.pools.PausePool(pools.PausePoolRequest(name="comes-later"), timeout=TIMEOUT)
    assert outcome(trigger(client, "early", ALLOW).run) == "RUNNING"
    full = trigger(client, "early", ALLOW).run
    assert full.reason == schedules.SCHEDULE_RUN_REASON_QUEUE_FULL
    client.pools.DrainPool(pools.DrainPoolRequest(name="comes-later"), timeout=TIMEOUT)
    assert trigger(client, "early", ALLOW).run.reason in (
        schedules.SCHEDULE_RUN_REASON_POOL_DRAINING, schedules.SCHEDULE_RUN_REASON_POOL_CLOSED)
    assert get(client, "early").state == ACTIVE


def test_a_name_can_be_had_once(client, pool):
    create(client, "once", pool, every=60)
    with refused(StatusCode.ALREADY_EXISTS, "SCHEDULE_EXISTS"):
        create(client, "once", pool, every=60)
    for name in ("", "Upper", "a b", "a" * 200):
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
            create(client, name, pool, every=60)


def test_there_are_as_many_as_the_limit_says(make_server):
    with Client(make_server("--limit-schedules", "2")) as client:
        client.create_pool("p")
        for name in ("a", "b"):
            create(client, name, "p", every=60)
        with refused(StatusCode.RESOURCE_EXHAUSTED, "MEMORY_PRESSURE"):
            create(client, "c", "p", every=60)


# Crashes


def test_a_killed_server_forgets_no_schedule_and_makes_up_for_what_it_missed(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        create(client, "keeps", "p", every=1, overlap_policy=ALLOW, catch_up_window=seconds(60))
        create(client, "drops", "p", every=1, overlap_policy=ALLOW, catch_up_window=seconds(1))
        create(client, "still", "p", every=86400, kind="sleep", payload={"seconds": 600},
               overlap_policy=BUFFER)
        for _ in range(2):
            trigger(client, "still")
        until(lambda: len(runs(client, "keeps")) >= 2)
    for _ in range(3):
        server.send(signal.SIGKILL)
        server.wait()
        time.sleep(3)
        server.start()
    with Client(server) as client:
        until(lambda: len(runs(client, "keeps")) >= 10)
        made = runs(client, "keeps")
        assert all(outcome(run) in ("SUCCEEDED", "RUNNING") for run in made)
        numbers = [run.time.seconds for run in made]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len({run.task_id for run in made}) == len(made)
        assert "MISSED" in outcomes(client, "drops")
        missed = [run for run in runs(client, "drops") if outcome(run) == "MISSED"][0]
        assert missed.count >= 1 and missed.reason == schedules.SCHEDULE_RUN_REASON_LATE
        assert outcomes(client, "still")[-1] == "BUFFERED"
        submitted = [event.task_id for event in client.events_until_now()
                     if event.type == events.EVENT_TYPE_TASK_SUBMITTED
                     and event.schedule == "keeps"]
        assert len(submitted) == len(set(submitted))
        fired = [event.schedule_run.time.seconds for event in client.events_until_now()
                 if event.type == events.EVENT_TYPE_SCHEDULE_FIRED and event.schedule == "keeps"]
        assert fired == list(range(fired[0], fired[0] + len(fired)))


def test_a_zone_that_is_gone_after_a_start_pauses_its_schedule(make_server, tmp_path):
    zones = tmp_path / "zones"
    (zones / "Sim").mkdir(parents=True)
    data = (REPOSITORY / "tests/fixtures/cron/zones/Europe_Vienna.tzif").read_bytes()
    (zones / "Sim" / "City").write_bytes(data)
    (zones / "tzdata.zi").write_text("# version 2099z\n")
    (zones / "Bad").write_bytes(data[:100])
    server = make_server("--zoneinfo-dir", str(zones))
    with Client(server) as client:
        client.create_pool("p")
        made = create(client, "city", "p", cron="* * * * * *", time_zone="Sim/City")
        assert made.state == ACTIVE
        assert preview(client, "city").time_zone_version == "2099z"
        with refused(StatusCode.INVALID_ARGUMENT, "TIME_ZONE_UNKNOWN"):
            create(client, "bad", "p", cron="@daily", time_zone="Bad")
    (zones / "Sim" / "City").unlink()
    server.restart()
    with Client(server) as client:
        found = until(lambda: (one := get(client, "city")).state == PAUSED and one)
        assert found.pause_actor == "" and "Sim/City" in found.pause_reason
        with refused(StatusCode.INVALID_ARGUMENT, "TIME_ZONE_UNKNOWN"):
            client.schedules.ResumeSchedule(
                schedules.ResumeScheduleRequest(name="city"), timeout=TIMEOUT)
        (zones / "Sim" / "City").write_bytes(data)
        went_on = client.schedules.ResumeSchedule(
            schedules.ResumeScheduleRequest(name="city"), timeout=TIMEOUT).schedule
        assert went_on.state == ACTIVE
        until(lambda: outcomes(client, "city")[-1:] == ["SUCCEEDED"])


# The judge of our expressions


def test_the_fixture_of_cron_expressions_is_current(tmp_path):
    pytest.importorskip("croniter")
    fixture = REPOSITORY / "tests" / "fixtures" / "cron"
    output = tmp_path / "cases.tsv"
    subprocess.run([sys.executable, fixture / "make.py", "--output", output], check=True)
    assert output.read_text() == (fixture / "cases.tsv").read_text()
