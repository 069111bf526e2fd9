"""Tasks that wait for others, and workflows, as any gRPC client sees them; also across `kill -9`."""

import json
import signal
import time

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, spec
from support.stubs import events, pools, stories, task, tasks, workers, workflows

SUCCEEDED = workflows.WORKFLOW_STATE_SUCCEEDED
FAILED = workflows.WORKFLOW_STATE_FAILED
CANCELLED = workflows.WORKFLOW_STATE_CANCELLED
RUNNING = workflows.WORKFLOW_STATE_RUNNING
HOLD = task.DEPENDENCY_RULE_HOLD
ANYWAY = task.DEPENDENCY_RULE_RUN_ANYWAY


def node(ref, *after, kind="echo", level="", weight=None, pool="", payload=b"", **fields):
    return workflows.WorkflowTaskSpec(
        pool=pool, level=level, weight=weight,
        spec=spec(kind, payload, ref=ref, depends_on=after, **fields))


def failing(ref, *after, **fields):
    return node(
        ref, *after, kind="fail", retry_policy=task.RetryPolicy(max_attempts=1), **fields)


def submit(client, pool, *nodes, name="flow", **fields):
    response = client.workflows.SubmitWorkflow(
        workflows.SubmitWorkflowRequest(name=name, pool=pool, tasks=nodes, **fields),
        timeout=TIMEOUT)
    return response.workflow, list(response.task_ids)


def get(client, id):
    return client.workflows.GetWorkflow(
        workflows.GetWorkflowRequest(id=id), timeout=TIMEOUT).workflow


def end(client, id):
    *_, last = client.workflows.WatchWorkflow(
        workflows.WatchWorkflowRequest(id=id), timeout=TIMEOUT)
    return last.workflow


def counts(workflow):
    return {task.TaskState.Name(entry.state)[11:]: entry.count for entry in workflow.counts}


def states(client, ids):
    return [task.TaskState.Name(client.get(id).state)[11:] for id in ids]


# Dependencies


def test_a_batch_runs_in_the_order_of_its_dependencies(client, pool):
    ids = client.batch(pool, [
        spec(ref="last", depends_on=["middle"]), spec(ref="first"),
        spec(ref="middle", depends_on=["first"])])
    for id in ids:
        assert client.wait(id).state == task.TASK_STATE_SUCCEEDED
    starts = [client.get(id).start_time.ToNanoseconds() for id in ids]
    assert starts[1] <= starts[2] <= starts[0]
    assert list(client.get(ids[0]).spec.depends_on) == [ids[2]]
    assert client.get(ids[0]).spec.ref == "last"


def test_a_task_may_wait_for_one_that_is_there_or_has_ended(client, pool):
    first = client.submit(pool, "unserved")
    second = client.submit(pool, depends_on=[first.id])
    assert second.state == task.TASK_STATE_BLOCKED
    causes = client.tasks.ExplainTask(tasks.ExplainTaskRequest(id=second.id)).causes
    assert list(causes[0].depends_on) == [first.id] and causes[0].dependencies == 1
    assert first.id in client.get(second.id).waiting_for
    client.tasks.CancelTask(tasks.CancelTaskRequest(id=first.id))
    ended = client.wait(second.id)
    assert ended.state == task.TASK_STATE_CANCELLED
    assert ended.failure.kind == task.FAILURE_KIND_DEPENDENCY and first.id in ended.failure.message
    done = client.wait(client.submit(pool).id)
    third = client.submit(pool, depends_on=[done.id])
    assert client.wait(third.id).state == task.TASK_STATE_SUCCEEDED


def test_held_tasks_go_on_when_the_other_was_retried(client, pool):
    blocker = client.submit(pool, "unserved")
    held = client.submit(pool, depends_on=[blocker.id], on_dependency_failure=HOLD)
    anyway = client.submit(pool, depends_on=[blocker.id], on_dependency_failure=ANYWAY)
    client.tasks.CancelTask(tasks.CancelTaskRequest(id=blocker.id))
    assert client.wait(anyway.id).state == task.TASK_STATE_SUCCEEDED
    assert client.get(held.id).state == task.TASK_STATE_BLOCKED
    causes = client.tasks.ExplainTask(tasks.ExplainTaskRequest(id=held.id)).causes
    assert causes[0].type == tasks_cause("HELD_BY_DEPENDENCIES")
    client.tasks.RetryTask(tasks.RetryTaskRequest(id=blocker.id))
    causes = client.tasks.ExplainTask(tasks.ExplainTaskRequest(id=held.id)).causes
    assert causes[0].type == tasks_cause("DEPENDENCIES")


def tasks_cause(name):
    return stories.WaitingCauseType.Value(f"WAITING_CAUSE_TYPE_{name}")


