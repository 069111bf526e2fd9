import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from martlet.v1 import bulk_service_pb2 as _bulk_service_pb2
from martlet.v1 import group_service_pb2 as _group_service_pb2
from martlet.v1 import limit_service_pb2 as _limit_service_pb2
from martlet.v1 import lock_service_pb2 as _lock_service_pb2
from martlet.v1 import pool_service_pb2 as _pool_service_pb2
from martlet.v1 import schedule_service_pb2 as _schedule_service_pb2
from martlet.v1 import task_pb2 as _task_pb2
from martlet.v1 import workflow_service_pb2 as _workflow_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_TYPE_UNSPECIFIED: _ClassVar[EventType]
    EVENT_TYPE_POOL_CREATED: _ClassVar[EventType]
    EVENT_TYPE_POOL_UPDATED: _ClassVar[EventType]
    EVENT_TYPE_POOL_PAUSED: _ClassVar[EventType]
    EVENT_TYPE_POOL_RESUMED: _ClassVar[EventType]
    EVENT_TYPE_POOL_DRAINING: _ClassVar[EventType]
    EVENT_TYPE_POOL_CLOSED: _ClassVar[EventType]
    EVENT_TYPE_POOL_DELETING: _ClassVar[EventType]
    EVENT_TYPE_POOL_DELETED: _ClassVar[EventType]
    EVENT_TYPE_TASK_SUBMITTED: _ClassVar[EventType]
    EVENT_TYPE_TASK_DUE: _ClassVar[EventType]
    EVENT_TYPE_TASK_STARTED: _ClassVar[EventType]
    EVENT_TYPE_TASK_PROGRESSED: _ClassVar[EventType]
    EVENT_TYPE_TASK_CANCEL_REQUESTED: _ClassVar[EventType]
    EVENT_TYPE_TASK_RETRY_SCHEDULED: _ClassVar[EventType]
    EVENT_TYPE_TASK_RELEASED: _ClassVar[EventType]
    EVENT_TYPE_TASK_LOST: _ClassVar[EventType]
    EVENT_TYPE_TASK_SUCCEEDED: _ClassVar[EventType]
    EVENT_TYPE_TASK_FAILED: _ClassVar[EventType]
    EVENT_TYPE_TASK_CANCELLED: _ClassVar[EventType]
    EVENT_TYPE_TASK_REOPENED: _ClassVar[EventType]
    EVENT_TYPE_TASK_CHECKPOINTED: _ClassVar[EventType]
    EVENT_TYPE_TASK_PAUSE_REQUESTED: _ClassVar[EventType]
    EVENT_TYPE_TASK_PAUSED: _ClassVar[EventType]
    EVENT_TYPE_TASK_RESUMED: _ClassVar[EventType]
    EVENT_TYPE_TASKS_PURGED: _ClassVar[EventType]
    EVENT_TYPE_EVENTS_PURGED: _ClassVar[EventType]
    EVENT_TYPE_TASK_LOGGED: _ClassVar[EventType]
    EVENT_TYPE_TASK_UPDATED: _ClassVar[EventType]
    EVENT_TYPE_TASK_MOVED: _ClassVar[EventType]
    EVENT_TYPE_TASK_UNBLOCKED: _ClassVar[EventType]
    EVENT_TYPE_BULK_STARTED: _ClassVar[EventType]
    EVENT_TYPE_BULK_PROGRESSED: _ClassVar[EventType]
    EVENT_TYPE_BULK_ENDED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_CREATED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_UPDATED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_PAUSED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_RESUMED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_DELETED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_FIRED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_SKIPPED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_MISSED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_FINISHED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_BUFFERED: _ClassVar[EventType]
    EVENT_TYPE_SCHEDULE_REJECTED: _ClassVar[EventType]
    EVENT_TYPE_POOL_SCALED: _ClassVar[EventType]
    EVENT_TYPE_POOL_SCALING_SUGGESTED: _ClassVar[EventType]
    EVENT_TYPE_POOL_ROLLED_BACK: _ClassVar[EventType]
    EVENT_TYPE_GROUP_CREATED: _ClassVar[EventType]
    EVENT_TYPE_GROUP_UPDATED: _ClassVar[EventType]
    EVENT_TYPE_GROUP_DELETED: _ClassVar[EventType]
    EVENT_TYPE_WORKFLOW_SUBMITTED: _ClassVar[EventType]
    EVENT_TYPE_WORKFLOW_CANCEL_REQUESTED: _ClassVar[EventType]
    EVENT_TYPE_WORKFLOW_RETRIED: _ClassVar[EventType]
    EVENT_TYPE_WORKFLOW_RESUMED: _ClassVar[EventType]
    EVENT_TYPE_WORKFLOW_ENDED: _ClassVar[EventType]
    EVENT_TYPE_LOCK_ACQUIRED: _ClassVar[EventType]
    EVENT_TYPE_LOCK_RELEASED: _ClassVar[EventType]
    EVENT_TYPE_LOCK_EXPIRED: _ClassVar[EventType]
    EVENT_TYPE_LOCK_BROKEN: _ClassVar[EventType]
    EVENT_TYPE_LIMIT_CREATED: _ClassVar[EventType]
    EVENT_TYPE_LIMIT_UPDATED: _ClassVar[EventType]
    EVENT_TYPE_LIMIT_DELETED: _ClassVar[EventType]
    EVENT_TYPE_LIMIT_PERMITS_GRANTED: _ClassVar[EventType]
    EVENT_TYPE_LIMIT_PERMITS_RELEASED: _ClassVar[EventType]
    EVENT_TYPE_LIMIT_PERMITS_EXPIRED: _ClassVar[EventType]
