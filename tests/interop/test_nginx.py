"""nginx in between: grpcio calls through it what it would call directly."""

import threading

import grpc
import pytest
from grpc import StatusCode
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

from interop.calls import INITIAL, TRAILING, TestService, input_of, output, sizes_of, unary
from interop.contract import messages
from support.client import TIMEOUT, Client, refused, spec
from support.nginx import Nginx
from support.rpc import EchoServer, InteropServer
from support.stubs import events


@pytest.fixture
def make_nginx(tmp_path_factory):
    """make_nginx(address): an nginx of this test that asks the server at this address."""
    started = []

    def make(upstream, **options):
        started.append(Nginx(tmp_path_factory.mktemp("nginx"), upstream, **options))
        return started[-1]

    yield make
    for nginx in started:
        nginx.end()


@pytest.fixture(scope="module")
def interop_server():
    server = InteropServer()
    yield server
    server.end()


@pytest.fixture(scope="module")
def nginx(interop_server, tmp_path_factory):
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), interop_server.address)
    yield nginx
    nginx.end()


@pytest.fixture
def service(nginx):
    with nginx.channel() as channel:
        yield TestService(channel)


# Calls


def test_all_kinds_of_calls_pass(service):
    assert service.EmptyCall(messages.Empty(), timeout=TIMEOUT) == messages.Empty()
    assert len(service.UnaryCall(unary(1, 314_159), timeout=TIMEOUT).payload.body) == 314_159
    sizes = [31_415, 9, 2_653, 58_979]
    assert sizes_of(service.StreamingOutputCall(output(*sizes), timeout=TIMEOUT)) == sizes
    joined = service.StreamingInputCall(map(input_of, [27_182, 8, 1_828]), timeout=TIMEOUT)
    assert joined.aggregated_payload_size == 27_182 + 8 + 1_828
    assert sizes_of(service.FullDuplexCall(map(output, sizes), timeout=TIMEOUT)) == sizes


def test_messages_go_back_and_forth_while_the_call_is_open(service):
    turn = threading.Semaphore(1)

    def requests():
        for size in (1, 20, 300):
            turn.acquire(timeout=TIMEOUT)
            yield output(size)

    seen = []
    for response in service.FullDuplexCall(requests(), timeout=TIMEOUT):
        seen.append(len(response.payload.body))
        turn.release()
    assert seen == [1, 20, 300]


def test_metadata_passes_both_ways(service):
    data = bytes(range(256))
    call = service.UnaryCall.with_call
    _, outcome = call(unary(), timeout=TIMEOUT, metadata=(
        (INITIAL, "first"), (INITIAL, "second"), (TRAILING, data), (TRAILING, b"\0")))
    initial = [value for key, value in outcome.initial_metadata() if key == INITIAL]
    trailing = [value for key, value in outcome.trailing_metadata() if key == TRAILING]
    assert (initial, trailing) == (["first", "second"], [data, b"\0"])


def test_a_status_and_its_message_pass_whether_the_response_has_begun_or_not(service):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    status = messages.EchoStatus(code=StatusCode.DATA_LOSS.value[0], message=message)
    with pytest.raises(grpc.RpcError) as error:
        service.UnaryCall(unary(response_status=status), timeout=TIMEOUT)
    assert (error.value.code(), error.value.details()) == (StatusCode.DATA_LOSS, message)
    responses = service.FullDuplexCall(
        iter([output(5), output(response_status=status)]), timeout=TIMEOUT)
    assert len(next(responses).payload.body) == 5
    with pytest.raises(grpc.RpcError) as error:
        next(responses)
    assert (error.value.code(), error.value.details()) == (StatusCode.DATA_LOSS, message)


@pytest.mark.parametrize("size", [4 << 20, 32 << 20])
def test_big_messages_pass(service, size):
    assert len(service.UnaryCall(unary(size, size), timeout=TIMEOUT).payload.body) == size


def test_a_thousand_calls_at_once_are_answered(nginx, service):
    calls = [service.UnaryCall.future(unary(10, n), timeout=TIMEOUT) for n in range(1_000)]
    assert [len(call.result().payload.body) for call in calls] == list(range(1_000))


