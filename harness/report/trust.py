"""Verdicts -> what the run's own answers are worth: tightness, coverage, doubts, witnesses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy
import pandas

from harness.coding import coded, plain, relabelled
from harness.model import BAD
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
class ModelTightness:
    """The same over all candidates, by the model of the bounds and the dtype."""

    model: str
    dtype: str
    ops: int
    rows: int
    median: float
    high: float
    largest: float
    exact: int


@dataclass(frozen=True)
class Kills:
    """What the release gate found: per judge its finds and false alarms, as the gate says them; by op; what survived."""

    judges: tuple[tuple[str, str, str], ...]
    ops: tuple[tuple[str, int, int], ...]
    survivors: tuple[tuple[str, str], ...]


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
    """Rows that share a status and its reason: what proves nothing, or stands in the ledger; ops with their rows.

    ``field`` is the column that the reason stands in.
    """

    status: str
    because: str
    field: str
    candidates: tuple[str, ...]
    laws: tuple[str, ...]
    rows: int
    ops: tuple[tuple[str, int], ...]


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
    rows = _right_values(verdicts, ["op", "candidate", "margin"])
    found = []
    for (op, candidate), group in rows.groupby(["op", "candidate"], sort=True, observed=True):
        inexact = group["margin"][group["margin"] > 0]
        median = float(inexact.median()) if len(inexact) else 0.0
        largest = float(inexact.max()) if len(inexact) else 0.0
        found.append(Tightness(str(op), str(candidate), len(group), median, largest, len(group) - len(inexact)))
    return found


def tightness_of_models(
    verdicts: pandas.DataFrame, models: Mapping[str, str], first: Mapping[str, Mapping[str, str]]
) -> list[ModelTightness]:
    """How much of the bound right values use, per model of bounds and dtype."""
    rows = _right_values(verdicts, ["op", "case", "margin"])
    dtypes = {case: axes(case).get("dtype") for case in rows["case"].unique()}
    usual = {op: str(first.get(op, {}).get("dtype", DEFAULT)) for op in rows["op"].unique()}
    said = {case: dtypes[case] or usual[case.partition("/")[0]] for case in dtypes}
    named = {op: models.get(op, "") for op in usual}
    rows = rows.assign(dtype=relabelled(coded(rows["case"]), said), model=relabelled(coded(rows["op"]), named))
    found = []
    for (model, dtype), group in rows.groupby(["model", "dtype"], sort=True, observed=True):
        inexact = group["margin"][group["margin"] > 0]
        median, high, largest = (float(inexact.quantile(q)) if len(inexact) else 0.0 for q in (0.5, 0.95, 1.0))
        exact = len(group) - len(inexact)
        ops = int(group["op"].nunique())
        found.append(ModelTightness(str(model), str(dtype), ops, len(group), median, high, largest, exact))
    return found


def _right_values(verdicts: pandas.DataFrame, columns: list[str]) -> pandas.DataFrame:
    """These columns of the rows whose values conform by a margin that was measured."""
    right = (verdicts["law"] == "agrees") & (verdicts["status"] == "conforms") & verdicts["margin"].notna()
    return verdicts.loc[right, columns]


def kills(markdown: str) -> Kills:
    """What docs/kill_matrix.md says, by its tables: judges, and miniatures with the laws that found them."""
    lines = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in markdown.splitlines()]
    judges = [cells for cells in lines if len(cells) == 3 and re.match(r"\d+ of \d+$", cells[1])]
    table = [row for row in _rows_of(markdown, "Miniatures") if len(row) > 3]
    by_op: dict[str, list[bool]] = {}
    for row in table:
        by_op.setdefault(row[0], []).append(_found(row))
    return Kills(
        tuple((a, b, c) for a, b, c in judges),
        tuple((op, sum(found), len(found)) for op, found in sorted(by_op.items())),
        tuple((row[0], row[1]) for row in table if not _found(row)),
    )


def _found(row: list[str]) -> bool:
    """Whether a law found it; the witness never convicts."""
    return row[3] not in ("", "nothing", WITNESS)


def _rows_of(markdown: str, title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    _, _, below = markdown.partition(f"\n## {title}\n")
    lines = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines[2:]]


def coverage(verdicts: pandas.DataFrame) -> list[Coverage]:
    """Per op, the pairs of values of any two axes that occur together in some case."""
    cases = verdicts[["op", "case"]].drop_duplicates().groupby("op", sort=True, observed=True)["case"]
    return [_coverage(str(op), [axes(c) for c in group.head(MAX_CASES)], len(group)) for op, group in cases]


def _coverage(op: str, cases: list[dict[str, str]], total: int) -> Coverage:
    cases = [case for case in cases if "invalid" not in case]  # a wrong call has no values of axes
    names = sorted({name for case in cases for name in case} - {"grid"})
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
    """Rows of these statuses, gathered by reason, those of one op under it; most first."""
    doubted = verdicts["status"].isin(statuses) & (verdicts["law"] != WITNESS)
    rows = plain(verdicts.loc[doubted, ["op", "candidate", "law", "status", "message", "known"]])
    listed = rows["status"].isin(["known", "fixed"]) & (rows["known"] != "")
    reason = rows["known"].str.replace(r"^\d+: ", "", regex=True).where(listed, rows["message"])
    field = listed.map({True: "known", False: "message"})
    groups = rows.assign(because=reason, field=field).groupby(["status", "because", "field"], sort=True)
    found = [
        Doubt(str(status), str(because), str(field), _names(g["candidate"]), _names(g["law"]), len(g), _most(g["op"]))
        for (status, because, field), g in groups
    ]
    return sorted(found, key=lambda d: -d.rows)


def _most(column: pandas.Series) -> tuple[tuple[str, int], ...]:
    return tuple((str(name), int(n)) for name, n in column.value_counts().items() if n)


def _names(column: pandas.Series) -> tuple[str, ...]:
    return tuple(sorted(set(column)))


def witnesses(verdicts: pandas.DataFrame) -> list[Witnessed]:
    """Per op and candidate with gradcheck rows, how its answer compares with ours case by case."""
    return list(_witnesses(verdicts[verdicts["law"].isin([WITNESS, WITNESSED])]))


def _witnesses(rows: pandas.DataFrame) -> Iterator[Witnessed]:
    rows = rows[~rows["status"].isin(["unsupported", "not believed"])]
    objects = (rows["law"] == WITNESS) & (rows["status"] == "inconclusive")
    rows = rows[objects | (rows["status"] != "inconclusive")]
    rows = rows.assign(wrong=objects | rows["status"].isin(BAD | {"known"}))
    sides = rows.groupby(["op", "candidate", "case", "law"], sort=True, observed=True)["wrong"].any().unstack("law")
    if WITNESS not in sides or WITNESSED not in sides:
        return
    both = sides.dropna()
    for (op, candidate), group in both.groupby(level=["op", "candidate"], sort=True, observed=True):
        passed = ~group[WITNESS].astype(bool) & group[WITNESSED].astype(bool)
        failed = group[WITNESS].astype(bool) & ~group[WITNESSED].astype(bool)
        agreed = len(group) - int(passed.sum()) - int(failed.sum())
        yield Witnessed(str(op), str(candidate), int(passed.sum()), int(failed.sum()), agreed)