def test_results_are_handed_on(client, pool):
    session = client.workers
    first, second = client.batch(pool, [
        spec(payload={"n": 1}, ref="one"),
        spec("collect", ref="all", depends_on=["one"], want_dependency_results=True)])
    client.wait(first)
    deadline = time.monotonic() + 30
    assigns = []
    while not assigns and time.monotonic() < deadline:
        assigns = session.LeaseTasks(workers.LeaseTasksRequest(
            worker=workers.WorkerHello(name="w", instance="w1", kinds=["collect"], slots=1),
            max_tasks=1), timeout=TIMEOUT).assigns
    (result,) = assigns[0].dependencies
    assert (result.task_id, result.ref) == (first, "one")
    assert result.state == task.TASK_STATE_SUCCEEDED
    assert json.loads(result.result.data) == {"n": 1}


@pytest.mark.parametrize("specs, field, words", [
    ([spec(ref="a", depends_on=["b"]), spec(ref="b", depends_on=["a"])],
     "specs[0].depends_on", "a → b → a"),
    ([spec(ref="a", depends_on=["a"])], "specs[0].depends_on", "a → a"),
    ([spec(depends_on=["nobody"])], "specs[0].depends_on[0]", "neither"),
    ([spec(ref="a"), spec(ref="a")], "specs[1].ref", "no other task"),
    ([spec(ref="no spaces")], "specs[0].ref", "must be"),
    ([spec(ref="03nfdg5r80002")], "specs[0].ref", "look like a task id"),
    ([spec(depends_on=["a"] * 10_001)], "specs[0].depends_on", "at most 10000"),
])
def test_wrong_dependencies_are_refused_by_field(client, pool, specs, field, words):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as error:
        client.batch(pool, specs)
    assert words in error.refusal.violations[field]
    assert client.count(f'pool = "{pool}"').total == 0


def test_an_unknown_dependency_is_not_found(client, pool):
    with refused(StatusCode.NOT_FOUND, "DEPENDENCY_NOT_FOUND") as error:
        client.batch(pool, [spec(), spec(depends_on=["03nfdg5r80002"])])
    assert error.refusal.metadata["index"] == "1"
    assert client.count(f'pool = "{pool}"').total == 0


def test_a_pool_that_is_deleted_takes_its_dependants_along(client, pool):
    other = f"{pool}-gone"
    client.create_pool(other)
    blocker = client.submit(other, "unserved")
    waiting = client.submit(pool, depends_on=[blocker.id])
    client.pools.DeletePool(pools.DeletePoolRequest(name=other, force=True))
    assert client.wait(waiting.id).state == task.TASK_STATE_CANCELLED


# Workflows


def test_a_workflow_runs_over_pools_to_its_end(client, pool):
    client.create_pool(f"{pool}-2")
    flow, ids = submit(
        client, pool, node("a"), node("b", "a", pool=f"{pool}-2"), node("c", "a", "b"))
    assert (flow.state, flow.tasks) == (RUNNING, 3)
    ended = end(client, flow.id)
    assert ended.state == SUCCEEDED and ended.progress == 1
    assert counts(ended) == {"SUCCEEDED": 3}
    found = client.tasks.ListTasks(tasks.ListTasksRequest(filter=f"workflow = {flow.id}")).tasks
    assert {found.id for found in found} == set(ids)
    assert all(found.workflow == flow.id for found in found)
    seen = [event.type for response in client.events.WatchEvents(events.WatchEventsRequest(
        beginning=True, until_now=True, filter=f"workflow = {flow.id}"))
        for event in response.events]
    assert seen[0] == events.EVENT_TYPE_WORKFLOW_SUBMITTED
    assert seen[-1] == events.EVENT_TYPE_WORKFLOW_ENDED
    assert seen.count(events.EVENT_TYPE_TASK_UNBLOCKED) == 2


def test_levels_weigh_the_progress(client, pool):
    levels = [workflows.WorkflowLevelSpec(name=name, weight=weight)
              for name, weight in (("one", 10), ("two", 30), ("three", 60))]
    flow, _ = submit(
        client, pool, node("a", level="one"), node("b", "a", level="two", weight=3),
        node("c", "b", level="two", kind="unserved"), node("d", "c", level="three"),
        levels=levels)
    deadline = time.monotonic() + 30
    while get(client, flow.id).progress < 0.32 and time.monotonic() < deadline:
        time.sleep(0.02)
    now = get(client, flow.id)
    assert now.progress == pytest.approx(0.1 + 0.3 * 0.75)
    assert [level.ended_tasks for level in now.levels] == [1, 1, 0]
    client.workflows.CancelWorkflow(
        workflows.CancelWorkflowRequest(id=flow.id, reason="enough"))
    ended = end(client, flow.id)
    assert ended.state == CANCELLED and ended.cancel_reason == "enough"
    assert counts(ended) == {"SUCCEEDED": 2, "CANCELLED": 2}


