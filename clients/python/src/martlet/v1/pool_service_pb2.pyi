import datetime

from google.protobuf import duration_pb2 as _duration_pb2
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

class PoolFairness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POOL_FAIRNESS_UNSPECIFIED: _ClassVar[PoolFairness]
    POOL_FAIRNESS_PRIORITY_FIRST: _ClassVar[PoolFairness]
    POOL_FAIRNESS_SHARE_FIRST: _ClassVar[PoolFairness]
    POOL_FAIRNESS_OFF: _ClassVar[PoolFairness]

class PoolScalingMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POOL_SCALING_MODE_UNSPECIFIED: _ClassVar[PoolScalingMode]
    POOL_SCALING_MODE_OFF: _ClassVar[PoolScalingMode]
    POOL_SCALING_MODE_DRY_RUN: _ClassVar[PoolScalingMode]
    POOL_SCALING_MODE_ON: _ClassVar[PoolScalingMode]

class PoolScalingReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POOL_SCALING_REASON_UNSPECIFIED: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_DEMAND: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_AGE: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_IDLE: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_BETWEEN: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_SLOTS_FREE: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_SWINGS: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_COOLING_DOWN: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_AT_MAXIMUM: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_AT_MINIMUM: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_POOL_STATE: _ClassVar[PoolScalingReason]
    POOL_SCALING_REASON_OFF: _ClassVar[PoolScalingReason]

class PoolState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POOL_STATE_UNSPECIFIED: _ClassVar[PoolState]
    POOL_STATE_ACTIVE: _ClassVar[PoolState]
    POOL_STATE_PAUSED: _ClassVar[PoolState]
    POOL_STATE_DRAINING: _ClassVar[PoolState]
    POOL_STATE_CLOSED: _ClassVar[PoolState]
    POOL_STATE_DELETING: _ClassVar[PoolState]

class PoolRevisionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POOL_REVISION_TYPE_UNSPECIFIED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_CREATED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_UPDATED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_PAUSED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_RESUMED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_DRAINING: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_CLOSED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_DELETING: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_SCALED: _ClassVar[PoolRevisionType]
    POOL_REVISION_TYPE_ROLLED_BACK: _ClassVar[PoolRevisionType]
POOL_FAIRNESS_UNSPECIFIED: PoolFairness
POOL_FAIRNESS_PRIORITY_FIRST: PoolFairness
POOL_FAIRNESS_SHARE_FIRST: PoolFairness
POOL_FAIRNESS_OFF: PoolFairness
POOL_SCALING_MODE_UNSPECIFIED: PoolScalingMode
POOL_SCALING_MODE_OFF: PoolScalingMode
POOL_SCALING_MODE_DRY_RUN: PoolScalingMode
POOL_SCALING_MODE_ON: PoolScalingMode
POOL_SCALING_REASON_UNSPECIFIED: PoolScalingReason
POOL_SCALING_REASON_DEMAND: PoolScalingReason
POOL_SCALING_REASON_AGE: PoolScalingReason
POOL_SCALING_REASON_IDLE: PoolScalingReason
POOL_SCALING_REASON_BETWEEN: PoolScalingReason
POOL_SCALING_REASON_SLOTS_FREE: PoolScalingReason
POOL_SCALING_REASON_SWINGS: PoolScalingReason
POOL_SCALING_REASON_COOLING_DOWN: PoolScalingReason
POOL_SCALING_REASON_AT_MAXIMUM: PoolScalingReason
POOL_SCALING_REASON_AT_MINIMUM: PoolScalingReason
POOL_SCALING_REASON_POOL_STATE: PoolScalingReason
POOL_SCALING_REASON_OFF: PoolScalingReason
POOL_STATE_UNSPECIFIED: PoolState
POOL_STATE_ACTIVE: PoolState
POOL_STATE_PAUSED: PoolState
POOL_STATE_DRAINING: PoolState
POOL_STATE_CLOSED: PoolState
POOL_STATE_DELETING: PoolState
POOL_REVISION_TYPE_UNSPECIFIED: PoolRevisionType
POOL_REVISION_TYPE_CREATED: PoolRevisionType
POOL_REVISION_TYPE_UPDATED: PoolRevisionType
POOL_REVISION_TYPE_PAUSED: PoolRevisionType
POOL_REVISION_TYPE_RESUMED: PoolRevisionType
POOL_REVISION_TYPE_DRAINING: PoolRevisionType
POOL_REVISION_TYPE_CLOSED: PoolRevisionType
POOL_REVISION_TYPE_DELETING: PoolRevisionType
POOL_REVISION_TYPE_SCALED: PoolRevisionType
POOL_REVISION_TYPE_ROLLED_BACK: PoolRevisionType

