"""The four operations, and the parts of complex numbers."""

from __future__ import annotations

import numpy as np

from harness.arithmetic.roundings import Array, by_kind, plus, rounded, rounding, scaled, shaped
from harness.arithmetic.tracked import Deferred, Tracked, aligned, all_exact, complex_units, together


def add(a: Tracked, b: Tracked) -> Tracked:
    """``a + b``."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(invalid="ignore"):
            value = a.value + b.value
        return value, shaped(plus(*aligned(a, b), rounded(value, a.p, all_exact(a, b))), value)

    return Deferred(*together(a, b), make, a.p)


def negative(a: Tracked) -> Tracked:
    """``-a``, exactly."""
    return Deferred(a.shape, a.dtype, lambda: (-a.value, a.error), a.p)


def multiply(a: Tracked, b: Tracked) -> Tracked:
    """``a b``."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = a.value * b.value
            of_a, of_b = aligned(a, b)
            cross = _product(of_a, of_b)
            propagated = plus(scaled(of_a, np.abs(b.value)), scaled(of_b, np.abs(a.value)), cross)
            local = None if _shifts(a) or _shifts(b) else rounded(value, a.p, all_exact(a, b), complex_units(a, b))
            return value, shaped(by_kind(value, plus(propagated, local), of_a, of_b), value)

    return Deferred(*together(a, b), make, a.p)


def _shifts(x: Tracked) -> bool:
    """Whether it is one power of two, not below one: multiplying with it is exact."""
    if x.size != 1 or x.error is not None:
        return False
    size = float(abs(x.value.reshape(())))
    return 1 <= size < np.inf and float(np.frexp(size)[0]) == 0.5 and bool(x.value.real * x.value.imag == 0)


def _product(a: Array | None, b: Array | None) -> Array | None:
    return None if a is None or b is None else a * b


def divide(a: Tracked, b: Tracked) -> Tracked:
    """``a / b``; a divisor beyond the largest number may have become infinite, and the quotient zero."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = a.value / b.value
            of_a, of_b = aligned(a, b)
            room = np.abs(b.value).astype(np.float64) - (0.0 if of_b is None else of_b)
            per = np.where(room > 0, 1 / np.where(room > 0, room, 1), np.inf)
            propagated = plus(scaled(of_a, per), scaled(of_b, np.abs(value).astype(np.float64) * per))
            units = 3 * complex_units(a, b) if complex_units(a, b) > 1 else 1.0
            error = plus(propagated, rounding(value, a.p, units))
            flushed = np.isfinite(b.value) & (np.abs(b.value) > a.p.largest) & np.isfinite(value)
            if flushed.any():
                error = plus(error, np.where(flushed, np.abs(value).astype(np.float64), 0.0))
            return value, shaped(by_kind(value, error, of_a, of_b), value)

    return Deferred(*together(a, b), make, a.p)


def conj(x: Tracked) -> Tracked:
    """The complex conjugate, exactly."""
    return Deferred(x.shape, x.dtype, lambda: (np.conj(x.value), x.error), x.p)


def real(x: Tracked) -> Tracked:
    """The real part, exactly."""
    return Deferred(x.shape, x.p.wide, lambda: (x.value.real.copy(), x.error), x.p)


def imag(x: Tracked) -> Tracked:
    """The imaginary part, exactly."""
    return Deferred(x.shape, x.p.wide, lambda: (x.value.imag.copy(), x.error), x.p)
