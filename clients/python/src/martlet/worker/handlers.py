"""Runs one handler to its end, and says what it came to."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.duration_pb2 import Duration

from martlet.content import CONTENT_BYTES_MAX, Content, encode
from martlet.v1 import task_pb2
from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.attempt import Outcome, StopReason
from martlet.worker.context import Stopped, TaskContext, TaskFailure, TaskSnooze, shorten

Handler = Callable[[TaskContext], Awaitable[Any]] | Callable[[TaskContext], Any]

_log = logging.getLogger("martlet.worker")

_CODE_BYTES_MAX = 63
_MESSAGE_BYTES_MAX = 4 << 10


class RunningHandler:
    """A handler that has been started."""

    def __init__(self, handler: Handler, context: TaskContext, lease: str) -> None:
        self.context = context
        self.lease = lease
        self._is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
            getattr(handler, "__call__", None)
        )
        body = _call(handler, context) if self._is_async else _call_on_thread(handler, context)
        self._body: asyncio.Task[Any] = asyncio.create_task(body)

    def stop(self, reason: StopReason, text: str) -> None:
        """A coroutine gets CancelledError. A thread cannot be made to stop: it looks at its
        context."""
        self.context.tell_to_stop(reason, text)
        if self._is_async:
            self._body.cancel()

    async def outcome(self) -> Outcome | None:
        """What it came to when it has ended; None if there is nothing to be said of it."""
        await asyncio.wait([self._body])
        reason = self.context.stop_reason
        if reason is StopReason.LOST:
            if not self._body.cancelled():
                self._body.exception()  # Nobody wants to know.
            return None
        try:
            result = await self._body
        except (asyncio.CancelledError, Stopped):
            return self._stopped(reason)
        except TaskSnooze as snooze:
            return pb.Release(lease=self.lease, delay=snooze.delay)
        except TaskFailure as failure:
            return self._failed(
                failure.code,
                failure.message,
                failure.retryable,
                failure.retry_delay,
                failure.failure_class,
            )
        except Exception as error:
            _log.info("task %s failed", self.context.task_id, exc_info=error)
            return self._failed(type(error).__name__, str(error) or repr(error), True)
        return self._succeeded(result)

    def _stopped(self, reason: StopReason | None) -> Outcome:
        if reason in (StopReason.PAUSE, StopReason.SHUTDOWN):
            return pb.Release(lease=self.lease)
        if reason is StopReason.CANCEL:
            return self._failed("CANCELLED", self.context.stop_text or "cancelled", False)
        return self._failed("CancelledError", "the handler cancelled itself", True)

    def _failed(
        self,
        code: str,
        message: str,
        retryable: bool,
        retry_delay: Duration | None = None,
        failure_class: str = "",
    ) -> Outcome:
        failure = pb.WorkerFailure(
            code=shorten(code, _CODE_BYTES_MAX),
            message=shorten(message, _MESSAGE_BYTES_MAX),
            non_retryable=not retryable,
            retry_delay=retry_delay,
            failure_class=failure_class,
        )
        return pb.Finish(lease=self.lease, failure=failure)

    def _succeeded(self, result: Any) -> Outcome:
        try:
            content = encode(result)
        except (TypeError, ValueError) as error:
            return self._failed("RESULT_INVALID", str(error), False)
        if len(content.data) > CONTENT_BYTES_MAX:
            return self._failed(
                "RESULT_TOO_LARGE",
                f"a result has at most {CONTENT_BYTES_MAX} bytes, not {len(content.data)}",
                False,
            )
        return pb.Finish(lease=self.lease, result=_result(content))


def _result(content: Content) -> task_pb2.TaskResult:
    return task_pb2.TaskResult(data=content.data, content_type=content.content_type)


async def _call(handler: Callable[[TaskContext], Awaitable[Any]], context: TaskContext) -> Any:
    return await handler(context)


async def _call_on_thread(handler: Callable[[TaskContext], Any], context: TaskContext) -> Any:
    """On a thread of its own, which does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()

    def run() -> None:
        try:
            result, error = handler(context), None
        except BaseException as raised:
            result, error = None, raised
        try:
            loop.call_soon_threadsafe(end, result, error)
        except RuntimeError:
            pass  # The loop has been closed: nobody waits any more.

    def end(result: Any, error: BaseException | None) -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(result)
        elif isinstance(error, Exception) and not isinstance(error, StopIteration):
            ended.set_exception(error)
        else:
            ended.set_exception(TaskFailure(type(error).__name__, str(error) or repr(error)))

    threading.Thread(target=run, name=f"task {context.task_id}", daemon=True).start()
    return await ended
