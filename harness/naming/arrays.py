"""An array, or an answer with its bound, a change -> the same, changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from harness import bounds
from harness.naming.changes import (
    FORMATS,
    MOVES,
    Absolute,
    Change,
    Clipped,
    Conjugated,
    Extended,
    Filled,
    Flat,
    Flipped,
    Flushed,
    Halved,
    Inapplicable,
    InfinityReplaced,
    Mirrored,
    NanReplaced,
    Nearest,
    Negated,
    Real,
    Regrouped,
    Reversed,
    Rolled,
    Rounded,
    Scaled,
    Shifted,
    Squared,
    Squeezed,
    Transposed,
    TransposedWhereSquare,
    Truncated,
    Unsigned,
    Whole,
)
from harness.oracles import Answer

Array = NDArray[Any]

#: NumPy's types of those formats that are types.
TYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}

# --- on arrays ------------------------------------------------------------------------------------------------------


def array(x: Array, change: Change) -> Array:
    """The array with the change, in its own dtype. Raises Inapplicable."""
    if x.dtype.kind in "iub" and not isinstance(change, MOVES):
        raise Inapplicable
    with np.errstate(all="ignore"):
        moved = _move(change, x.ndim)
        y = moved(x) if moved is not None else _numbers(x, change)
    return np.ascontiguousarray(y).reshape(y.shape).astype(x.dtype)


def _move(change: Change, ndim: int) -> Callable[[Array], Array] | None:
    """What a change does that leaves every entry as it is and puts it elsewhere. Raises Inapplicable."""
    match change:
        case Flipped(()):
            return np.flip
        case Flipped(axes):
            _needs(ndim > max(a if a >= 0 else -a - 1 for a in axes))
            return partial(np.flip, axis=axes)
        case Rolled(axis, by):
            _needs(ndim > (axis if axis >= 0 else -axis - 1))
            return partial(np.roll, shift=by, axis=axis)
        case Halved(axis):
            _needs(ndim > (axis if axis >= 0 else -axis - 1))
            return partial(_halved, axis)
        case Mirrored(axis):
            _needs(ndim > (axis if axis >= 0 else -axis - 1))
            return partial(_mirrored, axis)
        case Transposed():
            _needs(ndim > 1)
            return partial(np.swapaxes, axis1=-1, axis2=-2)
        case TransposedWhereSquare():
            _needs(ndim > 1)
            return _transposed_where_square
        case Reversed():
            _needs(ndim > 1)
            return np.transpose
        case Squeezed(axis):
            _needs(ndim > axis)
            return partial(_squeezed, axis)
        case Flat():
            return np.ravel
        case Extended():
            return _extended
        case Regrouped(axis, groups):
            _needs(ndim > axis)
            return partial(_regrouped, axis, groups)
        case _:
            return None


def _needs(there: bool) -> None:
    if not there:
        raise Inapplicable


def _transposed_where_square(x: Array) -> Array:
    return x.swapaxes(-1, -2) if x.shape[-1] == x.shape[-2] else x


def _halved(axis: int, x: Array) -> Array:
    return np.roll(x, x.shape[axis] // 2, axis)


def _mirrored(axis: int, x: Array) -> Array:
    return np.roll(np.flip(x, axis), 1, axis)


def _extended(x: Array) -> Array:
    return x.reshape(1) if x.ndim == 0 else x


def _squeezed(axis: int, x: Array) -> Array:
    return x.squeeze(axis) if x.shape[axis] == 1 else x


def _regrouped(axis: int, groups: int, x: Array) -> Array:
    n = x.shape[axis]
    _needs(groups > 0 and n % groups == 0)
    parts = x.reshape(*x.shape[:axis], groups, n // groups, *x.shape[axis + 1 :])
    return parts.swapaxes(axis, axis + 1).reshape(x.shape)


def _numbers(x: Array, change: Change) -> Array:
    match change:
        case Negated():
            return np.asarray(-x)
        case Conjugated():
            _needs(x.dtype.kind == "c")
            return x.conj()
        case Real():
            _needs(x.dtype.kind == "c")
            return x.real
        case Absolute():
            return np.abs(x)
        case Squared():
            return np.asarray(x * x)
        case Scaled(factor):
            return np.asarray(x * x.dtype.type(factor))
        case Shifted(by):
            return np.asarray(x + x.dtype.type(by))
        case Filled(value):
            return np.full_like(x, value)
        case _:
            return _by_parts(x, change)


def _by_parts(x: Array, change: Change) -> Array:
    """What is done to the real and the imaginary part alike."""
    if x.dtype.kind == "c":
        y = np.empty_like(x)
        y.real, y.imag = _part(x.real, change), _part(x.imag, change)
        return y
    return _part(x, change)


def _part(x: Array, change: Change) -> Array:
    match change:
        case Whole():
            return np.trunc(x.astype(np.longdouble)).astype(x.dtype)
        case Nearest():
            return np.rint(x.astype(np.longdouble)).astype(x.dtype)
        case Clipped(low, high):
            return np.clip(x, low, high)
        case Rounded(to):
            return rounded(x, to)
        case Truncated(to):
            return _significand(x, to, np.trunc)
        case NanReplaced(by):
            return np.where(np.isnan(x), x.dtype.type(by), x)
        case InfinityReplaced(sign):
            largest = float(bounds.finfo(x.dtype.name).max)
            return np.where(_infinite(x, sign), np.sign(x) * largest, x).astype(x.dtype)
        case Flushed():
            least = bounds.finfo(x.dtype.name).smallest_normal
            return np.where(np.abs(x) < least, np.copysign(x.dtype.type(0), x), x)
        case Unsigned():
            return np.asarray(x + x.dtype.type(0))
        case _:
            raise AssertionError(f"expected a change of numbers, got {change}")


def _infinite(x: Array, sign: int) -> Array:
    """Where an array is infinite: with a sign, or with any."""
    return np.asarray(x == sign * np.inf if sign else np.isinf(x))


def rounded(x: Array, to: str) -> Array:
    """Real numbers rounded to a format, in their own dtype; those of a format as narrow stay as they are."""
    if digits(x.dtype) <= FORMATS[to]:
        return x
    return x.astype(TYPES[to]).astype(x.dtype) if to in TYPES else _significand(x, to, np.rint)


def _significand(x: Array, to: str, cut: Callable[[Array], Array]) -> Array:
    if digits(x.dtype) <= FORMATS[to]:
        return x
    wide = x.astype(np.longdouble)
    fraction, exponent = np.frexp(np.where(np.isfinite(wide), wide, 0))
    scale = 2.0 ** FORMATS[to]
    kept = np.ldexp(cut(fraction * scale) / scale, exponent)
    return np.where(np.isfinite(wide), kept, wide).astype(x.dtype)


def digits(dtype: np.dtype[Any]) -> int:
    """Bits of significand of a floating-point or complex dtype."""
    return int(bounds.finfo(dtype.name).nmant) + 1


# --- on answers -----------------------------------------------------------------------------------------------------


def answer(due: Answer, change: Change) -> Answer:
    """What is due of a result with the change, and how far from that a right computation of it may be.

    A multiplication or addition more is one rounding more. Raises Inapplicable.
    """
    expected, error = due.expected, due.error
    if expected.dtype.kind in "iub" and not isinstance(change, MOVES):
        raise Inapplicable
    with np.errstate(all="ignore"):
        moved = _move(change, expected.ndim)
        if moved is None:
            values, errors = _with_error(due, change)
        else:
            values, errors = moved(expected), np.stack([moved(tier) for tier in error])
    others = None if due.others is None else partial(_all_changed, due.others, change)
    stepwise = None if due.stepwise is None else partial(_stepwise, due.stepwise, change)
    return Answer(values, errors, due.p, others=others, stepwise=stepwise)


def _stepwise(due: Callable[[], Answer], change: Change) -> Answer:
    return answer(due(), change)


def _all_changed(answers: Callable[[], Sequence[Answer]], change: Change) -> list[Answer]:
    return [answer(a, change) for a in answers()]


def _with_error(due: Answer, change: Change) -> tuple[Array, Array]:
    x, error, u = due.expected, due.error, due.p.u
    match change:
        case Rounded(to) | Truncated(to):
            _needs(round(1 - np.log2(2 * u)) > FORMATS[to])
            y = _by_parts(x, change)
            return y, error + np.where(_steady(x, error, change), 0, _spacing(y, to))
        case Scaled(factor):
            y = x * factor
            return y, error * abs(factor) + 2 * u * np.abs(y).astype(np.float64)
        case Shifted(by):
            y = x + by
            return y, error + 2 * u * np.abs(y).astype(np.float64)
        case Squared():
            y = x * x
            size = np.abs(x).astype(np.float64)
            return y, error * (2 * size + error) + 2 * u * np.abs(y).astype(np.float64)
        case Filled():
            return _numbers(x, change), np.zeros_like(error)
        case NanReplaced():
            return _numbers(x, change), np.where(np.isnan(x), 0, error)
        case InfinityReplaced(sign):
            y = np.where(_infinite(x, sign), np.sign(x) * due.p.largest, x)
            return y, np.where(_infinite(x, sign), 0, error)
        case Flushed():
            least = float(bounds.finfo(due.p.dtype).smallest_normal)
            return np.where(np.abs(x) < least, 0, x), np.where(np.abs(x) < least, 0, error)
        case _:
            return _numbers(x, change).astype(x.dtype), error


def _steady(x: Array, error: Array, change: Change) -> Array:
    """Where every number within the bound is rounded alike, for each tier."""
    ends = [_by_parts(np.asarray(x + side * error), change) for side in (-1, 1)]
    return np.asarray(ends[0] == ends[1])


def _spacing(y: Array, to: str) -> Array:
    """The distance of neighbours in a format, at most."""
    return np.abs(y).astype(np.float64) * 2.0 ** (1 - FORMATS[to])