def test_deadlines_and_cancellations_end_calls_and_the_next_ones_are_served(service):
    for _ in range(20):
        with pytest.raises(grpc.RpcError) as error:
            list(service.StreamingOutputCall(output(1, every=600), timeout=0.05))
        assert error.value.code() == StatusCode.DEADLINE_EXCEEDED
        responses = service.StreamingOutputCall(
            messages.StreamingOutputCallRequest(response_parameters=[
                messages.ResponseParameters(size=7),
                messages.ResponseParameters(size=7, interval_us=600_000_000)]))
        assert len(next(responses).payload.body) == 7
        responses.cancel()
        assert responses.code() == StatusCode.CANCELLED
        assert sizes_of(service.StreamingOutputCall(output(3), timeout=TIMEOUT)) == [3]


def test_calls_cancelled_at_the_client_end_at_the_server(make_nginx):
    """nginx makes a connection for each call that is open, and drops it when the caller leaves."""
    server = EchoServer()
    try:
        nginx = make_nginx(server.address, keepalive=4)
        server.call()
        before = server.sockets()
        with nginx.channel() as channel:
            held = [server.methods(channel)["Hold"](b"") for _ in range(100)]
            for call in held:
                call.initial_metadata()
            assert server.sockets() == before + 100
            for call in held:
                call.cancel()
            server.call_until(
                lambda: server.sockets() <= before + nginx.keepalive,
                lambda: f"{server.sockets() - before} connections are still open")
    finally:
        server.end()


# martletd


def test_errors_keep_their_details(server, make_nginx):
    with Client(make_nginx(server.address)) as client:
        with refused(StatusCode.NOT_FOUND, "POOL_NOT_FOUND") as caught:
            client.pool("nobody")
        assert caught.refusal.metadata["pool"] == "nobody"
        with refused(StatusCode.INVALID_ARGUMENT) as caught:
            client.create_pool("NOT A NAME", slots=-1)
        assert set(caught.refusal.violations) == {"name", "spec.slots"}


def test_tasks_run_and_their_events_are_followed(server, make_nginx, pool):
    with Client(make_nginx(server.address)) as client:
        following = client.watch(pools=[pool], types=[events.EVENT_TYPE_TASK_SUCCEEDED])
        ids = client.batch(pool, [spec(payload=b"%d" % n) for n in range(200)])
        assert set(client.wait_all(ids)) == set(ids)
        seen = set()
        for reply in following:
            seen.update(event.task_id for event in reply.events)
            if seen >= set(ids):
                break
        following.cancel()


def test_connections_to_the_server_are_kept_and_used_again(make_server, make_nginx):
    server = make_server()
    nginx = make_nginx(server.address)
    with Client(nginx) as client:
        for _ in range(500):
            client.info()
    with server.channel() as channel:
        channelz = channelz_pb2_grpc.ChannelzStub(channel)
        [shown] = channelz.GetServers(channelz_pb2.GetServersRequest()).server
        sockets = channelz.GetServerSockets(channelz_pb2.GetServerSocketsRequest(
            server_id=shown.ref.server_id)).socket_ref
        streams = [channelz.GetSocket(channelz_pb2.GetSocketRequest(socket_id=one.socket_id))
                   .socket.data.streams_started for one in sockets]
    # One after the other, all calls went over one connection.
    assert max(streams) == 500, streams


def test_a_restart_of_the_server_is_unavailable_and_then_served_again(make_server, make_nginx):
    server = make_server()
    nginx = make_nginx(server.address)
    ended = threading.Event()
    outcomes = {"ok": 0}
    failures = []

    def load():
        with Client(nginx) as client:
            while not ended.is_set():
                try:
                    client.info()
                    outcomes["ok"] += 1
                except grpc.RpcError as error:
                    if error.code() != StatusCode.UNAVAILABLE:
                        failures.append(error)

    loaders = [threading.Thread(target=load) for _ in range(4)]
    for loader in loaders:
        loader.start()
    try:
        with Client(nginx) as client:
            for _ in range(3):
                server.restart()
                served = 0
                while served < 50:
                    try:
                        client.info()
                        served += 1
                    except grpc.RpcError as error:
                        assert error.code() == StatusCode.UNAVAILABLE, error
    finally:
        ended.set()
        for loader in loaders:
            loader.join()
    assert failures == []
    assert outcomes["ok"] > 100
