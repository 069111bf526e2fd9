"""Start and stop: signals, grace, directories that cannot be used, settings from everywhere."""

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from grpc import StatusCode

from support.client import Client, refused, seconds, spec
from support.server import binary, free_port
from support.stubs import events, task


def martletd(*arguments, cwd, environment=None):
    """Runs it to its end, which must come soon: exit code, output, errors."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MARTLET_")}
    done = subprocess.run(
        [binary("martletd"), *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
        env={**clean, **(environment or {})}, timeout=60)
    return done.returncode, done.stdout, done.stderr


def refuses_to_start(*arguments, cwd, saying, environment=None):
    code, _, errors = martletd(*arguments, cwd=cwd, environment=environment)
    assert code == 1, errors
    last = errors.strip().splitlines()[-1]
    for words in saying:
        assert words in last, last
    return last


# Stop


def test_running_attempts_may_finish_when_the_server_stops(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p", slots=4)
        ids = client.batch("p", [spec("sleep", {"milliseconds": 700})] * 6)
        for id in ids[:4]:
            client.wait_until(id, task.TASK_STATE_RUNNING)
        assert server.stop() == 0
    server.start()
    with Client(server) as client:
        found = client.events_until_now(beginning=True)
        released = [e for e in found if e.type == events.EVENT_TYPE_TASK_RELEASED]
        lost = [e for e in found if e.type == events.EVENT_TYPE_TASK_LOST]
        assert (released, lost) == ([], [])
        ended = client.wait_all(ids)
        assert {one.state for one in ended.values()} == {task.TASK_STATE_SUCCEEDED}
        assert {one.attempt for one in ended.values()} == {1}


def test_what_does_not_finish_in_time_is_given_back_and_not_counted(make_server):
    server = make_server("--limit-stop-grace-ms", "300")
    only_once = task.RetryPolicy(max_attempts=1)
    with Client(server) as client:
        client.create_pool("p", slots=4)
        id = client.submit("p", "sleep", {"seconds": 600}, retry_policy=only_once).id
        client.wait_until(id, task.TASK_STATE_RUNNING)
    for attempt in (2, 3, 4):
        cursor_before = server_cursor(server)
        assert server.stop() == 0
        server.start()
        with Client(server) as client:
            running = client.wait_until(id, task.TASK_STATE_RUNNING)
            assert running.attempt == attempt
            types = [e.type for e in client.events_until_now(cursor=cursor_before)]
            assert types == [
                events.EVENT_TYPE_TASK_RELEASED, events.EVENT_TYPE_TASK_STARTED]


def server_cursor(server):
    with Client(server) as client:
        return client.info().cursor


def test_a_stop_under_load_loses_no_attempt(make_server):
    server = make_server("--limit-stop-grace-ms", "0")

    def load():
        with Client(server) as client:
            try:
                while True:
                    client.batch("p", [spec("sleep", {"milliseconds": 20})] * 50)
            except Exception:
                return

    with Client(server) as client:
        client.create_pool("p", slots=50)
    for _ in range(5):
        loader = threading.Thread(target=load)
        loader.start()
        with Client(server) as client:
            stream = client.watch(types=[events.EVENT_TYPE_TASK_SUCCEEDED])
            for _, reply in zip(range(5), stream):
                assert reply.events
        assert server.stop() == 0
        loader.join()
        server.start()
    with Client(server) as client:
        found = client.events_until_now(
            beginning=True,
            types=[events.EVENT_TYPE_TASK_LOST, events.EVENT_TYPE_TASK_RELEASED])
        assert {event.type for event in found} <= {events.EVENT_TYPE_TASK_RELEASED}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(make_server, number):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        following = client.watch(heartbeat_interval=seconds(0.1))
        next(following)
        start = time.monotonic()
        server.send(number)
        with refused(StatusCode.UNAVAILABLE):
            for _ in following:
                pass
        assert server.wait() == 0
        assert time.monotonic() - start < 8


def test_a_second_signal_cuts_the_grace_short_without_loss(make_server):
    server = make_server("--limit-stop-grace-ms", "600000")
    with Client(server) as client:
        client.create_pool("p")
        id = client.submit("p", "sleep", {"seconds": 600}).id
        client.wait_until(id, task.TASK_STATE_RUNNING)
        server.send()
        server.wait_for_line("stopping")
        server.send()
        assert server.wait() == 0
    server.start()
    with Client(server) as client:
        assert client.wait_until(id, task.TASK_STATE_RUNNING).attempt == 2
        types = {event.type for event in client.events_until_now(beginning=True)}
        assert events.EVENT_TYPE_TASK_RELEASED in types
        assert events.EVENT_TYPE_TASK_LOST not in types
        server.send()
        server.wait_for_line("stopping")
        server.send()
        assert server.wait() == 0


def test_everything_survives_a_stop(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p", slots=2, labels={"a": "b"})
        ids = client.batch("p", [spec(payload=b"%d" % n) for n in range(500)], request_id="r")
        later = client.submit("p", delay=seconds(3600)).id
        client.wait_all(ids)
        before = [client.get(id) for id in [*ids[::50], later]]
        pool, feed = client.pool("p"), client.events_until_now(beginning=True)
    assert server.restart()
    with Client(server) as client:
        assert [client.get(id) for id in [*ids[::50], later]] == before
        again = client.pool("p")
        assert (again.spec, again.etag, again.status) == (pool.spec, pool.etag, pool.status)
        assert client.events_until_now(beginning=True) == feed
        specs = [spec(payload=b"%d" % n) for n in range(500)]
        assert client.batch("p", specs, request_id="r") == ids


# Directories


def test_a_directory_in_use_is_refused(make_server, tmp_path):
    server = make_server()
    line = refuses_to_start(
        "--listen", f"127.0.0.1:{free_port()}", "--data-dir", server.data, cwd=tmp_path,
        saying=[str(server.data), "in use", f"pid {server.pid}", "--data-dir"])
    assert line.startswith("martletd: ")
    with Client(server) as client:
        assert client.info().version


def test_an_address_in_use_is_refused(make_server, tmp_path):
    server = make_server()
    refuses_to_start(
        "--listen", server.address, "--data-dir", tmp_path / "other", cwd=tmp_path,
        saying=[server.address, "--listen"])


@pytest.mark.parametrize("file", ["log.db", "index.db"])
def test_a_newer_format_is_refused(make_server, tmp_path, file):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
    server.stop()
    with sqlite3.connect(server.data / file) as database:
        known = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {known + 1}")
    database.close()
    arguments = ["--listen", server.address, "--data-dir", server.data]
    refuses_to_start(
        *arguments, cwd=tmp_path, saying=[file, f"format {known + 1}", "newer martletd"])
    with sqlite3.connect(server.data / file) as database:
        database.execute(f"PRAGMA user_version = {known}")
    database.close()
    server.start()
    with Client(server) as client:
        assert client.pool("p").name == "p"


@pytest.mark.parametrize("file", ["log.db", "index.db"])
def test_a_file_that_is_no_database_is_refused(make_server, tmp_path, file):
    server = make_server()
    server.stop()
    (server.data / file).write_bytes(b"nonsense" * 1000)
    for extra in ("-wal", "-shm"):
        (server.data / (file + extra)).unlink(missing_ok=True)
    refuses_to_start(
        "--listen", server.address, "--data-dir", server.data, cwd=tmp_path, saying=[file])


def test_a_missing_index_is_made_again_from_the_log(make_server):
    """The log is the truth, and reaches back to the beginning here."""
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        ids = client.batch("p", [spec(payload=b"%d" % n) for n in range(100)])
        client.wait_all(ids)
        before = [client.get(id) for id in ids]
    server.stop()
    for path in server.data.glob("index.db*"):
        path.unlink()
    server.start()
    with Client(server) as client:
        assert [client.get(id) for id in ids] == before


def test_a_missing_directory_is_made_for_its_owner_alone(make_server):
    server = make_server()
    assert server.data.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in server.data.iterdir()} >= {"log.db", "index.db", "LOCK"}


def test_a_directory_is_made_with_what_is_missing_above_it(make_server, tmp_path):
    server = make_server(start=False)
    server.data = data = tmp_path / "not" / "there" / "yet"
    server.start()
    assert {path.name for path in data.iterdir()} >= {"log.db", "index.db", "LOCK"}


@pytest.mark.parametrize("path", [
    "/proc/nothing", "/proc/nothing/at/all", "/dev/null", "/dev/null/data"])
def test_a_directory_that_cannot_be_made_is_refused(tmp_path, path):
    refuses_to_start(
        "--listen", f"127.0.0.1:{free_port()}", "--data-dir", path, cwd=tmp_path,
        saying=[path, "cannot be made", "--data-dir"])


def test_a_file_root_that_is_not_there_is_refused(tmp_path):
    refuses_to_start(
        "--listen", f"127.0.0.1:{free_port()}", "--file-root", tmp_path / "nowhere", cwd=tmp_path,
        saying=["--file-root", "nowhere"])
    assert list(tmp_path.iterdir()) == []


# Settings


@pytest.mark.parametrize("address", ["0.0.0.0:7411", "192.168.1.1:7411", "example.org:7411"])
def test_an_address_that_is_not_loopback_is_refused(tmp_path, address):
    refuses_to_start(
        "--listen", address, cwd=tmp_path, saying=[address, "loopback", "--insecure"])


def test_insecure_serves_any_address(make_server):
    server = make_server("--insecure", "--listen", f"0.0.0.0:{free_port()}")
    with Client(server) as client:
        assert client.info().version


@pytest.mark.parametrize("arguments, saying", [
    (["--colour", "red"], ["--colour", "--help"]),
    (["--data-dri", "x"], ["--data-dri", "--data-dir"]),
    (["--insecure=maybe"], ["insecure", "maybe", "true or false"]),
    (["--data-dir="], ["--data-dir", "needs a value"]),
    (["--data-dir", "a", "--data-dir", "b"], ["--data-dir", "twice"]),
    (["serve"], ["serve", "--help"]),
    (["--limit-pools", "many"], ["limit-pools", "many", "whole number"]),
    (["--limit-pools", "0"], ["limit-pools", "0", "1 to 10000"]),
    (["--limit-pools"], ["--limit-pools", "needs a value"]),
    (["--log-level", "loud"], ["log-level", "loud", "info"]),
    (["--listen", "127.0.0.1:99999"], ["127.0.0.1:99999", "--listen"]),
    (["--config", "nowhere.yaml"], ["nowhere.yaml"]),
])
def test_settings_that_make_no_sense_are_refused(tmp_path, arguments, saying):
    refuses_to_start(*arguments, cwd=tmp_path, saying=saying)


def printed(*arguments, cwd, environment=None):
    """What is in force, by key."""
    code, output, errors = martletd(
        *arguments, "--print-config", cwd=cwd, environment=environment)
    assert code == 0, errors
    return dict(line.split(": ", 1) for line in output.strip().splitlines())


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "limitPools: 7\nlimitKinds: 70\nlogFormat: json\nfileRoot: [/a, /b]\n")
    (tmp_path / "m.json").write_text(json.dumps({
        "limitPools": 7, "limitKinds": 70, "logFormat": "json", "fileRoot": ["/a", "/b"]}))
    for file in ("m.yaml", "m.json"):
        found = printed("--config", file, cwd=tmp_path)
        assert (found["limitPools"], found["limitKinds"]) == ("7", "70")
        assert (found["logFormat"], found["fileRoot"]) == ('"json"', '["/a", "/b"]')
        environment = {"MARTLET_LIMIT_POOLS": "8", "MARTLET_LIMIT_KINDS": "80"}
        found = printed("--config", file, cwd=tmp_path, environment=environment)
        assert (found["limitPools"], found["limitKinds"]) == ("8", "80")
        found = printed(
            "--config", file, "--limit-pools", "9", cwd=tmp_path, environment=environment)
        assert (found["limitPools"], found["limitKinds"]) == ("9", "80")
        found = printed(cwd=tmp_path, environment={"MARTLET_CONFIG": file})
        assert found["limitPools"] == "7"


def test_printed_settings_can_be_read_again(tmp_path):
    arguments = [
        "--listen", "127.0.0.1:7999", "--data-dir", "/x y", "--file-root", "/a", "--file-root",
        "/b c", "--insecure", "--log-level", "debug", "--limit-kept-tasks=12"]
    first = martletd(*arguments, "--print-config", cwd=tmp_path)[1]
    (tmp_path / "printed.yaml").write_text(first)
    assert martletd("--config", "printed.yaml", "--print-config", cwd=tmp_path)[1] == first
    assert '"/b c"' in first


@pytest.mark.parametrize("name, text", [
    ("a.yaml", "limitPools: ["), ("a.json", '{"limitPools": '), ("b.yaml", "limitPools: many")])
def test_a_configuration_file_that_makes_no_sense_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    code, _, errors = martletd("--config", name, cwd=tmp_path)
    assert code == 1
    assert name in errors or "limit-pools" in errors


@pytest.mark.parametrize("name, text, saying", [
    ("a.yaml", "limitPool: 7", ["a.yaml", "limitPool", "limitPools"]),
    ("a.yaml", "logFormat: json\ndata-dir: /x", ["data-dir", "dataDir"]),
    ("a.json", '{"fileRoots": ["/x"]}', ["a.json", "fileRoots", "fileRoot"]),
    ("a.json", '{"colour": "red"}', ["a.json", "colour", "--print-config"]),
    ("a.yaml", "config: b.yaml", ["config"]),
    ("a.yaml", "limit:\n  pools: 7", ["limit"]),
])
def test_a_key_that_is_no_setting_is_refused_with_the_nearest_that_is(
        tmp_path, name, text, saying):
    (tmp_path / name).write_text(text)
    refuses_to_start("--config", name, cwd=tmp_path, saying=saying)


@pytest.mark.parametrize("text, saying", [
    ("insecure: maybe", ["insecure", "maybe", "true or false"]),
    ("listen: 127.0.0.1:7411", ["listen", "127.0.0.1:7411", "a list"]),
    ("listen: []", ["listen", "empty"]),
    ("limitPools: [1, 2]", ["limit-pools", "a whole number"]),
    ("dataDir: [x]", ["data-dir", "a text"]),
])
def test_a_value_of_another_type_is_refused(tmp_path, text, saying):
    (tmp_path / "a.yaml").write_text(text)
    refuses_to_start("--config", "a.yaml", cwd=tmp_path, saying=saying)


@pytest.mark.parametrize("name, value, saying", [
    ("MARTLET_INSECURE", "maybe", ["insecure", "maybe", "true or false"]),
    ("MARTLET_INSECURE", "", ["insecure", "true or false"]),
    ("MARTLET_LIMIT_POOLS", "many", ["limit-pools", "many", "a whole number"]),
    ("MARTLET_LIMIT_POOLS", "0", ["limit-pools", "1 to 10000"]),
    ("MARTLET_LOG_FORMAT", "xml", ["log-format", "xml", "json"]),
])
def test_a_variable_whose_value_makes_no_sense_is_refused(tmp_path, name, value, saying):
    code, _, errors = martletd(cwd=tmp_path, environment={name: value})
    assert code == 1
    assert all(word in errors for word in saying), errors
    assert list(tmp_path.iterdir()) == []


def test_variables_of_others_are_left_alone(tmp_path):
    assert printed(cwd=tmp_path, environment={"MARTLET_SERVER": "x", "MARTLET_COLOUR": "red"})


def test_help_and_version_end_well(tmp_path):
    code, output, _ = martletd("--help", cwd=tmp_path)
    assert code == 0
    for flag in printed(cwd=tmp_path):
        words = "".join("-" + c.lower() if c.isupper() else c for c in flag)
        assert f"--{words}" in output
    code, output, _ = martletd("--version", cwd=tmp_path)
    assert (code, output.split()[0]) == (0, "martletd")
    assert list(tmp_path.iterdir()) == []


def test_logs_are_one_json_object_a_line_on_request(make_server):
    server = make_server("--log-format", "json")
    server.stop()
    lines = [json.loads(line) for line in server.lines[1:-1]]
    assert [line["message"] for line in lines] == ["recovered", "serving", "stopping", "stopped"]
    assert all({"time", "level", "logger"} <= set(line) for line in lines)
