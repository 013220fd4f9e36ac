"""What hosts survive, and what they cost.

Asks candidates of which some end their process, hang, or eat memory, and checks that each of these, and nothing else,
comes out as it must; then asks an ordinary one in this process and in a host. The ratio is that of the wall times, in a
host to in this process, for the ordinary questions.
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
from contextlib import closing
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # as in a host, and before NumPy is loaded

import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from harness.asking import outcomes  # noqa: E402
from harness.asking.binding import Arguments  # noqa: E402
from harness.asking.hosts import Hosts, Inline, Limits, Wanted  # noqa: E402
from harness.asking.messages import Batch  # noqa: E402
from harness.asking.outcomes import Outcome  # noqa: E402
from harness.asking.scenarios import Call  # noqa: E402

#: How many of 2,000 questions do what, and what has to come of it.
HOSTILE: dict[str, tuple[int, Outcome]] = {
    "segfault": (200, outcomes.Died(signal="SIGSEGV")),
    "hang": (10, outcomes.TimedOut(3.0)),
    "bomb": (10, outcomes.OutOfMemory()),
    "self_kill": (10, outcomes.Died(signal="SIGKILL")),
}
QUESTIONS = 2_000

#: What each host may take.
LIMITS = Limits(timeout=3.0, memory=2**27)

#: Products of two matrices in one ordinary question, and the side of the matrices.
PRODUCTS, SIDE = 180, 96

BLOCK = 2**24


def segfault(input: Any) -> Any:
    return ctypes.string_at(0)


def hang(input: Any) -> Any:
    while True:
        pass


def bomb(input: Any) -> Any:
    hoard: list[np.ndarray] = []
    while True:
        hoard.append(np.ones(BLOCK, np.uint8))


def self_kill(input: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def ordinary(input: Any) -> Any:
    matrix = input
    for _ in range(PRODUCTS):
        matrix = matrix @ matrix.T / SIDE
    return matrix


def empty(input: Any) -> Any:
    return input


def wanted(deed: str) -> Wanted:
    """Which function of this script a host is to hold."""
    return Wanted(f"isolation:{deed}", "", "numpy")


def ask(holder: Any) -> Outcome:
    """What comes of one call."""
    _ = holder.told  # held in this process it is loaded only when it is described
    holder.send(Batch(Arguments(("input",), ("output",)), [CALL]))
    (found,) = holder.answers()
    return found  # type: ignore[no-any-return]


CALL = Call({"input": np.linspace(-1.0, 1.0, SIDE * SIDE).reshape(SIDE, SIDE)})


def deeds(count: int) -> list[str]:
    """That many deeds in the proportions of `HOSTILE`, shuffled."""
    bad = [name for name, (share, _) in HOSTILE.items() for _ in range(max(1, share * count // QUESTIONS))]
    found = bad + ["ordinary"] * (count - len(bad))
    random.Random(count).shuffle(found)
    return found


def survive(hosts: Hosts, count: int) -> None:
    """Ask them in turn and count what came out as it must. Raises SystemExit where something did not."""
    due, right = Counter(some := deeds(count)), Counter[str]()
    ordinary_due = ask(Inline.of(wanted("ordinary"), str(HERE)))
    started = time.perf_counter()
    for deed in some:
        right[deed] += told(ask(hosts.holder(wanted(deed)))) == told(
            HOSTILE[deed][1] if deed in HOSTILE else ordinary_due
        )
    seconds = time.perf_counter() - started
    print(f"{'candidate':<20}{'asked':>8}{'as it must':>12}")
    for deed in due:
        print(f"{deed:<20}{due[deed]:>8}{right[deed]:>12}")
    print(f"{count} questions: {seconds:.1f} s")
    if right != due:
        raise SystemExit("an outcome is not the one due")


def told(outcome: Outcome) -> str:
    """An outcome as text, but for where a process was when it ended."""
    match outcome:
        case outcomes.Returned():
            return outcome.present["output"].tobytes().hex()
        case outcomes.Died():
            return f"died {outcome.signal} {outcome.code}"
        case outcomes.TimedOut(seconds):
            return f"timed out {seconds}"
        case other:
            return repr(other)


def seconds_of(holder: Any, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        ask(holder)
    return time.perf_counter() - started


def overhead(hosts: Hosts, count: int, repetitions: int) -> float:
    """Wall time of ordinary questions to a host relative to those to this process; prints medians."""
    rows = {}
    for deed in ("ordinary", "empty"):
        here, there = Inline.of(wanted(deed), str(HERE)), hosts.holder(wanted(deed))
        times = [(seconds_of(here, count), seconds_of(there, count)) for _ in range(repetitions)]
        rows[deed] = [statistics.median(column) for column in zip(*times, strict=True)]
    print(f"{'deed':<20}{'here s':>10}{'in a host s':>12}{'per question us':>17}")
    for deed, (inside, outside) in rows.items():
        print(f"{deed:<20}{inside:>10.3f}{outside:>12.3f}{(outside - inside) / count * 1e6:>17.1f}")
    inside, outside = rows["ordinary"]
    return outside / inside


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--questions", type=int, default=QUESTIONS)
    arguments.add_argument("--ordinary", type=int, default=2_000)
    arguments.add_argument("--repetitions", type=int, default=5)
    chosen = arguments.parse_args()
    with closing(Hosts("", LIMITS, str(HERE))) as hosts:
        survive(hosts, chosen.questions)
        ratio = overhead(hosts, chosen.ordinary, chosen.repetitions)
    print(f"ratio: {ratio:.3f}")


if __name__ == "__main__":
    main()
