"""Miniatures -> the names they are given: ``python tests/naming_gate.py [-k WORD] [--level LEVEL]``.

Prints each miniature with what is wrong with it, in its own words, and the name it is given or none. Somebody reads
whether the names are true. ``--right`` goes over the look-alikes, which must get none.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from gate import _address, candidate, every, says, spec  # noqa: E402
from gate_matrix import LOOKALIKES, MINIATURES, Entry  # noqa: E402

from harness.asking.hosts import Inline, Wanted  # noqa: E402
from harness.candidates import Candidate  # noqa: E402
from harness.model import Case  # noqa: E402
from harness.naming import Level, Name, named  # noqa: E402
from harness.naming.samples import PLAIN, ordered, sampled  # noqa: E402

SEED = 0

#: Cases that are looked at of a miniature: of plain data, of special data, and like the one that it names.
LOOKED, SPECIAL, ALIKE = 40, 20, 12

#: The level at which each law judges.
LEVELS: dict[str, Level] = {"agrees": "values", "shape": "values", "gradient": "gradients", "forward": "forward"}


def held(entry: Entry) -> Candidate:
    """A miniature in this process."""
    given = candidate(entry)
    wanted = Wanted(given.call, given.vjp or "", given.library)
    return Candidate(entry.name, spec(entry.op), given, Inline.of(wanted, str(ROOT / "tests")))


def separated(
    one: Candidate, found: Iterable[Case], level: Level, near: Case | None = None
) -> tuple[list[Case], list[Case]]:
    """The cases at which a candidate deviates, and those at which it conforms, of some: plain, special, like ``near``."""
    found = list(found)
    far = ordered(one.spec, found)
    special = [c for c in far if c.departures <= 2 and c.fill not in PLAIN]
    alike = ordered(one.spec, [c for c in found if near and _marks(near) <= _marks(c)])
    looked = {c.id: c for c in (*([near] if near else ()), *alike[:ALIKE], *far[:LOOKED], *special[:SPECIAL])}
    wrong: list[Case] = []
    right: list[Case] = []
    for case in looked.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sample = sampled(one.spec, one, case, level, SEED)
        if sample is not None:
            (wrong if sample.wrong else right).append(case)
    return wrong, right


def _marks(case: Case) -> set[str]:
    """What of a case's address departs from its op's first case."""
    return set(case.id.split("/")[1:])


def judged(entry: Entry, one: Candidate, level: Level) -> tuple[list[Case], list[Case]]:
    """The cases at which a miniature deviates, and those at which it conforms."""
    found = every(entry.op)
    return separated(one, found.values(), level, found[_address(entry)])


def told(entry: Entry, level: Level) -> tuple[Name | None, float, str]:
    """The name of a miniature, the processor seconds that it took, and at how many cases it is wrong."""
    one = held(entry)
    wrong, right = judged(entry, one, level)
    began = time.process_time()
    name = named(spec(entry.op), one, wrong, right, level=level, seed=SEED)
    return name, time.process_time() - began, f"{len(wrong)} of {len(wrong) + len(right)}"


def chosen(options: argparse.Namespace) -> Iterator[tuple[Entry, Level]]:
    """The entries to go over, each with its level."""
    for entry in LOOKALIKES if options.right else MINIATURES:
        level = "values" if options.right else LEVELS.get(entry.law)
        if level is None or options.level not in ("", level) or options.k not in entry.name:
            continue
        if options.numpy and entry.library != "numpy":
            continue
        yield entry, level


def main() -> None:
    """Print every name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", help="only entries whose name contains this")
    parser.add_argument("--level", default="")
    parser.add_argument("--numpy", action="store_true", help="NumPy's alone")
    parser.add_argument("--right", action="store_true", help="look-alikes alone")
    parser.add_argument("--from", type=int, default=0, dest="begin")
    parser.add_argument("--most", type=int, default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    entries = list(chosen(options))
    names = 0
    for entry, level in islice(entries, options.begin, None if options.most is None else options.begin + options.most):
        name, seconds, cases = told(entry, level)
        names += name is not None
        text = f"{name.text} [{name.fits}]" if name else "-"
        print(f"{entry.name} ({level}, {cases}, {seconds:.1f} s)\n    is:  {says(entry)}\n    got: {text}", flush=True)
    print(f"named {names} of {len(entries)}")


if __name__ == "__main__":
    main()
