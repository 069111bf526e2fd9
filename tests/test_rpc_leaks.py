"""What comes and goes leaves nothing behind: connections with streams, and handlers that never
return."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.rpc import EchoServer

pytestmark = pytest.mark.alone

CLIENTS = 4
# Beyond the number of connections after which an allocator has settled.
GROWTH_MAX = 8 << 20


@pytest.fixture
def echo():
    server = EchoServer()
    server.call(bytes(100_000))
    yield server
    server.end()


def run(module, server, count, clients=1):
    """That many clients at once; fails if one does."""
    processes = [
        subprocess.Popen([sys.executable, "-m", module, str(server.port), str(count // clients)],
                         cwd=Path(__file__).parent)
        for _ in range(clients)]
    assert [process.wait() for process in processes] == [0] * clients


def test_streams_open_at_disconnect_are_released(echo, long, capsys):
    """The long form: a million connections, flat between the first hundred thousand and the last."""
    descriptors = echo.descriptors()
    first, steps, step = (100_000, 9, 100_000) if long else (2_000, 3, 1_000)
    run("support.connections", echo, first, CLIENTS)
    before = echo.rss()
    for number in range(steps):
        run("support.connections", echo, step, CLIENTS)
        with capsys.disabled():
            if long:
                print(f"\n{first + (number + 1) * step:,} connections: {echo.rss() >> 10:,} KiB")
    echo.call_until(
        lambda: echo.descriptors() <= descriptors,
        lambda: f"{echo.descriptors() - descriptors} descriptors are left")
    assert echo.rss() - before < GROWTH_MAX, f"{(echo.rss() - before) >> 10} KiB more"


def test_handlers_that_never_return_are_abandoned_at_their_deadline(echo):
    """More calls than handlers may run on a connection, each ended by the server alone; afterwards
    there is room for as many as there may be streams."""
    run("support.deadlines", echo, 2_000)
    before = echo.rss()
    run("support.deadlines", echo, 10_000)
    assert echo.rss() - before < GROWTH_MAX, f"{(echo.rss() - before) >> 10} KiB more"
    held = [echo.hold(b"") for _ in range(1_000)]
    for call in held:
        call.initial_metadata()
    for call in held:
        call.cancel()
    echo.call()
