"""Programs entry by entry: differences, powers, steps, and functions that are formulas of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.dispatch import Recorded, axes_of, first, refused
from harness.operations import primitives

A = Any


def subtract(a: A, b: A) -> A:
    """``a - b``."""
    return a + -b


def square(x: A) -> A:
    """``x^2``."""
    return x * x


def conj(x: A) -> A:
    """The complex conjugate; a real array itself."""
    return primitives.conj(x) if x.dtype.kind == "c" else x


def real(x: A) -> A:
    """The real part; a real array itself."""
    return primitives.real(x) if x.dtype.kind == "c" else x


def imag(x: A) -> A:
    """The imaginary part; zeros of a real array."""
    return primitives.imag(x) if x.dtype.kind == "c" else x.lifted(np.zeros(x.shape))


def power(x: Any, n: Any) -> A:
    """``x^n``: by products for a constant whole number, whatever the sign of x."""
    if isinstance(n, Recorded) or np.size(n) != 1 or np.iscomplexobj(n):
        return primitives.power(x, n)
    exponent = float(np.asarray(n).reshape(()))
    if exponent == 0.5:
        return np.sqrt(x)
    if not exponent.is_integer():
        return primitives.power(x, n)
    product = _product(x, abs(int(exponent)))
    return 1 / product if exponent < 0 else product


def _product(x: A, n: int) -> A:
    """x, n times as a factor; 1 for none, of NaN too."""
    if n < 2:
        return x if n else x.lifted(np.ones(x.shape))
    y = square(_product(x, n // 2))
    return y * x if n % 2 else y


def like(
    x: A,
    value: Any,
    dtype: Any = None,
    order: Any = None,
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> A:
    """One number, or what broadcasts, in the shape of x: a constant."""
    if dtype is not None and np.dtype(dtype).kind in "iub":
        return np.full(x.shape if shape is None else shape, value, dtype)
    if isinstance(value, Recorded):
        return np.broadcast_to(value, x.shape if shape is None else shape)
    kind = np.result_type(np.asarray(value), np.float64, x.dtype.kind)
    return x.lifted(np.full(x.shape if shape is None else shape, value, kind))


def filled(value: float) -> Callable[..., A]:
    """The program that gives one number in the shape of an array."""

    def program(x: A, *arguments: Any, **keywords: Any) -> A:
        return like(x, value, *arguments, **keywords)

    return program


def astype(x: A, dtype: Any, *arguments: Any, **keywords: Any) -> A:
    """x itself as a real or complex number: a definition has no precision. Integers are plain, decided by the values."""
    match np.dtype(dtype).kind, x.dtype.kind:
        case ("f", "f") | ("c", "c"):
            return x
        case "c", "f":
            return np.where(True, x, 0j)
        case "b", _:
            return x != 0
        case "f", "c":
            return np.real(x)
        case "i" | "u", "f":
            whole: Any = np.trunc(x)
            return whole.deciding().astype(dtype)
    what = f"astype({np.dtype(dtype).name}) of a number with an error"
    raise refused(what, "take its real part first")


def sinc(x: A) -> A:
    """``sin(pi x) / (pi x)``, 1 at 0."""
    turned = pi(x) * np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.sin(turned) / turned)


def pi(x: A) -> A:
    """pi in the arithmetic of x."""
    return x.lifted(np.arctan2(np.longdouble(0), np.longdouble(-1)))


def degrees(x: A) -> A:
    """Radians as degrees."""
    return x * (180.0 / pi(x))


def radians(x: A) -> A:
    """Degrees as radians."""
    return x * (pi(x) / 180.0)


def remainder(a: A, b: A) -> A:
    """``a - floor(a / b) b``, with the sign of b."""
    return a - np.floor(a / b) * b


def fmod(a: A, b: A) -> A:
    """``a - trunc(a / b) b``, with the sign of a."""
    return a - np.trunc(a / b) * b


def divmod_(a: A, b: A) -> tuple[A, A]:
    """The whole quotient and the remainder."""
    whole = np.floor(a / b)
    return whole, a - whole * b


def modf(x: A) -> tuple[A, A]:
    """What is left of the whole part, and the whole part."""
    whole = np.trunc(x)
    return x - whole, whole


def rounded(x: A, decimals: int = 0, out: None = None) -> A:
    """To so many decimals, halves to even."""
    by = 10.0**decimals
    return np.rint(x * by) / by if decimals else np.rint(x)


def copysign(a: A, b: A) -> A:
    """The size of a with the sign of b."""
    return np.where(np.signbit(b), -np.abs(a), np.abs(a))


def heaviside(x: A, at_zero: A) -> A:
    """0 below 0, 1 above, a given number at 0."""
    return np.where(x > 0, 1.0, np.where(x < 0, 0.0, at_zero))


def angle(x: A, deg: bool = False) -> A:
    """The angle of complex numbers."""
    y = np.arctan2(np.imag(x), np.real(x))
    return degrees(y) if deg else y


def logaddexp2(a: A, b: A) -> A:
    """``log2(2^a + 2^b)``."""
    two = np.log(np.full_like(a, 2.0))
    return np.logaddexp(a * two, b * two) / two


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: None = None) -> A:
    """Straight lines between given points; the first and the last value beyond them."""
    one: Any = first((x, xp, fp))
    x, xp, fp = (one.lifted(v) for v in (x, xp, fp))
    at = np.clip(np.searchsorted(xp.deciding(), x.deciding(), side="right") - 1, 0, xp.size - 2)
    part = (x - xp[at]) / (xp[at + 1] - xp[at])
    y = fp[at] + part * (fp[at + 1] - fp[at])
    y = np.where(x < xp[0], fp[0] if left is None else left, y)
    return np.where(x > xp[-1], fp[-1] if right is None else right, y)


def gradient(f: A, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside, one-sided ones at the ends."""
    if edge_order != 1:
        raise refused("numpy.gradient with edge_order=2", "write the differences at the ends as formulas")
    axes = axes_of(axis, f.ndim)
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    found = []
    for a, h in zip(axes, steps, strict=True):
        if np.ndim(h):
            raise refused("numpy.gradient with coordinates", "give one number per axis, or write the differences")
        along = np.moveaxis(f, a, 0)
        inside = (along[2:] - along[:-2]) / (2.0 * h)
        ends = (along[1:2] - along[:1]) / h, (along[-1:] - along[-2:-1]) / h
        found.append(np.moveaxis(np.concatenate([ends[0], inside, ends[1]]), 0, a))
    return found[0] if len(found) == 1 else tuple(found)


