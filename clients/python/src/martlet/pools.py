"""The calls about pools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from google.protobuf.field_mask_pb2 import FieldMask

from martlet.connection import Connection
from martlet.v1 import pool_service_pb2 as pb
from martlet.v1 import pool_service_pb2_grpc


class Pools:
    """Named sets of slots, each with a bounded queue. Got from `Client.pools`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = pool_service_pb2_grpc.PoolServiceStub(connection.channel)

    async def create(self, name: str, slots: int, spec: pb.PoolSpec | None = None) -> pb.Pool:
        """A new pool. ALREADY_EXISTS (POOL_EXISTS) if the name is taken.

        `slots` attempts run at the same time: 1 to 10,000. `spec` has what else there is to say.
        """
        wanted = pb.PoolSpec()
        if spec is not None:
            wanted.CopyFrom(spec)
        wanted.slots = slots
        reply = await self._connection.unary(
            self._stub.CreatePool, pb.CreatePoolRequest(name=name, spec=wanted), repeat=False
        )
        return reply.pool

    async def get(self, name: str) -> pb.Pool:
        """A pool with its status now. NOT_FOUND (POOL_NOT_FOUND) if there is none."""
        reply = await self._connection.unary(self._stub.GetPool, pb.GetPoolRequest(name=name))
        return reply.pool

    async def explain(self, name: str) -> pb.ExplainPoolResponse:
        """What holds the pool back, and how many tasks each cause holds."""
        return await self._connection.unary(
            self._stub.ExplainPool, pb.ExplainPoolRequest(name=name)
        )

    async def list(self) -> AsyncGenerator[pb.Pool, None]:
        """All pools, by name, fetched page by page as they are read."""
        request = pb.ListPoolsRequest(page_size=1_000)
        async for page in self._connection.pages(self._stub.ListPools, request):
            for pool in page.pools:
                yield pool

    async def update(
        self, name: str, spec: pb.PoolSpec, fields: Iterable[str], etag: str = ""
    ) -> pb.Pool:
        """Changes the named fields of the spec, `*` for all of it.

        With the etag of a pool that was read: ABORTED (ETAG_MISMATCH) if its spec has changed
        since.
        """
        request = pb.UpdatePoolRequest(
            name=name, spec=spec, update_mask=FieldMask(paths=list(fields)), etag=etag
        )
        reply = await self._connection.unary(self._stub.UpdatePool, request, repeat=not etag)
        return reply.pool

    async def pause(self, name: str, reason: str = "") -> pb.Pool:
        """The pool goes on accepting tasks and starts none."""
        reply = await self._connection.unary(
            self._stub.PausePool, pb.PausePoolRequest(name=name, reason=reason)
        )
        return reply.pool

    async def resume(self, name: str, reason: str = "") -> pb.Pool:
        """Undoes `pause`, and `drain` even after it has closed the pool."""
        reply = await self._connection.unary(
            self._stub.ResumePool, pb.ResumePoolRequest(name=name, reason=reason)
        )
        return reply.pool

    async def drain(self, name: str, reason: str = "") -> pb.Pool:
        """The pool refuses new tasks, finishes what it has, then is CLOSED."""
        reply = await self._connection.unary(
            self._stub.DrainPool, pb.DrainPoolRequest(name=name, reason=reason)
        )
        return reply.pool

    async def delete(self, name: str, *, force: bool = False, reason: str = "") -> pb.Pool:
        """FAILED_PRECONDITION (POOL_NOT_EMPTY) while the pool has unfinished tasks, unless `force`,
        which cancels them."""
        request = pb.DeletePoolRequest(name=name, force=force, reason=reason)
        reply = await self._connection.unary(self._stub.DeletePool, request, repeat=False)
        return reply.pool

    async def revisions(self, name: str) -> AsyncGenerator[pb.PoolRevision, None]:
        """What was done with the pool, newest first, with who did it, why, before and after; fetched
        page by page as it is read."""
        request = pb.ListPoolRevisionsRequest(pool=name, page_size=100)
        async for page in self._connection.pages(self._stub.ListPoolRevisions, request):
            for revision in page.revisions:
                yield revision

    async def rollback(
        self, name: str, revision: int, *, etag: str = "", reason: str = ""
    ) -> pb.Pool:
        """Makes the spec again what it was at one of `revisions`; state and limit stay.

        NOT_FOUND (POOL_REVISION_NOT_FOUND), ABORTED (ETAG_MISMATCH); else as `update`.
        """
        reply = await self._connection.unary(
            self._stub.RollbackPool,
            pb.RollbackPoolRequest(pool=name, revision=revision, etag=etag, reason=reason),
            repeat=not etag,
        )
        return reply.pool
