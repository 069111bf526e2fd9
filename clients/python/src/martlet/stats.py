"""Counts, times and failures of tasks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from datetime import datetime

from martlet.connection import Connection
from martlet.times import Span, duration, timestamp
from martlet.v1 import stats_service_pb2 as pb
from martlet.v1 import stats_service_pb2_grpc

_GROUPINGS = {
    "": pb.STATS_GROUPING_NONE,
    "pool": pb.STATS_GROUPING_POOL,
    "kind": pb.STATS_GROUPING_KIND,
    "pool,kind": pb.STATS_GROUPING_POOL_AND_KIND,
}

#: Which time an answer is about: the last so many seconds, or from one moment to another.
Period = Span | tuple[datetime, datetime]


class Stats:
    """The calls about statistics. Got from `Client.stats`.

        hour = await client.stats.overview(3600, by="pool")
        for group in hour.groups:
            print(group.pool, group.counts.succeeded, group.run_time.p95.ToTimedelta())
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = stats_service_pb2_grpc.StatsServiceStub(connection.channel)

    async def overview(
        self,
        period: Period = 3_600.0,
        *,
        by: str = "",
        pools: Iterable[str] = (),
        kinds: Iterable[str] = (),
        step: Span | None = None,
        points: bool = True,
        min_cursor: str = "",
    ) -> pb.GetOverviewResponse:
        """Counts, rates, times and their course over a range of 1 s to 400 days.

        `by`: empty for one group, `pool`, `kind`, `pool,kind`, or `label:KEY`, which counts only
        tasks that are kept. `step`: the length of a step of the series, in whole seconds; None:
        chosen, for about 60. NOT_FOUND (POOL_NOT_FOUND) of a pool that is not there.
        """
        request = pb.GetOverviewRequest(
            range=_range(period),
            pools=pools,
            kinds=kinds,
            omit_points=not points,
            min_cursor=min_cursor,
        )
        if by.startswith("label:"):
            request.group_by = pb.STATS_GROUPING_LABEL
            request.label_key = by.removeprefix("label:")
        elif by in _GROUPINGS:
            request.group_by = _GROUPINGS[by]
        else:
            raise ValueError("by has to be '', 'pool', 'kind', 'pool,kind' or 'label:KEY'")
        if step is not None:
            request.step.CopyFrom(duration(step))
        return await self._connection.unary(self._stub.GetOverview, request)

    async def realtime(self, pools: Iterable[str] = (), *, min_cursor: str = "") -> pb.Realtime:
        """What is going on now, with the rates of the last 1, 10 and 60 s."""
        reply = await self._connection.unary(
            self._stub.GetRealtime, pb.GetRealtimeRequest(pools=pools, min_cursor=min_cursor)
        )
        return reply.realtime

    async def performance(
        self,
        period: Period = 3_600.0,
        *,
        pools: Iterable[str] = (),
        kinds: Iterable[str] = (),
        rules: pb.PerformanceRules | None = None,
        min_cursor: str = "",
    ) -> pb.GetPerformanceResponse:
        """How each kind does over a range, against the range before, and which rules flag it."""
        return await self._connection.unary(
            self._stub.GetPerformance,
            pb.GetPerformanceRequest(
                range=_range(period), pools=pools, kinds=kinds, rules=rules, min_cursor=min_cursor
            ),
        )

    async def failures(
        self,
        period: Period = 3_600.0,
        *,
        pools: Iterable[str] = (),
        kinds: Iterable[str] = (),
        limit: int = 50,
        min_cursor: str = "",
    ) -> pb.ListFailuresResponse:
        """Why attempts failed over a range, grouped by code and message, the most frequent first:
        1 to 1,000 groups."""
        return await self._connection.unary(
            self._stub.ListFailures,
            pb.ListFailuresRequest(
                range=_range(period), pools=pools, kinds=kinds, limit=limit, min_cursor=min_cursor
            ),
        )

    async def watch(
        self, pools: Iterable[str] = (), *, interval: Span = 1.0
    ) -> AsyncGenerator[pb.Realtime, None]:
        """What `realtime` tells, every 1 to 60 s. Ends with UNAVAILABLE when the connection is
        lost."""
        request = pb.WatchStatsRequest(pools=pools, interval=duration(interval))
        async for reply in self._connection.stream(self._stub.WatchStats, request):
            yield reply.realtime


def _range(period: Period) -> pb.StatsRange:
    if isinstance(period, tuple):
        start, end = period
        return pb.StatsRange(start_time=timestamp(start), end_time=timestamp(end))
    return pb.StatsRange(last=duration(period))
