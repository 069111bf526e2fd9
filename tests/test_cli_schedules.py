"""`martlet schedule`: from arguments and from files, among them the examples of the docs."""

import pytest

from support.program import Martlet
from support.stubs import REPOSITORY

NOT_FOUND, REFUSED, USAGE = 3, 4, 2
EXAMPLES = REPOSITORY / "docs" / "examples" / "schedules"


@pytest.fixture
def martlet(make_server, tmp_path):
    martlet = Martlet(make_server(), tmp_path)
    martlet.run("pool", "create", "work", "--slots", "4")
    return martlet


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_of_the_docs_are_created_and_run(martlet, example):
    times = martlet.lines("schedule", "create", "--file", example, "--dry-run")
    assert 4 <= len(times) <= 10 and martlet.lines("schedule", "list") == []
    made = martlet.json("schedule", "create", "--file", example)
    assert made["name"] == example.stem and made["state"] == "ACTIVE"
    assert made["next_time"] == times[0]["time"]
    run = martlet.json("schedule", "trigger", example.stem)
    assert run["outcome"] == "RUNNING" and run["by_hand"]
    martlet.run("task", "wait", run["task_id"])
    (known,) = martlet.lines("schedule", "runs", example.stem)
    assert known["outcome"] == "SUCCEEDED" and known["task_id"] == run["task_id"]
    assert martlet.json("task", "get", run["task_id"])["schedule"] == example.stem


def test_a_dry_run_shows_the_next_ten_times_and_creates_nothing(martlet):
    words = ("schedule", "create", "night", "work", "echo", "hello",
             "--cron", "30 2 * * *", "--zone", "Europe/Vienna", "--dry-run")
    table = martlet.run(*words).splitlines()
    assert table[0].split() == ["LOCAL", "TIME", "UTC", "IN"] and len(table) == 11
    assert all("T02:30:00+0" in line or "T03:00:00+02" in line for line in table[1:])
    assert martlet.run("schedule", "list") == ""
    jitter = martlet.run(*words, "--fire-jitter", "10m").splitlines()
    assert jitter[0].split() == ["LOCAL", "TIME", "UTC", "FIRES", "IN"]


def test_a_schedule_is_shown_steered_and_deleted(martlet):
    martlet.run("schedule", "create", "probe", "work", "sleep", '{"seconds": 0.1}',
                "--every", "1h", "--overlap", "buffer-one", "--catch-up", "10m", "--max-runs", "9")
    shown = martlet.run("schedule", "get", "probe")
    for words in ("ACTIVE", "every 1h", "BUFFER_ONE", "9 of 9", "sleep", "10m"):
        assert words in shown
    listed = martlet.run("schedule", "list", "--state", "active", "--prefix", "pro")
    assert listed.splitlines()[1].split()[:2] == ["probe", "ACTIVE"]
    assert "PAUSED" in martlet.run("schedule", "pause", "probe", "--reason", "too loud")
    assert "too loud" in martlet.run("schedule", "get", "probe")
    assert martlet.json("schedule", "resume", "probe")["state"] == "ACTIVE"
    assert len(martlet.run("schedule", "next", "probe", "--count", "3").splitlines()) == 4
    assert "RUNNING" in martlet.run("schedule", "trigger", "probe")
    changed = martlet.json(
        "schedule", "update", "probe", "--every", "2h", "--reset", "max-runs",
        "--payload", '{"seconds": 0.2}', "--priority", "8")
    assert changed["spec"]["interval"].startswith("7200") and "max_runs" not in changed["spec"]
    assert changed["spec"]["task"]["priority"] == 8
    times = martlet.lines("schedule", "update", "probe", "--every", "3h", "--dry-run")
    assert len(times) == 10
    assert martlet.json("schedule", "get", "probe")["etag"] == changed["etag"]
    lines = martlet.run("events")
    assert "SCHEDULE_PAUSED" in lines and "reason: too loud" in lines
    assert '"schedule": "probe"' in martlet.run("events", "--output", "json").replace(
        '":"', '": "')
    martlet.run("schedule", "delete", "probe")
    martlet.run("schedule", "get", "probe", code=NOT_FOUND)


def test_an_expression_can_be_tried_without_a_schedule(martlet):
    times = martlet.lines("schedule", "next", "--cron", "0 0 L * *", "--zone", "America/New_York")
    assert len(times) == 10 and all("T00:00:00-0" in time["local_time"] for time in times)
    martlet.run("schedule", "next", code=USAGE)
    martlet.run("schedule", "next", "a", "--every", "5m", code=USAGE)


@pytest.mark.parametrize("words, code, says", [
    (("create", "s", "work", "echo", "--cron", "0 0 30 2 *"), USAGE, "never fires"),
    (("create", "s", "work", "echo", "--cron", "@daily", "--zone", "Mars/X"), USAGE, "IANA name"),
    (("create", "s", "work", "echo"), USAGE, "say when"),
    (("create", "s", "work", "echo", "--every", "0s"), USAGE, "1 s to 365 days"),
    (("create", "s", "work", "echo", "--every", "1m", "--zone", "UTC"), USAGE, "knows no zones"),
    (("create", "s", "work", "echo", "--every", "1m", "--delay", "5s"), USAGE, "each run is new"),
    (("update", "s"), USAGE, "nothing to change"),
    (("update", "s", "--every", "1m"), NOT_FOUND, "schedule list"),
    (("list", "--state", "done"), USAGE, "no state"),
])
def test_what_is_wrong_is_said_with_advice(martlet, words, code, says):
    process = martlet.start("schedule", *words)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == code and output == "" and says in errors, errors


def test_a_name_that_is_taken_is_refused(martlet):
    words = ("schedule", "create", "s", "work", "echo", "--every", "1h")
    martlet.run(*words)
    martlet.run(*words, code=REFUSED)


@pytest.mark.parametrize("text, words", [
    ("name: s\ncolour: red", "line 2: `colour` is not known here"),
    ("name: s\ncron: '@daily'\ninterval: 5m", "cannot both be there"),
    ("name: s\ninterval: soon", "a span of time is expected"),
    ("name: s\ninterval: 5m\noverlap_policy: often", "buffer_one"),
    ("name: s\ninterval: 5m\ntask: {kind: echo, depends_on: a}", "`depends_on` is not known"),
    ("- a", "a schedule is a map"),
])
def test_a_wrong_file_is_refused_with_its_place(martlet, tmp_path, text, words):
    file = tmp_path / "schedule.yaml"
    file.write_text(text)
    process = martlet.start("schedule", "create", "--file", file)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == USAGE and output == "" and words in errors, errors
