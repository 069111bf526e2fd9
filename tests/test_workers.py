"""Workers over plain gRPC: a fleet of processes in any language."""

import threading
import time

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, seconds, spec
from support.stubs import Duration, pools, task, workers
from support.worker import Worker

RUNNING, PENDING = task.TASK_STATE_RUNNING, task.TASK_STATE_PENDING
SUCCEEDED, SCHEDULED = task.TASK_STATE_SUCCEEDED, task.TASK_STATE_SCHEDULED


def listed(client):
    return list(client.workers.ListWorkers(workers.ListWorkersRequest(), timeout=TIMEOUT).workers)


def hello(**fields):
    fields.setdefault("instance", "unary-1")
    return workers.WorkerHello(name="unary", slots=5, kinds=["remote"], **fields)


def lease_tasks(client, max_tasks=10, wait=20, **fields):
    return client.workers.LeaseTasks(
        workers.LeaseTasksRequest(
            worker=hello(**fields), max_tasks=max_tasks, wait=seconds(wait)),
        timeout=TIMEOUT)


def test_a_task_runs_on_a_worker_and_its_result_is_kept(client, pool):
    worker = Worker(client, credit=5, labels={"zone": "a"})
    assert worker.welcome.lease_length.ToSeconds() == 10
    assert 0 < worker.welcome.beat_interval.ToSeconds() < 10
    submitted = client.submit(pool, "remote", b"payload", labels={"a": "1"})
    assign = worker.assign()
    assert client.get(submitted.id).state == PENDING, "nobody has accepted yet"
    assert (assign.task.id, assign.task.spec.payload, assign.attempt) == (
        submitted.id, b"payload", 1)
    assert assign.fencing_epoch > 0
    worker.accept(assign.lease)
    assert client.wait_until(submitted.id, RUNNING).worker == "tester"
    worker.succeed(assign.lease, b"done")
    ack = worker.ack()
    assert (ack.lease, ack.accepted) == (assign.lease, True)
    done = client.get(submitted.id)
    assert (done.state, done.result.data, done.worker) == (SUCCEEDED, b"done", "tester")
    worker.leave()


def test_a_finish_that_was_accepted_is_accepted_again(client, pool):
    worker = Worker(client, credit=5)
    client.submit(pool, "remote")
    lease = worker.take().lease
    for _ in range(3):
        worker.succeed(lease)
        assert worker.ack().accepted
    worker.leave()


def test_a_failure_is_retried_on_any_worker(client, pool):
    worker = Worker(client, credit=5)
    id = client.submit(pool, "remote", retry_policy=task.RetryPolicy(
        initial_backoff=seconds(0.001))).id
    first = worker.take()
    worker.fail(first.lease, code="BUSY", message="try again")
    assert worker.ack().accepted
    second = worker.take()
    assert second.attempt == 2 and second.fencing_epoch > first.fencing_epoch
    assert second.task.failure.code == "BUSY"
    worker.fail(second.lease, code="NO", message="never", non_retryable=True)
    assert worker.ack().accepted
    assert client.wait(id).failure.code == "NO"
    worker.leave()


def test_a_failure_may_say_what_it_is_of_and_how_long_to_wait(client, pool):
    worker = Worker(client, credit=5)
    id = client.submit(pool, "remote", retry_policy=task.RetryPolicy(
        initial_backoff=seconds(60))).id
    first = worker.take()
    worker.fail(first.lease, failure_class="network", retry_delay=seconds(0.001))
    assert worker.ack().accepted
    second = worker.take()
    failure = second.task.failure
    assert (second.attempt, failure.failure_class) == (2, "network")
    assert failure.retry_delay == seconds(0.001)
    worker.succeed(second.lease)
    assert client.wait(id).state == SUCCEEDED
    worker.leave()


