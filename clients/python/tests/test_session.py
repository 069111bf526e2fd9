"""What a worker says and makes of what it hears, word by word, without a server."""

import pytest
from google.protobuf.duration_pb2 import Duration
from martlet.v1 import task_pb2
from martlet.v1 import worker_service_pb2 as pb
from martlet.worker.attempt import StopReason
from martlet.worker.session import (
    SILENCE_MAX,
    Saved,
    Settled,
    Start,
    Stop,
    WorkerSession,
)


class Peer:
    """The server and the clock of one session."""

    def __init__(self, slots=4):
        self.session = WorkerSession(
            pb.WorkerHello(name="n", instance="i", kinds=["k"], slots=slots))
        self.now = 100.0

    def said(self):
        """All that the worker says now, as one message."""
        whole = pb.WorkRequest()
        while (request := self.session.next_request(self.now)) is not None:
            whole.MergeFrom(request)
        return whole

    def hears(self, **fields):
        return self.session.hear(pb.WorkResponse(**fields), self.now)

    def connect(self, kept=(), lost=(), beat=3):
        """Opens a stream: what the worker greeted with, and what it made of the welcome."""
        self.session.open(self.now)
        hello = self.said().hello
        effects = self.hears(welcome=pb.WorkerWelcome(
            worker_id="w1", lease_length=Duration(seconds=10),
            beat_interval=Duration(seconds=beat), kept_leases=kept, lost_leases=lost))
        return hello, effects

    def assign(self, *leases, checkpoint=None):
        return self.hears(assigns=[
            pb.Assign(lease=lease, attempt=1, checkpoint=checkpoint) for lease in leases])

    def directive(self, lease, kind, reason="why", grace=10):
        return self.hears(directives=[
            pb.Directive(lease=lease, kind=kind, reason=reason, grace=Duration(seconds=grace))])

    def ack(self, lease, **fields):
        return self.hears(acks=[pb.Ack(lease=lease, **{"accepted": True, **fields})])

    def finish(self, lease, data=b"r"):
        self.session.finish(lease, pb.Finish(lease=lease, result={"data": data}))


@pytest.fixture
def peer():
    peer = Peer()
    peer.connect()
    peer.said()
    return peer


def leases(entries):
    return [one.lease for one in entries]


# Beginning


def test_it_begins_with_hello_and_waits_to_be_welcome():
    peer = Peer(slots=7)
    assert peer.session.next_request(peer.now) is None
    peer.session.open(peer.now)
    first = peer.session.next_request(peer.now)
    assert (first.hello.name, first.hello.slots, list(first.hello.held_leases)) == ("n", 7, [])
    assert [field.name for field, _ in first.ListFields()] == ["hello"]
    assert peer.session.next_request(peer.now) is None
    peer.hears(welcome=pb.WorkerWelcome(worker_id="w9"))
    assert (peer.session.worker_id, peer.session.is_welcome) == ("w9", True)
    assert peer.said().credit == pb.Credit(more=7, received=0)


def test_what_is_offered_is_accepted_and_started(peer):
    assert [effect.assign.lease for effect in peer.assign("a", "b")] == ["a", "b"]
    said = peer.said()
    assert leases(said.accepts) == ["a", "b"]
    assert not said.HasField("credit"), "the server knows what it gave"
    assert peer.session.running == 2


def test_the_same_offer_twice_is_one(peer):
    assert len(peer.assign("a")) == 1
    assert peer.assign("a") == []


# Credit


def test_credit_is_what_is_free_beyond_what_has_come(peer):
    peer.assign("a", "b", "c")
    peer.said()
    peer.finish("a")
    assert peer.said().credit == pb.Credit(more=2, received=3)
    peer.finish("b"), peer.finish("c")
    assert peer.said().credit == pb.Credit(more=4, received=3)


def test_a_lost_handler_takes_its_slot_until_it_ends(peer):
    peer.assign("a")
    peer.directive("a", pb.DIRECTIVE_KIND_LOST)
    assert not peer.said().HasField("credit")
    peer.session.finish("a", None)
    said = peer.said()
    assert said.credit == pb.Credit(more=4, received=1)
    assert not said.finishes and not said.releases


