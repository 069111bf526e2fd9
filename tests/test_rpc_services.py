"""Reflection, health and what looks inside, as clients that we did not write ask for them."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

SERVICES = {
    "grpc.channelz.v1.Channelz", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection", "martlet.v1.EventService",
    "martlet.v1.PoolService", "martlet.v1.ServerService", "martlet.v1.StatsService",
    "martlet.v1.TaskService",
    "martlet.v1.WorkerService",
}
# buf speaks a protocol of its own unless told.
GRPC = ["--protocol", "grpc", "--http2-prior-knowledge"]


def run(program, *arguments, check=True):
    command = Path(sys.executable).with_name(program)
    result = subprocess.run([command, *arguments], capture_output=True, text=True, timeout=120)
    if check:
        assert result.returncode == 0, result.stderr
    return result


def url(server, method):
    return f"http://{server.address}/{method}"


@pytest.fixture
def channel(server):
    with server.channel() as channel:
        yield channel


# Reflection

def test_grpcio_reads_the_whole_contract(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    assert set(database.get_services()) >= SERVICES
    pool = DescriptorPool(database)
    submit = pool.FindServiceByName("martlet.v1.TaskService").FindMethodByName("SubmitTask")
    spec = submit.input_type.fields_by_name["spec"].message_type
    assert spec.full_name == "martlet.v1.TaskSpec"
    assert spec.fields_by_name["delay"].message_type.full_name == "google.protobuf.Duration"
    assert pool.FindFileByName("martlet/v1/task.proto").message_types_by_name["Task"]
    with pytest.raises(KeyError):
        pool.FindMessageTypeByName("martlet.v1.NoSuchThing")


def test_buf_curl_calls_without_proto_files(server):
    reply = run("buf", "curl", *GRPC, "--data", "{}",
                url(server, "martlet.v1.ServerService/GetServerInfo"))
    assert "echo" in json.loads(reply.stdout)["kinds"]
    created = run("buf", "curl", *GRPC, "--data",
                  '{"name": "by-buf", "spec": {"slots": 3}}',
                  url(server, "martlet.v1.PoolService/CreatePool"))
    assert json.loads(created.stdout)["pool"]["spec"]["slots"] == 3


@pytest.mark.parametrize("protocol", ["grpc-v1", "grpc-v1alpha"])
def test_buf_curl_knows_both_names_of_reflection(server, protocol):
    listed = run("buf", "curl", *GRPC, "--reflect-protocol", protocol,
                 "--list-services", f"http://{server.address}")
    assert SERVICES <= set(listed.stdout.split())


def test_grpcurl_lists_describes_and_calls(server):
    assert SERVICES <= set(run("grpcurl", "-plaintext", server.address, "list").stdout.split())
    shown = run("grpcurl", "-plaintext", server.address, "describe", "martlet.v1.TaskService")
    assert "rpc SubmitTask ( .martlet.v1.SubmitTaskRequest )" in shown.stdout
    reply = run("grpcurl", "-plaintext", "-d", '{"service": "martlet.v1.TaskService"}',
                server.address, "grpc.health.v1.Health/Check")
    assert json.loads(reply.stdout) == {"status": "SERVING"}
    missing = run("grpcurl", "-plaintext", server.address, "describe", "no.Such", check=False)
    assert missing.returncode != 0
    assert "there is no symbol" in missing.stderr or "not found" in missing.stderr


def test_reflection_and_channelz_can_be_turned_off(make_server):
    server = make_server("--reflection", "off", "--channelz", "off")
    with server.channel() as channel, pytest.raises(grpc.RpcError) as error:
        ProtoReflectionDescriptorDatabase(channel).get_services()
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with server.channel() as channel, pytest.raises(grpc.RpcError) as error:
        channelz_pb2_grpc.ChannelzStub(channel).GetServers(channelz_pb2.GetServersRequest())
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


# Health

def test_grpcio_health_checking_asks_all_its_questions(channel):
    health = health_pb2_grpc.HealthStub(channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    assert health.Check(health_pb2.HealthCheckRequest()).status == serving
    watch = health.Watch(health_pb2.HealthCheckRequest(service="no.Such"))
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()
    listed = health.List(health_pb2.HealthListRequest()).statuses
    assert {name: status.status for name, status in listed.items()} == dict.fromkeys(
        ["", "grpc.health.v1.Health", "martlet.submissions", "martlet.v1.BulkService",
         "martlet.v1.EventService", "martlet.v1.GroupService", "martlet.v1.LimitService",
         "martlet.v1.LockService", "martlet.v1.PoolService", "martlet.v1.ScheduleService",
         "martlet.v1.ServerService", "martlet.v1.StatsService", "martlet.v1.TaskService",
         "martlet.v1.WorkerService", "martlet.v1.WorkflowService"], serving)


# Channelz

def test_grpcio_channelz_sees_its_own_connection(server, channel):
    channelz = channelz_pb2_grpc.ChannelzStub(channel)
    [shown] = channelz.GetServers(channelz_pb2.GetServersRequest()).server
    assert shown.ref.name == server.address
    assert shown.data.calls_started > shown.data.calls_failed
    assert shown.data.last_call_started_timestamp.seconds > 0
    [listener] = shown.listen_socket
    socket = channelz.GetSocket(channelz_pb2.GetSocketRequest(socket_id=listener.socket_id)).socket
    assert socket.local.tcpip_address.port == server.port

    sockets = channelz.GetServerSockets(channelz_pb2.GetServerSocketsRequest(
        server_id=shown.ref.server_id)).socket_ref
    data = [channelz.GetSocket(channelz_pb2.GetSocketRequest(socket_id=s.socket_id)).socket.data
            for s in sockets]
    # The newest connection is ours; its calls so far are those above.
    assert data[-1].streams_started == 3 + len(sockets)
    assert data[-1].streams_failed == 0


def test_grpcurl_reads_channelz(server):
    reply = run("grpcurl", "-plaintext", server.address, "grpc.channelz.v1.Channelz/GetServers")
    [shown] = json.loads(reply.stdout)["server"]
    assert shown["listenSocket"][0]["name"] == server.address
