"""The calls about schedules."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import datetime

from google.protobuf.field_mask_pb2 import FieldMask

from martlet.connection import Connection
from martlet.times import Span, duration, timestamp
from martlet.v1 import schedule_service_pb2 as pb
from martlet.v1 import schedule_service_pb2_grpc, task_pb2


def schedule_spec(
    pool: str,
    task: task_pb2.TaskSpec,
    *,
    cron: str = "",
    every: Span | None = None,
    time_zone: str = "",
    jitter: Span | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    max_runs: int | None = None,
    overlap_policy: pb.OverlapPolicy = pb.OVERLAP_POLICY_UNSPECIFIED,
    catch_up_window: Span | None = None,
) -> pb.ScheduleSpec:
    """When a schedule fires, by `cron` or `every` so long, and the task of each run, as `task_spec`
    makes it; see ScheduleSpec in the contract. Raises ValueError for both or neither."""
    if (cron != "") == (every is not None):
        raise ValueError("a schedule fires by cron or by an interval")
    spec = pb.ScheduleSpec(
        pool=pool,
        task=task,
        time_zone=time_zone,
        jitter=None if jitter is None else duration(jitter),
        start_time=None if start_time is None else timestamp(start_time),
        end_time=None if end_time is None else timestamp(end_time),
        max_runs=max_runs,
        overlap_policy=overlap_policy,
        catch_up_window=None if catch_up_window is None else duration(catch_up_window),
    )
    if every is None:
        spec.cron = cron
    else:
        spec.interval.CopyFrom(duration(every))
    return spec


class Schedules:
    """Rules that submit tasks over time. Got from `Client.schedules`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = schedule_service_pb2_grpc.ScheduleServiceStub(connection.channel)

    async def create(self, name: str, spec: pb.ScheduleSpec) -> pb.Schedule:
        """INVALID_ARGUMENT for an expression that cannot be read or never fires (also
        SCHEDULE_NEVER_FIRES, TIME_ZONE_UNKNOWN); ALREADY_EXISTS (SCHEDULE_EXISTS)."""
        reply = await self._connection.unary(
            self._stub.CreateSchedule,
            pb.CreateScheduleRequest(name=name, spec=spec),
            repeat=False,
        )
        return reply.schedule

    async def get(self, name: str) -> pb.Schedule:
        """NOT_FOUND (SCHEDULE_NOT_FOUND) if there is none."""
        reply = await self._connection.unary(
            self._stub.GetSchedule, pb.GetScheduleRequest(name=name)
        )
        return reply.schedule

    async def list(
        self, name_prefix: str = "", *, pool: str = "", states: Iterable[pb.ScheduleState] = ()
    ) -> AsyncGenerator[pb.Schedule, None]:
        """By name, without payloads, fetched page by page as they are read."""
        request = pb.ListSchedulesRequest(name_prefix=name_prefix, pool=pool, states=states)
        async for page in self._connection.pages(self._stub.ListSchedules, request):
            for schedule in page.schedules:
                yield schedule

    async def update(
        self, name: str, spec: pb.ScheduleSpec, fields: Iterable[str], etag: str = ""
    ) -> pb.Schedule:
        """Changes the named fields of the spec, `task` as a whole. ABORTED (ETAG_MISMATCH) if it is
        not the one that the etag was read with."""
        request = pb.UpdateScheduleRequest(
            name=name, spec=spec, update_mask=FieldMask(paths=list(fields)), etag=etag
        )
        reply = await self._connection.unary(
            self._stub.UpdateSchedule, request, repeat=not etag
        )
        return reply.schedule

    async def delete(self, name: str, *, reason: str = "") -> None:
        """Its tasks stay; a run that waits for another one is dropped."""
        await self._connection.unary(
            self._stub.DeleteSchedule,
            pb.DeleteScheduleRequest(name=name, reason=reason),
            repeat=False,
        )

    async def pause(self, name: str, reason: str = "") -> pb.Schedule:
        """It fires no more until it is resumed."""
        reply = await self._connection.unary(
            self._stub.PauseSchedule, pb.PauseScheduleRequest(name=name, reason=reason)
        )
        return reply.schedule

    async def resume(self, name: str, reason: str = "") -> pb.Schedule:
        """It goes on with its next time; what passed meanwhile is not made up for."""
        reply = await self._connection.unary(
            self._stub.ResumeSchedule, pb.ResumeScheduleRequest(name=name, reason=reason)
        )
        return reply.schedule

    async def trigger(
        self,
        name: str,
        *,
        overlap_policy: pb.OverlapPolicy = pb.OVERLAP_POLICY_UNSPECIFIED,
        reason: str = "",
    ) -> pb.ScheduleRun:
        """Makes a run now, in any state; its outcome says if it could not be submitted. Another call
        makes another run, so it is not repeated."""
        reply = await self._connection.unary(
            self._stub.TriggerSchedule,
            pb.TriggerScheduleRequest(name=name, overlap_policy=overlap_policy, reason=reason),
            repeat=False,
        )
        return reply.run

    async def runs(self, name: str) -> AsyncGenerator[pb.ScheduleRun, None]:
        """The runs that are known, newest first."""
        request = pb.ListScheduleRunsRequest(name=name)
        async for page in self._connection.pages(self._stub.ListScheduleRuns, request):
            for run in page.runs:
                yield run

    async def preview(
        self,
        name: str = "",
        spec: pb.ScheduleSpec | None = None,
        *,
        count: int = 10,
        after: datetime | None = None,
    ) -> Sequence[pb.ScheduledTime]:
        """The next times of a schedule, or of a spec for which there need be none."""
        reply = await self._connection.unary(
            self._stub.PreviewSchedule,
            pb.PreviewScheduleRequest(
                name=name,
                spec=spec,
                count=count,
                after=None if after is None else timestamp(after),
            ),
        )
        return list(reply.times)
