"""A worker as a process of its own, which tests kill and stop at any moment.

It runs each task for a while, and says what it came to whether it may or not: also of leases that
it is told it has lost. A finish is kept until it is acknowledged, and said again after a reconnect.
What the server answered goes into a journal, one line each: `accepted TASK` or `refused TASK`.

With --idle COUNT it is that many workers that do nothing.
"""

import argparse
import os
import queue
import threading
import time
import uuid

import grpc

from support.stubs import workers, workers_grpc


class Worker:
    def __init__(self, options):
        self.options = options
        self.instance = uuid.uuid4().hex
        self.journal = os.open(options.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        # By lease: the task, and when its time is over.
        self.held = {}
        self.lock = threading.Condition()

    def run(self):
        while True:
            with open_channel(self.options.address) as channel:
                self.serve(workers_grpc.WorkerServiceStub(channel))
            time.sleep(0.05)

    def serve(self, stub):
        said = queue.Queue()
        said.put(workers.WorkRequest(hello=workers.WorkerHello(
            name=self.options.name, instance=self.instance, kinds=[self.options.kind],
            slots=self.options.slots, held_leases=list(self.held))))
        stream = stub.Work(iter(said.get, None))
        over = threading.Event()
        speaker = None
        received = 0
        try:
            for message in stream:
                if message.HasField("welcome"):
                    speaker = threading.Thread(target=self.speak, args=(said, over), daemon=True)
                    speaker.start()
                    said.put(self.credit(received))
                request = workers.WorkRequest()
                self.hear(message, request)
                if message.assigns:
                    received += len(message.assigns)
                if message.acks:
                    request.MergeFrom(self.credit(received))
                if request.ListFields():
                    said.put(request)
        except grpc.RpcError:
            pass
        over.set()
        said.put(None)
        if speaker is not None:
            speaker.join()

    def credit(self, received):
        with self.lock:
            free = self.options.slots - len(self.held)
        return workers.WorkRequest(credit=workers.Credit(more=max(0, free), received=received))

    def hear(self, message, request):
        end = time.monotonic() + self.options.run_ms / 1000
        lines = []
        with self.lock:
            for assign in message.assigns:
                self.held[assign.lease] = (assign.task.id, end)
                request.accepts.add(lease=assign.lease)
            for ack in message.acks:
                task, _ = self.held.pop(ack.lease, ("", 0))
                if task:
                    lines.append(f"{'accepted' if ack.accepted else 'refused'} {task}\n")
        if lines:
            os.write(self.journal, "".join(lines).encode())
        if message.HasField("ping"):
            request.pong = message.ping

    def speak(self, said, over):
        """Finishes what is over, once on this stream, and beats for the rest."""
        finished = set()
        beat_at = 0.0
        while not over.wait(self.options.tick_ms / 1000):
            now = time.monotonic()
            request = workers.WorkRequest()
            with self.lock:
                finished &= self.held.keys()
                for lease, (_, end) in self.held.items():
                    if end <= now and lease not in finished:
                        finished.add(lease)
                        request.finishes.add(lease=lease, result={"data": b"done"})
                if now - beat_at > self.options.beat_ms / 1000:
                    beat_at = now
                    request.ping = 1
                    for lease in self.held.keys() - finished:
                        request.beats.add(lease=lease)
            if request.ListFields():
                said.put(request)


def open_channel(address):
    return grpc.insecure_channel(address, options=[
        ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)])


def be_idle(options):
    """Says the needful on many streams, each over a connection of its own."""
    said = [queue.Queue() for _ in range(options.idle)]
    streams = []
    for number, one in enumerate(said):
        one.put(workers.WorkRequest(
            hello=workers.WorkerHello(
                name="idle", instance=f"idle-{number}", kinds=[options.kind], slots=1),
            credit=workers.Credit(more=0)))
        stub = workers_grpc.WorkerServiceStub(open_channel(options.address))
        streams.append(stub.Work(iter(one.get, None)))
    while True:
        time.sleep(5)
        for one in said:
            one.put(workers.WorkRequest(ping=1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--kind", default="remote")
    parser.add_argument("--slots", type=int, default=50)
    parser.add_argument("--run-ms", type=int, default=5)
    parser.add_argument("--tick-ms", type=int, default=5)
    parser.add_argument("--beat-ms", type=int, default=300)
    parser.add_argument("--journal", default=os.devnull)
    parser.add_argument("--name", default="process")
    parser.add_argument("--idle", type=int, default=0)
    options = parser.parse_args()
    if options.idle:
        be_idle(options)
    Worker(options).run()


if __name__ == "__main__":
    main()
