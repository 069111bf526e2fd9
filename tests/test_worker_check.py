"""The rules of docs/workers.md, held by `martlet worker check` against the workers in docs/examples."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

from support.server import binary
from support.stubs import REPOSITORY

KINDS = ["echo", "fail", "wait", "stubborn", "steps", "log"]


def check(*command):
    """What is wrong with a worker, as TAP; empty if nothing is."""
    done = subprocess.run(
        [binary("martlet"), "worker", "check", "--", *command], capture_output=True, text=True,
        timeout=600)
    results = [line for line in done.stdout.splitlines() if line.startswith(("ok", "not ok"))]
    if done.returncode == 0 and len(results) >= 40:
        return ""
    return f"{command[0]}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"


def test_the_example_workers_keep_all_rules_of_the_conformance_kit():
    kinds = [word for kind in KINDS for word in ("--kind", f"check.{kind}")]
    swift = [binary("swift-worker-example")]
    shell = [binary("martlet"), "worker", "run", *kinds, "--slots", "4", "--",
             REPOSITORY / "docs/examples/worker.sh"]
    # Both mostly wait.
    with ThreadPoolExecutor() as pool:
        problems = [one for one in pool.map(lambda command: check(*command), [swift, shell]) if one]
    assert not problems, "\n".join(problems)
