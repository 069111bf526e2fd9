"""The gRPC runtime under attack: whatever one client does, the others are served.

Each flood runs at full speed for 2 s (30 s in the long form) from a process of its own.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys

import grpc
import pytest

from conftest import LONG
from support.floods import FLOODS
from support.server import PATIENCE, binary, free_port

SECONDS = 30 if LONG else 2
RSS_GROWTH_MAX = 100 << 20
# Those that are held within limits, stream by stream; the connection goes on.
LAWFUL = {"connections", "header_bombs", "unread_answers", "unfinished_requests"}


class EchoServer:
    def __init__(self, files=None):
        self.port = free_port()
        self.process = subprocess.Popen(
            [binary("rpc-echo-server"), "--port", str(self.port)], stdout=subprocess.DEVNULL)
        if files:
            resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (files, files))
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self._echo = self.channel.unary_unary("/martlet.echo.v1.Echo/Echo")
        grpc.channel_ready_future(self.channel).result(timeout=PATIENCE)

    def echo(self, message=b"hello"):
        assert self._echo(message, timeout=PATIENCE) == message

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    def end(self):
        self.channel.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def shared_echo():
    server = EchoServer()
    # What the first calls allocate is no growth.
    for _ in range(200):
        server.echo(bytes(100_000))
    yield server
    server.end()


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_hurts_nobody_else(shared_echo, name):
    before = shared_echo.rss()
    attacker = subprocess.Popen(
        [sys.executable, "-m", "support.floods", str(shared_echo.port), name, str(SECONDS)],
        cwd=os.path.dirname(__file__), stdout=subprocess.PIPE, text=True)
    calls, most = 0, before
    while attacker.poll() is None:
        shared_echo.echo()
        calls += 1
        most = max(most, shared_echo.rss())
    outcome = json.loads(attacker.communicate()[0])
    assert attacker.returncode == 0 and calls > 0
    assert most - before < RSS_GROWTH_MAX, f"{(most - before) >> 20} MB more"
    if name not in LAWFUL:
        assert outcome["closed"] > 0, outcome
    shared_echo.echo()
    assert shared_echo.process.poll() is None


def test_cancelled_calls_are_no_flood(shared_echo):
    hold = shared_echo.channel.unary_stream("/martlet.echo.v1.Echo/Hold")
    for _ in range(3_000):
        hold(b"").cancel()
    shared_echo.echo()
    state = []
    shared_echo.channel.subscribe(state.append)
    shared_echo.echo()
    assert grpc.ChannelConnectivity.TRANSIENT_FAILURE not in state


def test_a_server_without_free_descriptors_serves_those_it_has_and_accepts_again_later():
    server = EchoServer(files=64)
    try:
        server.echo()
        held = []
        for _ in range(100):
            held.append(socket.create_connection(("127.0.0.1", server.port)))
        for _ in range(50):
            server.echo()
        for connection in held:
            connection.close()
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=PATIENCE)
            echo = channel.unary_unary("/martlet.echo.v1.Echo/Echo")
            assert echo(b"again", timeout=PATIENCE) == b"again"
        assert server.process.poll() is None
    finally:
        server.end()
