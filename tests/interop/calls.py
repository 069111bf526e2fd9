"""The calls of the interoperability tests, for grpcio clients."""

from interop import contract
from interop.contract import messages

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"

_KINDS = {
    "EmptyCall": "unary_unary",
    "UnaryCall": "unary_unary",
    "StreamingOutputCall": "unary_stream",
    "StreamingInputCall": "stream_unary",
    "FullDuplexCall": "stream_stream",
}


class TestService:
    """A stub: `TestService(channel).UnaryCall(request)`."""

    __test__ = False

    def __init__(self, channel):
        for method, kind in _KINDS.items():
            setattr(self, method, getattr(channel, kind)(
                contract.path(method),
                request_serializer=contract.request_type(method).SerializeToString,
                response_deserializer=contract.response_type(method).FromString))


def payload(size):
    return messages.Payload(body=bytes(size))


def unary(request_size=0, response_size=0, **fields):
    return messages.SimpleRequest(
        payload=payload(request_size), response_size=response_size, **fields)


def output(*sizes, every=0, **fields):
    """A request for responses of these sizes, each after a wait of `every` seconds."""
    return messages.StreamingOutputCallRequest(
        response_parameters=[
            messages.ResponseParameters(size=size, interval_us=int(every * 1e6)) for size in sizes],
        **fields)


def input_of(size):
    return messages.StreamingInputCallRequest(payload=payload(size))


def sizes_of(responses):
    return [len(response.payload.body) for response in responses]
