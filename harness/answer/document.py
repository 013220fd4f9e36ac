"""Answer -> one JSON document (docs/answer.md says what each field means)."""

from __future__ import annotations

from math import isfinite
from typing import Any

from harness.answer.causes import Cause
from harness.answer.levels import Tally
from harness.answer.rules import Rule
from harness.answer.summary import Answer
from harness.cases import write

#: Counts up whenever a field changes its meaning or goes.
VERSION = 1


def document(found: Answer) -> dict[str, Any]:
    """The answer as plain values."""
    return {
        "version": VERSION,
        "op": found.op,
        "candidate": found.candidate,
        "library": found.library,
        "answer": found.said.value,
        "cases": found.cases,
        "planned": found.planned,
        "not offered": dict(found.refused),
        "not judged": dict(found.unasked),
        "accepted": sorted(level.value for level in found.accepted),
        "accuracy": [vars(a) for a in found.accuracy],
        "levels": [_tally(t) for t in found.tallies],
        "causes": [_cause(c) for c in found.causes],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "level": tally.level.value,
        "right": tally.right,
        "wrong": tally.wrong,
        "known": tally.known,
        "not offered": tally.not_offered,
        "not judged": tally.not_judged,
        "why": dict(tally.why),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    near, pattern, row = cause.neighbour, cause.pattern, cause.example
    return {
        "level": cause.level.value,
        "manner": cause.manner.value,
        "exception": cause.detail,
        "name": cause.name,
        "laws": list(cause.laws),
        "subjects": list(cause.subjects),
        "wrong": list(cause.wrong),
        "right": len(cause.right),
        "rule": None if cause.rule is None else _rule(cause.rule),
        "rate": cause.rate,
        "places": pattern.text,
        "relative": pattern.relative if isfinite(pattern.relative) else None,
        "rounding": pattern.rounding,
        "neighbour": None
        if near is None
        else {"axis": near.axis, "right": write(near.right), "wrong": write(near.wrong)},
        "example": {
            name: getattr(row, name)
            for name in ("case", "law", "subject", "scenario", "actual", "expected", "bound", "at", "message")
        },
        "smallest": None if cause.smallest is None else {"case": cause.smallest.case, "text": cause.smallest.text},
        "beside": {level.value: len(cases) for level, cases in cause.beside.items()},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "text": rule.text,
        "of": "right" if rule.inverted else "wrong",
        "exact": rule.exact,
        "caught": rule.caught,
        "wrong": rule.wrong,
        "accused": rule.accused,
        "right": rule.right,
        "hidden": rule.hidden,
    }
