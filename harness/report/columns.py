"""Verdicts -> the packed columns and facts that the page's script draws from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy
import pandas

from harness.answer.levels import OF_LAW
from harness.coding import valued
from harness.comparison import SAME_BITS
from harness.diff import GROWTH, KINDS, compared
from harness.fills import SPECIAL
from harness.model import BAD, GRADES, KEY, RED, SEVERITY, STATUSES
from harness.report.addresses import axes
from harness.report.cards import Card, numbered
from harness.report.causes import causes
from harness.report.census import LEVELS, STATE
from harness.report.counts import table
from harness.report.glossary import BITS
from harness.report.headline import LAW_ORDER, NUMBER, instant, keys, repeats
from harness.report.manners import SAID
from harness.report.packing import pack
from harness.report.words import SIGNS
from harness.subjects import LEDGER

#: Entries that no longer run, and values of an axis, beyond which the page only counts.
MAX_GONE, MAX_VALUES = 2_000, 60

#: Laws that relate two calls of a candidate.
RELATING = ("invariance", "repeatable", "layout")


def rows(
    header: Mapping[str, Any],
    verdicts: pandas.DataFrame,
    manner: pandas.Series,
    cards: Sequence[Card],
    baseline: pandas.DataFrame | None,
    history: Sequence[Mapping[str, Any]],
) -> str:
    texts = ("op", "case", "candidate", "law", "subject", "scenario", "status", "grade", "blame", "message", "known")
    columns = {name: verdicts[name] for name in texts}
    columns["known"] = verdicts["known"].str.replace(NUMBER, "", regex=True)
    columns["margin"] = verdicts["margin"]
    with numpy.errstate(over="ignore"):
        columns |= {name: verdicts[name].astype(numpy.float32) for name in ("ulps", "seconds")}
    columns["manner"], columns["again"] = manner, repeats(verdicts)
    columns["of"] = pandas.Series(numbered(verdicts, cards))
    columns["cause"] = pandas.Series(causes(verdicts))
    columns["since"] = _since(verdicts, history)
    facts: dict[str, Any] = {
        "signs": SIGNS,
        "grades": GRADES,
        "precedence": STATUSES,
        "bad": sorted(BAD),
        "red": sorted(RED),
        "severity": SEVERITY,
        "growth": GROWTH,
        "ledger": LEDGER,
        "kinds": KINDS,
        "most_values": MAX_VALUES,
        "axes": _axes(header, verdicts),
        "first": header.get("first", {}),
        "laws": LAW_ORDER,
        "manners": SAID,
        "causes": [asdict(replace(card, cases=())) for card in cards],
        "levels": {
            "words": LEVELS,
            "special": sorted(SPECIAL),
            "states": STATE,
            "of_law": {law: LEVELS.index(level) for law, level in OF_LAW.items()},
        },
        "bits": {"same": SAME_BITS, "laws": RELATING, "says": BITS},
        "statements": header.get("laws", {}),
        "sees": header.get("sees", {}),
        "gone": [],
        "baseline": baseline is not None,
        "started": header.get("started", ""),
        "versions": header.get("versions", {}),
        "cpu": header.get("cpu", ""),
        "isa": header.get("isa", ""),
        "command": header.get("command", ""),
        "seed": header.get("seed", 0),
        "elsewhere": header.get("elsewhere", {}),
        "asked": header.get("asked", {}),
        "sizes": header.get("sizes", {}),
        "renamed": header.get("renamed", {}),
    }
    if baseline is not None:
        changes = compared(table(baseline), verdicts, header.get("renamed", {}))
        gone = changes.loc[changes["place"] < 0, [*KEY, "old_status"]]
        first = gone.sort_values(list(KEY)).head(MAX_GONE)
        facts |= {"gone": first.astype(str).to_numpy().tolist(), "gone_count": len(gone)}
        columns |= _changed(changes[changes["place"] >= 0], len(verdicts))
        del changes
    return pack(columns, facts)


def _changed(changes: pandas.DataFrame, rows: int) -> dict[str, pandas.Series]:
    """What changed of each row, and what it was; of rows that share a key the comparison looks at one."""
    place = changes["place"].to_numpy()
    found: dict[str, pandas.Series] = {}
    for name, of in (("change", "kind"), ("was", "old_status")):
        words = [*changes[of].cat.categories.drop("", errors="ignore"), ""]
        codes = numpy.full(rows, len(words) - 1, dtype=numpy.int16)
        codes[place] = valued(changes[of], {word: at for at, word in enumerate(words)}, len(words) - 1)
        found[name] = pandas.Series(pandas.Categorical.from_codes(codes, categories=pandas.Index(words)))
    before = numpy.full(rows, numpy.nan)
    before[place] = changes["old_margin"]
    return found | {"before": pandas.Series(before)}


def _since(verdicts: pandas.DataFrame, history: Sequence[Mapping[str, Any]]) -> pandas.Series:
    """Since which remembered run each red row has been red without a break; empty where it was not."""
    since = pandas.Series("", index=verdicts.index)
    red = verdicts["status"].isin(BAD)
    still = keys(verdicts[red])
    for run in reversed(history):
        still = still[still.isin(set(run.get("red", ())))]
        since.loc[still.index] = instant(str(run.get("started", "")))
    return since


def _axes(header: Mapping[str, Any], verdicts: pandas.DataFrame) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for op in verdicts["op"].unique():
        for axis, value in header.get("first", {}).get(op, {}).items():
            found.setdefault(axis, {})[value] = None
    for case in verdicts["case"].unique():
        for axis, value in axes(case).items():
            values = found.setdefault(axis, {})
            if len(values) < MAX_VALUES:
                values[value] = None
    return {axis: sorted(values) for axis, values in sorted(found.items())}
