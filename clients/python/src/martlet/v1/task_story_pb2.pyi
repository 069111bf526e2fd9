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

class TraceNodeType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACE_NODE_TYPE_UNSPECIFIED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_SUBMITTED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_SCHEDULED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_QUEUED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_RUNNING: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_PAUSED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_ENDED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_REOPENED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_OMITTED: _ClassVar[TraceNodeType]
    TRACE_NODE_TYPE_BLOCKED: _ClassVar[TraceNodeType]

class ScheduleReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEDULE_REASON_UNSPECIFIED: _ClassVar[ScheduleReason]
    SCHEDULE_REASON_DELAY: _ClassVar[ScheduleReason]
    SCHEDULE_REASON_BACK_OFF: _ClassVar[ScheduleReason]
    SCHEDULE_REASON_GIVEN_BACK: _ClassVar[ScheduleReason]

class AttemptOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTEMPT_OUTCOME_UNSPECIFIED: _ClassVar[AttemptOutcome]
    ATTEMPT_OUTCOME_SUCCEEDED: _ClassVar[AttemptOutcome]
    ATTEMPT_OUTCOME_FAILED: _ClassVar[AttemptOutcome]
    ATTEMPT_OUTCOME_LOST: _ClassVar[AttemptOutcome]
    ATTEMPT_OUTCOME_RELEASED: _ClassVar[AttemptOutcome]
    ATTEMPT_OUTCOME_CANCELLED: _ClassVar[AttemptOutcome]

class WaitingCauseType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAITING_CAUSE_TYPE_UNSPECIFIED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_ENDED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_RUNNING: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_CANCEL_REQUESTED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_PAUSE_REQUESTED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_PAUSED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_DELAYED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_BACK_OFF: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_SERVER_STARTING: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_SERVER_STOPPING: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_POOL_PAUSED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_POOL_CLOSED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_POOL_DELETING: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_NO_FREE_SLOT: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_OFFERED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_NO_WORKER: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_NO_WORKER_FOR_POOL: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_SELECTOR_UNMATCHED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_WORKERS_BUSY: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_WORKERS_SILENT: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_WORKERS_DRAINING: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_WORKERS_DISCONNECTED: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_STARTING: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_BUDGET_LENT: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_BUDGET_IN_USE: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_DEPENDENCIES: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_HELD_BY_DEPENDENCIES: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_LIMIT: _ClassVar[WaitingCauseType]
    WAITING_CAUSE_TYPE_FAIR_SHARE: _ClassVar[WaitingCauseType]

class AttemptTimerType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTEMPT_TIMER_TYPE_UNSPECIFIED: _ClassVar[AttemptTimerType]
    ATTEMPT_TIMER_TYPE_RUN_TIMEOUT: _ClassVar[AttemptTimerType]
    ATTEMPT_TIMER_TYPE_DEADLINE: _ClassVar[AttemptTimerType]
    ATTEMPT_TIMER_TYPE_LEASE: _ClassVar[AttemptTimerType]
    ATTEMPT_TIMER_TYPE_CANCEL_GRACE: _ClassVar[AttemptTimerType]
    ATTEMPT_TIMER_TYPE_PAUSE_GRACE: _ClassVar[AttemptTimerType]
    ATTEMPT_TIMER_TYPE_HEARTBEAT_TIMEOUT: _ClassVar[AttemptTimerType]
