"""A process that takes permits of a limit again and again, and notes when it has them.

    limit_process.py SERVER DATABASE
"""

import asyncio
import os
import random
import sqlite3
import sys

from martlet import Client, MartletError


def note(database, token, what):
    """When a permit was certainly had: after it was told, and before it is given back."""
    database.execute("INSERT INTO history (token, process, what) VALUES (?, ?, ?)",
                     (token, os.getpid(), what))


async def main(server, path):
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    async with Client(server) as client:
        while True:
            try:
                permits = await client.limits.acquire(
                    "gateway", str(os.getpid()), lease=2.0, wait=60.0)
            except MartletError as error:
                if error.reason != "LIMIT_EXCEEDED":
                    raise
                continue
            note(database, permits.token, "in")
            await asyncio.sleep(random.uniform(0, 0.06))
            note(database, permits.token, "out")
            try:
                await client.limits.release("gateway", permits.owner, permits.token)
            except MartletError as error:
                if error.reason != "PERMITS_NOT_HELD":
                    raise


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
