"""A sum of products is its terms: ``y[o] = sum of c * a[i] * b[j] * ...`` over a list of (o, i, j, ..., c).

The textbook formula is the rule that lists the terms. From the list alone follow the value in any precision, the sums
of absolute values and squares that error bounds need, and all derivatives: swap the roles of the indices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

#: The terms of a block, where its runs begin in it, and the outputs they belong to.
Block = tuple[slice, Indices, Any]

#: Terms multiplied and summed at a time.
BLOCK = 2**15


@dataclass(frozen=True, eq=False)
class Group:
    """Terms that multiply the same factors: flat indices into the output and into each factor."""

    out: Indices
    factors: Mapping[str, Indices]
    coefficient: Any = 1

    @cached_property
    def order(self) -> Indices | None:
        """The permutation that sorts the terms by output, or None where they already are sorted."""
        if self.out.size < 2 or bool(np.all(self.out[1:] >= self.out[:-1])):
            return None
        return np.argsort(self.out, kind="stable")

    @cached_property
    def sorted(self) -> Group:
        """The same terms, sorted by output."""
        if self.order is None:
            return self
        c = self.coefficient
        return Group(
            self.out[self.order],
            {name: index[self.order] for name, index in self.factors.items()},
            c[self.order] if np.ndim(c) else c,
        )

    @cached_property
    def starts(self) -> Indices:
        """Where each run of terms with one output begins (of the sorted group)."""
        if self.out.size == 0:
            return np.zeros(0, np.intp)
        return np.flatnonzero(np.concatenate(([True], self.out[1:] != self.out[:-1])))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The runs in blocks of at most ``BLOCK`` terms (or one run), whose products stay in the processor's cache."""
        found, first, count = [], 0, self.out.size
        while first < self.starts.size:
            begin = int(self.starts[first])
            last = max(int(np.searchsorted(self.starts, begin + BLOCK, side="right")) - 1, first + 1)
            if count - begin <= BLOCK:
                last = self.starts.size
            end = int(self.starts[last]) if last < self.starts.size else count
            starts = self.starts[first:last]
            found.append((slice(begin, end), starts - begin, _run(self.out[starts])))
            first = last
        return tuple(found)


def _run(outputs: Indices) -> Any:
    """Indices as a slice where they follow one another."""
    if bool(np.all(outputs[1:] == outputs[:-1] + 1)):
        return slice(int(outputs[0]), int(outputs[-1]) + 1)
    return outputs


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms of one output of the given shape; ``sizes`` maps each factor to its own shape.

    ``padded`` names factors that an implementation may multiply with explicit zeros where no term stands (IEEE
    arithmetic makes that NaN when the factor is infinite): where an entry sums fewer than ``full`` products.
    """

    shape: tuple[int, ...]
    sizes: Mapping[str, tuple[int, ...]]
    groups: tuple[Group, ...]
    padded: tuple[str, ...] = ()
    full: int = 0
    _cache: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def plain(self) -> bool:
        """Whether all coefficients are one."""
        return all(np.ndim(group.coefficient) == 0 and group.coefficient == 1 for group in self.groups)

    @property
    def complex(self) -> bool:
        """Whether any coefficient is."""
        if "complex" not in self._cache:
            self._cache["complex"] = any(np.iscomplexobj(group.coefficient) for group in self.groups)
        return bool(self._cache["complex"])

    @property
    def count(self) -> int:
        """How many products are summed in all."""
        return sum(group.out.size for group in self.groups)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many products each output entry sums: K of the error bounds."""
        if "lengths" not in self._cache:
            n = int(np.prod(self.shape))
            total = np.zeros(n, np.int64)
            for group in self.groups:
                total += np.bincount(group.out, minlength=n)
            self._cache["lengths"] = total.reshape(self.shape)
        lengths: NDArray[np.int64] = self._cache["lengths"]
        return lengths

    @property
    def cotangent(self) -> str:
        """The name that the output's cotangent takes among the factors of a derivative: unlike any factor's."""
        return "'" * (1 + max((name.count("'") for name in self.sizes), default=0))

    def derivative(self, of: str, conjugate: bool = False) -> Terms:
        """The terms of the transposed map: ``cotangent`` in the output's place, factor ``of`` as the output.

        With ``conjugate`` the coefficients are conjugated (the caller conjugates the other factors).
        """
        key = f"derivative {of} {conjugate}"
        if key not in self._cache:
            new = self.cotangent
            groups = tuple(
                Group(
                    group.factors[of],
                    {new: group.out} | {n: i for n, i in group.factors.items() if n != of},
                    np.conj(group.coefficient) if conjugate else group.coefficient,
                ).sorted
                for group in self.groups
                if of in group.factors
            )
            sizes = {new: self.shape} | {n: s for n, s in self.sizes.items() if n != of}
            self._cache[key] = Terms(self.sizes[of], sizes, groups)
        found: Terms = self._cache[key]
        return found


