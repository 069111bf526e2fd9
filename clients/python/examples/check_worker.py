"""Serves the kinds of the conformance kit: `martlet worker check -- python check_worker.py`."""

import asyncio
import time

from martlet import Content, StopReason, TaskContext, TaskFailure, Worker

worker = Worker(name="python", slots=16, drain_limit=2)


@worker.task("check.echo")
async def echo(context: TaskContext) -> Content:
    return Content(context.payload_bytes, context.content_type)


@worker.task("check.fail")
async def fail(context: TaskContext) -> None:
    raise TaskFailure("CHECK", context.payload_bytes.decode())


@worker.task("check.wait")
async def wait(context: TaskContext) -> bytes:
    milliseconds = context.payload_bytes.decode()
    await asyncio.sleep(int(milliseconds) / 1000 if milliseconds else 1e9)
    return b"waited"


@worker.task("check.stubborn")
def stubborn(context: TaskContext) -> bytes:
    time.sleep(int(context.payload_bytes.decode()) / 1000)
    return b"done"


@worker.task("check.steps")
async def steps(context: TaskContext) -> bytes:
    total = int(context.payload_bytes.decode())
    done = first = int(context.checkpoint or 0)
    while done < total:
        # A step that has begun is made and saved, unless the task is given up.
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            if context.stop_reason not in (StopReason.PAUSE, StopReason.SHUTDOWN):
                raise
        done += 1
        context.progress(percent=100 * done / total, step=f"step {done}")
        await context.save_checkpoint(str(done).encode())
        if context.stop_reason is not None:
            raise asyncio.CancelledError
    return str(done - first).encode()


@worker.task("check.log")
async def log(context: TaskContext) -> None:
    context.log(context.payload_bytes.decode())


worker.run()
