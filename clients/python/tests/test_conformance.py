"""The rules of docs/workers.md, held against a worker of this package by `martlet worker check`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processes import SOURCE

WORKER = Path(__file__).resolve().parents[1] / "examples" / "check_worker.py"


def test_a_worker_keeps_all_rules_of_the_conformance_kit():
    if "MARTLET_BIN_DIR" not in os.environ:
        pytest.skip("MARTLET_BIN_DIR does not name the folder with martlet")
    martlet = Path(os.environ["MARTLET_BIN_DIR"]) / "martlet"
    known = subprocess.run([martlet, "worker", "--help"], capture_output=True, text=True)
    if "check" not in known.stdout:
        pytest.skip("this martlet has no conformance kit")
    done = subprocess.run(
        [martlet, "worker", "check", "--", sys.executable, WORKER], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, timeout=600)
    broken = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    assert not broken, done.stdout
    assert done.returncode == 0, done.stderr
    assert sum(line.startswith("ok") for line in done.stdout.splitlines()) >= 40
