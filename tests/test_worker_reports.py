"""What workers say while they run something: checkpoints and lines; and what pauses it."""

from grpc import StatusCode

from support.client import TIMEOUT, Client, refused
from support.stubs import events, task, tasks, workers
from support.worker import Worker
from test_workers import lease_tasks

BASIC = task.TASK_VIEW_BASIC
PENDING, RUNNING, PAUSED = (
    task.TASK_STATE_PENDING, task.TASK_STATE_RUNNING, task.TASK_STATE_PAUSED)


def checkpoint(sequence, data=b"work", content_type="text/plain"):
    return task.Checkpoint(sequence=sequence, data=data, content_type=content_type)


def save(worker, lease, *args):
    worker.beat(lease, checkpoint=checkpoint(*args))
    return worker.ack()


def pause(client, id, reason=""):
    return client.tasks.PauseTask(
        tasks.PauseTaskRequest(id=id, reason=reason), timeout=TIMEOUT).task


def resume(client, id, reason=""):
    return client.tasks.ResumeTask(
        tasks.ResumeTaskRequest(id=id, reason=reason), timeout=TIMEOUT).task


def story(client, id, **request):
    replies = client.events.WatchEvents(events.WatchEventsRequest(
        beginning=True, until_now=True, task_ids=[id], **request), timeout=TIMEOUT)
    return [event for reply in replies for event in reply.events]


# Checkpoints


