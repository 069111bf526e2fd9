"""The channels of a process of ours, as grpcio's channelz stubs see them from outside."""

import ssl
import subprocess
import threading
from contextlib import contextmanager

import grpc
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

from interop.grpcio_server import InteropServer
from support.certificates import Authority
from support.server import PATIENCE, binary, free_port

State = channelz_pb2.ChannelConnectivityState
Severity = channelz_pb2.ChannelTraceEvent


class HoldingServer(InteropServer):
    """Holds UnaryCall number `hold`, from 1, until `release` is set; `held` says that it has come."""

    def __init__(self, hold, credentials=None):
        self._left = hold
        self.held, self.release = threading.Event(), threading.Event()
        super().__init__(credentials)

    def __exit__(self, *_):
        self.release.set()
        super().__exit__()

    def unary(self, request, context):
        self._left -= 1
        if self._left == 0:
            self.held.set()
            assert self.release.wait(PATIENCE)
        return super().unary(request, context)


class Inspected:
    """A running rpc-interop-client, and its channelz."""

    def __init__(self, process, channel):
        self.process = process
        self.stub = channelz_pb2_grpc.ChannelzStub(channel)

    def top(self, start=0, most=0):
        return self.stub.GetTopChannels(
            channelz_pb2.GetTopChannelsRequest(start_channel_id=start, max_results=most),
            timeout=PATIENCE)

    def channel(self, number):
        request = channelz_pb2.GetChannelRequest(channel_id=number)
        return self.stub.GetChannel(request, timeout=PATIENCE).channel

    def subchannel(self, number):
        request = channelz_pb2.GetSubchannelRequest(subchannel_id=number)
        return self.stub.GetSubchannel(request, timeout=PATIENCE).subchannel

    def socket(self, number):
        request = channelz_pb2.GetSocketRequest(socket_id=number)
        return self.stub.GetSocket(request, timeout=PATIENCE).socket


