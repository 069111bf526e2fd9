"""One channel, and the calls on it: time limits, repeats, typed errors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import grpc
import grpc.aio

from martlet.errors import MartletError
from martlet.times import Backoff

#: Where a server is unless something else is said.
DEFAULT_TARGET = "127.0.0.1:7411"

_Response = TypeVar("_Response")
_Metadata = tuple[tuple[str, str], ...]

#: Errors of the connection that look like errors of the server are believed after this many in a
#: row.
_DOUBTFUL_FAILURES_MAX = 5
_DOUBTFUL = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}

#: Lists end their pages at 1 MiB; single tasks may bring a payload, a result and a checkpoint of
#: 1 MiB each.
_MESSAGE_BYTES_MAX = 16 << 20


def default_target() -> str:
    """The variable MARTLET_SERVER, else port 7411 of this machine."""
    return os.environ.get("MARTLET_SERVER") or DEFAULT_TARGET


def open_channel(
    target: str, credentials: grpc.ChannelCredentials | None = None
) -> grpc.aio.Channel:
    """A channel with a connection of its own, which is soon tried again when it is lost."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.max_receive_message_length", _MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", -1),
        ("grpc.enable_retries", 0),
    ]
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=options)
    return grpc.aio.secure_channel(target, credentials, options=options)


class Connection:
    """The calls of one client."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        actor: str | None,
        timeout: float,
        attempts: int,
        patience: float | None,
        backoff: Backoff,
    ) -> None:
        self.channel = channel
        self.backoff = backoff
        self._metadata: _Metadata = (("martlet-actor", actor),) if actor else ()
        self._timeout = timeout
        self._attempts = attempts
        self._patience = patience

    async def unary(
        self,
        call: Callable[..., Awaitable[_Response]],
        request: Any,
        *,
        repeat: bool = True,
        longer: float = 0.0,
    ) -> _Response:
        """One call; again while the server cannot be reached and a repeat does no harm. It may
        take so many seconds `longer` than others."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._timeout + longer
        for failures in range(1, self._attempts + 1):
            try:
                return await call(
                    request, timeout=max(0.001, end - loop.time()), metadata=self._metadata
                )
            except grpc.aio.AioRpcError as failed:
                error = MartletError.of(failed)
                if not repeat or error.code != grpc.StatusCode.UNAVAILABLE:
                    raise error from None
                delay = max(self.backoff.delay(failures), error.retry_delay or 0.0)
                if failures == self._attempts or loop.time() + delay >= end:
                    raise error from None
            await asyncio.sleep(delay)
        raise AssertionError("at least one attempt is made")

    async def pages(
        self, call: Callable[..., Awaitable[_Response]], request: Any
    ) -> AsyncGenerator[_Response, None]:
        """The pages of a list, each fetched when it is asked for."""
        while True:
            reply: Any = await self.unary(call, request)
            yield reply
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    async def stream(
        self, call: Callable[..., Any], request: Any, *, silence: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """The messages of one stream, without repeats. One that brings nothing for `silence`
        seconds is given up as UNAVAILABLE."""
        answers = call(request, metadata=self._metadata)
        try:
            while True:
                async with asyncio.timeout(silence):
                    message = await answers.read()
                if message is grpc.aio.EOF:
                    return
                yield message
        except grpc.aio.AioRpcError as error:
            raise MartletError.of(error) from None
        except TimeoutError:
            raise MartletError(
                grpc.StatusCode.UNAVAILABLE, f"the server said nothing for {silence:g} s"
            ) from None
        finally:
            answers.cancel()

    def recovery(self) -> Recovery:
        return Recovery(self._attempts, self._patience, self.backoff)


class Recovery:
    """Decides whether a stream that broke is opened again, and when: until it has been open once,
    as often as any call; after that, for as long as the client's patience lasts."""

    def __init__(self, attempts: int, patience: float | None, backoff: Backoff) -> None:
        self._attempts = attempts
        self._patience = patience
        self._backoff = backoff
        self._was_open = False
        self._failures = 0
        self._lost_at: float | None = None

    def progressed(self) -> None:
        """The stream has brought something."""
        self._was_open = True
        self._failures = 0
        self._lost_at = None

    async def pause(self, error: MartletError) -> None:
        """Waits before the next try; raises the error if there shall be none."""
        await asyncio.sleep(self.delay(error, asyncio.get_running_loop().time()))

    def delay(self, error: MartletError, now: float) -> float:
        self._failures += 1
        if error.code in _DOUBTFUL:
            if self._failures >= _DOUBTFUL_FAILURES_MAX:
                raise error
        elif error.code != grpc.StatusCode.UNAVAILABLE:
            raise error
        if not self._was_open and self._failures >= self._attempts:
            raise error
        if self._lost_at is None:
            self._lost_at = now
        if self._patience is not None and now - self._lost_at > self._patience:
            raise error
        return max(self._backoff.delay(self._failures), error.retry_delay or 0.0)


def ended_early() -> MartletError:
    """What a stream means that ends well before it should: a server that stops."""
    return MartletError(grpc.StatusCode.UNAVAILABLE, "the server ended the stream")