def test_received_counts_anew_on_each_stream(peer):
    peer.assign("a")
    peer.said()
    peer.session.close()
    peer.connect(kept=["a"])
    assert peer.said().credit == pb.Credit(more=3, received=0)


# Beats


def test_all_leases_beat_in_one_message_at_the_interval(peer):
    peer.assign("a", "b")
    peer.said()
    assert peer.session.deadline == pytest.approx(peer.now + 3)
    peer.now += 2.9
    assert not peer.said().beats
    peer.now += 0.1
    assert leases(peer.session.next_request(peer.now).beats) == ["a", "b"]
    assert peer.session.next_request(peer.now) is None


def test_what_has_ended_beats_no_more(peer):
    peer.assign("a", "b")
    peer.finish("a")
    peer.said()
    peer.now += 3
    assert leases(peer.said().beats) == ["b"]


def test_something_is_said_every_five_seconds(peer):
    peer.now += 4.9
    assert peer.session.next_request(peer.now) is None
    peer.now += 0.1
    assert peer.said().ping == 1
    peer.now += 5
    assert peer.said().ping == 2


def test_a_ping_is_answered(peer):
    peer.hears(ping=17)
    assert peer.said().pong == 17


def test_a_silent_server_is_given_up(peer):
    peer.now += SILENCE_MAX - 1
    assert peer.session.patience(peer.now) == pytest.approx(1)
    peer.hears(pong=1)
    assert peer.session.patience(peer.now) == pytest.approx(SILENCE_MAX)
    peer.now += SILENCE_MAX
    assert peer.session.patience(peer.now) == 0


# Progress and log lines


def test_progress_is_coalesced_and_the_newest_is_said(peer):
    peer.assign("a")
    peer.session.report("a", task_pb2.Progress(step="1"))
    assert peer.said().beats[0].progress.step == "1"
    for step in ("2", "3"):
        peer.session.report("a", task_pb2.Progress(step=step))
    assert not peer.said().beats
    assert peer.session.deadline == pytest.approx(peer.now + 0.2)
    peer.now += 0.2
    assert [beat.progress.step for beat in peer.said().beats] == ["3"]


def test_the_last_progress_is_said_before_the_end(peer):
    peer.assign("a")
    peer.session.report("a", task_pb2.Progress(step="1"))
    peer.said()
    peer.session.report("a", task_pb2.Progress(step="last"))
    peer.finish("a")
    request = peer.session.next_request(peer.now)
    assert request.beats[0].progress.step == "last"
    assert leases(request.finishes) == ["a"]


def test_log_lines_are_said_in_order_all_before_the_end(peer):
    peer.assign("a")
    for number in range(250):
        peer.session.log("a", task_pb2.LogLine(text=str(number)))
    peer.finish("a")
    told, ended = [], False
    while (request := peer.session.next_request(peer.now)) is not None:
        for beat in request.beats:
            assert not ended and len(beat.log_lines) <= 100
            told += [int(line.text) for line in beat.log_lines]
        ended = ended or bool(request.finishes)
    assert told == list(range(250)) and ended


def test_a_beat_has_no_more_lines_than_the_server_takes(peer):
    peer.assign("a")
    for _ in range(40):
        peer.session.log("a", task_pb2.LogLine(text="x" * 4096))
    counts = []
    while sum(counts) < 40:
        [beat] = peer.said().beats
        assert sum(line.ByteSize() for line in beat.log_lines) <= 64 << 10
        counts.append(len(beat.log_lines))
        peer.now += 0.2
    assert counts == [15, 15, 10]


# Checkpoints


def test_a_checkpoint_goes_out_at_once_and_counts_on_from_the_last(peer):
    peer.assign("a", checkpoint=task_pb2.Checkpoint(data=b"x", sequence=7))
    assert peer.session.save_checkpoint("a", b"y", "t") == 8
    [beat] = peer.said().beats
    assert (beat.checkpoint.data, beat.checkpoint.sequence, beat.checkpoint.content_type) == (
        b"y", 8, "t")
    assert peer.ack("a", checkpoint_sequence=8) == [Saved("a", 8)]


