"""Case id -> its axes: ``conv2d/stride:2x1/dtype:float32`` is op, then what varies."""

from __future__ import annotations

import re

#: How the value of an axis that an id does not mention is written: the axis's first one.
DEFAULT = "default"

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def axes(case: str) -> dict[str, str]:
    """The axes an id mentions and their values, as text.

    >>> axes("conv2d/stride:2x1/dtype:float32")
    {'stride': '2x1', 'dtype': 'float32'}
    """
    return {name: value for name, colon, value in (p.partition(":") for p in case.split("/")[1:]) if colon}


def number(value: str) -> float | None:
    """What a value counts as in a comparison: itself, the largest entry of a tuple, or nothing.

    >>> number("2"), number("2x1"), number("3x"), number("float32")
    (2.0, 2.0, 3.0, None)
    """
    entries = [entry for entry in value.split("x") if entry]
    if not entries or not all(_NUMBER.fullmatch(entry) for entry in entries):
        return None
    return max(float(entry) for entry in entries)


def size(case: str) -> tuple[int, float, int, str]:
    """How large a case is, for choosing the smallest example: departures first, then the numbers in them."""
    values = [number(value) for value in axes(case).values()]
    return len(values), sum(abs(v) for v in values if v is not None), len(case), case
