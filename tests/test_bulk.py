"""Operations on many tasks, as any gRPC client sees them; also across `kill -9`."""

import time

import pytest
from grpc import StatusCode

from support.client import Client, refused, spec
from support.stubs import bulks, events

ACTION = bulks.BulkAction
CANCEL = ACTION(cancel=ACTION.Cancel())
ENDED = (bulks.BULK_STATE_SUCCEEDED, bulks.BULK_STATE_STOPPED)


def waiting(count, **fields):
    """Tasks that nobody serves."""
    return [spec("unserved", **fields)] * count


def start(client, action, filter="", **fields):
    return client.bulks.StartBulk(
        bulks.StartBulkRequest(action=action, filter=filter, **fields)).operation


def wait_until(client, id, condition):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        operation = client.bulks.GetBulk(bulks.GetBulkRequest(id=id)).operation
        if condition(operation):
            return operation
        time.sleep(0.02)
    raise AssertionError(f"{id} does not come to that: {operation}")


def watch_end(client, id):
    *_, last = client.bulks.WatchBulk(bulks.WatchBulkRequest(id=id))
    assert last.operation.state in ENDED
    return last.operation


def test_cancels_what_the_filter_chooses(client, pool):
    client.batch(pool, waiting(300, labels={"keep": "no"}))
    client.batch(pool, waiting(20, labels={"keep": "yes"}))
    chosen = f'pool = "{pool}" AND NOT labels.keep = yes'
    dry = client.bulks.StartBulk(
        bulks.StartBulkRequest(action=CANCEL, filter=chosen, dry_run=True))
    assert dry.matched == 300 and len(dry.sample) == 10 and not dry.operation.id
    ended = watch_end(client, start(client, CANCEL, chosen).id)
    assert (ended.total, ended.done, ended.failed) == (300, 300, 0)
    assert client.count(f'pool = "{pool}" AND state = CANCELLED').total == 300
    assert client.count(f'pool = "{pool}" AND state = PENDING').total == 20


def test_everything_needs_all(client):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        start(client, CANCEL)
    with refused(StatusCode.INVALID_ARGUMENT, "FILTER_INVALID") as error:
        start(client, CANCEL, "state = DONE")
    assert error.refusal.metadata["position"] == "9"
    with refused(StatusCode.NOT_FOUND, "BULK_NOT_FOUND"):
        client.bulks.GetBulk(bulks.GetBulkRequest(id="b999"))


def test_a_repeat_is_the_same_operation(client, pool):
    client.batch(pool, waiting(3))
    first = start(client, CANCEL, f'pool = "{pool}"', request_id="again")
    watch_end(client, first.id)
    again = start(client, CANCEL, f'pool = "{pool}"', request_id="again")
    assert again.id == first.id and again.state == bulks.BULK_STATE_SUCCEEDED
    with refused(StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        start(client, CANCEL, f'pool = "{pool}" state = PENDING', request_id="again")


@pytest.mark.parametrize("rate", [0, 800])
def test_goes_on_exactly_where_it_was_after_kill_9(make_server, rate):
    server = make_server()
    count = 20_000 if rate == 0 else 1_500
    with Client(server) as client:
        client.create_pool("bulk", queue_capacity=100_000)
        for _ in range(count // 500):
            client.batch("bulk", waiting(500))
        id = start(client, CANCEL, "pool = bulk", rate_per_second=rate).id
        wait_until(client, id, lambda operation: operation.done > count // 10)
    for _ in range(3):
        server.kill()
        server.start()
        with Client(server) as client:
            before = client.bulks.GetBulk(bulks.GetBulkRequest(id=id)).operation
            if before.state in ENDED:
                break
            wait_until(
                client, id, lambda operation: operation.done > before.done or operation.state in ENDED)
    with Client(server) as client:
        ended = watch_end(client, id)
        assert (ended.total, ended.done, ended.failed) == (count, count, 0)
        assert client.count("state = CANCELLED").total == count
        # Each task once, and never more than the progress beside them says.
        done = 0
        seen = set()
        for event in client.events_until_now(beginning=True):
            if event.type == events.EVENT_TYPE_TASK_CANCELLED:
                assert event.task_id not in seen
                seen.add(event.task_id)
            if event.type in (events.EVENT_TYPE_BULK_PROGRESSED, events.EVENT_TYPE_BULK_ENDED):
                assert event.bulk.done == len(seen) > done or event.bulk.done == done
                done = event.bulk.done
        assert done == count
