"""A thousand clients at once: each gets its own task done, once, and everybody counts the same."""

import asyncio
from collections import Counter

import grpc

from support.client import Client, spec
from support.stubs import events, task, tasks, tasks_grpc

SUBMITTERS = 1_000
CHANNELS = 100
# For all of them together, in a debug build on a busy machine.
TIMEOUT = 180


async def submitter(number, stubs, gate, rounds):
    """Submits tasks one after the other, each request twice at the same time over different
    connections, waits for each to end, and returns what it was shown."""
    ended = []
    await gate.wait()
    for turn in range(rounds):
        payload = b"%d-%d" % (number, turn)
        request = tasks.SubmitTaskRequest(
            pool="many", spec=spec(payload=payload, labels={"turn": str(turn)}),
            request_id=payload.decode())
        first, second = await asyncio.gather(*(
            stubs[(number + turn + other) % len(stubs)].SubmitTask(request, timeout=TIMEOUT)
            for other in range(2)))
        assert first.task.id == second.task.id, "a repeat made another task"
        last = None
        stream = stubs[number % len(stubs)].WaitTask(
            tasks.WaitTaskRequest(id=first.task.id, view=task.TASK_VIEW_FULL), timeout=TIMEOUT)
        async for reply in stream:
            assert last is None or reply.task.revision > last.revision
            last = reply.task
        assert last.state == task.TASK_STATE_SUCCEEDED
        assert last.result.data == payload, "the result is another task's"
        ended.append(last)
    return ended


async def all_submitters(server, rounds):
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(server.address, options) for _ in range(CHANNELS)]
    try:
        await asyncio.gather(*(channel.channel_ready() for channel in channels))
        stubs = [tasks_grpc.TaskServiceStub(channel) for channel in channels]
        gate = asyncio.Event()
        waiting = [
            asyncio.create_task(submitter(number, stubs, gate, rounds))
            for number in range(SUBMITTERS)]
        gate.set()
        return [one for ended in await asyncio.gather(*waiting) for one in ended]
    finally:
        await asyncio.gather(*(channel.close() for channel in channels))


def test_a_thousand_submitters_each_get_their_task_done_once(make_server, long):
    rounds = 20 if long else 2
    server = make_server()
    with Client(server) as client:
        client.create_pool("many", slots=50)
        ended = asyncio.run(all_submitters(server, rounds))
        total = SUBMITTERS * rounds
        ids = {one.id for one in ended}
        assert len(ended) == len(ids) == total

        count = client.count('pool = "many"')
        assert (count.total, client.count('state = SUCCEEDED').total) == (total, total)
        status = client.pool("many").status
        assert (status.total_submitted, status.total_succeeded) == (total, total)
        assert (status.total_retried, status.queued, status.slots_in_use) == (0, 0, 0)
        assert {one.id for one in client.list(filter='pool = "many"', page_size=1000)} == ids

        # The feed tells of each of them once, and of nothing else.
        steps = (
            events.EVENT_TYPE_TASK_SUBMITTED, events.EVENT_TYPE_TASK_STARTED,
            events.EVENT_TYPE_TASK_SUCCEEDED)
        story = client.events_until_now(beginning=True)
        revisions = [event.revision for event in story]
        assert revisions == list(range(1, len(revisions) + 1))
        told = Counter((event.task_id, event.type) for event in story if event.task_id)
        assert told == Counter({(id, step): 1 for id in ids for step in steps})
        ends = {event.task_id: event.revision for event in story if event.type == steps[2]}
        assert ends == {one.id: one.revision for one in ended}
