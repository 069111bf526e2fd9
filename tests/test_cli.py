"""The `martlet` program as scripts use it: exit codes, JSON, the demo, and a feed that resumes."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from support.client import Client, spec
from support.program import Martlet
from support.server import binary
from support.stubs import REPOSITORY

NOT_FOUND, REFUSED, UNREACHABLE, TIMED_OUT, USAGE = 3, 4, 5, 6, 2


@pytest.fixture
def martlet(server, tmp_path):
    return Martlet(server, tmp_path)


def test_every_command_has_help_with_examples(martlet):
    commands = [[], ["demo"], ["events"], ["info"], ["ping"], ["version"]] + [
        ["pool", verb] for verb in (
            "create", "list", "get", "update", "pause", "resume", "drain", "delete", "explain")] + [
        ["task", verb] for verb in (
            "submit", "batch", "list", "get", "count", "cancel", "retry", "wait", "trace",
            "explain", "update", "pause", "resume")] + [["purge"]] + [
        ["bulk", verb] for verb in (
            "cancel", "retry", "delete", "update", "move", "list", "get", "stop")] + [
        ["worker", verb] for verb in ("run", "list", "get", "drain", "disconnect")]
    for command in commands:
        assert "OVERVIEW" in martlet.run(*command, "--help")


def test_a_pool_from_creation_to_deletion(martlet):
    assert martlet.json("pool", "create", "life", "--slots", 2, "-l", "a=b")["name"] == "life"
    martlet.run("pool", "create", "life", "--slots", 2, code=REFUSED)
    assert "life" in martlet.run("pool", "list")
    pool = martlet.json("pool", "get", "life")
    assert pool["spec"]["slots"] == 2 and pool["spec"]["labels"] == {"a": "b"}
    martlet.run("pool", "update", "life", "--slots", 3, "--etag", pool["etag"])
    martlet.run("pool", "update", "life", "--slots", 4, "--etag", pool["etag"], code=REFUSED)
    assert martlet.json("pool", "pause", "life", "--reason", "x")["state"].endswith("PAUSED")
    assert martlet.json("pool", "resume", "life")["state"].endswith("ACTIVE")
    martlet.run("pool", "drain", "life")
    martlet.run("task", "submit", "life", "echo", code=REFUSED)
    martlet.run("pool", "delete", "life")
    martlet.run("pool", "get", "life", code=NOT_FOUND)
    martlet.run("pool", "create", "Bad Name", "--slots", 0, code=USAGE)


def test_a_task_from_an_argument_a_file_and_the_input(martlet, pool, tmp_path):
    id = martlet.run("task", "submit", pool, "echo", '{"a": 1}').strip()
    assert re.fullmatch("[0-9a-z]{13}", id)
    martlet.run("task", "wait", "@last")
    task = martlet.json("task", "get", "@last")
    assert (task["id"], task["state"].removeprefix("TASK_STATE_")) == (id, "SUCCEEDED")
    assert martlet.run("task", "wait", id, "--result") == '{"a": 1}'
    (tmp_path / "p.txt").write_text("from a file")
    assert martlet.run(
        "task", "submit", pool, "echo", "--file", tmp_path / "p.txt", "--wait",
        "--result") == "from a file"
    assert martlet.run(
        "task", "submit", pool, "echo", "-", "--wait", "--result", input="from input") \
        == "from input"


def test_exit_codes_say_what_came_of_it(martlet, pool, server):
    martlet.run("task", "submit", pool, "fail", '{"retryable": false}', "--wait", code=1)
    martlet.run("task", "wait", "@last", code=1)
    martlet.run("task", "retry", "@last")
    martlet.run("task", "wait", "@last", code=1)
    martlet.run("task", "cancel", "@last", code=REFUSED)
    martlet.run("task", "get", "0000000000001", code=NOT_FOUND)
    martlet.run("task", "get", "nonsense", code=USAGE)
    martlet.run("task", "list", "--filter", "colour = red", code=USAGE)
    martlet.run("task", "submit", "nowhere", "echo", code=NOT_FOUND)
    martlet.run("task", "colour", code=USAGE)
    martlet.run("task", "submit", pool, "sleep", '{"seconds": 600}')
    martlet.run("task", "wait", "@last", "--timeout", "200ms", code=TIMED_OUT)
    martlet.run("task", "cancel", "@last", "--reason", "enough")
    martlet.run("task", "wait", "@last", code=1)
    martlet.run("ping")
    martlet.run("ping", "--server", "127.0.0.1:1", code=UNREACHABLE)
    martlet.run("version")


def test_batches_lists_and_counts(martlet, pool):
    lines = "\n".join(json.dumps({"kind": "echo", "payload": n}) for n in range(30))
    ids = martlet.run("task", "batch", pool, "-", "--wait", input=lines + "\n").split()
    assert len({id for id in ids if re.fullmatch("[0-9a-z]{13}", id)}) == 30
    found = martlet.lines("task", "list", "--pool", pool, "--all")
    assert len(found) == 30
    assert martlet.json("task", "count", "--pool", pool)["total"] in (30, "30")
    martlet.run("task", "batch", pool, "-", input='{"kind": "echo"}\n{"colour": 1}\n', code=USAGE)
    assert martlet.json("task", "count", "--pool", pool)["total"] in (30, "30")


def test_many_tasks_are_changed_and_forgotten_at_once(martlet, pool):
    for n in range(3):
        martlet.run("task", "submit", pool, "unserved", n)
    chosen = ("--filter", f'pool = "{pool}" AND state = PENDING')
    assert len(martlet.run("bulk", "cancel", *chosen, "--dry-run").splitlines()) == 1 + 3
    martlet.run("bulk", "cancel", code=USAGE)
    martlet.run("bulk", "cancel", "--filter", "state = (", code=USAGE)
    assert "nobody serves unserved" in martlet.run("task", "explain", "@last")
    martlet.run("bulk", "update", *chosen, "--set-priority", 8, "--wait")
    assert martlet.json("task", "get", "@last")["spec"]["priority"] == 8
    martlet.run("bulk", "cancel", *chosen, "--wait")
    assert martlet.json("task", "get", "@last")["state"] == "CANCELLED"
    martlet.run("purge", code=USAGE)
    assert len(martlet.run("purge", "--pool", pool, "--dry-run").splitlines()) == 1 + 3
    martlet.run("purge", "--pool", pool, "--outcome", "cancelled", "--wait")
    martlet.run("task", "get", "@last", code=NOT_FOUND)


def test_completions_know_the_pools(martlet, pool):
    assert "martlet" in martlet.run("--generate-completion-script", "bash")


def test_events_are_shown_as_they_are(martlet, pool, client):
    client.wait(client.submit(pool, labels={"x": "y"}).id)
    found = martlet.lines("events", "--pool", pool)
    types = [event["type"].removeprefix("EVENT_TYPE_") for event in found]
    assert types == ["POOL_CREATED", "TASK_SUBMITTED", "TASK_STARTED", "TASK_SUCCEEDED"]
    assert martlet.lines("events", "--from", found[-1]["cursor"], "--pool", pool) == []
    shown = martlet.run("events", "--pool", pool, "--label", "x=y", "--type", "succeeded")
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])
def test_events_that_are_followed_go_on_after_a_restart(make_server, tmp_path, by):
    server = make_server()
    martlet = Martlet(server, tmp_path)
    follower = martlet.start("events", "--follow", "--from", "beginning", "--output", "json")
    try:
        revisions = []
        with Client(server) as client:
            client.create_pool("p")
        for _ in range(4):
            with Client(server) as client:
                client.wait_all(client.batch("p", [spec()] * 50))
                newest = client.info().newest_revision
            while not revisions or revisions[-1] < newest:
                line = follower.stdout.readline()
                assert line, follower.stderr.read()
                revisions.append(int(json.loads(line)["revision"]))
            server.restart(by)
        assert revisions == list(range(1, len(revisions) + 1))
        with Client(server) as client:
            client.submit("p")
        assert int(json.loads(follower.stdout.readline())["revision"]) == len(revisions) + 1
        follower.send_signal(signal.SIGINT)
        follower.communicate(timeout=60)
    finally:
        follower.kill()
        follower.communicate()


def test_a_wait_goes_on_after_a_restart(make_server, tmp_path):
    server = make_server("--limit-stop-grace-ms", "0")
    martlet = Martlet(server, tmp_path)
    martlet.run("pool", "create", "p", "--slots", 1)
    waiter = martlet.start("task", "submit", "p", "sleep", '{"milliseconds": 800}', "--wait")
    with Client(server) as client:
        for reply in client.watch(beginning=True):
            if any(event.task_id and event.attempt == 1 for event in reply.events):
                break
    server.restart()
    output, errors = waiter.communicate(timeout=60)
    assert waiter.returncode == 0, output + errors


# The demo


@pytest.fixture
def folder(tmp_path):
    """Files of all sorts, some of which nobody can digest."""
    root = tmp_path / "folder"
    (root / "deep" / "er").mkdir(parents=True)
    for n in range(40):
        (root / "deep" / f"{n} file.txt").write_bytes(os.urandom(n * 1000) + b"\n" * n)
    (root / "deep" / "er" / "empty").write_bytes(b"")
    (root / "new\nline").write_bytes(b"odd name")
    (root / "dangling").symlink_to("nowhere")
    (root / "link").symlink_to("deep/1 file.txt")
    os.mkfifo(root / "pipe")
    (root / "secret").write_bytes(b"secret")
    (root / "secret").chmod(0)
    return root


def test_the_demo_digests_a_folder_and_says_what_cannot_be_read(make_server, folder, tmp_path):
    server = make_server(file_roots=[folder])
    martlet = Martlet(server, tmp_path)
    output = martlet.run("demo", folder)
    assert output.strip()
    report = martlet.json("demo", folder)
    assert report, output
    with Client(server) as client:
        done = list(client.list(
            filter='kind = "file.digest" AND state = SUCCEEDED', page_size=1000, view=2))
        digests = {}
        for one in done:
            result = json.loads(one.result.data)
            digests[result["path"]] = result["sha256"]
        for n in range(40):
            path = folder / "deep" / f"{n} file.txt"
            assert digests[str(path)] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_demo_is_right_though_one_of_its_workers_is_killed(make_server, tmp_path):
    files = tmp_path / "many"
    files.mkdir()
    for n in range(3_000):
        (files / f"{n}").write_text("x" * n)
    # The server itself may read nothing: what is digested, workers have digested.
    martlet = Martlet(make_server("--limit-lease-ms", "1000"), tmp_path)
    report = martlet.json("demo", files, "--workers", 3)
    assert report["right"] and report["equal"] == 3_000
    assert report["workers"] == 3 and report["worker_killed"]
    assert report["attempts_lost"] == report["repeats"]
    # None of the others is left.
    assert '"id"' not in martlet.run("worker", "list", "--output", "json")


def test_the_demo_fails_where_the_server_may_not_read(make_server, folder, tmp_path):
    martlet = Martlet(make_server(), tmp_path)
    process = martlet.start("demo", folder)
    output, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "NOT_ALLOWED" in output + errors or "--file-root" in output + errors


# What the README shows


def test_the_python_client_of_the_readme_runs(make_server, tmp_path):
    source = (REPOSITORY / "docs/examples/submit.py").read_text()
    assert source.strip() in (REPOSITORY / "README.md").read_text()
    server = make_server()
    with Client(server) as client:
        client.create_pool("mails")
    (tmp_path / "stubs").mkdir()
    protos = sorted(
        str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("proto/martlet/v1/*.proto"))
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", "proto",
         f"--python_out={tmp_path}/stubs", f"--grpc_python_out={tmp_path}/stubs", *protos],
        cwd=REPOSITORY, check=True)
    (tmp_path / "submit.py").write_text(source.replace("127.0.0.1:7411", server.address))
    outputs = [
        subprocess.run(
            [sys.executable, tmp_path / "submit.py"], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}/stubs"}).stdout
        for _ in range(2)]
    assert all("TASK_STATE_SUCCEEDED" in text and "b'hello'" in text for text in outputs)
    ids = {text.splitlines()[0].split()[0] for text in outputs}
    assert len(ids) == 1, "the request id makes the second run get the first task"
