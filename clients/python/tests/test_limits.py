"""Limits by the package, against a real server."""

import asyncio
import time

import pytest
from martlet import Client, MartletError
from martlet.v1 import limit_service_pb2 as pb
from processes import run


def test_no_more_are_inside_than_the_limit_says(make_server):
    server = make_server()

    async def body():
        inside = most = 0
        tokens = []

        async def use(client):
            nonlocal inside, most
            async with client.limits.hold("l") as permits:
                inside += 1
                most = max(most, inside)
                tokens.append(permits.token)
                await asyncio.sleep(0.01)
                inside -= 1

        async with Client(server.address) as client:
            await client.limits.create_concurrency("l", 3)
            await asyncio.gather(*(use(client) for _ in range(20)))
            assert most == 3 and len(set(tokens)) == 20
            assert (await client.limits.get("l")).status.available == 3

    run(body())


def test_a_rate_is_spent(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.limits.create_rate("r", 10, burst=2)
            start = time.monotonic()
            for _ in range(4):
                async with client.limits.hold("r"):
                    pass
            assert time.monotonic() - start > 0.19
            with pytest.raises(MartletError) as error:
                await client.limits.acquire("r", "me", units=2)
            assert error.value.reason == "LIMIT_EXCEEDED"
            changed = await client.limits.update(
                "r", pb.LimitSpec(rate=pb.RateLimit(units=1_000, per={"seconds": 1})), ["rate"]
            )
            assert changed.spec.rate.burst == 1_000
            await client.limits.acquire("r", "me", units=500, wait=5)
            assert [limit.name async for limit in client.limits.list()] == ["r"]
            await client.limits.delete("r")

    run(body())


def test_permits_that_are_lost_cancel_the_block(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.limits.create_concurrency("l", 1)
            with pytest.raises(MartletError) as error:
                async with client.limits.hold("l", lease=1):
                    await client.limits.delete("l")
                    await asyncio.sleep(60)
            assert error.value.reason in ("LIMIT_NOT_FOUND", "PERMITS_NOT_HELD")
            await asyncio.sleep(0)

    run(body())


def test_a_killed_server_takes_no_permit_away(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.limits.create_concurrency("l", 1)
            async with client.limits.hold("l", lease=9) as permits:
                server.kill()
                server.start()
                await asyncio.sleep(4)
                (holder,) = (await client.limits.get("l")).status.holders
                assert holder.token == permits.token
            assert (await client.limits.get("l")).status.in_use == 0

    run(body())