class Pool(_message.Message):
    __slots__ = ("name", "spec", "state", "status", "etag", "revision", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: PoolSpec
    state: PoolState
    status: PoolStatus
    etag: str
    revision: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[PoolSpec, _Mapping]] = ..., state: _Optional[_Union[PoolState, str]] = ..., status: _Optional[_Union[PoolStatus, _Mapping]] = ..., etag: _Optional[str] = ..., revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PoolSpec(_message.Message):
    __slots__ = ("slots", "queue_capacity", "default_retry_policy", "default_run_timeout", "labels", "default_queue_timeout", "default_heartbeat_timeout", "failure_class_delays", "priority_ageing", "retention", "scaling", "group", "group_minimum", "permit_grace", "fairness")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class FailureClassDelaysEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _duration_pb2.Duration
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RETRY_POLICY_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RUN_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_QUEUE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_HEARTBEAT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_CLASS_DELAYS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_AGEING_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    SCALING_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    GROUP_MINIMUM_FIELD_NUMBER: _ClassVar[int]
    PERMIT_GRACE_FIELD_NUMBER: _ClassVar[int]
    FAIRNESS_FIELD_NUMBER: _ClassVar[int]
    slots: int
    queue_capacity: int
    default_retry_policy: _task_pb2.RetryPolicy
    default_run_timeout: _duration_pb2.Duration
    labels: _containers.ScalarMap[str, str]
    default_queue_timeout: _duration_pb2.Duration
    default_heartbeat_timeout: _duration_pb2.Duration
    failure_class_delays: _containers.MessageMap[str, _duration_pb2.Duration]
    priority_ageing: _duration_pb2.Duration
    retention: Retention
    scaling: PoolScaling
    group: str
    group_minimum: int
    permit_grace: _duration_pb2.Duration
    fairness: PoolFairness
    def __init__(self, slots: _Optional[int] = ..., queue_capacity: _Optional[int] = ..., default_retry_policy: _Optional[_Union[_task_pb2.RetryPolicy, _Mapping]] = ..., default_run_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., default_queue_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., default_heartbeat_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., failure_class_delays: _Optional[_Mapping[str, _duration_pb2.Duration]] = ..., priority_ageing: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., retention: _Optional[_Union[Retention, _Mapping]] = ..., scaling: _Optional[_Union[PoolScaling, _Mapping]] = ..., group: _Optional[str] = ..., group_minimum: _Optional[int] = ..., permit_grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., fairness: _Optional[_Union[PoolFairness, str]] = ...) -> None: ...

