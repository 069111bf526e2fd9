import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from martlet.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OverlapPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OVERLAP_POLICY_UNSPECIFIED: _ClassVar[OverlapPolicy]
    OVERLAP_POLICY_SKIP: _ClassVar[OverlapPolicy]
    OVERLAP_POLICY_BUFFER_ONE: _ClassVar[OverlapPolicy]
    OVERLAP_POLICY_ALLOW_ALL: _ClassVar[OverlapPolicy]
    OVERLAP_POLICY_CANCEL_OTHER: _ClassVar[OverlapPolicy]

class ScheduleState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEDULE_STATE_UNSPECIFIED: _ClassVar[ScheduleState]
    SCHEDULE_STATE_ACTIVE: _ClassVar[ScheduleState]
    SCHEDULE_STATE_PAUSED: _ClassVar[ScheduleState]
    SCHEDULE_STATE_FINISHED: _ClassVar[ScheduleState]

class ScheduleRunOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEDULE_RUN_OUTCOME_UNSPECIFIED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_BUFFERED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_RUNNING: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_SUCCEEDED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_FAILED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_CANCELLED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_SKIPPED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_REJECTED: _ClassVar[ScheduleRunOutcome]
    SCHEDULE_RUN_OUTCOME_MISSED: _ClassVar[ScheduleRunOutcome]

class ScheduleRunReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEDULE_RUN_REASON_UNSPECIFIED: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_OVERLAP: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_BUFFER_FULL: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_REPLACED: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_TOO_MANY_RUNS: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_POOL_NOT_FOUND: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_POOL_DRAINING: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_POOL_CLOSED: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_QUEUE_FULL: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_MEMORY_PRESSURE: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_DISK_LOW: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_LATE: _ClassVar[ScheduleRunReason]
    SCHEDULE_RUN_REASON_OTHER: _ClassVar[ScheduleRunReason]
OVERLAP_POLICY_UNSPECIFIED: OverlapPolicy
OVERLAP_POLICY_SKIP: OverlapPolicy
OVERLAP_POLICY_BUFFER_ONE: OverlapPolicy
OVERLAP_POLICY_ALLOW_ALL: OverlapPolicy
OVERLAP_POLICY_CANCEL_OTHER: OverlapPolicy
SCHEDULE_STATE_UNSPECIFIED: ScheduleState
SCHEDULE_STATE_ACTIVE: ScheduleState
SCHEDULE_STATE_PAUSED: ScheduleState
SCHEDULE_STATE_FINISHED: ScheduleState
SCHEDULE_RUN_OUTCOME_UNSPECIFIED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_BUFFERED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_RUNNING: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_SUCCEEDED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_FAILED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_CANCELLED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_SKIPPED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_REJECTED: ScheduleRunOutcome
SCHEDULE_RUN_OUTCOME_MISSED: ScheduleRunOutcome
SCHEDULE_RUN_REASON_UNSPECIFIED: ScheduleRunReason
SCHEDULE_RUN_REASON_OVERLAP: ScheduleRunReason
SCHEDULE_RUN_REASON_BUFFER_FULL: ScheduleRunReason
SCHEDULE_RUN_REASON_REPLACED: ScheduleRunReason
SCHEDULE_RUN_REASON_TOO_MANY_RUNS: ScheduleRunReason
SCHEDULE_RUN_REASON_POOL_NOT_FOUND: ScheduleRunReason
SCHEDULE_RUN_REASON_POOL_DRAINING: ScheduleRunReason
SCHEDULE_RUN_REASON_POOL_CLOSED: ScheduleRunReason
SCHEDULE_RUN_REASON_QUEUE_FULL: ScheduleRunReason
SCHEDULE_RUN_REASON_MEMORY_PRESSURE: ScheduleRunReason
SCHEDULE_RUN_REASON_DISK_LOW: ScheduleRunReason
SCHEDULE_RUN_REASON_LATE: ScheduleRunReason
SCHEDULE_RUN_REASON_OTHER: ScheduleRunReason

