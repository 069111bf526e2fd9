"""A handler that does not get on: what a client streams to it stays with the client."""

import subprocess
import threading
from pathlib import Path

import grpc
import pytest

from interop.contract import messages, path, request_type, response_type
from support.server import PATIENCE, binary

REQUESTS = 500
REQUEST_BYTES = 100_000
RESPONSE_BYTES = 100_000
UNLIMITED = [("grpc.max_receive_message_length", -1)]


@pytest.fixture
def server():
    process = subprocess.Popen(
        [binary("rpc-interop-server"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    process.port = int(process.stdout.readline().rsplit(":", 1)[1])
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def resident_bytes(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) << 10


def call(channel, kind, method):
    return getattr(channel, kind)(
        path(method), request_serializer=request_type(method).SerializeToString,
        response_deserializer=response_type(method).FromString)


def test_50_mb_to_a_handler_that_cannot_write_cost_the_server_no_memory(server):
    taken = threading.Semaphore(0)

    def requests():
        request = messages.StreamingOutputCallRequest(
            payload=messages.Payload(body=bytes(REQUEST_BYTES)),
            response_parameters=[messages.ResponseParameters(size=RESPONSE_BYTES)])
        for _ in range(REQUESTS):
            yield request
            taken.release()

    with grpc.insecure_channel(f"127.0.0.1:{server.port}", options=UNLIMITED) as channel:
        unary = call(channel, "unary_unary", "UnaryCall")
        unary(messages.SimpleRequest(response_size=1), timeout=PATIENCE)
        before = resident_bytes(server)
        # The handler answers each request before it reads the next; we do not read the answers.
        responses = call(channel, "stream_stream", "FullDuplexCall")(requests(), timeout=PATIENCE)
        count = 0
        while taken.acquire(timeout=1):
            count += 1
        assert count < REQUESTS, "all was taken off our hands"
        for _ in range(100):
            response = unary(messages.SimpleRequest(response_size=10), timeout=PATIENCE)
            assert len(response.payload.body) == 10
        assert resident_bytes(server) - before < 16 << 20
        # When we read, everything arrives.
        received = sum(len(response.payload.body) for response in responses)
        assert received == REQUESTS * RESPONSE_BYTES
        assert resident_bytes(server) - before < 16 << 20
