"""Servers of the RPC runtime alone, as processes of their own, and what the system says of them."""

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import grpc

from support.server import PATIENCE, binary, free_port


class Process:
    """What the system knows of a running process."""

    def __init__(self, pid):
        self.pid = pid

    def rss(self):
        """Resident bytes."""
        return int(self._proc("statm").read_text().split()[1]) * resource.getpagesize()

    def descriptors(self):
        return len(os.listdir(self._proc("fd")))

    def sockets(self):
        """How many of its descriptors are sockets, of listeners and others."""
        return sum(self._is_socket(entry) for entry in self._proc("fd").iterdir())

    def cpu_seconds(self):
        fields = self._proc("stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _proc(self, name):
        return Path(f"/proc/{self.pid}/{name}")

    @staticmethod
    def _is_socket(entry):
        try:
            return os.readlink(entry).startswith("socket:")
        except FileNotFoundError:  # Closed meanwhile.
            return False


class RPCServer(Process):
    """`RPCServer("rpc-echo-server")` serves `port` on loopback; `channel` is connected to it."""

    def __init__(self, program, files=None, folder=None):
        """`files`: how many descriptors it may have. `folder`: where the program is, if not where
        all are."""
        self.port = free_port()
        self._command = [str(Path(folder) / program) if folder else binary(program)]
        self._files = files
        self.start()
        self.channel = self.new_channel()
        self.await_ready(self.channel)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [*self._command, "--port", str(self.port)], stdout=subprocess.DEVNULL)
        super().__init__(self.process.pid)
        if self._files:
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (self._files, self._files))

    def new_channel(self, **options):
        """A connection of its own."""
        options = {"use_local_subchannel_pool": 1, "max_receive_message_length": -1,
                   "max_send_message_length": -1, "initial_reconnect_backoff_ms": 20,
                   "min_reconnect_backoff_ms": 20, "max_reconnect_backoff_ms": 100, **options}
        return grpc.insecure_channel(
            self.address, options=[(f"grpc.{key}", value) for key, value in options.items()])

    @staticmethod
    def await_ready(channel):
        grpc.channel_ready_future(channel).result(timeout=PATIENCE)

    def restart(self):
        """Asks it to end, which it does without losing a call, and starts it again."""
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
        self.start()

    def is_running(self):
        return self.process.poll() is None

    def end(self):
        self.channel.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def call_until(self, condition, saying):
        """Goes on making calls until the condition holds: each gives the server a turn."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, saying()
            self.call()


class EchoServer(RPCServer):
    """rpc-echo-server, whose methods take and give bytes."""

    def __init__(self, **options):
        super().__init__("rpc-echo-server", **options)
        methods = self.methods(self.channel)
        self._echo, self.hold = methods["Echo"], methods["Hold"]

    @staticmethod
    def methods(channel):
        """The methods by name: `Hold` answers with headers, and then nothing."""
        kinds = {"Echo": channel.unary_unary, "Repeat": channel.unary_stream,
                 "Hold": channel.unary_stream, "Join": channel.stream_unary,
                 "Chat": channel.stream_stream}
        return {name: make(f"/martlet.echo.v1.Echo/{name}") for name, make in kinds.items()}

    def call(self, message=b"hello"):
        assert self._echo(message, timeout=PATIENCE) == message


class InteropServer(RPCServer):
    """rpc-interop-server."""

    def __init__(self, **options):
        super().__init__("rpc-interop-server", **options)
