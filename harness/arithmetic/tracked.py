"""Arrays with a bound on their error, how they are made, and how they fit each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Any, Self

import numpy as np

from harness.arithmetic.roundings import Array, all_tiers, cleaned
from harness.bounds import DOUBLE, SINGLE, Precision
from harness.differentiation import operands, vjp
from harness.dispatch import Origin, Recorded
from harness.operations import primitives
from harness.operations.refusals import lacking

#: The value of a sum or transform, one entry -> the sizes that its bound is made of, by name.
Sizes = Callable[[Array, tuple[int, ...]], dict[str, float]]

_created = count()


@dataclass(frozen=True)
class Chain:
    """What was added up to one number: how many terms, the sums of their magnitudes and of their squares.

    A sum of products counts as one term more than it has, for their own roundings. ``arriving`` is the sum of the
    terms' own errors, and ``whole`` says that all are exact whole numbers.
    """

    terms: Any
    sizes: Array
    squares: Array
    arriving: Array | None
    whole: bool


@dataclass(frozen=True, eq=False)
class Tracked(Recorded):
    """``value`` and ``error``, with the ``origin`` it was computed from.

    The error is None where the value is exact, (1, *shape) where the three tiers are alike, else (3, *shape). ``chain``
    gives the terms of what is a sum of sums, as any order of adding them is right.
    """

    value: Array
    error: Array | None
    p: Precision
    origin: Origin | None = None
    order: int = field(default_factory=lambda: next(_created))
    sizes: Sizes | None = None
    chain: Callable[[], Chain] | None = None

    @property
    def step(self) -> str:
        """What made it, by its name: ``add``, ``exp``; empty of what was given."""
        return self.origin.primitive.name if self.origin else ""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype

    def since(self, origin: Origin) -> Self:
        return replace(self, origin=origin)

    def __gradients__(self, xs: Sequence[Tracked]) -> list[Tracked]:
        found = vjp([self], [leaf(np.ones(self.shape), self.p)], xs)
        return [leaf(np.zeros(x.shape), self.p) if g is None else g for x, g in zip(xs, found, strict=True)]

    def __settled__(self) -> Tracked:
        return leaf(self.value, self.p)

    def __stored__(self) -> Tracked:
        result: Tracked = primitives.stored(self)
        return result

    def __held__(self) -> Tracked:
        return Tracked(self.value, self.error, self.p)

    def __confined__(self, low: float, high: float) -> Tracked:
        result: Tracked = primitives.confined(self, low=low, high=high)
        return result

    def lifted(self, x: Any) -> Tracked:
        return constant(x, self.p)

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        return ufunc(*(i.value if isinstance(i, Tracked) else i for i in operands))

    def lacking(self, what: Any) -> Exception:
        return lacking(what)

    def deciding(self) -> Any:
        return self.value


class Deferred(Tracked):
    """A Tracked whose numbers are computed when they are asked for: of derivatives' derivatives many never are."""

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: Any,
        make: Callable[[], tuple[Any, Array | None]],
        p: Precision,
        sizes: Sizes | None = None,
        origin: Origin | None = None,
        chain: Callable[[], Chain] | None = None,
    ) -> None:
        self.__dict__.update(p=p, origin=origin, order=next(_created), sizes=sizes, chain=chain)
        self.__dict__.update(_shape=shape, _dtype=np.dtype(dtype), _make=make)

    def since(self, origin: Origin) -> Any:
        if not self.waiting:
            return Tracked(self.value, self.error, self.p, origin, sizes=self.sizes, chain=self.chain)
        return Deferred(self.shape, self.dtype, self.__dict__["_make"], self.p, self.sizes, origin, self.chain)

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
            before = [q for q in operands(node) if isinstance(q, Deferred) and q.waiting]
            trail.extend(before)
            if not before:
                trail.pop()._compute()
        numbers: tuple[Array, Array | None] = self.__dict__["_numbers"]
        return numbers

    def _compute(self) -> None:
        if self.waiting:
            value, error = self.__dict__.pop("_make")()
            self.__dict__["_numbers"] = np.asarray(value), cleaned(value, error)

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


def leaf(value: Array, p: Precision) -> Tracked:
    """An input: exact by definition, but where it is taken for zero. Shape and kind as given; the value is widened."""
    wide = _widen(value, p)
    size = np.abs(wide)
    lost = (size > 0) & (size < p.smallest)
    return Tracked(wide, all_tiers(np.where(lost, size, 0.0)) if lost.any() else None, p)


def lift(x: Any, p: Precision) -> Tracked:
    """Anything as Tracked, with the rounding it suffers on its way into the judged dtype."""
    return x if isinstance(x, Tracked) else _rounded_beyond(x, p, p.u, p.u)


def constant(x: Any, p: Precision) -> Tracked:
    """A number of a definition as Tracked: one that takes more digits than single precision has was rounded before.

    ``np.sqrt(2)`` stands for the root of 2, and 0.1 for a tenth: who divides by ten instead of multiplying is right too.
    It was rounded to double precision where the definition names it, and is rounded to the judged one by others.
    """
    return x if isinstance(x, Tracked) else _rounded_beyond(x, p, max(p.u, SINGLE), p.u + DOUBLE)


def _rounded_beyond(x: Any, p: Precision, digits: float, error: float) -> Tracked:
    value = _widen(np.asarray(x), p)
    exact = value.size == 0 or bool(np.all(_representable(value, digits)))
    return Tracked(value, None if exact else all_tiers(error * np.abs(value)), p)


def made(value: Array, error: Array | None, p: Precision) -> Tracked:
    """What was computed just now, from its value and its error."""
    return Tracked(np.asarray(value), cleaned(value, error), p)


def _widen(value: Array, p: Precision) -> Array:
    return value.astype(np.result_type(p.wide, np.complex64) if value.dtype.kind == "c" else p.wide)


def _representable(value: Array, u: float) -> Array:
    if value.dtype.kind == "c":
        both: Array = _representable(value.real, u) & _representable(value.imag, u)
        return both
    with np.errstate(all="ignore"):
        mantissa, _ = np.frexp(value)
        scaled = mantissa / u
    fits: Array = (scaled == np.rint(scaled)) | ~np.isfinite(value)
    return fits


def aligned(*xs: Tracked) -> list[Array | None]:
    """The errors of operands of one broadcast operation, the tiers' axis first in all."""
    ndim = max(x.ndim for x in xs)
    return [None if x.error is None else with_axes(np.asarray(x.error), ndim) for x in xs]


def with_axes(error: Array, ndim: int) -> Array:
    """An error of an array with so many axes, the tiers' first."""
    return error.reshape(len(error), *(1,) * (ndim + 1 - error.ndim), *error.shape[1:])


def together(a: Tracked, b: Tracked) -> tuple[tuple[int, ...], Any]:
    """Shape and dtype of what is made of two operands entry by entry."""
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    return shape, a.dtype if a.dtype == b.dtype else np.result_type(a.dtype, b.dtype)


def all_exact(*xs: Tracked) -> bool:
    """Whether none has an error."""
    return all(x.error is None for x in xs)


def complex_units(*xs: Tracked) -> float:
    """Rounding of one complex multiplication is sqrt(5) u (Brent, Percival and Zimmermann 2007)."""
    return float(np.sqrt(5)) if any(x.dtype.kind == "c" for x in xs) else 1.0
