"""Spec -> the cases of one row, which is asked for so often that its place needs more than 32 bits."""

from __future__ import annotations

from harness.cases.addresses import axes, case_at, first, names, numbers, shape, valid
from harness.cases.sizes import growing
from harness.model import VAST, Case, Spec

#: Types in the order of what they take; the first that a spec has is asked.
SMALLEST_FIRST = ("float16", "bfloat16", "float32", "complex64", "float64", "complex128")


def vast(spec: Spec, rows: int = 1) -> tuple[Case, ...]:
    """The first case with so many rows along the first axis of its first input; none where no size makes that axis so long."""
    base = axes(spec)
    start = first(spec, base)
    there = (*base["dtype"], *spec.sweep.get("dtype", ()))
    dtype = next((d for d in SMALLEST_FIRST if d in there), there[0])
    for axis in growing(spec, start):
        value = start[axis]
        one = (rows, *value[1:]) if isinstance(value, tuple) else rows
        case = case_at(spec, VAST, start | {axis: one, "dtype": dtype})
        if value != () and valid(spec, case) and _rows(spec, case) == rows and numbers(spec, case):
            return (case,)
    return ()


def _rows(spec: Spec, case: Case) -> int:
    """How long the first axis of the first input is; 0 of a number."""
    return next(iter(shape(spec.inputs[0], names(spec, case))), 0)
