"""Groups of pools that share a budget, as any gRPC client sees them; also across `kill -9`."""

import pytest
from grpc import StatusCode

from support.client import TIMEOUT, Client, refused, spec
from support.stubs import FieldMask, events, groups, pools, stories, task, tasks


def create(client, name, budget, **fields):
    return client.groups.CreateGroup(
        groups.CreateGroupRequest(name=name, spec=groups.GroupSpec(budget=budget), **fields),
        timeout=TIMEOUT).group


def get(client, name):
    return client.groups.GetGroup(groups.GetGroupRequest(name=name), timeout=TIMEOUT).group


def update(client, name, mask=("budget",), etag="", validate_only=False, **fields):
    return client.groups.UpdateGroup(
        groups.UpdateGroupRequest(
            name=name, spec=groups.GroupSpec(**fields), update_mask=FieldMask(paths=mask),
            etag=etag, validate_only=validate_only), timeout=TIMEOUT).group


def delete(client, name):
    return client.groups.DeleteGroup(
        groups.DeleteGroupRequest(name=name), timeout=TIMEOUT).group


def change_pool(client, name, mask, **fields):
    return client.pools.UpdatePool(
        pools.UpdatePoolRequest(
            name=name, spec=pools.PoolSpec(**fields), update_mask=FieldMask(paths=mask)),
        timeout=TIMEOUT).pool


def sleepers(client, pool, count):
    return client.batch(pool, [spec("sleep", {"seconds": 120}) for _ in range(count)])


def in_use(client, *names):
    return [client.pool(name).status.slots_in_use for name in names]


def member(client, group, pool):
    return next(one for one in get(client, group).status.pools if one.pool == pool)


def test_a_group_from_creation_to_deletion(client):
    group = create(client, "life", 5, reason="shared")
    assert group.spec.budget == 5 and group.etag and group.create_time == group.update_time
    with refused(StatusCode.ALREADY_EXISTS, "GROUP_EXISTS"):
        create(client, "life", 1)
    tried = update(client, "life", budget=9, validate_only=True)
    assert tried.spec.budget == 9 and get(client, "life").spec.budget == 5
    changed = update(client, "life", mask=["*"], budget=6, labels={"a": "b"}, etag=group.etag)
    assert changed.spec.budget == 6 and changed.spec.labels == {"a": "b"}
    assert update(client, "life", budget=6).etag == changed.etag
    with refused(StatusCode.ABORTED, "ETAG_MISMATCH"):
        update(client, "life", budget=7, etag=group.etag)
    assert delete(client, "life").name == "life"
    with refused(StatusCode.NOT_FOUND, "GROUP_NOT_FOUND"):
        get(client, "life")
    said = [
        event for event in client.events_until_now(beginning=True, types=[
            events.EVENT_TYPE_GROUP_CREATED, events.EVENT_TYPE_GROUP_UPDATED,
            events.EVENT_TYPE_GROUP_DELETED]) if event.group.name == "life"]
    assert [event.group.spec.budget for event in said] == [5, 6, 6]
    assert said[0].reason == "shared" and said[0].actor


def test_groups_are_listed_by_name_in_pages(client):
    for name in ("list-b", "list-c", "list-a"):
        create(client, name, 1)
    seen, token = [], ""
    while True:
        reply = client.groups.ListGroups(
            groups.ListGroupsRequest(page_size=2, page_token=token), timeout=TIMEOUT)
        seen += [group.name for group in reply.groups]
        token = reply.next_page_token
        if not token:
            break
    assert seen == sorted(seen) and reply.total_size == len(seen)
    assert {"list-a", "list-b", "list-c"} <= set(seen)


@pytest.mark.parametrize("name, budget, field", [
    ("Bad", 1, "name"), ("bad", 0, "spec.budget"), ("bad", 1_000_001, "spec.budget")])
