"""Verdicts -> what the run's own answers are worth: tightness, coverage, doubts, witnesses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy
import pandas

from harness.report.addresses import DEFAULT, axes

#: The law under which a peer's answer stands beside ours, and the law it is held against.
WITNESS, WITNESSED = "gradcheck", "gradient"

#: Cases of one op that coverage looks at.
MAX_CASES = 20_000


@dataclass(frozen=True)
class Tightness:
    """How much of the bound right answers use: a bound never half used proves little."""

    op: str
    candidate: str
    rows: int
    median: float
    largest: float
    exact: int


@dataclass(frozen=True)
class Coverage:
    """Pairs of axis values that some case holds, of those that the axes' values make."""

    op: str
    cases: int
    axes: int
    seen: int
    pairs: int


@dataclass(frozen=True)
class Doubt:
    """Rows of one op that share a status and its reason: what proves nothing, or stands in the ledger."""

    op: str
    status: str
    because: str
    candidates: tuple[str, ...]
    laws: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Witnessed:
    """Cases where gradcheck and the bound do not say the same; a witness that objects is `inconclusive`."""

    op: str
    candidate: str
    passed_though_wrong: int
    failed_though_right: int
    agreed: int

    @property
    def quiet(self) -> bool:
        """Whether the two never differ."""
        return not (self.passed_though_wrong or self.failed_though_right)


def tightness(verdicts: pandas.DataFrame) -> list[Tightness]:
    """Per op and candidate, over conforming values; exact cases (margin 0) are counted apart."""
    rows = verdicts[(verdicts["law"] == "agrees") & (verdicts["status"] == "conforms") & verdicts["margin"].notna()]
    found = []
    for (op, candidate), group in rows.groupby(["op", "candidate"], sort=True):
        inexact = group["margin"][group["margin"] > 0]
        median = float(inexact.median()) if len(inexact) else 0.0
        largest = float(inexact.max()) if len(inexact) else 0.0
        found.append(Tightness(str(op), str(candidate), len(group), median, largest, len(group) - len(inexact)))
    return found


def coverage(verdicts: pandas.DataFrame) -> list[Coverage]:
    """Per op, the pairs of values of any two axes that occur together in some case."""
    cases = verdicts[["op", "case"]].drop_duplicates().groupby("op", sort=True)["case"]
    return [_coverage(str(op), [axes(c) for c in group.head(MAX_CASES)], len(group)) for op, group in cases]


def _coverage(op: str, cases: list[dict[str, str]], total: int) -> Coverage:
    names = sorted({name for case in cases for name in case})
    coded = {}
    for name in names:
        codes, values = pandas.factorize(numpy.array([case.get(name, DEFAULT) for case in cases], dtype=object))
        coded[name] = (codes, len(values))
    seen = pairs = 0
    for one, other in combinations(names, 2):
        (left, many), (right, more) = coded[one], coded[other]
        seen += len(numpy.unique(left * more + right))
        pairs += many * more
    return Coverage(op, total, len(names), seen, pairs)


def doubts(verdicts: pandas.DataFrame, *statuses: str) -> list[Doubt]:
    """Rows of these statuses, gathered by op and reason; most first."""
    rows = verdicts[verdicts["status"].isin(statuses) & (verdicts["law"] != WITNESS)]
    reason = rows["known"].where(rows["known"] != "", rows["message"])
    groups = rows.assign(because=reason).groupby(["op", "status", "because"], sort=True)
    found = [
        Doubt(str(op), str(status), str(because), _names(g["candidate"]), _names(g["law"]), len(g))
        for (op, status, because), g in groups
    ]
    return sorted(found, key=lambda d: -d.rows)


def _names(column: pandas.Series) -> tuple[str, ...]:
    return tuple(sorted(set(column)))


def witnesses(verdicts: pandas.DataFrame) -> list[Witnessed]:
    """Per op and candidate with gradcheck rows, how its answer compares with ours case by case."""
    return list(_witnesses(verdicts[verdicts["law"].isin([WITNESS, WITNESSED])]))


def _witnesses(rows: pandas.DataFrame) -> Iterator[Witnessed]:
    rows = rows[~rows["status"].isin(["unsupported", "not believed"])]
    rows = rows.assign(wrong=rows["status"] != "conforms")
    sides = rows.groupby(["op", "candidate", "case", "law"], sort=True)["wrong"].any().unstack("law")
    if WITNESS not in sides or WITNESSED not in sides:
        return
    both = sides.dropna()
    for (op, candidate), group in both.groupby(level=["op", "candidate"], sort=True):
        passed = ~group[WITNESS].astype(bool) & group[WITNESSED].astype(bool)
        failed = group[WITNESS].astype(bool) & ~group[WITNESSED].astype(bool)
        agreed = len(group) - int(passed.sum()) - int(failed.sum())
        yield Witnessed(str(op), str(candidate), int(passed.sum()), int(failed.sum()), agreed)
