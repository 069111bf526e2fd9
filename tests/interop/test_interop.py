"""gRPC's interoperability tests: our server with the Ruby client, our client with grpcio's server."""

import subprocess

import pytest

from interop.grpcio_server import InteropServer
from support.server import PATIENCE, binary

CASES = [
    "empty_unary", "large_unary", "client_compressed_unary", "server_compressed_unary",
    "client_streaming", "client_compressed_streaming", "server_streaming",
    "server_compressed_streaming", "ping_pong", "empty_stream", "custom_metadata",
    "status_code_and_message", "special_status_message", "unimplemented_method",
    "unimplemented_service", "cancel_after_begin", "cancel_after_first_response",
    "timeout_on_sleeping_server", "rpc_soak", "channel_soak",
]
# grpcio does not tell a server whether a request came compressed, which these ask for.
NOT_IN_GRPCIO = {"client_compressed_unary", "client_compressed_streaming"}
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


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def our_port():
    process = subprocess.Popen(
        [binary("rpc-interop-server"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line.startswith("listening on "), line
    yield int(line.rsplit(":", 1)[1])
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture(scope="module")
def grpcio_port():
    with InteropServer() as server:
        yield server.port


def run_our_client(case, port):
    output = run(binary("rpc-interop-client"), f"--server_port={port}", "--test_case", case,
                 "--soak_per_iteration_max_acceptable_latency_ms=30000",
                 "--soak_overall_timeout_seconds=60")
    assert output == f"{case}: passed\n"


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
