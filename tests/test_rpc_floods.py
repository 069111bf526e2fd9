"""The gRPC runtime under attack: whatever one client does, the others are served.

Each flood runs at full speed for 2 s from a process of its own. The long form runs each for 30 s,
measures what it costs another client, and leaves the numbers in floods.json.
"""

import json
import os
import socket
import subprocess
import sys

import grpc
import pytest

from conftest import LONG
from support import measure_floods
from support.floods import FLOODS, LAWFUL
from support.measure_floods import RSS_GROWTH_MAX, FloodMeasurement
from support.rpc import EchoServer
from support.server import PATIENCE

pytestmark = pytest.mark.alone

SECONDS = 2
LONG_SECONDS = 30
# What the allocator may keep of it for the next one.
RSS_LEFT_MAX = 80 << 20


@pytest.fixture(scope="module")
def shared_echo():
    server = EchoServer()
    # What the first calls allocate is no growth.
    for _ in range(200):
        server.call(bytes(100_000))
    yield server
    server.end()


@pytest.mark.skipif(LONG, reason="the long form measures, too")
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_hurts_nobody_else(shared_echo, name):
    before, descriptors = shared_echo.rss(), shared_echo.descriptors()
    attacker = subprocess.Popen(
        [sys.executable, "-m", "support.floods", str(shared_echo.port), name, str(SECONDS)],
        cwd=os.path.dirname(__file__), stdout=subprocess.PIPE, text=True)
    calls, most = 0, before
    while attacker.poll() is None:
        shared_echo.call()
        calls += 1
        most = max(most, shared_echo.rss())
    outcome = json.loads(attacker.communicate()[0])
    assert attacker.returncode == 0 and calls > 0
    assert most - before < RSS_GROWTH_MAX, f"{(most - before) >> 20} MB more"
    if name not in LAWFUL:
        assert outcome["closed"] > 0, outcome
    shared_echo.call_until(
        lambda: shared_echo.descriptors() <= descriptors,
        lambda: f"{shared_echo.descriptors() - descriptors} descriptors are left")
    shared_echo.call_until(
        lambda: shared_echo.rss() - before < RSS_LEFT_MAX,
        lambda: f"{(shared_echo.rss() - before) >> 20} MB are left")
    assert shared_echo.is_running()


@pytest.fixture(scope="module")
def measurement():
    """Leaves a table behind. Which numbers are good enough is for its readers to say."""
    measurement = FloodMeasurement()
    rows = []
    measurement.idle_numbers = measurement.idle(LONG_SECONDS)
    yield measurement, rows
    measurement.close()
    if rows:
        measure_floods.write("floods.json", measurement.idle_numbers, rows)
        print("\n" + measure_floods.table(measurement.idle_numbers, rows))


@pytest.mark.skipif(not LONG, reason="the short form only looks whether others are served")
@pytest.mark.parametrize("name", FLOODS)
def test_a_long_flood_hurts_nobody_else(measurement, name, capsys):
    measurement, rows = measurement
    row = measurement.flood(name, LONG_SECONDS)
    rows.append(row)
    with capsys.disabled():
        print("\n" + measure_floods.table(measurement.idle_numbers, [row]).splitlines()[-1])
    assert row["calls"] > 0
    assert row["rss_most_mb"] - row["rss_before_mb"] < RSS_GROWTH_MAX >> 20
    assert row["rss_after_mb"] - row["rss_before_mb"] < RSS_LEFT_MAX >> 20
    assert measurement.server.is_running()


def test_cancelled_calls_are_no_flood(shared_echo):
    for _ in range(3_000):
        shared_echo.hold(b"").cancel()
    shared_echo.call()
    state = []
    shared_echo.channel.subscribe(state.append)
    shared_echo.call()
    assert grpc.ChannelConnectivity.TRANSIENT_FAILURE not in state


def test_a_server_without_free_descriptors_serves_those_it_has_and_accepts_again_later():
    server = EchoServer(files=64)
    try:
        server.call()
        held = []
        for _ in range(100):
            held.append(socket.create_connection(("127.0.0.1", server.port)))
        for _ in range(50):
            server.call()
        for connection in held:
            connection.close()
        with server.new_channel() as channel:
            grpc.channel_ready_future(channel).result(timeout=PATIENCE)
            echo = server.methods(channel)["Echo"]
            assert echo(b"again", timeout=PATIENCE) == b"again"
        assert server.is_running()
    finally:
        server.end()
