"""Fifty processes fight for the permits of one limit; holders are killed at random."""

import os
import random
import sqlite3
import subprocess
import sys
import time

from support.client import TIMEOUT, Client
from support.stubs import REPOSITORY, events, limits

PROCESSES = 50
PERMITS = 3


def test_fifty_processes_share_permits_while_holders_die(make_server, tmp_path):
    server = make_server()
    path = tmp_path / "gateway.db"
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.executescript("""
        PRAGMA journal_mode = WAL;
        CREATE TABLE history (token INTEGER, process INTEGER, what TEXT);
    """)
    running = {}

    def start():
        program = REPOSITORY / "tests" / "support" / "limit_process.py"
        source = REPOSITORY / "clients" / "python" / "src"
        process = subprocess.Popen(
            [sys.executable, program, server.address, path],
            env={**os.environ, "PYTHONPATH": str(source)}, stderr=subprocess.PIPE)
        running[process.pid] = process

    with Client(server) as client:
        client.limits.CreateLimit(limits.CreateLimitRequest(
            name="gateway", spec=limits.LimitSpec(
                concurrency=limits.ConcurrencyLimit(units=PERMITS))), timeout=TIMEOUT)
        try:
            for _ in range(PROCESSES):
                start()
            wait_for(lambda: state(client).waiting_calls >= PROCESSES - 13)
            kills = 0
            end = time.monotonic() + 90
            while kills < 10 and time.monotonic() < end:
                time.sleep(random.uniform(0, 0.3))
                held = state(client)
                assert held.in_use <= PERMITS
                holders = [int(holder.owner) for holder in held.holders]
                if not holders or holders[0] not in running:
                    continue
                running.pop(holders[0]).kill()
                kills += 1
                start()
            time.sleep(2)
            assert kills == 10
            for process in running.values():
                assert process.poll() is None, process.stderr.read().decode()
        finally:
            for process in running.values():
                process.kill()
        spans = check_feed(client)
        check_database(database, spans)


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)


def state(client):
    return client.limits.GetLimit(
        limits.GetLimitRequest(name="gateway"), timeout=TIMEOUT).limit.status


def check_feed(client):
    """Never more held than allowed, and each grant with a larger token than all before."""
    feed = client.events.WatchEvents(
        events.WatchEventsRequest(beginning=True, until_now=True), timeout=TIMEOUT)
    changes = [event for batch in feed for event in batch.events if event.HasField("permits")]
    held, newest, expired, spans = set(), 0, 0, {}
    for change in changes:
        token = change.permits.token
        if change.type == events.EVENT_TYPE_LIMIT_PERMITS_GRANTED:
            assert token > newest and token == change.revision
            newest = token
            held.add(token)
            assert len(held) <= PERMITS
            spans[token] = int(change.permits.owner)
            continue
        held.remove(token)
        expired += change.type == events.EVENT_TYPE_LIMIT_PERMITS_EXPIRED
    assert expired >= 5 and len(spans) > 50
    return spans


def check_database(database, spans):
    """What processes say that they had, in the order in which the database took it: as nobody was
    late, no more of them at a time than permits; but those that were killed never say `out`, and have
    theirs for the length of a lease."""
    rows = database.execute("SELECT token, process, what FROM history ORDER BY rowid").fetchall()
    finished = {token for token, _, what in rows if what == "out"}
    inside = set()
    for token, process, what in rows:
        assert spans[token] == process
        if token not in finished:
            continue
        if what == "in":
            inside.add(token)
        else:
            inside.remove(token)
        assert len(inside) <= PERMITS
    assert len(finished) > 50
