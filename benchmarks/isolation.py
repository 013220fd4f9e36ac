"""What isolation survives, and what it costs.

Judges tasks of which some end their process, hang, or eat memory, and checks that each of these, and nothing else,
has its verdict; then judges ordinary tasks in this process and in one isolated worker. The ratio is that of the wall
times, isolated to inline, for the ordinary tasks.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # as in a worker, and before NumPy is loaded

import numpy as np  # noqa: E402

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from harness.execution import Judged, Note, Setup, Task, inline, isolated, prepare  # noqa: E402
from harness.model import Verdict  # noqa: E402

#: How many of 2,000 tasks do what, and the status their verdict has to have.
HOSTILE = {"segfault": (200, "crashed"), "hang": (10, "timed out"), "bomb": (10, "fails"), "self-kill": (10, "crashed")}
TASKS = 2_000

#: Wall seconds and bytes for each task of the hostile run.
TIMEOUT, MEMORY = 3.0, 2**27

#: Products of two matrices in one ordinary task, and the side of the matrices.
PRODUCTS, SIDE = 180, 96

BLOCK = 2**24


def segfault() -> float:
    return float(len(ctypes.string_at(0)))


def hang() -> float:
    while True:
        time.sleep(TIMEOUT)


def bomb() -> float:
    hoard: list[np.ndarray] = []
    while True:
        hoard.append(np.ones(BLOCK, np.uint8))


def self_kill() -> float:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


def ordinary() -> float:
    matrix = np.linspace(-1.0, 1.0, SIDE * SIDE).reshape(SIDE, SIDE)
    for _ in range(PRODUCTS):
        matrix = matrix @ matrix.T / SIDE
    return float(matrix[0, 0])


DEEDS: dict[str, Callable[[], float]] = {
    "segfault": segfault,
    "hang": hang,
    "bomb": bomb,
    "self-kill": self_kill,
    "ordinary": ordinary,
    "empty": lambda: 0.0,
}


def make() -> Callable[[Task, Note], list[Verdict]]:
    """The work of this script: the candidate ``foreign`` does what the case's name says, ``plain`` never does."""
    return work


def work(task: Task, note: Note) -> list[Verdict]:
    deed = task.case.split("/")[0]
    return [judged(task, note, name, DEEDS["ordinary" if name == "plain" else deed]) for name in task.candidates]


def judged(task: Task, note: Note, candidate: str, deed: Callable[[], float]) -> Verdict:
    note(candidate, "agrees")
    row = Verdict(task.op, task.case, candidate, "agrees", "output", "conforms", margin=0.0)
    try:
        return replace(row, actual=str(deed()))
    except MemoryError:
        return replace(row, status="fails", message="MemoryError")


def tasks(deeds: list[str], candidates: tuple[str, ...]) -> list[Task]:
    return [Task("benchmark", "", f"{deed}/n:{n}", candidates, 0) for n, deed in enumerate(deeds)]


def hostile_deeds(count: int) -> list[str]:
    """The deeds of that many tasks in the proportions of `HOSTILE`, shuffled."""
    bad = [name for name, (share, _) in HOSTILE.items() for _ in range(max(1, share * count // TASKS))]
    deeds = bad + ["ordinary"] * (count - len(bad))
    random.Random(count).shuffle(deeds)
    return deeds


def survive(count: int, workers: int) -> None:
    deeds = hostile_deeds(count)
    started = time.perf_counter()
    found = {
        (task.case, row.candidate): row.status
        for task, rows in isolated(
            tasks(deeds, ("plain", "foreign")), SETUP, workers=workers, timeout=TIMEOUT, memory=MEMORY
        )
        for row in rows
    }
    seconds = time.perf_counter() - started
    due = Counter(deeds)
    right: Counter[str] = Counter()
    for n, deed in enumerate(deeds):
        status = HOSTILE[deed][1] if deed in HOSTILE else "conforms"
        right[deed] += found.get((f"{deed}/n:{n}", "foreign")) == status
    plain = sum(found.get((f"{deed}/n:{n}", "plain")) == "conforms" for n, deed in enumerate(deeds))
    print(f"{'candidate foreign':<20}{'tasks':>8}{'attributed':>12}")
    for deed in due:
        print(f"{deed:<20}{due[deed]:>8}{right[deed]:>12}")
    print(f"{'candidate plain':<20}{count:>8}{plain:>12}")
    print(f"{count} tasks, {workers} workers: {seconds:.1f} s")
    if right != due or plain != count or len(found) != 2 * count:
        raise SystemExit("a verdict is missing, or is not the one due")


def seconds_of(run: Iterator[Judged]) -> float:
    started = time.perf_counter()
    for _ in run:
        pass
    return time.perf_counter() - started


def overhead(count: int, repetitions: int) -> float:
    """Wall time of isolated ordinary tasks relative to inline ones; prints medians, and the cost of an empty task."""
    rows = {}
    for deed in ("ordinary", "empty"):
        some = tasks([deed] * count, ("foreign",))
        times = [
            (seconds_of(inline(some, SETUP)), seconds_of(isolated(some, SETUP, workers=1))) for _ in range(repetitions)
        ]
        rows[deed] = [statistics.median(column) for column in zip(*times, strict=True)]
    print(f"{'deed':<20}{'inline s':>10}{'isolated s':>12}{'per task us':>13}")
    for deed, (here, there) in rows.items():
        print(f"{deed:<20}{here:>10.3f}{there:>12.3f}{(there - here) / count * 1e6:>13.1f}")
    here, there = rows["ordinary"]
    return there / here


SETUP = Setup("isolation:make")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tasks", type=int, default=TASKS)
    arguments.add_argument("--ordinary", type=int, default=2_000)
    arguments.add_argument("--repetitions", type=int, default=5)
    arguments.add_argument("--workers", type=int, default=2)
    chosen = arguments.parse_args()
    prepare()
    survive(chosen.tasks, chosen.workers)
    ratio = overhead(chosen.ordinary, chosen.repetitions)
    print(f"ratio: {ratio:.3f}")


if __name__ == "__main__":
    main()
