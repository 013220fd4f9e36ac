"""Where a definition contains a gradient: ``dy/dx``, taken by the array type that knows how y came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def gradients(y: Any, xs: Sequence[Any]) -> list[Any]:
    """``dy/dx`` of a scalar y for each x, in x's shape; zeros where y does not depend on it.

    Raises TypeError for an array type that keeps no record (it has no ``__gradients__``), as NumPy's own does not.
    """
    if not hasattr(y, "__gradients__"):
        raise TypeError(f"{type(y).__name__} does not know what it was computed from")
    found: list[Any] = y.__gradients__(xs)
    return found


def settled(x: Any) -> Any:
    """x as a number of its own: the same value, where by the mathematics no error of x reaches the result."""
    return x.__settled__() if hasattr(x, "__settled__") else x


def held(x: Any) -> Any:
    """x as a constant: the same value with the same error, and no derivative. Mistakes hold what must not be held."""
    return x.__held__() if hasattr(x, "__held__") else x


def confined(x: Any, low: float, high: float) -> Any:
    """x, which by the mathematics lies within the limits: no error of it reaches beyond them, and nothing is cut."""
    return x.__confined__(low, high) if hasattr(x, "__confined__") else x


def stored(x: Any) -> Any:
    """x as it is kept between two steps, in the stored type: what is computed wider is rounded."""
    return x.__stored__() if hasattr(x, "__stored__") else x
