"""NumPy's calls -> primitives of an arithmetic, and what each array was computed from.

Definitions are plain NumPy programs. NumPy's protocols, operators and methods of an array end here and go on to a
program of ``harness.operations``, which is made of primitives. A primitive calls the forward rule that the array's
arithmetic has for it, and the result remembers its origin: the primitive, its operands and its params.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from harness.definitions.terms import Terms, sum_of_products

#: What is answered with plain booleans.
COMPARISONS = frozenset(
    {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isfinite, np.isnan}
)

#: Programs that take constants as they were given, to tell them from arrays.
TELL_CONSTANTS = frozenset({np.power})

#: The vjp of a primitive in one operand: ``(g, y, *operands, **params)`` -> a cotangent, before it is fitted.
Vjp = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Primitive:
    """An operation that every arithmetic has a forward rule for. ``vjp`` gives its derivative in each operand."""

    name: str
    vjp: Callable[[int], Vjp]

    def __call__(self, *operands: Any, **params: Any) -> Any:
        """The forward rule of the operands' arithmetic, and where its result comes from."""
        like = first(operands)
        lifted = tuple(like.lifted(x) for x in operands)
        return self.computed(like, lifted, params).since(Origin(self, lifted, params))

    def computed(self, like: Recorded, operands: tuple[Recorded, ...], params: Mapping[str, Any]) -> Recorded:
        """What the forward rule gives. Raises what the arithmetic raises where it has none."""
        if self not in like.table.rules:
            raise like.lacking(self.name)
        result: Recorded = like.table.rules[self](*operands, **params)
        return result


@dataclass(frozen=True, eq=False)
class Move(Primitive):
    """A primitive that moves entries and computes none: ``move`` does it to a plain array."""

    move: Callable[..., Any]

    def computed(self, like: Recorded, operands: tuple[Recorded, ...], params: Mapping[str, Any]) -> Recorded:
        moved: Recorded = like.table.moved(operands[0], partial(self.move, **params))
        return moved


@dataclass(frozen=True, eq=False)
class Flat(Primitive):
    """A primitive that is constant between its jumps: a cotangent ends there."""

    def __call__(self, *operands: Any, **params: Any) -> Any:
        like = first(operands)
        return self.computed(like, tuple(like.lifted(x) for x in operands), params).since(Origin(self, (), params))


@dataclass(frozen=True, eq=False)
class Origin:
    """What an array was computed from: a primitive of operands."""

    primitive: Primitive
    operands: tuple[Recorded, ...]
    params: Mapping[str, Any]
    _kept: dict[Primitive, Any] = field(default_factory=dict, repr=False)

    def pulled(self, i: int, y: Recorded, g: Recorded) -> Any:
        """The cotangent of operand i for the cotangent g of the result y."""
        return self.primitive.vjp(i)(g, y, *self.operands, **self.params)

    def once(self, of: Primitive) -> Any:
        """Another primitive of the same operands, computed once."""
        if of not in self._kept:
            self._kept[of] = of(*self.operands, **self.params)
        return self._kept[of]


@dataclass(frozen=True)
class Table:
    """What one arithmetic has: the programs of NumPy's functions, a forward rule per primitive, one for all moves.

    ``special`` are SciPy's functions by name, so that SciPy need not be imported. ``decisions`` are functions with
    plain results that this arithmetic alone can decide.
    """

    programs: Mapping[Any, Callable[..., Any]]
    special: Mapping[str, Callable[..., Any]]
    rules: Mapping[Primitive, Callable[..., Any]]
    moved: Callable[[Any, Callable[[Any], Any]], Any]
    decisions: Mapping[Any, Callable[..., Any]] = field(default_factory=dict)


