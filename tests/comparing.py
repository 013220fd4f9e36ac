"""Two tables of verdicts -> what differs between them, as `versions` and `capabilities` tell it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas

from harness.diff import KEY, diff
from harness.report.counts import short


def changes(before: pandas.DataFrame, now: pandas.DataFrame) -> pandas.DataFrame:
    """What `harness diff` tells, and as kind `known` the rows that conformed and are known to deviate now."""
    return pandas.concat([diff(before, now, {}), _listed(before, now)], ignore_index=True)


def _listed(before: pandas.DataFrame, now: pandas.DataFrame) -> pandas.DataFrame:
    right, known = before[before["status"] == "conforms"], now[now["status"] == "known"]
    older = right[[*KEY, "margin"]].rename(columns={"margin": "old_margin"})
    return known.merge(older, on=list(KEY)).assign(kind="known")


def largest(margins: pandas.Series) -> str:
    """The largest margin as a cell has room for; a dash where there is none."""
    return short(float(margins.max())) or "–"


def simplest(cases: Iterable[str]) -> str:
    """The case with the fewest departures."""
    return min(cases, key=lambda c: (c.count("/"), len(c), c))
