"""Scenarios, layouts, rows -> how people read them."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import Verdict
from harness.subjects import BY_DEFAULT, OTHERS, OVERWRITTEN, THREADS, Gradient, Output, Tangent, name, subject

#: Layouts whose words say little: of bytes, and of axes.
LAYOUTS: Mapping[str, str] = {"swapped": "byte-swapped", "transposed": "transposed in memory (Fortran order)"}

#: What a function does that answers otherwise in a scenario.
SCENARIOS: Mapping[str, str] = {
    OVERWRITTEN: "answers for the old contents of inputs that were overwritten in place",
    OTHERS: "answers otherwise for other inputs after these",
    THREADS: "answers otherwise in two threads at once",
    BY_DEFAULT: "where params are left out",
}


def layout(of: str) -> str:
    """A layout in words, with the input that alone has it, where one does."""
    word, space, rest = of.partition(" ")
    return LAYOUTS.get(word, word) + space + rest


def about(row: Verdict) -> str:
    """What a row is about, before what it gives: nothing of an output's first value."""
    if row.law == "agrees" and not row.scenario:
        return ""
    match subject(row.subject):
        case Output() if row.law == "layout":
            return f"layout {layout(row.scenario)}: `{name(row.subject)}` "
        case Output() | Gradient() | Tangent():
            return f"{row.of} "
        case _:
            return f"{row.law} of {row.of} " if row.of else f"{row.law} "
