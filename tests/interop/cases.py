"""The cases of gRPC's interoperability tests, and the programs that run them."""

import subprocess

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

def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    return result.stdout


def run_our_client(case, port, *options):
    output = run(binary("rpc-interop-client"), f"--server_port={port}", "--test_case", case,
                 "--soak_per_iteration_max_acceptable_latency_ms=30000",
                 "--soak_overall_timeout_seconds=60", *options)
    assert output == f"{case}: passed\n"
