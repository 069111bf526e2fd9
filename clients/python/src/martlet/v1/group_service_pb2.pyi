import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Group(_message.Message):
    __slots__ = ("name", "spec", "status", "etag", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: GroupSpec
    status: GroupStatus
    etag: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[GroupSpec, _Mapping]] = ..., status: _Optional[_Union[GroupStatus, _Mapping]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GroupSpec(_message.Message):
    __slots__ = ("budget", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    budget: int
    labels: _containers.ScalarMap[str, str]
    def __init__(self, budget: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class GroupStatus(_message.Message):
    __slots__ = ("slots_in_use", "slots_guaranteed", "slots_owed", "pools")
    SLOTS_IN_USE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_GUARANTEED_FIELD_NUMBER: _ClassVar[int]
    SLOTS_OWED_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    slots_in_use: int
    slots_guaranteed: int
    slots_owed: int
    pools: _containers.RepeatedCompositeFieldContainer[GroupMember]
    def __init__(self, slots_in_use: _Optional[int] = ..., slots_guaranteed: _Optional[int] = ..., slots_owed: _Optional[int] = ..., pools: _Optional[_Iterable[_Union[GroupMember, _Mapping]]] = ...) -> None: ...

class GroupMember(_message.Message):
    __slots__ = ("pool", "minimum", "slots_limit", "slots_in_use", "slots_owed", "slots_lent", "slots_borrowed", "pending")
    POOL_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    SLOTS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    SLOTS_IN_USE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_OWED_FIELD_NUMBER: _ClassVar[int]
    SLOTS_LENT_FIELD_NUMBER: _ClassVar[int]
    SLOTS_BORROWED_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    pool: str
    minimum: int
    slots_limit: int
    slots_in_use: int
    slots_owed: int
    slots_lent: int
    slots_borrowed: int
    pending: int
    def __init__(self, pool: _Optional[str] = ..., minimum: _Optional[int] = ..., slots_limit: _Optional[int] = ..., slots_in_use: _Optional[int] = ..., slots_owed: _Optional[int] = ..., slots_lent: _Optional[int] = ..., slots_borrowed: _Optional[int] = ..., pending: _Optional[int] = ...) -> None: ...

class CreateGroupRequest(_message.Message):
    __slots__ = ("name", "spec", "validate_only", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: GroupSpec
    validate_only: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[GroupSpec, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class CreateGroupResponse(_message.Message):
    __slots__ = ("group", "cursor")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    group: Group
    cursor: str
    def __init__(self, group: _Optional[_Union[Group, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class GetGroupRequest(_message.Message):
    __slots__ = ("name", "min_cursor")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_cursor: str
    def __init__(self, name: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class GetGroupResponse(_message.Message):
    __slots__ = ("group", "cursor")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    group: Group
    cursor: str
    def __init__(self, group: _Optional[_Union[Group, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListGroupsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "min_cursor")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_CURSOR_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    min_cursor: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_cursor: _Optional[str] = ...) -> None: ...

class ListGroupsResponse(_message.Message):
    __slots__ = ("groups", "next_page_token", "total_size", "cursor")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[Group]
    next_page_token: str
    total_size: int
    cursor: str
    def __init__(self, groups: _Optional[_Iterable[_Union[Group, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class UpdateGroupRequest(_message.Message):
    __slots__ = ("name", "spec", "update_mask", "etag", "validate_only", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: GroupSpec
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    validate_only: bool
    reason: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[GroupSpec, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdateGroupResponse(_message.Message):
    __slots__ = ("group", "cursor")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    group: Group
    cursor: str
    def __init__(self, group: _Optional[_Union[Group, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DeleteGroupRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class DeleteGroupResponse(_message.Message):
    __slots__ = ("group", "cursor")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    group: Group
    cursor: str
    def __init__(self, group: _Optional[_Union[Group, _Mapping]] = ..., cursor: _Optional[str] = ...) -> None: ...
