"""Values, precision -> the roundings of one step, in three tiers; sums of errors, None where nothing is rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bounds import Precision

Array = NDArray[Any]

#: An error of which first-order analysis says nothing. An infinite one says more: that the value may be no number.
LOST = float(np.finfo(np.float64).max)


def all_tiers(error: Any) -> Array:
    """One error for all three tiers, (1, *shape)."""
    return np.asarray(error, dtype=np.float64)[None]


def of_tier(error: Array, tier: int) -> Array:
    """What an error is in one tier."""
    found: Array = error[tier] if len(error) > 1 else error[0]
    return found


def plus(*errors: Array | None) -> Array | None:
    """The sum of errors, None where there is none."""
    present = [e for e in errors if e is not None]
    if not present:
        return None
    result = present[0]
    for e in present[1:]:
        result = result + e
    return result


def scaled(error: Array | None, by: Any) -> Array | None:
    """``error * by``; zero errors stay zero, and infinite ones infinite, whatever they meet."""
    if error is None:
        return None
    factor = np.asarray(by, dtype=np.float64)
    result = error * factor
    if not np.isnan(result.max(initial=0)):
        return result
    unclear = np.isnan(result)
    return np.where(unclear & (error == 0), 0.0, np.where(unclear & np.isinf(error), error, result))


def shaped(error: Array | None, value: Array) -> Array | None:
    """The error, repeated to the shape of the value."""
    if error is None or error.shape[1:] == value.shape:
        return error
    return np.broadcast_to(error, (len(error), *value.shape))


def cleaned(value: Array, error: Array | None) -> Array | None:
    """The error, ``LOST`` where it is no number and the value is one; None where it is zero."""
    if error is None:
        return None
    largest = error.max(initial=0)
    if largest == 0:
        return None
    if not np.isfinite(largest) or not np.isfinite(value).all():
        error = np.where(np.isnan(error), np.where(np.isfinite(value), LOST, 0.0), error)
    return error if error.any() else None


def by_kind(value: Array, error: Array | None, *of_operands: Array | None) -> Array | None:
    """The error, zero where the value is not finite and the operands' errors are: it is compared by its kind."""
    if error is None or np.isfinite(value).all():
        return error
    known = ~np.isfinite(value)
    for e in of_operands:
        known = known if e is None else known & np.isfinite(e)
    return np.where(known, 0.0, error)


def rounding(value: Array, p: Precision, units: float | Array = 1.0) -> Array:
    """``units * u |value| + eta`` of one operation: nothing for zero, and none for what is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        wide = np.abs(value)
        size = wide.astype(np.float64)
        error = units * p.u * size + p.eta
    if size.min(initial=1) > 0 and np.isfinite(size.max(initial=0)):
        return all_tiers(error)
    return all_tiers(np.where((wide > 0) & np.isfinite(size), error, 0.0))


def subnormal(value: Array, p: Precision) -> Array | None:
    """What is lost of a number that only its exponent changes: nothing where it stays normal."""
    with np.errstate(invalid="ignore"):
        size = np.abs(value)
    below = (size > 0) & (size < p.eta / p.u)
    return all_tiers(np.where(below, p.eta, 0.0)) if below.any() else None


def nearest(value: Array, p: Precision) -> Array:
    """Half a unit in the last place: what IEEE 754 allows a square root or a quotient of exact operands."""
    with np.errstate(invalid="ignore"):
        share, _ = np.frexp(np.abs(value))
    own = p.u_wide / p.u  # the value itself is rounded
    return rounding(value, p, np.where(share > 0, 0.5 / np.where(share > 0, share, 1.0), 1.0).astype(np.float64) + own)


def rounded(value: Array, p: Precision, exact: bool, units: float = 1.0) -> Array | None:
    """The rounding of a plain sum or product: none where exact operands make a small integer."""
    if exact and p.exact_sums and np.abs(value).max(initial=0) <= 1 / p.u and all_whole(value):
        return None
    return rounding(value, p, units)


def all_whole(x: Array) -> bool:
    """Whether all entries are integers."""
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.rint(x.real) == x.real) and (x.dtype.kind != "c" or np.all(np.rint(x.imag) == x.imag)))
