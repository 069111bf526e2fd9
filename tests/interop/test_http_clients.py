"""Clients that know HTTP/2 and nothing of gRPC: curl and h2load, without TLS."""

import re
import struct
import subprocess

import pytest

from support.rpc import EchoServer
from support.server import PATIENCE

# What curl ends with when a stream did not go as it expected.
CURLE_HTTP2_STREAM = 92
GRPC = ("-H", "content-type: application/grpc", "-H", "te: trailers")


@pytest.fixture(scope="module")
def echo():
    server = EchoServer()
    yield server
    server.end()


def framed(message):
    return b"\0" + struct.pack(">I", len(message)) + message


class Answer:
    """What curl got: blocks of header fields as they came (the last is that of the trailers, if
    there are any), and the body."""

    def __init__(self, blocks, body):
        self.status = int(blocks[0].split(" ", 2)[1])
        self.headers, *trailers = [self._fields(block) for block in blocks]
        self.trailers = trailers[0] if trailers else {}
        self.body = body

    @staticmethod
    def _fields(block):
        lines = [line for line in block.split("\r\n") if line and not line.startswith("HTTP/")]
        return dict(line.split(": ", 1) for line in lines)


def curl(server, path, *options, message=None, tmp_path):
    files = {name: tmp_path / name for name in ("headers", "body", "message")}
    command = ["curl", "--silent", "--show-error", "--http2-prior-knowledge",
               "--max-time", str(PATIENCE), "--dump-header", files["headers"],
               "--output", files["body"], *options]
    if message is not None:
        files["message"].write_bytes(framed(message))
        command += ["--data-binary", f"@{files['message']}"]
    for _ in range(10):
        done = subprocess.run(
            [*command, f"http://{server.address}{path}"], capture_output=True, text=True)
        # A server may answer before it has the request's body, and then want no more of it
        # (RFC 9113 section 8.1): a curl that had not sent it yet takes that for an error.
        if done.returncode != CURLE_HTTP2_STREAM:
            break
    assert done.returncode == 0, done.stderr
    body = files["body"].read_bytes() if files["body"].exists() else b""
    blocks = files["headers"].read_bytes().decode().split("\r\n\r\n")
    return Answer([block for block in blocks if block], body)


def test_curl_gets_the_message_and_the_trailers(echo, tmp_path):
    answer = curl(echo, "/martlet.echo.v1.Echo/Echo", *GRPC, message=b"hello", tmp_path=tmp_path)
    assert answer.status == 200
    assert answer.headers == {"content-type": "application/grpc"}
    assert answer.body == framed(b"hello")
    assert answer.trailers == {"grpc-status": "0"}


def test_curl_gets_all_messages_of_a_stream(echo, tmp_path):
    answer = curl(echo, "/martlet.echo.v1.Echo/Repeat", *GRPC, "-H", "times: 1000",
                  message=b"x" * 1_000, tmp_path=tmp_path)
    assert answer.body == framed(b"x" * 1_000) * 1_000
    assert answer.trailers == {"grpc-status": "0"}


def test_the_server_itself_ends_a_call_at_its_deadline(echo, tmp_path):
    """curl knows nothing of the deadline that it sends."""
    answer = curl(echo, "/martlet.echo.v1.Echo/Hold", *GRPC, "-H", "grpc-timeout: 50m",
                  message=b"", tmp_path=tmp_path)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.trailers == {"grpc-status": "4", "grpc-message": "the deadline passed"}


def test_an_unknown_method_is_answered_by_headers_alone(echo, tmp_path):
    answer = curl(
        echo, "/martlet.echo.v1.Echo/Nothing", *GRPC, message=b"", tmp_path=tmp_path)
    assert answer.status == 200
    assert answer.headers["grpc-status"] == "12"
    assert (answer.trailers, answer.body) == ({}, b"")


def test_what_is_no_grpc_call_is_told_so_in_the_terms_of_http(echo, tmp_path):
    get = curl(echo, "/", tmp_path=tmp_path)
    assert (get.status, get.headers["allow"], get.body) == (405, "POST", b"")
    form = curl(echo, "/martlet.echo.v1.Echo/Echo", message=b"hello", tmp_path=tmp_path)
    assert (form.status, form.body) == (415, b"")


def test_http_1_is_not_answered(echo):
    done = subprocess.run(
        ["curl", "--silent", "--max-time", str(PATIENCE), f"http://{echo.address}/"],
        capture_output=True)
    assert done.returncode != 0
    echo.call()


@pytest.mark.parametrize(
    ("connections", "streams", "requests"), [(10, 100, 20_000), (1, 1, 1_000), (50, 10, 20_000)])
def test_h2load_gets_an_answer_to_every_request(
        echo, long, tmp_path, connections, streams, requests):
    """It judges no time."""
    requests *= 50 if long else 1
    message = tmp_path / "message"
    message.write_bytes(framed(b"m" * 44))
    done = subprocess.run(
        ["h2load", "-n", str(requests), "-c", str(connections), "-m", str(streams), *GRPC,
         "-d", str(message), f"http://{echo.address}/martlet.echo.v1.Echo/Echo"],
        capture_output=True, text=True, timeout=PATIENCE * (20 if long else 1))
    assert done.returncode == 0, done.stderr
    counts = dict((name, int(count)) for count, name in re.findall(
        r"(\d+) (total|succeeded|failed|errored|timeout)\b",
        re.search(r"^requests: .*", done.stdout, re.M)[0]))
    assert counts == {
        "total": requests, "succeeded": requests, "failed": 0, "errored": 0, "timeout": 0}
    assert re.search(rf"^status codes: {requests} 2xx, 0 3xx, 0 4xx, 0 5xx", done.stdout, re.M)
    assert f"({requests * 49}) data" in done.stdout
    echo.call()
