"""Scaling, history and groups from the command line."""

import pytest

from support.program import Martlet

NOT_FOUND, REFUSED, USAGE = 3, 4, 2


@pytest.fixture
def martlet(server, tmp_path):
    return Martlet(server, tmp_path)


def test_every_command_has_help(martlet):
    for command in [["pool", "history"], ["pool", "rollback"], ["group"]] + [
            ["group", verb] for verb in ("create", "list", "get", "update", "delete")]:
        assert "OVERVIEW" in martlet.run(*command, "--help")


def test_a_pool_that_scales(martlet):
    martlet.run(
        "pool", "create", "tide", "--slots", 4, "--scale", "2..32", "--scale-up-at", 90,
        "--scale-oldest-age", "30s", "--scale-step", "8", "--scale-down-cooldown", "1h",
        "--reason", "the tide")
    scaling = martlet.json("pool", "get", "tide")["spec"]["scaling"]
    assert scaling["mode"] == "ON" and scaling["step_slots"] == 8
    assert (scaling["min_slots"], scaling["max_slots"]) == (2, 32)
    assert (scaling["up_percent"], scaling["down_percent"]) == (90, 20)
    assert "ON 2..32, up at 90 %" in martlet.run("pool", "get", "tide")
    assert "scaling ON: 4 slots: COOLING_DOWN, use 0 %" in martlet.run("pool", "explain", "tide")
    assert martlet.json("pool", "explain", "tide")["scaling"]["reason"] == "COOLING_DOWN"
    martlet.run("pool", "update", "tide", "--scale", "2..8", "--scale-mode", "dry-run")
    assert martlet.json("pool", "get", "tide")["spec"]["scaling"]["mode"] == "DRY_RUN"
    martlet.run("pool", "update", "tide", "--reset", "scaling")
    assert "scaling" not in martlet.json("pool", "get", "tide")["spec"]


@pytest.mark.parametrize("words", [
    ["--scale", "8..2"], ["--scale", "8"], ["--scale", "2..8", "--scale-down-at", "80"],
    ["--scale-up-at", "50"], ["--scale", "2..8", "--scale-step", "much"],
    ["--group-minimum", "1"]])
def test_wrong_scaling_is_refused(martlet, words):
    martlet.run("pool", "create", "wrong", "--slots", 4, *words, code=USAGE)


def test_the_history_of_a_pool_and_its_rollback(martlet):
    martlet.run("pool", "create", "told", "--slots", 2, "--actor", "ada")
    martlet.run("pool", "update", "told", "--slots", 9, "-l", "a=b", "--reason", "more")
    martlet.run("pool", "pause", "told", "--reason", "a fault")
    paused, updated, created = martlet.lines("pool", "history", "told")
    assert [one["type"] for one in (paused, updated, created)] == ["PAUSED", "UPDATED", "CREATED"]
    assert created["actor"] == "ada" and created["after"]["spec"]["slots"] == 2
    assert updated["before"]["slots_limit"] == 2 and updated["after"]["slots_limit"] == 9
    table = martlet.run("pool", "history", "told")
    assert "slots=9" in table and '"b"' in table and "more" in table and "a fault" in table
    pool = martlet.json("pool", "rollback", "told", created["revision"], "--reason", "too many")
    assert pool["spec"]["slots"] == 2 and pool["state"] == "PAUSED"
    assert f"to {created['revision']}" in martlet.run("pool", "history", "told")
    assert len(martlet.lines("pool", "history", "told", "--limit", 2)) == 2
    martlet.run("pool", "rollback", "told", 999_999_999, code=NOT_FOUND)
    martlet.run("pool", "rollback", "told", "soon", code=USAGE)
    martlet.run("pool", "history", "never", code=NOT_FOUND)


def test_a_group_from_creation_to_deletion(martlet):
    group = martlet.json("group", "create", "batch", "--budget", 10, "-l", "team=a")
    assert group["budget"] == 10 and group["labels"] == {"team": "a"}
    martlet.run("group", "create", "batch", "--budget", 1, code=REFUSED)
    martlet.run("group", "create", "Batch", "--budget", 1, code=USAGE)
    martlet.run(
        "pool", "create", "thumbs", "--slots", 8, "--group", "batch", "--group-minimum", 4)
    assert martlet.json("pool", "get", "thumbs")["spec"]["group_minimum"] == 4
    assert "batch, minimum 4" in martlet.run("pool", "get", "thumbs")
    shown = martlet.run("group", "get", "batch")
    assert "thumbs" in shown and "LENT" in shown
    assert martlet.json("group", "get", "batch")["pools"][0]["slots_lent"] == 4
    assert "batch" in martlet.run("group", "list")
    assert [one["name"] for one in martlet.lines("group", "list")] == ["batch"]
    martlet.run("group", "update", "batch", "--budget", 3, code=REFUSED)
    martlet.run("group", "update", "batch", code=USAGE)
    martlet.run("group", "update", "batch", "--budget", 12, "--etag", group["etag"])
    martlet.run("group", "update", "batch", "--budget", 13, "--etag", group["etag"], code=REFUSED)
    martlet.run("group", "delete", "batch", code=REFUSED)
    martlet.run("pool", "update", "thumbs", "--reset", "group", "--reset", "group-minimum")
    assert martlet.json("group", "delete", "batch")["name"] == "batch"
    martlet.run("group", "get", "batch", code=NOT_FOUND)
    martlet.run(
        "pool", "create", "orphan", "--slots", 1, "--group", "batch", code=NOT_FOUND)
    lines = martlet.run("events")
    assert "GROUP_CREATED" in lines and "batch  budget=12" in lines
