"""`martlet stats`: tables, sparklines, and JSON for scripts."""

import json
import signal

import pytest

from support.client import Client, spec
from support.program import Martlet
from support.stubs import task


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def martlet(server, tmp_path):
    return Martlet(server, tmp_path)


@pytest.fixture(autouse=True)
def tasks(server):
    with Client(server) as client:
        client.create_pool("p", default_retry_policy=task.RetryPolicy(max_attempts=1))
        client.create_pool("q")
        specs = [spec("echo", labels={"team": "red"})] * 20 + [
            spec("fail", {"message": f"row {n} is bad", "code": "CSV"}) for n in range(25)]
        ids = client.batch("p", specs) + client.batch("q", [spec("echo")] * 5)
        client.wait_all(ids)


def test_an_overview_has_a_table_and_its_course(martlet):
    output = martlet.run("stats")
    assert "(all)" in output and "50" in output and "submitted" in output
    assert any(block in output for block in "▁▂▃▄▅▆▇█")
    by_pool = martlet.run("stats", "--by", "pool", "--last", "10m").splitlines()
    assert [line.split()[0] for line in by_pool[1:]] == ["p", "q"]
    assert by_pool[1].split()[1:4] == ["45", "45", "25"]
    by_team = martlet.run("stats", "--by", "label:team").splitlines()
    assert by_team[1].split()[:4] == ["(no", "label)", "-", "30"]
    assert by_team[2].split()[:3] == ["red", "-", "20"]


def test_json_has_everything_for_scripts(martlet):
    overview = martlet.json("stats", "--by", "pool,kind")
    groups = {(one["pool"], one["kind"]): one for one in overview["groups"]}
    assert groups["p", "echo"]["counts"]["succeeded"] == 20
    assert groups["p", "fail"]["counts"]["failed_by_kind"] == {"HANDLER": 25}
    assert groups["q", "echo"]["lifetime"]["submitted"] == 5 and overview["cursor"]
    assert groups["q", "echo"]["run_time"]["count"] == 5
    red = martlet.json("stats", "--by", "label:team")
    assert red["kept_tasks_only"] is True
    assert {one.get("label_value"): one["counts"]["finished"] for one in red["groups"]} == {
        "red": 20, None: 30}


def test_performance_says_what_is_flagged_and_why(martlet):
    output = martlet.run("stats", "performance")
    assert "FAILING" in output and "0 of 25 tasks succeeded" in output
    kinds = {one["kind"]: one for one in martlet.lines("stats", "performance")}
    (flag,) = [flag for flag in kinds["fail"]["flags"] if flag["kind"] == "FAILING"]
    assert flag["rule"] == "min_success_rate" and flag["threshold"] == 0.95
    assert not [one for one in kinds["echo"]["flags"] if one["kind"] == "FAILING"]


def test_failures_are_grouped(martlet):
    assert "row # is bad" in martlet.run("stats", "failures")
    (group,) = martlet.lines("stats", "failures", "--pool", "p")
    assert (group["attempts"], group["tasks"], group["code"]) == (25, 25, "CSV")
    assert martlet.lines("stats", "failures", "--pool", "q") == []


def test_a_watch_tells_the_now_each_second(martlet):
    watch = martlet.start("-o", "json", "stats", "--watch", "--pool", "p")
    looks = [json.loads(watch.stdout.readline()) for _ in range(2)]
    watch.send_signal(signal.SIGINT)
    watch.wait(30)
    for look in looks:
        (pool,) = look["pools"]
        assert pool["pool"] == "p" and pool["gauges"]["slots"] == 4
        assert pool["windows"][2]["length"] == "60s"


def test_what_makes_no_sense_is_a_usage_error(martlet):
    for arguments in (["--by", "x"], ["--last", "0s"], ["--watch", "--by", "pool"],
                      ["failures", "--limit", "0"]):
        martlet.run("stats", *arguments, code=2)
    martlet.run("stats", "--pool", "nope", code=3)
