import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from martlet.v1 import task_pb2 as _task_pb2
from martlet.v1 import task_story_pb2 as _task_story_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WaitMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_MODE_UNSPECIFIED: _ClassVar[WaitMode]
    WAIT_MODE_ALL: _ClassVar[WaitMode]
    WAIT_MODE_ANY: _ClassVar[WaitMode]
WAIT_MODE_UNSPECIFIED: WaitMode
WAIT_MODE_ALL: WaitMode
WAIT_MODE_ANY: WaitMode

class SubmitTaskRequest(_message.Message):
    __slots__ = ("pool", "spec", "request_id", "validate_only")
    POOL_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    pool: str
    spec: _task_pb2.TaskSpec
    request_id: str
    validate_only: bool
    def __init__(self, pool: _Optional[str] = ..., spec: _Optional[_Union[_task_pb2.TaskSpec, _Mapping]] = ..., request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class SubmitTaskResponse(_message.Message):
    __slots__ = ("task", "cursor", "existing")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    existing: bool
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ..., existing: _Optional[bool] = ...) -> None: ...

class BatchSubmitTasksRequest(_message.Message):
    __slots__ = ("pool", "specs", "request_id", "validate_only")
    POOL_FIELD_NUMBER: _ClassVar[int]
    SPECS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    pool: str
    specs: _containers.RepeatedCompositeFieldContainer[_task_pb2.TaskSpec]
    request_id: str
    validate_only: bool
    def __init__(self, pool: _Optional[str] = ..., specs: _Optional[_Iterable[_Union[_task_pb2.TaskSpec, _Mapping]]] = ..., request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class BatchSubmitTasksResponse(_message.Message):
    __slots__ = ("task_ids", "cursor", "existing")
    TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    task_ids: _containers.RepeatedScalarFieldContainer[str]
    cursor: str
    existing: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, task_ids: _Optional[_Iterable[str]] = ..., cursor: _Optional[str] = ..., existing: _Optional[_Iterable[int]] = ...) -> None: ...

class GetTaskRequest(_message.Message):
    __slots__ = ("id", "view", "min_cursor")
    ID_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    id: str
    view: _task_pb2.TaskView
    min_cursor: str
    def __init__(self, id: _Optional[str] = ..., view: _Optional[_Union[_task_pb2.TaskView, str]] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ("filter", "order_by", "page_size", "page_token", "view", "min_cursor", "want_total")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    WANT_TOTAL_FIELD_NUMBER: _ClassVar[int]
    filter: str
    order_by: str
    page_size: int
    page_token: str
    view: _task_pb2.TaskView
    min_cursor: str
    want_total: bool
    def __init__(self, filter: _Optional[str] = ..., order_by: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_task_pb2.TaskView, str]] = ..., min_cursor: _Optional[str] = ..., want_total: _Optional[bool] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ("tasks", "next_page_token", "total_size", "cursor")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[_task_pb2.Task]
    next_page_token: str
    total_size: int
    cursor: str
    def __init__(self, tasks: _Optional[_Iterable[_Union[_task_pb2.Task, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class CountTasksRequest(_message.Message):
    __slots__ = ("filter", "min_cursor")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    filter: str
    min_cursor: str
    def __init__(self, filter: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class CountTasksResponse(_message.Message):
    __slots__ = ("total", "counts", "cursor")
    class Count(_message.Message):
        __slots__ = ("pool", "state", "kind", "count")
        POOL_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        KIND_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        pool: str
        state: _task_pb2.TaskState
        kind: str
        count: int
        def __init__(self, pool: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., kind: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    total: int
    counts: _containers.RepeatedCompositeFieldContainer[CountTasksResponse.Count]
    cursor: str
    def __init__(self, total: _Optional[int] = ..., counts: _Optional[_Iterable[_Union[CountTasksResponse.Count, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class CancelTaskRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class PauseTaskRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PauseTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ResumeTaskRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResumeTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class RetryTaskRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RetryTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetTaskTraceRequest(_message.Message):
    __slots__ = ("id", "min_cursor")
    ID_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    id: str
    min_cursor: str
    def __init__(self, id: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetTaskTraceResponse(_message.Message):
    __slots__ = ("trace", "cursor")
    TRACE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    trace: _task_story_pb2.TaskTrace
    cursor: str
    def __init__(self, trace: _Optional[_Union[_task_story_pb2.TaskTrace, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ExplainTaskRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ExplainTaskResponse(_message.Message):
    __slots__ = ("task_id", "state", "causes", "cursor")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    state: _task_pb2.TaskState
    causes: _containers.RepeatedCompositeFieldContainer[_task_story_pb2.WaitingCause]
    cursor: str
    def __init__(self, task_id: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., causes: _Optional[_Iterable[_Union[_task_story_pb2.WaitingCause, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class UpdateTaskRequest(_message.Message):
    __slots__ = ("id", "task", "update_mask", "if_revision", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    IF_REVISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    task: UpdateTaskFields
    update_mask: _field_mask_pb2.FieldMask
    if_revision: int
    reason: str
    def __init__(self, id: _Optional[str] = ..., task: _Optional[_Union[UpdateTaskFields, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., if_revision: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdateTaskFields(_message.Message):
    __slots__ = ("priority", "due_time", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    priority: int
    due_time: _timestamp_pb2.Timestamp
    labels: _containers.ScalarMap[str, str]
    def __init__(self, priority: _Optional[int] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class UpdateTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class WaitTaskRequest(_message.Message):
    __slots__ = ("id", "view")
    ID_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    id: str
    view: _task_pb2.TaskView
    def __init__(self, id: _Optional[str] = ..., view: _Optional[_Union[_task_pb2.TaskView, str]] = ...) -> None: ...

class WaitTaskResponse(_message.Message):
    __slots__ = ("task", "cursor")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    cursor: str
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class WaitTasksRequest(_message.Message):
    __slots__ = ("ids", "mode", "view")
    IDS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    mode: WaitMode
    view: _task_pb2.TaskView
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., mode: _Optional[_Union[WaitMode, str]] = ..., view: _Optional[_Union[_task_pb2.TaskView, str]] = ...) -> None: ...

class WaitTasksResponse(_message.Message):
    __slots__ = ("tasks", "unknown_ids", "remaining", "cursor")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_IDS_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[_task_pb2.Task]
    unknown_ids: _containers.RepeatedScalarFieldContainer[str]
    remaining: int
    cursor: str
    def __init__(self, tasks: _Optional[_Iterable[_Union[_task_pb2.Task, _Mapping]]] = ..., unknown_ids: _Optional[_Iterable[str]] = ..., remaining: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...
