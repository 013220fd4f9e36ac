"""Two tables of verdicts -> what changed between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy
import pandas

from harness.coding import alike, coded, constant, plain, relabelled, valued, written_out
from harness.model import BAD, KEY, SEVERITY, SUMMATION
from harness.subjects import LEDGER, said_now

#: What can have changed, worst first.
KINDS = ("new", "regressed", "grew", "reordered", "no longer run", "fixed", "added")

#: The kinds that make a diff red: something deviates that did not, or was not there.
REGRESSIONS = frozenset({"new", "regressed"})

#: A margin so many times larger has grown, however small it still is (issue: "four times larger even below 1").
GROWTH = 4

#: What one row speaks of; a table holds each key at most once. Of repeats the last one counts that was judged.
OF = KEY[3:]

COLUMNS = ("kind", "op", *KEY, "status", "margin", "message", "old_status", "old_margin", "old_case")

#: The severity of a row that was not judged, and the least of one that is wrong.
_UNJUDGED, _BAD = -1, min(SEVERITY[status] for status in BAD)


def diff(old: pandas.DataFrame, new: pandas.DataFrame, renamed: Mapping[str, str]) -> pandas.DataFrame:
    """One row per change from ``old`` to ``new``, worst first, ``kind`` being one of KINDS.

    ``renamed`` maps beginnings of old case ids, ending where a part of the id ends, to what they are called now (`names`).
    Columns that a table lacks count as empty; ``margin`` may be NaN.
    """
    table = compared(old, new, renamed)
    table = table.sort_values(["kind", "margin", *KEY], ascending=[True, False, *[True] * len(KEY)])
    return plain(table[list(COLUMNS)].reset_index(drop=True))


def compared(old: pandas.DataFrame, new: pandas.DataFrame, renamed: Mapping[str, str]) -> pandas.DataFrame:
    """The same rows in no order, their words coded; ``place`` is where a row stands in ``new``, -1 where it does not."""
    both = _sides(old, new, renamed)
    before, now = (valued(both[name], SEVERITY, _UNJUDGED) for name in ("old_status", "status"))
    was, is_there = (both["_merge"] != "right_only").to_numpy(), (both["_merge"] != "left_only").to_numpy()
    judged_before, judged_now = was & (before != _UNJUDGED), is_there & (now != _UNJUDGED)
    red_now = judged_now & (now >= _BAD)
    changes = {
        "new": ~was & red_now,
        "regressed": was & red_now & (now > before),
        "grew": was & judged_now & (before == now) & _grew(both["old_margin"], both["margin"]),
        "reordered": was & (before == 0) & (now == 0) & _reordered(both),
        "no longer run": judged_before & ~judged_now,
        "fixed": judged_before & (now == 0) & (now < before),
        "added": ~was & judged_now,
    }
    kind = numpy.full(len(both), -1, dtype=numpy.int8)
    for name, mask in changes.items():
        kind[mask & (kind < 0)] = KINDS.index(name)
    there = both.assign(kind=pandas.Categorical.from_codes(kind, categories=pandas.Index(KINDS)))
    table: pandas.DataFrame = there[kind >= 0]
    turned = table["kind"] == "reordered"
    told = table.loc[turned, "message"] + "; it was " + written_out(table.loc[turned, "old_told"])
    return table.assign(message=table["message"].mask(turned, told)) if turned.any() else table


def regressions(table: pandas.DataFrame) -> bool:
    """Whether a diff holds something newly wrong."""
    return bool(table["kind"].isin(REGRESSIONS).any())


def rename(case: str, renamed: Mapping[str, str]) -> str:
    """What that old case is called now: axes first, then the longest matching beginning.

    >>> rename("conv2d/stride:2/pad:1", {"conv2d/stride:2": "conv2d/step:2", "conv2d/str": "no"})
    'conv2d/step:2/pad:1'
    >>> rename("conv2d/stride:2/pad:1", {"conv2d//pad": "padding"})
    'conv2d/stride:2/padding:1'
    >>> rename("conv/pad:1", {"conv": "conv2d", "conv2d//pad": "padding"})
    'conv2d/padding:1'
    """
    op, *parts = case.split("/")
    of = f"{renamed.get(op, op)}//"
    axes = {old.removeprefix(of): new for old, new in renamed.items() if old.startswith(of)}
    if axes:
        pairs = (part.partition(":") for part in parts)
        case = "/".join(
            [op, *(f"{axes.get(axis, axis)}{sign}{_fault(axis, value, axes)}" for axis, sign, value in pairs)]
        )
    beginnings = [p for p in renamed if case == p or case.startswith(p if p.endswith("/") else f"{p}/")]
    if not beginnings:
        return case
    longest = max(beginnings, key=len)
    return renamed[longest] + case[len(longest) :]


def _fault(axis: str, value: str, axes: Mapping[str, str]) -> str:
    """What a value is called now: an invalid call has its param's name before a hyphen."""
    param, hyphen, kind = value.partition("-")
    return f"{axes[param]}{hyphen}{kind}" if axis == "invalid" and hyphen and param in axes else value