@pytest.mark.parametrize("field, failure", [
    ("failure.retry_delay", {"retry_delay": seconds(-1)}),
    ("failure.retry_delay", {"retry_delay": seconds(3_653 * 86_400 + 1)}),
    ("failure.failure_class", {"failure_class": "No Class"}),
    ("failure.failure_class", {"failure_class": "x" * 64}),
])
def test_a_failure_that_makes_no_sense_changes_nothing(client, pool, field, failure):
    worker = Worker(client, credit=5)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    worker.fail(lease, **failure)
    ack = worker.ack()
    assert not ack.accepted and ack.problem.startswith(field)
    # The answer to nonsense does not wait for what was said before, the lease's acceptance.
    client.wait_until(id, RUNNING)
    worker.succeed(lease)
    assert worker.ack().accepted
    worker.leave()


def test_a_task_that_is_given_back_for_a_while_waits_so_long(client, pool):
    worker = Worker(client, credit=5)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    worker.release(lease, delay=seconds(3_653 * 86_400 + 1))
    ack = worker.ack()
    assert not ack.accepted and ack.problem.startswith("delay")
    worker.release(lease, delay=seconds(0.2))
    assert worker.ack().accepted
    waiting = client.get(id)
    assert waiting.state in (SCHEDULED, PENDING, RUNNING) and waiting.attempt == 1
    again = worker.take()
    assert (again.task.id, again.attempt) == (id, 2)
    worker.succeed(again.lease)
    assert client.wait(id).state == SUCCEEDED
    worker.leave()


def test_a_worker_that_beats_for_a_silent_handler_loses_it(client, pool):
    worker = Worker(client, credit=5)
    id = client.submit(
        pool, "remote", heartbeat_timeout=seconds(1.5),
        retry_policy=task.RetryPolicy(max_attempts=1)).id
    lease = worker.take().lease
    # Words count, whatever they are.
    for words in ({"progress": {"percent": 1}}, {"log_lines": [{"text": "on"}]}):
        time.sleep(0.9)
        worker.beat(lease, **words)
    time.sleep(0.9)
    assert client.get(id).state == RUNNING
    worker.beat(lease)
    directive = worker.directive()
    assert (directive.lease, directive.kind) == (lease, workers.DIRECTIVE_KIND_LOST)
    assert directive.reason == "the handler was silent for longer than 1500 ms"
    failed = client.wait(id)
    assert failed.failure.kind == task.FAILURE_KIND_HEARTBEAT_TIMEOUT
    worker.succeed(lease)
    assert not worker.ack().accepted
    worker.leave()


def test_a_task_that_waits_too_long_for_a_worker_fails_for_good(client, pool):
    id = client.submit(pool, "remote", queue_timeout=seconds(0.2)).id
    failed = client.wait(id)
    assert (failed.state, failed.attempt) == (task.TASK_STATE_FAILED, 0)
    assert failed.failure.kind == task.FAILURE_KIND_QUEUE_TIMEOUT
    assert not failed.failure.retryable


