"""Programs of products of matrices and tensors: each one sum of products, with one K, however many factors it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from harness.definitions.terms import Terms, axes, group, sum_of_products
from harness.dispatch import first

A = Any
Shape = tuple[int, ...]
#: The indices of an array's axes, one for each.
Indices = tuple[str, ...]


@lru_cache(maxsize=256)
def _terms(given: tuple[Indices, ...], out: Indices, shapes: tuple[Shape, ...]) -> Terms:
    """The terms of a sum over all indices that the result has not; an axis of length one stands for any length."""
    sizes: dict[str, int] = dict.fromkeys(out, 1)
    for indices, shape in zip(given, shapes, strict=True):
        for i, n in zip(indices, shape, strict=True):
            sizes[i] = n if sizes.get(i, 1) == 1 else sizes[i]
            if n not in (1, sizes[i]):
                raise ValueError(f"expected {sizes[i]} or 1 entries along `{i}`, got {n}")
    grid = dict(zip(sizes, axes(*sizes.values()), strict=True))
    names = [f"x{k}" for k in range(len(given))]
    known = {"out": tuple(sizes[i] for i in out)} | dict(zip(names, shapes, strict=True))
    places = {
        name: tuple(grid[i] if n > 1 or sizes[i] == n else 0 * grid[i] for i, n in zip(indices, shape, strict=True))
        for name, indices, shape in zip(names, given, shapes, strict=True)
    }
    whole = np.broadcast_to(True, tuple(sizes.values()))
    terms = group(known, where=whole, out=tuple(grid[i] for i in out), **places)
    return Terms(known["out"], {n: known[n] for n in names}, (terms,))


def summed_over(given: tuple[Indices, ...], out: Indices, *xs: A) -> A:
    """The sum of products of arrays over the indices that the result has not."""
    terms = _terms(given, out, tuple(tuple(x.shape) for x in xs))
    return sum_of_products(terms, **{f"x{k}": x for k, x in enumerate(xs)})


def _lifted(*xs: Any) -> list[A]:
    like: Any = first(xs)
    return [like.lifted(x) for x in xs]


def einsum(subscripts: Any, *operands: Any, out: None = None, optimize: Any = False, **casts: Any) -> A:
    """``numpy.einsum``: one sum, whatever ``optimize`` says."""
    if not isinstance(subscripts, str):
        subscripts, operands = _written((subscripts, *operands))
    xs = _lifted(*operands)
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    written = left.split(",")
    if len(written) != len(xs):
        raise ValueError(f"expected {len(written)} operands for `{subscripts}`, got {len(xs)}")
    given = tuple(_indices(w, x.ndim) for w, x in zip(written, xs, strict=True))
    others = sorted({i for w in given for i in w if i.startswith(".")}, key=lambda i: -int(i[1:]))
    if arrow:
        result: Indices = tuple(o for i in _split(right) for o in (others if i == "..." else [i]))
    else:
        every = [i for w in given for i in w]
        result = (*others, *sorted(i for i in set(every) if every.count(i) == 1 and not i.startswith(".")))
    return summed_over(given, result, *xs)


def _written(interleaved: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """``einsum(a, [0, 1], b, [1, 2], [0, 2])`` as a string and its operands."""
    pairs = len(interleaved) // 2
    operands = tuple(interleaved[0 : 2 * pairs : 2])
    lists = [*interleaved[1 : 2 * pairs : 2], *interleaved[2 * pairs :]]
    texts = ["".join("..." if i is Ellipsis else chr(ord("a") + i) for i in indices) for indices in lists]
    return ",".join(texts[:pairs]) + (f"->{texts[-1]}" if len(texts) > pairs else ""), operands


def _split(written: str) -> Iterator[str]:
    """Letters, and the three dots in their midst."""
    before, dots, after = written.partition("...")
    yield from before
    yield from [dots] if dots else []
    yield from after


def _indices(written: str, ndim: int) -> Indices:
    """The indices of an operand's axes; those under the dots are counted from the last one."""
    rest = ndim - len(written.replace("...", ""))
    counted = [f".{k}" for k in range(rest, 0, -1)]
    return tuple(o for i in _split(written) for o in (counted if i == "..." else [i]))