def names(cases: pandas.Series, renamed: Mapping[str, str]) -> pandas.Series:
    """What old cases, or ops, are called now, each as `rename` says."""
    return cases.map({case: rename(case, renamed) for case in cases.unique()}) if renamed else cases


def _sides(old: pandas.DataFrame, new: pandas.DataFrame, renamed: Mapping[str, str]) -> pandas.DataFrame:
    left, right = _narrow(old).drop(columns=["message", "place"]), _narrow(new)
    left["old_case"] = left["case"]
    if renamed:
        left["case"] = relabelled(left["case"], {case: rename(case, renamed) for case in left["case"].cat.categories})
    for name in ("op", *KEY, "status", "order", "told"):
        left[name], right[name] = alike(left[name], right[name])
    left["old_case"], _ = alike(left["old_case"], left["case"])
    right = once(right)
    left = _gathered_as(once(left), right)
    left = left.rename(columns={name: f"old_{name}" for name in ("op", "status", "margin", "order", "told")})
    both = left.merge(right, on=list(KEY), how="outer", indicator=True)
    both["op"] = both["op"].where(both["op"].notna(), both["old_op"])
    for name in ("old_status", "status", "old_case", "message", "old_order", "order", "old_told"):
        both[name] = both[name].fillna("")
    both["place"] = both["place"].fillna(-1).astype(numpy.int64)
    return both


def _gathered_as(old: pandas.DataFrame, new: pandas.DataFrame) -> pandas.DataFrame:
    """The old rows with the subjects that the new ones have, where one table gathers what the other tells apart.

    A row without a subject speaks for all that a law looks at: it stands for each that the other table tells alone, and
    of several that the other table has gathered the worst counts. It does not stand for what was not judged beside it:
    no table that is folded has such rows.
    """
    ours, theirs = _codes(old, new)
    apart_before, apart_now = _apart(old), _apart(new)
    gathered, gathers = ours.law[~apart_before], theirs.law[~apart_now]
    moved = apart_before & ~numpy.isin(ours.row, theirs.row) & numpy.isin(ours.law, gathers)
    alone = ~numpy.isin(theirs.law, gathers) | new["status"].isin(SEVERITY).to_numpy()
    split = apart_now & ~numpy.isin(theirs.row, ours.row) & numpy.isin(theirs.law, gathered) & alone
    kept = apart_before | numpy.isin(ours.row, theirs.row) | ~numpy.isin(ours.law, theirs.law)
    spread = old[~apart_before].iloc[pandas.Index(gathered).get_indexer(theirs.law[split])]
    spread = spread.assign(**{name: new[name][split].set_axis(spread.index) for name in OF})
    unsaid = {name: constant("", old[name], old.index[moved]) for name in OF}
    found = pandas.concat([old[kept & ~moved], old[moved].assign(**unsaid), spread], ignore_index=True)
    ordered = (
        found.assign(severity=valued(found["status"], SEVERITY, _UNJUDGED))
        .sort_values("severity", kind="stable")
        .drop(columns="severity")
    )
    worst: pandas.DataFrame = ordered.drop_duplicates(list(KEY), keep="last")
    return worst


