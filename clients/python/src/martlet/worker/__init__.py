"""Workers: processes that run tasks for a server."""

from martlet.worker.attempt import StopReason
from martlet.worker.context import (
    CheckpointRefused,
    LeaseLost,
    Stopped,
    TaskContext,
    TaskFailure,
    TaskSnooze,
)
from martlet.worker.worker import Worker

__all__ = [
    "CheckpointRefused",
    "LeaseLost",
    "StopReason",
    "Stopped",
    "TaskContext",
    "TaskFailure",
    "TaskSnooze",
    "Worker",
]
