"""Definition, arrays -> value, error bound and derivatives: arithmetic that carries its own running error.

A ``Tracked`` array holds the value in the oracle's wide type, a bound on how far a right implementation in the judged
precision may be from it (three tiers, first order; Wilkinson's running error analysis, Higham 2002, section 3.3), and
how it came about. Definitions are plain NumPy programs; NumPy's own dispatch protocols bring them here. Each operation's
vjp is written in the same arithmetic, so gradients carry bounds and have derivatives themselves, to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds
from harness.bounds import Precision
from harness.differentiation import jvp as jvp
from harness.differentiation import vjp as vjp
from harness.dispatch import NORMS, Recorded, Table, axes_of
from reference_impls.definitions.terms import Group, Terms, evaluate

Array = NDArray[Any]
Vjp = Callable[["Tracked"], "Tracked"]
#: The sizes that the bound of one entry of a sum or transform is made of, by name.
Sizes = Callable[[tuple[int, ...]], dict[str, float]]

_created = count()


@dataclass(frozen=True, eq=False)
class Tracked(Recorded):
    """``value`` and ``error`` (None where exact, else (3, *shape)), with the ``parents`` it was computed from."""

    value: Array
    error: Array | None
    p: Precision
    parents: tuple[tuple[Tracked, Vjp], ...] = ()
    order: int = field(default_factory=lambda: next(_created))
    sizes: Sizes | None = None

    @property
    def step(self) -> str:
        """What made it, by the name of the function: ``add``, ``exp``; empty of what was given."""
        return self.parents[0][1].__qualname__.split(".")[0].strip("_") if self.parents else ""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype

    def __gradients__(self, xs: Sequence[Tracked]) -> list[Tracked]:
        found = vjp([self], [leaf(np.ones(self.shape), self.p)], xs)
        return [leaf(np.zeros(x.shape), self.p) if g is None else g for x, g in zip(xs, found, strict=True)]

    def __settled__(self) -> Tracked:
        return leaf(self.value, self.p)

    def lifted(self, x: Any) -> Tracked:
        return lift(x, self.p)

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        return ufunc(*(i.value if isinstance(i, Tracked) else i for i in operands))

    def lacking(self, name: str) -> Exception:
        return TypeError(f"the oracle's arithmetic has no numpy.{name}; see harness/arithmetic.py for what it has")


class Deferred(Tracked):
    """A Tracked whose numbers are computed when they are asked for: of derivatives' derivatives many never are."""

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: Any,
        make: Callable[[], tuple[Any, Array | None]],
        p: Precision,
        parents: tuple[tuple[Tracked, Vjp], ...],
        sizes: Sizes | None = None,
    ) -> None:
        self.__dict__.update(
            p=p, parents=parents, order=next(_created), _shape=shape, _dtype=np.dtype(dtype), _make=make, sizes=sizes
        )

    @property
    def value(self) -> Array:
        return self._numbers[0]

    @property
    def error(self) -> Array | None:
        return self._numbers[1]

    @cached_property
    def _numbers(self) -> tuple[Array, Array | None]:
        trail: list[Deferred] = [self]
        while trail:  # operands first, however long the chain
            node = trail[-1]
            before = [q for q, _ in node.parents if isinstance(q, Deferred) and q.waiting]
            trail.extend(before)
            if not before:
                trail.pop()._compute()
        numbers: tuple[Array, Array | None] = self.__dict__["_numbers"]
        return numbers

    def _compute(self) -> None:
        if self.waiting:
            value, error = self.__dict__.pop("_make")()
            self.__dict__["_numbers"] = np.asarray(value), _cleaned(value, error)

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.__dict__["_shape"]
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.__dict__["_dtype"]
        return dtype

    @property
    def waiting(self) -> bool:
        """Whether nobody has asked yet."""
        return "_make" in self.__dict__


# --- making ---------------------------------------------------------------------------------------------------------


def leaf(value: Array, p: Precision) -> Tracked:
    """An input: exact by definition. Shape and kind as given; the value is widened."""
    return Tracked(_widen(value, p), None, p)


def lift(x: Any, p: Precision) -> Tracked:
    """Anything as Tracked: a constant carries the rounding it suffers on its way into the judged dtype."""
    if isinstance(x, Tracked):
        return x
    value = _widen(np.asarray(x), p)
    exact = value.size == 0 or bool(np.all(_representable(value, p)))
    return Tracked(value, None if exact else _tiers(p.u * np.abs(value)), p)


def _widen(value: Array, p: Precision) -> Array:
    return value.astype(np.result_type(p.wide, np.complex64) if value.dtype.kind == "c" else p.wide)


def _representable(value: Array, p: Precision) -> Array:
    with np.errstate(all="ignore"):
        mantissa, _ = np.frexp(value.real)
        scaled = mantissa / p.u
    fits: Array = (scaled == np.rint(scaled)) | ~np.isfinite(value.real)
    return fits


def _tiers(error: Any) -> Array:
    e = np.asarray(error, dtype=np.float64)
    return np.broadcast_to(e, (3, *e.shape))


def _plus(*errors: Array | None) -> Array | None:
    present = [e for e in errors if e is not None]
    if not present:
        return None
    result = present[0]
    for e in present[1:]:
        result = result + e
    return result


def _aligned(*xs: Tracked) -> list[Array | None]:
    """The errors of operands of one broadcast operation, the tiers' axis first in all."""
    ndim = max(x.ndim for x in xs)
    errors = [None if x.error is None else np.asarray(x.error) for x in xs]
    return [None if e is None else e.reshape(3, *(1,) * (ndim + 1 - e.ndim), *e.shape[1:]) for e in errors]


def _scaled(error: Array | None, by: Any) -> Array | None:
    """``error * by`` with zero errors staying zero, whatever they meet."""
    if error is None:
        return None
    return np.where(error == 0, 0.0, error * np.asarray(by, dtype=np.float64))


