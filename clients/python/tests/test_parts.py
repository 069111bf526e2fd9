"""Content, times, errors and recovery, each by itself."""

import math
from datetime import UTC, datetime, timedelta

import grpc
import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from martlet import (
    Backoff,
    Content,
    FieldViolation,
    MartletError,
    TaskNotSucceeded,
    result_of,
)
from martlet._google import error_details_pb2 as details
from martlet._google import status_pb2
from martlet.connection import Recovery
from martlet.content import decode, encode
from martlet.times import duration, timestamp
from martlet.v1 import task_pb2
from martlet.worker.context import shorten

# Content


@pytest.mark.parametrize("value", [{"a": [1, None, "ä"]}, "text", 7, 1.5, False, []])
def test_values_go_as_json_and_come_back(value):
    content = encode(value)
    assert content.content_type == "application/json"
    assert decode(content.data, content.content_type) == value


def test_bytes_and_content_go_as_they_are():
    assert encode(b"x") == encode(bytearray(b"x")) == encode(memoryview(b"x")) == Content(b"x")
    assert encode(Content(b"<a/>", "text/xml")) == Content(b"<a/>", "text/xml")
    assert encode(None) == Content(b"")
    assert decode(b"x", "") == b"x" and decode(b"1", "Application/JSON; charset=utf-8") == 1


def test_what_json_cannot_say_is_refused():
    for value in (object(), {1, 2}, math.nan):
        with pytest.raises((TypeError, ValueError)):
            encode(value)


def test_the_result_of_a_task_that_failed_is_an_error_that_says_why():
    failed = task_pb2.Task(id="x", state=task_pb2.TASK_STATE_FAILED, failure={"message": "no"})
    with pytest.raises(TaskNotSucceeded, match="task x is FAILED: no") as caught:
        result_of(failed)
    assert caught.value.task is failed
    done = task_pb2.Task(
        state=task_pb2.TASK_STATE_SUCCEEDED,
        result={"data": b"[1]", "content_type": "application/json"})
    assert result_of(done) == [1]


def test_texts_are_cut_between_characters():
    assert shorten("aää", 4) == "aä" and shorten("aä", 3) == "aä" and shorten("\ud800", 3) == "?"


# Times


def test_spans_are_seconds_or_timedeltas():
    assert duration(1.5) == duration(timedelta(seconds=1.5)) == Duration(
        seconds=1, nanos=500_000_000)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        timestamp(datetime(2030, 1, 1))
    assert timestamp(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)).seconds == 60


def test_delays_double_up_to_a_limit_and_lie_anywhere_below():
    backoff = Backoff(initial=0.1, maximum=2)
    assert [backoff.limit(failures) for failures in (1, 2, 3, 6, 1_000)] == [0.1, 0.2, 0.4, 2, 2]
    delays = [backoff.delay(3) for _ in range(1_000)]
    assert 0 <= min(delays) < 0.05 < 0.35 < max(delays) <= 0.4


# Errors


def failed_call(*packed, code=grpc.StatusCode.RESOURCE_EXHAUSTED, raw=None):
    status = status_pb2.Status(code=code.value[0], message="no room")
    for name, message in packed:
        status.details.append(Packed(
            type_url=f"type.googleapis.com/google.rpc.{name}", value=message.SerializeToString()))
    trailers = grpc.aio.Metadata(
        ("other", "x"), ("grpc-status-details-bin", raw or status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details="no room")


def test_an_error_has_what_the_server_said():
    error = MartletError.of(failed_call(
        ("ErrorInfo", details.ErrorInfo(reason="QUEUE_FULL", metadata={"pool": "p"})),
        ("RetryInfo", details.RetryInfo(retry_delay=Duration(nanos=250_000_000))),
        ("BadRequest", details.BadRequest(field_violations=[{"field": "f", "description": "d"}])),
        ("Unknown", details.ErrorInfo())))
    assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (error.reason, error.metadata, error.retry_delay) == ("QUEUE_FULL", {"pool": "p"}, 0.25)
    assert error.violations == (FieldViolation("f", "d"),)
    assert str(error) == "RESOURCE_EXHAUSTED (QUEUE_FULL): no room"


def test_details_that_cannot_be_read_are_left_out():
    error = MartletError.of(failed_call(raw=b"\xff\xff"))
    assert (error.message, error.reason) == ("no room", "")


# Recovery


def unavailable(delay=None):
    return MartletError(grpc.StatusCode.UNAVAILABLE, "gone", retry_delay=delay)


def test_a_stream_that_was_never_open_is_tried_as_often_as_a_call():
    recovery = Recovery(3, None, Backoff())
    recovery.delay(unavailable(), 0), recovery.delay(unavailable(), 0)
    with pytest.raises(MartletError):
        recovery.delay(unavailable(), 0)


def test_one_that_was_open_is_tried_while_patience_lasts():
    recovery = Recovery(3, 60, Backoff())
    recovery.progressed()
    for second in range(61):
        recovery.delay(unavailable(), second)
    with pytest.raises(MartletError):
        recovery.delay(unavailable(), 61)
    recovery.progressed()
    assert recovery.delay(unavailable(delay=7), 62) == 7


def test_what_the_server_refuses_is_not_tried_again_and_doubtful_errors_are_a_few_times():
    recovery = Recovery(3, None, Backoff())
    recovery.progressed()
    with pytest.raises(MartletError):
        recovery.delay(MartletError(grpc.StatusCode.OUT_OF_RANGE, "compacted"), 0)
    recovery.progressed()
    doubtful = MartletError(grpc.StatusCode.INTERNAL, "reset")
    for _ in range(4):
        recovery.delay(doubtful, 0)
    with pytest.raises(MartletError):
        recovery.delay(doubtful, 0)
