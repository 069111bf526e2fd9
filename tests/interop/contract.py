"""The service of the interoperability tests, from our own .proto files, without generated code."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

PROTO = Path(__file__).resolve().parents[2] / "Sources/MartletInterop/proto"


def _load():
    bundled = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.NamedTemporaryFile(suffix=".binpb") as output:
        command = ["protoc", f"-I{PROTO}", f"-I{bundled}", "--include_imports",
                   f"--descriptor_set_out={output.name}", "grpc/testing/test.proto"]
        if protoc.main(command) != 0:
            raise RuntimeError("protoc failed for " + " ".join(command))
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(output.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


pool = _load()
service = pool.FindServiceByName("grpc.testing.TestService")
messages = SimpleNamespace(**{
    name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"grpc.testing.{name}"))
    for name in ("BoolValue", "EchoStatus", "Empty", "Payload", "ResponseParameters",
                 "SimpleRequest", "SimpleResponse", "StreamingInputCallRequest",
                 "StreamingInputCallResponse", "StreamingOutputCallRequest",
                 "StreamingOutputCallResponse")})


def path(method):
    return f"/{service.full_name}/{method}"


def request_type(method):
    return message_factory.GetMessageClass(service.methods_by_name[method].input_type)


def response_type(method):
    return message_factory.GetMessageClass(service.methods_by_name[method].output_type)