def test_a_retry_reopens_what_failed_and_what_came_after(client, pool):
    flow, ids = submit(client, pool, node("a"), failing("b", "a"), node("c", "b"), node("d"))
    ended = end(client, flow.id)
    assert ended.state == FAILED
    assert counts(ended) == {"SUCCEEDED": 2, "FAILED": 1, "CANCELLED": 1}
    retried = client.workflows.RetryWorkflow(
        workflows.RetryWorkflowRequest(id=flow.id)).workflow
    assert retried.state == RUNNING
    again = end(client, flow.id)
    assert counts(again) == {"SUCCEEDED": 2, "FAILED": 1, "CANCELLED": 1}
    assert client.get(ids[1]).attempt == 2


def test_a_workflow_that_tolerates_failures_succeeds_in_part(client, pool):
    flow, _ = submit(client, pool, failing("a"), node("b"), tolerate_failures=True)
    ended = end(client, flow.id)
    assert ended.state == SUCCEEDED and counts(ended) == {"SUCCEEDED": 1, "FAILED": 1}
    with refused(StatusCode.NOT_FOUND, "WORKFLOW_NOT_FOUND"):
        get(client, "w999999")


def test_a_repeat_returns_the_same_workflow(client, pool):
    first, ids = submit(client, pool, node("a"), node("b", "a"), request_id=f"r-{pool}")
    again, same = submit(client, pool, node("a"), node("b", "a"), request_id=f"r-{pool}")
    assert (first.id, ids) == (again.id, same)
    with refused(StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"):
        submit(client, pool, node("a"), request_id=f"r-{pool}")
    end(client, first.id)
    with refused(StatusCode.FAILED_PRECONDITION, "WORKFLOW_NOT_RETRYABLE"):
        client.workflows.RetryWorkflow(workflows.RetryWorkflowRequest(id=first.id))


def test_lists_go_page_by_page(client, pool):
    for _ in range(5):
        end(client, submit(client, pool, node("a"), name=f"many-{pool}")[0].id)
    names, token = [], ""
    while True:
        page = client.workflows.ListWorkflows(workflows.ListWorkflowsRequest(
            name=f"many-{pool}", states=[SUCCEEDED], page_size=2, page_token=token))
        names += [workflow.id for workflow in page.workflows]
        token = page.next_page_token
        if not token:
            break
    assert len(names) == 5 and names == sorted(names, key=lambda id: -int(id[1:]))
    with refused(StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"):
        client.workflows.ListWorkflows(workflows.ListWorkflowsRequest(page_token="p1"))


@pytest.mark.parametrize("request_, field", [
    (dict(name=""), "name"),
    (dict(tasks=[]), "tasks"),
    (dict(tasks=[node("a", level="nowhere")]), "tasks[0].level"),
    (dict(tasks=[node("a", weight=0)]), "tasks[0].weight"),
    (dict(tasks=[node("a", unique=task.UniqueRule(key="k"))]), "tasks[0].spec.unique"),
    (dict(tasks=[workflows.WorkflowTaskSpec()]), "tasks[0].spec"),
    (dict(levels=[workflows.WorkflowLevelSpec(name="x"), workflows.WorkflowLevelSpec(name="x")]),
     "levels[1].name"),
    (dict(pool="", tasks=[node("a")]), "tasks[0].pool"),
    (dict(tasks=[node("a", "b"), node("b", "a")]), "tasks[0].spec.depends_on"),
])
def test_a_wrong_workflow_is_refused_by_field(client, pool, request_, field):
    request = dict(name="flow", pool=pool, tasks=[node("a")]) | request_
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as error:
        client.workflows.SubmitWorkflow(workflows.SubmitWorkflowRequest(**request))
    assert field in error.refusal.violations


def test_a_killed_server_goes_on_where_the_workflow_was(make_server):
    server = make_server()
    with Client(server) as client:
        client.create_pool("flows", slots=4)
        nodes = [node("root", kind="sleep", payload={"seconds": 0.01})]
        for layer in range(20):
            for place in range(10):
                after = [f"t{layer - 1}-{other}" for other in range(10)] if layer else ["root"]
                nodes.append(node(
                    f"t{layer}-{place}", *after, kind="sleep", payload={"seconds": 0.01}))
        flow, ids = submit(client, "flows", *nodes)
    for _ in range(3):
        time.sleep(0.3)
        server.restart(by=signal.SIGKILL)
    with Client(server) as client:
        ended = end(client, flow.id)
        assert ended.state == SUCCEEDED and counts(ended) == {"SUCCEEDED": len(ids)}
        assert ended.progress == 1
