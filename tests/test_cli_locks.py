"""`martlet lock`: commands under a lock, and what operators see and do."""

import signal
import time

import pytest

from support.program import Martlet

NOT_FOUND, REFUSED, USAGE = 3, 4, 2


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def martlet(server, tmp_path):
    return Martlet(server, tmp_path)


def until(condition, limit=30):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)
    return found


def test_a_command_runs_under_the_lock_and_its_exit_code_is_handed_on(martlet):
    output = martlet.run("lock", "run", "l", "--", "sh", "-c", "echo $MARTLET_LOCK_TOKEN; cat",
                         input="hello")
    token, text = output.splitlines()
    assert int(token) > 0 and text == "hello"
    assert martlet.start("lock", "run", "l", "--", "sh", "-c", "exit 42").wait(60) == 42
    assert martlet.start("lock", "run", "l", "--", "sh", "-c", "kill -9 $$").wait(60) == 137
    assert martlet.run("lock", "list") == ""


def test_commands_run_one_after_the_other(martlet, tmp_path):
    script = f"test ! -e {tmp_path}/in && touch {tmp_path}/in && sleep 0.1 && rm {tmp_path}/in"
    runs = [martlet.start("lock", "run", "l", "--", "sh", "-c", script) for _ in range(6)]
    assert [run.wait(60) for run in runs] == [0] * 6


def test_a_lock_that_is_held_is_shown_and_can_be_refused(martlet):
    run = martlet.start("lock", "run", "l", "--owner", "ada", "--lease", "1h", "--", "sleep", "60")
    (lock,) = until(lambda: martlet.lines("lock", "list", "--prefix", "l"))
    assert lock["owner"] == "ada" and lock["lease"] == "3600s" and lock["count"] == 1
    assert martlet.json("lock", "get", "l")["token"] == lock["token"]
    assert "ada" in martlet.run("lock", "get", "l") and "ada" in martlet.run("lock", "list")
    martlet.run("lock", "run", "l", "--wait", "0s", "--", "true", code=REFUSED)
    run.terminate()
    assert run.wait(30) == 128 + signal.SIGTERM
    martlet.run("lock", "get", "l", code=NOT_FOUND)


def test_breaking_a_lock_stops_its_command(martlet):
    run = martlet.start("lock", "run", "l", "--lease", "1s", "--", "sleep", "60")
    until(lambda: martlet.lines("lock", "list"))
    broken = martlet.json("lock", "break", "l", "--reason", "its machine is gone")
    assert broken["count"] == 1
    _, errors = run.communicate(timeout=30)
    assert run.returncode == REFUSED and "martlet: " in errors
    martlet.run("lock", "break", "l", code=NOT_FOUND)
    events = [line for line in martlet.lines("events") if line["type"] == "LOCK_BROKEN"]
    assert [event["reason"] for event in events] == ["its machine is gone"]
    assert "LOCK_BROKEN" in martlet.run("events")


def test_a_command_goes_on_over_a_killed_server(martlet, server):
    run = martlet.start("lock", "run", "l", "--lease", "6s", "--", "sh", "-c", "sleep 9; echo done")
    (lock,) = until(lambda: martlet.lines("lock", "list"))
    server.kill()
    server.start()
    assert martlet.json("lock", "get", "l")["token"] == lock["token"]
    output, errors = run.communicate(timeout=60)
    assert (run.returncode, output) == (0, "done\n"), errors
    assert martlet.run("lock", "list") == ""


def test_what_makes_no_sense_is_refused(martlet):
    martlet.run("lock", "run", "l", code=USAGE)
    martlet.run("lock", "run", "no name", "--", "true", code=USAGE)
    martlet.run("lock", "run", "l", "--lease", "0.1s", "--", "true", code=USAGE)
    martlet.run("lock", "list", "--limit", "0", code=USAGE)