def _make(value: Array, error: Array | None, p: Precision, *parents: tuple[Tracked, Vjp]) -> Tracked:
    return Tracked(np.asarray(value), _cleaned(value, error), p, parents)


def _cleaned(value: Array, error: Array | None) -> Array | None:
    """The error, infinite where it is no number and the value is one; None where it is zero."""
    if error is None:
        return None
    if not np.isfinite(error).all() or not np.isfinite(value).all():
        error = np.where(np.isnan(error), np.where(np.isfinite(value), np.inf, 0.0), error)
    return error if error.any() else None


def _together(a: Tracked, b: Tracked) -> tuple[tuple[int, ...], Any]:
    """Shape and dtype of what is made of two operands entry by entry."""
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    return shape, a.dtype if a.dtype == b.dtype else np.result_type(a.dtype, b.dtype)


def _rounding(value: Array, p: Precision, units: float = 1.0) -> Array:
    """``units * u |value| + eta`` of one operation: nothing for zero, and none for what is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        wide = np.abs(value)
        size = wide.astype(np.float64)
    return _tiers(np.where((wide > 0) & np.isfinite(size), units * p.u * size + p.eta, 0.0))


def _whole(x: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.rint(x.real) == x.real) and (x.dtype.kind != "c" or np.all(np.rint(x.imag) == x.imag)))


def _rounded(value: Array, p: Precision, exact: bool, units: float = 1.0) -> Array | None:
    """The rounding of a plain sum or product: none where exact operands make a small integer."""
    if exact and p.exact_sums and np.abs(value).max(initial=0) <= 1 / p.u and _whole(value):
        return None
    return _rounding(value, p, units)


def _exact(*xs: Tracked) -> bool:
    return all(x.error is None for x in xs)


def _fit(g: Tracked, like: Tracked) -> Tracked:
    """A cotangent summed and projected to the space of ``like``: undoes broadcasting, drops imaginary parts."""
    if g.dtype.kind == "c" and like.dtype.kind != "c":
        g = real(g)
    if g.shape == like.shape:
        return g
    lead = g.ndim - like.ndim
    axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(like.shape) if n == 1 and g.shape[i + lead] != 1)
    return reshape(total(g, axes) if axes else g, like.shape)


def _complex_units(*xs: Tracked) -> float:
    """Rounding of one complex multiplication is sqrt(5) u (Brent, Percival and Zimmermann 2007)."""
    return float(np.sqrt(5)) if any(x.dtype.kind == "c" for x in xs) else 1.0


# --- arithmetic -----------------------------------------------------------------------------------------------------


def add(a: Tracked, b: Tracked) -> Tracked:
    """``a + b``."""

    def make() -> tuple[Array, Array | None]:
        value = a.value + b.value
        return value, _shaped(_plus(*_aligned(a, b), _rounded(value, a.p, _exact(a, b))), value)

    return Deferred(*_together(a, b), make, a.p, ((a, lambda g: _fit(g, a)), (b, lambda g: _fit(g, b))))


def subtract(a: Tracked, b: Tracked) -> Tracked:
    """``a - b``."""
    return add(a, negative(b))


def negative(a: Tracked) -> Tracked:
    """``-a``, exactly."""
    return Deferred(a.shape, a.dtype, lambda: (-a.value, a.error), a.p, ((a, lambda g: negative(g)),))


def multiply(a: Tracked, b: Tracked) -> Tracked:
    """``a b``."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = a.value * b.value
            of_a, of_b = _aligned(a, b)
            cross = _product(of_a, of_b)
            propagated = _plus(_scaled(of_a, np.abs(b.value)), _scaled(of_b, np.abs(a.value)), cross)
            local = None if _shifts(a) or _shifts(b) else _rounded(value, a.p, _exact(a, b), _complex_units(a, b))
            return value, _shaped(_plus(propagated, local), value)

    to_a: Vjp = lambda g: _fit(multiply(g, conj(b)), a)  # noqa: E731
    to_b: Vjp = lambda g: _fit(multiply(g, conj(a)), b)  # noqa: E731
    return Deferred(*_together(a, b), make, a.p, ((a, to_a), (b, to_b)))


def _shifts(x: Tracked) -> bool:
    """Whether it is one power of two, not below one: multiplying with it is exact."""
    if x.size != 1 or x.error is not None:
        return False
    size = float(abs(x.value.reshape(())))
    return 1 <= size < np.inf and float(np.frexp(size)[0]) == 0.5 and bool(x.value.real * x.value.imag == 0)


def _product(a: Array | None, b: Array | None) -> Array | None:
    return None if a is None or b is None else a * b


def _shaped(error: Array | None, value: Array) -> Array | None:
    shape = (3, *value.shape)
    return error if error is None or error.shape == shape else np.broadcast_to(error, shape)


