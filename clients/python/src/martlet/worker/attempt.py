"""What a worker knows of one attempt, from its offer until the last acknowledgement."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

from martlet.v1 import task_pb2
from martlet.v1 import worker_service_pb2 as pb

#: What the server takes in one beat.
LOG_LINES_MAX = 100
LOG_BYTES_MAX = 64 << 10
LOG_LINE_BYTES_MAX = 4 << 10

#: Lines that wait to be said; beyond it the oldest go.
LOG_LINES_KEPT_MAX = 1_000


class StopReason(enum.Enum):
    """Why a handler is told to stop."""

    #: Somebody cancelled the task: whatever the handler comes to, it ends as CANCELLED.
    CANCEL = "cancel"
    #: The task is to be paused, or the server wants it back: save a checkpoint and stop.
    PAUSE = "pause"
    #: The lease has ended, another worker may have the task: nothing said of it is taken.
    LOST = "lost"
    #: This worker stops: save a checkpoint and stop; another worker goes on.
    SHUTDOWN = "shutdown"


Outcome = pb.Finish | pb.Release


@dataclass
class Attempt:
    """The state of one lease. Only the session changes it."""

    assign: pb.Assign
    #: The handler has not come to its end: the slot is taken.
    is_running: bool = True
    #: The lease has ended; nothing is said of it any more.
    is_fenced: bool = False
    #: What the server asked for last.
    stop: StopReason | None = None
    #: What it came to: kept until it is acknowledged.
    outcome: Outcome | None = None
    #: The newest checkpoint that is not acknowledged.
    checkpoint: task_pb2.Checkpoint | None = None
    #: Of the newest checkpoint.
    sequence: int = 0

    # What is to be said in the next beat, beside what stays until it is acknowledged.
    says_checkpoint: bool = False
    progress: task_pb2.Progress | None = None
    log_lines: deque[task_pb2.LogLine] = field(
        default_factory=lambda: deque(maxlen=LOG_LINES_KEPT_MAX)
    )

    def __post_init__(self) -> None:
        self.sequence = self.assign.checkpoint.sequence

    @property
    def lease(self) -> str:
        return self.assign.lease

    @property
    def beats(self) -> bool:
        """Its lease is to be renewed."""
        return not self.is_fenced and self.outcome is None

    @property
    def has_news(self) -> bool:
        return self.says_checkpoint or self.progress is not None or bool(self.log_lines)

    def drop_news(self) -> None:
        """Nobody would take it."""
        self.says_checkpoint = False
        self.progress = None
        self.log_lines.clear()

    def take_beat(self) -> pb.Beat:
        """The beat with what is new, or with as many log lines as fit."""
        beat = pb.Beat(lease=self.lease, progress=self.progress)
        self.progress = None
        if self.says_checkpoint and self.checkpoint is not None:
            beat.checkpoint.CopyFrom(self.checkpoint)
        self.says_checkpoint = False
        room = LOG_BYTES_MAX
        while self.log_lines and len(beat.log_lines) < LOG_LINES_MAX:
            room -= self.log_lines[0].ByteSize()
            if room < 0:
                break
            beat.log_lines.append(self.log_lines.popleft())
        return beat
