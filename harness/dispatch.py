"""NumPy's calls -> the functions of an arithmetic.

Definitions are plain NumPy programs. NumPy's protocols, operators and methods of an array end here, and go on to the
function that the table of the array's arithmetic has in their place. Every array knows what it was computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from reference_impls.definitions.terms import Terms

#: What is answered with plain booleans.
COMPARISONS = frozenset(
    {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isfinite, np.isnan}
)

#: What NumPy calls the scales of a forward transform.
NORMS = {None: "none", "backward": "none", "ortho": "ortho", "forward": "whole"}


@dataclass(frozen=True)
class Table:
    """The functions of one arithmetic: for NumPy's, for SciPy's special ones by name, and those that have no name there.

    ``fit`` brings a cotangent into the space of an array, ``summed`` adds all cotangents that arrive at one.
    """

    ufuncs: Mapping[Any, Callable[..., Any]]
    special: Mapping[str, Callable[..., Any]]
    functions: Mapping[Any, Callable[..., Any]]
    take: Callable[[Any, Any], Any]
    contract: Callable[[Terms, dict[str, Any]], Any]
    fit: Callable[[Any, Any], Any]
    summed: Callable[[Sequence[Any]], Any]


class Recorded(NDArrayOperatorsMixin):
    """An array of an arithmetic, with the ``parents`` it was computed from, each with its vjp; ``order`` grows."""

    table: ClassVar[Table]

    if TYPE_CHECKING:  # fields of one arithmetic, properties of the other

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def dtype(self) -> np.dtype[Any]: ...

        @property
        def parents(self) -> tuple[tuple[Self, Callable[[Self], Self]], ...]: ...

        @property
        def order(self) -> int: ...

    def lifted(self, x: Any) -> Self:
        """Anything as an array of the same arithmetic."""
        raise NotImplementedError

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """A comparison as plain booleans."""
        raise NotImplementedError

    def lacking(self, name: str) -> Exception:
        """What to raise where the arithmetic has no such function of NumPy."""
        raise NotImplementedError

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
        taken: Self = self.table.take(self, index)
        return taken

    def __sum_of_products__(self, terms: Terms, factors: dict[str, Any]) -> Self:
        found: Self = self.table.contract(terms, {name: self.lifted(a) for name, a in factors.items()})
        return found

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            return NotImplemented
        known = self.table.ufuncs.get(ufunc) or self.table.special.get(ufunc.__name__)
        if known is not None:
            return known(*(self.lifted(i) for i in inputs))
        return self.compared(ufunc, inputs) if ufunc in COMPARISONS else NotImplemented

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func not in self.table.functions:
            raise self.lacking(func.__name__)
        return self.table.functions[func](*args, **kwargs)

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

    def conj(self) -> Self:
        conjugate: Self = self.table.ufuncs[np.conjugate](self)
        return conjugate

    def _by(self, function: Any, *arguments: Any) -> Self:
        found: Self = self.table.functions[function](self, *arguments)
        return found


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """NumPy's ``axis`` as axes counted from the first."""
    if axis is None:
        return tuple(range(ndim))
    given: Sequence[int] = (int(axis),) if np.ndim(axis) == 0 else tuple(axis)
    return tuple(a % ndim for a in given)
