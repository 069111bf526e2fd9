"""A worker that a test drives by hand: one `Work` stream, said and heard word by word."""

import queue
import threading
import uuid

import grpc

from support.client import TIMEOUT
from support.stubs import workers


class Worker:
    """Connects and says hello; `welcome` is the server's answer."""

    def __init__(self, client, kinds=("remote",), credit=0, instance=None, **hello):
        self.instance = instance or uuid.uuid4().hex
        self._said = queue.Queue()
        self._heard = queue.Queue()
        self.error = None
        self.held = []
        self.call = client.workers.Work(iter(self._said.get, None))
        self.say(hello=workers.WorkerHello(
            name=hello.pop("name", "tester"), instance=self.instance, kinds=kinds,
            slots=hello.pop("slots", 10), **hello))
        threading.Thread(target=self._listen, daemon=True).start()
        self.assigns, self.directives, self.acks = queue.Queue(), queue.Queue(), queue.Queue()
        first = self._next()
        self.welcome = first.welcome if first else None
        threading.Thread(target=self._sort, daemon=True).start()
        if credit:
            self.credit(credit)

    def _listen(self):
        try:
            for message in self.call:
                self._heard.put(message)
        except grpc.RpcError as error:
            self.error = error
        self._heard.put(None)

    def _next(self):
        return self._heard.get(timeout=TIMEOUT)

    def _sort(self):
        while (message := self._heard.get()) is not None:
            for assign in message.assigns:
                self.assigns.put(assign)
            for directive in message.directives:
                self.directives.put(directive)
            for ack in message.acks:
                self.acks.put(ack)
            if message.HasField("ping"):
                self.say(pong=message.ping)
        for sink in (self.assigns, self.directives, self.acks):
            sink.put(None)

    # What is said

    def say(self, **fields):
        self._said.put(workers.WorkRequest(**fields))

    def credit(self, more):
        self.say(credit=workers.Credit(more=more))

    def accept(self, *leases):
        self.say(accepts=[workers.Accept(lease=lease) for lease in leases])

    def beat(self, *leases, **fields):
        self.say(beats=[workers.Beat(lease=lease, **fields) for lease in leases])

    def succeed(self, lease, data=b""):
        self.say(finishes=[
            workers.Finish(lease=lease, result={"data": data, "content_type": "text/plain"})])

    def fail(self, lease, **failure):
        self.say(finishes=[workers.Finish(lease=lease, failure=failure)])

    def release(self, *leases, delay=None):
        self.say(releases=[workers.Release(lease=lease, delay=delay) for lease in leases])

    # What is heard

    def assign(self):
        assign = self.assigns.get(timeout=TIMEOUT)
        assert assign is not None, self.error
        return assign

    def directive(self):
        directive = self.directives.get(timeout=TIMEOUT)
        assert directive is not None, self.error
        return directive

    def ack(self):
        ack = self.acks.get(timeout=TIMEOUT)
        assert ack is not None, self.error
        return ack

    def take(self):
        """The next task, accepted."""
        assign = self.assign()
        self.accept(assign.lease)
        return assign

    # The end

    def leave(self):
        """Ends the stream as a worker does that stops."""
        self._said.put(None)

    def vanish(self):
        """Ends it as a worker does that is killed."""
        self.call.cancel()

    def wait_end(self):
        while self.assigns.get(timeout=TIMEOUT) is not None:
            pass
        return self.error