def test_a_released_task_goes_back_and_does_not_count(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    worker.release(worker.take().lease)
    assert worker.ack().accepted
    worker.credit(1)
    assign = worker.take()
    assert (assign.task.id, assign.attempt) == (id, 2)
    worker.succeed(assign.lease)
    assert client.wait(id).state == SUCCEEDED
    worker.leave()


def test_cancel_reaches_the_worker_with_its_reason(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    client.wait_until(id, RUNNING)
    started = time.monotonic()
    client.cancel(id, "no longer needed")
    directive = worker.directive()
    took = time.monotonic() - started
    assert (directive.lease, directive.kind) == (lease, workers.DIRECTIVE_KIND_CANCEL)
    assert directive.reason == "no longer needed"
    assert 0 < directive.grace.ToSeconds() <= 10
    assert took < 10, "long before any beat"
    worker.succeed(lease)
    assert worker.ack().accepted
    assert client.wait(id).state == task.TASK_STATE_CANCELLED
    worker.leave()


def test_a_killed_worker_is_noticed_and_its_task_runs_elsewhere(make_server):
    with Client(make_server("--limit-lease-ms", "1000")) as client:
        client.create_pool("p")
        worker = Worker(client, credit=1)
        id = client.submit("p", "remote").id
        lost = worker.take()
        client.wait_until(id, RUNNING)
        other = Worker(client, credit=1, name="other")
        worker.vanish()
        again = other.take()
        assert (again.task.id, again.attempt) == (id, 2)
        assert again.task.failure.kind == task.FAILURE_KIND_WORKER_LOST
        # The first one is back, too late.
        late = Worker(client, instance=worker.instance, held_leases=[lost.lease])
        assert list(late.welcome.lost_leases) == [lost.lease]
        late.succeed(lost.lease, b"late")
        ack = late.ack()
        assert not ack.accepted and ack.current_attempt == 2
        other.succeed(again.lease, b"good")
        assert other.ack().accepted
        assert client.wait(id).result.data == b"good"


def test_a_worker_that_stops_beating_loses_its_lease_though_its_stream_stands(make_server):
    with Client(make_server("--limit-lease-ms", "1000")) as client:
        client.create_pool("p")
        worker = Worker(client, credit=1)
        client.submit("p", "remote")
        lease = worker.take().lease
        directive = worker.directive()
        assert (directive.lease, directive.kind) == (lease, workers.DIRECTIVE_KIND_LOST)


def test_beats_keep_a_lease_and_carry_progress(make_server):
    with Client(make_server("--limit-lease-ms", "1000")) as client:
        client.create_pool("p")
        worker = Worker(client, credit=1)
        id = client.submit("p", "remote").id
        lease = worker.take().lease
        end = time.monotonic() + 3
        while time.monotonic() < end:
            worker.beat(lease, progress=task.Progress(percent=50, step="half"))
            time.sleep(0.2)
        worker.succeed(lease)
        assert worker.ack().accepted
        done = client.wait(id)
        assert (done.attempt, done.progress.step) == (1, "half")


def test_a_lost_stream_costs_nothing_if_the_worker_comes_back(client, pool):
    worker = Worker(client, credit=1)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    client.wait_until(id, RUNNING)
    worker.vanish()
    again = Worker(client, instance=worker.instance, held_leases=[lease])
    assert list(again.welcome.kept_leases) == [lease]
    again.succeed(lease)
    assert again.ack().accepted
    assert client.wait(id).attempt == 1


def test_the_same_instance_supersedes_its_old_stream(client, pool):
    old = Worker(client)
    new = Worker(client, instance=old.instance)
    assert old.wait_end().code() == StatusCode.ABORTED
    assert new.welcome.worker_id == old.welcome.worker_id
    new.leave()


def test_an_attempt_survives_a_restart_of_the_server(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("p")
        worker = Worker(client, credit=1)
        id = client.submit("p", "remote").id
        lease = worker.take().lease
        client.wait_until(id, RUNNING)
    server.kill()
    server.start()
    with Client(server) as client:
        assert client.get(id).state == RUNNING
        again = Worker(client, instance=worker.instance, held_leases=[lease])
        assert list(again.welcome.kept_leases) == [lease]
        again.succeed(lease, b"done")
        assert again.ack().accepted
        done = client.wait(id)
        assert (done.attempt, done.result.data) == (1, b"done")


def test_tasks_go_to_workers_that_have_the_labels_they_select(client, pool):
    plain = Worker(client, credit=5)
    special = Worker(client, credit=1, labels={"gpu": "yes"})
    id = client.submit(pool, "remote", worker_selector={"gpu": "yes"}).id
    assert special.assign().task.id == id
    other = client.submit(pool, "remote").id
    assert plain.assign().task.id == other
    plain.leave(), special.leave()
    # Else the next worker gets them.
    client.cancel(id), client.cancel(other)


def test_what_is_not_accepted_in_time_goes_to_another(make_server):
    with Client(make_server("--limit-offer-ms", "300")) as client:
        client.create_pool("p")
        stuck = Worker(client, credit=5)
        id = client.submit("p", "remote").id
        offered = stuck.assign()
        other = Worker(client, credit=1)
        assert other.take().task.id == id
        stuck.accept(offered.lease)
        assert not stuck.ack().accepted


def test_a_task_that_nobody_serves_says_so_and_blocks_no_other(client, pool):
    alone = client.submit(pool, "nobody.serves.this").id
    assert client.get(alone).waiting_for == "nobody serves nobody.serves.this"
    picky = client.submit(pool, "echo", worker_selector={"gpu": "yes"}).id
    assert client.get(picky).waiting_for == (
        "no worker serves echo, and a task with a worker selector goes to workers only")
    assert client.wait(client.submit(pool, "echo").id).state == SUCCEEDED
    worker = Worker(client, kinds=["nobody.serves.this"])
    assert client.get(alone).waiting_for == (
        "the worker that could run nobody.serves.this is busy")
    worker.leave()
    client.cancel(alone), client.cancel(picky)


def test_operators_see_drain_and_disconnect_workers(client, pool):
    worker = Worker(client, credit=3, name="ann", labels={"zone": "a"}, pools=[pool])
    id = worker.welcome.worker_id
    seen = client.workers.GetWorker(workers.GetWorkerRequest(id=id), timeout=TIMEOUT).worker
    assert (seen.name, seen.instance, list(seen.kinds), list(seen.pools), dict(seen.labels)) == (
        "ann", worker.instance, ["remote"], [pool], {"zone": "a"})
    assert seen.connected and not seen.draining and id in [one.id for one in listed(client)]
    drained = client.workers.DrainWorker(workers.DrainWorkerRequest(id=id), timeout=TIMEOUT)
    assert drained.worker.draining
    waiting = client.submit(pool, "remote").id
    assert client.get(waiting).state == PENDING
    client.workers.DisconnectWorker(workers.DisconnectWorkerRequest(id=id), timeout=TIMEOUT)
    assert worker.wait_end().code() == StatusCode.ABORTED
    client.cancel(waiting)
    with refused(StatusCode.NOT_FOUND, "WORKER_NOT_FOUND"):
        client.workers.GetWorker(workers.GetWorkerRequest(id="w0"), timeout=TIMEOUT)
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        client.workers.GetWorker(workers.GetWorkerRequest(id="nobody"), timeout=TIMEOUT)


# Bad input


@pytest.mark.parametrize("fields, field", [
    ({"kinds": ["Not A Kind"]}, "hello.kinds[0]"),
    ({"kinds": []}, "hello.kinds"),
    ({"name": ""}, "hello.name"),
    ({"slots": -1}, "hello.slots"),
    ({"pools": ["NO"]}, "hello.pools[0]"),
    ({"labels": {"": "x"}}, 'hello.labels[""]'),
    ({"held_leases": ["rubbish"]}, "hello.held_leases[0]"),
])
def test_a_hello_that_makes_no_sense_is_refused(client, fields, field):
    message = {"name": "n", "instance": "i", "kinds": ["remote"], "slots": 1, **fields}
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        list(client.workers.Work(
            iter([workers.WorkRequest(hello=workers.WorkerHello(**message))]), timeout=TIMEOUT))
    assert field in caught.refusal.violations


def test_the_first_message_must_say_hello(client):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"):
        list(client.workers.Work(iter([workers.WorkRequest(ping=1)]), timeout=TIMEOUT))


def test_bad_entries_leave_the_other_leases_alone(client, pool):
    worker = Worker(client, credit=2)
    id = client.submit(pool, "remote").id
    lease = worker.take().lease
    worker.credit(-5)
    ack = worker.ack()
    assert (ack.lease, ack.accepted) == ("", False) and "credit.more" in ack.problem
    worker.succeed("never given")
    ack = worker.ack()
    assert not ack.accepted and "no lease" in ack.problem
    worker.succeed(lease[:-1] + ("0" if lease[-1] != "0" else "1"))
    ack = worker.ack()
    assert not ack.accepted and ack.current_attempt == 1
    worker.succeed(lease, bytes((1 << 20) + 1))
    ack = worker.ack()
    assert not ack.accepted and "result" in ack.problem
    worker.say(finishes=[workers.Finish(lease=lease)])
    assert "must be set" in worker.ack().problem
    worker.succeed(lease, b"fine")
    assert worker.ack().accepted
    assert client.wait(id).result.data == b"fine"
    worker.leave()


# Without a stream


def test_a_client_without_streams_leases_renews_and_finishes(client, pool):
    ids = client.batch(pool, [spec("remote") for _ in range(3)])
    reply = lease_tasks(client)
    assert [one.task.id for one in reply.assigns] == ids
    leases = [one.lease for one in reply.assigns]
    assert client.get(ids[0]).state == RUNNING
    renewed = client.workers.RenewLeases(workers.RenewLeasesRequest(
        beats=[workers.Beat(lease=one, progress=task.Progress(step="x")) for one in leases]),
        timeout=TIMEOUT)
    assert not renewed.directives
    client.cancel(ids[2], "stop")
    renewed = client.workers.RenewLeases(
        workers.RenewLeasesRequest(beats=[workers.Beat(lease=leases[2])]), timeout=TIMEOUT)
    assert [one.reason for one in renewed.directives] == ["stop"]
    finishes = [workers.Finish(lease=one, result={"data": b"r"}) for one in leases[:2]]
    for _ in range(2):
        acks = client.workers.FinishTasks(
            workers.FinishTasksRequest(finishes=finishes), timeout=TIMEOUT).acks
        assert [(ack.lease, ack.accepted) for ack in acks] == [
            (leases[0], True), (leases[1], True)]
    released = client.workers.ReleaseTasks(workers.ReleaseTasksRequest(
        releases=[workers.Release(lease=leases[2])]), timeout=TIMEOUT)
    assert released.acks[0].accepted
    assert client.wait(ids[2]).state == task.TASK_STATE_CANCELLED


def test_a_poll_takes_nothing_away_from_what_was_leased_before(client, pool):
    first, second = client.batch(pool, [spec("remote"), spec("remote")])
    taken = [lease_tasks(client, max_tasks=1, instance="twice").assigns[0] for _ in range(2)]
    assert [one.task.id for one in taken] == [first, second]
    acks = client.workers.FinishTasks(workers.FinishTasksRequest(
        finishes=[workers.Finish(lease=one.lease, result={}) for one in taken]),
        timeout=TIMEOUT).acks
    assert all(ack.accepted for ack in acks)
    assert client.wait(first).attempt == 1


def test_a_long_poll_hears_of_a_task_at_once_and_ends_empty_without_one(client, pool):
    assert not lease_tasks(client, wait=0.01, instance="empty").assigns
    waiting = client.workers.LeaseTasks.future(
        workers.LeaseTasksRequest(
            worker=hello(instance="long"), max_tasks=1, wait=seconds(50)), timeout=TIMEOUT)
    while not any(one.instance == "long" for one in listed(client)):
        pass
    id = client.submit(pool, "remote").id
    reply = waiting.result()
    assert [one.task.id for one in reply.assigns] == [id]
    client.workers.FinishTasks(workers.FinishTasksRequest(
        finishes=[workers.Finish(lease=reply.assigns[0].lease, result={})]), timeout=TIMEOUT)


@pytest.mark.parametrize("request_fields, field", [
    ({"max_tasks": 0}, "max_tasks"),
    ({"max_tasks": 1_001}, "max_tasks"),
    ({"wait": Duration(seconds=61)}, "wait"),
    ({"worker": hello(pools=["NO"])}, "worker.pools[0]"),
])
def test_a_lease_request_out_of_bounds_is_refused(client, request_fields, field):
    request = {"worker": hello(), "max_tasks": 1, **request_fields}
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        client.workers.LeaseTasks(workers.LeaseTasksRequest(**request), timeout=TIMEOUT)
    assert field in caught.refusal.violations


def test_many_tasks_over_two_workers_all_end_once(client):
    client.create_pool("wide", slots=100)
    pair = [Worker(client, credit=50) for _ in range(2)]
    ids = []
    for _ in range(10):
        ids += client.batch("wide", [spec("remote") for _ in range(100)])

    def serve(worker):
        received = 0
        while (assign := worker.assigns.get()) is not None:
            received += 1
            worker.accept(assign.lease)
            worker.succeed(assign.lease)
            worker.say(credit=workers.Credit(more=50, received=received))

    threads = [threading.Thread(target=serve, args=(worker,)) for worker in pair]
    for thread in threads:
        thread.start()
    ended = client.wait_all(ids)
    assert all(one.state == SUCCEEDED and one.attempt == 1 for one in ended.values())
    for worker, thread in zip(pair, threads):
        worker.leave()
        thread.join()