def divide(a: Tracked, b: Tracked) -> Tracked:
    """``a / b``; a divisor beyond the largest number may have become infinite, and the quotient zero."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = a.value / b.value
            of_a, of_b = _aligned(a, b)
            room = np.abs(b.value).astype(np.float64) - (0.0 if of_b is None else of_b)
            per = np.where(room > 0, 1 / np.where(room > 0, room, 1), np.inf)
            propagated = _plus(_scaled(of_a, per), _scaled(of_b, np.abs(value).astype(np.float64) * per))
            units = 3 * _complex_units(a, b) if _complex_units(a, b) > 1 else 1.0
            error = _plus(propagated, _rounding(value, a.p, units))
            flushed = np.isfinite(b.value) & (np.abs(b.value) > a.p.largest) & np.isfinite(value)
            if flushed.any():
                error = _plus(error, np.where(flushed, np.abs(value).astype(np.float64), 0.0))
            return value, _shaped(error, value)

    def to_b(g: Tracked) -> Tracked:
        return _fit(negative(multiply(g, conj(divide(divide(a, b), b)))), b)

    return Deferred(*_together(a, b), make, a.p, ((a, lambda g: _fit(divide(g, conj(b)), a)), (b, to_b)))


def _unary(
    function: Callable[[Array], Array],
    slope: Callable[[Array, Array, Array], Array],
    derivative: Callable[[Tracked, Tracked], Tracked],
    units: float,
) -> Callable[[Tracked], Tracked]:
    """An elementwise function from its value, its largest slope (x, y, error of x), its derivative (x, y), its ULPs."""

    def apply(x: Tracked) -> Tracked:
        def make() -> tuple[Array, Array | None]:
            with np.errstate(all="ignore"):
                value = function(x.value)
                error = _rounding(value, x.p, units)
                if x.error is not None:
                    steepest = slope(_narrow(x.value), _narrow(value), x.error)
                    error = error + np.where(x.error == 0, 0.0, x.error * steepest)
            return value, error

        back: Vjp = lambda g: multiply(g, conj(derivative(x, y)))  # noqa: E731
        back.__qualname__ = function.__name__
        y = Deferred(x.shape, x.dtype, make, x.p, ((x, back),))
        return y

    return apply


def _narrow(value: Array) -> Array:
    return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)


_ULPS = 2.0 * bounds.TRANSCENDENTAL_ULPS
_TWO_OVER_ROOT_PI = 2 / np.sqrt(np.arctan2(np.longdouble(0), np.longdouble(-1)))

exp = _unary(
    np.exp,
    lambda x, y, e: np.abs(y) * np.where(e < 1e-300, 1.0, np.expm1(e) / np.maximum(e, 1e-300)),
    lambda x, y: y,
    _ULPS,
)
expm1 = _unary(np.expm1, lambda x, y, e: np.exp(x.real + e), lambda x, y: add(y, lift(1, y.p)), _ULPS)
log = _unary(np.log, lambda x, y, e: _inverse(np.abs(x) - e), lambda x, y: divide(lift(1, x.p), x), _ULPS)
log1p = _unary(
    np.log1p, lambda x, y, e: _inverse(1 + x - e), lambda x, y: divide(lift(1, x.p), add(lift(1, x.p), x)), _ULPS
)
tanh = _unary(
    np.tanh,
    lambda x, y, e: 1 - np.tanh(np.maximum(np.abs(x) - e, 0)) ** 2,
    lambda x, y: subtract(lift(1, y.p), multiply(y, y)),
    _ULPS,
)
sqrt = _unary(
    np.sqrt,
    lambda x, y, e: np.fmin(  # |sqrt(x + e) - sqrt(x)| <= sqrt(e) bounds it where the slope does not
        _inverse(np.abs(y) + np.sqrt(np.maximum(np.abs(x) - e, 0))), _inverse(np.sqrt(np.maximum(e, 0)))
    ),
    lambda x, y: divide(lift(0.5, y.p), y),
    1.0,
)
sin: Callable[[Tracked], Tracked] = _unary(np.sin, lambda x, y, e: np.ones_like(e), lambda x, y: cos(x), _ULPS)
cos: Callable[[Tracked], Tracked] = _unary(
    np.cos, lambda x, y, e: np.ones_like(e), lambda x, y: negative(sin(x)), _ULPS
)


def _inverse(x: Array) -> Array:
    return np.where(x > 0, 1 / np.where(x > 0, x, 1), np.inf)


def _erf_value(x: Array) -> Array:
    """erf in the wide type, each entry by Arb's ball arithmetic to 128 bits."""
    from flint import arb, ctx

    def one(v: Any) -> Any:
        if not np.isfinite(v):
            return np.sign(v)
        high = float(v)
        y = (arb(high) + arb(float(v - np.longdouble(high)))).erf()
        top = float(y.mid())
        return np.longdouble(top) + np.longdouble(float((y - arb(top)).mid()))

    before, ctx.prec = ctx.prec, 128
    try:
        return np.array([one(v) for v in x.ravel()], dtype=np.longdouble).reshape(x.shape).astype(x.dtype)
    finally:
        ctx.prec = before


def _erf_slope(x: Tracked, y: Tracked) -> Tracked:
    return multiply(lift(_TWO_OVER_ROOT_PI, x.p), exp(negative(multiply(x, x))))


erf = _unary(
    _erf_value,
    lambda x, y, e: float(_TWO_OVER_ROOT_PI) * np.exp(-(np.maximum(np.abs(x) - e, 0) ** 2)),
    _erf_slope,
    _ULPS,
)


def square(x: Tracked) -> Tracked:
    """``x^2``."""
    return multiply(x, x)


def power(x: Tracked, n: Tracked) -> Tracked:
    """``x^n`` for a constant scalar n."""
    if n.size != 1:
        raise TypeError("the oracle's arithmetic raises to constant scalar powers only")
    exponent = float(n.value.reshape(()))
    if exponent == 2:
        return square(x)
    if exponent == 0.5:
        return sqrt(x)
    if exponent == int(exponent) and 0 < exponent <= 8:
        result = x
        for _ in range(int(exponent) - 1):
            result = multiply(result, x)
        return result
    return exp(multiply(n, log(x)))


def conj(x: Tracked) -> Tracked:
    """The complex conjugate, exactly; a real array itself."""
    if x.dtype.kind != "c":
        return x
    return Deferred(x.shape, x.dtype, lambda: (np.conj(x.value), x.error), x.p, ((x, conj),))


def real(x: Tracked) -> Tracked:
    """The real part, exactly."""
    if x.dtype.kind != "c":
        return x
    return Deferred(x.shape, x.p.wide, lambda: (x.value.real.copy(), x.error), x.p, ((x, lambda g: g),))


