"""The server of the interoperability tests on grpcio."""

import time
from concurrent import futures

import grpc

from interop import contract
from interop.contract import messages

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == INITIAL:
            context.send_initial_metadata(((key, value),))
        if key == TRAILING:
            context.set_trailing_metadata(((key, value),))


def fail_as_asked(request, context):
    if request.HasField("response_status"):
        context.abort(CODES[request.response_status.code], request.response_status.message)


def payload(size):
    return messages.Payload(body=bytes(size))


class InteropServer:
    """`with InteropServer() as server:` serves `server.port` on loopback; over TLS if it has
    grpcio's credentials."""

    def __init__(self, credentials=None):
        self._server = grpc.server(futures.ThreadPoolExecutor(16))
        handlers = {
            "EmptyCall": grpc.unary_unary_rpc_method_handler(self.empty, **self._codecs("EmptyCall")),
            "UnaryCall": grpc.unary_unary_rpc_method_handler(self.unary, **self._codecs("UnaryCall")),
            "StreamingOutputCall": grpc.unary_stream_rpc_method_handler(
                self.output, **self._codecs("StreamingOutputCall")),
            "StreamingInputCall": grpc.stream_unary_rpc_method_handler(
                self.input, **self._codecs("StreamingInputCall")),
            "FullDuplexCall": grpc.stream_stream_rpc_method_handler(
                self.full_duplex, **self._codecs("FullDuplexCall")),
        }
        self._server.add_generic_rpc_handlers((
            grpc.method_handlers_generic_handler(contract.service.full_name, handlers),))
        address = "127.0.0.1:0"
        self.port = (
            self._server.add_secure_port(address, credentials) if credentials
            else self._server.add_insecure_port(address))

    @staticmethod
    def _codecs(method):
        return {
            "request_deserializer": contract.request_type(method).FromString,
            "response_serializer": contract.response_type(method).SerializeToString,
        }

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(None).wait()

    # The calls

    def empty(self, request, context):
        echo_metadata(context)
        return messages.Empty()

    def unary(self, request, context):
        echo_metadata(context)
        fail_as_asked(request, context)
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        return messages.SimpleResponse(payload=payload(request.response_size))

    def output(self, request, context):
        if any(p.compressed.value for p in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        yield from self._responses(request, context)

    def input(self, requests, context):
        size = sum(len(request.payload.body) for request in requests)
        return messages.StreamingInputCallResponse(aggregated_payload_size=size)

    def full_duplex(self, requests, context):
        echo_metadata(context)
        for request in requests:
            yield from self._responses(request, context)

    def _responses(self, request, context):
        fail_as_asked(request, context)
        for parameters in request.response_parameters:
            time.sleep(parameters.interval_us / 1e6)
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield messages.StreamingOutputCallResponse(payload=payload(parameters.size))
