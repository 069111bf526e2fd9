"""What a handler knows of its attempt, and what it may say of it while it runs."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from martlet.content import CONTENT_BYTES_MAX, Content, decode, encode
from martlet.times import Span, delay
from martlet.v1 import task_pb2
from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.attempt import LOG_LINE_BYTES_MAX, StopReason

LogLevel = Literal["debug", "info", "warning", "error"]

_FAILURE_CLASS = re.compile("[a-z][a-z0-9_-]{0,62}")
_STEP_BYTES_MAX = 255
_COUNTERS_MAX = 32


class TaskFailure(Exception):
    """Raised by a handler: the attempt failed, for this reason."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = True,
        retry_delay: Span | None = None,
        failure_class: str = "",
    ) -> None:
        """Raises ValueError for a delay below 0 or above 10 years, and for a class that is not
        written as `[a-z][a-z0-9_-]{0,62}`."""
        super().__init__(f"{code}: {message}")
        #: Machine-readable, for example `NOT_A_FILE`.
        self.code = code
        #: For people, in one sentence.
        self.message = message
        #: Whether the retry policy may repeat it.
        self.retryable = retryable
        #: How long to wait before the next attempt, if there is one; None: as the pool says for the
        #: class, else as the retry policy does.
        self.retry_delay = None if retry_delay is None else delay(retry_delay)
        if failure_class and _FAILURE_CLASS.fullmatch(failure_class) is None:
            raise ValueError(f"a failure class is {_FAILURE_CLASS.pattern}, not {failure_class!r}")
        #: What it failed of, for example `network`: the pool may have a delay for it.
        self.failure_class = failure_class


class TaskSnooze(Exception):
    """Raised by a handler for whose task it is too early: the attempt is given back and does not
    count, and the task waits so long before the next one."""

    def __init__(self, span: Span) -> None:
        """Raises ValueError for a delay below 0 or above 10 years."""
        self.delay = delay(span)
        super().__init__(f"again in {self.delay.ToJsonString()}")


class Stopped(Exception):
    """Raised by `TaskContext.raise_if_stopped`: the handler stops as it was told to."""


class LeaseLost(Exception):
    """The attempt is no longer this worker's: nothing said of it is taken."""


class CheckpointRefused(Exception):
    """The server does not take this checkpoint; the attempt goes on."""


class Reporter(Protocol):
    """Where a context takes what is said to: the worker that runs it, on its event loop."""

    def report(self, lease: str, progress: task_pb2.Progress) -> None: ...
    def log(self, lease: str, line: task_pb2.LogLine) -> None: ...
    def save(self, lease: str, content: Content) -> asyncio.Future[None]: ...