class Recorded(NDArrayOperatorsMixin):
    """An array of an arithmetic, with its ``origin`` (None of what was given); ``order`` grows."""

    table: ClassVar[Table]

    if TYPE_CHECKING:  # fields of one arithmetic, properties of the other

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def dtype(self) -> np.dtype[Any]: ...

        @property
        def origin(self) -> Origin | None: ...

        @property
        def order(self) -> int: ...

    def lifted(self, x: Any) -> Self:
        """Anything as an array of the same arithmetic."""
        raise NotImplementedError

    def since(self, origin: Origin) -> Self:
        """The same array, computed from something."""
        raise NotImplementedError

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """A comparison as plain booleans."""
        raise NotImplementedError

    def lacking(self, name: str) -> Exception:
        """What to raise where the arithmetic has no such function of NumPy."""
        raise NotImplementedError

    @property
    def parents(self) -> tuple[tuple[Self, Callable[[Self], Any]], ...]:
        """What it was computed from, each with its vjp."""
        if self.origin is None:
            return ()
        operands: Any = self.origin.operands
        return tuple((x, partial(self.origin.pulled, i, self)) for i, x in enumerate(operands))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def real(self) -> Self:
        return self._by(np.real)

    @property
    def imag(self) -> Self:
        return self._by(np.imag)

    @property
    def T(self) -> Self:  # noqa: N802
        return self._by(np.transpose)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Self:
        return self._by(np.ndarray.__getitem__, index)

    def __sum_of_products__(self, terms: Terms, factors: dict[str, Any]) -> Self:
        found: Self = self.table.programs[sum_of_products](terms, factors)
        return found

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            return NotImplemented
        known = self.table.programs.get(ufunc) or self.table.special.get(ufunc.__name__)
        if known is not None:
            return known(*(inputs if ufunc in TELL_CONSTANTS else map(self.lifted, inputs)))
        return self.compared(ufunc, inputs) if ufunc in COMPARISONS else NotImplemented

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        known = self.table.programs.get(func) or self.table.decisions.get(func)
        if known is None:
            raise self.lacking(func.__name__)
        return known(*args, **kwargs)

    def reshape(self, *shape: Any) -> Self:
        return self._by(np.reshape, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def transpose(self, *order: int) -> Self:
        return self._by(np.transpose, order or None)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Self:
        return self._by(np.sum, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Self:
        return self._by(np.mean, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Self:
        return self._by(np.max, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Self:
        return self._by(np.min, axis, keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Self:
        return self._by(np.prod, axis, keepdims)

    def cumsum(self, axis: Any = None) -> Self:
        return self._by(np.cumsum, axis)

    def var(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Self:
        return self._by(np.var, axis, None, None, ddof, keepdims)

    def std(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Self:
        return self._by(np.std, axis, None, None, ddof, keepdims)

    def dot(self, other: Any) -> Self:
        return self._by(np.dot, other)

    def ravel(self) -> Self:
        return self._by(np.ravel)

    def flatten(self) -> Self:
        return self._by(np.ravel)

    def squeeze(self, axis: Any = None) -> Self:
        return self._by(np.squeeze, axis)

    def swapaxes(self, a: int, b: int) -> Self:
        return self._by(np.swapaxes, a, b)

    def take(self, indices: Any, axis: Any = None) -> Self:
        return self._by(np.take, indices, axis)

    def repeat(self, repeats: Any, axis: Any = None) -> Self:
        return self._by(np.repeat, repeats, axis)

    def clip(self, low: Any = None, high: Any = None) -> Self:
        return self._by(np.clip, low, high)

    def astype(self, dtype: Any) -> Self:
        return self._by(np.astype, dtype)

    def copy(self) -> Self:
        return self

    def conj(self) -> Self:
        return self._by(np.conjugate)

    def _by(self, function: Any, *arguments: Any) -> Self:
        found: Self = self.table.programs[function](self, *arguments)
        return found


def first(operands: Sequence[Any]) -> Recorded:
    """The first that is an array of an arithmetic: it decides which one."""
    return next(x for x in operands if isinstance(x, Recorded))


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """NumPy's ``axis`` as axes counted from the first."""
    if axis is None:
        return tuple(range(ndim))
    given: Sequence[int] = (int(axis),) if np.ndim(axis) == 0 else tuple(axis)
    return tuple(a % ndim for a in given)
