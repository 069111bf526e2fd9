"""Schedules, groups and the history of pools by the package, against a real server."""

import asyncio
from datetime import UTC, datetime

import pytest
from martlet import Client, MartletError, schedule_spec, task_spec
from martlet.v1 import pool_service_pb2
from martlet.v1 import schedule_service_pb2 as pb
from processes import run


def test_a_schedule_is_made_looked_ahead_at_steered_and_deleted(make_server):
    server = make_server()

    async def body():
        async with Client(server.address, actor="ada") as client:
            await client.pools.create("p", slots=2)
            schedules = client.schedules
            spec = schedule_spec(
                "p", task_spec("echo", 1), cron="30 2 * * *", time_zone="Europe/Vienna")
            times = await schedules.preview(
                spec=spec, count=2, after=datetime(2026, 3, 28, 12, tzinfo=UTC))
            # In the night of the 29th clocks go forward from 2 to 3.
            assert [one.local_time for one in times] == [
                "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
            made = await schedules.create("nightly", spec)
            assert made.state == pb.SCHEDULE_STATE_ACTIVE
            done = await schedules.trigger("nightly", reason="to see")
            await client.wait(done.task_id)
            runs = [one async for one in schedules.runs("nightly")]
            assert [(one.number, one.by_hand) for one in runs] == [(1, True)]
            paused = await schedules.pause("nightly", "holidays")
            assert (paused.pause_actor, paused.pause_reason) == ("ada", "holidays")
            changed = await schedules.update(
                "nightly", pb.ScheduleSpec(max_runs=3), ["max_runs"], paused.etag)
            assert changed.remaining_runs == 3
            with pytest.raises(MartletError) as refused:
                await schedules.update(
                    "nightly", pb.ScheduleSpec(max_runs=4), ["max_runs"], paused.etag)
            assert refused.value.reason == "ETAG_MISMATCH"
            assert (await schedules.resume("nightly")).state == pb.SCHEDULE_STATE_ACTIVE
            assert [one.name async for one in schedules.list("nig")] == ["nightly"]
            await schedules.delete("nightly")
            with pytest.raises(MartletError) as gone:
                await schedules.get("nightly")
            assert gone.value.reason == "SCHEDULE_NOT_FOUND"

    run(body())


def test_an_interval_submits_task_after_task(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=2)
            await client.schedules.create(
                "often", schedule_spec("p", task_spec("echo"), every=1, max_runs=2))
            while (await client.schedules.get("often")).state != pb.SCHEDULE_STATE_FINISHED:
                await asyncio.sleep(0.1)
            assert len([one async for one in client.list("pool = p")]) == 2
            with pytest.raises(ValueError):
                schedule_spec("p", task_spec("echo"))

    run(body())


def test_pools_share_a_budget_and_take_back_what_was_done(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.groups.create("g", 10)
            pool = await client.pools.create(
                "p", 4, pool_service_pb2.PoolSpec(group="g", group_minimum=3))
            assert (await client.groups.get("g")).spec.budget == 10
            with pytest.raises(MartletError) as refused:
                await client.groups.set_budget("g", 2)
            assert refused.value.reason == "GROUP_BUDGET_EXCEEDED"
            assert (await client.groups.set_budget("g", 5)).spec.budget == 5
            await client.pools.update("p", pool_service_pb2.PoolSpec(slots=9), ["slots"])
            newest, first = [one async for one in client.pools.revisions("p")]
            assert (first.after.spec.slots, newest.after.spec.slots) == (4, 9)
            back = await client.pools.rollback("p", first.revision, reason="too many")
            assert back.spec.slots == pool.spec.slots
            with pytest.raises(MartletError) as kept:
                await client.groups.delete("g")
            assert kept.value.reason == "GROUP_NOT_EMPTY"
            assert [one.name async for one in client.groups.list()] == ["g"]

    run(body())
