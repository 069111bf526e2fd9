"""Payloads, results and checkpoints: bytes on the wire, values in Python."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from martlet.errors import TaskNotSucceeded
from martlet.v1 import task_pb2

JSON = "application/json"

#: The most that a payload, a result or a checkpoint may have.
CONTENT_BYTES_MAX = 1 << 20


@dataclass(frozen=True)
class Content:
    """Bytes with their media type, for what is neither JSON nor plain bytes."""

    data: bytes
    content_type: str = ""


def encode(value: Any) -> Content:
    """`Content` and bytes are taken as they are, None is nothing, all else becomes JSON.

    Raises TypeError or ValueError for what JSON cannot say.
    """
    if isinstance(value, Content):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Content(bytes(value))
    if value is None:
        return Content(b"")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Content(text.encode(), JSON)


def decode(data: bytes, content_type: str) -> Any:
    """A value if it is JSON, else the bytes. Raises ValueError for JSON that is none."""
    if content_type.partition(";")[0].strip().lower() == JSON:
        return json.loads(data)
    return data


def result_of(task: task_pb2.Task) -> Any:
    """What the task's handler returned.

    Raises TaskNotSucceeded unless it SUCCEEDED. The task must have been read in the FULL view, as
    `Client.wait` and `Client.get` do.
    """
    if task.state != task_pb2.TASK_STATE_SUCCEEDED:
        state = task_pb2.TaskState.Name(task.state).removeprefix("TASK_STATE_")
        because = task.failure.message or task.cancel_reason
        raise TaskNotSucceeded(task, f"task {task.id} is {state}" + (because and f": {because}"))
    return decode(task.result.data, task.result.content_type)
