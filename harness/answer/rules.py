"""Columns, wrong cases, right ones -> a rule that separates them.

A rule is up to three alternatives, each up to three conditions on axes: an axis has a value, one of some, is larger or
smaller than a value, a multiple of a number, or than another axis. All pairs are counted at once by one matrix product;
thirds are tried on the best pairs alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.answer.columns import Columns
from harness.answer.words import layout
from harness.chance import CHANCE, among, choices
from harness.vocabulary import COMPLEX, HALF

Array = NDArray[Any]

#: Bounds on the work: values of an axis, thresholds of it, conditions, pairs that a third is tried on, alternatives.
MOST_VALUES, MOST_STEPS, MOST_CONDITIONS, WIDENED, ALTERNATIVES = 16, 16, 250, 12, 3

#: Multiples that blocks, vectors and warps have.
MULTIPLES = (2, 3, 4, 8, 16, 32, 64, 128, 256)

#: Weight of precision over recall (van Rijsbergen's F): a rule that accuses right cases is worse than one too narrow.
BETA = 0.5

#: Values of a word that a condition may list: a longer list describes the cases one by one.
LISTED = 3

#: Cases of the rarer kind beyond which one exact condition is believed whatever else was tried.
FEW = 2

#: What one more unit of cost must buy: the share of the score that a longer rule gives up.
PRICE = 0.02

#: Parts of the range of dtypes and fills that have a name.
GROUPS = {
    "dtype": {
        "half precision": HALF,
        "complex": COMPLEX,
        "single precision": ("float32", "complex64"),
        "double precision": ("float64", "complex128"),
    },
    "fill": {
        "non-finite": ("nan", "inf", "specials_swapped"),
        "extreme": ("denormal", "huge", "edges", "lowest"),
    },
}


@dataclass(frozen=True)
class Condition:
    """Something that holds of some cases: how it is said, what it costs a reader, and the axis of which it is a word.

    ``bits`` is what it takes to say it among all conditions, ``lists`` how much of that says which values it lists.
    """

    text: str
    cost: float
    axis: str = ""
    lists: float = 0.0
    bits: float = 0.0


@dataclass(frozen=True)
class Rule:
    """Alternatives of conditions; ``caught`` of ``wrong`` wrong cases are inside, ``accused`` of ``right`` right ones.

    With ``inverted`` the conditions are those of the right cases: it is wrong outside. ``hidden`` right cases are left
    out, whose data show few errors.
    """

    alternatives: tuple[tuple[Condition, ...], ...]
    wrong: int
    right: int
    caught: int
    accused: int
    inverted: bool = False
    hidden: int = 0

    @property
    def cost(self) -> float:
        """What it costs a reader."""
        return sum(c.cost for one in self.alternatives for c in one) + len(self.alternatives)

    @property
    def exact(self) -> bool:
        """Whether it separates all wrong cases from all right ones."""
        return self.caught == self.wrong and self.accused == 0

    @property
    def text(self) -> str:
        """The conditions in words."""
        return ", or ".join(" and ".join(c.text for c in one) for one in self.alternatives)


def rule(found: Columns, wrong: Array) -> Rule | None:
    """The rule that says in fewest bits which cases are ``wrong``; None where it takes as many as to name them."""
    bad = int(wrong.sum())
    good = found.count - bad
    if not bad or not good:
        return None
    conditions, holds = _conditions(found, wrong)
    if not conditions:
        return None
    direct = _alternatives(conditions, holds, wrong)
    singles = [[one] for one in _conjunctions(conditions, holds, wrong)]
    candidates = [_rule(conditions, holds, wrong, chosen) for chosen in (*singles, direct) if chosen]
    candidates += [
        _rule(conditions, holds, wrong, [one], inverted=True) for one in _conjunctions(conditions, holds, ~wrong)
    ]
    likely = [r for r in candidates if _believed(r, choices(found.count, bad)) or (_plain(r) and min(bad, good) > FEW)]
    return min(likely, key=lambda r: (_length(r), -_worth(r)), default=None)


def parts(found: Columns, wrong: Array, axis: str, value: str, number: float) -> bool:
    """Whether the cases at a value of an axis, or from there on, are wrong more often than chance lets them be."""
    column, numbers = found.words.get(axis), found.numbers.get(axis)
    sides = [column == value] if column is not None else []
    with np.errstate(all="ignore"):
        sides += [numbers >= number, numbers <= number] if numbers is not None and np.isfinite(number) else []
    tried = 3 * sum(len(np.unique(c.astype(str))) for c in found.words.values())
    bad = int(wrong.sum())
    return any(
        among(found.count, bad, int(side.sum()), int((side & wrong).sum())) * max(tried, 1) < CHANCE for side in sides
    )


def _believed(found: Rule, said: float) -> bool:
    """Whether it says in fewer bits which cases are wrong; with mistakes in so few that chance is unlikely to."""
    return said > _length(found) + (0 if found.exact else -log2(CHANCE))


def _plain(found: Rule) -> bool:
    """Whether it is so short that all cases are seldom separated by chance."""
    only = found.alternatives[0]
    return found.exact and len(found.alternatives) == len(only) == 1 and not only[0].lists


def _worth(found: Rule) -> float:
    return float(_score(found.caught, found.accused, found.wrong)) - PRICE * found.cost


def _length(found: Rule) -> float:
    """How many bits it takes to say the rule, and where it is mistaken."""
    mistakes = found.accused + found.wrong - found.caught
    said = sum(c.bits for one in found.alternatives for c in one)
    return said + choices(found.wrong + found.right, mistakes)


def _rule(
    conditions: list[Condition], holds: Array, wrong: Array, chosen: list[tuple[int, ...]], inverted: bool = False
) -> Rule:
    inside = np.any([holds[list(one)].all(axis=0) for one in chosen], axis=0) ^ inverted
    caught, accused = int((inside & wrong).sum()), int((inside & ~wrong).sum())
    alternatives = tuple(tuple(sorted((conditions[i] for i in one), key=lambda c: c.text)) for one in chosen)
    return Rule(alternatives, int(wrong.sum()), int((~wrong).sum()), caught, accused, inverted)


def _alternatives(conditions: list[Condition], holds: Array, wrong: Array) -> list[tuple[int, ...]]:
    """Conjunctions, each the best for what the ones before leave."""
    left = wrong.copy()
    chosen: list[tuple[int, ...]] = []
    right = ~wrong
    for _ in range(ALTERNATIVES):
        looked = left | right
        best = _conjunction(conditions, holds[:, looked], left[looked])
        if not best:
            break
        inside = holds[list(best)].all(axis=0)
        caught = int((inside & left).sum())
        if chosen and (caught < 2 or (inside & right).sum() * BETA > caught):
            break
        chosen.append(best)
        left &= ~inside
        if not left.any():
            break
    return chosen


def _conjunction(conditions: list[Condition], holds: Array, wrong: Array) -> tuple[int, ...]:
    """The conditions whose conjunction scores best; none if none beats saying nothing."""
    nothing = float(_score(int(wrong.sum()), int((~wrong).sum()), int(wrong.sum())))
    best: Best = (nothing, ())
    for score, one in _scored(conditions, holds, wrong):
        best = _better(best, score, one)
    return best[1]


def _conjunctions(conditions: list[Condition], holds: Array, wrong: Array) -> list[tuple[int, ...]]:
    """The best conjunction of one condition, of two, and of three."""
    best: dict[int, Best] = {}
    for score, one in _scored(conditions, holds, wrong):
        best[len(one)] = _better(best.get(len(one), (-np.inf, ())), score, one)
    return [one for _, one in best.values() if one]


def _scored(conditions: list[Condition], holds: Array, wrong: Array) -> Iterator[Best]:
    """The best condition, the best pairs, and the best third of each, with their scores."""
    bad, good = holds[:, wrong].astype(np.float32), holds[:, ~wrong].astype(np.float32)
    price = PRICE * np.array([c.cost for c in conditions])
    axes = np.array([c.axis for c in conditions])
    singles = _score(bad.sum(1), good.sum(1), bad.shape[1]) - price
    pairs = _score(bad @ bad.T, good @ good.T, bad.shape[1]) - (price[:, None] + price[None, :])
    pairs[(axes[:, None] == axes[None, :]) & (axes[:, None] != "")] = -np.inf
    np.fill_diagonal(pairs, -np.inf)
    yield float(singles.max()), (int(singles.argmax()),)
    count = WIDENED if len(pairs) > 1 else 0
    for flat in np.argsort(-np.triu(pairs, 1), axis=None, kind="stable")[:count]:
        first, second = divmod(int(flat), len(pairs))
        yield float(pairs[first, second]), (first, second)
        both = price + price[first] + price[second]
        thirds = _score(bad @ (bad[first] * bad[second]), good @ (good[first] * good[second]), bad.shape[1]) - both
        thirds[[first, second]] = -np.inf
        thirds[np.isin(axes, axes[[first, second]]) & (axes != "")] = -np.inf
        yield float(thirds.max()), (first, second, int(thirds.argmax()))


#: A score, and the conditions that have it.
Best = tuple[float, tuple[int, ...]]


def _better(best: Best, score: float, rule: tuple[int, ...]) -> Best:
    return (score, rule) if score > best[0] else best


def _score(caught: Any, accused: Any, wrong: int) -> Array:
    """F-measure of a rule that catches so many of ``wrong`` cases and accuses so many right ones."""
    caught = np.asarray(caught)
    score: Array = (1 + BETA**2) * caught / (BETA**2 * wrong + caught + accused)
    return score


# --- conditions -----------------------------------------------------------------------------------------------------


def _conditions(found: Columns, wrong: Array) -> tuple[list[Condition], Array]:
    """Every condition worth trying and where it holds, shape (conditions, cases); of two that hold alike the cheaper.

    It takes as many bits to say one as its kind has conditions to choose from: words, numbers, relations.
    """
    kept: dict[bytes, tuple[Condition, Array]] = {}
    kinds = [list(_of_words(found, wrong)), list(_of_numbers(found)), list(_of_pairs(found))]
    for kind in kinds:
        for condition, holds in kind:
            count = np.count_nonzero(holds)
            if 0 < count < found.count:
                key = np.packbits(holds).tobytes()
                if key not in kept or condition.cost < kept[key][0].cost:
                    bits = log2(len(kinds) * len(kind)) + condition.lists
                    kept[key] = replace(condition, bits=bits), holds
    holds = np.array([holds for _, holds in kept.values()], dtype=bool).reshape(len(kept), found.count)
    apart = np.abs(holds[:, wrong].mean(axis=1) - holds[:, ~wrong].mean(axis=1)) if len(kept) else np.zeros(0)
    best = np.sort(np.argsort(-apart, kind="stable")[:MOST_CONDITIONS])
    every = [c for c, _ in kept.values()]
    return [every[i] for i in best], holds[best]


Tried = tuple[Condition, Array]


def _of_words(found: Columns, wrong: Array) -> Iterator[Tried]:
    for axis, column in found.words.items():
        values, counts = np.unique(column.astype(str), return_counts=True)
        if len(values) < 2:
            continue
        frequent = values[np.argsort(-counts, kind="stable")][:MOST_VALUES]
        for value in frequent:
            same, other = ("=", "!=") if axis in found.numbers else ("is", "is not")
            said = layout(value) if axis == "layout" else value
            yield Condition(f"{axis} {same} {said}", 1.0, axis), column == value
            yield Condition(f"{axis} {other} {said}", 1.2, axis), column != value
        for name, group in GROUPS.get(axis, {}).items():
            yield Condition(f"{axis} is {name}", 1.1, axis), np.isin(column, group)
            yield Condition(f"{axis} is not {name}", 1.3, axis), ~np.isin(column, group)
        rates = {v: float(wrong[column == v].mean()) for v in values}
        for chosen in ({v for v, r in rates.items() if r > 0}, {v for v, r in rates.items() if r == 1}):
            if 1 < len(chosen) <= min(len(values) - 1, LISTED):
                text, cost = f"{axis} is {' or '.join(sorted(chosen))}", 1.2 + 0.1 * len(chosen)
                lists = log2(comb(len(values), len(chosen)))
                yield Condition(text, cost, axis, lists), np.isin(column, list(chosen))


def _of_numbers(found: Columns) -> Iterator[Tried]:
    with np.errstate(all="ignore"):
        for name, column in found.numbers.items():
            far = 0.4 if " " in name else 0.1 if "[" in name else 0.0
            values = np.unique(column[np.isfinite(column)])
            spread = np.linspace(0, len(values) - 1, min(len(values), MOST_STEPS)).round().astype(int)
            above = np.searchsorted(values, MULTIPLES, side="right")
            steps = values[np.unique(np.array([*spread, *above[(above > 0) & (above < len(values))]], dtype=np.intp))]
            for value in steps[1:]:
                yield Condition(f"{name} >= {value:g}", 1.0 + far), column >= value
            for value in steps[:-1]:
                below = "=" if value == 0 == values[0] else "<="
                yield Condition(f"{name} {below} {value:g}", 1.0 + far), column <= value
            for value in values[:MOST_VALUES] if name not in found.words else ():
                yield Condition(f"{name} = {value:g}", 1.0 + far), column == value
            for k in MULTIPLES:
                whole = np.mod(column, k) == 0
                others = np.isfinite(column) & ~whole
                yield Condition(f"{name} even" if k == 2 else f"{name} % {k} = 0", 1.3 + far), whole
                yield Condition(f"{name} odd" if k == 2 else f"{name} % {k} != 0", 1.3 + far), others
                if k > 2:
                    yield Condition(f"{name} > {k} and {name} % {k} != 0", 1.6 + far), others & (column > k)


def _of_pairs(found: Columns) -> Iterator[Tried]:
    """Relations between two sizes or params that take numbers of the same kind."""
    whole = {
        n: c
        for n, c in found.numbers.items()
        if not n.startswith("numbers in") and (np.mod(c[np.isfinite(c)], 1) == 0).all()
    }
    with np.errstate(all="ignore"):
        for (a, x), (b, y) in combinations(whole.items(), 2):
            there = np.isfinite(x) & np.isfinite(y)
            far = 1.5 + 0.3 * (" " in a) + 0.3 * (" " in b)
            yield Condition(f"{a} != {b}", far), there & (x != y)
            yield Condition(f"{a} = {b}", far), there & (x == y)
            yield Condition(f"{a} > {b}", far), there & (x > y)
            yield Condition(f"{a} < {b}", far), there & (x < y)
