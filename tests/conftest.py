"""Fixtures: a real server for each test or module, and its log with each failure."""

import os
import tempfile
import zlib

import pytest

from support.client import Client
from support.server import Server, binary

LONG = os.environ.get("MARTLET_TEST_LONG") == "1"

_servers = []
# What commands remember here (`@last`) is nothing to whoever runs the tests.
_state = tempfile.TemporaryDirectory(prefix="martlet-state-")
os.environ["XDG_STATE_HOME"] = _state.name


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "alone: measures what others on the machine would change; not beside other tests")
    if "MARTLET_BIN_DIR" not in os.environ:
        raise pytest.UsageError(
            "MARTLET_BIN_DIR is not set: it names the folder with martletd and martlet, "
            "for example $(swift build --show-bin-path)")
    for name in ("martletd", "martlet"):
        if not os.access(binary(name), os.X_OK):
            raise pytest.UsageError(f"{binary(name)} is missing: run swift build")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for server in _servers:
            report.sections.append((f"martletd on {server.address}", "\n".join(server.lines[-80:])))


def _run(factory):
    """Gives out servers, and ends those that still run."""
    started = []

    def make(*arguments, start=True, directory=None, **options):
        server = Server(directory or factory.mktemp("martlet"), *arguments, **options)
        started.append(server)
        _servers.append(server)
        return server.start() if start else server

    yield make
    for server in started:
        server.kill()
        _servers.remove(server)


@pytest.fixture
def make_server(tmp_path_factory):
    """make_server(*flags, start=True, environment={}, file_roots=[]): a server of this test."""
    yield from _run(tmp_path_factory)


@pytest.fixture(scope="module")
def make_shared_server(tmp_path_factory):
    """As `make_server`, for all tests of a module."""
    yield from _run(tmp_path_factory)


@pytest.fixture(scope="module")
def server(make_shared_server, tmp_path_factory):
    """One server for all tests of a module, which keep apart by the names of their pools."""
    return make_shared_server(file_roots=[tmp_path_factory.mktemp("files")])


@pytest.fixture
def client(server):
    with Client(server) as client:
        yield client


@pytest.fixture
def pool(client, request):
    """An empty pool with four slots, named after the test."""
    name = request.node.name.replace("_", "-").replace("[", "-").replace("]", "").lower()
    name = "".join(c for c in name if c.isalnum() or c == "-")
    if len(name) > 63:
        # Its beginning may be that of another test, too.
        name = f"{name[:54]}-{zlib.crc32(name.encode()):08x}"
    client.create_pool(name)
    return name


@pytest.fixture(scope="session")
def long():
    """Whether the long forms are wanted (MARTLET_TEST_LONG=1)."""
    return LONG