class Schedule(_message.Message):
    __slots__ = ("name", "spec", "state", "etag", "revision", "create_time", "update_time", "next_time", "next_fire_time", "remaining_runs", "pause_actor", "pause_reason", "live_task_ids", "last_run")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    NEXT_TIME_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REMAINING_RUNS_FIELD_NUMBER: _ClassVar[int]
    PAUSE_ACTOR_FIELD_NUMBER: _ClassVar[int]
    PAUSE_REASON_FIELD_NUMBER: _ClassVar[int]
    LIVE_TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    LAST_RUN_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: ScheduleSpec
    state: ScheduleState
    etag: str
    revision: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    next_time: _timestamp_pb2.Timestamp
    next_fire_time: _timestamp_pb2.Timestamp
    remaining_runs: int
    pause_actor: str
    pause_reason: str
    live_task_ids: _containers.RepeatedScalarFieldContainer[str]
    last_run: ScheduleRun
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[ScheduleSpec, _Mapping]] = ..., state: _Optional[_Union[ScheduleState, str]] = ..., etag: _Optional[str] = ..., revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_fire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., remaining_runs: _Optional[int] = ..., pause_actor: _Optional[str] = ..., pause_reason: _Optional[str] = ..., live_task_ids: _Optional[_Iterable[str]] = ..., last_run: _Optional[_Union[ScheduleRun, _Mapping]] = ...) -> None: ...

class ScheduleSpec(_message.Message):
    __slots__ = ("cron", "interval", "time_zone", "jitter", "start_time", "end_time", "max_runs", "overlap_policy", "catch_up_window", "pool", "task")
    CRON_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    JITTER_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNS_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_POLICY_FIELD_NUMBER: _ClassVar[int]
    CATCH_UP_WINDOW_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    cron: str
    interval: _duration_pb2.Duration
    time_zone: str
    jitter: _duration_pb2.Duration
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    max_runs: int
    overlap_policy: OverlapPolicy
    catch_up_window: _duration_pb2.Duration
    pool: str
    task: _task_pb2.TaskSpec
    def __init__(self, cron: _Optional[str] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time_zone: _Optional[str] = ..., jitter: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., max_runs: _Optional[int] = ..., overlap_policy: _Optional[_Union[OverlapPolicy, str]] = ..., catch_up_window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., pool: _Optional[str] = ..., task: _Optional[_Union[_task_pb2.TaskSpec, _Mapping]] = ...) -> None: ...

