"""Worker processes, and asyncio with a limit."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from martlet import Client, Worker
from martlet.v1 import task_pb2

SOURCE = Path(__file__).resolve().parents[1] / "src"

# Long enough for a debug build on a busy machine; no test that passes takes it.
PATIENCE = 60


def run(coroutine):
    async def limited():
        async with asyncio.timeout(PATIENCE):
            return await coroutine

    return asyncio.run(limited())


def python(code, server, *arguments):
    """A Python process with the package, told where the server is."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "MARTLET_SERVER": server.address}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment)


class Served:
    """A worker of this process that runs while the block does: `async with Served(worker):`"""

    def __init__(self, worker: Worker):
        self.worker = worker

    async def __aenter__(self):
        self.serving = asyncio.create_task(self.worker.serve())
        return self.worker

    async def __aexit__(self, *_):
        self.worker.stop()
        self.worker.stop()
        await self.serving


async def wait_until(client: Client, id: str, state: "task_pb2.TaskState") -> task_pb2.Task:
    """The task as soon as it is in this state."""
    changes = client.changes(id)
    async for task in changes:
        if task.state == state:
            await changes.aclose()
            return task
    raise AssertionError(f"{id} ended without being {task_pb2.TaskState.Name(state)}")


def ended(process, by=None):
    """Its exit code and errors, after a signal if one is given."""
    if by is not None:
        process.send_signal(by)
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def killed(process):
    return ended(process, signal.SIGKILL)
