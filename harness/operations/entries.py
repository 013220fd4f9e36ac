"""Programs entry by entry: differences, powers, and what is left of complex functions for real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.dispatch import Recorded
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


def like(x: A, value: Any, dtype: Any = None, shape: Any = None) -> A:
    """One number, or what broadcasts, in the shape of x: a constant."""
    if dtype is not None and np.dtype(dtype).kind in "iub":
        return np.full(x.shape if shape is None else shape, value, dtype)
    kind = np.result_type(np.asarray(value), np.float64, x.dtype.kind)
    return x.lifted(np.full(x.shape if shape is None else shape, value, kind))


def astype(x: A, dtype: Any) -> A:
    """x itself as a real or complex number: a definition has no precision. Raises where that would round to integers."""
    match np.dtype(dtype).kind, x.dtype.kind:
        case ("f", "f") | ("c", "c"):
            return x
        case "c", "f":
            return np.where(True, x, 0j)
    raise x.lacking(f"astype({np.dtype(dtype).name})")
