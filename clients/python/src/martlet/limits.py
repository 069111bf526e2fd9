"""Named limits: rates, windows and concurrency, for tasks and for calls of one's own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable
from types import TracebackType
from typing import Self

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from martlet.connection import Connection
from martlet.errors import MartletError
from martlet.times import Span, duration
from martlet.v1 import limit_service_pb2 as pb
from martlet.v1 import limit_service_pb2_grpc

#: The longest that a call may wait in line, in seconds.
WAIT_MAX = 86_400.0

_UNCERTAIN = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))


class Limits:
    """The calls about limits. Got from `Client.limits`.

        async with client.limits.hold("sms-gateway") as permits:
            await gateway.send(message, token=permits.token)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = limit_service_pb2_grpc.LimitServiceStub(connection.channel)

    # What limits there are

    async def create_rate(
        self,
        name: str,
        units: int,
        per: Span = 1.0,
        *,
        burst: int = 0,
        pools: Iterable[str] = (),
        kinds: Iterable[str] = (),
        key_label: str = "",
        reason: str = "",
    ) -> pb.NamedLimit:
        """A bucket of `burst` permits (0: as `units`), into which `units` (1 to 1,000,000) come in
        each `per` (1 ms to 31 days), evenly. ALREADY_EXISTS (LIMIT_EXISTS) if the name is taken."""
        rule = pb.LimitSpec(rate=pb.RateLimit(units=units, per=duration(per), burst=burst))
        return await self._create(name, rule, pools, kinds, key_label, reason)

    async def create_window(
        self,
        name: str,
        units: int,
        length: Span,
        *,
        pools: Iterable[str] = (),
        kinds: Iterable[str] = (),
        key_label: str = "",
        reason: str = "",
    ) -> pb.NamedLimit:
        """At most `units` (1 to 10,000) in any stretch of time of that length (1 ms to 31 days).
        ALREADY_EXISTS (LIMIT_EXISTS) if the name is taken."""
        rule = pb.LimitSpec(window=pb.WindowLimit(units=units, length=duration(length)))
        return await self._create(name, rule, pools, kinds, key_label, reason)

    async def create_concurrency(
        self,
        name: str,
        units: int,
        *,
        pools: Iterable[str] = (),
        kinds: Iterable[str] = (),
        key_label: str = "",
        reason: str = "",
    ) -> pb.NamedLimit:
        """At most `units` (0 to 1,000,000) at a time. ALREADY_EXISTS (LIMIT_EXISTS) if the name is
        taken."""
        rule = pb.LimitSpec(concurrency=pb.ConcurrencyLimit(units=units))
        return await self._create(name, rule, pools, kinds, key_label, reason)

    async def _create(
        self,
        name: str,
        spec: pb.LimitSpec,
        pools: Iterable[str],
        kinds: Iterable[str],
        key_label: str,
        reason: str,
    ) -> pb.NamedLimit:
        spec.pools.extend(pools)
        spec.kinds.extend(kinds)
        spec.key_label = key_label
        reply = await self._connection.unary(
            self._stub.CreateLimit,
            pb.CreateLimitRequest(name=name, spec=spec, reason=reason),
            repeat=False,
        )
        return reply.limit

    async def get(self, name: str, key: str = "") -> pb.NamedLimit:
        """A limit with the state of one key. NOT_FOUND (LIMIT_NOT_FOUND)."""
        reply = await self._connection.unary(
            self._stub.GetLimit, pb.GetLimitRequest(name=name, key=key)
        )
        return reply.limit

    async def list(self, prefix: str = "") -> AsyncGenerator[pb.NamedLimit, None]:
        """The limits that there are, by name, fetched page by page as they are read."""
        request = pb.ListLimitsRequest(name_prefix=prefix, page_size=1_000)
        async for page in self._connection.pages(self._stub.ListLimits, request):
            for limit in page.limits:
                yield limit

    async def update(
        self,
        name: str,
        spec: pb.LimitSpec,
        paths: Iterable[str],
        *,
        etag: str = "",
        reason: str = "",
    ) -> pb.NamedLimit:
        """Changes the fields of the spec that `paths` name (`rate`, `window`, `concurrency`,
        `pools`, `kinds`, `key_label`), at once. ABORTED (ETAG_MISMATCH) if the spec is not the one
        that the etag was read with; FAILED_PRECONDITION (LIMIT_SORT_FIXED) if a rate were to become
        something else."""
        reply = await self._connection.unary(
            self._stub.UpdateLimit,
            pb.UpdateLimitRequest(
                name=name,
                spec=spec,
                update_mask=FieldMask(paths=list(paths)),
                etag=etag,
                reason=reason,
            ),
            repeat=not etag,
        )
        return reply.limit

    async def delete(self, name: str, *, reason: str = "") -> None:
        """Tasks that waited for it wait no more. NOT_FOUND (LIMIT_NOT_FOUND)."""
        await self._connection.unary(
            self._stub.DeleteLimit,
            pb.DeleteLimitRequest(name=name, reason=reason),
            repeat=False,
        )

    # Permits

    def hold(
        self,
        name: str,
        *,
        key: str = "",
        units: int = 1,
        owner: str | None = None,
        lease: float = 15.0,
        wait: float = WAIT_MAX,
    ) -> HeldPermits:
        """Waits for permits, holds them for the length of an `async with`, renews them meanwhile;
        those of a rate or a window are taken at its beginning, and spent.

        RESOURCE_EXHAUSTED (LIMIT_EXCEEDED) if they are not to be had within `wait` seconds. If they
        are lost, what is within the `async with` is cancelled, which then raises FAILED_PRECONDITION
        (PERMITS_NOT_HELD). They count as lost, too, when they could not be renewed for the length of
        their lease (1 to 86,400 s). A restart of the server within that time loses nothing.
        """
        return HeldPermits(self, name, key, units, owner or uuid.uuid4().hex, lease, wait)

    async def acquire(
        self,
        name: str,
        owner: str,
        *,
        key: str = "",
        units: int = 1,
        lease: Span = 15.0,
        wait: float = 0.0,
    ) -> pb.Permits:
        """Takes permits, or waits for them for at most so many seconds. RESOURCE_EXHAUSTED
        (LIMIT_EXCEEDED) if they were not to be had; FAILED_PRECONDITION (LIMIT_TOO_SMALL) if the limit
        never has so many. Repeated by itself while the server cannot be reached: of a rate or a window
        it may take twice then."""
        reply = await self._connection.unary(
            self._stub.AcquirePermits,
            pb.AcquirePermitsRequest(
                limit=name,
                key=key,
                units=units,
                owner=owner,
                lease=duration(lease),
                wait=duration(wait),
                request_id=uuid.uuid4().hex,
            ),
            longer=wait,
        )
        return reply.permits

    async def renew(self, name: str, owner: str, token: int) -> pb.Permits:
        """The lease begins anew. FAILED_PRECONDITION (PERMITS_NOT_HELD) if owner and token are not
        those of a holder: stop what is done by them."""
        reply = await self._connection.unary(
            self._stub.RenewPermits, pb.RenewPermitsRequest(limit=name, owner=owner, token=token)
        )
        return reply.permits

    async def release(self, name: str, owner: str, token: int) -> pb.Permits:
        """Gives all permits of the grant back. FAILED_PRECONDITION (PERMITS_NOT_HELD)."""
        reply = await self._connection.unary(
            self._stub.ReleasePermits,
            pb.ReleasePermitsRequest(limit=name, owner=owner, token=token),
            repeat=False,
        )
        return reply.permits


