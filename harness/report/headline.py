"""Verdicts -> who is wrong where, one line for each op and candidate, each number counted and none inferred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import numpy
import pandas

from harness.coding import written_out
from harness.model import BAD, KEY, TAB
from harness.report.addresses import size
from harness.report.causes import causes
from harness.report.census import Census, Counted
from harness.report.counts import largest
from harness.report.manners import SAID, Manner
from harness.report.words import SIGNS

#: Laws in the order in which a reader wants them: whether it works at all, values, derivatives, then ways to call.
LAW_ORDER = (
    *("status", "agrees", "shape", "dtype", "gradient", "forward", "second", "adjoint", "backward", "subsets"),
    *(
        "upstream",
        "linear",
        "identity",
        "distribution",
        "mask",
        "containers",
        "mixed",
        "integers",
        "layout",
        "vmap",
        "pure",
        "repeatable",
        "invariance",
        "vast",
        "summation",
    ),
    *("gradcheck", "proof", "ledger"),
)

#: The number of a known entry in its spec, which stands before its reason.
NUMBER = r"^\d+: "


def keys(rows: pandas.DataFrame) -> pandas.Series:
    """The key of each row as one text."""
    first, *rest = (written_out(rows[name]) for name in KEY)
    return sum((TAB + column for column in rest), start=first)


def repeats(verdicts: pandas.DataFrame) -> pandas.Series:
    """How many rows before each one have its key: with it the key is an address."""
    again = verdicts.duplicated(list(KEY), keep=False)
    found = pandas.Series(0, index=verdicts.index, dtype="uint16")
    if again.any():
        found[again] = verdicts[again].groupby(list(KEY), sort=False, observed=True).cumcount().astype("uint16")
    return found


def wrong(
    verdicts: pandas.DataFrame,
    manner: pandas.Series,
    counted: Mapping[tuple[str, str], Counted],
    evidence: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Who is wrong where, new before known, once per op and candidate; rows beside a wrong value are left out."""
    rows = verdicts.assign(manner=manner)[(causes(verdicts) < 0) & verdicts["status"].isin(BAD | {"known"})]
    grouped = rows.assign(listed=rows["status"] == "known").groupby(
        ["op", "candidate", "listed"], sort=True, observed=True
    )
    said = [
        {
            "op": op,
            "candidate": candidate,
            "pair": (op, candidate),
            "known": bool(known),
            "laws": in_order(set(group["law"])),
            "reasons": _reasons(group),
            "status": next(s for s in SIGNS if s in set(group["status"])),
            "since": _wrong_since(group, history),
            "cases": int(group["case"].nunique()),
            "whole": counted[str(op), str(candidate)].whole,
            "margin": largest(group["margin"]),
            "otherwise": _otherwise(group),
            "example": (example := _example(group, evidence)),
            "scripted": "repro" in evidence.get(TAB.join(example.values()), {}),
        }
        for (op, candidate, known), group in grouped
    ]
    return sorted(said, key=lambda w: (w["known"], -w["cases"]))


def total(counted: Iterable[Census]) -> Census:
    """The sum of what was counted."""
    names = ("right", "wrong", "known", "not_offered", "not_judged", "raised", "raised_known")
    each = list(counted)
    return Census(**{name: sum(getattr(c, name) for c in each) for name in names})


def faults(verdicts: pandas.DataFrame) -> list[dict[str, Any]]:
    """Definitions that fail or are contradicted, said once per op."""
    rows = verdicts[(verdicts["status"] == "inconclusive") & (verdicts["blame"] == "oracle")]
    return [
        {"op": op, "cases": int(group["case"].nunique()), "because": str(group["message"].iloc[0])}
        for op, group in rows.groupby("op", sort=True, observed=True)
    ]


def in_order(laws: Iterable[str]) -> list[str]:
    """Laws in the order a reader wants them, unknown ones last."""
    return sorted(laws, key=lambda law: (LAW_ORDER.index(law) if law in LAW_ORDER else len(LAW_ORDER), law))


def instant(text: str) -> str:
    """A time as people read it."""
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M %Z").strip()
    except ValueError:
        return text


def _reasons(rows: pandas.DataFrame) -> list[dict[str, Any]]:
    """Why rows are known, each reason with the laws and the cases that it speaks of, the commonest first."""
    told = rows.assign(because=rows["known"].str.replace(NUMBER, "", regex=True))
    found = [
        {"because": str(why), "laws": in_order(set(group["law"])), "cases": int(group["case"].nunique())}
        for why, group in told[told["because"] != ""].groupby("because", sort=True)
    ]
    return sorted(found, key=lambda r: (-r["cases"], r["because"]))


def _otherwise(rows: pandas.DataFrame) -> list[tuple[str, int]]:
    """How rows are wrong that no margin tells of, and at how many cases."""
    found = rows[rows["manner"] != Manner.NUMBER.value].groupby("manner", sort=True)["case"].nunique()
    return sorted(((SAID[Manner(str(how))], int(n)) for how, n in found.items()), key=lambda pair: -pair[1])


def _wrong_since(rows: pandas.DataFrame, history: Sequence[Mapping[str, Any]]) -> str:
    """Since which remembered run rows of one op and candidate have been red, some of them, without a break.

    Of known ones: since when the candidate has been wrong in the op at all. Where that is the oldest run, or earlier; empty
    where it was not so in the run before.
    """
    told = [run for run in history if "wrong" in run]
    pair, red = TAB.join((str(rows["op"].iloc[0]), str(rows["candidate"].iloc[0]))), set(keys(rows))
    known = bool((rows["status"] == "known").all())
    was = (lambda run: pair in run["wrong"]) if known else (lambda run: not red.isdisjoint(run["red"]))
    chain = list(takewhile(was, reversed(told)))
    if not chain:
        return ""
    return instant(str(chain[-1].get("started", ""))) + (" or earlier" if len(chain) == len(told) else "")


def _example(rows: pandas.DataFrame, evidence: Mapping[str, Any]) -> dict[str, str]:
    """The row to look at first: one with a script, of the first law, the simplest, the worst."""
    held = {key for key, told in evidence.items() if "repro" in told}
    shown = rows[keys(rows).isin(held)] if held else rows
    rows = shown if len(shown) else rows
    rows = rows[rows["law"] == in_order(set(rows["law"]))[0]]
    first = min(
        rows.to_dict("records"), key=lambda r: (not r["bound"], size(r["case"]), -numpy.nan_to_num(r["margin"]))
    )
    return {name: str(first[name]) for name in KEY}
