"""Verdicts -> rules: which parameters separate the cases where a candidate is wrong from those where it is right.

A rule is up to three conditions on the axes of case ids, as `stride >= 2 and padding >= 2`. All pairs are counted at
once by one matrix product; thirds are added to the best pairs only. The best rule is taken, its cases are set aside,
and the search goes on for what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy
import pandas

from harness.model import BAD
from harness.report.addresses import DEFAULT, axes, number, size
from harness.report.causes import causes

#: Bounds on the work: cells explained, rules per cell, cases looked at per cell and side, values per axis, pairs
#: that a third condition is tried on.
MAX_CELLS, MAX_RULES, MAX_CASES, MAX_VALUES, MAX_WIDENED = 60, 3, 3000, 12, 6

#: Weight of precision over recall (van Rijsbergen's F): a rule that accuses right cases is worse than one too narrow.
BETA = 0.5

#: What one more condition must buy: the share of the score that a longer rule gives up.
PRICE = 0.02


@dataclass(frozen=True)
class Condition:
    """One comparison of an axis with a value."""

    axis: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.axis} {self.sign} {self.value}".replace(" = ", " ")

    @property
    def query(self) -> str:
        """The condition in the page's query language."""
        return f"{self.axis}{':' if self.sign == '=' else self.sign}{self.value}"


@dataclass(frozen=True)
class Cluster:
    """A rule and what it separates: ``inside`` and ``outside`` are (wrong, all) cases."""

    op: str
    candidate: str
    law: str
    subject: str
    scenario: str
    known: bool
    rule: tuple[Condition, ...]
    inside: tuple[int, int]
    outside: tuple[int, int]
    example: str
    margin: float

    def __str__(self) -> str:
        wrong, cases = self.inside
        others, rest = self.outside
        if not self.rule:
            return f"everywhere: {wrong} of {cases}" if wrong == cases else f"no simple rule: {wrong} of {cases}"
        return f"{' and '.join(map(str, self.rule))}: {wrong} of {cases}, {others} of {rest} others"

    @property
    def of(self) -> str:
        """What it speaks of and under what, as people read it."""
        return f"{self.subject} {self.scenario}".strip()

    @property
    def _of(self) -> Mapping[str, str]:
        return {"subject": self.subject, "scenario": self.scenario}

    @property
    def query(self) -> str:
        """What the page shows for this cluster."""
        of = "".join(f' {name}:"{value}"' for name, value in self._of.items() if value)
        conditions = "".join(f" {condition.query}" for condition in self.rule)
        return f"op:{self.op} candidate:{self.candidate} law:{self.law}{of}{conditions} is:wrong"


def clusters(verdicts: pandas.DataFrame, first: Mapping[str, Mapping[str, str]] | None = None) -> list[Cluster]:
    """The rules of every cell of (op, candidate, law, subject, scenario) with something wrong that is not a consequence.

    ``first`` gives, by op, the value of each axis that ids leave out; without it such a value is called `default`.
    """
    own = verdicts[causes(verdicts) < 0]
    wrong = own["status"].isin(BAD | {"known"})
    cell = ["op", "candidate", "law", "subject", "scenario"]
    sizes = own[wrong].groupby(cell, sort=True, observed=True).size().sort_values(ascending=False, kind="stable")
    chosen = set(sizes.index[:MAX_CELLS])
    narrow = own[own["op"].isin({key[0] for key in chosen}) & own["candidate"].isin({key[1] for key in chosen})]
    judged = narrow[narrow["status"].isin(BAD | {"known", "conforms", "fixed"})]
    found = [
        c
        for key, rows in judged.groupby(cell, sort=True, observed=True)
        if key in chosen
        for c in _cell(tuple(map(str, key)), rows, (first or {}).get(str(key[0]), {}))
    ]
    return sorted(found, key=lambda c: (c.known, -c.inside[0], c.op, c.candidate, c.law, c.subject, c.scenario))


def _cell(key: tuple[str, ...], rows: pandas.DataFrame, first: Mapping[str, str]) -> Iterator[Cluster]:
    rows = rows.assign(right=~rows["status"].isin(BAD | {"known"})).sort_values("right", kind="stable")
    rows = rows.drop_duplicates("case")  # of rows that share a key the wrong one speaks for the case
    wrong = rows["status"].isin(BAD | {"known"}).to_numpy()
    known = not rows.loc[wrong, "status"].isin(BAD).any()
    addresses, margins = rows["case"].to_numpy(), rows["margin"].to_numpy()
    points = [{**first, **axes(case)} for case in addresses]
    left = wrong.copy()
    for _ in range(MAX_RULES):
        rule, mask = _best(points, left, ~wrong)
        inside = mask & (left | ~wrong)
        caught = mask & left
        if not caught.any():
            return
        worst = float(numpy.nanmax(margins[caught], initial=0.0))
        outside = ~mask
        op, candidate, law, subject, scenario = key
        yield Cluster(
            op=op,
            candidate=candidate,
            law=law,
            subject=subject,
            scenario=scenario,
            known=known,
            rule=rule,
            inside=(int(caught.sum()), int(inside.sum())),
            outside=(int((outside & wrong).sum()), int(outside.sum())),
            example=min(addresses[caught], key=size),
            margin=worst,
        )
        left &= ~mask
        if not left.any():
            return


