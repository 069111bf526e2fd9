"""`martlet worker run`: any program as a worker, from its input to the end of all it started."""

import os
import subprocess

import pytest

from support.client import TIMEOUT, seconds
from support.program_worker import ProgramWorker, commands
from support.server import binary
from support.stubs import REPOSITORY, events, task

ONCE = task.RetryPolicy(max_attempts=1)


@pytest.fixture
def program(server, tmp_path):
    """program(script, *options): a worker that ends with the test."""
    started = []

    def make(script, *options, **more):
        started.append(ProgramWorker(server, tmp_path, script, *options, **more))
        return started[-1]

    yield make
    for worker in started:
        worker.__exit__()


def run(client, pool, payload=b"", **fields):
    fields.setdefault("retry_policy", ONCE)
    return client.wait(client.submit(pool, "program", payload, **fields).id)


def test_the_payload_goes_in_and_the_result_comes_out(client, pool, program):
    worker = program('tr a-z A-Z; echo " $MARTLET_KIND $MARTLET_POOL $MARTLET_ATTEMPT"')
    done = run(client, pool, b"hello")
    assert done.state == task.TASK_STATE_SUCCEEDED
    assert done.result.data == f"HELLO program {pool} 1\n".encode()
    assert done.worker == "program.sh"
    assert worker.terminate() == 0
    assert worker.leftovers() == []


def test_the_exit_code_decides_and_the_last_lines_say_why(client, pool, program):
    program('i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i + 1)); done; exit 3')
    failed = run(client, pool)
    assert failed.failure.code == "EXIT_3" and failed.failure.retryable
    lines = failed.failure.message.splitlines()
    assert lines[-1] == "line 1999" and lines[0].startswith("line ")
    assert 3000 < len(failed.failure.message) <= 4096


def test_a_program_says_how_its_failure_is_to_be_repeated(client, pool, program):
    program('''
        case $MARTLET_ATTEMPT in
        1) echo "snooze 10ms" >&3; exit 75;;
        2) echo "failure-class network" >&3; echo "retry-delay 10ms" >&3; exit 1;;
        *) echo no-retry >&3; exit 2;;
        esac''')
    failed = run(client, pool, retry_policy=task.RetryPolicy(
        max_attempts=9, initial_backoff=seconds(60)))
    assert (failed.attempt, failed.failure.code, failed.failure.retryable) == (3, "EXIT_2", False)
    repeated = [
        event for event in client.events_until_now(beginning=True, task_ids=[failed.id])
        if event.type == events.EVENT_TYPE_TASK_RETRY_SCHEDULED]
    assert [event.failure.failure_class for event in repeated] == ["network"]


def test_a_program_gets_none_of_the_connections_of_its_worker(client, pool, program):
    program("readlink /proc/self/fd/*; ls -l /proc/$$/fd")
    done = run(client, pool)
    assert done.state == task.TASK_STATE_SUCCEEDED
    assert b"pipe:" in done.result.data and b"socket:" not in done.result.data


def test_a_signal_is_named(client, pool, program):
    program("kill -SEGV $$")
    failure = run(client, pool).failure
    assert failure.code == "SIGNAL_SEGV" and "SIGSEGV" in failure.message


def test_a_payload_that_is_not_read_is_no_failure(client, pool, program):
    program("echo done")
    assert run(client, pool, b"x" * (1 << 20)).result.data == b"done\n"


def test_the_result_may_have_one_mebibyte_and_no_more(client, pool, program):
    program('head -c "$(cat)" /dev/zero')
    assert len(run(client, pool, b"1048576").result.data) == 1 << 20
    assert run(client, pool, b"1048577").failure.code == "RESULT_TOO_LARGE"
    # One that would go on for ever is ended.
    assert run(client, pool, b"1099511627776").failure.code == "RESULT_TOO_LARGE"


def test_what_a_program_leaves_behind_is_killed(client, pool, program):
    program("sleep 98761 & echo started")
    assert run(client, pool).result.data == b"started\n"
    assert not any("sleep 98761" in line for line in commands())


def test_cancel_reaches_a_program_and_what_it_started(client, pool, program):
    program("trap 'echo 42 bye >&3; exit 1' TERM; echo 1 ready >&3; sleep 98762 & wait")
    id = client.submit(pool, "program", retry_policy=ONCE).id
    wait_for_progress(client, id)
    client.cancel(id)
    ended = client.wait(id)
    assert ended.state == task.TASK_STATE_CANCELLED
    # What it said while it stopped was heard.
    assert (ended.progress.percent, ended.progress.step) == (42, "bye")
    assert not any("sleep 98762" in line for line in commands())


