"""Refreshes a hierarchy level by level, with everything going wrong that can.

    make example-workflow TREE=/usr/share

Regions, cities and districts are folders of a real tree; each task of a level is handed what the level
above it found. Some tasks fail, and what hangs below them is cancelled; in the middle of it the
server is killed; then the workflow is retried, and finishes. At the end every result is compared
with those of `find` and `sha256sum`, and every task must have succeeded exactly once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hierarchy
from hierarchy import LEVELS, Place
from martlet import Client, TaskContext, TaskFailure, Worker, result_of, task_spec, workflow_task
from martlet.content import decode
from martlet.v1 import event_service_pb2 as events
from martlet.v1 import task_pb2
from martlet.v1 import workflow_service_pb2 as pb

SUCCEEDED, FAILED, CANCELLED = (
    task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED)


class Server:
    """A martletd on a socket in a folder of its own."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._socket = str(folder / "martlet.sock")
        self.address = f"unix:{self._socket}"
        self._command = [
            binaries / "martletd", "--listen", self.address, "--data-dir", folder / "data",
            "--log-level", "error"]
        self.start()

    def start(self) -> None:
        """Returns when it takes connections."""
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        while self._process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
                probe.connect(self._socket)
                return
            time.sleep(0.02)
        sys.exit(f"the server ended with {self._process.returncode}")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def make_worker(address: str, broken: set[str]) -> Worker:
    """Refreshes one place a task; fails while its place is broken."""
    worker = Worker(address, name="refresher", slots=64)

    def path_of(context: TaskContext) -> Path:
        if context.payload["ref"] in broken:
            raise TaskFailure("UNREACHABLE", "this place does not answer", retryable=False)
        if "path" in context.payload:
            return Path(context.payload["path"])
        above = decode(context.dependencies[0].result.data, "application/json")
        return Path(above["path"], above["parts"][context.payload["number"]])

    async def refresh_folder(context: TaskContext) -> dict[str, object]:
        path = path_of(context)
        level = context.kind.removeprefix("refresh.")
        return {"path": str(path), "parts": hierarchy.parts(level, path)}

    for level in ("region", "city", "district"):
        worker.task(f"refresh.{level}")(refresh_folder)

    @worker.task("refresh.file")
    async def refresh_file(context: TaskContext) -> dict[str, object]:
        path = path_of(context)
        data = path.read_bytes()
        return {
            "path": str(path), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    return worker


def task_of(place: Place) -> pb.WorkflowTaskSpec:
    payload: dict[str, object] = {"ref": place.ref, "number": place.number}
    if place.parent is None:
        payload = {"ref": place.ref, "path": str(place.path)}
    spec = task_spec(
        f"refresh.{place.level}",
        payload,
        ref=place.ref,
        labels={"level": place.level},
        depends_on=[place.parent.ref] if place.parent else [],
        want_dependency_results=True,
    )
    return workflow_task(spec, level=place.level)


def choose_broken(places: list[Place], seed: int) -> set[str]:
    """A city, and a few districts and files; none of them below another."""
    dice = random.Random(seed)
    chosen: list[Place] = []
    for level, count in (("city", 1), ("district", 4), ("file", 20)):
        lost = {below.ref for place in chosen for below in place.all_below()}
        free = [one for one in places if one.level == level and one.ref not in lost]
        chosen += dice.sample(free, min(count, len(free) // 4))
    return {place.ref for place in chosen}


class Ticker:
    """Says how far it is: a line a tenth, or one that is written over on a terminal."""

    def __init__(self) -> None:
        self._last = -1

    def __call__(self, flow: pb.Workflow) -> None:
        ended = flow.state != pb.WORKFLOW_STATE_RUNNING
        if sys.stdout.isatty():
            print(f"\r\x1b[2K{describe(flow)}", end="\n" if ended else "", flush=True)
        elif ended or int(flow.progress * 10) != self._last:
            self._last = int(flow.progress * 10)
            print(describe(flow), flush=True)

    def pass_line(self) -> None:
        """Other lines may follow."""
        if sys.stdout.isatty():
            print()


def describe(flow: pb.Workflow) -> str:
    state = pb.WorkflowState.Name(flow.state).removeprefix("WORKFLOW_STATE_")
    levels = "  ".join(f"{one.name} {one.ended_tasks}/{one.tasks}" for one in flow.levels)
    return f"{flow.id} {state:9} {flow.progress:4.0%}  {levels}"


async def follow(client: Client, id: str, server: Server, kill_at: float | None) -> pb.Workflow:
    """The workflow when it has ended. Its server is killed on the way."""
    tick, watched = Ticker(), client.workflows.watch(id)
    async for flow in watched:
        tick(flow)
        if flow.state != pb.WORKFLOW_STATE_RUNNING:
            return flow
        if kill_at is not None and flow.progress >= kill_at:
            kill_at = None
            await asyncio.to_thread(server.kill)
            tick.pass_line()
            print("the server was killed, and is started again", flush=True)
            await asyncio.to_thread(server.start)
    raise AssertionError("a watch ends with its workflow")


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"WRONG: {what}: {found}, not {wanted}")
    print(f"right: {what}: {wanted}")


def counts(flow: pb.Workflow) -> dict[str, int]:
    return {
        task_pb2.TaskState.Name(one.state).removeprefix("TASK_STATE_"): one.count
        for one in flow.counts
    }


def sums(districts: list[Path]) -> dict[str, str]:
    """Path and SHA-256 of the first files of each district, by programs that are not ours."""
    script = (
        'for one; do find -P "$one" -type f -printf "%P\\0" | LC_ALL=C sort -z'
        f' | head -z -n {hierarchy.FILES_MAX} | (cd "$one" && xargs -0 -r sha256sum -z --)'
        ' | sed -z "s|  |  $one/|"; done')
    output = subprocess.run(
        ["bash", "-c", script, "sums", *map(str, districts)], check=True, stdout=subprocess.PIPE)
    found = {}
    for line in output.stdout.decode(errors="surrogateescape").split("\0"):
        if line:
            digest, _, path = line.partition("  ")
            found[path] = digest
    return found


async def check(client: Client, id: str, places: list[Place]) -> None:
    results = [
        (task.spec.labels["level"], result_of(task))
        async for task in client.list(
            f"workflow = {id}", page_size=1_000, view=task_pb2.TASK_VIEW_FULL)
    ]
    files = {one["path"]: one["sha256"] for level, one in results if level == "file"}
    wanted = sums([one.path for one in places if one.level == "district"])
    expect("files whose digests are those of sha256sum",
           sum(files.get(path) == digest for path, digest in wanted.items()), len(files))
    expect("files that find found", len(wanted), len(files))
    folders = {(level, one["path"]) for level, one in results if level != "file"}
    planned = {(one.level, str(one.path)) for one in places if one.level != "file"}
    expect("folders that were refreshed", len(folders & planned), len(planned))
    ends: dict[str, int] = {}
    async for event in client.watch_events(
        filter=f"workflow = {id}", beginning=True, until_now=True,
        types=[events.EVENT_TYPE_TASK_SUCCEEDED],
    ):
        ends[event.task_id] = ends.get(event.task_id, 0) + 1
    expect("tasks that succeeded exactly once", sum(n == 1 for n in ends.values()), len(places))


async def refresh(arguments: argparse.Namespace, folder: Path) -> None:
    places = hierarchy.plan(arguments.tree, arguments.tasks)
    if not any(place.level == "file" for place in places):
        sys.exit(f"{arguments.tree} has no files three folders down")
    broken = choose_broken(places, arguments.seed)
    lost = [below for place in places if place.ref in broken for below in place.all_below()]
    server = Server(arguments.binaries, folder)
    try:
        async with Client(server.address, actor="example") as client:
            await client.pools.create("refresh", slots=64)
            worker = make_worker(server.address, broken)
            serving = asyncio.create_task(worker.serve())
            start = time.monotonic()
            flow, _ = await client.workflows.submit(
                "hierarchy", map(task_of, places), pool="refresh", levels=LEVELS)
            print(f"{flow.id}: {len(places)} tasks, {len(broken)} of them broken", flush=True)
            flow = await follow(client, flow.id, server, kill_at=0.45)
            expect("what the first try came to", counts(flow), {
                name: count for name, count in (
                    ("SUCCEEDED", len(places) - len(broken) - len(lost)),
                    ("FAILED", len(broken)), ("CANCELLED", len(lost))) if count})
            broken.clear()
            await client.workflows.retry(flow.id, "the places answer again")
            flow = await follow(client, flow.id, server, kill_at=None)
            expect("what the retry came to", counts(flow), {"SUCCEEDED": len(places)})
            print(f"{time.monotonic() - start:.1f} s in all", flush=True)
            await check(client, flow.id, places)
            worker.stop()
            await serving
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Refreshes a hierarchy of folders.")
    parser.add_argument("tree", type=Path, help="its folders are the regions")
    parser.add_argument("--binaries", type=Path, required=True, help="the folder with martletd")
    parser.add_argument("--tasks", type=int, default=3_000, help="at most so many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of what is broken (%(default)s)")
    arguments = parser.parse_args()
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with tempfile.TemporaryDirectory(prefix="martlet-example-") as folder:
        asyncio.run(refresh(arguments, Path(folder)))


if __name__ == "__main__":
    main()
