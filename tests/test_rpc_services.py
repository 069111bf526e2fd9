"""Reflection, health and what looks inside, as clients that we did not write ask for them."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

SERVICES = {
    "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection", "martlet.v1.EventService",
    "martlet.v1.PoolService", "martlet.v1.ServerService", "martlet.v1.TaskService",
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


def test_reflection_can_be_turned_off(make_server):
    server = make_server("--reflection", "off")
    with server.channel() as channel, pytest.raises(grpc.RpcError) as error:
        ProtoReflectionDescriptorDatabase(channel).get_services()
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
        ["", "grpc.health.v1.Health", "martlet.v1.EventService", "martlet.v1.PoolService",
         "martlet.v1.ServerService", "martlet.v1.TaskService"], serving)
