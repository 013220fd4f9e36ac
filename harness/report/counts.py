"""Verdicts -> counts: per status, and per cell of op and candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy
import pandas

from harness.coding import CODED, coded, valued
from harness.model import BAD, COLUMNS, GRADES, STATUSES
from harness.report.census import Census, Counted, census
from harness.report.manners import manners
from harness.report.words import SIGNS, STEPS

NUMBERS = ("margin", "ulps", "blind", "seconds")


@dataclass(frozen=True)
class Cell:
    """What one candidate's rows come to: the worst of them, and what its cases come to, as a whole and at each level."""

    op: str
    candidate: str
    counted: Counted
    status: str
    margin: float
    grade: str
    counts: Mapping[str, int] = field(default_factory=dict)
    laws: tuple[str, ...] = ()
    largest: float = 0.0

    @property
    def cases(self) -> int:
        """How many cases stand behind it."""
        return self.counted.whole.cases

    @property
    def doubted(self) -> int:
        """How many rows prove nothing."""
        return self.counts.get("not believed", 0) + self.counts.get("inconclusive", 0)


def table(verdicts: pandas.DataFrame) -> pandas.DataFrame:
    """The verdicts with every column there, of its right type, repeated words as codes, nothing missing but numbers."""
    columns = {name: _column(verdicts, name) for name in COLUMNS}
    return pandas.DataFrame(columns, copy=False).reset_index(drop=True)


def _column(verdicts: pandas.DataFrame, name: str) -> pandas.Series:
    """A column of its right type; one that is so already is not copied."""
    if name in NUMBERS:
        if name not in verdicts:
            return pandas.Series(float("nan"), index=verdicts.index)
        return pandas.to_numeric(verdicts[name], errors="coerce").astype(numpy.float64)
    if name not in verdicts:
        empty = pandas.Series("", index=verdicts.index)
        return coded(empty) if name in CODED else empty
    column = verdicts[name]
    if name in CODED:
        return coded(column)
    whole = column.dtype == "str" and not column.hasnans
    return column if whole else column.fillna("").astype(str)


def counts(verdicts: pandas.DataFrame) -> dict[str, int]:
    """How many verdicts have each status, worst first; only statuses that occur, unknown ones last."""
    found = {str(status): int(n) for status, n in verdicts["status"].value_counts().items() if n}
    known = {status: found[status] for status in SIGNS if status in found}
    return known | {status: n for status, n in found.items() if status not in SIGNS}


def cells(
    verdicts: pandas.DataFrame,
    counted: Mapping[tuple[str, str], Counted] | None = None,
    explained: numpy.ndarray | None = None,
) -> list[Cell]:
    """One cell per op and candidate, in order of name; rows that ``explained`` marks lend it no law's name."""
    counted = census(verdicts, manners(verdicts), {}) if counted is None else counted
    ranks = {status: position for position, status in enumerate(STATUSES)}
    grades = {grade: position for position, grade in enumerate(GRADES)}
    ranked = verdicts[["op", "candidate", "status", "law", "margin"]].assign(
        rank=valued(verdicts["status"], ranks, len(ranks)),
        own=True if explained is None else ~explained,
        graded=valued(verdicts["grade"], grades, -1),
    )
    grouped = ranked.groupby(["op", "candidate"], sort=True, observed=True)
    none = Counted(Census(), {})  # a candidate that only an entry of the ledger names
    return [_cell(str(op), str(by), counted.get((str(op), str(by)), none), rows) for (op, by), rows in grouped]


def _cell(op: str, candidate: str, counted: Counted, rows: pandas.DataFrame) -> Cell:
    worst = rows[rows["rank"] == rows["rank"].min()]
    status = str(worst["status"].iloc[0])
    grade = int(rows["graded"].max())
    wrong = worst if status in BAD | {"fixed", "known"} else worst.iloc[:0]
    return Cell(
        op=op,
        candidate=candidate,
        counted=counted,
        status=status,
        margin=float((worst if len(wrong) else rows)["margin"].max()),
        grade=GRADES[grade] if grade >= 0 else "",
        counts=counts(rows),
        laws=tuple(sorted(set(wrong.loc[wrong["own"], "law"]))),
        largest=largest(wrong["margin"]),
    )


def largest(margins: pandas.Series) -> float:
    """The largest margin that is a number; 0 where none is."""
    return float(margins[numpy.isfinite(margins)].max()) if numpy.isfinite(margins).any() else 0.0


def level(margin: float) -> str:
    """The step of the logarithmic colour scale that a margin falls on: m0 (exact) to m4, then m5 to m8 above 1."""
    if margin != margin:
        return "none"
    return f"m{sum(margin > step for step in STEPS)}"


def short(number: float) -> str:
    """A number as a cell has room for: three digits, a whole number of thousands, or a power.

    >>> short(0.5371), short(0.99999), short(4321.0), short(12345678.0), short(float("inf")), short(float("nan"))
    ('0.537', '<1', '4,321', '1.2e7', '∞', '')
    """
    if number != number:
        return ""
    if number in (float("inf"), float("-inf")):
        return "∞" if number > 0 else "-∞"
    if number and not 1e-4 <= abs(number) < 1e6:
        mantissa, _, exponent = f"{number:.1e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    text = f"{number:,.0f}" if abs(number) >= 1000 else f"{float(f'{number:.3g}'):g}"
    if text == "1" and number != 1:
        return "<1" if number < 1 else ">1"
    return text
