"""`martlet limit`: what operators make, see and change, and commands with permits."""

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


def test_limits_are_made_changed_shown_and_deleted(martlet):
    made = martlet.json("limit", "create", "sms", "--rate", "100/1s", "--burst", "20", "--kind",
                        "sms.send", "--key-label", "customer", "--reason", "the contract")
    assert made["spec"]["rate"] == {"units": 100, "per": "1s", "burst": 20}
    assert made["spec"]["kinds"] == ["sms.send"] and made["reason"] == "the contract"
    martlet.run("limit", "create", "hourly", "--window", "1000/1h")
    martlet.run("limit", "create", "three", "--concurrency", "3", "--pool", "exports")
    assert [limit["name"] for limit in martlet.lines("limit", "list")] == [
        "hourly", "sms", "three"]
    table = martlet.run("limit", "list", "--output", "table")
    assert "1000 in any 1h" in table.replace(" h", "h") or "1000 in any" in table
    changed = martlet.json("limit", "update", "sms", "--rate", "200/s", "--reason", "a better one")
    assert changed["spec"]["rate"]["units"] == 200 and changed["spec"]["key_label"] == "customer"
    martlet.run("limit", "delete", "hourly")
    martlet.run("limit", "get", "hourly", code=NOT_FOUND)


def test_a_command_runs_with_a_permit_and_its_exit_code_is_handed_on(martlet):
    martlet.run("limit", "create", "c", "--concurrency", "2")
    output = martlet.run("limit", "run", "c", "--", "sh", "-c", "echo $MARTLET_PERMIT_TOKEN; cat",
                         input="hello")
    token, text = output.splitlines()
    assert int(token) > 0 and text == "hello"
    assert martlet.start("limit", "run", "c", "--", "sh", "-c", "exit 42").wait(60) == 42
    assert martlet.json("limit", "get", "c")["status"]["available"] == 2


def test_a_limit_of_a_pool_that_is_not_there_says_so(martlet):
    martlet.run("pool", "create", "letters", "--slots", "1")
    process = martlet.start("limit", "create", "x", "--rate", "1/1s", "--pool", "letters",
                            "--pool", "leters")
    output, remarks = process.communicate(timeout=60)
    assert process.returncode == 0 and "letters" in output
    assert remarks == "There is no pool leters yet: the limit waits for it.\n"


def test_the_tasks_that_a_limit_stops_are_in_its_line(martlet):
    martlet.run("pool", "create", "shut", "--slots", "4")
    martlet.run("limit", "create", "none", "--concurrency", "0", "--pool", "shut")
    for _ in range(3):
        martlet.run("task", "submit", "shut", "echo", "{}")
    assert martlet.json("limit", "get", "none")["status"]["waiting_tasks"] == 3
    assert "LIMIT" in martlet.run("task", "explain", "@last", "--output", "table")
    martlet.run("limit", "update", "none", "--concurrency", "1")
    until(lambda: martlet.json("limit", "get", "none")["status"]["waiting_tasks"] == 0)


def test_the_state_of_a_limit_with_keys_is_that_of_a_key(martlet):
    martlet.run("limit", "create", "sms", "--rate", "1/1h", "--key-label", "customer")
    whole = martlet.run("limit", "get", "sms", "--output", "table")
    assert "available" not in whole and "one for each customer: see --key" in whole
    assert "available" in martlet.run("limit", "get", "sms", "--key", "ada", "--output", "table")


def test_permits_of_a_rate_are_taken(martlet):
    martlet.run("limit", "create", "r", "--rate", "1/1h", "--burst", "2")
    assert martlet.json("limit", "acquire", "r", "--units", "2")["available"] == 0
    martlet.run("limit", "acquire", "r", code=REFUSED)