class TaskContext:
    """One attempt at one task. Its methods may be called on the worker's event loop and, but for
    `save_checkpoint` and `stopped`, on the thread of a handler that is an ordinary function."""

    def __init__(
        self, assign: pb.Assign, reporter: Reporter, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._assign = assign
        self._reporter = reporter
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._progress = task_pb2.Progress()
        self._stop: tuple[StopReason, str] | None = None
        self._stop_told = asyncio.Event()

    # What it is

    @property
    def task(self) -> task_pb2.Task:
        """The whole task as the server handed it over."""
        return self._assign.task

    @property
    def task_id(self) -> str:
        return self._assign.task.id

    @property
    def kind(self) -> str:
        return self._assign.task.spec.kind

    @property
    def pool(self) -> str:
        return self._assign.task.pool

    @property
    def attempt(self) -> int:
        """Its number, from 1."""
        return self._assign.attempt

    @property
    def labels(self) -> Mapping[str, str]:
        return self._assign.task.spec.labels

    @property
    def content_type(self) -> str:
        """Of the payload."""
        return self._assign.task.spec.content_type

    @property
    def payload_bytes(self) -> bytes:
        return self._assign.task.spec.payload

    @cached_property
    def payload(self) -> Any:
        """A value if its content type is JSON, else the bytes. Raises ValueError for JSON that is
        none."""
        return decode(self.payload_bytes, self.content_type)

    @property
    def dependencies(self) -> Sequence[task_pb2.DependencyResult]:
        """What the tasks came to that this one depends on, in the order in which it names them;
        empty unless its submitter asked for that (`want_dependency_results`)."""
        return self._assign.dependencies

    @cached_property
    def checkpoint(self) -> Any:
        """What the attempts before this one saved last, as it was given to `save_checkpoint`; None
        if they saved nothing."""
        if not self._assign.HasField("checkpoint"):
            return None
        return decode(self._assign.checkpoint.data, self._assign.checkpoint.content_type)

    @property
    def deadline(self) -> datetime | None:
        """When the attempt is told to stop, by the server's clock."""
        if not self._assign.HasField("stop_time"):
            return None
        return self._assign.stop_time.ToDatetime(tzinfo=UTC)

    @property
    def fencing_epoch(self) -> int:
        """Larger than that of every earlier attempt at the task: a store that keeps the largest it
        has seen can refuse who lost the lease and does not know it yet."""
        return self._assign.fencing_epoch

    # Being stopped

    @property
    def stop_reason(self) -> StopReason | None:
        """Why the handler is to stop; None while it is not. A coroutine gets CancelledError, too;
        a function on a thread looks here, or calls `raise_if_stopped`, from time to time."""
        return None if self._stop is None else self._stop[0]

    @property
    def stop_text(self) -> str:
        """What was said about it, for people."""
        return "" if self._stop is None else self._stop[1]

    def raise_if_stopped(self) -> None:
        """Raises `Stopped` if the handler is to stop."""
        if self._stop is not None:
            raise Stopped(self._stop[0].value)

    async def stopped(self) -> StopReason:
        """Returns when the handler is to stop."""
        await self._stop_told.wait()
        return self._stop[0] if self._stop else StopReason.LOST

    def tell_to_stop(self, reason: StopReason, text: str) -> None:
        """By the worker, on its event loop."""
        self._stop = (reason, text)
        self._stop_told.set()

    # Saying

    def progress(
        self, percent: float | None = None, step: str | None = None, **counters: int
    ) -> None:
        """How far it is: what is given replaces what was said before, the rest stays. The newest
        goes out a few times a second, and with the end at the latest.

        percent: 0 to 100. step: at most 255 bytes, the rest is cut off. counters: at most 32.
        """
        if len(self._progress.counters.keys() | counters.keys()) > _COUNTERS_MAX:
            raise ValueError(f"there are at most {_COUNTERS_MAX} counters")
        if percent is not None:
            self._progress.percent = min(max(0.0, percent), 100.0)
        if step is not None:
            self._progress.step = shorten(step, _STEP_BYTES_MAX)
        for name, count in counters.items():
            self._progress.counters[name] = count
        said = task_pb2.Progress()
        said.CopyFrom(self._progress)
        self._on_loop(lambda: self._reporter.report(self._assign.lease, said))

    def log(self, text: str, level: LogLevel = "info") -> None:
        """A line about the work, for the feed: at most 4 KiB, the rest is cut off."""
        time = Timestamp()
        time.GetCurrentTime()
        line = task_pb2.LogLine(
            time=time,
            level=f"LOG_LEVEL_{level.upper()}",
            text=shorten(text, LOG_LINE_BYTES_MAX),
        )
        self._on_loop(lambda: self._reporter.log(self._assign.lease, line))

    async def save_checkpoint(self, value: Any) -> None:
        """Returns when it is on disk: the next attempt is handed the newest one, whichever worker
        makes it. Bytes are saved as they are, all else as JSON; at most 1 MiB.

        Raises LeaseLost if the attempt is no longer this worker's, ValueError or TypeError for
        what cannot be saved. To be called in the handling of CancelledError, too.
        """
        content = self._checkpoint_content(value)
        # The wait may be cancelled by being told to stop; the checkpoint goes its way.
        await asyncio.shield(self._reporter.save(self._assign.lease, content))

    def save_checkpoint_blocking(self, value: Any) -> None:
        """The same for functions on a thread."""
        if threading.get_ident() == self._loop_thread:
            raise RuntimeError("a coroutine awaits save_checkpoint")
        content = self._checkpoint_content(value)
        asyncio.run_coroutine_threadsafe(self._save(content), self._loop).result()

    async def _save(self, content: Content) -> None:
        await self._reporter.save(self._assign.lease, content)

    @staticmethod
    def _checkpoint_content(value: Any) -> Content:
        content = encode(value)
        if len(content.data) > CONTENT_BYTES_MAX:
            raise ValueError(
                f"a checkpoint has at most {CONTENT_BYTES_MAX} bytes, not {len(content.data)}"
            )
        return content

    def _on_loop(self, body: Callable[[], None]) -> None:
        if threading.get_ident() == self._loop_thread:
            body()
        else:
            self._loop.call_soon_threadsafe(body)


def shorten(text: str, bytes_max: int) -> str:
    """The beginning that fits into so many bytes of UTF-8."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= bytes_max:
        return encoded.decode()
    return encoded[:bytes_max].decode(errors="ignore")