def test_a_program_that_does_not_stop_is_killed_after_the_grace(client, pool, program):
    program("trap '' TERM; echo 1 ready >&3; sleep 98763; sleep 98763", "--grace", "300ms")
    id = client.submit(pool, "program", retry_policy=ONCE).id
    wait_for_progress(client, id)
    client.cancel(id)
    assert client.wait(id).state == task.TASK_STATE_CANCELLED
    assert not any("sleep 98763" in line for line in commands())


def test_a_program_is_stopped_at_its_time_out(client, pool, program):
    program("sleep 98764", "--grace", "300ms")
    ended = run(client, pool, run_timeout=seconds(0.3))
    assert ended.failure.kind == task.FAILURE_KIND_RUN_TIMEOUT


def test_the_next_attempt_goes_on_from_the_checkpoint(client, pool, program):
    program("""
        step=$(cat "$MARTLET_CHECKPOINT_FILE" 2>/dev/null || echo 0)
        step=$((step + 1))
        echo $step > "$MARTLET_CHECKPOINT_FILE"
        if [ $step -lt 3 ]; then
          if [ $step = 1 ]; then echo checkpoint >&$MARTLET_PROGRESS_FD; fi
          exit 1
        fi
        echo "attempt $MARTLET_ATTEMPT"
        """)
    quickly = task.RetryPolicy(max_attempts=4, initial_backoff=seconds(0.001))
    done = run(client, pool, retry_policy=quickly)
    assert done.result.data == b"attempt 3\n"


def test_progress_and_lines_are_seen(client, pool, program):
    program("""
        echo "12.5% reading" >&3
        echo "log it goes well" >&3
        echo "content-type text/csv" >&3
        echo a,b
        """)
    done = run(client, pool)
    assert (done.progress.percent, done.progress.step) == (12.5, "reading")
    assert done.result.content_type == "text/csv"
    stream = client.events.WatchEvents(
        events.WatchEventsRequest(beginning=True, task_ids=[done.id], until_now=True),
        timeout=TIMEOUT)
    lines = [line.text for batch in stream for event in batch.events for line in event.log_lines]
    assert lines == ["it goes well"]


def test_a_worker_that_is_stopped_finishes_what_it_runs(client, pool, program):
    worker = program("echo 1 ready >&3; sleep 0.5; echo finished")
    id = client.submit(pool, "program").id
    wait_for_progress(client, id)
    assert worker.terminate() == 0
    assert client.wait(id).result.data == b"finished\n"
    assert worker.leftovers() == []


def test_a_worker_that_is_stopped_gives_back_what_runs_too_long(client, pool, program):
    worker = program(
        "trap 'echo half > $MARTLET_CHECKPOINT_FILE; exit 1' TERM; echo 1 ready >&3; "
        "sleep 98765 & wait", "--drain", "100ms")
    id = client.submit(pool, "program").id
    wait_for_progress(client, id)
    assert worker.terminate() == 0
    left = client.get(id)
    assert left.state == task.TASK_STATE_PENDING
    assert left.checkpoint.data == b"half\n"


def test_programs_do_not_outlive_a_worker_that_is_killed(client, pool, program, tmp_path):
    held = tmp_path / "held"
    os.mkfifo(held)
    worker = program(
        f"trap '' TERM; exec 4>{held}; echo 1 ready >&3; sleep 98766 & sleep 98766; sleep 98766",
        "--grace", "200ms")
    with open(os.open(held, os.O_RDONLY | os.O_NONBLOCK)) as pipe:
        os.set_blocking(pipe.fileno(), True)
        id = client.submit(pool, "program", retry_policy=ONCE).id
        wait_for_progress(client, id)
        worker.process.kill()
        # It ends when nobody holds it any more.
        assert pipe.read() == ""


def test_a_program_that_is_not_there_is_said_at_the_start(server):
    ran = subprocess.run(
        [binary("martlet"), "--server", server.address, "worker", "run", "--kind", "k", "--",
         "no-such-program"], capture_output=True, text=True, timeout=TIMEOUT)
    assert ran.returncode == 2 and "no-such-program" in ran.stderr and ran.stdout == ""


def test_the_shell_worker_of_the_examples_counts_its_steps(client, pool, program):
    program(f'exec "{REPOSITORY}/docs/examples/worker.sh"', kinds=("check.steps", "check.fail"))
    done = client.wait(client.submit(pool, "check.steps", b"3").id)
    assert done.result.data == b"3" and done.progress.step == "step 3"
    failed = client.wait(client.submit(pool, "check.fail", b"oh no", retry_policy=ONCE).id)
    assert "oh no" in failed.failure.message


def wait_for_progress(client, id):
    """Returns when the program has said that it runs."""
    stream = client.events.WatchEvents(
        events.WatchEventsRequest(beginning=True, task_ids=[id]), timeout=TIMEOUT)
    for batch in stream:
        if any(event.progress.step == "ready" for event in batch.events):
            stream.cancel()
            return
