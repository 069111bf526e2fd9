"""The session's streams, handlers and clock: everything that has side effects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

import grpc
import grpc.aio

from martlet.content import Content
from martlet.errors import MartletError
from martlet.times import Backoff
from martlet.v1 import task_pb2, worker_service_pb2_grpc
from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.attempt import StopReason
from martlet.worker.context import CheckpointRefused, LeaseLost, TaskContext
from martlet.worker.handlers import Handler, RunningHandler
from martlet.worker.session import Effect, Saved, Settled, Start, Stop, WorkerSession

_log = logging.getLogger("martlet.worker")

#: Another try would be answered in the same way.
_FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}


class WorkerDriver:
    """Runs one session until it is drained."""

    def __init__(
        self,
        session: WorkerSession,
        handlers: Mapping[str, Handler],
        open_channel: Callable[[], grpc.aio.Channel],
        backoff: Backoff,
    ) -> None:
        self._session = session
        self._handlers = handlers
        self._open_channel = open_channel
        self._backoff = backoff
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, RunningHandler] = {}
        self._ends: set[asyncio.Task[None]] = set()
        self._saves: dict[str, list[tuple[int, asyncio.Future[None]]]] = {}
        #: There may be something to say.
        self._spoken = asyncio.Event()
        #: A handler has ended, or the server has taken something.
        self._moved = asyncio.Event()

    # Streams

    async def connect(self) -> None:
        """Keeps a stream open until everything is settled. Raises MartletError if the server will
        have nothing to do with this worker."""
        failures = 0
        while True:
            try:
                if await self._one_stream():
                    return
                failures = 1 if self._session.is_welcome else failures + 1
                _log.info("the server ended the stream")
            except grpc.aio.AioRpcError as error:
                if error.code() in _FINAL:
                    raise MartletError.of(error) from None
                # A process of the same instance is not fought with.
                is_superseded = error.code() is grpc.StatusCode.ABORTED
                is_fresh = self._session.is_welcome and not is_superseded
                failures = 1 if is_fresh else failures + 1
                _log.info("lost the server: %s %s", error.code().name, error.details())
            except TimeoutError:
                failures = 1 if self._session.is_welcome else failures + 1
                _log.info("lost the server: it said nothing for too long")
            finally:
                self._session.close()
            await asyncio.sleep(self._backoff.delay(failures))

    async def _one_stream(self) -> bool:
        """Over a connection of its own, so that a dead one is not taken up again. True if the
        worker ended it, with everything settled."""
        async with self._open_channel() as channel:
            call = worker_service_pb2_grpc.WorkerServiceStub(channel).Work()
            self._session.open(self._loop.time())
            writer = asyncio.create_task(self._write(call))
            try:
                await self._read(call)
                return self._is_over
            finally:
                writer.cancel()
                call.cancel()
                with suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
                    await writer

    async def _read(self, call: grpc.aio.StreamStreamCall[pb.WorkRequest, pb.WorkResponse]) -> None:
        """Returns when the server has ended the stream without an error."""
        while True:
            async with asyncio.timeout(self._session.patience(self._loop.time())):
                message = await call.read()
            if not isinstance(message, pb.WorkResponse):
                return
            for effect in self._session.hear(message, self._loop.time()):
                self._do(effect)
            self._spoken.set()

    async def _write(
        self, call: grpc.aio.StreamStreamCall[pb.WorkRequest, pb.WorkResponse]
    ) -> None:
        """Returns when all is said and settled. A stream that cannot be written to has ended: what
        reads it knows why."""
        session = self._session
        try:
            while True:
                self._spoken.clear()
                while (request := session.next_request(self._loop.time())) is not None:
                    await call.write(request)
                if session.is_welcome and self._is_over:
                    break
                await self._wait_to_speak()
            await call.done_writing()
        except asyncio.InvalidStateError:
            pass
        except BaseException:
            call.cancel()
            raise

    @property
    def _is_over(self) -> bool:
        return self._session.is_draining and self._session.is_settled

    async def _wait_to_speak(self) -> None:
        deadline = self._session.deadline
        if deadline is None:
            await self._spoken.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._spoken.wait()

    # What the session wants done

    def _do(self, effect: Effect) -> None:
        match effect:
            case Start(assign):
                self._start(assign)
            case Stop(lease, reason, text, _):
                if reason is StopReason.LOST:
                    self._answer_saves(lease, None, LeaseLost(text))
                if (running := self._running.get(lease)) is not None:
                    _log.info(
                        "task %s is to stop: %s %s", running.context.task_id, reason.value, text
                    )
                    running.stop(reason, text)
            case Saved(lease, sequence, problem):
                self._answer_saves(lease, sequence, CheckpointRefused(problem) if problem else None)
            case Settled(lease, accepted, problem):
                if not accepted:
                    _log.warning("the server takes nothing more of lease %s: %s", lease, problem)
                self._answer_saves(lease, None, LeaseLost("the attempt has ended"))
                self._moved.set()

    def _start(self, assign: pb.Assign) -> None:
        handler = self._handlers.get(assign.task.spec.kind)
        if handler is None:
            failure = pb.WorkerFailure(
                code="UNKNOWN_KIND", message=f"{assign.task.spec.kind} is not served here"
            )
            self._session.finish(assign.lease, pb.Finish(lease=assign.lease, failure=failure))
            return
        context = TaskContext(assign, self, self._loop)
        running = RunningHandler(handler, context, assign.lease)
        self._running[assign.lease] = running
        end = asyncio.create_task(self._follow(running))
        self._ends.add(end)
        end.add_done_callback(self._ends.discard)

    async def _follow(self, running: RunningHandler) -> None:
        outcome = await running.outcome()
        self._running.pop(running.lease, None)
        self._session.finish(running.lease, outcome)
        self._spoken.set()
        self._moved.set()

    # What handlers say (Reporter)

    def report(self, lease: str, progress: task_pb2.Progress) -> None:
        self._session.report(lease, progress)
        self._spoken.set()

    def log(self, lease: str, line: task_pb2.LogLine) -> None:
        self._session.log(lease, line)
        self._spoken.set()

    def save(self, lease: str, content: Content) -> asyncio.Future[None]:
        saved: asyncio.Future[None] = self._loop.create_future()
        sequence = self._session.save_checkpoint(lease, content.data, content.content_type)
        if sequence is None:
            saved.set_exception(LeaseLost("the attempt is no longer this worker's"))
        else:
            self._saves.setdefault(lease, []).append((sequence, saved))
            self._spoken.set()
        return saved

    def _answer_saves(self, lease: str, upto: int | None, error: Exception | None) -> None:
        """Of this number and before; None: all."""
        waiting = self._saves.pop(lease, [])
        left = [one for one in waiting if upto is not None and one[0] > upto]
        if left:
            self._saves[lease] = left
        for sequence, saved in waiting:
            if (upto is None or sequence <= upto) and not saved.done():
                if error is None:
                    saved.set_result(None)
                else:
                    saved.set_exception(error)
                    saved.exception()  # Perhaps nobody waits: that is no fault.

    # The end

    def abort(self) -> None:
        """Leaves everything as it is: the leases end by themselves."""
        for running in self._running.values():
            running.stop(StopReason.LOST, "the worker was cancelled")
        for end in self._ends:
            end.cancel()

    async def drain(self, limit: float, stop_limit: float, at_once: asyncio.Event) -> None:
        """Takes nothing more; handlers may end within the limit, then save and stop within the
        next, then are left alone."""
        self._session.drain()
        self._spoken.set()
        await self._until_idle(limit, at_once)
        for lease, running in list(self._running.items()):
            if self._session.stopping(lease):
                running.stop(StopReason.SHUTDOWN, "the worker stops")
        await self._until_idle(stop_limit, None)
        for lease, running in list(self._running.items()):
            _log.warning("task %s does not stop: it is left alone", running.context.task_id)
            self._session.abandon(lease)
        self._spoken.set()

    @property
    def needs_server(self) -> bool:
        """There is something to be said or heard yet, if only that the worker leaves."""
        return self._session.is_welcome or not self._session.is_settled

    async def _until_idle(self, limit: float, at_once: asyncio.Event | None) -> None:
        hurry = asyncio.create_task(at_once.wait()) if at_once is not None else None
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while self._running and not (hurry is not None and hurry.done()):
                    self._moved.clear()
                    moved = asyncio.create_task(self._moved.wait())
                    await asyncio.wait(
                        {moved, hurry} if hurry is not None else {moved},
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                    moved.cancel()
        if hurry is not None:
            hurry.cancel()
