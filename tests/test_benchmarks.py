"""The benchmarks run: each small version ends with its ratio. How large that is, no test asks."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = (
    "against_opinfo",
    "against_gradcheck",
    "against_pytest_grid",
    "scaling",
    "startup",
    "overhead",
    "numpy_candidates",
    "shrinking",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_small_version_ends_with_its_ratio(script: str) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / f"{script}.py"), "--small"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    *table, last = done.stdout.splitlines()
    assert table
    word, _, number = last.partition(": ")
    assert word == "ratio"
    if script == "against_opinfo" and importlib.util.find_spec("expecttest") is None:
        pytest.skip("torch's list of ops needs expecttest")
    assert math.isfinite(float(number))