def test_a_wrong_group_is_refused(client, name, budget, field):
    with refused(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID") as caught:
        create(client, name, budget)
    assert list(caught.refusal.violations) == [field]


def test_guarantees_above_the_budget_are_refused_from_all_sides(client):
    create(client, "tight", 5)
    client.create_pool("tight-a", slots=9, group="tight", group_minimum=3)
    first = client.pool("tight-a").revision
    with refused(StatusCode.FAILED_PRECONDITION, "GROUP_BUDGET_EXCEEDED") as caught:
        client.create_pool("tight-b", slots=9, group="tight", group_minimum=3)
    assert caught.refusal.metadata == {"group": "tight", "budget": "5", "guaranteed": "6"}
    with refused(StatusCode.FAILED_PRECONDITION, "GROUP_BUDGET_EXCEEDED"):
        update(client, "tight", budget=2)
    with refused(StatusCode.FAILED_PRECONDITION, "GROUP_BUDGET_EXCEEDED"):
        change_pool(client, "tight-a", ["group_minimum"], group_minimum=6)
    change_pool(client, "tight-a", ["group", "group_minimum"])
    update(client, "tight", budget=2)
    with refused(StatusCode.FAILED_PRECONDITION, "GROUP_BUDGET_EXCEEDED"):
        client.pools.RollbackPool(
            pools.RollbackPoolRequest(pool="tight-a", revision=first), timeout=TIMEOUT)
    delete(client, "tight")
    with refused(StatusCode.NOT_FOUND, "GROUP_NOT_FOUND"):
        client.pools.RollbackPool(
            pools.RollbackPoolRequest(pool="tight-a", revision=first), timeout=TIMEOUT)
    with refused(StatusCode.NOT_FOUND, "GROUP_NOT_FOUND"):
        client.create_pool("tight-b", slots=1, group="nowhere")


def test_a_group_with_pools_is_not_deleted_also_while_they_go(client):
    create(client, "full", 5)
    client.create_pool("full-a", slots=2, group="full")
    (id,) = client.batch("full-a", [spec("sleep", {"seconds": 120, "stubborn": True})])
    client.wait_until(id, task.TASK_STATE_RUNNING)
    with refused(StatusCode.FAILED_PRECONDITION, "GROUP_NOT_EMPTY") as caught:
        delete(client, "full")
    assert "full-a" in caught.refusal.message
    client.pools.DeletePool(pools.DeletePoolRequest(name="full-a", force=True))
    client.wait(id)
    stream = client.watch(
        beginning=True, pools=["full-a"], types=[events.EVENT_TYPE_POOL_DELETED])
    next(reply for reply in stream if reply.events)
    stream.cancel()
    delete(client, "full")


def test_a_lender_gets_its_minimum_back_with_each_attempt_that_ends(client):
    create(client, "lend", 4)
    client.create_pool("lender", slots=9, group="lend", group_minimum=2)
    client.create_pool("borrower", slots=9, group="lend", group_minimum=1)
    borrowed = sleepers(client, "borrower", 6)
    for id in borrowed[:4]:
        client.wait_until(id, task.TASK_STATE_RUNNING)
    assert in_use(client, "borrower", "lender") == [4, 0]
    assert member(client, "lend", "lender").slots_lent == 2
    assert member(client, "lend", "borrower").slots_borrowed == 3
    own = sleepers(client, "lender", 3)
    assert member(client, "lend", "lender").slots_owed == 2
    explained = client.tasks.ExplainTask(
        tasks.ExplainTaskRequest(id=own[0]), timeout=TIMEOUT).causes
    assert [cause.type for cause in explained] == [stories.WAITING_CAUSE_TYPE_BUDGET_LENT]
    assert explained[0].group == "lend" and explained[0].budget == 4
    explained = client.tasks.ExplainTask(
        tasks.ExplainTaskRequest(id=borrowed[5]), timeout=TIMEOUT).causes
    assert [cause.type for cause in explained] == [stories.WAITING_CAUSE_TYPE_BUDGET_IN_USE]
    assert explained[0].budget_in_use == 4 and explained[0].budget_owed == 2
    for count in (1, 2):
        client.cancel(borrowed[count - 1])
        client.wait(borrowed[count - 1])
        assert in_use(client, "lender") == [count]
    client.cancel(borrowed[2])
    client.wait(borrowed[2])
    assert in_use(client, "borrower", "lender") == [2, 2]
    update(client, "lend", budget=6)
    assert in_use(client, "borrower", "lender") == [3, 3]
    for id in borrowed[3:] + own:
        client.cancel(id)


def test_the_shares_are_as_before_after_a_kill(make_server):
    server = make_server()
    with Client(server) as client:
        create(client, "again", 3)
        client.create_pool("again-a", slots=9, group="again", group_minimum=2)
        client.create_pool("again-b", slots=9, group="again")
        sleepers(client, "again-b", 9)
        sleepers(client, "again-a", 9)
        assert in_use(client, "again-a", "again-b") == [0, 3]
        etag = get(client, "again").etag
    server.kill()
    server.start()
    with Client(server) as client:
        assert get(client, "again").etag == etag
        # What ran in the process that is gone runs again, by the rules.
        assert in_use(client, "again-a", "again-b") == [2, 1]
        with refused(StatusCode.FAILED_PRECONDITION, "GROUP_NOT_EMPTY"):
            delete(client, "again")
