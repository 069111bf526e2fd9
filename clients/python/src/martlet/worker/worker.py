"""A process that runs tasks of some kinds."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar

import grpc

from martlet.connection import default_target, open_channel
from martlet.times import Backoff
from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.context import shorten
from martlet.worker.driver import WorkerDriver
from martlet.worker.handlers import Handler
from martlet.worker.session import WorkerSession

_log = logging.getLogger("martlet.worker")

_AnyHandler = TypeVar("_AnyHandler", bound=Handler)

_NAME_BYTES_MAX = 63


class Worker:
    """Runs tasks for a server, as many at the same time as it has slots.

        worker = Worker("127.0.0.1:7411")

        @worker.task("shout")
        async def shout(context):
            return context.payload.upper()

        worker.run()

    A handler that is a coroutine function is told to stop by asyncio.CancelledError; one that is
    an ordinary function runs on a thread, and looks at `context.stop_reason`. What it returns is
    the result: bytes and `Content` as they are, anything else as JSON. `TaskFailure` fails the
    attempt with a code; any other exception does with its type's name.

    A lost connection is got back, and costs nothing if that takes no longer than a lease.
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        name: str | None = None,
        slots: int = 10,
        pools: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        drain_limit: float = 30.0,
        stop_limit: float = 5.0,
        ack_limit: float = 10.0,
        backoff: Backoff = Backoff(),
    ) -> None:
        """
        target: `host:port` or `unix:/path`; None: MARTLET_SERVER, else port 7411 of this machine.
        name: For people; None: the host's name.
        slots: How many attempts it makes at once: 1 to 10,000.
        pools: Those that it takes tasks of; empty: all.
        labels: What tasks may select workers by.
        credentials: For TLS; None: none.
        drain_limit: Seconds that handlers have to end when the worker stops.
        stop_limit: Seconds that they have then to save a checkpoint and stop.
        ack_limit: Seconds that the server has then to take what they came to.
        """
        self._target = target or default_target()
        self._credentials = credentials
        self._name = shorten(name or socket.gethostname(), _NAME_BYTES_MAX)
        self._slots = slots
        self._pools = list(pools)
        self._labels = dict(labels or {})
        self._limits = (drain_limit, stop_limit, ack_limit)
        self._backoff = backoff
        self._handlers: dict[str, Handler] = {}
        self._stop: asyncio.Event | None = None
        self._hurry: asyncio.Event | None = None

    def task(self, kind: str) -> Callable[[_AnyHandler], _AnyHandler]:
        """Makes the function below it the handler of a kind of tasks."""

        def register(handler: _AnyHandler) -> _AnyHandler:
            if kind in self._handlers:
                raise ValueError(f"{kind} has a handler already")
            self._handlers[kind] = handler
            return handler

        return register

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT, then stops gracefully: takes nothing more, lets handlers
        end or makes them save a checkpoint and stop, and waits until the server has taken what
        they came to. A second signal makes it hurry.

        Raises MartletError if the server refuses the worker itself.
        """
        asyncio.run(self._serve_with_signals())

    async def _serve_with_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            await self.serve()
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Makes `serve` stop gracefully; a second time: soon. On its event loop."""
        if self._stop is None or self._hurry is None:
            return
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def serve(self) -> None:
        """As `run`, without signals, on a loop that is there."""
        if not self._handlers:
            raise ValueError("a worker needs a handler")
        self._stop, self._hurry = asyncio.Event(), asyncio.Event()
        hello = pb.WorkerHello(
            name=self._name,
            instance=uuid.uuid4().hex,
            kinds=sorted(self._handlers),
            pools=self._pools,
            labels=self._labels,
            slots=self._slots,
        )
        driver = WorkerDriver(
            WorkerSession(hello),
            self._handlers,
            lambda: open_channel(self._target, self._credentials),
            self._backoff,
        )
        connected = asyncio.create_task(driver.connect())
        asked = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({connected, asked}, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                await self._drain(driver, connected)
            else:
                await connected
        finally:
            driver.abort()
            for task in (connected, asked):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._stop = self._hurry = None

    async def _drain(self, driver: WorkerDriver, connected: asyncio.Task[None]) -> None:
        drain_limit, stop_limit, ack_limit = self._limits
        assert self._hurry is not None
        await driver.drain(drain_limit, stop_limit, self._hurry)
        if not connected.done() and not driver.needs_server:
            return
        done, _ = await asyncio.wait({connected}, timeout=ack_limit)
        if done:
            await connected
        else:
            _log.warning("stopped, though the server has not acknowledged everything")