def imag(x: Tracked) -> Tracked:
    """The imaginary part, exactly."""
    if x.dtype.kind != "c":
        return lift(np.zeros(x.shape), x.p)
    back: Vjp = lambda g: multiply(g, lift(np.asarray(1j), x.p))  # noqa: E731
    return Deferred(x.shape, x.p.wide, lambda: (x.value.imag.copy(), x.error), x.p, ((x, back),))


# --- kinks: where the error does not decide the branch, the bound covers every subgradient ----------------------------


def maximum(a: Tracked, b: Tracked) -> Tracked:
    """The larger of each pair."""
    value = np.maximum(a.value, b.value)
    ea, eb = (np.zeros(()) if e is None else e for e in _aligned(a, b))
    either = np.maximum(np.broadcast_to(ea, (3, *value.shape)), np.broadcast_to(eb, (3, *value.shape)))
    with np.errstate(invalid="ignore"):
        undecided = np.abs(a.value - b.value).astype(np.float64) <= np.broadcast_to(
            np.asarray(ea) + eb, (3, *value.shape)
        )
        first = np.broadcast_to(a.value > b.value, value.shape)
    error = np.where(undecided, either, np.where(first, ea, eb))
    share = Tracked(
        np.where(undecided.any(axis=0), 0.5, np.where(first, 1.0, 0.0)).astype(a.p.wide),
        np.where(undecided.any(axis=0), 0.5, 0.0) * np.ones((3, 1)).reshape(3, *(1,) * value.ndim)
        if undecided.any()
        else None,
        a.p,
    )
    return _make(
        value,
        error,
        a.p,
        (a, lambda g: _fit(multiply(g, share), a)),
        (b, lambda g: _fit(multiply(g, subtract(lift(1, a.p), share)), b)),
    )


def minimum(a: Tracked, b: Tracked) -> Tracked:
    """The smaller of each pair."""
    return negative(maximum(negative(a), negative(b)))


def where(condition: Any, a: Any, b: Any) -> Tracked:
    """``a`` where the condition holds, else ``b``; conditions are decided by values (put kinks in maximum or abs)."""
    p = next(x.p for x in (condition, a, b) if isinstance(x, Tracked))
    mask = np.asarray(condition.value if isinstance(condition, Tracked) else condition, dtype=bool)
    a, b = lift(a, p), lift(b, p)
    value = np.where(mask, a.value, b.value)
    errors = [np.zeros(()) if e is None else e for e in _aligned(a, b, lift(mask, p))[:2]]
    error = np.where(mask, *errors) if any(x.error is not None for x in (a, b)) else None
    on, off = (Tracked(m.astype(p.wide), None, p) for m in (mask, ~mask))
    return _make(
        value,
        _shaped(error, value),
        p,
        (a, lambda g: _fit(multiply(g, on), a)),
        (b, lambda g: _fit(multiply(g, off), b)),
    )


def absolute(x: Tracked) -> Tracked:
    """``|x|``; of a complex number its modulus (hypot: within one ULP)."""
    value = np.abs(x.value)
    local = _rounding(value, x.p, 2.0) if x.value.dtype.kind == "c" else None
    return _make(value, _plus(x.error, local), x.p, (x, lambda g: multiply(g, direction(x))))


def direction(x: Tracked) -> Tracked:
    """``x / |x|``, 0 at 0; where the error reaches 0 the bound covers the unit disc: every subgradient of the modulus."""
    size = np.abs(x.value)
    with np.errstate(all="ignore"):
        value = np.where(size > 0, x.value / np.where(size > 0, size, 1), 0)
        e = np.zeros((3, *x.shape)) if x.error is None else np.asarray(x.error)
        if x.value.dtype.kind == "c":
            spread = np.where(e == 0, 0.0, np.minimum(2 * e / np.maximum(size.astype(np.float64), 1e-300), 2.0))
            error = spread + np.where(size > 0, 4 * x.p.u, 1.0)
        else:
            error = np.where(size > e, 0.0, np.where(size > 0, 2.0, 1.0 + e * 0))
    if x.value.dtype.kind != "c":
        return _make(value, error, x.p)

    def back(g: Tracked) -> Tracked:
        along = multiply(result, real(multiply(conj(result), g)))
        undefined = where(
            size > 0, lift(0.0, x.p), Tracked(np.zeros(x.shape, x.p.wide), _tiers(np.full(x.shape, np.inf)), x.p)
        )
        return add(divide(subtract(g, along), where(size > 0, absolute(x), lift(1.0, x.p))), undefined)

    result = _make(value, error, x.p, (x, back))
    return result


def clip(x: Tracked, low: float, high: float) -> Tracked:
    """x where a right result is known to lie within constant limits: no error reaches beyond them, nothing is cut."""
    value = np.clip(x.value, low, high)
    room = np.maximum(high - value, value - low).astype(np.float64)
    return _make(value, None if x.error is None else np.fmin(x.error, room), x.p, (x, lambda g: g))


# --- sums -----------------------------------------------------------------------------------------------------------


def total(x: Tracked, axis: Any = None, *, keepdims: bool = False) -> Tracked:
    """The sum over axes."""
    axes = axes_of(axis, x.ndim)
    n = prod(x.shape[a] for a in axes)
    kept = tuple(1 if i in axes else s for i, s in enumerate(x.shape))
    shape = kept if keepdims else tuple(s for i, s in enumerate(x.shape) if i not in axes)

    def make() -> tuple[Array, Array | None]:
        value, error = _added_up(x, axes, n)
        return value.reshape(shape), None if error is None else error.reshape(3, *shape)

    def sizes(at: tuple[int, ...]) -> dict[str, float]:
        size = np.abs(x.value).astype(np.float64)
        sums = (s.sum(axis=axes).reshape(shape)[at] for s in (size, size**2))
        return _of_sum(n, *sums)

    return Deferred(shape, x.dtype, make, x.p, ((x, lambda g: broadcast(reshape(g, kept), x.shape)),), sizes)


