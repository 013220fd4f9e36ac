"""NumPy's linear algebra: systems of equations, factors by their formulas, norms, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.dispatch import axes_of, first, refused
from harness.operations import primitives
from harness.operations.products import matmul

A = Any


def _square(a: A, name: str) -> int:
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"numpy.linalg.{name}: expected square matrices, got the shape {a.shape}")
    return int(a.shape[-1])


def solve(a: Any, b: Any) -> A:
    """``numpy.linalg.solve``: a vector only where b has one axis."""
    like: Any = first((a, b))
    a, b = like.lifted(a), like.lifted(b)
    _square(a, "solve")
    if b.ndim == 1:
        return solve(a, np.expand_dims(b, 1))[..., 0]
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return primitives.solve(np.broadcast_to(a, (*stack, *a.shape[-2:])), np.broadcast_to(b, (*stack, *b.shape[-2:])))


def inverse(a: A) -> A:
    """``A^-1``."""
    return solve(a, a.lifted(np.eye(_square(a, "inv"))))


def determinant(a: A) -> A:
    """The determinant."""
    _square(a, "det")
    return primitives.determinant(a)


def sign_and_logarithm(a: A) -> Any:
    """``numpy.linalg.slogdet``."""
    y = determinant(a)
    result = np.linalg.slogdet(np.eye(1))
    return type(result)(np.sign(y), np.log(np.abs(y)))


def _columns(parts: list[A], n: int) -> A:
    return np.stack(parts, axis=-1) if n else parts


def cholesky(a: A, *, upper: bool = False) -> A:
    """The lower factor of ``A = L L^H``, column by column."""
    n = _square(a, "cholesky")
    columns: list[A] = []
    for j in range(n):
        rest = a[..., j:, j]
        for c in columns:
            rest = rest - c[..., j:] * np.conj(c[..., j : j + 1])
        pivot = np.sqrt(np.real(rest[..., :1]))
        column = np.concatenate([pivot, rest[..., 1:] / pivot], axis=-1)
        columns.append(np.concatenate([a.lifted(np.zeros((*a.shape[:-2], j))), column], axis=-1))
    lower = _columns(columns, n)
    return np.conj(np.swapaxes(lower, -1, -2)) if upper else lower


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **unused: Any
) -> A:
    """``scipy.linalg.solve_triangular``: by substitution, with the reciprocals of the diagonal."""
    like: Any = first((a, b))
    a, b = like.lifted(a), like.lifted(b)
    n = _square(a, "solve_triangular")
    if trans in (1, 2, "T", "C"):
        a = np.swapaxes(np.conj(a) if trans in (2, "C") else a, -1, -2)
        lower = not lower
    found: dict[int, A] = {}
    for i in range(n) if lower else reversed(range(n)):
        row = b[i]
        for j, x in found.items():
            row = row - a[i, j] * x
        found[i] = row if unit_diagonal else row * (1.0 / a[i, i])
    return np.stack([found[i] for i in range(n)])


def power(a: A, n: int) -> A:
    """A matrix times itself, n times."""
    size = _square(a, "matrix_power")
    if n < 0:
        return power(inverse(a), -n)
    result = a.lifted(np.broadcast_to(np.eye(size), a.shape)) if n == 0 else a
    for _ in range(n - 1):
        result = matmul(result, a)
    return result


def multi_dot(arrays: Any) -> A:
    """The product of several matrices, from the left."""
    result, *others = arrays
    for x in others:
        result = np.dot(result, x)
    return result


def vector_norm(x: A, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> A:
    """The norm of vectors along axes."""
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return x.lifted(np.sum(np.asarray(size != 0, dtype=float), axis=axis, keepdims=keepdims))
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if ord == 2:
        return np.sqrt(np.sum(np.real(x * np.conj(x)), axis=axis, keepdims=keepdims))
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def matrix_norm(x: A, *, keepdims: bool = False, ord: Any = "fro", axes: tuple[int, int] = (-2, -1)) -> A:
    """The norm of matrices: of Frobenius, or the largest or smallest sum of rows or columns."""
    rows, columns = (a % x.ndim for a in axes)
    match ord:
        case None | "fro" | "f":
            return vector_norm(x, axis=(rows, columns), keepdims=keepdims)
        case 1 | -1:
            across, along = rows, columns
        case np.inf | float("-inf"):
            across, along = columns, rows
        case _:
            raise refused(
                f"numpy.linalg.norm of the order {ord!r}", "its bound needs singular values; write 'fro', 1 or inf"
            )
    sums = np.sum(np.abs(x), axis=across, keepdims=True)
    y = (np.max if ord > 0 else np.min)(sums, axis=along, keepdims=True)
    return y if keepdims else np.squeeze(y, (rows, columns))


def norm(x: A, ord: Any = None, axis: Any = None, keepdims: bool = False) -> A:
    """``numpy.linalg.norm``."""
    axes = axes_of(axis, x.ndim)
    if ord is None:
        return vector_norm(x, axis=axes, keepdims=keepdims)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=ord)
    return matrix_norm(x, keepdims=keepdims, ord=ord, axes=(axes[0], axes[1]))


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> A:
    """The vector product of three entries, or the number of two."""
    like: Any = first((a, b))
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(like.lifted(a), axisa, 0), np.moveaxis(like.lifted(b), axisb, 0)
    if a.shape[0] == b.shape[0] == 2:
        return a[0] * b[1] - a[1] * b[0]
    parts = [a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3] for i in range(3)]
    return np.moveaxis(np.stack(parts), 0, axisc)


def convolve(a: Any, v: Any, mode: str = "full") -> A:
    """``y[k] = sum of a[n] v[k - n]``: all places, those as the longer one has, or where both reach."""
    like: Any = first((a, v))
    a, v = like.lifted(a), like.lifted(v)
    if a.ndim != 1 or v.ndim != 1:
        raise refused(
            "a convolution over several axes", "write the sum over windows, np.lib.stride_tricks.sliding_window_view"
        )
    if v.size > a.size:
        a, v = v, a
    n, m = a.size, v.size
    whole = np.concatenate([np.zeros(m - 1), a, np.zeros(m - 1)])
    windows = np.arange(n + m - 1)[:, None] + np.arange(m)
    y = matmul(whole[windows], v[::-1])
    match mode:
        case "full":
            return y
        case "same":
            return y[(m - 1) // 2 : (m - 1) // 2 + n]
    return y[m - 1 : n]


def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: None = None) -> A:
    """``a[0] y[n] = sum b[k] x[n - k] - sum a[k] y[n - k]`` along an axis: ``scipy.signal.lfilter``."""
    if zi is not None:
        raise refused("scipy.signal.lfilter with zi", "write the loop over n")
    like: Any = first((x, b, a))
    b, a, x = like.lifted(b), like.lifted(a), np.moveaxis(like.lifted(x), axis, 0)
    found: list[A] = []
    for n in range(x.shape[0]):
        y = b[0] * x[n]
        for k in range(1, min(b.shape[0], n + 1)):
            y = y + b[k] * x[n - k]
        for k in range(1, min(a.shape[0], n + 1)):
            y = y - a[k] * found[n - k]
        found.append(y / a[0])
    return np.moveaxis(np.stack(found), 0, axis)


def correlate(a: Any, v: Any, mode: str = "valid") -> A:
    """``y[k] = sum of a[n + k] conj(v[n])``."""
    like: Any = first((a, v))
    a, v = like.lifted(a), np.conj(like.lifted(v))
    y = convolve(a, v[::-1], mode)
    return y[::-1] if v.size > a.size and mode != "full" and mode != "valid" else y


def vander(x: A, N: int | None = None, increasing: bool = False) -> A:
    """Powers of a vector's entries, the highest first."""
    powers = range(x.shape[0] if N is None else N)
    return np.stack([x**k for k in (powers if increasing else reversed(powers))], axis=-1)


def polyval(p: Any, x: Any) -> A:
    """A polynomial by Horner's rule, the highest coefficient first."""
    y: Any = 0
    for c in p:
        y = y * x + c
    return y


def trapezoid(y: A, x: Any = None, dx: float = 1.0, axis: int = -1) -> A:
    """The integral of straight lines between the entries."""
    if x is None:
        d: Any = dx
    else:
        steps = np.diff(x, axis=axis if np.ndim(x) > 1 else -1)
        d = steps if np.ndim(x) > 1 else np.reshape(steps, [-1 if i == axis % y.ndim else 1 for i in range(y.ndim)])
    at = (slice(None),) * (axis % y.ndim)
    return np.sum(d * (y[(*at, slice(1, None))] + y[(*at, slice(None, -1))]) / 2.0, axis=axis)
