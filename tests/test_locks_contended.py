"""Fifty processes fight for one lock; holders are killed, and stopped until they are late."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import grpc

from support.client import TIMEOUT, Client
from support.stubs import REPOSITORY, events, locks

PROCESSES = 50


def test_fifty_processes_share_a_lock_while_holders_die(make_server, tmp_path):
    server = make_server()
    path = tmp_path / "report.db"
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.executescript("""
        PRAGMA journal_mode = WAL;
        CREATE TABLE report (id INTEGER PRIMARY KEY, token INTEGER NOT NULL);
        INSERT INTO report VALUES (1, 0);
        CREATE TABLE history (token INTEGER, process INTEGER, taken INTEGER);
    """)
    running = {}

    def start():
        program = REPOSITORY / "tests" / "support" / "lock_process.py"
        source = REPOSITORY / "clients" / "python" / "src"
        process = subprocess.Popen(
            [sys.executable, program, server.address, path],
            env={**os.environ, "PYTHONPATH": str(source)}, stderr=subprocess.PIPE)
        running[process.pid] = process

    with Client(server) as client:
        # Connected before fifty processes want the cores.
        assert lock(client) is None
        try:
            for _ in range(PROCESSES):
                start()
            wait_for(lambda: seen(client) >= PROCESSES - 10)
            kills = 0
            stops = 0
            end = time.monotonic() + 90
            while (kills < 8 or stops < 3) and time.monotonic() < end:
                time.sleep(random.uniform(0, 0.3))
                holder = holder_of(client)
                if holder not in running:
                    continue
                if kills < 8:
                    running.pop(holder).kill()
                    kills += 1
                    start()
                    continue
                os.kill(holder, signal.SIGSTOP)
                if holder_of(client) == holder:
                    time.sleep(3)
                    stops += 1
                os.kill(holder, signal.SIGCONT)
            time.sleep(2)
            assert (kills, stops) == (8, 3)
            for process in running.values():
                assert process.poll() is None, process.stderr.read().decode()
        finally:
            for process in running.values():
                process.kill()
        check_database(database)
        check_feed(client)


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)


def lock(client):
    try:
        return client.locks.GetLock(locks.GetLockRequest(name="report"), timeout=TIMEOUT).lock
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND
        return None


def seen(client):
    """How many are there: the holder and those that wait."""
    found = lock(client)
    return found.waiters + 1 if found else 0


def holder_of(client):
    found = lock(client)
    return int(found.owner) if found else None


def check_database(database):
    """What was written, as the database saw it."""
    rows = database.execute("SELECT token, process, taken FROM history ORDER BY rowid").fetchall()
    taken = [(token, process) for token, process, was_taken in rows if was_taken]
    tokens = [token for token, _ in taken]
    assert tokens == sorted(tokens) and len(set(tokens)) > 50
    # A token is of one process, and whoever was refused was late.
    assert len(set(taken)) == len(set(tokens))
    newest = 0
    for token, _, was_taken in rows:
        assert was_taken == (token >= newest)
        newest = max(newest, token)


def check_feed(client):
    """One holder at a time, and each with a larger token than all before."""
    feed = client.events.WatchEvents(
        events.WatchEventsRequest(beginning=True, until_now=True), timeout=TIMEOUT)
    changes = [event for batch in feed for event in batch.events if event.HasField("lock")]
    held, newest, expired = None, 0, 0
    for change in changes:
        token = change.lock.token
        if change.type == events.EVENT_TYPE_LOCK_ACQUIRED:
            assert held is None and token > newest and token == change.revision
            held = newest = token
            continue
        assert held == token and change.lock.count == 0
        expired += change.type == events.EVENT_TYPE_LOCK_EXPIRED
        held = None
    assert expired >= 3
