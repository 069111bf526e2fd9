"""The feed of everything that happens, over as many streams as it takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from google.protobuf.duration_pb2 import Duration

from martlet.connection import Connection, ended_early
from martlet.errors import MartletError
from martlet.v1 import event_service_pb2 as pb
from martlet.v1 import (
    event_service_pb2_grpc,
    server_service_pb2,
    server_service_pb2_grpc,
)

#: The server says at least where it is after so many seconds without an event.
_HEARTBEAT = 10
#: After so many intervals without a word it is given up, and asked again.
_SILENT_INTERVALS = 3


@dataclass(frozen=True)
class Batch:
    """Events with the cursor behind them: store that with what was done, and start from it again
    to miss nothing and double nothing. Without events it is a heartbeat."""

    events: list[pb.Event]
    cursor: str


class EventFeed:
    """Events, in order, each once. Got from `Client.watch_events`; read with `async for`.

    Resumes from its cursor after a lost connection or a restart of the server. Ends only with
    `until_now`, or by raising MartletError: OUT_OF_RANGE (REVISION_COMPACTED) when the events
    asked for are no longer kept. Who stops and iterates again goes on behind the event read last.
    """

    def __init__(self, connection: Connection, request: pb.WatchEventsRequest) -> None:
        self._connection = connection
        self._events = event_service_pb2_grpc.EventServiceStub(connection.channel)
        self._server = server_service_pb2_grpc.ServerServiceStub(connection.channel)
        self._request = request
        self._revision = 0
        self._cursor = request.cursor if request.WhichOneof("from") == "cursor" else ""
        if not request.HasField("heartbeat_interval"):
            request.heartbeat_interval.CopyFrom(Duration(seconds=_HEARTBEAT))

    @property
    def cursor(self) -> str:
        """Behind the last batch that was read to its end; empty before the first."""
        return self._cursor

    def __aiter__(self) -> AsyncIterator[pb.Event]:
        return self._single()

    async def _single(self) -> AsyncGenerator[pb.Event, None]:
        async with aclosing(self._read()) as read:
            async for batch in read:
                for event in batch.events:
                    self._revision = event.revision
                    yield event
                self._cursor = batch.cursor

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """The same feed in batches, heartbeats included: each with its cursor."""
        async with aclosing(self._read()) as read:
            async for batch in read:
                if batch.events:
                    self._revision = batch.events[-1].revision
                self._cursor = batch.cursor
                yield batch

    async def _read(self) -> AsyncGenerator[Batch, None]:
        recovery = self._connection.recovery()
        # How far has been read, which may be ahead of what was handed out.
        cursor, revision = self._cursor, self._revision
        while True:
            try:
                request = await self._request_from(cursor)
                cursor = request.cursor
                async with aclosing(self._open(request)) as stream:
                    async for response in stream:
                        recovery.progressed()
                        cursor = response.cursor or cursor
                        fresh = [event for event in response.events if event.revision > revision]
                        if fresh:
                            revision = fresh[-1].revision
                        yield Batch(fresh, cursor)
                if self._request.until_now:
                    return
                raise ended_early()
            except MartletError as error:
                await recovery.pause(error)

    def _open(self, request: pb.WatchEventsRequest) -> AsyncGenerator[pb.WatchEventsResponse, None]:
        interval = request.heartbeat_interval.ToNanoseconds() / 1e9
        return self._connection.stream(
            self._events.WatchEvents, request, silence=_SILENT_INTERVALS * max(interval, 5.0)
        )

    async def _request_from(self, cursor: str) -> pb.WatchEventsRequest:
        """From where the reader is. "Now" is made a cursor first: so it stays the same moment
        however often the stream has to be opened before it brings something."""
        request = pb.WatchEventsRequest()
        request.CopyFrom(self._request)
        if not cursor and request.WhichOneof("from") is None:
            info = await self._connection.unary(
                self._server.GetServerInfo, server_service_pb2.GetServerInfoRequest()
            )
            cursor = info.cursor
        if cursor:
            request.cursor = cursor
        return request
