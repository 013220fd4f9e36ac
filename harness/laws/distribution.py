"""Trial -> Equations on what is drawn at random: how it is spread, and that its order tells nothing.

No two libraries draw the same numbers, so that only the distribution can be due. Each equation has the harness's one
chance of a false alarm per judged array, ``bounds.DELTA``; how much it can see follows from how many entries there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import log, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds
from harness.asking.binding import load
from harness.asking.scenarios import Call
from harness.comparison import Equation, Fact, Numbers, Reading
from harness.laws import readings
from harness.oracles import Answer
from harness.subjects import Output, Whole
from harness.trial import POSED, Asked, Posed, Trial

Array = NDArray[Any]

#: What shares of entries are computed in.
SHARES = bounds.precision("float64")

#: How far the further seeds lie from a case's: two seeds are alike where one bit, a byte or 16 bits are looked at.
SEEDS = (1, 2, 1 << 8, 1 << 16)

#: What of two entries is held against each other: degrees of Legendre's polynomials in ``2 share - 1``.
ORDERS = {"order": (1, 1), "magnitudes": (2, 2), "crossed": (1, 2)}


def distribution(trial: Trial, of: str) -> Iterator[Equation | Posed]:
    """What is drawn is spread as is due, to its ends and not beyond, and no entry tells of another, of any seed.

    One seed gives one draw, whatever stands in the inputs: of them the law knows the shape alone.
    """
    ulp = 2 * bounds.precision(trial.case.dtype).u
    again, further = of_one_seed(trial), of_other_seeds(trial)
    yield POSED
    for how, asked in again.items():
        yield from (redrawn(trial, name, how, asked) for name in asked.values)
    for name, drawn in trial.first.values.items():
        entries = drawn.reshape(-1).astype(np.float64)
        grid = ulp * float(np.max(np.abs(entries), initial=0))  # uniform numbers are drawn in fixed point

        def share(x: Array, shape: tuple[int, ...] = drawn.shape) -> Array:
            return np.asarray(load(of)(x, shape, **trial.case.params))

        if entries.size > 1:
            several = np.concatenate([entries, *(a.values[name].reshape(-1).astype(np.float64) for a in further)])
            told = {"name": name, "path": of, "params": dict(trial.case.params), "ulp": ulp}
            for what, equation in _equations(share, entries, several, grid):
                read = _reading(what, told, trial.first, further, entries.size)
                yield replace(equation, subject=Output(name), scenario=what, reading=read)


def _equations(share: Any, entries: Array, several: Array, grid: float) -> Iterator[tuple[str, Numbers | Fact]]:
    yield "spread", _spread(share, np.sort(entries), grid)
    yield from (("evenness", fact) for fact in _evenness(share, np.sort(entries), grid))
    yield from (("distinct", numbers) for numbers in _distinct(share, entries, grid))
    yield "tails", _tails(share, entries, grid)
    for what, degrees in ORDERS.items():
        yield what, _order(share, several, grid, degrees)


def _reading(what: str, told: Mapping[str, Any], first: Asked, further: Sequence[Asked], n: int) -> Reading:
    """How the number or word that an equation compares comes of what was drawn."""
    if what in ORDERS:
        labels = (first.label, *(a.label for a in further))
        return Reading(readings.order, labels, {**told, "degrees": ORDERS[what]})
    more = {"evenness": {"least": least(n)}, "tails": {"delta": bounds.DELTA}} if n > 1 else {}
    return Reading(getattr(readings, what), (first.label,), {**told, **more.get(what, {})})


#: How a call of one seed is made again.
TWICE, OF_OTHERS = "twice", "of other inputs"


def of_one_seed(trial: Trial) -> dict[str, Asked]:
    """The same call a second time, and where other numbers stand in the inputs; nothing of an op without a seed."""
    if trial.case.params.get("seed") is None:
        return {}
    draws = {TWICE: trial.arrays, OF_OTHERS: trial.bench.others}
    return {how: trial.ask(f"drawn {how}", Call(x, trial.case.layout)) for how, x in draws.items()}


def redrawn(
    trial: Trial,
    name: str,
    how: str,
    asked: Asked,
    same: Callable[..., Any] = readings.same_draw,
    otherwise: str = "is another draw",
) -> Fact:
    """That a further call of one seed drew what the first one did, by a reading of both."""
    found = {one.label: one.returned for one in (trial.first, asked)}
    read = Reading(same, tuple(found), {"name": name})
    message = f"`{name}` {how} {otherwise} of the same seed"
    return Fact(Output(name), same(found, tuple(found), name), "the same", message, read, how)


def of_other_seeds(trial: Trial) -> list[Asked]:
    """Calls with further seeds, where the op has one."""
    case, seed = trial.case, trial.case.params.get("seed")
    if seed is None:
        return []
    cases = [replace(case, params={**case.params, "seed": seed + step}) for step in SEEDS]
    keywords = [trial.candidate.arguments(other).keywords for other in cases]
    return [trial.ask(f"seed {k['seed']}", Call(trial.arrays, case.layout, k)) for k in keywords]


def chance(n: int) -> float:
    """``sqrt(ln(2 / DELTA) / (2 n))``: what a share of n independent entries stays within, but for ``DELTA``.

    Of the largest distance between two distribution functions: Massart 1990, Ann. Probab. 18(3), corollary 1.
    """
    return sqrt(log(2 / bounds.DELTA) / (2 * n))


def _spread(share: Any, ordered: Array, grid: float) -> Numbers:
    """Kolmogorov's distance, entry by entry: ``max |F(x_i) - (i - 1/2) / n| + 1 / (2 n)``."""
    n = ordered.size
    blurred = share(ordered + grid) - share(ordered - grid)
    bound = max(chance(n) - 1 / (2 * n), 0) + blurred
    return Numbers(Whole(), share(ordered), Answer((np.arange(n) + 0.5) / n, np.stack([bound] * 3), SHARES))