class HeldPermits:
    """Permits for the length of an `async with`; see `Limits.hold`."""

    def __init__(
        self,
        limits: Limits,
        name: str,
        key: str,
        units: int,
        owner: str,
        lease: float,
        wait: float,
    ) -> None:
        self.name = name
        self.key = key
        self.units = units
        self.owner = owner
        #: Names the grant: above those of all grants before it. 0 before it is held.
        self.token = 0
        self._limits = limits
        self._lease = lease
        self._wait = wait
        self._lost: MartletError | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._cancelling = 0

    async def __aenter__(self) -> Self:
        holder = asyncio.current_task()
        assert holder is not None
        start = asyncio.get_running_loop().time()
        permits = await self._limits.acquire(
            self.name,
            self.owner,
            key=self.key,
            units=self.units,
            lease=self._lease,
            wait=self._wait,
        )
        self.token = permits.token
        self._lost = None
        self._cancelling = holder.cancelling()
        # Of a rate or a window nothing is held.
        if permits.HasField("lease"):
            self._renewing = asyncio.create_task(self._renew(holder, start))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._renewing is None:
            return
        self._renewing.cancel()
        self._renewing = None
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
            await self._limits.release(self.name, self.owner, self.token)
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
                    await self._limits.renew(self.name, self.owner, self.token)
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
                    f"permits of {self.name!r} could not be renewed in time: {failed.message}",
                    reason="PERMITS_NOT_HELD",
                )
                self._lose(holder, told)
                return
            pause = self._lease / 12

    def _lose(self, holder: asyncio.Task[object], error: MartletError) -> None:
        self._lost = error
        holder.cancel()