TRACE_NODE_TYPE_UNSPECIFIED: TraceNodeType
TRACE_NODE_TYPE_SUBMITTED: TraceNodeType
TRACE_NODE_TYPE_SCHEDULED: TraceNodeType
TRACE_NODE_TYPE_QUEUED: TraceNodeType
TRACE_NODE_TYPE_RUNNING: TraceNodeType
TRACE_NODE_TYPE_PAUSED: TraceNodeType
TRACE_NODE_TYPE_ENDED: TraceNodeType
TRACE_NODE_TYPE_REOPENED: TraceNodeType
TRACE_NODE_TYPE_OMITTED: TraceNodeType
TRACE_NODE_TYPE_BLOCKED: TraceNodeType
SCHEDULE_REASON_UNSPECIFIED: ScheduleReason
SCHEDULE_REASON_DELAY: ScheduleReason
SCHEDULE_REASON_BACK_OFF: ScheduleReason
SCHEDULE_REASON_GIVEN_BACK: ScheduleReason
ATTEMPT_OUTCOME_UNSPECIFIED: AttemptOutcome
ATTEMPT_OUTCOME_SUCCEEDED: AttemptOutcome
ATTEMPT_OUTCOME_FAILED: AttemptOutcome
ATTEMPT_OUTCOME_LOST: AttemptOutcome
ATTEMPT_OUTCOME_RELEASED: AttemptOutcome
ATTEMPT_OUTCOME_CANCELLED: AttemptOutcome
WAITING_CAUSE_TYPE_UNSPECIFIED: WaitingCauseType
WAITING_CAUSE_TYPE_ENDED: WaitingCauseType
WAITING_CAUSE_TYPE_RUNNING: WaitingCauseType
WAITING_CAUSE_TYPE_CANCEL_REQUESTED: WaitingCauseType
WAITING_CAUSE_TYPE_PAUSE_REQUESTED: WaitingCauseType
WAITING_CAUSE_TYPE_PAUSED: WaitingCauseType
WAITING_CAUSE_TYPE_DELAYED: WaitingCauseType
WAITING_CAUSE_TYPE_BACK_OFF: WaitingCauseType
WAITING_CAUSE_TYPE_SERVER_STARTING: WaitingCauseType
WAITING_CAUSE_TYPE_SERVER_STOPPING: WaitingCauseType
WAITING_CAUSE_TYPE_POOL_PAUSED: WaitingCauseType
WAITING_CAUSE_TYPE_POOL_CLOSED: WaitingCauseType
WAITING_CAUSE_TYPE_POOL_DELETING: WaitingCauseType
WAITING_CAUSE_TYPE_NO_FREE_SLOT: WaitingCauseType
WAITING_CAUSE_TYPE_OFFERED: WaitingCauseType
WAITING_CAUSE_TYPE_NO_WORKER: WaitingCauseType
WAITING_CAUSE_TYPE_NO_WORKER_FOR_POOL: WaitingCauseType
WAITING_CAUSE_TYPE_SELECTOR_UNMATCHED: WaitingCauseType
WAITING_CAUSE_TYPE_WORKERS_BUSY: WaitingCauseType
WAITING_CAUSE_TYPE_WORKERS_SILENT: WaitingCauseType
WAITING_CAUSE_TYPE_WORKERS_DRAINING: WaitingCauseType
WAITING_CAUSE_TYPE_WORKERS_DISCONNECTED: WaitingCauseType
WAITING_CAUSE_TYPE_STARTING: WaitingCauseType
WAITING_CAUSE_TYPE_BUDGET_LENT: WaitingCauseType
WAITING_CAUSE_TYPE_BUDGET_IN_USE: WaitingCauseType
WAITING_CAUSE_TYPE_DEPENDENCIES: WaitingCauseType
WAITING_CAUSE_TYPE_HELD_BY_DEPENDENCIES: WaitingCauseType
WAITING_CAUSE_TYPE_LIMIT: WaitingCauseType
WAITING_CAUSE_TYPE_FAIR_SHARE: WaitingCauseType
ATTEMPT_TIMER_TYPE_UNSPECIFIED: AttemptTimerType
ATTEMPT_TIMER_TYPE_RUN_TIMEOUT: AttemptTimerType
ATTEMPT_TIMER_TYPE_DEADLINE: AttemptTimerType
ATTEMPT_TIMER_TYPE_LEASE: AttemptTimerType
ATTEMPT_TIMER_TYPE_CANCEL_GRACE: AttemptTimerType
ATTEMPT_TIMER_TYPE_PAUSE_GRACE: AttemptTimerType
ATTEMPT_TIMER_TYPE_HEARTBEAT_TIMEOUT: AttemptTimerType

class TaskTrace(_message.Message):
    __slots__ = ("task_id", "state", "revision", "nodes", "totals")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    state: _task_pb2.TaskState
    revision: int
    nodes: _containers.RepeatedCompositeFieldContainer[TraceNode]
    totals: TraceTotals
    def __init__(self, task_id: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., revision: _Optional[int] = ..., nodes: _Optional[_Iterable[_Union[TraceNode, _Mapping]]] = ..., totals: _Optional[_Union[TraceTotals, _Mapping]] = ...) -> None: ...

