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


def test_permits_of_a_rate_are_taken(martlet):
    martlet.run("limit", "create", "r", "--rate", "1/1h", "--burst", "2")
    assert martlet.json("limit", "acquire", "r", "--units", "2")["available"] == 0
    martlet.run("limit", "acquire", "r", code=REFUSED)
