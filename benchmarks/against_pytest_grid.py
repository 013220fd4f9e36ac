"""The tutorial post's grid of 64 convolutions: as a user would test it with pytest, against `harness run`.

Both sides are whole processes. The user's file parametrizes the grid, draws inputs, calls torch and the loops, and
compares them with `numpy.allclose`. Ours judges torch and the loops at the same cases under every law, each against
the definition, isolated, and writes the store, the table and the page. The ratio is that of the wall times.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import measuring

measuring.prepare()

#: What the user writes: the part of the grid `post64` in specs/conv2d.yaml with one group and no dilation.
USERS = """
import itertools

import numpy as np
import pytest
import torch

from reference_impls.seed_conv2d import conv2d_loops

GRID = list(itertools.product([3, 2], [6, 2], [3, 5], [3, 5], [1, 2], [0, 1]))


@pytest.mark.parametrize(("c_in", "c_out", "rows", "columns", "stride", "padding"), GRID[:MOST])
def test_conv2d(c_in, c_out, rows, columns, stride, padding):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, c_in, 20, 20)).astype(np.float32)
    w = rng.standard_normal((c_out, c_in, rows, columns)).astype(np.float32)
    how = dict(stride=stride, padding=padding)
    actual = torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(w), **how)
    assert np.allclose(actual.numpy(), conv2d_loops(x, w, **how), atol=1e-4)
"""

ONLY = "grid=post64 groups=1 dilation=1 candidate=torch,numpy.loops"

#: A tenth of the grid, for the small run.
FEW = " C_in=3 C_out=6 kH=3 padding=0"


def users(folder: Path, most: str) -> int:
    """Run the user's file with plain pytest; how many judgements it made."""
    path = folder / "test_grid.py"
    path.write_text(USERS.replace("MOST", most), encoding="utf-8")
    done = measuring.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:harness", str(path), cwd=folder)
    counted = [word for line in done.stdout.splitlines() if " passed" in line for word in line.split()]
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return int(counted[counted.index("passed") - 1] if "passed" in counted else counted[counted.index("passed,") - 1])


def ours(folder: Path, only: str) -> int:
    """Run the harness on the same cases; how many verdicts it gave."""
    done = measuring.python("-m", "harness", "run", "conv2d", "--only", only, "--out", str(folder))
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    with (folder / "verdicts.csv").open(encoding="utf-8") as lines:
        return sum(1 for _ in lines) - 1


def main() -> None:
    chosen = measuring.arguments(__doc__)
    only = ONLY + (FEW if chosen.small else "")
    measured, counts = [], (0, 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(chosen.repetitions):
            started = time.perf_counter()
            tests = users(folder, "4" if chosen.small else "")
            between = time.perf_counter()
            verdicts = ours(folder / "run", only)
            measured.append((between - started, time.perf_counter() - between))
            counts = tests, verdicts
    theirs, we = measuring.medians(measured)
    rows = [["pytest, allclose", str(counts[0]), f"{theirs:.2f}", f"{counts[0] / theirs:.0f}"]]
    rows.append(["harness run, every law", str(counts[1]), f"{we:.2f}", f"{counts[1] / we:.0f}"])
    measuring.table(["way", "judgements", "seconds", "judgements/s"], rows)
    measuring.ratio(theirs / we)


if __name__ == "__main__":
    main()