def test_a_checkpoint_is_said_once_on_a_stream_and_again_on_the_next(peer):
    peer.assign("a")
    peer.session.save_checkpoint("a", b"1", "")
    assert peer.said().beats[0].checkpoint.data == b"1"
    peer.now += 3
    assert not peer.said().beats[0].HasField("checkpoint")
    peer.session.close()
    hello, _ = peer.connect(kept=["a"])
    assert list(hello.held_leases) == ["a"]
    assert peer.said().beats[0].checkpoint.sequence == 1
    peer.ack("a", checkpoint_sequence=1)
    peer.session.close()
    peer.connect(kept=["a"])
    assert not peer.said().beats[0].HasField("checkpoint")


def test_a_newer_checkpoint_replaces_one_that_was_not_said(peer):
    peer.assign("a")
    for data in (b"1", b"2"):
        peer.session.save_checkpoint("a", data, "")
    assert [beat.checkpoint.data for beat in peer.said().beats] == [b"2"]
    assert peer.ack("a", checkpoint_sequence=2) == [Saved("a", 2)]


def test_a_refused_checkpoint_leaves_the_lease_alone(peer):
    peer.assign("a")
    peer.session.save_checkpoint("a", b"1", "")
    peer.said()
    assert peer.ack("a", checkpoint_sequence=1, accepted=False, problem="too large") == [
        Saved("a", 1, "too large")]
    peer.now += 3
    assert leases(peer.said().beats) == ["a"]


def test_a_checkpoint_is_said_before_the_release(peer):
    peer.assign("a")
    peer.session.save_checkpoint("a", b"1", "")
    peer.session.finish("a", pb.Release(lease="a"))
    request = peer.session.next_request(peer.now)
    assert request.beats[0].checkpoint.data == b"1" and leases(request.releases) == ["a"]


def test_large_messages_are_split_within_what_the_server_takes():
    peer = Peer(slots=10)
    peer.connect()
    names = [f"l{number}" for number in range(10)]
    peer.assign(*names)
    for name in names:
        peer.session.save_checkpoint(name, bytes(1 << 20), "")
        peer.finish(name, bytes(1 << 20))
    saved, finished = [], []
    while (request := peer.session.next_request(peer.now)) is not None:
        assert request.ByteSize() < 4 << 20
        saved += leases(request.beats)
        for finish in request.finishes:
            assert finish.lease in saved
            finished.append(finish.lease)
    assert (saved, finished) == (names, names)


# The end


def test_a_finish_is_kept_until_it_is_acknowledged_and_said_again_after_a_reconnect(peer):
    peer.assign("a")
    peer.finish("a", b"done")
    assert leases(peer.said().finishes) == ["a"]
    assert not peer.said().finishes
    peer.session.close()
    hello, effects = peer.connect(kept=["a"])
    assert (list(hello.held_leases), effects) == (["a"], [])
    assert peer.said().finishes[0].result.data == b"done"
    assert not peer.session.is_settled
    assert peer.ack("a") == [Settled("a", True)]
    assert peer.session.is_settled
    peer.session.close()
    hello, _ = peer.connect()
    assert not hello.held_leases


def test_a_finish_whose_acknowledgement_was_lost_is_said_again_though_the_lease_is_gone(peer):
    peer.assign("a")
    peer.session.report("a", task_pb2.Progress(step="x"))
    peer.finish("a")
    peer.said()
    peer.session.close()
    assert peer.connect(lost=["a"])[1] == []
    said = peer.said()
    assert leases(said.finishes) == ["a"] and not said.beats
    assert peer.ack("a") == [Settled("a", True)]


def test_a_finish_of_a_lost_lease_is_over_when_it_is_refused(peer):
    peer.assign("a")
    peer.finish("a")
    peer.said()
    assert peer.ack("a", accepted=False, current_attempt=2)[0].accepted is False
    assert peer.session.is_settled and peer.session.running == 0


def test_a_result_that_the_server_cannot_take_becomes_a_failure_then_a_release(peer):
    peer.assign("a")
    peer.finish("a")
    peer.said()
    assert peer.ack("a", accepted=False, problem="too large") == []
    [finish] = peer.said().finishes
    assert (finish.failure.code, finish.failure.message) == ("RESULT_REFUSED", "too large")
    peer.ack("a", accepted=False, problem="worse")
    assert leases(peer.said().releases) == ["a"]
    peer.ack("a", accepted=False, problem="worst")
    assert peer.session.is_settled


