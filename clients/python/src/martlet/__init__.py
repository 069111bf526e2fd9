"""Client and worker for Martlet, a durable task-pool service.

The messages of the contract are in `martlet.v1`.
"""

from martlet.client import Client, task_spec
from martlet.content import Content, result_of
from martlet.errors import FieldViolation, MartletError, TaskNotSucceeded
from martlet.events import Batch, EventFeed
from martlet.groups import Groups
from martlet.limits import HeldPermits, Limits
from martlet.locks import HeldLock, Locks
from martlet.pools import Pools
from martlet.schedules import Schedules, schedule_spec
from martlet.stats import Stats
from martlet.times import Backoff
from martlet.worker import (
    CheckpointRefused,
    LeaseLost,
    Stopped,
    StopReason,
    TaskContext,
    TaskFailure,
    TaskSnooze,
    Worker,
)
from martlet.workflows import Workflows, workflow_task

__all__ = [
    "Backoff",
    "Batch",
    "CheckpointRefused",
    "Client",
    "Content",
    "EventFeed",
    "FieldViolation",
    "Groups",
    "HeldLock",
    "HeldPermits",
    "LeaseLost",
    "Limits",
    "Locks",
    "MartletError",
    "Pools",
    "Schedules",
    "Stats",
    "StopReason",
    "Stopped",
    "TaskContext",
    "TaskFailure",
    "TaskNotSucceeded",
    "TaskSnooze",
    "Worker",
    "Workflows",
    "result_of",
    "schedule_spec",
    "task_spec",
    "workflow_task",
]
