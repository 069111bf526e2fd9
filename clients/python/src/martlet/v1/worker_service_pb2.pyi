import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from martlet.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DirectiveKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTIVE_KIND_UNSPECIFIED: _ClassVar[DirectiveKind]
    DIRECTIVE_KIND_CANCEL: _ClassVar[DirectiveKind]
    DIRECTIVE_KIND_LOST: _ClassVar[DirectiveKind]
    DIRECTIVE_KIND_PAUSE: _ClassVar[DirectiveKind]
DIRECTIVE_KIND_UNSPECIFIED: DirectiveKind
DIRECTIVE_KIND_CANCEL: DirectiveKind
DIRECTIVE_KIND_LOST: DirectiveKind
DIRECTIVE_KIND_PAUSE: DirectiveKind

class WorkRequest(_message.Message):
    __slots__ = ("hello", "accepts", "beats", "finishes", "releases", "credit", "draining", "ping", "pong")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    ACCEPTS_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    FINISHES_FIELD_NUMBER: _ClassVar[int]
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    hello: WorkerHello
    accepts: _containers.RepeatedCompositeFieldContainer[Accept]
    beats: _containers.RepeatedCompositeFieldContainer[Beat]
    finishes: _containers.RepeatedCompositeFieldContainer[Finish]
    releases: _containers.RepeatedCompositeFieldContainer[Release]
    credit: Credit
    draining: bool
    ping: int
    pong: int
    def __init__(self, hello: _Optional[_Union[WorkerHello, _Mapping]] = ..., accepts: _Optional[_Iterable[_Union[Accept, _Mapping]]] = ..., beats: _Optional[_Iterable[_Union[Beat, _Mapping]]] = ..., finishes: _Optional[_Iterable[_Union[Finish, _Mapping]]] = ..., releases: _Optional[_Iterable[_Union[Release, _Mapping]]] = ..., credit: _Optional[_Union[Credit, _Mapping]] = ..., draining: _Optional[bool] = ..., ping: _Optional[int] = ..., pong: _Optional[int] = ...) -> None: ...

class WorkResponse(_message.Message):
    __slots__ = ("welcome", "assigns", "directives", "acks", "ping", "pong")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    ASSIGNS_FIELD_NUMBER: _ClassVar[int]
    DIRECTIVES_FIELD_NUMBER: _ClassVar[int]
    ACKS_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    welcome: WorkerWelcome
    assigns: _containers.RepeatedCompositeFieldContainer[Assign]
    directives: _containers.RepeatedCompositeFieldContainer[Directive]
    acks: _containers.RepeatedCompositeFieldContainer[Ack]
    ping: int
    pong: int
    def __init__(self, welcome: _Optional[_Union[WorkerWelcome, _Mapping]] = ..., assigns: _Optional[_Iterable[_Union[Assign, _Mapping]]] = ..., directives: _Optional[_Iterable[_Union[Directive, _Mapping]]] = ..., acks: _Optional[_Iterable[_Union[Ack, _Mapping]]] = ..., ping: _Optional[int] = ..., pong: _Optional[int] = ...) -> None: ...

class WorkerHello(_message.Message):
    __slots__ = ("name", "instance", "kinds", "pools", "labels", "slots", "held_leases")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    HELD_LEASES_FIELD_NUMBER: _ClassVar[int]
    name: str
    instance: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    pools: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.ScalarMap[str, str]
    slots: int
    held_leases: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., instance: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ..., pools: _Optional[_Iterable[str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., slots: _Optional[int] = ..., held_leases: _Optional[_Iterable[str]] = ...) -> None: ...

class WorkerWelcome(_message.Message):
    __slots__ = ("worker_id", "lease_length", "beat_interval", "kept_leases", "lost_leases")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    BEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    KEPT_LEASES_FIELD_NUMBER: _ClassVar[int]
    LOST_LEASES_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    lease_length: _duration_pb2.Duration
    beat_interval: _duration_pb2.Duration
    kept_leases: _containers.RepeatedScalarFieldContainer[str]
    lost_leases: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, worker_id: _Optional[str] = ..., lease_length: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., beat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., kept_leases: _Optional[_Iterable[str]] = ..., lost_leases: _Optional[_Iterable[str]] = ...) -> None: ...

