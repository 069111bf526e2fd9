import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NamedLimit(_message.Message):
    __slots__ = ("name", "spec", "status", "etag", "create_time", "update_time", "actor", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: LimitSpec
    status: LimitStatus
    etag: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    actor: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[LimitSpec, _Mapping]] = ..., status: _Optional[_Union[LimitStatus, _Mapping]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class LimitSpec(_message.Message):
    __slots__ = ("rate", "window", "concurrency", "pools", "kinds", "key_label")
    RATE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    KEY_LABEL_FIELD_NUMBER: _ClassVar[int]
    rate: RateLimit
    window: WindowLimit
    concurrency: ConcurrencyLimit
    pools: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    key_label: str
    def __init__(self, rate: _Optional[_Union[RateLimit, _Mapping]] = ..., window: _Optional[_Union[WindowLimit, _Mapping]] = ..., concurrency: _Optional[_Union[ConcurrencyLimit, _Mapping]] = ..., pools: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ..., key_label: _Optional[str] = ...) -> None: ...

class RateLimit(_message.Message):
    __slots__ = ("units", "per", "burst")
    UNITS_FIELD_NUMBER: _ClassVar[int]
    PER_FIELD_NUMBER: _ClassVar[int]
    BURST_FIELD_NUMBER: _ClassVar[int]
    units: int
    per: _duration_pb2.Duration
    burst: int
    def __init__(self, units: _Optional[int] = ..., per: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., burst: _Optional[int] = ...) -> None: ...

class WindowLimit(_message.Message):
    __slots__ = ("units", "length")
    UNITS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    units: int
    length: _duration_pb2.Duration
    def __init__(self, units: _Optional[int] = ..., length: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ConcurrencyLimit(_message.Message):
    __slots__ = ("units",)
    UNITS_FIELD_NUMBER: _ClassVar[int]
    units: int
    def __init__(self, units: _Optional[int] = ...) -> None: ...

class LimitStatus(_message.Message):
    __slots__ = ("key", "available", "in_use", "waiting_calls", "waiting_tasks", "next_time", "keys", "running_tasks", "holders")
    KEY_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    IN_USE_FIELD_NUMBER: _ClassVar[int]
    WAITING_CALLS_FIELD_NUMBER: _ClassVar[int]
    WAITING_TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_TIME_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    RUNNING_TASKS_FIELD_NUMBER: _ClassVar[int]
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    key: str
    available: int
    in_use: int
    waiting_calls: int
    waiting_tasks: int
    next_time: _timestamp_pb2.Timestamp
    keys: int
    running_tasks: int
    holders: _containers.RepeatedCompositeFieldContainer[Permits]
    def __init__(self, key: _Optional[str] = ..., available: _Optional[int] = ..., in_use: _Optional[int] = ..., waiting_calls: _Optional[int] = ..., waiting_tasks: _Optional[int] = ..., next_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., keys: _Optional[int] = ..., running_tasks: _Optional[int] = ..., holders: _Optional[_Iterable[_Union[Permits, _Mapping]]] = ...) -> None: ...

class Permits(_message.Message):
    __slots__ = ("limit", "key", "units", "owner", "token", "lease", "acquire_time", "expire_time", "task_id", "available")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    ACQUIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    limit: str
    key: str
    units: int
    owner: str
    token: int
    lease: _duration_pb2.Duration
    acquire_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    task_id: str
    available: int
    def __init__(self, limit: _Optional[str] = ..., key: _Optional[str] = ..., units: _Optional[int] = ..., owner: _Optional[str] = ..., token: _Optional[int] = ..., lease: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., acquire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., task_id: _Optional[str] = ..., available: _Optional[int] = ...) -> None: ...

class CreateLimitRequest(_message.Message):
    __slots__ = ("name", "spec", "validate_only", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: LimitSpec
    validate_only: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[LimitSpec, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class CreateLimitResponse(_message.Message):
    __slots__ = ("limit", "cursor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limit: NamedLimit
    cursor: str
    def __init__(self, limit: _Optional[_Union[NamedLimit, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetLimitRequest(_message.Message):
    __slots__ = ("name", "key", "min_cursor")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    key: str
    min_cursor: str
    def __init__(self, name: _Optional[str] = ..., key: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetLimitResponse(_message.Message):
    __slots__ = ("limit", "cursor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limit: NamedLimit
    cursor: str
    def __init__(self, limit: _Optional[_Union[NamedLimit, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListLimitsRequest(_message.Message):
    __slots__ = ("name_prefix", "page_size", "page_token", "min_cursor")
    NAME_PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    name_prefix: str
    page_size: int
    page_token: str
    min_cursor: str
    def __init__(self, name_prefix: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class ListLimitsResponse(_message.Message):
    __slots__ = ("limits", "next_page_token", "cursor")
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limits: _containers.RepeatedCompositeFieldContainer[NamedLimit]
    next_page_token: str
    cursor: str
    def __init__(self, limits: _Optional[_Iterable[_Union[NamedLimit, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., cursor: _Optional[str] = ...) -> None: ...

class UpdateLimitRequest(_message.Message):
    __slots__ = ("name", "spec", "update_mask", "etag", "validate_only", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: LimitSpec
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    validate_only: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[LimitSpec, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdateLimitResponse(_message.Message):
    __slots__ = ("limit", "cursor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limit: NamedLimit
    cursor: str
    def __init__(self, limit: _Optional[_Union[NamedLimit, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DeleteLimitRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DeleteLimitResponse(_message.Message):
    __slots__ = ("limit", "cursor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limit: NamedLimit
    cursor: str
    def __init__(self, limit: _Optional[_Union[NamedLimit, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class AcquirePermitsRequest(_message.Message):
    __slots__ = ("limit", "key", "units", "owner", "lease", "wait", "request_id")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    limit: str
    key: str
    units: int
    owner: str
    lease: _duration_pb2.Duration
    wait: _duration_pb2.Duration
    request_id: str
    def __init__(self, limit: _Optional[str] = ..., key: _Optional[str] = ..., units: _Optional[int] = ..., owner: _Optional[str] = ..., lease: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class AcquirePermitsResponse(_message.Message):
    __slots__ = ("permits", "cursor")
    PERMITS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    permits: Permits
    cursor: str
    def __init__(self, permits: _Optional[_Union[Permits, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class RenewPermitsRequest(_message.Message):
    __slots__ = ("limit", "owner", "token")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    limit: str
    owner: str
    token: int
    def __init__(self, limit: _Optional[str] = ..., owner: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class RenewPermitsResponse(_message.Message):
    __slots__ = ("permits", "cursor")
    PERMITS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    permits: Permits
    cursor: str
    def __init__(self, permits: _Optional[_Union[Permits, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ReleasePermitsRequest(_message.Message):
    __slots__ = ("limit", "owner", "token")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    limit: str
    owner: str
    token: int
    def __init__(self, limit: _Optional[str] = ..., owner: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class ReleasePermitsResponse(_message.Message):
    __slots__ = ("permits", "cursor")
    PERMITS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    permits: Permits
    cursor: str
    def __init__(self, permits: _Optional[_Union[Permits, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class HoldPermitsRequest(_message.Message):
    __slots__ = ("limit", "key", "units", "owner", "lease", "wait")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    limit: str
    key: str
    units: int
    owner: str
    lease: _duration_pb2.Duration
    wait: _duration_pb2.Duration
    def __init__(self, limit: _Optional[str] = ..., key: _Optional[str] = ..., units: _Optional[int] = ..., owner: _Optional[str] = ..., lease: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class HoldPermitsResponse(_message.Message):
    __slots__ = ("permits", "cursor")
    PERMITS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    permits: Permits
    cursor: str
    def __init__(self, permits: _Optional[_Union[Permits, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...
