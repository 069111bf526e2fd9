"""The runtime over TLS, with parties that we did not write: grpcio and curl."""

import subprocess
import threading
from types import SimpleNamespace

import grpc
import pytest

from interop import contract
from interop.cases import CASES, NOT_IN_GRPCIO, run_our_client
from interop.contract import messages
from interop.grpcio_server import INITIAL, TRAILING, InteropServer
from support.certificates import Authority
from support.interop import OurInteropServer
from support.server import PATIENCE

NAME = "interop.test"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An authority, a server and a client of its, and somebody else's client."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    other = Authority(tmp_path_factory.mktemp("other"))
    return SimpleNamespace(
        authority=authority,
        server=authority.identity("server", f"DNS:localhost,DNS:{NAME},IP:127.0.0.1"),
        client=authority.identity("client", "DNS:client.test"),
        stranger=other.identity("client", "DNS:client.test"))


def our_server(made, *options):
    return OurInteropServer("--use_tls", "true", "--tls_cert", made.server.certificate,
                            "--tls_key", made.server.key, *options)


@pytest.fixture(scope="module")
def tls(made):
    with our_server(made) as server:
        yield server


@pytest.fixture(scope="module")
def mtls(made):
    with our_server(made, "--client_ca", made.authority.file) as server:
        yield server


def secure_channel(made, port, client=None, **options):
    key, certificate = client.pem if client else (None, None)
    credentials = grpc.ssl_channel_credentials(made.authority.pem, key, certificate)
    return grpc.secure_channel(f"localhost:{port}", credentials, options=[
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_reconnect_backoff_ms", 100),
        ("grpc.initial_reconnect_backoff_ms", 20),
        ("grpc.min_reconnect_backoff_ms", 20),
        *((f"grpc.{key}", value) for key, value in options.items()),
    ])


@pytest.fixture(params=["tls", "mtls"])
def channel(request, made):
    """grpcio's, to our server; with a certificate of its own where one is wanted."""
    server = request.getfixturevalue(request.param)
    with secure_channel(made, server.port, made.client if request.param == "mtls" else None) as it:
        yield it


def stub(channel, method, kind="unary_unary"):
    return getattr(channel, kind)(
        contract.path(method), request_serializer=contract.request_type(method).SerializeToString,
        response_deserializer=contract.response_type(method).FromString)


def output_request(*sizes):
    return messages.StreamingOutputCallRequest(
        response_parameters=[messages.ResponseParameters(size=size) for size in sizes])


# Our server with grpcio's client

def test_calls_with_one_response(channel):
    size = (4 << 20) - 100
    request = messages.SimpleRequest(
        response_size=size, payload=messages.Payload(body=bytes(size)))
    assert stub(channel, "UnaryCall")(request).payload.body == bytes(size)
    parts = (messages.StreamingInputCallRequest(payload=messages.Payload(body=bytes(n)))
             for n in range(100))
    reply = stub(channel, "StreamingInputCall", "stream_unary")(parts)
    assert reply.aggregated_payload_size == sum(range(100))


def test_calls_with_many_responses(channel):
    sizes = [31_415, 9, 2_653, 58_979] * 10
    replies = stub(channel, "StreamingOutputCall", "unary_stream")(output_request(*sizes))
    assert [len(reply.payload.body) for reply in replies] == sizes
    replies = stub(channel, "FullDuplexCall", "stream_stream")(
        output_request(size, size) for size in sizes)
    assert [len(reply.payload.body) for reply in replies] == [n for n in sizes for _ in "ab"]


def test_metadata_both_ways(channel):
    value, secret = "over TLS", bytes(range(256))
    _, call = stub(channel, "UnaryCall").with_call(
        messages.SimpleRequest(), metadata=((INITIAL, value), (TRAILING, secret)))
    assert dict(call.initial_metadata())[INITIAL] == value
    assert dict(call.trailing_metadata())[TRAILING] == secret


def test_deadline_and_cancellation(channel):
    duplex = stub(channel, "FullDuplexCall", "stream_stream")
    forever = threading.Event()

    def requests():
        yield output_request(1)
        forever.wait()

    with pytest.raises(grpc.RpcError) as error:
        list(duplex(requests(), timeout=0.2))
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    call = duplex(requests())
    next(call)
    call.cancel()
    assert call.code() == grpc.StatusCode.CANCELLED
    forever.set()


