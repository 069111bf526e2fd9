"""Worker processes that are killed and stopped, many tasks, many workers.

The short forms show that it works; the long ones have the numbers that are promised.
"""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from support.client import Client, seconds, spec
from support.stubs import events, task, workers
from support.worker import Worker

TESTS = Path(__file__).resolve().parent

# As often as it takes: workers are killed all the time.
EVER_AGAIN = task.RetryPolicy(
    max_attempts=1_000, initial_backoff=seconds(0.01), max_backoff=seconds(0.01))


class Process:
    """A worker process and its journal."""

    def __init__(self, server, journal, *arguments):
        self.journal = journal
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.worker_process", server.address,
             "--journal", str(journal), "--name", journal.name, *map(str, arguments)],
            cwd=TESTS, stderr=subprocess.DEVNULL)

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def kill_at_work(self, client, is_over):
        """Kills it while it holds leases, and says whether it came to that before all was over.

        It is stopped first: what it holds at two looks in a row, it cannot have finished."""
        while not is_over():
            self.send(signal.SIGSTOP)
            before = self.held(client)
            time.sleep(0.1)
            if before & self.held(client):
                self.kill()
                return True
            self.send(signal.SIGCONT)
            time.sleep(0.02)
        return False

    def held(self, client):
        """The tasks whose leases it has, as the server sees it."""
        listed = client.workers.ListWorkers(workers.ListWorkersRequest()).workers
        return {id for one in listed if one.name == self.journal.name for id in one.tasks}

    def lines(self):
        return self.journal.read_text().splitlines() if self.journal.exists() else []


@pytest.fixture
def start(tmp_path):
    """start(server, *arguments): a worker process of this test."""
    started = []

    def start(server, *arguments):
        started.append(Process(server, tmp_path / f"journal-{len(started)}", *arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def submit(client, pool, count):
    """In batches: the ids of all of them."""
    specs = [spec("remote", retry_policy=EVER_AGAIN)] * min(count, 10_000)
    return [id for _ in range(count // len(specs)) for id in client.batch(pool, specs)]


def wait_count(client, filter, count):
    while client.count(filter).total != count:
        time.sleep(0.05)


def test_no_task_is_lost_or_finished_twice_while_workers_are_killed(make_server, start, long):
    # In the short form each task takes its time, so that a few kills fall into it.
    total, interval, run_ms = (1_000_000, 4, 5) if long else (20_000, 2, 50)
    dice = random.Random(4)
    server = make_server("--limit-lease-ms", "1000")
    with Client(server) as client:
        client.create_pool("p", slots=200, queue_capacity=2_000_000)
        fleet = [start(server, "--run-ms", run_ms) for _ in range(4)]
        everybody = list(fleet)
        ids = submit(client, "p", total)
        kills = 0

        def is_over():
            return client.count("state = SUCCEEDED").total == total

        while not is_over():
            time.sleep(interval)
            victim = dice.randrange(4)
            if not fleet[victim].kill_at_work(client, is_over):
                break
            kills += 1
            fleet[victim] = start(server, "--run-ms", run_ms)
            everybody.append(fleet[victim])
        assert kills > 1

        # The feed has the end of each task once, and nothing that was not submitted.
        ends, lost = Counter(), 0
        for reply in client.events.WatchEvents(events.WatchEventsRequest(
                beginning=True, until_now=True, kinds=["remote"],
                types=[events.EVENT_TYPE_TASK_SUCCEEDED, events.EVENT_TYPE_TASK_LOST,
                       events.EVENT_TYPE_TASK_RETRY_SCHEDULED])):
            for event in reply.events:
                if event.type == events.EVENT_TYPE_TASK_SUCCEEDED:
                    ends[event.task_id] += 1
                else:
                    assert event.failure.kind == task.FAILURE_KIND_WORKER_LOST
                    lost += 1
        assert set(ends) == set(ids) and max(ends.values()) == 1
        assert lost >= kills, "each kill costs attempts"
        status = client.pool("p").status
        assert (status.total_succeeded, status.slots_in_use, status.queued) == (total, 0, 0)

        # So do the workers: of no task two were told that their finish was taken.
        accepted = Counter(
            line.split()[1] for process in everybody for line in process.lines()
            if line.startswith("accepted "))
        assert set(accepted) <= set(ids) and max(accepted.values()) == 1


def test_every_late_finish_of_a_stopped_worker_is_refused(make_server, start, long):
    count = 50
    lease, pause = (10_000, 60) if long else (1_000, 0)
    server = make_server("--limit-lease-ms", str(lease))
    with Client(server) as client:
        client.create_pool("p", slots=count)
        stopped = start(server, "--slots", count, "--run-ms", 3_000)
        ids = submit(client, "p", count)
        wait_count(client, "state = RUNNING", count)
        stopped.send(signal.SIGSTOP)
        since = time.monotonic()
        other = Worker(client, credit=count, name="other", slots=count)
        again = [other.take() for _ in ids]
        assert {one.attempt for one in again} == {2}
        # Half of them have ended when the stopped worker is back, half are being run.
        ended, running = again[:count // 2], again[count // 2:]
        for one in ended:
            other.succeed(one.lease, b"good")
            assert other.ack().accepted
        while time.monotonic() - since < pause:
            other.beat(*(one.lease for one in running))
            time.sleep(1)
        stopped.send(signal.SIGCONT)
        while len(stopped.lines()) < count:
            other.beat(*(one.lease for one in running))
            time.sleep(0.1)
        assert sorted(stopped.lines()) == sorted(f"refused {id}" for id in ids)
        for one in running:
            other.succeed(one.lease, b"good")
            assert other.ack().accepted
        tasks = [client.wait(id) for id in ids]
        assert {(one.state, one.attempt, one.result.data) for one in tasks} == {
            (task.TASK_STATE_SUCCEEDED, 2, b"good")}


def test_idle_workers_are_all_missed_when_they_are_killed(make_server, start, long):
    count = 1_000 if long else 100
    server = make_server()
    with Client(server) as client:
        def listed():
            return client.workers.ListWorkers(workers.ListWorkersRequest()).workers

        idle = start(server, "--idle", count)
        while len(listed()) < count:
            assert idle.process.poll() is None, "the process ended"
            time.sleep(0.1)
        assert all(one.connected for one in listed())
        stays = Worker(client, name="stays")
        idle.kill()
        killed = time.monotonic()
        while len(listed()) > 1:
            time.sleep(0.01)
        assert time.monotonic() - killed < 10
        assert [one.id for one in listed()] == [stays.welcome.worker_id]
        stays.leave()
