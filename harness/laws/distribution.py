"""Trial -> Equations on what is drawn at random: how it is spread, and that its order tells nothing.

No two libraries draw the same numbers, so that only the distribution can be due. Each equation has the harness's one
chance of a false alarm per judged array, ``bounds.DELTA``; how much it can see follows from how many entries there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds
from harness.candidates import load
from harness.comparison import Equation, Fact, Numbers
from harness.oracles import Answer
from harness.trial import Trial

Array = NDArray[Any]

#: What shares of entries are computed in.
SHARES = bounds.precision("float64")


def distribution(trial: Trial, of: str) -> Iterator[Equation]:
    """What is drawn is spread as is due, has no entry where chance puts none, and stands in no order."""
    ulp = 2 * bounds.precision(trial.case.dtype).u
    for name, drawn in trial.values(trial.first).items():
        entries = drawn.reshape(-1).astype(np.float64)
        grid = ulp * float(np.max(np.abs(entries), initial=0))  # uniform numbers are drawn in fixed point

        def share(x: Array, shape: tuple[int, ...] = drawn.shape) -> Array:
            return np.asarray(load(of)(x, shape, **trial.case.params))

        if entries.size > 1:
            yield _spread(f"{name} spread", share, np.sort(entries), grid)
            yield _tails(f"{name} tails", share, entries, grid)
            yield _order(f"{name} order", entries)


def chance(n: int) -> float:
    """``sqrt(ln(2 / DELTA) / (2 n))``: what a share of n independent entries stays within, but for ``DELTA``.

    Of the largest distance between two distribution functions: Massart 1990, Ann. Probab. 18(3), corollary 1. Of one
    mean of numbers in [0, 1]: Hoeffding 1963, J. Am. Stat. Assoc. 58, theorem 1.
    """
    return sqrt(log(2 / bounds.DELTA) / (2 * n))


def _spread(about: str, share: Any, ordered: Array, grid: float) -> Numbers:
    """Kolmogorov's distance, entry by entry: ``max |F(x_i) - (i - 1/2) / n| + 1 / (2 n)``."""
    n = ordered.size
    blurred = share(ordered + grid) - share(ordered - grid)
    bound = max(chance(n) - 1 / (2 * n), 0) + blurred
    return Numbers(about, share(ordered), Answer((np.arange(n) + 0.5) / n, np.stack([bound] * 3), SHARES))


def _tails(about: str, share: Any, entries: Array, grid: float) -> Fact:
    """No entry so far out that one of n would lie there once in ``1 / DELTA`` times."""
    rare = bounds.DELTA / (2 * entries.size)
    outside = (share(entries + grid) <= rare) | (1 - share(entries - grid) <= rare)
    message = f"{int(outside.sum())} entries lie where chance puts none"
    return Fact(about, "outside" if outside.any() else "inside", "inside", message)


def _order(about: str, entries: Array) -> Numbers:
    """Of disjoint neighbours the second is the larger half of the times; two equal ones count as half."""
    first, second = entries[: entries.size // 2 * 2].reshape(-1, 2).T
    rising = np.mean((np.sign(second - first) + 1) / 2)
    return Numbers(about, np.asarray(rising), Answer(np.asarray(0.5), np.full(3, chance(first.size)), SHARES))
