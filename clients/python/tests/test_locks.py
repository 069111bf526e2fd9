"""Locks by the package, against a real server."""

import asyncio
import time

import grpc
import pytest
from martlet import Client, MartletError
from processes import run


def test_one_holds_at_a_time_and_tokens_rise(make_server):
    server = make_server()

    async def body():
        inside = 0
        tokens = []

        async def use(client):
            nonlocal inside
            async with client.locks.hold("l") as lock:
                inside += 1
                assert inside == 1
                tokens.append(lock.token)
                await asyncio.sleep(0.01)
                inside -= 1

        async with Client(server.address) as client:
            await asyncio.gather(*(use(client) for _ in range(20)))
            assert tokens == sorted(set(tokens)) and len(tokens) == 20
            assert [lock async for lock in client.locks.list()] == []

    run(body())


def test_a_lock_that_is_held_is_refused_and_what_is_in_the_block_is_raised(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            with pytest.raises(ValueError):
                async with client.locks.hold("l", owner="a"):
                    with pytest.raises(MartletError) as error:
                        async with client.locks.hold("l", wait=0):
                            pass
                    assert error.value.reason == "LOCK_HELD"
                    assert (await client.locks.get("l")).owner == "a"
                    raise ValueError
            with pytest.raises(MartletError) as error:
                await client.locks.get("l")
            assert error.value.reason == "LOCK_NOT_FOUND"

    run(body())


def test_a_lock_that_is_broken_cancels_the_block(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            start = time.monotonic()
            with pytest.raises(MartletError) as error:
                async with client.locks.hold("l", lease=1):
                    await client.locks.break_lock("l", reason="test")
                    await asyncio.sleep(60)
            assert error.value.reason == "LOCK_NOT_HELD" and time.monotonic() - start < 20
            await asyncio.sleep(0)

    run(body())


def test_a_killed_server_takes_no_lock_away(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            async with client.locks.hold("l", lease=9) as lock:
                server.kill()
                server.start()
                await asyncio.sleep(4)
                assert (await client.locks.get("l")).token == lock.token
            with pytest.raises(MartletError) as error:
                await client.locks.get("l")
            assert error.value.code == grpc.StatusCode.NOT_FOUND

    run(body())