class TraceNode(_message.Message):
    __slots__ = ("type", "start_time", "end_time", "duration", "attempt", "worker", "outcome", "schedule_reason", "failure", "state", "actor", "reason", "omitted_turns")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_REASON_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OMITTED_TURNS_FIELD_NUMBER: _ClassVar[int]
    type: TraceNodeType
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    duration: _duration_pb2.Duration
    attempt: int
    worker: str
    outcome: AttemptOutcome
    schedule_reason: ScheduleReason
    failure: _task_pb2.Failure
    state: _task_pb2.TaskState
    actor: str
    reason: str
    omitted_turns: int
    def __init__(self, type: _Optional[_Union[TraceNodeType, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., attempt: _Optional[int] = ..., worker: _Optional[str] = ..., outcome: _Optional[_Union[AttemptOutcome, str]] = ..., schedule_reason: _Optional[_Union[ScheduleReason, str]] = ..., failure: _Optional[_Union[_task_pb2.Failure, _Mapping]] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., omitted_turns: _Optional[int] = ...) -> None: ...

class TraceTotals(_message.Message):
    __slots__ = ("lifetime", "queue_wait", "run_time", "delay", "back_off", "paused", "ended", "omitted", "attempts", "blocked")
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    QUEUE_WAIT_FIELD_NUMBER: _ClassVar[int]
    RUN_TIME_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    BACK_OFF_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    OMITTED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    lifetime: _duration_pb2.Duration
    queue_wait: _duration_pb2.Duration
    run_time: _duration_pb2.Duration
    delay: _duration_pb2.Duration
    back_off: _duration_pb2.Duration
    paused: _duration_pb2.Duration
    ended: _duration_pb2.Duration
    omitted: _duration_pb2.Duration
    attempts: int
    blocked: _duration_pb2.Duration
    def __init__(self, lifetime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., queue_wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., run_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., back_off: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., paused: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., ended: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., omitted: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., attempts: _Optional[int] = ..., blocked: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WaitingCause(_message.Message):
    __slots__ = ("type", "text", "remedy", "since", "until", "pool", "kind", "worker", "workers", "slots", "slots_in_use", "tasks_ahead", "tasks_ahead_at_least", "missing_labels", "failure", "attempt", "timers", "state", "actor", "reason", "tasks", "served_by_server", "group", "budget", "budget_in_use", "budget_owed", "limit", "limit_key", "limit_waiting", "depends_on", "dependencies", "fairness")
    class MissingLabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_IN_USE_FIELD_NUMBER: _ClassVar[int]
    TASKS_AHEAD_FIELD_NUMBER: _ClassVar[int]
    TASKS_AHEAD_AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    MISSING_LABELS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TIMERS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    SERVED_BY_SERVER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    BUDGET_IN_USE_FIELD_NUMBER: _ClassVar[int]
    BUDGET_OWED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_KEY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_WAITING_FIELD_NUMBER: _ClassVar[int]
    DEPENDS_ON_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    FAIRNESS_FIELD_NUMBER: _ClassVar[int]
    type: WaitingCauseType
    text: str
    remedy: str
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    pool: str
    kind: str
    worker: str
    workers: int
    slots: int
    slots_in_use: int
    tasks_ahead: int
    tasks_ahead_at_least: bool
    missing_labels: _containers.ScalarMap[str, str]
    failure: _task_pb2.Failure
    attempt: int
    timers: _containers.RepeatedCompositeFieldContainer[AttemptTimer]
    state: _task_pb2.TaskState
    actor: str
    reason: str
    tasks: int
    served_by_server: bool
    group: str
    budget: int
    budget_in_use: int
    budget_owed: int
    limit: str
    limit_key: str
    limit_waiting: int
    depends_on: _containers.RepeatedScalarFieldContainer[str]
    dependencies: int
    fairness: FairnessStanding
    def __init__(self, type: _Optional[_Union[WaitingCauseType, str]] = ..., text: _Optional[str] = ..., remedy: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pool: _Optional[str] = ..., kind: _Optional[str] = ..., worker: _Optional[str] = ..., workers: _Optional[int] = ..., slots: _Optional[int] = ..., slots_in_use: _Optional[int] = ..., tasks_ahead: _Optional[int] = ..., tasks_ahead_at_least: _Optional[bool] = ..., missing_labels: _Optional[_Mapping[str, str]] = ..., failure: _Optional[_Union[_task_pb2.Failure, _Mapping]] = ..., attempt: _Optional[int] = ..., timers: _Optional[_Iterable[_Union[AttemptTimer, _Mapping]]] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., tasks: _Optional[int] = ..., served_by_server: _Optional[bool] = ..., group: _Optional[str] = ..., budget: _Optional[int] = ..., budget_in_use: _Optional[int] = ..., budget_owed: _Optional[int] = ..., limit: _Optional[str] = ..., limit_key: _Optional[str] = ..., limit_waiting: _Optional[int] = ..., depends_on: _Optional[_Iterable[str]] = ..., dependencies: _Optional[int] = ..., fairness: _Optional[_Union[FairnessStanding, _Mapping]] = ...) -> None: ...

class FairnessShare(_message.Message):
    __slots__ = ("key", "weight", "running", "waiting")
    KEY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    key: str
    weight: int
    running: int
    waiting: int
    def __init__(self, key: _Optional[str] = ..., weight: _Optional[int] = ..., running: _Optional[int] = ..., waiting: _Optional[int] = ...) -> None: ...

class FairnessStanding(_message.Message):
    __slots__ = ("share", "tasks_ahead", "other_keys")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    TASKS_AHEAD_FIELD_NUMBER: _ClassVar[int]
    OTHER_KEYS_FIELD_NUMBER: _ClassVar[int]
    share: FairnessShare
    tasks_ahead: int
    other_keys: int
    def __init__(self, share: _Optional[_Union[FairnessShare, _Mapping]] = ..., tasks_ahead: _Optional[int] = ..., other_keys: _Optional[int] = ...) -> None: ...

class AttemptTimer(_message.Message):
    __slots__ = ("type", "time")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    type: AttemptTimerType
    time: _timestamp_pb2.Timestamp
    def __init__(self, type: _Optional[_Union[AttemptTimerType, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
