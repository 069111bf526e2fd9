import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from martlet.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BulkState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BULK_STATE_UNSPECIFIED: _ClassVar[BulkState]
    BULK_STATE_RUNNING: _ClassVar[BulkState]
    BULK_STATE_SUCCEEDED: _ClassVar[BulkState]
    BULK_STATE_STOPPED: _ClassVar[BulkState]
BULK_STATE_UNSPECIFIED: BulkState
BULK_STATE_RUNNING: BulkState
BULK_STATE_SUCCEEDED: BulkState
BULK_STATE_STOPPED: BulkState

class BulkAction(_message.Message):
    __slots__ = ("cancel", "retry", "delete", "update", "move")
    class Cancel(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    class Retry(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Delete(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Update(_message.Message):
        __slots__ = ("priority", "due_time")
        PRIORITY_FIELD_NUMBER: _ClassVar[int]
        DUE_TIME_FIELD_NUMBER: _ClassVar[int]
        priority: int
        due_time: _timestamp_pb2.Timestamp
        def __init__(self, priority: _Optional[int] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    class Move(_message.Message):
        __slots__ = ("pool",)
        POOL_FIELD_NUMBER: _ClassVar[int]
        pool: str
        def __init__(self, pool: _Optional[str] = ...) -> None: ...
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    MOVE_FIELD_NUMBER: _ClassVar[int]
    cancel: BulkAction.Cancel
    retry: BulkAction.Retry
    delete: BulkAction.Delete
    update: BulkAction.Update
    move: BulkAction.Move
    def __init__(self, cancel: _Optional[_Union[BulkAction.Cancel, _Mapping]] = ..., retry: _Optional[_Union[BulkAction.Retry, _Mapping]] = ..., delete: _Optional[_Union[BulkAction.Delete, _Mapping]] = ..., update: _Optional[_Union[BulkAction.Update, _Mapping]] = ..., move: _Optional[_Union[BulkAction.Move, _Mapping]] = ...) -> None: ...

class StartBulkRequest(_message.Message):
    __slots__ = ("action", "filter", "all", "dry_run", "rate_per_second", "request_id", "reason")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    RATE_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    action: BulkAction
    filter: str
    all: bool
    dry_run: bool
    rate_per_second: int
    request_id: str
    reason: str
    def __init__(self, action: _Optional[_Union[BulkAction, _Mapping]] = ..., filter: _Optional[str] = ..., all: _Optional[bool] = ..., dry_run: _Optional[bool] = ..., rate_per_second: _Optional[int] = ..., request_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class StartBulkResponse(_message.Message):
    __slots__ = ("operation", "matched", "sample", "cursor")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    operation: BulkOperation
    matched: int
    sample: _containers.RepeatedCompositeFieldContainer[_task_pb2.Task]
    cursor: str
    def __init__(self, operation: _Optional[_Union[BulkOperation, _Mapping]] = ..., matched: _Optional[int] = ..., sample: _Optional[_Iterable[_Union[_task_pb2.Task, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class BulkOperation(_message.Message):
    __slots__ = ("id", "action", "filter", "state", "total", "done", "failed", "failures", "create_time", "finish_time", "actor", "reason", "rate_per_second", "request_id")
    class FailuresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RATE_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    action: BulkAction
    filter: str
    state: BulkState
    total: int
    done: int
    failed: int
    failures: _containers.ScalarMap[str, int]
    create_time: _timestamp_pb2.Timestamp
    finish_time: _timestamp_pb2.Timestamp
    actor: str
    reason: str
    rate_per_second: int
    request_id: str
    def __init__(self, id: _Optional[str] = ..., action: _Optional[_Union[BulkAction, _Mapping]] = ..., filter: _Optional[str] = ..., state: _Optional[_Union[BulkState, str]] = ..., total: _Optional[int] = ..., done: _Optional[int] = ..., failed: _Optional[int] = ..., failures: _Optional[_Mapping[str, int]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., rate_per_second: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetBulkRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetBulkResponse(_message.Message):
    __slots__ = ("operation", "cursor")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    operation: BulkOperation
    cursor: str
    def __init__(self, operation: _Optional[_Union[BulkOperation, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListBulksRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListBulksResponse(_message.Message):
    __slots__ = ("operations", "cursor")
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[BulkOperation]
    cursor: str
    def __init__(self, operations: _Optional[_Iterable[_Union[BulkOperation, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class StopBulkRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class StopBulkResponse(_message.Message):
    __slots__ = ("operation", "cursor")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    operation: BulkOperation
    cursor: str
    def __init__(self, operation: _Optional[_Union[BulkOperation, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class WatchBulkRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class WatchBulkResponse(_message.Message):
    __slots__ = ("operation", "cursor")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    operation: BulkOperation
    cursor: str
    def __init__(self, operation: _Optional[_Union[BulkOperation, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...
