"""A stand-in for martletd on grpcio, which does what a test tells it."""

import threading
from concurrent import futures

import grpc

from support.server import PATIENCE
from support.stubs import (
    details, events_grpc, pools_grpc, servers_grpc, status_pb2, tasks_grpc,
)

DETAILS = "grpc-status-details-bin"


class Seen:
    """One call, as the server saw it."""

    def __init__(self, method, request, context):
        self.method = method
        self.request = request
        self.context = context
        self.metadata = dict(context.invocation_metadata())
        self.remaining = context.time_remaining()
        self._ended = threading.Event()
        context.add_callback(self._ended.set)

    def wait_until_ended(self):
        """Returns when the call is over, on whichever side."""
        assert self._ended.wait(PATIENCE)

    def fail(self, code, message, reason, retry=None, **metadata):
        """Ends the call as martletd would."""
        status = status_pb2.Status(code=code.value[0], message=message)
        status.details.add().Pack(
            details.ErrorInfo(reason=reason, domain="martlet", metadata=metadata))
        if retry is not None:
            status.details.add().Pack(details.RetryInfo(retry_delay=retry))
        self.context.set_trailing_metadata(((DETAILS, status.SerializeToString()),))
        self.context.abort(code, message)


class MartletServer:
    """`with MartletServer({"GetPool": answer}) as server:` answers with `answer(seen)`: a message,
    or several for a stream. Calls are in `server.calls`, in their order."""

    _SERVICES = (
        (pools_grpc, "PoolService"), (tasks_grpc, "TaskService"), (events_grpc, "EventService"),
        (servers_grpc, "ServerService"),
    )

    def __init__(self, answers, port=0, compression=None):
        self.calls = []
        self._answers = answers
        self._called = threading.Condition()
        self._server = grpc.server(
            futures.ThreadPoolExecutor(16), compression=compression,
            options=[("grpc.so_reuseport", 0), ("grpc.max_send_message_length", -1)])
        for module, name in self._SERVICES:
            add = getattr(module, f"add_{name}Servicer_to_server")
            base = getattr(module, f"{name}Servicer")
            add(self._servicer(base), self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.address = f"127.0.0.1:{self.port}"

    def _servicer(self, base):
        servicer = base()
        for name in vars(base):
            if name in self._answers:
                setattr(servicer, name, self._method(name))
        return servicer

    def _method(self, name):
        def answer(request, context):
            seen = Seen(name, request, context)
            with self._called:
                self.calls.append(seen)
                self._called.notify_all()
            return self._answers[name](seen)

        return answer

    def wait_for_calls(self, count):
        with self._called:
            assert self._called.wait_for(lambda: len(self.calls) >= count, PATIENCE)
            return self.calls

    def stop(self, grace=None):
        self._server.stop(grace).wait()

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self.stop()
