"""`martlet`, and with it the Swift client, against a grpcio server in martletd's place."""

import json
import os
import signal
import subprocess

import grpc
import pytest
from grpc import StatusCode

from interop.martlet_server import MartletServer
from support.client import seconds
from support.server import PATIENCE, binary
from support.stubs import events, pools, task, tasks

NOT_FOUND, REFUSED, UNREACHABLE, TIMED_OUT = 3, 4, 5, 6


def start(server, *words):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MARTLET_", "XDG_"))}
    clean["XDG_STATE_HOME"] = os.environ["XDG_STATE_HOME"]
    return subprocess.Popen(
        [binary("martlet"), *words, "--server", server.address], text=True, env=clean,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(server, *words, code=0):
    process = start(server, *words)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, f"{process.returncode}\n{output}\n{errors}"
    return output if code == 0 else errors


def run_json(server, *words):
    return json.loads(run(server, *words, "--output", "json"))


def pool_reply(seen):
    spec = pools.PoolSpec(slots=3)
    return pools.GetPoolResponse(pool=pools.Pool(name=seen.request.name, spec=spec))


def submit_reply(seen):
    made = task.Task(id="01hzzzzzzzzzzzzzzzzzzzzzzz", pool=seen.request.pool)
    return tasks.SubmitTaskResponse(task=made)


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_call_brings_its_metadata_and_deadline_and_takes_the_answer(compression):
    with MartletServer({"GetPool": pool_reply}, compression=compression) as server:
        shown = run_json(
            server, "pool", "get", "mails", "--actor", "ada", "--timeout", "50s")
        [seen] = server.calls
    assert (shown["name"], shown["spec"]["slots"]) == ("mails", 3)
    assert seen.metadata["martlet-actor"] == "ada"
    assert seen.metadata["user-agent"].startswith("martlet")
    # The program looks at its clock itself, and gives the call a little longer.
    assert 0 < seen.remaining <= 51


def test_a_status_with_details_becomes_words_and_an_exit_code():
    def missing(seen):
        seen.fail(StatusCode.NOT_FOUND, "there is no pool ☺", "POOL_NOT_FOUND", pool="mails")

    with MartletServer({"GetPool": missing}) as server:
        errors = run(server, "pool", "get", "mails", code=NOT_FOUND)
    assert "☺" in errors and "martlet pool create" in errors


def test_a_submit_is_repeated_with_its_request_id_while_the_server_is_unavailable():
    def answer(seen):
        if len(server.calls) < 3:
            seen.context.abort(StatusCode.UNAVAILABLE, "not yet")
        return submit_reply(seen)

    with MartletServer({"SubmitTask": answer}) as server:
        run(server, "task", "submit", "mails", "echo", "{}")
        ids = {seen.request.request_id for seen in server.calls}
        assert len(server.calls) == 3 and len(ids) == 1 and ids != {""}


def test_a_submit_waits_for_room_as_long_as_it_is_told():
    def answer(seen):
        if len(server.calls) < 3:
            seen.fail(StatusCode.RESOURCE_EXHAUSTED, "full", "QUEUE_FULL", retry=seconds(0.1))
        return submit_reply(seen)

    with MartletServer({"SubmitTask": answer}) as server:
        assert run(server, "task", "submit", "mails", "echo", "{}", code=REFUSED)
        assert len(server.calls) == 1
        run(server, "task", "submit", "mails", "echo", "{}", "--wait-for-room")
        assert len(server.calls) == 3


def test_a_reply_over_four_mebibytes_is_taken_and_one_over_the_limit_refused():
    def page(count):
        spec = task.TaskSpec(kind="echo", payload=bytes(1 << 20))
        return lambda seen: tasks.ListTasksResponse(tasks=[
            task.Task(id=f"01hzzzzzzzzzzzzzzzzzzzzzz{n:x}", pool="mails", spec=spec)
            for n in range(count)])

    with MartletServer({"ListTasks": page(5)}) as server:
        shown = run(server, "task", "list", "--output", "json")
        assert shown.count("01hzzzzzzzzzzzzzzzzzzzzzz") == 5
    with MartletServer({"ListTasks": page(16)}) as server:
        run(server, "task", "list", code=REFUSED)


def test_a_call_that_takes_too_long_ends_on_both_sides():
    def late(seen):
        seen.wait_until_ended()
        return pool_reply(seen)

    with MartletServer({"GetPool": late}) as server:
        run(server, "pool", "get", "mails", "--timeout", "500ms", code=TIMED_OUT)
        [seen] = server.calls
        seen.wait_until_ended()
        # The program looks at its clock itself, and gives the call a little longer.
        assert 0 < seen.remaining <= 1.5


def heartbeats(seen):
    """Says that it is there, then nothing, until the caller has gone."""
    yield events.WatchEventsResponse(cursor="cursor-1")
    seen.wait_until_ended()


def test_ctrl_c_cancels_the_stream_at_the_server():
    with MartletServer({"WatchEvents": heartbeats}) as server:
        follower = start(server, "events", "--follow", "--from", "beginning")
        try:
            [seen] = server.wait_for_calls(1)
            follower.send_signal(signal.SIGINT)
            seen.wait_until_ended()
            follower.communicate(timeout=PATIENCE)
        finally:
            follower.kill()
            follower.communicate()


def test_a_stream_goes_on_from_its_cursor_when_the_server_comes_back():
    def one_event(revision, cursor):
        def answer(seen):
            event = events.Event(
                revision=revision, type=events.EVENT_TYPE_POOL_CREATED, pool="mails")
            yield events.WatchEventsResponse(cursor=cursor, events=[event])
            seen.wait_until_ended()
        return answer

    def next_revision():
        return int(json.loads(follower.stdout.readline())["revision"])

    with MartletServer({"WatchEvents": one_event(3, "cursor-1")}) as server:
        follower = start(server, "events", "--follow", "--from", "beginning", "--output", "json")
        try:
            # What has been shown, the cursor is past.
            assert next_revision() == 3
            server.stop(grace=0)
            later = {"WatchEvents": one_event(7, "cursor-2")}
            with MartletServer(later, port=server.port) as again:
                assert next_revision() == 7
                assert again.calls[0].request.cursor == "cursor-1"
                follower.send_signal(signal.SIGINT)
                follower.communicate(timeout=PATIENCE)
        finally:
            follower.kill()
            follower.communicate()


def test_a_server_that_is_not_there_is_unreachable():
    with MartletServer({}) as server:
        server.stop()
        run(server, "ping", code=UNREACHABLE)
