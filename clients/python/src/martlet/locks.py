"""Named locks with leases and fencing tokens."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

import grpc

from martlet.connection import Connection
from martlet.errors import MartletError
from martlet.times import Span, duration
from martlet.v1 import lock_service_pb2 as pb
from martlet.v1 import lock_service_pb2_grpc

#: The longest that a call may wait in line, in seconds.
WAIT_MAX = 86_400.0

_UNCERTAIN = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))


class Locks:
    """The calls about locks. Got from `Client.locks`.

        async with client.locks.hold("nightly") as lock:
            await write(report, token=lock.token)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = lock_service_pb2_grpc.LockServiceStub(connection.channel)

    def hold(
        self,
        name: str,
        *,
        owner: str | None = None,
        lease: float = 15.0,
        wait: float = WAIT_MAX,
    ) -> HeldLock:
        """Waits for the lock, holds it for the length of an `async with`, renews it meanwhile.

        ABORTED (LOCK_HELD) if it is not to be had within `wait` seconds. If it is lost, what is
        within the `async with` is cancelled, which then raises FAILED_PRECONDITION
        (LOCK_NOT_HELD). It counts as lost, too, when it could not be renewed for the length of its
        lease (1 to 86,400 s). A restart of the server within that time loses nothing.

        `owner`: who is to hold it; None: a name of its own for each use, so that one waits for the
        other.
        """
        return HeldLock(self, name, owner or uuid.uuid4().hex, lease, wait)

    async def acquire(
        self, name: str, owner: str, *, lease: Span = 15.0, wait: float = 0.0
    ) -> pb.Lock:
        """Takes a lock, or waits for it for at most so many seconds; the holder itself counts once
        more. ABORTED (LOCK_HELD) if it was not to be had."""
        reply = await self._connection.unary(
            self._stub.AcquireLock,
            pb.AcquireLockRequest(
                name=name,
                owner=owner,
                lease=duration(lease),
                wait=duration(wait),
                request_id=uuid.uuid4().hex,
            ),
            longer=wait,
        )
        return reply.lock

    async def renew(self, name: str, owner: str, token: int) -> pb.Lock:
        """The lease begins anew. FAILED_PRECONDITION (LOCK_NOT_HELD) if owner and token are not
        those of the holder: stop what is done under the lock."""
        reply = await self._connection.unary(
            self._stub.RenewLock, pb.RenewLockRequest(name=name, owner=owner, token=token)
        )
        return reply.lock

    async def release(self, name: str, owner: str, token: int) -> pb.Lock:
        """Takes one off the count; at 0 the lock is free. FAILED_PRECONDITION (LOCK_NOT_HELD). Not
        repeated: a second one would take off another."""
        reply = await self._connection.unary(
            self._stub.ReleaseLock,
            pb.ReleaseLockRequest(name=name, owner=owner, token=token),
            repeat=False,
        )
        return reply.lock

    async def get(self, name: str) -> pb.Lock:
        """NOT_FOUND (LOCK_NOT_FOUND) if nobody holds it."""
        reply = await self._connection.unary(self._stub.GetLock, pb.GetLockRequest(name=name))
        return reply.lock

    async def list(self, prefix: str = "", *, owner: str = "") -> AsyncGenerator[pb.Lock, None]:
        """The locks that are held, by name, fetched page by page as they are read."""
        request = pb.ListLocksRequest(name_prefix=prefix, owner=owner, page_size=1_000)
        async for page in self._connection.pages(self._stub.ListLocks, request):
            for lock in page.locks:
                yield lock

    async def break_lock(self, name: str, *, token: int = 0, reason: str = "") -> pb.Lock:
        """Takes a lock from its holder; tells it as it was. With a token, of that grant only:
        FAILED_PRECONDITION (LOCK_NOT_HELD) otherwise. NOT_FOUND (LOCK_NOT_FOUND) if nobody holds
        it."""
        reply = await self._connection.unary(
            self._stub.BreakLock,
            pb.BreakLockRequest(name=name, token=token, reason=reason),
            repeat=False,
        )
        return reply.lock


class HeldLock:
    """A lock for the length of an `async with`; see `Locks.hold`."""

    def __init__(
        self, locks: Locks, name: str, owner: str, lease: float, wait: float
    ) -> None:
        self.name = name
        self.owner = owner
        #: Names the grant: above those of all grants before it. 0 before it is held.
        self.token = 0
        self._locks = locks
        self._lease = lease
        self._wait = wait
        self._lost: MartletError | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._cancelling = 0

    async def __aenter__(self) -> Self:
        holder = asyncio.current_task()
        assert holder is not None
        start = asyncio.get_running_loop().time()
        lock = await self._locks.acquire(
            self.name, self.owner, lease=self._lease, wait=self._wait
        )
        self.token = lock.token
        self._lost = None
        self._cancelling = holder.cancelling()
        self._renewing = asyncio.create_task(self._renew(holder, start))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._renewing is not None
        self._renewing.cancel()
        if self._lost is None:
            await asyncio.shield(self._release())
            return
        holder = asyncio.current_task()
        assert holder is not None
        # The cancellation was ours, unless somebody else has asked for one, too.
        if holder.uncancel() <= self._cancelling and (
            kind is None or issubclass(kind, asyncio.CancelledError)
        ):
            raise self._lost from error

    async def _release(self) -> None:
        try:
            await self._locks.release(self.name, self.owner, self.token)
        except MartletError:
            # The lease ends by itself.
            return

    async def _renew(self, holder: asyncio.Task[object], start: float) -> None:
        loop = asyncio.get_running_loop()
        heard = start
        # How long the wait took of the lease is not known: the first renewal then comes at once.
        pause = 0.0 if loop.time() - start > self._lease / 3 else self._lease / 3
        while True:
            await asyncio.sleep(pause)
            sent = loop.time()
            try:
                async with asyncio.timeout(self._lease / 3):
                    await self._locks.renew(self.name, self.owner, self.token)
                heard = sent
                pause = self._lease / 3
                continue
            except MartletError as error:
                failed = error
            except TimeoutError:
                failed = MartletError(
                    grpc.StatusCode.DEADLINE_EXCEEDED, "the renewal was not answered in time"
                )
            if failed.code not in _UNCERTAIN:
                self._lose(holder, failed)
                return
            if loop.time() - heard >= self._lease:
                told = MartletError(
                    grpc.StatusCode.FAILED_PRECONDITION,
                    f"the lock {self.name!r} could not be renewed in time: {failed.message}",
                    reason="LOCK_NOT_HELD",
                )
                self._lose(holder, told)
                return
            pause = self._lease / 12

    def _lose(self, holder: asyncio.Task[object], error: MartletError) -> None:
        self._lost = error
        holder.cancel()