class Credit(_message.Message):
    __slots__ = ("more", "received")
    MORE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    more: int
    received: int
    def __init__(self, more: _Optional[int] = ..., received: _Optional[int] = ...) -> None: ...

class Accept(_message.Message):
    __slots__ = ("lease",)
    LEASE_FIELD_NUMBER: _ClassVar[int]
    lease: str
    def __init__(self, lease: _Optional[str] = ...) -> None: ...

class Beat(_message.Message):
    __slots__ = ("lease", "progress", "checkpoint", "log_lines")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    LOG_LINES_FIELD_NUMBER: _ClassVar[int]
    lease: str
    progress: _task_pb2.Progress
    checkpoint: _task_pb2.Checkpoint
    log_lines: _containers.RepeatedCompositeFieldContainer[_task_pb2.LogLine]
    def __init__(self, lease: _Optional[str] = ..., progress: _Optional[_Union[_task_pb2.Progress, _Mapping]] = ..., checkpoint: _Optional[_Union[_task_pb2.Checkpoint, _Mapping]] = ..., log_lines: _Optional[_Iterable[_Union[_task_pb2.LogLine, _Mapping]]] = ...) -> None: ...

class Finish(_message.Message):
    __slots__ = ("lease", "result", "failure")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    lease: str
    result: _task_pb2.TaskResult
    failure: WorkerFailure
    def __init__(self, lease: _Optional[str] = ..., result: _Optional[_Union[_task_pb2.TaskResult, _Mapping]] = ..., failure: _Optional[_Union[WorkerFailure, _Mapping]] = ...) -> None: ...

class WorkerFailure(_message.Message):
    __slots__ = ("code", "message", "non_retryable", "retry_delay", "failure_class")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NON_RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    RETRY_DELAY_FIELD_NUMBER: _ClassVar[int]
    FAILURE_CLASS_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    non_retryable: bool
    retry_delay: _duration_pb2.Duration
    failure_class: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., non_retryable: _Optional[bool] = ..., retry_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., failure_class: _Optional[str] = ...) -> None: ...

