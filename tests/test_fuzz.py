"""Spoilt input for what reads a client's bytes: a short run, or a long one of other seeds."""

import subprocess
import time
from pathlib import Path

import pytest

from conftest import LONG
from support.server import binary

CORPUS = Path(__file__).parent / "corpus"
RUNS = 1_000_000 if LONG else 20_000


@pytest.mark.parametrize("target", ["frames", "messages"])
def test_spoilt_input_never_crashes(target):
    seed = time.time_ns() % 1_000_000 if LONG else 1
    result = subprocess.run(
        [binary("rpc-fuzz"), target, f"--runs={RUNS}", f"--seed={seed}",
         f"--corpus={CORPUS / target}"],
        capture_output=True, text=True, timeout=3_600 if LONG else 300)
    assert result.returncode == 0, f"seed {seed}: {result.stderr}"
    assert result.stdout == f"{target}: {RUNS} runs from 0, nothing found\n"


def test_a_corpus_that_is_not_there_is_an_error():
    result = subprocess.run([binary("rpc-fuzz"), "frames", "--corpus=/no/such"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "/no/such cannot be opened" in result.stderr