class ScheduleRun(_message.Message):
    __slots__ = ("number", "time", "fire_time", "by_hand", "outcome", "reason", "message", "task_id", "count", "finish_time")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    FIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    BY_HAND_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    number: int
    time: _timestamp_pb2.Timestamp
    fire_time: _timestamp_pb2.Timestamp
    by_hand: bool
    outcome: ScheduleRunOutcome
    reason: ScheduleRunReason
    message: str
    task_id: str
    count: int
    finish_time: _timestamp_pb2.Timestamp
    def __init__(self, number: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., by_hand: _Optional[bool] = ..., outcome: _Optional[_Union[ScheduleRunOutcome, str]] = ..., reason: _Optional[_Union[ScheduleRunReason, str]] = ..., message: _Optional[str] = ..., task_id: _Optional[str] = ..., count: _Optional[int] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateScheduleRequest(_message.Message):
    __slots__ = ("name", "spec", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: ScheduleSpec
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[ScheduleSpec, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class CreateScheduleResponse(_message.Message):
    __slots__ = ("schedule", "cursor")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedule: Schedule
    cursor: str
    def __init__(self, schedule: _Optional[_Union[Schedule, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetScheduleRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetScheduleResponse(_message.Message):
    __slots__ = ("schedule", "cursor")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedule: Schedule
    cursor: str
    def __init__(self, schedule: _Optional[_Union[Schedule, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListSchedulesRequest(_message.Message):
    __slots__ = ("name_prefix", "pool", "states", "page_size", "page_token")
    NAME_PREFIX_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name_prefix: str
    pool: str
    states: _containers.RepeatedScalarFieldContainer[ScheduleState]
    page_size: int
    page_token: str
    def __init__(self, name_prefix: _Optional[str] = ..., pool: _Optional[str] = ..., states: _Optional[_Iterable[_Union[ScheduleState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSchedulesResponse(_message.Message):
    __slots__ = ("schedules", "next_page_token", "cursor")
    SCHEDULES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedules: _containers.RepeatedCompositeFieldContainer[Schedule]
    next_page_token: str
    cursor: str
    def __init__(self, schedules: _Optional[_Iterable[_Union[Schedule, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., cursor: _Optional[str] = ...) -> None: ...

class UpdateScheduleRequest(_message.Message):
    __slots__ = ("name", "spec", "update_mask", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: ScheduleSpec
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[ScheduleSpec, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class UpdateScheduleResponse(_message.Message):
    __slots__ = ("schedule", "cursor")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedule: Schedule
    cursor: str
    def __init__(self, schedule: _Optional[_Union[Schedule, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DeleteScheduleRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DeleteScheduleResponse(_message.Message):
    __slots__ = ("cursor",)
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    def __init__(self, cursor: _Optional[str] = ...) -> None: ...

class PauseScheduleRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PauseScheduleResponse(_message.Message):
    __slots__ = ("schedule", "cursor")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedule: Schedule
    cursor: str
    def __init__(self, schedule: _Optional[_Union[Schedule, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ResumeScheduleRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResumeScheduleResponse(_message.Message):
    __slots__ = ("schedule", "cursor")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedule: Schedule
    cursor: str
    def __init__(self, schedule: _Optional[_Union[Schedule, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class TriggerScheduleRequest(_message.Message):
    __slots__ = ("name", "overlap_policy", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_POLICY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    overlap_policy: OverlapPolicy
    reason: str
    def __init__(self, name: _Optional[str] = ..., overlap_policy: _Optional[_Union[OverlapPolicy, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class TriggerScheduleResponse(_message.Message):
    __slots__ = ("schedule", "run", "cursor")
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    schedule: Schedule
    run: ScheduleRun
    cursor: str
    def __init__(self, schedule: _Optional[_Union[Schedule, _Mapping]] = ..., run: _Optional[_Union[ScheduleRun, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListScheduleRunsRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListScheduleRunsResponse(_message.Message):
    __slots__ = ("runs", "next_page_token", "cursor")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[ScheduleRun]
    next_page_token: str
    cursor: str
    def __init__(self, runs: _Optional[_Iterable[_Union[ScheduleRun, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., cursor: _Optional[str] = ...) -> None: ...

class PreviewScheduleRequest(_message.Message):
    __slots__ = ("name", "spec", "count", "after")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: ScheduleSpec
    count: int
    after: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[ScheduleSpec, _Mapping]] = ..., count: _Optional[int] = ..., after: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PreviewScheduleResponse(_message.Message):
    __slots__ = ("times", "time_zone_version", "cursor")
    TIMES_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    times: _containers.RepeatedCompositeFieldContainer[ScheduledTime]
    time_zone_version: str
    cursor: str
    def __init__(self, times: _Optional[_Iterable[_Union[ScheduledTime, _Mapping]]] = ..., time_zone_version: _Optional[str] = ..., cursor: _Optional[str] = ...) -> None: ...

class ScheduledTime(_message.Message):
    __slots__ = ("time", "fire_time", "local_time")
    TIME_FIELD_NUMBER: _ClassVar[int]
    FIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_TIME_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    fire_time: _timestamp_pb2.Timestamp
    local_time: str
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., local_time: _Optional[str] = ...) -> None: ...