# Being told to stop


@pytest.mark.parametrize("kind, reason", [
    (pb.DIRECTIVE_KIND_CANCEL, StopReason.CANCEL), (pb.DIRECTIVE_KIND_PAUSE, StopReason.PAUSE)])
def test_a_directive_stops_the_handler_once_however_often_it_comes(peer, kind, reason):
    peer.assign("a")
    assert peer.directive("a", kind) == [Stop("a", reason, "why", 10)]
    assert peer.directive("a", kind) == []
    peer.finish("a")
    assert leases(peer.said().finishes) == ["a"], "what it came to counts"


def test_a_cancel_overrides_a_pause_and_not_the_other_way_round(peer):
    peer.assign("a")
    peer.directive("a", pb.DIRECTIVE_KIND_PAUSE)
    assert peer.directive("a", pb.DIRECTIVE_KIND_CANCEL)[0].reason is StopReason.CANCEL
    assert peer.directive("a", pb.DIRECTIVE_KIND_PAUSE) == []


def test_nothing_is_said_of_a_lost_lease(peer):
    peer.assign("a")
    peer.said()
    peer.session.save_checkpoint("a", b"x", "")
    peer.session.report("a", task_pb2.Progress(step="x"))
    effects = peer.directive("a", pb.DIRECTIVE_KIND_LOST)
    assert [type(effect) for effect in effects] == [Settled, Stop]
    assert peer.session.save_checkpoint("a", b"y", "") is None
    peer.finish("a")
    said = peer.said()
    assert not said.beats and not said.finishes
    peer.session.close()
    assert not peer.connect()[0].held_leases


def test_an_accept_that_came_too_late_stops_the_handler(peer):
    peer.assign("a")
    peer.said()
    effects = peer.ack("a", accepted=False, current_attempt=1)
    assert effects[-1].reason is StopReason.LOST


def test_what_the_server_does_not_know_after_a_reconnect_is_stopped(peer):
    peer.assign("a", "b")
    peer.said()
    peer.session.close()
    hello, effects = peer.connect(kept=["a"], lost=["b"])
    assert list(hello.held_leases) == ["a", "b"]
    assert [(effect.lease, effect.reason) for effect in effects if isinstance(effect, Stop)] == [
        ("b", StopReason.LOST)]
    said = peer.said()
    assert leases(said.beats) == ["a"] and not said.accepts


def test_what_handlers_say_without_a_stream_is_said_on_the_next(peer):
    peer.assign("a", "b")
    peer.said()
    peer.session.close()
    peer.session.report("a", task_pb2.Progress(step="x"))
    peer.session.log("a", task_pb2.LogLine(text="l"))
    peer.session.save_checkpoint("a", b"c", "")
    peer.finish("b")
    hello, _ = peer.connect(kept=["a", "b"])
    assert list(hello.held_leases) == ["a", "b"]
    said = peer.said()
    [beat] = said.beats
    assert (beat.progress.step, beat.log_lines[0].text, beat.checkpoint.data) == ("x", "l", b"c")
    assert leases(said.finishes) == ["b"]


# Draining


def test_a_draining_worker_says_so_once_and_takes_nothing(peer):
    peer.assign("a")
    peer.said()
    peer.session.drain()
    said = peer.said()
    assert said.draining and not said.HasField("credit"), "that says it all"
    assert not peer.said().draining
    assert peer.assign("late") == []
    said = peer.said()
    assert (leases(said.accepts), leases(said.releases)) == (["late"], ["late"])
    peer.finish("a")
    assert not peer.said().HasField("credit")
    peer.ack("a"), peer.ack("late")
    assert peer.session.is_settled


def test_a_handler_that_does_not_stop_is_given_back_and_heard_no_more(peer):
    peer.assign("a")
    assert peer.session.stopping("a") and not peer.session.stopping("a")
    peer.session.abandon("a")
    assert leases(peer.said().releases) == ["a"]
    assert peer.session.running == 1
    peer.finish("a")
    assert not peer.said().finishes
    peer.ack("a")
    assert peer.session.is_settled and peer.session.running == 0


def test_starts_carry_the_assign(peer):
    [start] = peer.assign("a")
    assert start == Start(pb.Assign(lease="a", attempt=1))