@contextmanager
def client(port, case, *options):
    process = subprocess.Popen(
        [binary("rpc-interop-client"), f"--server_port={port}", "--test_case", case,
         "--channelz_port=0", *options],
        stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("channelz on 127.0.0.1:"), line
        with grpc.insecure_channel(line.split()[-1]) as channel:
            yield Inspected(process, channel)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def code(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return error.value.code()


def test_a_channel_with_a_call_under_way():
    with HoldingServer(1) as server, client(server.port, "large_unary") as inspected:
        assert server.held.wait(PATIENCE)
        target = f"127.0.0.1:{server.port}"
        top = inspected.top()
        [channel] = top.channel
        assert top.end
        assert inspected.channel(channel.ref.channel_id).ref == channel.ref
        assert (channel.ref.name, channel.data.target) == (target, target)
        assert channel.data.state.state == State.READY
        counts = channel.data
        assert (counts.calls_started, counts.calls_succeeded, counts.calls_failed) == (1, 0, 0)
        trace = channel.data.trace
        assert trace.num_events_logged == len(trace.events) == 4
        assert trace.creation_timestamp.seconds > 0
        assert [event.severity for event in trace.events] == [Severity.CT_INFO] * 4
        assert trace.events[1].subchannel_ref == channel.subchannel_ref[0]

        [reference] = channel.subchannel_ref
        subchannel = inspected.subchannel(reference.subchannel_id)
        assert subchannel.ref == reference
        assert reference.name == target
        assert subchannel.data.state.state == State.READY
        [socket_reference] = subchannel.socket_ref
        socket = inspected.socket(socket_reference.socket_id)
        assert socket.ref == socket_reference
        assert socket.remote.tcpip_address.port == server.port
        assert socket.local.tcpip_address.ip_address == bytes([127, 0, 0, 1])
        assert (socket.data.streams_started, socket.data.messages_sent) == (1, 1)
        assert (socket.data.streams_succeeded, socket.data.messages_received) == (0, 0)
        assert socket.data.last_local_stream_created_timestamp.seconds > 0
        assert not socket.data.HasField("last_remote_stream_created_timestamp")
        assert socket.data.local_flow_control_window.value > 0
        assert socket.data.remote_flow_control_window.value > 65_535
        assert not socket.HasField("security")

        server.release.set()
        assert inspected.process.wait(PATIENCE) == 0


def test_a_socket_over_tls_tells_the_certificate_of_the_server(tmp_path):
    authority = Authority(tmp_path)
    identity = authority.identity("server", "IP:127.0.0.1")
    credentials = grpc.ssl_server_credentials([identity.pem])
    with HoldingServer(1, credentials) as server, client(
            server.port, "large_unary", "--use_tls=true", "--use_test_ca=true",
            f"--ca_file={authority.file}") as inspected:
        assert server.held.wait(PATIENCE)
        [channel] = inspected.top().channel
        [reference] = channel.subchannel_ref
        [socket_reference] = inspected.subchannel(reference.subchannel_id).socket_ref
        tls = inspected.socket(socket_reference.socket_id).security.tls
        assert tls.remote_certificate == ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())
        assert tls.other_name == "TLS 1.3"


def test_a_port_where_nobody_listens():
    with client(free_port(), "rpc_soak", "--soak_iterations=1000000",
                "--soak_max_failures=1000000", "--soak_min_time_ms_between_rpcs=20",
                f"--soak_overall_timeout_seconds={PATIENCE}") as inspected:
        failed = 0
        while failed == 0:
            [channel] = inspected.top().channel
            failed = channel.data.calls_failed
        assert channel.data.calls_succeeded == 0
        [reference] = channel.subchannel_ref
        subchannel = inspected.subchannel(reference.subchannel_id)
        for trace in (channel.data.trace, subchannel.data.trace):
            warnings = [e for e in trace.events if e.severity == Severity.CT_WARNING]
            assert "TRANSIENT_FAILURE: cannot connect" in warnings[0].description
        assert not subchannel.socket_ref
        assert subchannel.data.calls_started == 0


def test_channels_that_were_closed_are_gone():
    """Each call of the soak has a channel of its own, closed after it."""
    with HoldingServer(6) as server, client(
            server.port, "channel_soak",
            "--soak_per_iteration_max_acceptable_latency_ms=60000",
            f"--soak_overall_timeout_seconds={PATIENCE}") as inspected:
        assert server.held.wait(PATIENCE)
        idle, busy = inspected.top().channel
        first, last = idle.ref.channel_id, busy.ref.channel_id
        assert idle.data.state.state == State.IDLE
        assert busy.data.calls_started == 1
        gone = range(first + 1, last)
        assert len(gone) >= 5
        for number in gone:
            assert code(lambda: inspected.channel(number)) == grpc.StatusCode.NOT_FOUND
        page = inspected.top(most=1)
        assert [c.ref.channel_id for c in page.channel] == [first]
        assert not page.end
        page = inspected.top(start=first + 1, most=1)
        assert [c.ref.channel_id for c in page.channel] == [last]
        assert page.end


def test_strange_numbers():
    with HoldingServer(1) as server, client(server.port, "large_unary") as inspected:
        assert server.held.wait(PATIENCE)
        for number in (-2**63, -1, 0, 2**31, 2**63 - 1):
            for call in (inspected.channel, inspected.subchannel, inspected.socket):
                assert code(lambda: call(number)) == grpc.StatusCode.NOT_FOUND
        [channel] = inspected.top(most=2**63 - 1).channel
        number = channel.ref.channel_id
        assert code(lambda: inspected.subchannel(number)) == grpc.StatusCode.NOT_FOUND
        assert code(lambda: inspected.socket(number)) == grpc.StatusCode.NOT_FOUND
        beyond = inspected.top(start=2**63 - 1)
        assert (len(beyond.channel), beyond.end) == (0, True)
        for start, most in ((-1, 0), (-2**63, 0), (0, -1), (0, -2**63)):
            assert code(lambda: inspected.top(start, most)) == grpc.StatusCode.INVALID_ARGUMENT