def _of_sum(length: Any, absolute: Any, squared: Any) -> dict[str, float]:
    """A sum's length, and the sums of its terms' magnitudes and squares."""
    return {"K": float(length), "S": float(absolute), "Q": float(squared)}


def _added_up(x: Tracked, axes: tuple[int, ...], n: int) -> tuple[Array, Array | None]:
    """The sum over axes of n entries each, and its error; the axes kept."""
    with np.errstate(all="ignore"):
        value = x.value.sum(axis=axes, keepdims=True)
        size = np.abs(x.value).astype(np.float64)
        absolute_sum = size.sum(axis=axes, keepdims=True)
        exact = (
            x.error is None and x.p.exact_sums and _whole(x.value) and bool((absolute_sum <= 1 / x.p.u_compute).all())
        )
        local = None
        if n > 1 and not exact:
            local = bounds.summation(x.p, value, absolute_sum, np.sqrt((size**2).sum(axis=axes, keepdims=True)), n)
        if local is None or x.p.u != x.p.u_compute:
            local = (
                bounds.stored(x.p, value, np.zeros((3, *value.shape)) if local is None else local) if n > 1 else local
            )
        arriving = None if x.error is None else x.error.sum(axis=tuple(a + 1 for a in axes), keepdims=True)
    return value, _plus(arriving, local)


def _summed(parts: Sequence[Tracked]) -> Tracked:
    """The sum of what arrives at one place, with the rounding of any order of summation."""
    if len(parts) == 2:
        return add(*parts)

    def make() -> tuple[Array, Array | None]:
        value, p = sum(x.value for x in parts[1:]) + parts[0].value, parts[0].p
        size: Any = sum(np.abs(x.value) for x in parts)
        rounding = _rounded(size, p, _exact(*parts) and all(_whole(x.value) for x in parts), len(parts) - 1)
        return value, _plus(*(x.error for x in parts), rounding)

    kind = np.result_type(*(x.dtype for x in parts))
    return Deferred(parts[0].shape, kind, make, parts[0].p, tuple((x, lambda g: g) for x in parts))


def mean(x: Tracked, axis: Any = None, *, keepdims: bool = False) -> Tracked:
    """The mean over axes. Its gradient is each entry's share ``g / n``: a derivative of that adds up rounded shares."""
    axes = axes_of(axis, x.ndim)
    n = lift(prod(x.shape[a] for a in axes), x.p)
    kept = tuple(1 if i in axes else s for i, s in enumerate(x.shape))
    y = divide(total(x, axis, keepdims=keepdims), n)
    return _make(y.value, y.error, x.p, (x, lambda g: divide(broadcast(reshape(g, kept), x.shape), n)))


def largest(x: Tracked, axis: Any = None, *, keepdims: bool = False) -> Tracked:
    """The maximum over axes; ties share the gradient in any proportion."""
    axes = axes_of(axis, x.ndim)
    value = x.value.max(axis=axes, keepdims=True)
    e = np.zeros((3, *x.shape)) if x.error is None else x.error
    top = e.max(axis=tuple(a + 1 for a in axes), keepdims=True)
    with np.errstate(invalid="ignore"):
        near = (x.value == value) | ((value - x.value).astype(np.float64) <= (e + top).max(axis=0))
    rivals = near.sum(axis=axes, keepdims=True)
    share = Tracked(
        np.where(near, 1 / np.maximum(rivals, 1), 0.0).astype(x.p.wide),
        _tiers(np.where(near & (rivals > 1), 1.0, 0.0)) if (rivals > 1).any() else None,
        x.p,
    )
    kept = value.shape
    shape = kept if keepdims else tuple(s for i, s in enumerate(x.shape) if i not in axes)
    return _make(
        value.reshape(shape),
        None if x.error is None else top.reshape(3, *shape),
        x.p,
        (x, lambda g: multiply(share, broadcast(reshape(g, kept), x.shape))),
    )


def contract(terms: Terms, factors: dict[str, Tracked]) -> Tracked:
    """A sum of products, given as its terms."""
    p = next(iter(factors.values())).p
    kinds = [f.dtype for f in factors.values()] + ([np.dtype(np.complex64)] if terms.complex else [])
    parents = tuple((f, _transposed(terms, factors, name)) for name, f in factors.items())

    def sizes(at: tuple[int, ...]) -> dict[str, float]:
        values = {name: f.value for name, f in factors.items()}
        magnitudes = {name: np.abs(v).astype(np.float64) for name, v in values.items()}
        _, absolute, squared = _sums(terms, values, magnitudes, p)
        return _of_sum(np.broadcast_to(terms.lengths, terms.shape)[at], absolute[at], squared[at])

    return Deferred(terms.shape, np.result_type(*kinds), lambda: _contracted(terms, factors, p), p, parents, sizes)


def _contracted(terms: Terms, factors: dict[str, Tracked], p: Precision) -> tuple[Array, Array | None]:
    values = {name: f.value for name, f in factors.items()}
    with np.errstate(all="ignore"):
        sizes = {name: np.abs(v).astype(np.float64) for name, v in values.items()}
        value, absolute, squared = _sums(terms, values, sizes, p)
        arriving = None
        for name, f in factors.items():
            if f.error is not None:
                used = _holding(terms_of_size(terms), name)
                there = {n: s for n, s in sizes.items() if n != name}
                arriving = _plus(arriving, evaluate(used, {**there, name: np.asarray(f.error)}))
        local = _sum_error(terms, list(factors.values()), value, sizes, absolute, squared, p)
        copied = not (_three(p) and len(terms.sizes) > 1) and _copied(terms)
        local = np.where(copied, 0.0, bounds.stored(p, value, local))
        if any(name in terms.padded and not np.isfinite(v).all() for name, v in values.items()):
            local = np.where(terms.lengths < max(terms.full, terms.lengths.max(initial=0)), np.inf, local)
    return value, _plus(arriving, local)