def test_a_checkpoint_is_acknowledged_and_handed_to_the_next_attempt(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    first = worker.take()
    assert not first.HasField("checkpoint")
    for sequence, data in [(1, b"one"), (5, b"five")]:
        ack = save(worker, first.lease, sequence, data)
        assert (ack.lease, ack.accepted, ack.checkpoint_sequence) == (first.lease, True, sequence)
    assert client.get(id).checkpoint == checkpoint(5, b"five")
    assert client.get(id, BASIC).checkpoint == task.Checkpoint(sequence=5)
    worker.release(first.lease)
    assert worker.ack().checkpoint_sequence == 0
    worker.credit(1)
    second = worker.take()
    assert second.checkpoint == checkpoint(5, b"five")
    worker.succeed(second.lease)
    assert worker.ack().accepted
    done = client.wait(id)
    assert done.checkpoint == task.Checkpoint(sequence=5), "its bytes are of no use any more"
    assert [event.checkpoint_sequence for event in story(
        client, id, types=[events.EVENT_TYPE_TASK_CHECKPOINTED])] == [1, 5]
    worker.leave()


def test_a_checkpoint_is_there_after_kill_9_however_long_ago_it_was_saved(make_server):
    server = make_server("--limit-lease-ms", "1000", "--limit-feed-ring-bytes", "1048576")
    big = bytes(range(256)) * 4096
    with Client(server) as client:
        client.create_pool("p")
        worker = Worker(client, credit=1)
        id = client.submit("p", "remote").id
        lease = worker.take().lease
        assert save(worker, lease, 1, big).accepted
        # So much that its segment is in memory no more.
        for _ in range(4):
            client.submit("p", "nobody", bytes(1 << 20))
        assert client.get(id).checkpoint.data == big
    server.kill()
    server.start()
    with Client(server) as client:
        other = Worker(client, credit=1)
        again = other.take()
        assert (again.task.id, again.attempt, again.checkpoint.data) == (id, 2, big)
        other.fail(again.lease, code="NO", non_retryable=True)
        assert other.ack().accepted
        assert client.get(id).checkpoint.data == big
        client.tasks.RetryTask(tasks.RetryTaskRequest(id=id), timeout=TIMEOUT)
        other.credit(1)
        assert other.take().checkpoint.data == big


def test_a_checkpoint_that_makes_no_sense_changes_nothing(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    assert save(worker, lease, 4, b"kept").accepted
    assert save(worker, lease, 4, b"kept").accepted, "it did not hear the ack and repeats it"
    for args, problem in [
            ((3,), "above 4"), ((0,), "1 or more"), ((5, bytes((1 << 20) + 1)), "bytes"),
            ((5, b"", "x" * 128), "content_type")]:
        ack = save(worker, lease, *args)
        assert not ack.accepted and problem in ack.problem and ack.current_attempt == 0
    worker.beat("never given", checkpoint=checkpoint(9))
    assert "no lease" in worker.ack().problem
    assert client.get(id).checkpoint == checkpoint(4, b"kept")
    worker.succeed(lease)
    assert worker.ack().accepted
    assert not save(worker, lease, 5).accepted, "the lease has ended"
    worker.leave()


# Lines


def test_lines_are_events(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    worker.beat(lease, log_lines=[
        task.LogLine(text="reading", level=task.LOG_LEVEL_DEBUG),
        task.LogLine(text="strange", level=task.LOG_LEVEL_WARNING)])
    worker.beat(lease, log_lines=[task.LogLine(text="x" * 5000)] * 500)
    worker.succeed(lease)
    assert worker.ack().accepted
    first, second = story(client, id, types=[events.EVENT_TYPE_TASK_LOGGED])
    assert [(line.text, line.level) for line in first.log_lines] == [
        ("reading", task.LOG_LEVEL_DEBUG), ("strange", task.LOG_LEVEL_WARNING)]
    assert first.log_lines[0].HasField("time")
    lines = [line.text for line in second.log_lines]
    assert lines == ["x" * 4096] * 16, "cut to what fits"
    worker.leave()


# Pauses


def test_a_running_task_is_told_to_pause_saves_its_work_and_goes_on_from_it(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    client.wait_until(id, RUNNING)
    told = pause(client, id, "make room")
    assert (told.state, told.pause_reason) == (RUNNING, "make room")
    assert told.HasField("pause_request_time")
    directive = worker.directive()
    assert (directive.lease, directive.kind, directive.reason) == (
        lease, workers.DIRECTIVE_KIND_PAUSE, "make room")
    assert 0 < directive.grace.ToSeconds() <= 10
    worker.say(
        beats=[workers.Beat(lease=lease, checkpoint=checkpoint(1, b"half"))],
        releases=[workers.Release(lease=lease)])
    assert [worker.ack().accepted for _ in range(2)] == [True, True]
    paused = client.wait_until(id, PAUSED)
    assert (paused.pause_reason, paused.HasField("pause_request_time")) == ("make room", False)
    worker.credit(1)
    assert pause(client, id).state == PAUSED, "safe to repeat"
    resume(client, id)
    again = worker.take()
    assert (again.task.id, again.attempt, again.checkpoint.data) == (id, 2, b"half")
    worker.succeed(again.lease)
    assert worker.ack().accepted
    types = [events.EventType.Name(event.type) for event in story(client, id)]
    assert types == ["EVENT_TYPE_TASK_" + name for name in (
        "SUBMITTED", "STARTED", "PAUSE_REQUESTED", "CHECKPOINTED", "PAUSED", "RESUMED", "STARTED",
        "SUCCEEDED")]
    with refused(StatusCode.FAILED_PRECONDITION, "TASK_TERMINAL"):
        pause(client, id)
    with refused(StatusCode.FAILED_PRECONDITION, "TASK_NOT_PAUSED"):
        resume(client, id)
    worker.leave()


def test_a_handler_that_does_not_pause_is_fenced_after_the_grace(make_server):
    with Client(make_server("--limit-cancel-grace-ms", "500")) as client:
        client.create_pool("p", slots=1)
        worker = Worker(client, credit=1)
        id = client.submit("p", "remote").id
        lease = worker.take().lease
        client.wait_until(id, RUNNING)
        pause(client, id)
        assert worker.directive().kind == workers.DIRECTIVE_KIND_PAUSE
        directive = worker.directive()
        assert (directive.lease, directive.kind) == (lease, workers.DIRECTIVE_KIND_LOST)
        assert client.get(id).state == PAUSED
        worker.succeed(lease)
        assert not worker.ack().accepted
        worker.credit(1)
        other = client.submit("p", "remote").id
        assert worker.take().task.id == other, "its slot is free"


def test_a_handler_of_the_server_is_paused_too(client, pool):
    id = client.submit(pool, "sleep", {"seconds": 60}).id
    client.wait_until(id, RUNNING)
    pause(client, id)
    paused = client.wait_until(id, PAUSED)
    assert paused.attempt == 1
    resume(client, id, "go on")
    assert client.wait_until(id, RUNNING).attempt == 2
    client.cancel(id)


def test_a_waiting_task_is_paused_at_once_and_can_be_cancelled(client, pool):
    id = client.submit(pool, "nobody.serves.this").id
    assert pause(client, id, "not now").state == PAUSED
    worker = Worker(client, kinds=["nobody.serves.this"], credit=1)
    assert client.get(id).state == PAUSED
    cancelled = client.cancel(id)
    assert (cancelled.state, cancelled.pause_reason) == (task.TASK_STATE_CANCELLED, "")
    worker.leave()


def test_pause_and_resume_refuse_what_makes_no_sense(client, pool):
    for call in (pause, resume):
        with refused(StatusCode.NOT_FOUND, "TASK_NOT_FOUND"):
            call(client, "0000000000001")
        with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
            call(client, "nonsense")
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    client.wait_until(id, RUNNING)
    with refused(StatusCode.FAILED_PRECONDITION, "TASK_NOT_PAUSED"):
        resume(client, id)
    client.cancel(id)
    with refused(StatusCode.FAILED_PRECONDITION, "TASK_NOT_PAUSABLE"):
        pause(client, id)
    worker.succeed(lease)
    assert worker.ack().accepted
    worker.leave()


# Without a stream


def test_checkpoints_and_pauses_work_without_a_stream(client, pool):
    id = client.submit(pool, "remote").id
    lease = lease_tasks(client, max_tasks=1, instance="saver").assigns[0].lease
    pause(client, id, "wait")
    reply = client.workers.RenewLeases(workers.RenewLeasesRequest(beats=[
        workers.Beat(lease=lease, checkpoint=checkpoint(1, b"half"),
                     log_lines=[task.LogLine(text="line")]),
        workers.Beat(lease=lease, checkpoint=checkpoint(0))]), timeout=TIMEOUT)
    assert [(one.kind, one.reason) for one in reply.directives][0] == (
        workers.DIRECTIVE_KIND_PAUSE, "wait")
    assert [(ack.accepted, ack.checkpoint_sequence) for ack in reply.acks] == [
        (True, 1), (False, 0)]
    client.workers.ReleaseTasks(workers.ReleaseTasksRequest(
        releases=[workers.Release(lease=lease)]), timeout=TIMEOUT)
    assert client.get(id).state == PAUSED
    resume(client, id)
    again = lease_tasks(client, max_tasks=1, instance="saver").assigns[0]
    assert again.checkpoint.data == b"half"
    client.workers.FinishTasks(workers.FinishTasksRequest(
        finishes=[workers.Finish(lease=again.lease, result={})]), timeout=TIMEOUT)
    assert client.wait(id).state == task.TASK_STATE_SUCCEEDED