EVENT_TYPE_UNSPECIFIED: EventType
EVENT_TYPE_POOL_CREATED: EventType
EVENT_TYPE_POOL_UPDATED: EventType
EVENT_TYPE_POOL_PAUSED: EventType
EVENT_TYPE_POOL_RESUMED: EventType
EVENT_TYPE_POOL_DRAINING: EventType
EVENT_TYPE_POOL_CLOSED: EventType
EVENT_TYPE_POOL_DELETING: EventType
EVENT_TYPE_POOL_DELETED: EventType
EVENT_TYPE_TASK_SUBMITTED: EventType
EVENT_TYPE_TASK_DUE: EventType
EVENT_TYPE_TASK_STARTED: EventType
EVENT_TYPE_TASK_PROGRESSED: EventType
EVENT_TYPE_TASK_CANCEL_REQUESTED: EventType
EVENT_TYPE_TASK_RETRY_SCHEDULED: EventType
EVENT_TYPE_TASK_RELEASED: EventType
EVENT_TYPE_TASK_LOST: EventType
EVENT_TYPE_TASK_SUCCEEDED: EventType
EVENT_TYPE_TASK_FAILED: EventType
EVENT_TYPE_TASK_CANCELLED: EventType
EVENT_TYPE_TASK_REOPENED: EventType
EVENT_TYPE_TASK_CHECKPOINTED: EventType
EVENT_TYPE_TASK_PAUSE_REQUESTED: EventType
EVENT_TYPE_TASK_PAUSED: EventType
EVENT_TYPE_TASK_RESUMED: EventType
EVENT_TYPE_TASKS_PURGED: EventType
EVENT_TYPE_EVENTS_PURGED: EventType
EVENT_TYPE_TASK_LOGGED: EventType
EVENT_TYPE_TASK_UPDATED: EventType
EVENT_TYPE_TASK_MOVED: EventType
EVENT_TYPE_TASK_UNBLOCKED: EventType
EVENT_TYPE_BULK_STARTED: EventType
EVENT_TYPE_BULK_PROGRESSED: EventType
EVENT_TYPE_BULK_ENDED: EventType
EVENT_TYPE_SCHEDULE_CREATED: EventType
EVENT_TYPE_SCHEDULE_UPDATED: EventType
EVENT_TYPE_SCHEDULE_PAUSED: EventType
EVENT_TYPE_SCHEDULE_RESUMED: EventType
EVENT_TYPE_SCHEDULE_DELETED: EventType
EVENT_TYPE_SCHEDULE_FIRED: EventType
EVENT_TYPE_SCHEDULE_SKIPPED: EventType
EVENT_TYPE_SCHEDULE_MISSED: EventType
EVENT_TYPE_SCHEDULE_FINISHED: EventType
EVENT_TYPE_SCHEDULE_BUFFERED: EventType
EVENT_TYPE_SCHEDULE_REJECTED: EventType
EVENT_TYPE_POOL_SCALED: EventType
EVENT_TYPE_POOL_SCALING_SUGGESTED: EventType
EVENT_TYPE_POOL_ROLLED_BACK: EventType
EVENT_TYPE_GROUP_CREATED: EventType
EVENT_TYPE_GROUP_UPDATED: EventType
EVENT_TYPE_GROUP_DELETED: EventType
EVENT_TYPE_WORKFLOW_SUBMITTED: EventType
EVENT_TYPE_WORKFLOW_CANCEL_REQUESTED: EventType
EVENT_TYPE_WORKFLOW_RETRIED: EventType
EVENT_TYPE_WORKFLOW_RESUMED: EventType
EVENT_TYPE_WORKFLOW_ENDED: EventType
EVENT_TYPE_LOCK_ACQUIRED: EventType
EVENT_TYPE_LOCK_RELEASED: EventType
EVENT_TYPE_LOCK_EXPIRED: EventType
EVENT_TYPE_LOCK_BROKEN: EventType
EVENT_TYPE_LIMIT_CREATED: EventType
EVENT_TYPE_LIMIT_UPDATED: EventType
EVENT_TYPE_LIMIT_DELETED: EventType
EVENT_TYPE_LIMIT_PERMITS_GRANTED: EventType
EVENT_TYPE_LIMIT_PERMITS_RELEASED: EventType
EVENT_TYPE_LIMIT_PERMITS_EXPIRED: EventType