def matmul(a: A, b: A) -> A:
    """The matrix product, of stacks of matrices or of vectors."""
    if not a.ndim or not b.ndim:
        raise ValueError("matmul: expected arrays with axes, got a scalar")
    lead = [f".{k}" for k in range(max(a.ndim, b.ndim) - 2, 0, -1)]
    left = (*lead[len(lead) - max(a.ndim - 2, 0) :], "i", "k") if a.ndim > 1 else ("k",)
    right = (*lead[len(lead) - max(b.ndim - 2, 0) :], "k", "j") if b.ndim > 1 else ("k",)
    out = (*lead, *(("i",) if a.ndim > 1 else ()), *(("j",) if b.ndim > 1 else ()))
    return summed_over((left, right), out, a, b)


def dot(a: Any, b: Any, out: None = None) -> A:
    """``numpy.dot``: over the last axis of a and the last but one of b."""
    a, b = _lifted(a, b)
    if not a.ndim or not b.ndim:
        return a * b
    left = tuple(f"a{k}" for k in range(a.ndim - 1))
    right = tuple(f"b{k}" for k in range(b.ndim - 1))
    inner = (*right[:-1], "k", right[-1]) if right else ("k",)
    return summed_over(((*left, "k"), inner), (*left, *right), a, b)


def inner(a: Any, b: Any) -> A:
    """``numpy.inner``: over the last axes."""
    a, b = _lifted(a, b)
    if not a.ndim or not b.ndim:
        return a * b
    left, right = tuple(f"a{k}" for k in range(a.ndim - 1)), tuple(f"b{k}" for k in range(b.ndim - 1))
    return summed_over(((*left, "k"), (*right, "k")), (*left, *right), a, b)


def vdot(a: Any, b: Any) -> A:
    """``sum conj(a) b`` of all entries."""
    a, b = _lifted(a, b)
    return summed_over((("k",), ("k",)), (), np.conj(np.ravel(a)), np.ravel(b))


def outer(a: Any, b: Any, out: None = None) -> A:
    """The products of all pairs."""
    a, b = _lifted(a, b)
    return np.reshape(a, (a.size, 1)) * np.reshape(b, (1, b.size))


def tensordot(a: Any, b: Any, axes: Any = 2) -> A:
    """``numpy.tensordot``: over some axes of a and as many of b."""
    a, b = _lifted(a, b)
    if np.ndim(axes) == 0:
        over = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        first_, second = (np.atleast_1d(x).tolist() for x in axes)
        over = [k % a.ndim for k in first_], [k % b.ndim for k in second]
    shared = [f"k{k}" for k in range(len(over[0]))]
    left = [shared[over[0].index(k)] if k in over[0] else f"a{k}" for k in range(a.ndim)]
    right = [shared[over[1].index(k)] if k in over[1] else f"b{k}" for k in range(b.ndim)]
    out = tuple(i for i in (*left, *right) if i not in shared)
    return summed_over((tuple(left), tuple(right)), out, a, b)


def kron(a: Any, b: Any) -> A:
    """The Kronecker product."""
    a, b = _lifted(a, b)
    ndim = max(a.ndim, b.ndim)
    m, n = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    wide = np.reshape(a, [k for s in m for k in (s, 1)]) * np.reshape(b, [k for s in n for k in (1, s)])
    return np.reshape(wide, [s * t for s, t in zip(m, n, strict=True)])


def vecdot(a: A, b: A, axis: int = -1) -> A:
    """``sum conj(a) b`` along an axis."""
    a, b = np.broadcast_arrays(a, b)
    return np.squeeze(
        matmul(np.conj(np.moveaxis(a, axis, -1))[..., None, :], np.moveaxis(b, axis, -1)[..., :, None]), (-2, -1)
    )


def matvec(a: A, b: A) -> A:
    """Matrices times vectors."""
    return matmul(a, b[..., None])[..., 0]


def vecmat(a: A, b: A) -> A:
    """Conjugate vectors times matrices."""
    return matmul(np.conj(a)[..., None, :], b)[..., 0, :]


def trace(x: A, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> A:
    """The sum of the diagonal."""
    return np.sum(np.diagonal(x, offset, axis1, axis2), axis=-1)
