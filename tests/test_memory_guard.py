"""New tasks are refused while the process holds more memory than it may."""

from grpc import StatusCode

from support.client import Client, refused, seconds
from support.stubs import health_pb2, task

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SUBMISSIONS = health_pb2.HealthCheckRequest(service="martlet.submissions")


def next_status(stream, wanted):
    for reply in stream:
        if reply.status == wanted:
            return


def test_there_is_no_guard_unless_it_is_asked_for(client, pool):
    info = client.info()
    assert info.memory_bytes > 1 << 20
    assert list(info.refusing_submissions) == []
    limits = {limit.name: limit.value for limit in info.limits}
    assert limits["memory-bytes"] == 0
    assert client.health.Check(SUBMISSIONS).status == SERVING


def test_submits_are_refused_above_the_limit_and_all_else_goes_on(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        waiting = client.submit("p", delay=seconds(3_600))
        resident = server.resident_bytes()
    server.stop()
    # What it holds after a start is less than after some work.
    guarded = make_server(
        "--limit-memory-bytes", str(1 << 20), directory=server.directory)
    with Client(guarded) as client:
        stream = client.health.Watch(SUBMISSIONS)
        next_status(stream, NOT_SERVING)
        with refused(StatusCode.RESOURCE_EXHAUSTED, "MEMORY_PRESSURE") as error:
            client.submit("p")
        assert error.refusal.retry_seconds > 0
        assert error.refusal.metadata["what"] == "bytes"
        assert error.refusal.metadata["limit"] == str(1 << 20)
        info = client.info()
        assert list(info.refusing_submissions) == ["MEMORY_PRESSURE"]
        assert (1 << 20) < info.memory_bytes < resident * 4
        # All else goes on: the server as a whole serves, and tasks that are there are worked on.
        assert client.health.Check(health_pb2.HealthCheckRequest()).status == SERVING
        client.cancel(waiting.id)
        assert client.wait(waiting.id).state == task.TASK_STATE_CANCELLED
        stream.cancel()


def test_a_server_that_grows_beyond_the_limit_says_so_at_that_time(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        idle = client.info().memory_bytes
    server.stop()
    server = make_server(
        "--limit-memory-bytes", str(idle + (64 << 20)), directory=server.directory)
    with Client(server) as client:
        stream = client.health.Watch(SUBMISSIONS)
        next_status(stream, SERVING)
        client.submit("p", kind="nobody")

        def fill():
            # Live tasks hold memory, and the newest events with their payloads too.
            while True:
                client.batch("p", [task.TaskSpec(
                    kind="nobody", payload=b"x" * 100_000, labels={"n": str(n)})
                    for n in range(100)])

        with refused(StatusCode.RESOURCE_EXHAUSTED, "MEMORY_PRESSURE"):
            fill()
        next_status(stream, NOT_SERVING)
        stream.cancel()
