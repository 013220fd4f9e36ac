"""A spec's dotted path -> its definition, the formulas that are as right, and those that lose digits."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from harness import language
from harness.asking.binding import load


@cache
def definition(path: str) -> tuple[Callable[..., Any], ...]:
    """The definition at a dotted path, and the other formulas it declares equally right (its ``legal`` attribute)."""
    function = load(path)
    return (function, *getattr(function, "legal", ()))


def signature(path: str) -> inspect.Signature | None:
    """How the definition at a dotted path is called; a function of C may have no signature to read."""
    try:
        return inspect.signature(definition(path)[0], follow_wrapped=False)
    except (TypeError, ValueError):
        return None


def defaults(path: str) -> dict[str, Any]:
    """What the definition at a dotted path takes its keyword arguments for where they are left out."""
    found = signature(path)
    given = found.parameters.values() if found else ()
    return {p.name: p.default for p in given if p.default is not p.empty}


@cache
def spoken(function: Callable[..., Any], instead: tuple[tuple[Any, Any], ...] = ()) -> Callable[..., Any]:
    """A definition as it is called with arrays that carry errors, some functions of NumPy's ``instead`` of others."""
    return language.speaking(function, dict(instead))


@cache
def values(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas whose values alone are equally right (its ``legal_values``): their derivatives are the definition's."""
    return tuple(getattr(load(path), "legal_values", ()))


@cache
def slopes(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas whose derivatives alone are equally right (its ``legal_slopes``): their values would lose too much."""
    return tuple(getattr(load(path), "legal_slopes", ()))


@cache
def cancelling(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas that lose digits where the definition does not (its ``cancels``): who uses one has a grade of its own."""
    return tuple(getattr(load(path), "cancels", ()))


@cache
def cancelling_slopes(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas of which the derivatives lose digits (its ``cancelling_slopes``)."""
    return tuple(getattr(load(path), "cancelling_slopes", ()))
