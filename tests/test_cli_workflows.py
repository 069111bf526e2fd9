"""`martlet workflow`: files in YAML, among them the examples of the docs, and following to the end."""

import pytest

from support.program import Martlet
from support.stubs import REPOSITORY

NOT_FOUND, REFUSED, USAGE = 3, 4, 2
EXAMPLES = REPOSITORY / "docs" / "examples" / "workflows"


@pytest.fixture
def martlet(make_server, tmp_path):
    martlet = Martlet(make_server(), tmp_path)
    martlet.run("pool", "create", "work", "--slots", "4")
    return martlet


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_of_the_docs_run_to_their_ends(martlet, example):
    martlet.run("workflow", "submit", example, "--validate-only")
    *_, last = martlet.lines("workflow", "submit", example, "--watch")
    assert last["state"] == "SUCCEEDED" and last["progress"] == 1
    assert sum(last["counts"].values()) == last["tasks"]
    tree = martlet.run("workflow", "get", last["id"])
    assert tree.splitlines()[0].startswith(f"{last['id']}  {last['name']}  SUCCEEDED")
    listed = martlet.lines("task", "list", "--filter", f"workflow = {last['id']}")
    assert len(listed) == last["tasks"]


def test_what_fails_shows_in_the_exit_code_and_can_be_retried(martlet, tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(
        "{name: f, pool: work, tasks: ["
        "{ref: a, kind: fail, retry: {max_attempts: 1}}, {ref: b, kind: echo, depends_on: a}]}")
    output = martlet.run("workflow", "submit", file, "--watch", code=1)
    assert "FAILED" in output
    (flow,) = martlet.lines("workflow", "list", "--state", "failed")
    assert flow["counts"] == {"FAILED": 1, "CANCELLED": 1}
    tree = martlet.run("workflow", "get", flow["id"])
    assert tree.index("a  fail") < tree.index("b  echo")
    assert "did not succeed" in tree
    martlet.run("workflow", "retry", flow["id"], "--watch", code=1)
    assert martlet.json("workflow", "cancel", flow["id"])["state"] == "FAILED"
    martlet.run("workflow", "get", "w99", code=NOT_FOUND)
    martlet.run("workflow", "list", "--state", "done", code=USAGE)


@pytest.mark.parametrize("text, words", [
    ("name: f\ntasks: [{kind: echo, colour: red}]", "line 2: `colour` is not known here"),
    ("name: f\ntasks: [{kind: echo, delay: soon}]", "a span of time is expected"),
    ("- a\n- b", "a workflow is a map"),
    ("name: [", "no YAML"),
    ("name: f\npool: work\ntasks:\n- {ref: a, kind: echo, depends_on: b}\n"
     "- {ref: b, kind: echo, depends_on: a}", "a → b → a"),
])
def test_a_wrong_file_is_refused_with_its_place(martlet, tmp_path, text, words):
    file = tmp_path / "flow.yaml"
    file.write_text(text)
    process = martlet.start("workflow", "submit", file)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == USAGE and output == "" and words in errors


def test_a_task_waits_for_another_one_that_was_submitted_before(martlet):
    slow = martlet.run("task", "submit", "work", "sleep", '{"milliseconds": 300}').strip()
    after = martlet.json(
        "task", "submit", "work", "echo", "done", "--depends-on", "@last",
        "--want-dependency-results")
    assert after["state"] == "BLOCKED" and after["spec"]["depends_on"] == [slow]
    assert martlet.run("task", "wait", after["id"]) and martlet.json(
        "task", "get", after["id"])["state"] == "SUCCEEDED"
    martlet.run("task", "submit", "work", "echo", "--want-dependency-results", code=USAGE)
    martlet.run("task", "submit", "work", "echo", "--depends-on", "0" * 13, code=NOT_FOUND)


def test_lines_of_a_batch_wait_for_each_other(martlet, tmp_path):
    file = tmp_path / "tasks.jsonl"
    file.write_text(
        '{"kind": "fail", "ref": "a", "max_attempts": 1}\n'
        '{"kind": "echo", "depends_on": ["a"], "on_dependency_failure": "run_anyway"}\n'
        '{"kind": "echo", "depends_on": ["a"]}\n')
    martlet.run("task", "batch", "work", file, "--wait", code=1)
    states = [one["state"] for one in martlet.lines("task", "list", "--order", "create_time")]
    assert states == ["FAILED", "SUCCEEDED", "CANCELLED"]
    file.write_text('{"kind": "echo", "depends_on": ["a"], "on_dependency_failure": "wait"}\n')
    martlet.run("task", "batch", "work", file, code=USAGE)