def test_a_thousand_calls_at_once(channel):
    unary = stub(channel, "UnaryCall")
    calls = [unary.future(messages.SimpleRequest(response_size=n)) for n in range(1_000)]
    assert [len(call.result(PATIENCE).payload.body) for call in calls] == list(range(1_000))


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_without_the_right_certificate_there_are_no_calls(made, mtls, who):
    client = made.stranger if who == "stranger" else None
    with secure_channel(made, mtls.port, client) as channel:
        with pytest.raises(grpc.RpcError) as error:
            stub(channel, "EmptyCall")(messages.Empty(), timeout=PATIENCE)
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE


def test_connections_one_after_the_other(made, mtls):
    """Later ones may resume the session of the first."""
    for _ in range(10):
        with secure_channel(made, mtls.port, made.client) as channel:
            stub(channel, "EmptyCall")(messages.Empty())


def test_restarts_under_load_lose_no_call(made):
    server = our_server(made).start()
    done, failures, stopped = [], [], threading.Event()

    def load():
        with secure_channel(made, server.port) as channel:
            unary = stub(channel, "UnaryCall")
            while not stopped.is_set():
                try:
                    unary(messages.SimpleRequest(response_size=1), wait_for_ready=True,
                          timeout=PATIENCE)
                    done.append(1)
                    progress.release()
                except grpc.RpcError as error:
                    failures.append(error)
                    progress.release()

    progress = threading.Semaphore(0)
    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            for _ in range(400):
                assert progress.acquire(timeout=PATIENCE)
            server.stop()
            server.start()
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        server.kill()
    assert failures == []
    assert len(done) >= 1_200


# Our client

def client_options(made, identity=None):
    options = ["--use_tls=true", "--use_test_ca=true", f"--ca_file={made.authority.file}",
               f"--server_host_override={NAME}"]
    if identity:
        options += [f"--tls_cert={identity.certificate}", f"--tls_key={identity.key}"]
    return options


@pytest.fixture(scope="module")
def grpcio_tls(made):
    with InteropServer(grpc.ssl_server_credentials([made.server.pem])) as server:
        yield server


@pytest.fixture(scope="module")
def grpcio_mtls(made):
    credentials = grpc.ssl_server_credentials(
        [made.server.pem], made.authority.pem, require_client_auth=True)
    with InteropServer(credentials) as server:
        yield server


@pytest.mark.parametrize("case", [case for case in CASES if case not in NOT_IN_GRPCIO])
def test_our_client_with_a_grpcio_server(made, grpcio_tls, case):
    run_our_client(case, grpcio_tls.port, *client_options(made))


@pytest.mark.parametrize("case", ["large_unary", "ping_pong"])
def test_our_client_shows_its_certificate_to_a_grpcio_server(made, grpcio_mtls, case):
    run_our_client(case, grpcio_mtls.port, *client_options(made, made.client))


@pytest.mark.parametrize("case", CASES)
def test_our_client_with_our_server(made, mtls, case):
    run_our_client(case, mtls.port, *client_options(made, made.client))


# curl

def curl(port, scheme, *options, directory):
    """Sends an empty message to EmptyCall: what came before, between and after the bodies."""
    request = directory / "request"
    request.write_bytes(bytes(5))
    result = subprocess.run(
        ["curl", "--silent", "--show-error", *map(str, options), "--data-binary", f"@{request}",
         "-H", "content-type: application/grpc", "-H", "te: trailers",
         "--dump-header", directory / "headers", "--output", directory / "body",
         "--write-out", "%{http_version} %{response_code}",
         f"{scheme}://localhost:{port}{contract.path('EmptyCall')}"],
        capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "2 200"
    lines = (directory / "headers").read_text().split("\n")
    return [line.strip().lower() for line in lines], (directory / "body").read_bytes()


def test_curl_over_tls(made, mtls, tmp_path):
    headers, body = curl(
        mtls.port, "https", "--http2", "--cacert", made.authority.file,
        "--cert", made.client.certificate, "--key", made.client.key, directory=tmp_path)
    assert "content-type: application/grpc" in headers
    assert headers.index("grpc-status: 0") > headers.index("")
    assert body == bytes(5)


def test_curl_over_plain_text(tmp_path):
    with OurInteropServer() as server:
        headers, body = curl(
            server.port, "http", "--http2-prior-knowledge", directory=tmp_path)
    assert headers.index("grpc-status: 0") > headers.index("")
    assert body == bytes(5)


def test_curl_without_http2_is_hung_up_on(made, tls):
    result = subprocess.run(
        ["curl", "--silent", "--show-error", "--http1.1", "--cacert", made.authority.file,
         f"https://localhost:{tls.port}/"], capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode != 0
    assert result.stdout == ""
