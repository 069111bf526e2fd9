"""`kill -9` at random moments under load, with a checker outside that knows what was promised."""

import os
import random
import threading
import time

import grpc

from support.client import Client, seconds, spec
from support.feed import LOST, FeedRecord, StoryCheck, Subscriber
from support.ledger import Ledger
from support.stubs import events, task, tasks

POOLS = ("wide", "narrow")
QUICK_RETRY = task.RetryPolicy(initial_backoff=seconds(0.02), max_backoff=seconds(0.1))


def random_spec(dice):
    choice = dice.random()
    labels = {"third": str(dice.randrange(3))}
    if choice < 0.85:
        return spec(payload=dice.randbytes(dice.randrange(200)), labels=labels)
    if choice < 0.895:
        return spec("sleep", {"milliseconds": dice.randrange(60)}, labels=labels)
    if choice < 0.90:
        return spec("sleep", {"milliseconds": 400, "steps": 5}, labels=labels)
    if choice < 0.96:
        return spec("fail", {"times": dice.randrange(3)}, labels=labels, retry_policy=QUICK_RETRY)
    if choice < 0.98:
        return spec("fail", {"retryable": False}, labels=labels)
    return spec(labels=labels, delay=seconds(dice.random()))


class Load:
    """Clients that do all sorts of things until the server is gone, and note what it promised."""

    def __init__(self, server, ledger, seed):
        self.server = server
        self.ledger = ledger
        self.failures = []
        self._stopped = threading.Event()
        roles = [self.submit, self.submit, self.batch, self.cancel, self.wait, self.read]
        self._threads = [
            threading.Thread(target=self._run, args=(role, random.Random(f"{seed} {n}")))
            for n, role in enumerate(roles)]
        for thread in self._threads:
            thread.start()

    def _run(self, role, dice):
        with Client(self.server) as client:
            try:
                while not self._stopped.is_set():
                    role(client, dice)
            except grpc.RpcError as error:
                if error.code() not in LOST:
                    self.failures.append(error)
            except BaseException as failure:
                self.failures.append(failure)

    def stop(self):
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    # Roles

    def _call(self, dice, count, is_batch):
        specs = [random_spec(dice) for _ in range(count)]
        request_id = f"r-{dice.getrandbits(64):x}" if dice.random() < 0.6 else ""
        return self.ledger.new_call(dice.choices(POOLS, (6, 1))[0], specs, request_id, is_batch)

    def _note(self, started):
        """Notes every answer that came, also those that came before the connection was lost."""
        lost = None
        for call, future in started:
            try:
                self.ledger.note_submitted(call, future.result())
            except grpc.RpcError as error:
                lost = error
        if lost is not None:
            raise lost

    def submit(self, client, dice):
        calls = [self._call(dice, 1, False) for _ in range(dice.randrange(1, 30))]
        self._note([(call, call.start(client)) for call in calls])

    def batch(self, client, dice):
        calls = [self._call(dice, dice.randrange(1, 120), True) for _ in range(2)]
        self._note([(call, call.start(client)) for call in calls])

    def cancel(self, client, dice):
        call = self.ledger.new_call("wide", [spec(delay=seconds(3600))], "", False)
        self._note([(call, call.start(client))])
        self.ledger.note_shown(client.cancel(call.ids[0]))
        self.ledger.note_cancelled(call.ids[0])

    def _some_ids(self, dice, count):
        with self.ledger.lock:
            calls = list(self.ledger.calls.values())[-200:]
        ids = [id for call in calls if call.ids for id in call.ids]
        return dice.sample(ids, min(count, len(ids)))

    def wait(self, client, dice):
        ids = self._some_ids(dice, 100)
        if not ids:
            return
        stream = client.tasks.WaitTasks(
            tasks.WaitTasksRequest(ids=ids, mode=tasks.WAIT_MODE_ANY))
        for reply in stream:
            for one in reply.tasks:
                self.ledger.note_shown(one)
        for reply in client.tasks.WaitTask(tasks.WaitTaskRequest(id=ids[0]), timeout=60):
            self.ledger.note_shown(reply.task)

    def read(self, client, dice):
        for id in self._some_ids(dice, 10):
            self.ledger.note_shown(client.get(id, task.TASK_VIEW_BASIC))
        page = client.tasks.ListTasks(tasks.ListTasksRequest(
            order_by=dice.choice(["create_time desc", "finish_time desc"]), page_size=100))
        for one in page.tasks:
            self.ledger.note_shown(one)


