"""The calls about groups of pools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from google.protobuf.field_mask_pb2 import FieldMask

from martlet.connection import Connection
from martlet.v1 import group_service_pb2 as pb
from martlet.v1 import group_service_pb2_grpc


class Groups:
    """Groups of pools that share a budget of slots. Got from `Client.groups`. A pool is in one by
    `group` and `group_minimum` of its spec."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = group_service_pb2_grpc.GroupServiceStub(connection.channel)

    async def create(
        self, name: str, budget: int, labels: Mapping[str, str] | None = None
    ) -> pb.Group:
        """A new group, without pools. `budget`: slots in use at the same time, 1 to 1,000,000.
        ALREADY_EXISTS (GROUP_EXISTS) if the name is taken."""
        reply = await self._connection.unary(
            self._stub.CreateGroup,
            pb.CreateGroupRequest(name=name, spec=pb.GroupSpec(budget=budget, labels=labels)),
            repeat=False,
        )
        return reply.group

    async def get(self, name: str) -> pb.Group:
        """A group with what its pools use and are owed. NOT_FOUND (GROUP_NOT_FOUND)."""
        reply = await self._connection.unary(self._stub.GetGroup, pb.GetGroupRequest(name=name))
        return reply.group

    async def list(self) -> AsyncGenerator[pb.Group, None]:
        """All groups, by name, fetched page by page as they are read."""
        request = pb.ListGroupsRequest(page_size=1_000)
        async for page in self._connection.pages(self._stub.ListGroups, request):
            for group in page.groups:
                yield group

    async def set_budget(
        self, name: str, budget: int, *, etag: str = "", reason: str = ""
    ) -> pb.Group:
        """FAILED_PRECONDITION (GROUP_BUDGET_EXCEEDED) below what the pools are guaranteed; ABORTED
        (ETAG_MISMATCH) if the spec is not the one that the etag was read with."""
        reply = await self._connection.unary(
            self._stub.UpdateGroup,
            pb.UpdateGroupRequest(
                name=name,
                spec=pb.GroupSpec(budget=budget),
                update_mask=FieldMask(paths=["budget"]),
                etag=etag,
                reason=reason,
            ),
            repeat=not etag,
        )
        return reply.group

    async def delete(self, name: str, *, reason: str = "") -> None:
        """FAILED_PRECONDITION (GROUP_NOT_EMPTY) while pools are in it."""
        await self._connection.unary(
            self._stub.DeleteGroup,
            pb.DeleteGroupRequest(name=name, reason=reason),
            repeat=False,
        )
