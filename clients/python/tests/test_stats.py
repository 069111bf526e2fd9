"""Statistics through the package."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from martlet import Client, MartletError
from processes import run


def test_statistics_of_what_was_run(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=4)
            for number in range(5):
                task = await client.submit("p", "echo", {"n": number})
                await client.wait(task.id)
            (group,) = (await client.stats.overview()).groups
            assert group.counts.succeeded == 5 and group.lifetime.submitted == 5
            (group,) = (await client.stats.overview(timedelta(minutes=5), by="pool")).groups
            assert group.pool == "p" and group.total_time.count == 5
            now = datetime.now(UTC)
            earlier = await client.stats.overview((now - timedelta(days=2), now - timedelta(days=1)))
            assert earlier.groups[0].counts.submitted == 0
            (kind,) = (await client.stats.performance(600)).kinds
            assert kind.kind == "echo" and kind.rates.success_rate == 1
            assert (await client.stats.failures()).total_groups == 0
            (pool,) = (await client.stats.realtime(["p"])).pools
            assert pool.gauges.slots == 4
            async for look in client.stats.watch(["p"]):
                assert look.pools[0].pool == "p"
                break
            with pytest.raises(MartletError) as caught:
                await client.stats.overview(pools=["nope"])
            assert caught.value.code == grpc.StatusCode.NOT_FOUND
            with pytest.raises(ValueError):
                await client.stats.overview(by="colour")

    run(body())