class Release(_message.Message):
    __slots__ = ("lease", "delay")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    lease: str
    delay: _duration_pb2.Duration
    def __init__(self, lease: _Optional[str] = ..., delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Assign(_message.Message):
    __slots__ = ("lease", "task", "attempt", "stop_time", "fencing_epoch", "checkpoint", "dependencies")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STOP_TIME_FIELD_NUMBER: _ClassVar[int]
    FENCING_EPOCH_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    lease: str
    task: _task_pb2.Task
    attempt: int
    stop_time: _timestamp_pb2.Timestamp
    fencing_epoch: int
    checkpoint: _task_pb2.Checkpoint
    dependencies: _containers.RepeatedCompositeFieldContainer[_task_pb2.DependencyResult]
    def __init__(self, lease: _Optional[str] = ..., task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., attempt: _Optional[int] = ..., stop_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fencing_epoch: _Optional[int] = ..., checkpoint: _Optional[_Union[_task_pb2.Checkpoint, _Mapping]] = ..., dependencies: _Optional[_Iterable[_Union[_task_pb2.DependencyResult, _Mapping]]] = ...) -> None: ...

class Directive(_message.Message):
    __slots__ = ("lease", "kind", "reason", "grace")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    lease: str
    kind: DirectiveKind
    reason: str
    grace: _duration_pb2.Duration
    def __init__(self, lease: _Optional[str] = ..., kind: _Optional[_Union[DirectiveKind, str]] = ..., reason: _Optional[str] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("lease", "accepted", "current_attempt", "problem", "checkpoint_sequence")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CURRENT_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    lease: str
    accepted: bool
    current_attempt: int
    problem: str
    checkpoint_sequence: int
    def __init__(self, lease: _Optional[str] = ..., accepted: _Optional[bool] = ..., current_attempt: _Optional[int] = ..., problem: _Optional[str] = ..., checkpoint_sequence: _Optional[int] = ...) -> None: ...

class LeaseTasksRequest(_message.Message):
    __slots__ = ("worker", "max_tasks", "wait")
    WORKER_FIELD_NUMBER: _ClassVar[int]
    MAX_TASKS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    worker: WorkerHello
    max_tasks: int
    wait: _duration_pb2.Duration
    def __init__(self, worker: _Optional[_Union[WorkerHello, _Mapping]] = ..., max_tasks: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseTasksResponse(_message.Message):
    __slots__ = ("worker_id", "assigns", "lease_length")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    ASSIGNS_FIELD_NUMBER: _ClassVar[int]
    LEASE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    assigns: _containers.RepeatedCompositeFieldContainer[Assign]
    lease_length: _duration_pb2.Duration
    def __init__(self, worker_id: _Optional[str] = ..., assigns: _Optional[_Iterable[_Union[Assign, _Mapping]]] = ..., lease_length: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RenewLeasesRequest(_message.Message):
    __slots__ = ("beats",)
    BEATS_FIELD_NUMBER: _ClassVar[int]
    beats: _containers.RepeatedCompositeFieldContainer[Beat]
    def __init__(self, beats: _Optional[_Iterable[_Union[Beat, _Mapping]]] = ...) -> None: ...

class RenewLeasesResponse(_message.Message):
    __slots__ = ("directives", "acks")
    DIRECTIVES_FIELD_NUMBER: _ClassVar[int]
    ACKS_FIELD_NUMBER: _ClassVar[int]
    directives: _containers.RepeatedCompositeFieldContainer[Directive]
    acks: _containers.RepeatedCompositeFieldContainer[Ack]
    def __init__(self, directives: _Optional[_Iterable[_Union[Directive, _Mapping]]] = ..., acks: _Optional[_Iterable[_Union[Ack, _Mapping]]] = ...) -> None: ...

class FinishTasksRequest(_message.Message):
    __slots__ = ("finishes",)
    FINISHES_FIELD_NUMBER: _ClassVar[int]
    finishes: _containers.RepeatedCompositeFieldContainer[Finish]
    def __init__(self, finishes: _Optional[_Iterable[_Union[Finish, _Mapping]]] = ...) -> None: ...

class FinishTasksResponse(_message.Message):
    __slots__ = ("acks",)
    ACKS_FIELD_NUMBER: _ClassVar[int]
    acks: _containers.RepeatedCompositeFieldContainer[Ack]
    def __init__(self, acks: _Optional[_Iterable[_Union[Ack, _Mapping]]] = ...) -> None: ...

class ReleaseTasksRequest(_message.Message):
    __slots__ = ("releases",)
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    releases: _containers.RepeatedCompositeFieldContainer[Release]
    def __init__(self, releases: _Optional[_Iterable[_Union[Release, _Mapping]]] = ...) -> None: ...

class ReleaseTasksResponse(_message.Message):
    __slots__ = ("acks",)
    ACKS_FIELD_NUMBER: _ClassVar[int]
    acks: _containers.RepeatedCompositeFieldContainer[Ack]
    def __init__(self, acks: _Optional[_Iterable[_Union[Ack, _Mapping]]] = ...) -> None: ...

class Worker(_message.Message):
    __slots__ = ("id", "name", "instance", "kinds", "pools", "labels", "slots", "credit", "tasks", "draining", "connected", "age", "silence")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    SILENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    instance: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    pools: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.ScalarMap[str, str]
    slots: int
    credit: int
    tasks: _containers.RepeatedScalarFieldContainer[str]
    draining: bool
    connected: bool
    age: _duration_pb2.Duration
    silence: _duration_pb2.Duration
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., instance: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ..., pools: _Optional[_Iterable[str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., slots: _Optional[int] = ..., credit: _Optional[int] = ..., tasks: _Optional[_Iterable[str]] = ..., draining: _Optional[bool] = ..., connected: _Optional[bool] = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., silence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListWorkersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListWorkersResponse(_message.Message):
    __slots__ = ("workers",)
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    workers: _containers.RepeatedCompositeFieldContainer[Worker]
    def __init__(self, workers: _Optional[_Iterable[_Union[Worker, _Mapping]]] = ...) -> None: ...

class GetWorkerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetWorkerResponse(_message.Message):
    __slots__ = ("worker",)
    WORKER_FIELD_NUMBER: _ClassVar[int]
    worker: Worker
    def __init__(self, worker: _Optional[_Union[Worker, _Mapping]] = ...) -> None: ...

class DrainWorkerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DrainWorkerResponse(_message.Message):
    __slots__ = ("worker",)
    WORKER_FIELD_NUMBER: _ClassVar[int]
    worker: Worker
    def __init__(self, worker: _Optional[_Union[Worker, _Mapping]] = ...) -> None: ...

class DisconnectWorkerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DisconnectWorkerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
