"""gRPC's interoperability tests: our server with the Ruby client, our client with grpcio's server."""

import subprocess

import pytest

from interop.cases import CASES, NOT_IN_GRPCIO, run, run_our_client
from interop.grpcio_server import InteropServer
from support.interop import OurInteropServer
from support.server import PATIENCE, binary

RUBY_CASES = [
    "empty_unary", "large_unary", "client_compressed_unary", "client_streaming",
    "client_compressed_streaming", "server_streaming", "ping_pong", "empty_stream",
    "custom_metadata", "status_code_and_message", "unimplemented_method", "unimplemented_service",
    "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
]


def ruby_client():
    """Where Debian's package has the client of the interoperability tests."""
    listed = subprocess.run(["dpkg", "-L", "ruby-grpc"], capture_output=True, text=True, check=True)
    return next(line for line in listed.stdout.splitlines() if line.endswith("pb/test/client.rb"))


@pytest.fixture(scope="module")
def our_port():
    with OurInteropServer() as server:
        yield server.port


@pytest.fixture(scope="module")
def grpcio_port():
    with InteropServer() as server:
        yield server.port


@pytest.mark.parametrize("case", RUBY_CASES)
def test_our_server_with_the_ruby_client(our_port, case):
    run("ruby", ruby_client(), "--server_host=127.0.0.1", f"--server_port={our_port}",
        f"--test_case={case}", "--use_tls=false")


@pytest.mark.parametrize("case", [case for case in CASES if case not in NOT_IN_GRPCIO])
def test_our_client_with_a_grpcio_server(grpcio_port, case):
    run_our_client(case, grpcio_port)


@pytest.mark.parametrize("case", CASES)
def test_our_client_with_our_server(our_port, case):
    run_our_client(case, our_port)


def test_a_case_that_goes_wrong_fails(our_port):
    result = subprocess.run(
        [binary("rpc-interop-client"), f"--server_port={our_port}", "--test_case", "rpc_soak",
         "--soak_iterations=2", "--soak_per_iteration_max_acceptable_latency_ms=0"],
        capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 1
    assert "call 0 took" in result.stdout
