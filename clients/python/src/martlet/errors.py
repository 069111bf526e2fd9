"""Why a call failed, in words for people and in fields for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import grpc
from google.protobuf.message import DecodeError

from martlet._google import error_details_pb2 as details
from martlet._google import status_pb2

_DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True)
class FieldViolation:
    """A field of the request that the server does not accept."""

    #: Its path, such as `spec.retry_policy.factor`.
    field: str
    description: str


class MartletError(Exception):
    """A call failed: the server refused it, or could not be reached."""

    #: The canonical code of gRPC.
    code: grpc.StatusCode
    #: What exactly, as Martlet names it: `QUEUE_FULL`, `TASK_NOT_FOUND`, … Empty for errors of the
    #: connection.
    reason: str
    #: What the server, or the connection, said.
    message: str
    #: Facts about the error, such as `oldest_cursor`.
    metadata: Mapping[str, str]
    #: Every violation at once; empty unless the request was invalid.
    violations: tuple[FieldViolation, ...]
    #: Seconds until it makes sense to try again, if the server said so.
    retry_delay: float | None

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Iterable[FieldViolation] = (),
        retry_delay: float | None = None,
    ) -> None:
        self.code = code
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_delay = retry_delay
        super().__init__(str(self))

    def __str__(self) -> str:
        name = f"{self.code.name} ({self.reason})" if self.reason else self.code.name
        return f"{name}: {self.message}"

    @classmethod
    def of(cls, error: grpc.RpcError) -> MartletError:
        """What a failed call of grpcio says. Details that cannot be read are left out: code and
        message are always there."""
        made = cls(error.code(), error.details() or "")
        trailers = cast(Iterable[tuple[str, str | bytes]], error.trailing_metadata() or ())
        for key, value in trailers:
            if key == _DETAILS_KEY and isinstance(value, bytes):
                made._add(value)
        return made

    def _add(self, encoded: bytes) -> None:
        try:
            for detail in status_pb2.Status.FromString(encoded).details:
                self._add_detail(detail.type_url.rpartition("/")[2], detail.value)
        except DecodeError:
            return

    def _add_detail(self, name: str, value: bytes) -> None:
        if name == "google.rpc.ErrorInfo":
            info = details.ErrorInfo.FromString(value)
            self.reason = info.reason
            self.metadata = {**self.metadata, **info.metadata}
        elif name == "google.rpc.RetryInfo":
            delay = details.RetryInfo.FromString(value).retry_delay
            self.retry_delay = delay.ToNanoseconds() / 1e9
        elif name == "google.rpc.BadRequest":
            found = details.BadRequest.FromString(value).field_violations
            self.violations += tuple(FieldViolation(one.field, one.description) for one in found)


class TaskNotSucceeded(Exception):
    """The result was asked for of a task that FAILED or was CANCELLED, or has not ended."""

    def __init__(self, task: object, message: str) -> None:
        super().__init__(message)
        #: The task as it is.
        self.task = task
