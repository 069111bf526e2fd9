"""Health, the server about itself, and its handler that reads files."""

import hashlib
import json
import os
import time

import pytest
from grpc import StatusCode

from support.client import Client, refused, spec
from support.stubs import health_pb2, task

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def check(service=""):
    return health_pb2.HealthCheckRequest(service=service)


# Health


@pytest.mark.parametrize("service", [
    "", "martlet.v1.TaskService", "martlet.v1.PoolService", "martlet.v1.EventService",
    "martlet.v1.ServerService", "martlet.v1.WorkerService", "grpc.health.v1.Health"])
def test_health_is_known_for_the_server_and_each_service(client, service):
    assert client.health.Check(check(service)).status == SERVING
    stream = client.health.Watch(check(service))
    assert next(stream).status == SERVING
    stream.cancel()


def test_the_health_of_an_unknown_service(client):
    with refused(StatusCode.NOT_FOUND):
        client.health.Check(check("nothing.v1.Nothing"))
    stream = client.health.Watch(check("nothing.v1.Nothing"))
    assert next(stream).status == SERVICE_UNKNOWN
    stream.cancel()


def test_health_watchers_hear_that_the_server_stops_and_do_not_hold_it_up(make_server):
    server = make_server()
    with Client(server) as client:
        stream = client.health.Watch(check())
        assert next(stream).status == SERVING
        start = time.monotonic()
        server.send()
        assert next(stream).status == NOT_SERVING
        with refused(StatusCode.UNAVAILABLE):
            next(stream)
        assert server.wait() == 0
        # Far less than the 10 s that running attempts would get.
        assert time.monotonic() - start < 8


# Info


def test_the_server_says_what_it_is(client, pool):
    client.wait(client.submit(pool).id)
    info = client.info()
    assert info.version.count(".") == 2
    assert info.uptime.ToNanoseconds() > 0
    assert info.elapsed.ToNanoseconds() > 0
    assert info.start_time.ToNanoseconds() < info.time.ToNanoseconds()
    assert info.oldest_revision == 1
    assert info.newest_revision >= 4
    assert info.last_flush.ToNanoseconds() > 0
    assert {"echo", "sleep", "fail", "file.digest"} <= set(info.kinds)
    limits = {limit.name: limit for limit in info.limits}
    assert limits["payload-bytes"].value == 1 << 20
    assert all(limit.unit and limit.beyond for limit in info.limits)
    first = client.events_until_now(cursor=info.oldest_cursor)[0]
    assert first.revision == info.oldest_revision
    assert client.events_until_now(cursor=info.cursor) == []


def test_the_clock_of_the_log_never_goes_back(client):
    elapsed = [client.info().elapsed.ToNanoseconds() for _ in range(20)]
    assert elapsed == sorted(elapsed)


# file.digest


@pytest.fixture(scope="module")
def tree(tmp_path_factory, make_shared_server):
    """A client, and a root with files, links that stay and links that leave."""
    base = tmp_path_factory.mktemp("tree")
    root = base / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"one\ntwo\n")
    (root / "empty").write_bytes(b"")
    (root / "sub" / "big.bin").write_bytes(os.urandom(3_000_000))
    (root / "with space é.txt").write_bytes(b"x")
    (root / "inside").symlink_to("sub/big.bin")
    (base / "secret.txt").write_bytes(b"secret")
    (root / "outside").symlink_to(base / "secret.txt")
    (root / "up").symlink_to("../secret.txt")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    server = make_shared_server(file_roots=[root])
    with Client(server) as client:
        client.create_pool("digests")
        yield client, root, base


def digest(client, path, **fields):
    return client.wait(client.submit("digests", "file.digest", {"path": str(path)}, **fields).id)


@pytest.mark.parametrize("name", [
    "a.txt", "empty", "sub/big.bin", "with space é.txt", "inside", "./sub/./big.bin"])
def test_files_below_the_root_are_digested(tree, name):
    client, root, _ = tree
    done = digest(client, f"{root}/{name}")
    assert done.state == task.TASK_STATE_SUCCEEDED, done.failure
    content = (root / name).read_bytes()
    assert json.loads(done.result.data) == {
        "path": f"{root}/{name}", "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content), "lines": content.count(b"\n"),
    }
    assert done.result.content_type == "application/json"


@pytest.mark.parametrize("path, code", [
    ("{base}/secret.txt", "NOT_ALLOWED"), ("{root}/../secret.txt", "NOT_ALLOWED"),
    ("{root}/sub/../../secret.txt", "NOT_ALLOWED"), ("{root}/outside", "NOT_ALLOWED"),
    ("{root}/up", "NOT_ALLOWED"), ("a.txt", "NOT_ALLOWED"), ("/etc/passwd", "NOT_ALLOWED"),
    ("{root}x/a.txt", "NOT_ALLOWED"), ("", "NOT_ALLOWED"), ("{root}/a.txt\0", "NOT_ALLOWED"),
    ("{root}/dangling", "NOT_FOUND"), ("{root}/missing", "NOT_FOUND"),
    ("{root}/a.txt/b", "NOT_FOUND"), ("{root}", "NOT_A_FILE"), ("{root}/sub", "NOT_A_FILE"),
    ("{root}/pipe", "NOT_A_FILE"),
])
def test_other_paths_fail_at_once_with_a_clear_reason(tree, path, code):
    client, root, base = tree
    done = digest(client, path.format(root=root, base=base))
    assert done.state == task.TASK_STATE_FAILED
    assert (done.failure.kind, done.failure.code) == (task.FAILURE_KIND_HANDLER, code)
    assert done.failure.message
    assert (done.attempt, done.failure.retryable) == (1, False)


def test_a_payload_that_is_no_path_fails_at_once(tree):
    client, _, _ = tree
    for payload in (b"", b"{}", b"[]", b'{"path": 7}', b"\xff"):
        done = client.wait(client.submit("digests", "file.digest", payload).id)
        assert (done.state, done.failure.code) == (task.TASK_STATE_FAILED, "INVALID_PAYLOAD")


def test_no_root_is_allowed_unless_said(make_server, tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    with Client(make_server()) as client:
        client.create_pool("digests")
        done = digest(client, tmp_path / "a")
        assert (done.state, done.failure.code) == (task.TASK_STATE_FAILED, "NOT_ALLOWED")


def test_a_kind_that_nobody_serves_waits_and_blocks_no_other(client):
    client.create_pool("mixed", slots=1)
    waiting = [client.submit("mixed", "nobody.serves.this", priority=10).id for _ in range(5)]
    assert client.wait(client.submit("mixed").id).state == task.TASK_STATE_SUCCEEDED
    assert all(client.get(id).state == task.TASK_STATE_PENDING for id in waiting)


def test_a_blocked_pool_holds_up_no_other(client):
    client.create_pool("slow", slots=2)
    client.create_pool("quick", slots=2)
    slow = client.batch("slow", [spec("sleep", {"seconds": 600})] * 50)
    for _ in range(20):
        assert client.wait(client.submit("quick").id).state == task.TASK_STATE_SUCCEEDED
    assert client.count('pool = "slow" AND state = RUNNING').total == 2
    for id in slow:
        client.cancel(id)
