"""Two ways of doing one thing -> their medians, measured in turns; the command line all benchmarks share."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

#: One thread for every library, as in a worker; to be set before NumPy or torch is loaded.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

#: Repetitions of each side: what every median is of.
REPETITIONS = 5


def prepare() -> None:
    """One thread, and the harness of this checkout."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


def arguments(doc: str | None) -> argparse.Namespace:
    """``--small`` and ``--repetitions``; a small run measures once what a whole one measures five times."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes: shows that the script works")
    parser.add_argument("--repetitions", type=int, default=0)
    chosen = parser.parse_args()
    chosen.repetitions = chosen.repetitions or (1 if chosen.small else REPETITIONS)
    return chosen


def in_turns(
    sides: Sequence[Callable[[], Any]], repetitions: int, clock: Callable[[], float] = time.process_time
) -> list[float]:
    """The median seconds of each side, measured one after the other in every repetition, after one unmeasured call.

    The clock is this process's CPU time: what others do on the machine moves it little.
    """
    for side in sides:
        side()
    return medians([[seconds(side, clock) for side in sides] for _ in range(repetitions)])


def seconds(call: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long one call takes."""
    started = clock()
    call()
    return clock() - started


def medians(measured: Sequence[Sequence[float]]) -> list[float]:
    """The median of each column."""
    return [statistics.median(column) for column in zip(*measured, strict=True)]


def python(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A whole Python process, from start to end, with one thread per library."""
    environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns of text, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip(), flush=True)


def ratio(value: float) -> None:
    """Print the last line of every benchmark."""
    print(f"ratio: {value:.3g}", flush=True)
