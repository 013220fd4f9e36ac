"""Wrong rows -> how each is wrong, in words: from its columns alone, never from its message."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy
import pandas

from harness.model import BAD


class Manner(StrEnum):
    """How a row is wrong."""

    NUMBER = "number"
    UNEQUAL = "unequal"
    BEYOND = "beyond"
    NOT_FINITE = "not finite"
    SPECIAL = "special"
    UNMEASURED = "unmeasured"
    RAISES = "raises"
    NOTHING = "nothing"
    RETURNS = "returns"
    FACT = "fact"
    ENDS = "ends"
    SILENT = "silent"
    GONE = "gone"


#: What is said of a row that is wrong so; ``NUMBER`` is told by its margin.
SAID: Mapping[Manner, str] = {
    Manner.NUMBER: "",
    Manner.UNEQUAL: "another number where the bound allows no error",
    Manner.BEYOND: "by more than 10^308 times its bound",
    Manner.NOT_FINITE: "NaN or infinity where a finite number is expected",
    Manner.SPECIAL: "something else where NaN or infinity is expected",
    Manner.UNMEASURED: "by an amount that nobody measured",
    Manner.RAISES: "it raises where a result is expected",
    Manner.NOTHING: "it gives no result where one is expected",
    Manner.RETURNS: "it returns where an error is expected",
    Manner.FACT: "another fact (a shape, a dtype, an effect) than expected",
    Manner.ENDS: "its process ended",
    Manner.SILENT: "it gave no answer in time",
    Manner.GONE: "its process ended, or it gave no answer in time",
}

#: Manners in which no result came.
WITHOUT_RESULT = frozenset({Manner.RAISES, Manner.NOTHING, Manner.ENDS, Manner.SILENT, Manner.GONE})

_COLUMNS = ("law", "status", "margin", "bound", "actual", "expected")


def manners(verdicts: pandas.DataFrame) -> pandas.Series:
    """The manner of each wrong row, known or not, as text; empty for the others."""
    found = numpy.full(len(verdicts), "", dtype=object)
    wrong = verdicts["status"].isin(BAD | {"known"})
    rows = verdicts.loc[wrong, list(_COLUMNS)]
    plain = numpy.isfinite(rows["margin"]) & (rows["bound"] != "")
    at, is_plain = numpy.flatnonzero(wrong.to_numpy()), plain.to_numpy()
    found[at[is_plain]] = Manner.NUMBER.value
    rest = rows[~is_plain]
    columns = (rest[name].tolist() for name in _COLUMNS)
    found[at[~is_plain]] = [_manner(*row).value for row in zip(*columns, strict=True)]
    return pandas.Series(found, index=verdicts.index)


def _manner(law: str, status: str, margin: float, bound: str, actual: str, expected: str) -> Manner:
    if status == "timed out":
        return Manner.SILENT
    if status == "crashed":
        return Manner.ENDS
    if law == "status" and not expected:
        return Manner.GONE  # known: its status no longer says which
    if expected == "raises":
        return Manner.RETURNS
    if law == "status":
        return Manner.RAISES
    if bound:
        return _of_numbers(margin, bound, actual, expected)
    return Manner.FACT if actual or expected else Manner.NOTHING


def _of_numbers(margin: float, bound: str, actual: str, expected: str) -> Manner:
    got, due = _number(actual), _number(expected)
    if got is None or due is None:
        return Manner.UNMEASURED
    if not numpy.isfinite(due):
        return Manner.SPECIAL
    if not numpy.isfinite(got):
        return Manner.NOT_FINITE
    if margin != margin:
        return Manner.UNMEASURED
    return Manner.UNEQUAL if _number(bound) == 0 else Manner.BEYOND


def _number(text: str) -> complex | None:
    try:
        return complex(text)
    except ValueError:
        return None