def group(
    shapes: Mapping[str, tuple[int, ...]], *, where: Any = True, coefficient: Any = 1, **places: tuple[Any, ...]
) -> Group:
    """One group from broadcasting index arrays: ``out=(n, c, h, w), input=(n, k, i, j), where=inside``.

    ``shapes`` gives the shape of ``out`` and of each factor. Terms outside ``where`` are left out, so their indices
    may lie outside the arrays.
    """
    axes = [np.asarray(a) for place in places.values() for a in place]
    full = np.broadcast_shapes(*(a.shape for a in axes), np.shape(where), np.shape(coefficient))
    mask = np.broadcast_to(where, full)
    everywhere = bool(mask.all())

    def places_of(name: str, place: tuple[Any, ...]) -> Indices:
        result: Any = np.zeros(full, np.intp)
        for axis, size in zip(place, shapes[name], strict=True):
            result = result * size + axis
        chosen: Indices = result.ravel() if everywhere else result[mask]
        return chosen

    indices = {name: places_of(name, place) for name, place in places.items()}
    c = coefficient
    if np.ndim(c):
        c = np.broadcast_to(c, full)
        c = c.ravel() if everywhere else c[mask]
    out = indices.pop("out")
    return Group(out, indices, c).sorted


def axes(*sizes: int) -> tuple[Any, ...]:
    """One open index array per size, broadcasting against each other (``numpy.ogrid``)."""
    return tuple(np.ogrid[tuple(slice(n) for n in sizes)]) if sizes else ()


def sum_of_products(terms: Terms, /, **factors: Any) -> Any:
    """``y[o] = sum of c * a[i] * b[j]``, in the arithmetic of the factors' own array type.

    An array type that tracks more than values (errors, derivatives) takes over through ``__sum_of_products__``.
    """
    for factor in factors.values():
        if hasattr(factor, "__sum_of_products__"):
            return factor.__sum_of_products__(terms, factors)
    return evaluate(terms, {name: np.asarray(factor) for name, factor in factors.items()})


def evaluate(terms: Terms, factors: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """The sum itself, each entry summed in the order of its terms.

    Shapes: each factor as ``terms.sizes`` says; returns ``terms.shape``, in the factors' common dtype. Factors may be
    stacks of arrays, along a first axis: of all that are, one sum for each of the stack.
    """
    dtype = np.result_type(*factors.values()) if factors else np.dtype(float)
    if terms.complex:
        dtype = np.result_type(dtype, np.complex64)
    stack = next((a.shape[:1] for name, a in factors.items() if a.ndim > len(terms.sizes[name])), ())
    result = np.zeros((*stack, int(np.prod(terms.shape))), dtype)
    flat = {
        n: np.ascontiguousarray(a).reshape(*a.shape[: a.ndim - len(terms.sizes[n])], -1) for n, a in factors.items()
    }
    for part in terms.groups:
        if not part.out.size:
            continue
        each = np.ndim(part.coefficient) > 0
        plain = not each and part.coefficient == 1
        for place, starts, targets in part.blocks:
            products: Any = None
            for name, index in part.factors.items():
                gathered = flat[name].take(index[place], axis=-1)
                products = gathered if products is None else products * gathered
            if not plain:
                products = products * (part.coefficient[place] if each else part.coefficient)
            result[..., targets] += np.add.reduceat(products, starts, axis=-1)
    return result.reshape((*stack, *terms.shape))
