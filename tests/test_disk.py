"""Disks that fill up, and what is purged to keep them from it."""

import os
import subprocess
import time

import pytest
from grpc import RpcError, StatusCode

from support.client import Client, Refusal, refused, spec
from support.feed import LOST
from support.server import ServerEnded
from support.stubs import events, task

MEBIBYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """mount(mebibytes): a file system of that size, which can be made larger by another call."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = []

    def mount(mebibytes, options=""):
        words = f"size={mebibytes}m,mode=700" + options
        if mounted:
            words = "remount," + words
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", words, "tmpfs", str(place)], capture_output=True)
        if done.returncode != 0:
            pytest.skip("mounting a small file system takes root")
        mounted.append(place)
        return place

    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(client, ledger, pool="p"):
    """Submits until that fails, notes what was acknowledged, and returns the failure."""
    payload = os.urandom(200_000)
    while True:
        try:
            ledger.append((client.submit(pool, payload=payload).id, payload))
        except RpcError as error:
            return error


def check_all_there(client, ledger):
    client.wait_all([id for id, _ in ledger])
    for id, payload in ledger:
        one = client.get(id)
        assert (one.state, one.result.data) == (task.TASK_STATE_SUCCEEDED, payload)
    found = client.events_until_now(beginning=True)
    assert [event.revision for event in found] == list(range(1, len(found) + 1))
    assert client.count().total >= len(ledger)


def test_a_disk_that_is_full_ends_the_process_and_loses_nothing(make_server, small_disk):
    place = small_disk(24)
    server = make_server("--limit-disk-reserve-bytes", "0", directory=place)
    ledger = []
    with Client(server) as client:
        client.create_pool("p")
        error = fill(client, ledger)
        assert error.code() in LOST
        assert server.wait() == 1
        assert ledger
        said = next(line for line in server.lines if " critical " in line)
        assert "make room" in said and str(place) in said
    with pytest.raises(ServerEnded):
        server.start()
    assert server.process.returncode == 1
    small_disk(200)
    server.start()
    with Client(server) as client:
        check_all_there(client, ledger)
        ledger.append((client.submit("p", payload=b"more").id, b"more"))
        check_all_there(client, ledger)


def test_an_almost_full_disk_refuses_submits_and_goes_on_finishing(make_server, small_disk):
    place = small_disk(60)
    server = make_server(
        "--limit-disk-reserve-bytes", str(30 * MEBIBYTE), directory=place)
    with Client(server) as client:
        client.create_pool("p", slots=1)
        held = client.submit("p", "sleep", {"milliseconds": 500}).id
        waiting = client.batch("p", [spec(payload=b"%d" % n) for n in range(20)])
        (place / "filler").write_bytes(bytes(35 * MEBIBYTE))
        # The server looks every few seconds; each submit until then is taken and kept.
        ledger = [(id, b"%d" % n) for n, id in enumerate(waiting)]
        error = Refusal(submit_until_refused(client, ledger))
        assert (error.code, error.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DISK_LOW")
        assert error.retry_seconds > 0
        client.wait(held)
        check_all_there(client, ledger)
        with refused(StatusCode.RESOURCE_EXHAUSTED, "DISK_LOW"):
            client.batch("p", [spec()])
        (place / "filler").unlink()
        submit_until_taken(client)


def submit_until_refused(client, ledger):
    """A client that goes on submitting, a hundred times a second."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            ledger.append((client.submit("p", payload=b"x").id, b"x"))
        except RpcError as error:
            return error
        time.sleep(0.01)
    raise AssertionError("the disk was low, and no submit was refused")


def submit_until_taken(client):
    """A client that comes back ten times a second until it is served."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return client.submit("p")
        except RpcError as error:
            assert Refusal(error).reason == "DISK_LOW"
        time.sleep(0.1)
    raise AssertionError("the disk had room again, and every submit was refused")


def test_a_disk_that_cannot_be_written_is_refused_at_start(make_server, small_disk):
    place = small_disk(60)
    server = make_server(directory=place)
    assert server.stop() == 0
    small_disk(60, ",ro")
    server.directory = "/"
    with pytest.raises(ServerEnded):
        server.start()
    assert server.process.returncode == 1
    said = server.lines[-2]
    assert said.startswith("martletd: ") and str(server.data) in said
    small_disk(60, ",rw")
    server.start()


def test_what_is_beyond_the_limits_is_purged_and_the_rest_stays(make_server):
    """A purge runs every 30 s; its events say that it has."""
    server = make_server(
        "--limit-kept-tasks", "100", "--limit-kept-event-bytes", str(MEBIBYTE),
        "--limit-feed-ring-bytes", str(MEBIBYTE))
    with Client(server) as client:
        client.create_pool("p", slots=8)
        first = client.info()
        payload = os.urandom(20_000)
        ids = client.batch("p", [spec(payload=payload) for _ in range(400)], request_id="kept")
        client.wait_all(ids)
        waiting = client.batch("p", [spec("not.served", payload=b"%d" % n) for n in range(30)])
        purges = wait_for_purges(client)
        # Tasks that ended in one commit, at most one for each of the 8 slots, stay or go together.
        assert 293 <= purges[events.EVENT_TYPE_TASKS_PURGED].count <= 300
        assert purges[events.EVENT_TYPE_EVENTS_PURGED].count > 0
        check_after_purge(client, ids, waiting, payload, first)
        total = client.count().total
    server.restart()
    with Client(server) as client:
        assert client.count().total == total
        check_after_purge(client, ids, waiting, payload, first)
        for n, id in enumerate(waiting):
            assert client.get(id).spec.payload == b"%d" % n


def wait_for_purges(client):
    found = {}
    stream = client.watch(
        beginning=True,
        types=[events.EVENT_TYPE_TASKS_PURGED, events.EVENT_TYPE_EVENTS_PURGED])
    for reply in stream:
        for event in reply.events:
            if event.type in found:
                found[event.type].count += event.count
            else:
                found[event.type] = event
        if len(found) == 2:
            stream.cancel()
            return found


def check_after_purge(client, ids, waiting, payload, first):
    left = [one.id for one in client.list(page_size=1000)]
    assert set(waiting) <= set(left)
    kept = [id for id in ids if id in set(left)]
    assert 100 <= len(kept) <= 107 and len(left) == len(kept) + 30
    assert all(client.get(id).result.data == payload for id in kept[::10])
    with refused(StatusCode.NOT_FOUND, "TASK_NOT_FOUND"):
        client.get(next(id for id in ids if id not in set(left)))
    reply = client.count()
    assert reply.total == len(left)
    status = client.pool("p").status
    assert (status.queued, status.total_submitted, status.total_succeeded) == (30, 430, 400)
    # A request id is remembered, also when its tasks are not.
    assert client.batch("p", [spec(payload=payload) for _ in range(400)], "kept") == ids
    info = client.info()
    assert info.oldest_revision > 1
    with refused(StatusCode.OUT_OF_RANGE, "REVISION_COMPACTED") as caught:
        client.events_until_now(cursor=first.cursor)
    assert caught.refusal.metadata["oldest_cursor"] == info.oldest_cursor
    for start in ({"cursor": info.oldest_cursor}, {"beginning": True}, {"time": first.time}):
        found = client.events_until_now(**start)
        assert found[0].revision == info.oldest_revision, start
        assert found[-1].revision == info.newest_revision
