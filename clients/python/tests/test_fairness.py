"""Fairness keys by the package, against a real server."""

from martlet import Client, task_spec
from martlet.v1 import pool_service_pb2
from processes import run


def test_keys_and_weights_are_handed_over(make_server):
    server = make_server()

    async def body():
        async with Client(server.address) as client:
            pool = await client.pools.create(
                "p", 2,
                pool_service_pb2.PoolSpec(fairness=pool_service_pb2.POOL_FAIRNESS_SHARE_FIRST))
            assert pool.spec.fairness == pool_service_pb2.POOL_FAIRNESS_SHARE_FIRST
            task = await client.submit("p", "echo", 1, fairness_key="a", fairness_weight=4)
            assert (task.spec.fairness_key, task.spec.fairness_weight) == ("a", 4)
            assert task_spec("echo").fairness_key == ""
            await client.wait(task.id)

    run(body())
