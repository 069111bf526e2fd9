"""Python's times as those of the contract, and delays between tries."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

#: A span of time: seconds, or a timedelta.
Span = float | timedelta

#: The longest delay: ten years with as many leap days as ten years can have.
DELAY_MAX = timedelta(days=3_653)


def duration(span: Span) -> Duration:
    made = Duration()
    if isinstance(span, timedelta):
        made.FromTimedelta(span)
    else:
        made.FromNanoseconds(round(span * 1_000_000_000))
    return made


def delay(span: Span) -> Duration:
    """Raises ValueError for one that the server does not take."""
    made = duration(span)
    if not 0 <= made.ToNanoseconds() <= DELAY_MAX.total_seconds() * 1_000_000_000:
        raise ValueError("a delay is 0 to 10 years")
    return made


def timestamp(time: datetime) -> Timestamp:
    """Raises ValueError for a time without a time zone, which could mean any."""
    if time.tzinfo is None:
        raise ValueError("the time needs a time zone, such as datetime.timezone.utc")
    made = Timestamp()
    made.FromDatetime(time)
    return made


@dataclass(frozen=True)
class Backoff:
    """Delays between tries: each anywhere from nothing to a limit that doubles from try to try, so
    that many who lost a server do not come back at the same moment."""

    #: The limit before the second try, in seconds.
    initial: float = 0.1
    #: The limit does not grow beyond this, in seconds.
    maximum: float = 5.0

    def limit(self, failures: int) -> float:
        return min(self.maximum, self.initial * 2.0 ** min(max(failures - 1, 0), 32))

    def delay(self, failures: int) -> float:
        """The delay after so many failures in a row."""
        return random.uniform(0.0, self.limit(failures))