class WatchEventsRequest(_message.Message):
    __slots__ = ("cursor", "beginning", "time", "pools", "task_ids", "kinds", "types", "labels", "include_content", "heartbeat_interval", "until_now", "filter")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    BEGINNING_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_CONTENT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    UNTIL_NOW_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    beginning: bool
    time: _timestamp_pb2.Timestamp
    pools: _containers.RepeatedScalarFieldContainer[str]
    task_ids: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    types: _containers.RepeatedScalarFieldContainer[EventType]
    labels: _containers.ScalarMap[str, str]
    include_content: bool
    heartbeat_interval: _duration_pb2.Duration
    until_now: bool
    filter: str
    def __init__(self, cursor: _Optional[str] = ..., beginning: _Optional[bool] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pools: _Optional[_Iterable[str]] = ..., task_ids: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ..., types: _Optional[_Iterable[_Union[EventType, str]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., include_content: _Optional[bool] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., until_now: _Optional[bool] = ..., filter: _Optional[str] = ...) -> None: ...

class WatchEventsResponse(_message.Message):
    __slots__ = ("events", "cursor")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    cursor: str
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("revision", "time", "type", "pool", "task_id", "kind", "labels", "state", "attempt", "failure", "due_time", "progress", "actor", "reason", "pool_change", "count", "payload", "result", "checkpoint_sequence", "log_lines", "log_lines_dropped", "bulk", "from_pool", "schedule", "schedule_change", "schedule_run", "priority", "group", "workflow_id", "workflow", "dependencies", "lock", "limit", "permits")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    POOL_CHANGE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LOG_LINES_FIELD_NUMBER: _ClassVar[int]
    LOG_LINES_DROPPED_FIELD_NUMBER: _ClassVar[int]
    BULK_FIELD_NUMBER: _ClassVar[int]
    FROM_POOL_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_CHANGE_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_RUN_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_ID_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    LOCK_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PERMITS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    time: _timestamp_pb2.Timestamp
    type: EventType
    pool: str
    task_id: str
    kind: str
    labels: _containers.ScalarMap[str, str]
    state: _task_pb2.TaskState
    attempt: int
    failure: _task_pb2.Failure
    due_time: _timestamp_pb2.Timestamp
    progress: _task_pb2.Progress
    actor: str
    reason: str
    pool_change: PoolChange
    count: int
    payload: bytes
    result: _task_pb2.TaskResult
    checkpoint_sequence: int
    log_lines: _containers.RepeatedCompositeFieldContainer[_task_pb2.LogLine]
    log_lines_dropped: int
    bulk: _bulk_service_pb2.BulkOperation
    from_pool: str
    schedule: str
    schedule_change: ScheduleChange
    schedule_run: _schedule_service_pb2.ScheduleRun
    priority: int
    group: _group_service_pb2.Group
    workflow_id: str
    workflow: _workflow_service_pb2.Workflow
    dependencies: int
    lock: _lock_service_pb2.Lock
    limit: _limit_service_pb2.NamedLimit
    permits: _limit_service_pb2.Permits
    def __init__(self, revision: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., type: _Optional[_Union[EventType, str]] = ..., pool: _Optional[str] = ..., task_id: _Optional[str] = ..., kind: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., attempt: _Optional[int] = ..., failure: _Optional[_Union[_task_pb2.Failure, _Mapping]] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., progress: _Optional[_Union[_task_pb2.Progress, _Mapping]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., pool_change: _Optional[_Union[PoolChange, _Mapping]] = ..., count: _Optional[int] = ..., payload: _Optional[bytes] = ..., result: _Optional[_Union[_task_pb2.TaskResult, _Mapping]] = ..., checkpoint_sequence: _Optional[int] = ..., log_lines: _Optional[_Iterable[_Union[_task_pb2.LogLine, _Mapping]]] = ..., log_lines_dropped: _Optional[int] = ..., bulk: _Optional[_Union[_bulk_service_pb2.BulkOperation, _Mapping]] = ..., from_pool: _Optional[str] = ..., schedule: _Optional[str] = ..., schedule_change: _Optional[_Union[ScheduleChange, _Mapping]] = ..., schedule_run: _Optional[_Union[_schedule_service_pb2.ScheduleRun, _Mapping]] = ..., priority: _Optional[int] = ..., group: _Optional[_Union[_group_service_pb2.Group, _Mapping]] = ..., workflow_id: _Optional[str] = ..., workflow: _Optional[_Union[_workflow_service_pb2.Workflow, _Mapping]] = ..., dependencies: _Optional[int] = ..., lock: _Optional[_Union[_lock_service_pb2.Lock, _Mapping]] = ..., limit: _Optional[_Union[_limit_service_pb2.NamedLimit, _Mapping]] = ..., permits: _Optional[_Union[_limit_service_pb2.Permits, _Mapping]] = ...) -> None: ...

class PoolChange(_message.Message):
    __slots__ = ("spec", "state", "etag", "slots_limit", "scaling", "restored_revision")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    SLOTS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    SCALING_FIELD_NUMBER: _ClassVar[int]
    RESTORED_REVISION_FIELD_NUMBER: _ClassVar[int]
    spec: _pool_service_pb2.PoolSpec
    state: _pool_service_pb2.PoolState
    etag: str
    slots_limit: int
    scaling: _pool_service_pb2.PoolScalingVerdict
    restored_revision: int
    def __init__(self, spec: _Optional[_Union[_pool_service_pb2.PoolSpec, _Mapping]] = ..., state: _Optional[_Union[_pool_service_pb2.PoolState, str]] = ..., etag: _Optional[str] = ..., slots_limit: _Optional[int] = ..., scaling: _Optional[_Union[_pool_service_pb2.PoolScalingVerdict, _Mapping]] = ..., restored_revision: _Optional[int] = ...) -> None: ...

class ScheduleChange(_message.Message):
    __slots__ = ("state", "next_time", "next_fire_time", "time_zone_version")
    STATE_FIELD_NUMBER: _ClassVar[int]
    NEXT_TIME_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_VERSION_FIELD_NUMBER: _ClassVar[int]
    state: _schedule_service_pb2.ScheduleState
    next_time: _timestamp_pb2.Timestamp
    next_fire_time: _timestamp_pb2.Timestamp
    time_zone_version: str
    def __init__(self, state: _Optional[_Union[_schedule_service_pb2.ScheduleState, str]] = ..., next_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_fire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone_version: _Optional[str] = ...) -> None: ...
