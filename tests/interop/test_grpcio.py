"""grpcio, as its users use it, against servers of the runtime."""

import threading

import grpc
import pytest
from grpc import Compression, StatusCode

from interop.calls import INITIAL, TRAILING, TestService, input_of, output, sizes_of, unary
from interop.contract import messages
from support.client import TIMEOUT, Client
from support.counting import CountingProxy
from support.rpc import EchoServer, InteropServer
from support.server import PATIENCE
from support.stubs import events

# Pings without end, though no data comes.
ALL_PINGS = {"http2.max_pings_without_data": 0}
YES, NO = messages.BoolValue(value=True), messages.BoolValue(value=False)


@pytest.fixture(scope="module")
def interop():
    server = InteropServer()
    yield server
    server.end()


@pytest.fixture
def service(interop):
    return TestService(interop.channel)


@pytest.fixture(scope="module")
def echo():
    server = EchoServer()
    yield server
    server.end()


def fails(code, call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    assert error.value.code() == code, error.value
    return error.value


# Calls


def test_all_kinds_of_calls(service):
    assert service.EmptyCall(messages.Empty(), timeout=TIMEOUT) == messages.Empty()
    assert len(service.UnaryCall(unary(1, 314_159), timeout=TIMEOUT).payload.body) == 314_159
    sizes = [31_415, 9, 2_653, 58_979]
    assert sizes_of(service.StreamingOutputCall(output(*sizes), timeout=TIMEOUT)) == sizes
    joined = service.StreamingInputCall(map(input_of, [27_182, 8, 1_828]), timeout=TIMEOUT)
    assert joined.aggregated_payload_size == 27_182 + 8 + 1_828
    assert sizes_of(service.FullDuplexCall(map(output, sizes), timeout=TIMEOUT)) == sizes
    assert sizes_of(service.FullDuplexCall(iter([]), timeout=TIMEOUT)) == []


def test_metadata_goes_both_ways_with_repeated_keys_and_bytes(service):
    data = bytes(range(256))
    _, call = service.UnaryCall.with_call(unary(), timeout=TIMEOUT, metadata=(
        (INITIAL, "first"), (TRAILING, data), (INITIAL, "second"), (TRAILING, b""),
        (TRAILING, b"\0"), ("x-other", "is not echoed")))
    assert [value for key, value in call.initial_metadata() if key == INITIAL] \
        == ["first", "second"]
    assert [value for key, value in call.trailing_metadata() if key == TRAILING] \
        == [data, b"", b"\0"]


# Compression


def test_requests_may_come_compressed_one_by_one(interop, service):
    assert service.UnaryCall(
        unary(100_000, 10, expect_compressed=YES), compression=Compression.Gzip, timeout=TIMEOUT)
    assert service.UnaryCall(unary(100_000, 10, expect_compressed=NO), timeout=TIMEOUT)
    fails(StatusCode.INVALID_ARGUMENT, lambda: service.UnaryCall(
        unary(100_000, 10, expect_compressed=YES), timeout=TIMEOUT))
    requests = [messages.StreamingInputCallRequest(
        payload=messages.Payload(body=bytes(50_000)), expect_compressed=YES)] * 3
    joined = service.StreamingInputCall(
        iter(requests), compression=Compression.Gzip, timeout=TIMEOUT)
    assert joined.aggregated_payload_size == 150_000


def test_each_direction_is_compressed_as_its_sender_says(interop):
    size = 500_000
    with CountingProxy(interop.port) as proxy, grpc.insecure_channel(
            f"127.0.0.1:{proxy.port}") as channel:
        service = TestService(channel)

        def call(compression, compressed):
            reply, sent, received = proxy.counted(lambda: service.UnaryCall(
                unary(size, size, response_compressed=compressed), compression=compression,
                timeout=TIMEOUT))
            assert len(reply.payload.body) == size
            return sent < size / 10, received < size / 10

        assert call(None, NO) == (False, False)
        assert call(Compression.Gzip, NO) == (True, False)
        assert call(None, YES) == (False, True)
        assert call(Compression.Gzip, YES) == (True, True)
        several = messages.StreamingOutputCallRequest(response_parameters=[
            messages.ResponseParameters(size=size, compressed=compressed)
            for compressed in (YES, NO, YES)])
        sizes, _, received = proxy.counted(
            lambda: sizes_of(service.StreamingOutputCall(several, timeout=TIMEOUT)))
        assert sizes == [size] * 3
        assert size < received < 1.2 * size


def test_an_encoding_that_the_server_does_not_know_is_unimplemented(service):
    error = fails(StatusCode.UNIMPLEMENTED, lambda: service.UnaryCall(
        unary(100_000), compression=Compression.Deflate, timeout=TIMEOUT))
    assert error.details() == "grpc-encoding is not supported"


# Deadlines and cancellation


def test_a_deadline_ends_each_kind_of_call(service):
    def slow():
        return output(1, every=600)

    def endless():
        yield input_of(1)
        threading.Event().wait(0.5)
        yield input_of(1)

    fails(StatusCode.DEADLINE_EXCEEDED,
          lambda: list(service.StreamingOutputCall(slow(), timeout=0.05)))
    fails(StatusCode.DEADLINE_EXCEEDED,
          lambda: list(service.FullDuplexCall(iter([slow()]), timeout=0.05)))
    fails(StatusCode.DEADLINE_EXCEEDED,
          lambda: service.StreamingInputCall(endless(), timeout=0.05))
    assert service.UnaryCall(unary(), timeout=TIMEOUT)


def test_cancelled_calls_leave_the_server_at_once(echo):
    """A connection may have twice as many handlers as streams: a third round has room only if the
    handlers of the first have ended."""
    for _ in range(6):
        held = [echo.hold(b"") for _ in range(1_000)]
        for call in held:
            call.initial_metadata()
        for call in held:
            call.cancel()
        assert {call.code() for call in held} == {StatusCode.CANCELLED}
    echo.call()


def test_a_stream_may_be_cancelled_in_the_middle(echo):
    repeat = echo.methods(echo.channel)["Repeat"]
    for _ in range(50):
        stream = repeat(bytes(10_000), metadata=(("times", "1000000"),), timeout=TIMEOUT)
        assert next(stream) == bytes(10_000)
        stream.cancel()
        assert stream.code() == StatusCode.CANCELLED
    echo.call()


# Sizes and numbers


def test_messages_up_to_the_limit_pass_and_no_others(echo, interop, service):
    limit = 4 << 20
    echo.call(bytes(limit))
    fails(StatusCode.RESOURCE_EXHAUSTED, lambda: echo.call(bytes(limit + 1)))
    echo.call()
    # This server takes 64 MiB.
    assert len(service.UnaryCall(unary(60 << 20, 60 << 20), timeout=TIMEOUT).payload.body) \
        == 60 << 20
    fails(StatusCode.RESOURCE_EXHAUSTED,
          lambda: service.UnaryCall(unary(64 << 20), timeout=TIMEOUT))


def test_a_client_that_refuses_a_large_answer_goes_on(interop):
    with interop.new_channel(max_receive_message_length=4 << 20) as channel:
        service = TestService(channel)
        for _ in range(5):
            fails(StatusCode.RESOURCE_EXHAUSTED,
                  lambda: service.UnaryCall(unary(0, 8 << 20), timeout=TIMEOUT))
            assert len(service.UnaryCall(unary(0, 4_000_000), timeout=TIMEOUT).payload.body) \
                == 4_000_000


def test_a_thousand_calls_at_once(service):
    calls = [service.UnaryCall.future(unary(10, n), timeout=TIMEOUT) for n in range(1_000)]
    assert [len(call.result().payload.body) for call in calls] == list(range(1_000))


def test_streams_above_the_limit_wait_for_their_turn(echo):
    held = [echo.hold(b"") for _ in range(1_000)]
    for call in held:
        call.initial_metadata()
    waiting = echo.channel.unary_unary("/martlet.echo.v1.Echo/Echo").future(
        b"later", timeout=TIMEOUT)
    assert not waiting.done()
    held[0].cancel()
    assert waiting.result() == b"later"
    for call in held:
        call.cancel()


# Connections


def test_pings_as_often_as_a_server_allows_keep_a_silent_stream_alive(server, pool, long):
    """martletd allows one every five seconds."""
    if not long:
        pytest.skip("takes half a minute")
    with Client(server, keepalive_time_ms=5_500, keepalive_timeout_ms=5_000,
                keepalive_permit_without_calls=1, **ALL_PINGS) as client:
        stream = client.events.WatchEvents(events.WatchEventsRequest(beginning=True, pools=[pool]))
        next(stream)
        ended = threading.Event()
        stream.add_callback(ended.set)
        assert not ended.wait(30)
        stream.cancel()


def test_too_many_pings_end_the_connection_and_say_why(echo):
    with echo.new_channel(keepalive_time_ms=1_000, keepalive_timeout_ms=20_000, **ALL_PINGS) \
            as channel:
        call = echo.methods(channel)["Hold"](b"", timeout=TIMEOUT)
        error = fails(StatusCode.UNAVAILABLE, lambda: next(call))
        assert "too_many_pings" in error.details(), error.details()
    echo.call()


def test_restarts_under_load_lose_no_call():
    """Each of the callers waits for the server when it is away; none sees an error."""
    server = EchoServer()
    ended = threading.Event()
    counts, failures = [], []

    def load():
        made = 0
        with server.new_channel() as channel:
            echo = server.methods(channel)["Echo"]
            try:
                while not ended.is_set():
                    calls = [echo.future(b"%d" % n, wait_for_ready=True, timeout=TIMEOUT)
                             for n in range(20)]
                    assert [call.result() for call in calls] == [b"%d" % n for n in range(20)]
                    made += 20
            except grpc.RpcError as error:
                failures.append(error)
        counts.append(made)

    loaders = [threading.Thread(target=load) for _ in range(4)]
    for loader in loaders:
        loader.start()
    try:
        with server.new_channel() as channel:
            echo = server.methods(channel)["Echo"]
            for _ in range(10):
                for _ in range(50):
                    echo(b"", wait_for_ready=True, timeout=PATIENCE)
                server.restart()
    finally:
        ended.set()
        for loader in loaders:
            loader.join()
        server.end()
    assert failures == []
    assert min(counts) > 100, counts