def _holding(terms: Terms, name: str) -> Terms:
    """Those of the terms that have a factor: an error of it reaches no others."""
    key = f"holding {name}"
    if key not in terms._cache:
        terms._cache[key] = Terms(terms.shape, terms.sizes, tuple(g for g in terms.groups if name in g.factors))
    result: Terms = terms._cache[key]
    return result


def _three(p: Precision) -> bool:
    """Whether a complex sum is made of three real ones: then a bias, and a derivative in it, go through all three."""
    return p.algorithm == "3m" and p.complex


def _copied(terms: Terms) -> Any:
    """Where an entry is one entry of the only factor, or none: exact whatever sums the others."""
    if "copied" not in terms._cache:
        products = any(len(g.factors) > 1 or np.any(np.asarray(g.coefficient) != 1) for g in terms.groups)
        terms._cache["copied"] = False if products else terms.lengths <= 1
    return terms._cache["copied"]


def terms_of_size(terms: Terms) -> Terms:
    """The same terms with the coefficients' absolute values."""
    if "sizes" not in terms._cache:
        groups = tuple(
            type(g)(g.out, g.factors, np.abs(g.coefficient)) if np.ndim(g.coefficient) or g.coefficient != 1 else g
            for g in terms.groups
        )
        terms._cache["sizes"] = Terms(terms.shape, terms.sizes, groups)
    result: Terms = terms._cache["sizes"]
    return result


def _squares(terms: Terms) -> Terms:
    plain = terms_of_size(terms)
    if "squares" not in plain._cache:
        groups = tuple(
            type(g)(g.out, g.factors, g.coefficient**2) if np.ndim(g.coefficient) or g.coefficient != 1 else g
            for g in plain.groups
        )
        plain._cache["squares"] = Terms(terms.shape, terms.sizes, groups)
    result: Terms = plain._cache["squares"]
    return result


#: Sizes of factors whose products' squares are neither too large for float64 nor too small.
_MODERATE = 2.0**-250, 2.0**250


def _sums(terms: Terms, values: dict[str, Array], sizes: dict[str, Array], p: Precision) -> tuple[Array, Array, Array]:
    """The sum of products, of their absolute values, and of their squares, in as few passes as may be."""
    if terms.plain and not p.complex and len(values) <= 2 and all(map(_moderate, sizes.values())):
        if p.wide == np.float64:
            return tuple(evaluate(terms, {n: np.stack([values[n], s, s * s]) for n, s in sizes.items()}))
        return evaluate(terms, values), *evaluate(terms, {n: np.stack([s, s * s]) for n, s in sizes.items()})
    squares = {name: s.astype(p.wide) ** 2 for name, s in sizes.items()}
    return evaluate(terms, values), evaluate(terms_of_size(terms), sizes), evaluate(_squares(terms), squares)


def _moderate(size: Array) -> bool:
    low, high = _MODERATE
    return bool(size.max(initial=0) <= high and size.min(initial=1, where=size > 0) >= low)


def _sum_error(
    terms: Terms,
    factors: list[Tracked],
    value: Array,
    sizes: dict[str, Array],
    absolute_sum: Array,
    squared: Array,
    p: Precision,
) -> Array:
    three = _three(p)
    if not p.exact_sums and not three:
        return sum((_norm_wise(g, sizes, terms, p) for g in terms.groups), start=np.zeros((3, *terms.shape)))
    small = absolute_sum <= 1 / p.u_compute / (4 if three else 1)
    whole = all(f.error is None and _whole(f.value) for f in factors) and all(
        _whole(np.asarray(g.coefficient)) for g in terms.groups
    )
    if three:
        error = bounds.three_products(p, absolute_sum, terms.lengths)
    else:
        error = bounds.summation(p, value, absolute_sum, np.sqrt(squared).astype(np.float64), terms.lengths)
    return np.where(_empty(terms, sizes, absolute_sum) | (small & whole), 0.0, error)


def _norm_wise(part: Group, sizes: dict[str, Array], terms: Terms, p: Precision) -> Array:
    """The bound of one group of terms, its coefficients counted as their largest."""
    largest = np.asarray(np.max(np.abs(part.coefficient), initial=0))
    return bounds.norm_wise(p, [largest, *(sizes[n] for n in part.factors)], terms.lengths)


def _empty(terms: Terms, sizes: dict[str, Array], absolute_sum: Array) -> Array:
    """Where every product has a factor of zero: known apart from sums that are too small for float64."""
    if absolute_sum.all():
        return np.zeros(absolute_sum.shape, bool)
    return np.asarray(evaluate(terms_of_size(terms), {n: (s != 0).astype(np.float64) for n, s in sizes.items()}) == 0)


def _transposed(terms: Terms, factors: dict[str, Tracked], of: str) -> Vjp:
    def back(g: Tracked) -> Tracked:
        others = {name: conj(f) for name, f in factors.items() if name != of}
        used = terms.derivative(of, conjugate=True)
        names = {n for part in used.groups for n in part.factors}
        there = {terms.cotangent: g} | {n: f for n, f in others.items() if n in names}
        return _fit(contract(used, there), factors[of])

    return back


# --- moving entries, exactly ----------------------------------------------------------------------------------------


def _moved(x: Tracked, move: Callable[[Array], Array], back: Vjp) -> Tracked:
    def make() -> tuple[Array, Array | None]:
        return move(x.value), None if x.error is None else np.stack([move(e) for e in x.error])

    if isinstance(x, Deferred) and x.waiting:
        return Deferred(move(np.broadcast_to(np.int8(0), x.shape)).shape, x.dtype, make, x.p, ((x, back),))
    return _make(*make(), x.p, (x, back))


