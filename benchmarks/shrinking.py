"""The gate's miniatures, each shrunk from the case that must find it: how many judgements, and how small it gets.

The ratio is that of the judgements that may be asked for in the median, 40, to those that were.
"""

from __future__ import annotations

import random
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor

import measuring

measuring.prepare()
sys.path.insert(0, str(measuring.ROOT / "tests"))

from gate import SEED, candidate, spec  # noqa: E402
from gate_matrix import MINIATURES, Entry  # noqa: E402

from harness import cases, shrinking  # noqa: E402

#: Judgements in the median that shrinking may take.
ASKED = 40

#: Miniatures of the small run, drawn at random.
FEW = 4


def shrunk(entry: Entry) -> tuple[Entry, int, int, int] | None:
    """Judgements taken, and entries before and after; None where one call with one fault has no smaller one."""
    of = spec(entry.op)
    start = cases.find(of, f"{entry.op}/{entry.at}" if entry.at else entry.op)
    try:
        small = shrinking.shrink(of, start, candidate(entry), law="" if entry.law == "status" else entry.law, seed=SEED)
    except shrinking.Unbroken:
        return None
    return entry, small.looks, shrinking.entries(of, start), shrinking.entries(of, small.case)


def main() -> None:
    options = measuring.arguments(__doc__)
    chosen = random.Random(SEED).sample(MINIATURES, FEW) if options.small else MINIATURES
    with ThreadPoolExecutor(2) as pool:
        found = [one for one in pool.map(shrunk, chosen) if one]
    looks = [n for _, n, _, _ in found]
    rows = [
        ["miniatures", str(len(chosen))],
        ["shrunk", str(len(found))],
        ["judgements, median", f"{statistics.median(looks):g}"],
        ["judgements, most", str(max(looks))],
        ["larger than the start", str(sum(after > before for _, _, before, after in found))],
        ["entries before, median", f"{statistics.median([before for _, _, before, _ in found]):g}"],
        ["entries after, median", f"{statistics.median([after for _, _, _, after in found]):g}"],
    ]
    measuring.table(["what", "how many"], rows)
    for entry, n, before, after in sorted(found, key=lambda one: -one[1])[:5]:
        print(f"most: {entry.name} under {entry.law}: {n} judgements, {before} entries to {after}")
    measuring.ratio(ASKED / statistics.median(looks))


if __name__ == "__main__":
    main()
