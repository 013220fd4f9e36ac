"""A definition -> the numbers in its text, and what may stand in their place."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from harness.language import is_number
from harness.naming.steps import functions, looked_up

Number = int | float | np.floating[Any]

#: Significant digits that a number is cut down to.
DIGITS = range(1, 10)

#: Numbers of which no other one is taken: axes, places, and what leaves a sum or product as it is.
NEUTRAL = (-2, -1, 0, 1)


@cache
def literals(path: str) -> tuple[Number, ...]:
    """The numbers in the text of a definition and of the functions that it calls, and those that they name."""
    found = (x for function in functions(path) for x in (*_constants(function.__code__), *_named(function)))
    return tuple({repr(x): x for x in found if is_number(x) and x not in NEUTRAL and np.isfinite(x)}.values())


def instead(x: Number) -> Iterator[Number]:
    """The numbers that may wrongly stand in the place of one, the likeliest first, each once."""
    seen = {repr(x)}
    for other in _others(x if isinstance(x, int) else float(x)):
        if repr(other) not in seen and np.isfinite(other):
            seen.add(repr(other))
            yield other


def _others(x: int | float) -> Iterator[Number]:
    if isinstance(x, int):
        yield from (1, x - 1, x + 1, 2 * x, x / 2, -x, 10 * x)
        return
    yield from (-x, 2 * x, x / 2, 1.0, 0.0, x**2, abs(x) ** 0.5, 1 / x, 10 * x, x / 10)
    if 0 < x < 1:
        yield 1 - x
    yield from (float(f"{x:.{n - 1}e}") for n in DIGITS)
    with np.errstate(over="ignore"):
        yield from (float(kind(x)) for kind in (np.float32, np.float16))


def _named(function: types.FunctionType) -> Iterator[Any]:
    return (function.__globals__.get(name) for name in looked_up(function.__code__))


def _constants(code: types.CodeType) -> Iterator[Any]:
    for x in code.co_consts:
        yield from _constants(x) if isinstance(x, types.CodeType) else (x,)