def _apart(table: pandas.DataFrame) -> numpy.ndarray:
    """Which rows speak of one subject or scenario alone."""
    found: numpy.ndarray = (table[list(OF)] != "").any(axis=1).to_numpy()
    return found


class _Codes(NamedTuple):
    """A number for each row's key, and one for its key without subject and scenario; equal in two tables where the keys are."""

    row: numpy.ndarray
    law: numpy.ndarray


def _codes(old: pandas.DataFrame, new: pandas.DataFrame) -> tuple[_Codes, _Codes]:
    both = pandas.concat([old[list(KEY)], new[list(KEY)]], ignore_index=True)
    law = _numbered(both, numpy.zeros(len(both), dtype=numpy.int64), KEY[: -len(OF)])
    row, here = _numbered(both, law, OF), len(old)
    return _Codes(row[:here], law[:here]), _Codes(row[here:], law[here:])


def _numbered(table: pandas.DataFrame, within: numpy.ndarray, names: Sequence[str]) -> numpy.ndarray:
    """A number for each combination of what stands in some columns and of numbers that there are."""
    for name in names:
        codes, words = pandas.factorize(table[name])
        within, _ = pandas.factorize(within * len(words) + codes)
    return within


def once(table: pandas.DataFrame) -> pandas.DataFrame:
    """The rows of a table that count: of those that share a key the last one that was judged, else the last."""
    if not table.duplicated(list(KEY)).any():
        return table
    judged = table["status"].isin(SEVERITY)
    kept: pandas.DataFrame = table.assign(judged=judged).sort_values("judged", kind="stable").drop(columns="judged")
    return kept.drop_duplicates(list(KEY), keep="last").sort_index()


def _narrow(table: pandas.DataFrame) -> pandas.DataFrame:
    """What a comparison looks at; what is said of the ledger is no verdict on a case."""
    place = numpy.arange(len(table))
    if "subject" in table:
        ours = (table["subject"] != LEDGER).to_numpy()
        table, place = (table, place) if ours.all() else (table[ours], place[ours])
    absent = pandas.Series("", index=table.index)
    columns = {name: coded(table.get(name, absent)) for name in ("op", *KEY, "status")}
    columns["subject"] = relabelled(columns["subject"], {s: said_now(s) for s in columns["subject"].cat.categories})
    columns["message"] = written_out(table.get("message", absent)).astype(str)
    sums = table["law"] == SUMMATION
    columns["order"] = coded(written_out(table.get("actual", absent)).where(sums, ""))
    columns["told"] = coded(columns["message"].where(sums, ""))
    margin = pandas.to_numeric(table["margin"], errors="coerce") if "margin" in table else float("nan")
    return pandas.DataFrame({**columns, "margin": margin, "place": place}, index=table.index, copy=False)


def _reordered(both: pandas.DataFrame) -> numpy.ndarray:
    """Where an order of summation has another signature than it had."""
    before, now = (both[name].cat.codes.to_numpy() for name in ("old_order", "order"))
    unknown = both["order"].cat.categories.get_loc("")
    found: numpy.ndarray = (before != unknown) & (now != unknown) & (before != now)
    return found


def _grew(before: pandas.Series, now: pandas.Series) -> numpy.ndarray:
    old, new = before.to_numpy(dtype=float), now.to_numpy(dtype=float)
    with numpy.errstate(invalid="ignore"):
        grown: numpy.ndarray = (new > old) & (new >= GROWTH * old)
    return grown