def reshape(x: Tracked, shape: Any, order: str = "C") -> Tracked:
    """The same entries in another shape."""
    return _moved(x, lambda a: a.reshape(shape), lambda g: reshape(g, x.shape))


def transpose(x: Tracked, axes: Any = None) -> Tracked:
    """Axes in another order."""
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(a % x.ndim for a in axes)
    return _moved(x, lambda a: a.transpose(order), lambda g: transpose(g, np.argsort(order)))


def broadcast(x: Tracked, shape: Any) -> Tracked:
    """The same entries repeated to a larger shape."""
    return _moved(x, lambda a: np.broadcast_to(a, shape).copy(), lambda g: _fit(g, x))


def take(x: Tracked, index: Any) -> Tracked:
    """NumPy indexing, basic or advanced."""
    return _moved(x, lambda a: np.asarray(a[index]).copy(), lambda g: scatter(g, index, x.shape))


def scatter(g: Tracked, index: Any, shape: tuple[int, ...]) -> Tracked:
    """The transpose of indexing: entries added into zeros where the index took them from."""

    def move(a: Array) -> Array:
        out = np.zeros(shape, a.dtype)
        np.add.at(out, index, a)
        return out

    def make() -> tuple[Array, Array | None]:
        value = move(g.value)
        repeats = move(np.ones(g.shape))
        error = None if g.error is None else np.stack([move(e) for e in g.error])
        if repeats.max(initial=0) > 1 and not (g.error is None and _whole(g.value)):
            size = np.abs(g.value).astype(np.float64)
            local = bounds.summation(g.p, value, move(size), np.sqrt(move(size**2)), repeats)
            error = _plus(error, np.where(repeats > 1, local, 0.0))
        return value, error

    return Deferred(tuple(shape), g.dtype, make, g.p, ((g, lambda h: take(h, index)),))


def concatenate(xs: Sequence[Any], axis: int = 0) -> Tracked:
    """Arrays joined along an axis."""
    p = next(x.p for x in xs if isinstance(x, Tracked))
    xs = [lift(x, p) for x in xs]
    axis = axis % xs[0].ndim
    value = np.concatenate([x.value for x in xs], axis=axis)
    errors = [np.zeros((3, *x.shape)) if x.error is None else np.asarray(x.error) for x in xs]
    error = None if _exact(*xs) else np.concatenate(errors, axis=axis + 1)
    starts = np.cumsum([0, *(x.shape[axis] for x in xs)])

    def part(i: int) -> Vjp:
        index = (slice(None),) * axis + (slice(starts[i], starts[i + 1]),)
        return lambda g: _fit(take(g, index), xs[i])

    return _make(value, error, p, *((x, part(i)) for i, x in enumerate(xs)))


def stack(xs: Sequence[Any], axis: int = 0) -> Tracked:
    """Arrays joined along a new axis."""
    p = next(x.p for x in xs if isinstance(x, Tracked))
    lifted = [lift(x, p) for x in xs]
    at = axis % (lifted[0].ndim + 1)
    return concatenate([reshape(x, (*x.shape[:at], 1, *x.shape[at:])) for x in lifted], at)


def expand_dims(x: Tracked, axis: int) -> Tracked:
    """A new axis of length one."""
    at = axis % (x.ndim + 1)
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


def moveaxis(x: Tracked, source: Any, destination: Any) -> Tracked:
    """Axes moved to new places."""
    order = np.moveaxis(np.empty(tuple(range(1, x.ndim + 1))), source, destination).shape
    return transpose(x, [n - 1 for n in order])


def pad(x: Tracked, widths: Any) -> Tracked:
    """Zeros before and after each axis."""
    pairs = np.broadcast_to(widths, (x.ndim, 2))
    shape = tuple(n + int(a) + int(b) for n, (a, b) in zip(x.shape, pairs, strict=True))
    return scatter(x, tuple(slice(int(a), int(a) + n) for n, (a, _) in zip(x.shape, pairs, strict=True)), shape)


def flip(x: Tracked, axis: Any = None) -> Tracked:
    """Entries in reverse along axes."""
    axes = axes_of(axis, x.ndim)
    return take(x, tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim)))


def roll(x: Tracked, shift: Any, axis: Any = None) -> Tracked:
    """Entries rotated along axes."""
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return _moved(x, lambda a: np.roll(a, shift, axis), lambda g: roll(g, back, axis))


# --- Fourier --------------------------------------------------------------------------------------------------------


def fftn(x: Tracked, axes: Sequence[int], inverse: bool = False, norm: str = "none") -> Tracked:
    """The discrete Fourier transform over axes: ``scale * sum of x[n] exp(-+ 2 pi i k n / N)``.

    ``norm`` none, ortho or whole: scale 1, ``1 / sqrt(N)`` or ``1 / N``, two roundings wherever an implementation
    puts it.
    """
    where = tuple(a % x.ndim for a in axes)
    kind = np.result_type(x.dtype, np.complex64)
    back: Vjp = lambda g: _fit(fftn(g, where, not inverse, norm), x)  # noqa: E731
    y = Deferred(
        x.shape,
        kind,
        lambda: _transformed(x, where, inverse, norm, kind),
        x.p,
        ((x, back),),
        lambda at: bounds.transform_sizes(y.value, where, at),
    )
    return y