class PoolScaling(_message.Message):
    __slots__ = ("mode", "min_slots", "max_slots", "up_percent", "down_percent", "oldest_age", "step_slots", "step_percent", "up_cooldown", "down_cooldown")
    MODE_FIELD_NUMBER: _ClassVar[int]
    MIN_SLOTS_FIELD_NUMBER: _ClassVar[int]
    MAX_SLOTS_FIELD_NUMBER: _ClassVar[int]
    UP_PERCENT_FIELD_NUMBER: _ClassVar[int]
    DOWN_PERCENT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_AGE_FIELD_NUMBER: _ClassVar[int]
    STEP_SLOTS_FIELD_NUMBER: _ClassVar[int]
    STEP_PERCENT_FIELD_NUMBER: _ClassVar[int]
    UP_COOLDOWN_FIELD_NUMBER: _ClassVar[int]
    DOWN_COOLDOWN_FIELD_NUMBER: _ClassVar[int]
    mode: PoolScalingMode
    min_slots: int
    max_slots: int
    up_percent: int
    down_percent: int
    oldest_age: _duration_pb2.Duration
    step_slots: int
    step_percent: int
    up_cooldown: _duration_pb2.Duration
    down_cooldown: _duration_pb2.Duration
    def __init__(self, mode: _Optional[_Union[PoolScalingMode, str]] = ..., min_slots: _Optional[int] = ..., max_slots: _Optional[int] = ..., up_percent: _Optional[int] = ..., down_percent: _Optional[int] = ..., oldest_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., step_slots: _Optional[int] = ..., step_percent: _Optional[int] = ..., up_cooldown: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., down_cooldown: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PoolScalingVerdict(_message.Message):
    __slots__ = ("from_slots", "to_slots", "reason", "use_percent", "slots_in_use", "pending", "oldest_age", "cooling_until", "mode")
    FROM_SLOTS_FIELD_NUMBER: _ClassVar[int]
    TO_SLOTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    USE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    SLOTS_IN_USE_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    OLDEST_AGE_FIELD_NUMBER: _ClassVar[int]
    COOLING_UNTIL_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    from_slots: int
    to_slots: int
    reason: PoolScalingReason
    use_percent: int
    slots_in_use: int
    pending: int
    oldest_age: _duration_pb2.Duration
    cooling_until: _timestamp_pb2.Timestamp
    mode: PoolScalingMode
    def __init__(self, from_slots: _Optional[int] = ..., to_slots: _Optional[int] = ..., reason: _Optional[_Union[PoolScalingReason, str]] = ..., use_percent: _Optional[int] = ..., slots_in_use: _Optional[int] = ..., pending: _Optional[int] = ..., oldest_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., cooling_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., mode: _Optional[_Union[PoolScalingMode, str]] = ...) -> None: ...

class Retention(_message.Message):
    __slots__ = ("succeeded", "failed", "cancelled")
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    succeeded: OutcomeRetention
    failed: OutcomeRetention
    cancelled: OutcomeRetention
    def __init__(self, succeeded: _Optional[_Union[OutcomeRetention, _Mapping]] = ..., failed: _Optional[_Union[OutcomeRetention, _Mapping]] = ..., cancelled: _Optional[_Union[OutcomeRetention, _Mapping]] = ...) -> None: ...

class OutcomeRetention(_message.Message):
    __slots__ = ("max_age", "max_count")
    MAX_AGE_FIELD_NUMBER: _ClassVar[int]
    MAX_COUNT_FIELD_NUMBER: _ClassVar[int]
    max_age: _duration_pb2.Duration
    max_count: int
    def __init__(self, max_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_count: _Optional[int] = ...) -> None: ...

class PoolStatus(_message.Message):
    __slots__ = ("slots_limit", "slots_in_use", "slots_free", "queued", "oldest_queued_age", "total_submitted", "total_succeeded", "total_failed", "total_cancelled", "total_retried")
    SLOTS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    SLOTS_IN_USE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FREE_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    OLDEST_QUEUED_AGE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SUBMITTED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FAILED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_CANCELLED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_RETRIED_FIELD_NUMBER: _ClassVar[int]
    slots_limit: int
    slots_in_use: int
    slots_free: int
    queued: int
    oldest_queued_age: _duration_pb2.Duration
    total_submitted: int
    total_succeeded: int
    total_failed: int
    total_cancelled: int
    total_retried: int
    def __init__(self, slots_limit: _Optional[int] = ..., slots_in_use: _Optional[int] = ..., slots_free: _Optional[int] = ..., queued: _Optional[int] = ..., oldest_queued_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., total_submitted: _Optional[int] = ..., total_succeeded: _Optional[int] = ..., total_failed: _Optional[int] = ..., total_cancelled: _Optional[int] = ..., total_retried: _Optional[int] = ...) -> None: ...

class CreatePoolRequest(_message.Message):
    __slots__ = ("name", "spec", "validate_only", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: PoolSpec
    validate_only: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[PoolSpec, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class CreatePoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetPoolRequest(_message.Message):
    __slots__ = ("name", "min_cursor")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_cursor: str
    def __init__(self, name: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetPoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListPoolsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "min_cursor")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    min_cursor: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class ListPoolsResponse(_message.Message):
    __slots__ = ("pools", "next_page_token", "total_size", "cursor")
    POOLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pools: _containers.RepeatedCompositeFieldContainer[Pool]
    next_page_token: str
    total_size: int
    cursor: str
    def __init__(self, pools: _Optional[_Iterable[_Union[Pool, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class UpdatePoolRequest(_message.Message):
    __slots__ = ("name", "spec", "update_mask", "etag", "validate_only", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: PoolSpec
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    validate_only: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[PoolSpec, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdatePoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class PausePoolRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PausePoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ResumePoolRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResumePoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DrainPoolRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DrainPoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DeletePoolRequest(_message.Message):
    __slots__ = ("name", "force", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    force: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., force: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class DeletePoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ExplainPoolRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExplainPoolResponse(_message.Message):
    __slots__ = ("pool", "state", "causes", "cursor", "slots", "slots_in_use", "slots_offered", "pending", "scheduled", "paused", "blocked", "omitted_causes", "scaling", "shares", "omitted_shares")
    POOL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_IN_USE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_OFFERED_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    OMITTED_CAUSES_FIELD_NUMBER: _ClassVar[int]
    SCALING_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    OMITTED_SHARES_FIELD_NUMBER: _ClassVar[int]
    pool: str
    state: PoolState
    causes: _containers.RepeatedCompositeFieldContainer[_task_story_pb2.WaitingCause]
    cursor: str
    slots: int
    slots_in_use: int
    slots_offered: int
    pending: int
    scheduled: int
    paused: int
    blocked: int
    omitted_causes: int
    scaling: PoolScalingVerdict
    shares: _containers.RepeatedCompositeFieldContainer[_task_story_pb2.FairnessShare]
    omitted_shares: int
    def __init__(self, pool: _Optional[str] = ..., state: _Optional[_Union[PoolState, str]] = ..., causes: _Optional[_Iterable[_Union[_task_story_pb2.WaitingCause, _Mapping]]] = ..., cursor: _Optional[str] = ..., slots: _Optional[int] = ..., slots_in_use: _Optional[int] = ..., slots_offered: _Optional[int] = ..., pending: _Optional[int] = ..., scheduled: _Optional[int] = ..., paused: _Optional[int] = ..., blocked: _Optional[int] = ..., omitted_causes: _Optional[int] = ..., scaling: _Optional[_Union[PoolScalingVerdict, _Mapping]] = ..., shares: _Optional[_Iterable[_Union[_task_story_pb2.FairnessShare, _Mapping]]] = ..., omitted_shares: _Optional[int] = ...) -> None: ...

class ListPoolRevisionsRequest(_message.Message):
    __slots__ = ("pool", "page_size", "page_token", "min_cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: str
    page_size: int
    page_token: str
    min_cursor: str
    def __init__(self, pool: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class ListPoolRevisionsResponse(_message.Message):
    __slots__ = ("revisions", "next_page_token", "cursor")
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[PoolRevision]
    next_page_token: str
    cursor: str
    def __init__(self, revisions: _Optional[_Iterable[_Union[PoolRevision, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., cursor: _Optional[str] = ...) -> None: ...

class PoolRevision(_message.Message):
    __slots__ = ("revision", "time", "type", "actor", "reason", "before", "after", "scaling", "restored_revision")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    SCALING_FIELD_NUMBER: _ClassVar[int]
    RESTORED_REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    time: _timestamp_pb2.Timestamp
    type: PoolRevisionType
    actor: str
    reason: str
    before: PoolForm
    after: PoolForm
    scaling: PoolScalingVerdict
    restored_revision: int
    def __init__(self, revision: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., type: _Optional[_Union[PoolRevisionType, str]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., before: _Optional[_Union[PoolForm, _Mapping]] = ..., after: _Optional[_Union[PoolForm, _Mapping]] = ..., scaling: _Optional[_Union[PoolScalingVerdict, _Mapping]] = ..., restored_revision: _Optional[int] = ...) -> None: ...

class PoolForm(_message.Message):
    __slots__ = ("spec", "state", "slots_limit", "etag")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    spec: PoolSpec
    state: PoolState
    slots_limit: int
    etag: str
    def __init__(self, spec: _Optional[_Union[PoolSpec, _Mapping]] = ..., state: _Optional[_Union[PoolState, str]] = ..., slots_limit: _Optional[int] = ..., etag: _Optional[str] = ...) -> None: ...

class RollbackPoolRequest(_message.Message):
    __slots__ = ("pool", "revision", "reason", "etag", "validate_only")
    POOL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    pool: str
    revision: int
    reason: str
    etag: str
    validate_only: bool
    def __init__(self, pool: _Optional[str] = ..., revision: _Optional[int] = ..., reason: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class RollbackPoolResponse(_message.Message):
    __slots__ = ("pool", "cursor")
    POOL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    pool: Pool
    cursor: str
    def __init__(self, pool: _Optional[_Union[Pool, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...
