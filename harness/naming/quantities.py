"""Sample -> the numbers of its case, by name, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import Any

from numpy.typing import NDArray

from harness.naming.alterations import Quantity
from harness.naming.changes import Inapplicable, Regrouped
from harness.naming.samples import Sample

Array = NDArray[Any]


def quantity(of: Quantity, sample: Sample) -> float:
    """The number at a sample's case. Raises Inapplicable where the case has none."""
    known = numbers(sample)
    if any(n not in known for n in (*of.names, *of.over)):
        raise Inapplicable
    try:
        n = prod(known[name] for name in of.names) / prod(known[name] for name in of.over)
        match of.form:
            case "n":
                return n
            case "sqrt(n)":
                return sqrt(n)
            case "n/(n-1)":
                return n / (n - 1)
            case "(n-1)/n":
                return (n - 1) / n
    except (ZeroDivisionError, ValueError):
        raise Inapplicable from None


def numbers(sample: Sample) -> Mapping[str, float]:
    """The numbers that a case has, by name: sizes, params, `let`; lists of sizes by their product; lengths of results."""
    return sample.numbers


def groups(x: Array, axis: int, count: str, within: bool, sample: Sample) -> Regrouped:
    n = numbers(sample).get(count, 0)
    if axis >= x.ndim or n < 2 or x.shape[axis] % int(n):
        raise Inapplicable
    return Regrouped(axis, x.shape[axis] // int(n) if within else int(n))
