"""A real martletd, as a process of its own."""

import os
import random
import signal
import socket
import subprocess
import threading
from pathlib import Path

import grpc

from support.stubs import health_pb2, health_pb2_grpc

# Debug builds on a busy machine are slow; what is awaited is always an event.
PATIENCE = 60


def binary(name):
    return str(Path(os.environ["MARTLET_BIN_DIR"]) / name)


def free_port():
    """Below the range from which the system takes ports for outgoing connections: a server that is
    stopped for a while finds its port free again."""
    while True:
        port = random.randint(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class ServerEnded(Exception):
    """The process ended before it served."""


class Server:
    """One data directory and one port, and the process that serves them, over any number of lives."""

    def __init__(self, directory, *arguments, environment=None, file_roots=(), port=None):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.port = port or free_port()
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.file_roots = [str(root) for root in file_roots]
        self.process = None
        self.lines = []
        self._serving = threading.Event()
        self._reader = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return "\n".join(self.lines)

    # Start

    def command(self):
        roots = [word for root in self.file_roots for word in ("--file-root", root)]
        return [
            binary("martletd"), "--listen", self.address, "--data-dir", str(self.data), *roots,
            *self.arguments,
        ]

    def launch(self):
        """Starts the process and does not wait for it to serve."""
        assert self.process is None or self.process.returncode is not None, "it runs already"
        self._serving.clear()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MARTLET_")}
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={**environment, **self.environment},
            cwd=self.directory)
        self.lines.append(f"---- pid {self.process.pid}: {' '.join(self.process.args)}")
        self._reader = threading.Thread(
            target=self._read, args=(self.process.stderr,), daemon=True)
        self._reader.start()

    def start(self):
        self.launch()
        if not self._serving.wait(PATIENCE) or self.process.poll() is not None:
            self.kill()
            raise ServerEnded(f"martletd did not serve:\n{self.log}")
        with self.channel() as channel:
            reply = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=PATIENCE, wait_for_ready=True)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
        return self

    def _read(self, stream):
        for line in stream:
            text = line.decode(errors="replace").rstrip("\n")
            self.lines.append(text)
            if " serving " in text:
                self._serving.set()
        # The process has ended: whoever waits for it to serve need not wait longer.
        self._serving.set()

    # Stop

    def send(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, timeout=PATIENCE):
        """The exit code; the log is complete."""
        code = self.process.wait(timeout)
        self._reader.join(PATIENCE)
        self.process.stderr.close()
        return code

    def stop(self):
        self.send()
        return self.wait()

    def kill(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            self.wait()

    def restart(self, by=signal.SIGTERM):
        self.send(by)
        self.wait()
        return self.start()

    # Look

    def channel(self, **options):
        """A connection of its own, that does not give up soon after a restart of the server."""
        return grpc.insecure_channel(self.address, options=[
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.initial_reconnect_backoff_ms", 20),
            ("grpc.min_reconnect_backoff_ms", 20),
            ("grpc.max_reconnect_backoff_ms", 100),
            ("grpc.max_receive_message_length", 4 << 20),
            ("grpc.max_send_message_length", -1),
            ("grpc.enable_retries", 0),
            *((f"grpc.{key}", value) for key, value in options.items()),
        ])

    def resident_bytes(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the process has no memory")