def repeat_unanswered(client, ledger):
    """Who gave a request_id and got no answer asks again, twice, and gets one answer."""
    for call in ledger.unanswered():
        if call.request_id:
            for _ in range(2):
                ledger.note_submitted(call, call.start(client, waits=True).result())


def repeat_some_answered(client, ledger, dice):
    answered = [call for call in ledger.calls.values() if call.request_id and call.ids]
    for call in dice.sample(answered, min(20, len(answered))):
        ledger.note_submitted(call, call.start(client, waits=True).result())


def check_counts(client, listed):
    recount = {}
    for one in listed:
        key = (one.pool, one.state, one.spec.kind)
        recount[key] = recount.get(key, 0) + 1
    reply = client.count()
    assert {(row.pool, row.state, row.kind): row.count for row in reply.counts} == recount
    assert reply.total == len(listed)
    for name in POOLS:
        status = client.pool(name).status
        mine = [one for one in listed if one.pool == name]
        by_state = {state: sum(one.state == state for one in mine) for state in range(1, 9)}
        assert status.total_submitted == len(mine)
        assert status.total_succeeded == by_state[task.TASK_STATE_SUCCEEDED]
        assert status.total_failed == by_state[task.TASK_STATE_FAILED]
        assert status.total_cancelled == by_state[task.TASK_STATE_CANCELLED]


def crash_while_starting(server, dice):
    """Kills the process while it opens its files, recovers or has just begun to serve."""
    server.launch()
    time.sleep(dice.random() * 0.3)
    server.kill()


def test_kills_at_random_moments_lose_nothing_double_nothing_and_take_nothing_back(
        make_server, long):
    seed = os.environ.get("MARTLET_TEST_SEED") or str(random.getrandbits(32))
    print(f"MARTLET_TEST_SEED={seed} repeats this choice of moments")
    dice = random.Random(seed)
    server = make_server()
    ledger, record = Ledger(), FeedRecord()
    with Client(server) as client:
        client.create_pool("wide", slots=8)
        client.create_pool("narrow", slots=2)
    subscribers = [
        Subscriber(server, record),
        Subscriber(server, record, filters={"pools": ["narrow"]}),
        Subscriber(server, record, filters={
            "labels": {"third": "1"}, "types": [events.EVENT_TYPE_TASK_SUCCEEDED]}),
    ]
    for round in range(200 if long else 20):
        load = Load(server, ledger, f"{seed} {round}")
        try:
            ledger.wait_for_acknowledgements(dice.randrange(1, 400))
            # The moment itself: anywhere in the work that is under way.
            time.sleep(dice.random() * 0.01)
        finally:
            server.kill()
            load.stop()
        while dice.random() < 0.25:
            crash_while_starting(server, dice)
        server.start()
        with Client(server) as client:
            repeat_unanswered(client, ledger)
            repeat_some_answered(client, ledger, dice)
            # A cursor that anyone was given is still a place in the feed.
            client.events_until_now(cursor=ledger.newest_cursor)
        if round % 10 == 9:
            story = check_everything(server, ledger, record, subscribers)
    assert story.lost > 0, "no kill hit a running attempt"
    for subscriber in subscribers:
        assert subscriber.connections > 1


def come_to_rest(client):
    """Waits until every task has ended, but for those that wait for an hour."""
    open_states = (
        task.TASK_STATE_SCHEDULED, task.TASK_STATE_PENDING, task.TASK_STATE_RUNNING)
    client.wait_all([
        one.id for one in client.list(filter="state != SUCCEEDED", page_size=1000)
        if one.state in open_states and one.spec.delay.seconds < 3600])


def check_everything(server, ledger, record, subscribers):
    """Lets the work come to rest, and compares all that the server says with all that it said."""
    with Client(server) as client:
        come_to_rest(client)
        listed = list(client.list(page_size=1000))
        ledger.check_tasks(listed)
        check_counts(client, listed)
        everything = client.events_until_now(beginning=True)
        cursor = client.info().cursor
    record.add(everything)
    assert len(record.events()) == len(everything)
    ledger.check_shown(everything)
    story = StoryCheck()
    for event in everything:
        story.check(event)
        if event.failure.kind == task.FAILURE_KIND_WORKER_LOST:
            is_last = event.attempt == 4
            assert event.type == (
                events.EVENT_TYPE_TASK_FAILED if is_last else events.EVENT_TYPE_TASK_LOST)
    assert {one.id: (one.state, one.attempt) for one in listed} == story.tasks
    for subscriber in subscribers:
        subscriber.wait_for(lambda: subscriber.cursor == cursor)
        subscriber.check_complete(everything)
    print(f"{len(listed)} tasks, {len(everything)} events, {story.lost} attempts lost")
    return story