def _best(
    points: list[dict[str, str]], wrong: numpy.ndarray, right: numpy.ndarray
) -> tuple[tuple[Condition, ...], numpy.ndarray]:
    """The best rule and where it holds; no conditions where nothing is right, or where most cases of the best are."""
    everywhere = numpy.ones(len(points), dtype=bool)
    if not right.any() or not wrong.any():
        return (), everywhere
    looked = numpy.concatenate([numpy.flatnonzero(side)[:MAX_CASES] for side in (wrong, right)])
    conditions, holds = _conditions([points[at] for at in looked])
    if not conditions:
        return (), everywhere
    chosen = _search(holds, wrong[looked])
    rule = tuple(sorted((conditions[c] for c in chosen), key=lambda c: (c.axis, c.sign)))
    held = _holds(rule, points)
    separates = 2 * (held & wrong).sum() > (held & (wrong | right)).sum()
    return (rule, held) if separates else ((), everywhere)


def _search(holds: numpy.ndarray, wrong: numpy.ndarray) -> tuple[int, ...]:
    """The rows of ``holds``, shape (conditions, cases), whose conjunction scores best; none if none beats chance."""
    bad, good = holds[:, wrong].astype(numpy.float32), holds[:, ~wrong].astype(numpy.float32)
    pairs = _score(bad @ bad.T, good @ good.T, bad.shape[1])
    pairs = numpy.where(numpy.eye(len(pairs), dtype=bool), pairs, pairs - PRICE)
    best: tuple[float, tuple[int, ...]] = (float(_score(bad.shape[1], good.shape[1], bad.shape[1])), ())
    flat = numpy.argsort(-pairs, axis=None, kind="stable")[: 2 * MAX_WIDENED]
    for first, second in {tuple(sorted(divmod(int(f), len(pairs)))) for f in flat}:
        rule = (first,) if first == second else (first, second)
        best = max(best, (float(pairs[first, second]), rule), key=lambda b: (b[0], -len(b[1]), b[1]))
        if len(rule) == 2:
            thirds = _score(bad @ (bad[first] * bad[second]), good @ (good[first] * good[second]), bad.shape[1])
            third = int(numpy.argmax(thirds))
            best = max(best, (float(thirds[third]) - 2 * PRICE, (*rule, third)), key=lambda b: (b[0], -len(b[1]), b[1]))
    return best[1]


def _score(caught: numpy.ndarray | float, accused: numpy.ndarray | float, wrong: int) -> numpy.ndarray:
    """F-measure of a rule that catches so many of ``wrong`` cases and accuses so many right ones."""
    caught = numpy.asarray(caught)
    denominator = BETA**2 * wrong + caught + accused
    score: numpy.ndarray = (1 + BETA**2) * caught / denominator
    return score


def _conditions(cases: list[dict[str, str]]) -> tuple[list[Condition], numpy.ndarray]:
    """Every condition worth trying on these cases, and where each holds: shape (conditions, cases)."""
    found: list[Condition] = []
    for axis in sorted({name for case in cases for name in case}):
        values = pandas.Series([case.get(axis, DEFAULT) for case in cases]).value_counts()
        numbers = sorted({n for n in map(number, values.index) if n is not None})
        if len(values) < 2:
            continue
        found += [Condition(axis, "=", str(value)) for value in values.index[:MAX_VALUES]]
        found += [Condition(axis, ">=", f"{n:g}") for n in numbers[1:][:MAX_VALUES]]
        found += [Condition(axis, "<=", f"{n:g}") for n in numbers[:-1][:MAX_VALUES]]
    distinct = {holds.tobytes(): (c, holds) for c in reversed(found) for holds in [_holds((c,), cases)]}
    kept = list(reversed(distinct.values()))
    return [condition for condition, _ in kept], numpy.array([holds for _, holds in kept])


def _holds(rule: tuple[Condition, ...], cases: list[dict[str, str]]) -> numpy.ndarray:
    return numpy.array([all(_true(c, case.get(c.axis, DEFAULT)) for c in rule) for case in cases], dtype=bool)


def _true(condition: Condition, value: str) -> bool:
    if condition.sign == "=":
        return value == condition.value
    left = number(value)
    if left is None:
        return False
    return left >= float(condition.value) if condition.sign == ">=" else left <= float(condition.value)