@cache
def least(n: int) -> float:
    """What Kolmogorov's distance of n independent entries stays above, but for ``DELTA``: its exact distribution.

    Simard and L'Ecuyer 2011, J. Stat. Softw. 39(11).
    """
    from scipy.stats import kstwo  # takes longer to import than all of the harness

    return float(kstwo.ppf(bounds.DELTA, n))


def _evenness(share: Any, ordered: Array, grid: float) -> Iterator[Fact]:
    """Kolmogorov's distance is not so small that the entries cannot be independent; nothing where rounding hides it."""
    n, shares = ordered.size, share(ordered)
    distance = float(np.max(np.abs(shares - (np.arange(n) + 0.5) / n))) + 1 / (2 * n)
    blurred = float(np.max(share(ordered + grid) - share(ordered - grid)))
    if blurred < least(n):
        even = "too even" if distance + blurred < least(n) else "by chance"
        yield Fact(Whole(), even, "by chance", f"Kolmogorov's distance is {distance:.2g}; chance leaves {least(n):.2g}")


def repeats(n: int, p: float) -> int:
    """How many of n independent entries may repeat an earlier one, but for ``DELTA``, where no value is likelier than p.

    The i-th repeats one with chance ``(i - 1) p`` at most, whatever went before: Chernoff's bound of such a sum, as in
    Mitzenmacher and Upfal 2005, theorem 4.4.
    """
    mean, k = float(np.minimum(p * np.arange(n), 1).sum()), np.arange(1, n)
    rare = (k > mean) & (k * np.log(k / mean) - k + mean >= log(1 / bounds.DELTA))
    return int(np.argmax(rare)) if rare.any() else n


def _distinct(share: Any, entries: Array, grid: float) -> Iterator[Numbers]:
    """No more entries repeat an earlier one than the dtype's resolution makes likely; nothing where all of them may."""
    n, likeliest = entries.size, float(np.max(share(entries + grid) - share(entries - grid)))
    most = repeats(n, likeliest)
    if most < n - 1:
        found = np.asarray(float(np.unique(entries).size))
        yield Numbers(Whole(), found, Answer(np.asarray(float(n)), np.full(3, float(most)), SHARES))


def _tails(share: Any, entries: Array, grid: float) -> Fact:
    """No entry so far out that one of n would lie there once in ``1 / DELTA`` times, and some so far that none of n would
    lie beyond as seldom."""
    rare, seldom = bounds.DELTA / (4 * entries.size), 1 - (bounds.DELTA / 4) ** (1 / entries.size)
    low, high = share(entries - grid), share(entries + grid)
    outside = int(((high <= rare) | (1 - low <= rare)).sum())
    cut = [end for end, least in (("lower", low.min()), ("upper", 1 - high.max())) if least > seldom]
    message = (
        f"{outside} entries lie where chance puts none" if outside else f"the {' and the '.join(cut)} end is cut off"
    )
    return Fact(Whole(), "outside" if outside else "cut off" if cut else "inside", "inside", message)


def together(n: int, v: float, mean: float = 0.0) -> float:
    """What the means of n products of entries at a distance, of variance v and size 1 about a mean, all stay within."""
    chances = log(2 * (n - 1) / bounds.DELTA)
    return sqrt(6 * v * chances / n) + (1 + mean) * chances / n + mean


def _order(share: Any, entries: Array, grid: float, degrees: tuple[int, int]) -> Numbers:
    """No entry tells of another, however far they stand apart: the largest correlation of all distances, round about.

    Of ``c = 2 share - 1`` (degree 1) and ``(3 c^2 - 1) / 2`` (degree 2, Legendre's) at two places. Terms of one distance
    depend on two others each, so that three classes hold none that depend: Hoelder's inequality over these and
    Bernstein's in each (Boucheron, Lugosi and Massart 2013, theorem 2.10) leave a sum of n terms of variance v within
    ``sqrt(6 n v ln(2 / p)) + b ln(2 / p)``, b the largest size of a term, but for a chance p.
    """
    n, c = entries.size, 2 * share(entries) - 1
    blurred = float(np.max(share(entries + grid) - share(entries - grid)))
    shift = [d * (d + 1) * blurred for d in degrees]  # a step of the dtype times the steepest slope
    mean, v = shift[0] * shift[1], prod(1 / sqrt(2 * d + 1) + s for d, s in zip(degrees, shift, strict=True)) ** 2
    one, other = (c if d == 1 else (3 * c**2 - 1) / 2 for d in degrees)
    worst, bound = readings.correlation(one, other), together(n, v, mean)
    return Numbers(Whole(), (1 + worst) / 2, Answer(np.asarray(0.5), np.full(3, bound / 2), SHARES))
