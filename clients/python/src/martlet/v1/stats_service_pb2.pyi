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

class StatsGrouping(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATS_GROUPING_UNSPECIFIED: _ClassVar[StatsGrouping]
    STATS_GROUPING_NONE: _ClassVar[StatsGrouping]
    STATS_GROUPING_POOL: _ClassVar[StatsGrouping]
    STATS_GROUPING_KIND: _ClassVar[StatsGrouping]
    STATS_GROUPING_POOL_AND_KIND: _ClassVar[StatsGrouping]
    STATS_GROUPING_LABEL: _ClassVar[StatsGrouping]

class PerformanceFlagKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERFORMANCE_FLAG_KIND_UNSPECIFIED: _ClassVar[PerformanceFlagKind]
    PERFORMANCE_FLAG_KIND_SLOW: _ClassVar[PerformanceFlagKind]
    PERFORMANCE_FLAG_KIND_FAILING: _ClassVar[PerformanceFlagKind]
    PERFORMANCE_FLAG_KIND_INEFFICIENT: _ClassVar[PerformanceFlagKind]
STATS_GROUPING_UNSPECIFIED: StatsGrouping
STATS_GROUPING_NONE: StatsGrouping
STATS_GROUPING_POOL: StatsGrouping
STATS_GROUPING_KIND: StatsGrouping
STATS_GROUPING_POOL_AND_KIND: StatsGrouping
STATS_GROUPING_LABEL: StatsGrouping
PERFORMANCE_FLAG_KIND_UNSPECIFIED: PerformanceFlagKind
PERFORMANCE_FLAG_KIND_SLOW: PerformanceFlagKind
PERFORMANCE_FLAG_KIND_FAILING: PerformanceFlagKind
PERFORMANCE_FLAG_KIND_INEFFICIENT: PerformanceFlagKind

class StatsRange(_message.Message):
    __slots__ = ("start_time", "end_time", "last")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    last: _duration_pb2.Duration
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TaskCounts(_message.Message):
    __slots__ = ("submitted", "started", "succeeded", "failed", "cancelled", "finished", "retried", "lost", "released", "reopened", "failed_by_kind")
    class FailedCount(_message.Message):
        __slots__ = ("kind", "count")
        KIND_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        kind: _task_pb2.FailureKind
        count: int
        def __init__(self, kind: _Optional[_Union[_task_pb2.FailureKind, str]] = ..., count: _Optional[int] = ...) -> None: ...
    SUBMITTED_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    RETRIED_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    REOPENED_FIELD_NUMBER: _ClassVar[int]
    FAILED_BY_KIND_FIELD_NUMBER: _ClassVar[int]
    submitted: int
    started: int
    succeeded: int
    failed: int
    cancelled: int
    finished: int
    retried: int
    lost: int
    released: int
    reopened: int
    failed_by_kind: _containers.RepeatedCompositeFieldContainer[TaskCounts.FailedCount]
    def __init__(self, submitted: _Optional[int] = ..., started: _Optional[int] = ..., succeeded: _Optional[int] = ..., failed: _Optional[int] = ..., cancelled: _Optional[int] = ..., finished: _Optional[int] = ..., retried: _Optional[int] = ..., lost: _Optional[int] = ..., released: _Optional[int] = ..., reopened: _Optional[int] = ..., failed_by_kind: _Optional[_Iterable[_Union[TaskCounts.FailedCount, _Mapping]]] = ...) -> None: ...

class StatsRates(_message.Message):
    __slots__ = ("success_rate", "failure_rate", "cancel_rate", "submitted_per_second", "started_per_second", "finished_per_second")
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_RATE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_RATE_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    STARTED_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    FINISHED_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    success_rate: float
    failure_rate: float
    cancel_rate: float
    submitted_per_second: float
    started_per_second: float
    finished_per_second: float
    def __init__(self, success_rate: _Optional[float] = ..., failure_rate: _Optional[float] = ..., cancel_rate: _Optional[float] = ..., submitted_per_second: _Optional[float] = ..., started_per_second: _Optional[float] = ..., finished_per_second: _Optional[float] = ...) -> None: ...

class StatsTimes(_message.Message):
    __slots__ = ("count", "min", "mean", "p50", "p95", "p99", "max")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    P50_FIELD_NUMBER: _ClassVar[int]
    P95_FIELD_NUMBER: _ClassVar[int]
    P99_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    count: int
    min: _duration_pb2.Duration
    mean: _duration_pb2.Duration
    p50: _duration_pb2.Duration
    p95: _duration_pb2.Duration
    p99: _duration_pb2.Duration
    max: _duration_pb2.Duration
    def __init__(self, count: _Optional[int] = ..., min: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., mean: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p95: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p99: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StatsGauges(_message.Message):
    __slots__ = ("queued", "running", "slots", "oldest_age")
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    OLDEST_AGE_FIELD_NUMBER: _ClassVar[int]
    queued: int
    running: int
    slots: int
    oldest_age: _duration_pb2.Duration
    def __init__(self, queued: _Optional[int] = ..., running: _Optional[int] = ..., slots: _Optional[int] = ..., oldest_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StatsPoint(_message.Message):
    __slots__ = ("start_time", "counts", "gauges", "queue_wait", "run_time", "total_time")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    GAUGES_FIELD_NUMBER: _ClassVar[int]
    QUEUE_WAIT_FIELD_NUMBER: _ClassVar[int]
    RUN_TIME_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TIME_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    counts: TaskCounts
    gauges: StatsGauges
    queue_wait: StatsTimes
    run_time: StatsTimes
    total_time: StatsTimes
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., counts: _Optional[_Union[TaskCounts, _Mapping]] = ..., gauges: _Optional[_Union[StatsGauges, _Mapping]] = ..., queue_wait: _Optional[_Union[StatsTimes, _Mapping]] = ..., run_time: _Optional[_Union[StatsTimes, _Mapping]] = ..., total_time: _Optional[_Union[StatsTimes, _Mapping]] = ...) -> None: ...

class GetOverviewRequest(_message.Message):
    __slots__ = ("range", "group_by", "label_key", "pools", "kinds", "step", "omit_points", "min_cursor")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    LABEL_KEY_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    OMIT_POINTS_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    range: StatsRange
    group_by: StatsGrouping
    label_key: str
    pools: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    step: _duration_pb2.Duration
    omit_points: bool
    min_cursor: str
    def __init__(self, range: _Optional[_Union[StatsRange, _Mapping]] = ..., group_by: _Optional[_Union[StatsGrouping, str]] = ..., label_key: _Optional[str] = ..., pools: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ..., step: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., omit_points: _Optional[bool] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetOverviewResponse(_message.Message):
    __slots__ = ("groups", "omitted_groups", "start_time", "end_time", "step", "kept_tasks_only", "is_truncated", "counted_from", "cursor")
    class Group(_message.Message):
        __slots__ = ("pool", "kind", "label_value", "counts", "rates", "queue_wait", "run_time", "total_time", "lifetime", "gauges", "points", "is_other")
        POOL_FIELD_NUMBER: _ClassVar[int]
        KIND_FIELD_NUMBER: _ClassVar[int]
        LABEL_VALUE_FIELD_NUMBER: _ClassVar[int]
        COUNTS_FIELD_NUMBER: _ClassVar[int]
        RATES_FIELD_NUMBER: _ClassVar[int]
        QUEUE_WAIT_FIELD_NUMBER: _ClassVar[int]
        RUN_TIME_FIELD_NUMBER: _ClassVar[int]
        TOTAL_TIME_FIELD_NUMBER: _ClassVar[int]
        LIFETIME_FIELD_NUMBER: _ClassVar[int]
        GAUGES_FIELD_NUMBER: _ClassVar[int]
        POINTS_FIELD_NUMBER: _ClassVar[int]
        IS_OTHER_FIELD_NUMBER: _ClassVar[int]
        pool: str
        kind: str
        label_value: str
        counts: TaskCounts
        rates: StatsRates
        queue_wait: StatsTimes
        run_time: StatsTimes
        total_time: StatsTimes
        lifetime: TaskCounts
        gauges: StatsGauges
        points: _containers.RepeatedCompositeFieldContainer[StatsPoint]
        is_other: bool
        def __init__(self, pool: _Optional[str] = ..., kind: _Optional[str] = ..., label_value: _Optional[str] = ..., counts: _Optional[_Union[TaskCounts, _Mapping]] = ..., rates: _Optional[_Union[StatsRates, _Mapping]] = ..., queue_wait: _Optional[_Union[StatsTimes, _Mapping]] = ..., run_time: _Optional[_Union[StatsTimes, _Mapping]] = ..., total_time: _Optional[_Union[StatsTimes, _Mapping]] = ..., lifetime: _Optional[_Union[TaskCounts, _Mapping]] = ..., gauges: _Optional[_Union[StatsGauges, _Mapping]] = ..., points: _Optional[_Iterable[_Union[StatsPoint, _Mapping]]] = ..., is_other: _Optional[bool] = ...) -> None: ...
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    OMITTED_GROUPS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    KEPT_TASKS_ONLY_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FROM_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[GetOverviewResponse.Group]
    omitted_groups: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    step: _duration_pb2.Duration
    kept_tasks_only: bool
    is_truncated: bool
    counted_from: int
    cursor: str
    def __init__(self, groups: _Optional[_Iterable[_Union[GetOverviewResponse.Group, _Mapping]]] = ..., omitted_groups: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., kept_tasks_only: _Optional[bool] = ..., is_truncated: _Optional[bool] = ..., counted_from: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetRealtimeRequest(_message.Message):
    __slots__ = ("pools", "min_cursor")
    POOLS_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    pools: _containers.RepeatedScalarFieldContainer[str]
    min_cursor: str
    def __init__(self, pools: _Optional[_Iterable[str]] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class Realtime(_message.Message):
    __slots__ = ("time", "windows_end_time", "pools", "gauges", "windows", "cursor")
    class Window(_message.Message):
        __slots__ = ("length", "counts", "rates")
        LENGTH_FIELD_NUMBER: _ClassVar[int]
        COUNTS_FIELD_NUMBER: _ClassVar[int]
        RATES_FIELD_NUMBER: _ClassVar[int]
        length: _duration_pb2.Duration
        counts: TaskCounts
        rates: StatsRates
        def __init__(self, length: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., counts: _Optional[_Union[TaskCounts, _Mapping]] = ..., rates: _Optional[_Union[StatsRates, _Mapping]] = ...) -> None: ...
    class PoolNow(_message.Message):
        __slots__ = ("pool", "gauges", "windows")
        POOL_FIELD_NUMBER: _ClassVar[int]
        GAUGES_FIELD_NUMBER: _ClassVar[int]
        WINDOWS_FIELD_NUMBER: _ClassVar[int]
        pool: str
        gauges: StatsGauges
        windows: _containers.RepeatedCompositeFieldContainer[Realtime.Window]
        def __init__(self, pool: _Optional[str] = ..., gauges: _Optional[_Union[StatsGauges, _Mapping]] = ..., windows: _Optional[_Iterable[_Union[Realtime.Window, _Mapping]]] = ...) -> None: ...
    TIME_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_END_TIME_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    GAUGES_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    windows_end_time: _timestamp_pb2.Timestamp
    pools: _containers.RepeatedCompositeFieldContainer[Realtime.PoolNow]
    gauges: StatsGauges
    windows: _containers.RepeatedCompositeFieldContainer[Realtime.Window]
    cursor: str
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., windows_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pools: _Optional[_Iterable[_Union[Realtime.PoolNow, _Mapping]]] = ..., gauges: _Optional[_Union[StatsGauges, _Mapping]] = ..., windows: _Optional[_Iterable[_Union[Realtime.Window, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetRealtimeResponse(_message.Message):
    __slots__ = ("realtime",)
    REALTIME_FIELD_NUMBER: _ClassVar[int]
    realtime: Realtime
    def __init__(self, realtime: _Optional[_Union[Realtime, _Mapping]] = ...) -> None: ...

class WatchStatsRequest(_message.Message):
    __slots__ = ("pools", "interval")
    POOLS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    pools: _containers.RepeatedScalarFieldContainer[str]
    interval: _duration_pb2.Duration
    def __init__(self, pools: _Optional[_Iterable[str]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WatchStatsResponse(_message.Message):
    __slots__ = ("realtime",)
    REALTIME_FIELD_NUMBER: _ClassVar[int]
    realtime: Realtime
    def __init__(self, realtime: _Optional[_Union[Realtime, _Mapping]] = ...) -> None: ...

class PerformanceRules(_message.Message):
    __slots__ = ("min_count", "slow_factor", "slow_run_time", "min_success_rate", "max_repeat_rate", "wait_factor")
    MIN_COUNT_FIELD_NUMBER: _ClassVar[int]
    SLOW_FACTOR_FIELD_NUMBER: _ClassVar[int]
    SLOW_RUN_TIME_FIELD_NUMBER: _ClassVar[int]
    MIN_SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_REPEAT_RATE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FACTOR_FIELD_NUMBER: _ClassVar[int]
    min_count: int
    slow_factor: float
    slow_run_time: _duration_pb2.Duration
    min_success_rate: float
    max_repeat_rate: float
    wait_factor: float
    def __init__(self, min_count: _Optional[int] = ..., slow_factor: _Optional[float] = ..., slow_run_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., min_success_rate: _Optional[float] = ..., max_repeat_rate: _Optional[float] = ..., wait_factor: _Optional[float] = ...) -> None: ...

class GetPerformanceRequest(_message.Message):
    __slots__ = ("range", "pools", "kinds", "rules", "min_cursor")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    range: StatsRange
    pools: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    rules: PerformanceRules
    min_cursor: str
    def __init__(self, range: _Optional[_Union[StatsRange, _Mapping]] = ..., pools: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ..., rules: _Optional[_Union[PerformanceRules, _Mapping]] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetPerformanceResponse(_message.Message):
    __slots__ = ("kinds", "start_time", "end_time", "cursor")
    class Flag(_message.Message):
        __slots__ = ("kind", "rule", "value", "threshold", "text")
        KIND_FIELD_NUMBER: _ClassVar[int]
        RULE_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        THRESHOLD_FIELD_NUMBER: _ClassVar[int]
        TEXT_FIELD_NUMBER: _ClassVar[int]
        kind: PerformanceFlagKind
        rule: str
        value: float
        threshold: float
        text: str
        def __init__(self, kind: _Optional[_Union[PerformanceFlagKind, str]] = ..., rule: _Optional[str] = ..., value: _Optional[float] = ..., threshold: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...
    class Items(_message.Message):
        __slots__ = ("counter", "total", "per_second", "per_run_second")
        COUNTER_FIELD_NUMBER: _ClassVar[int]
        TOTAL_FIELD_NUMBER: _ClassVar[int]
        PER_SECOND_FIELD_NUMBER: _ClassVar[int]
        PER_RUN_SECOND_FIELD_NUMBER: _ClassVar[int]
        counter: str
        total: int
        per_second: float
        per_run_second: float
        def __init__(self, counter: _Optional[str] = ..., total: _Optional[int] = ..., per_second: _Optional[float] = ..., per_run_second: _Optional[float] = ...) -> None: ...
    class Trend(_message.Message):
        __slots__ = ("finished", "success_rate", "queue_wait_p95", "run_time_p95")
        FINISHED_FIELD_NUMBER: _ClassVar[int]
        SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
        QUEUE_WAIT_P95_FIELD_NUMBER: _ClassVar[int]
        RUN_TIME_P95_FIELD_NUMBER: _ClassVar[int]
        finished: float
        success_rate: float
        queue_wait_p95: float
        run_time_p95: float
        def __init__(self, finished: _Optional[float] = ..., success_rate: _Optional[float] = ..., queue_wait_p95: _Optional[float] = ..., run_time_p95: _Optional[float] = ...) -> None: ...
    class Kind(_message.Message):
        __slots__ = ("kind", "counts", "rates", "queue_wait", "run_time", "items", "trend", "flags")
        KIND_FIELD_NUMBER: _ClassVar[int]
        COUNTS_FIELD_NUMBER: _ClassVar[int]
        RATES_FIELD_NUMBER: _ClassVar[int]
        QUEUE_WAIT_FIELD_NUMBER: _ClassVar[int]
        RUN_TIME_FIELD_NUMBER: _ClassVar[int]
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        TREND_FIELD_NUMBER: _ClassVar[int]
        FLAGS_FIELD_NUMBER: _ClassVar[int]
        kind: str
        counts: TaskCounts
        rates: StatsRates
        queue_wait: StatsTimes
        run_time: StatsTimes
        items: _containers.RepeatedCompositeFieldContainer[GetPerformanceResponse.Items]
        trend: GetPerformanceResponse.Trend
        flags: _containers.RepeatedCompositeFieldContainer[GetPerformanceResponse.Flag]
        def __init__(self, kind: _Optional[str] = ..., counts: _Optional[_Union[TaskCounts, _Mapping]] = ..., rates: _Optional[_Union[StatsRates, _Mapping]] = ..., queue_wait: _Optional[_Union[StatsTimes, _Mapping]] = ..., run_time: _Optional[_Union[StatsTimes, _Mapping]] = ..., items: _Optional[_Iterable[_Union[GetPerformanceResponse.Items, _Mapping]]] = ..., trend: _Optional[_Union[GetPerformanceResponse.Trend, _Mapping]] = ..., flags: _Optional[_Iterable[_Union[GetPerformanceResponse.Flag, _Mapping]]] = ...) -> None: ...
    KINDS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedCompositeFieldContainer[GetPerformanceResponse.Kind]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    cursor: str
    def __init__(self, kinds: _Optional[_Iterable[_Union[GetPerformanceResponse.Kind, _Mapping]]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListFailuresRequest(_message.Message):
    __slots__ = ("range", "pools", "kinds", "limit", "min_cursor")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    range: StatsRange
    pools: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    min_cursor: str
    def __init__(self, range: _Optional[_Union[StatsRange, _Mapping]] = ..., pools: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class ListFailuresResponse(_message.Message):
    __slots__ = ("groups", "total_groups", "start_time", "end_time", "cursor")
    class Group(_message.Message):
        __slots__ = ("failure_kind", "code", "message", "is_other", "attempts", "tasks", "first_time", "last_time", "sample_task", "sample_message", "pools", "kinds")
        FAILURE_KIND_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        IS_OTHER_FIELD_NUMBER: _ClassVar[int]
        ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
        TASKS_FIELD_NUMBER: _ClassVar[int]
        FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
        LAST_TIME_FIELD_NUMBER: _ClassVar[int]
        SAMPLE_TASK_FIELD_NUMBER: _ClassVar[int]
        SAMPLE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
        POOLS_FIELD_NUMBER: _ClassVar[int]
        KINDS_FIELD_NUMBER: _ClassVar[int]
        failure_kind: _task_pb2.FailureKind
        code: str
        message: str
        is_other: bool
        attempts: int
        tasks: int
        first_time: _timestamp_pb2.Timestamp
        last_time: _timestamp_pb2.Timestamp
        sample_task: str
        sample_message: str
        pools: _containers.RepeatedScalarFieldContainer[str]
        kinds: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, failure_kind: _Optional[_Union[_task_pb2.FailureKind, str]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., is_other: _Optional[bool] = ..., attempts: _Optional[int] = ..., tasks: _Optional[int] = ..., first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sample_task: _Optional[str] = ..., sample_message: _Optional[str] = ..., pools: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ...) -> None: ...
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_GROUPS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[ListFailuresResponse.Group]
    total_groups: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    cursor: str
    def __init__(self, groups: _Optional[_Iterable[_Union[ListFailuresResponse.Group, _Mapping]]] = ..., total_groups: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...
