"""A process that takes a lock again and again and writes under it, as docs/locks.md says.

    lock_process.py SERVER DATABASE
"""

import asyncio
import os
import random
import sqlite3
import sys

from martlet import Client, MartletError


def write(database, token):
    """False if somebody with a newer token has been there."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        changed = database.execute(
            "UPDATE report SET token = ? WHERE id = 1 AND token <= ?", (token, token)).rowcount
        database.execute(
            "INSERT INTO history (token, process, taken) VALUES (?, ?, ?)",
            (token, os.getpid(), changed))
    return changed == 1


async def main(server, path):
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    async with Client(server) as client:
        while True:
            try:
                lock = await client.locks.acquire(
                    "report", str(os.getpid()), lease=2.0, wait=60.0)
            except MartletError as error:
                if error.reason != "LOCK_HELD":
                    raise
                continue
            if write(database, lock.token):
                await asyncio.sleep(random.uniform(0, 0.06))
                write(database, lock.token)
            try:
                await client.locks.release("report", lock.owner, lock.token)
            except MartletError as error:
                if error.reason != "LOCK_NOT_HELD":
                    raise


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