def _transformed(x: Tracked, where: tuple[int, ...], inverse: bool, norm: str, kind: Any) -> tuple[Array, Array | None]:
    import scipy.fft

    wide = x.value.astype(kind)
    with np.errstate(all="ignore"):
        if wide.size == 0 or not where:
            value = wide.copy()
        elif inverse:
            value = scipy.fft.ifftn(wide, axes=where, norm={"none": "forward", "whole": "backward"}.get(norm, norm))
        else:
            value = scipy.fft.fftn(wide, axes=where, norm={"none": "backward", "whole": "forward"}.get(norm, norm))
        error = bounds.transform(x.p, value, where)
        length = prod(x.shape[a] for a in where)
        if length > 1 and norm != "none":
            error = error + _rounding(value, x.p, 2)
        if x.error is not None:
            by = {"none": 1.0, "ortho": length**-0.5, "whole": 1 / max(length, 1)}[norm]
            error = error + _through_transform(x.error, tuple(a + 1 for a in where), value.size) * by
        broken = ~np.isfinite(x.value).all(axis=where, keepdims=True)
        if broken.any():
            value = np.where(broken, np.nan, value)
            error = np.where(broken, np.inf, error)
    return value, error


def _through_transform(error: Array, axes: tuple[int, ...], outputs: int) -> Array:
    whole = np.broadcast_to(error.sum(axis=axes, keepdims=True), error.shape)
    rss = np.broadcast_to(bounds.lam(outputs) * np.sqrt((error**2).sum(axis=axes, keepdims=True)), error.shape)
    typical = np.minimum(whole, rss)
    return np.stack([typical[0], typical[1], whole[2]])


def _fft(x: Tracked, n: Any = None, axis: int = -1, norm: Any = None) -> Tracked:
    if n is not None:
        raise TypeError("the oracle's fft takes no n: pad in the definition")
    return fftn(x, (axis,), norm=NORMS[norm])


def _np_fftn(x: Tracked, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Tracked:
    if s is not None or out is not None:
        raise TypeError("the oracle's fftn takes no s: pad in the definition")
    return fftn(x, range(x.ndim) if axes is None else axes, norm=NORMS[norm])


# --- what a bound is made of ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of a definition: what of one entry's bound had arisen once it was done, and what it added itself.

    ``value`` and ``sizes`` are of the step's entry through which most of that passes.
    """

    name: str
    arisen: float
    added: float
    value: Any
    sizes: dict[str, float]


#: Steps that move entries and round none: what reaches them reaches what they were made of, whatever its sign.
_MOVES = frozenset(
    {"broadcast", "concatenate", "conj", "imag", "negative", "real", "reshape", "roll", "take", "transpose"}
)


def steps(y: Tracked, at: tuple[int, ...], tier: int) -> list[Step]:
    """How the bound of one entry of y arose, in the order of the computation: first-order running error analysis."""
    one = np.zeros(y.shape, y.dtype)
    one[at] = 1
    nodes, reaching = {y.order: y}, {y.order: np.abs(one).astype(np.float64)}
    signed: dict[int, Tracked] = {y.order: leaf(one, y.p)}
    passed: dict[int, float] = {}
    found = []
    while nodes:
        node = nodes.pop(order := max(nodes))
        weight = np.abs(reaching.pop(order))
        arisen = _arisen(node, weight, tier)
        for parent, back in node.parents:
            if parent.error is None and not parent.parents:
                continue
            arrived = _fit(back(signed[order]), parent)
            carried = _fit(back(leaf(weight, node.p)), parent) if node.step in _MOVES else arrived
            before = np.abs(carried.value).astype(np.float64)
            passed[order] = passed.get(order, 0.0) + _arisen(parent, before, tier)
            reaching[parent.order] = reaching.get(parent.order, 0.0) + before
            signed[parent.order] = add(signed[parent.order], arrived) if parent.order in signed else arrived
            nodes[parent.order] = parent
        if node.error is not None and node.step:
            through = np.unravel_index(int(np.argmax(weight * np.asarray(node.error)[tier])), node.shape)
            place = tuple(int(i) for i in through)
            sizes = {} if node.sizes is None else node.sizes(place)
            added = max(arisen - passed.get(order, 0.0), 0.0)
            found.append(Step(node.step, arisen, added, node.value[place], sizes))
    return found[::-1]


def _arisen(node: Tracked, weight: Array, tier: int) -> float:
    with np.errstate(all="ignore"):
        return 0.0 if node.error is None else float((weight * np.asarray(node.error)[tier]).sum())


UFUNCS: dict[Any, Callable[..., Tracked]] = {
    np.add: add,
    np.subtract: subtract,
    np.negative: negative,
    np.positive: lambda x: x,
    np.multiply: multiply,
    np.divide: divide,
    np.power: power,
    np.square: square,
    np.exp: exp,
    np.expm1: expm1,
    np.log: log,
    np.log1p: log1p,
    np.tanh: tanh,
    np.sqrt: sqrt,
    np.sin: sin,
    np.cos: cos,
    np.conjugate: conj,
    np.maximum: maximum,
    np.minimum: minimum,
    np.absolute: absolute,
}

#: SciPy's special functions by name, so that this room need not import them.
SPECIAL: dict[str, Callable[..., Tracked]] = {"erf": erf}

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: lambda x, axis=None, keepdims=False: total(x, axis, keepdims=keepdims),
    np.mean: lambda x, axis=None, keepdims=False: mean(x, axis, keepdims=keepdims),
    np.max: lambda x, axis=None, keepdims=False: largest(x, axis, keepdims=keepdims),
    np.argmax: lambda x, axis=None: np.argmax(x.value, axis=axis),
    np.where: where,
    np.clip: clip,
    np.reshape: reshape,
    np.transpose: transpose,
    np.broadcast_to: broadcast,
    np.concatenate: concatenate,
    np.stack: stack,
    np.expand_dims: expand_dims,
    np.moveaxis: moveaxis,
    np.pad: pad,
    np.flip: flip,
    np.roll: roll,
    np.real: real,
    np.imag: imag,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.fft.fft: _fft,
    np.fft.fftn: _np_fftn,
}

Tracked.table = Table(UFUNCS, SPECIAL, FUNCTIONS, take, contract, _fit, _summed)