# --- special functions ------------------------------------------------------------------------------------------------


def ndtr(x: A) -> A:
    """The normal distribution: ``erfc(-x / sqrt(2)) / 2``."""
    return 0.5 * primitives.erfc(-x * np.sqrt(np.full_like(x, 0.5)))


def logit(x: A) -> A:
    """``log(x / (1 - x))``."""
    return np.log(x / (1 - x))


def xlogy(a: A, b: A) -> A:
    """``a log(b)``, 0 where a is 0."""
    zero = (a == 0) & ~np.isnan(b)
    return np.where(zero, 0.0, a * np.log(np.where(zero, 1.0, b)))


def xlog1py(a: A, b: A) -> A:
    """``a log(1 + b)``, 0 where a is 0."""
    zero = (a == 0) & ~np.isnan(b)
    return np.where(zero, 0.0, a * np.log1p(np.where(zero, 0.0, b)))


def entr(x: A) -> A:
    """``-x log(x)``, 0 at 0, minus infinity below."""
    return np.where(x < 0, -np.inf, -xlogy(x, np.where(x < 0, 1.0, x)))


def rel_entr(a: A, b: A) -> A:
    """``a log(a / b)``."""
    return np.where((a == 0) & (b >= 0), 0.0, np.where((a > 0) & (b > 0), a * np.log(a / b), np.inf))


def kl_div(a: A, b: A) -> A:
    """``a log(a / b) - a + b``."""
    return rel_entr(a, b) - a + b


def gamma(x: A) -> A:
    """The gamma function of positive numbers, by its logarithm."""
    return np.exp(primitives.gammaln(x))


def polygamma(n: int, x: A) -> A:
    """The derivative of an order of digamma."""
    return primitives.polygamma(x, order=int(n))


def digamma(x: A) -> A:
    """The logarithmic derivative of gamma."""
    return primitives.polygamma(x, order=0)
