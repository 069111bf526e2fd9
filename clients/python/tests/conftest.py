"""The package from this tree, and fixtures that give real servers to it.

Tests that need a server are left out where MARTLET_BIN_DIR does not say where its binary is.
"""

import os
import sys
from pathlib import Path

import martlet  # noqa: F401 - before the stubs of the repository's tests, which have its name.
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "tests"))


@pytest.fixture
def make_server(tmp_path_factory, request):
    """make_server(*flags): a martletd of this test."""
    if "MARTLET_BIN_DIR" not in os.environ:
        pytest.skip("MARTLET_BIN_DIR does not name the folder with martletd")
    from support.server import Server

    started = []

    def make(*arguments):
        started.append(Server(tmp_path_factory.mktemp("martlet"), *arguments))
        return started[-1].start()

    yield make
    for server in started:
        server.kill()
        print(f"---- martletd on {server.address}", *server.lines[-80:], sep="\n")
