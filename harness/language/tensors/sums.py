"""torch's functions over axes, products of matrices and transforms."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from harness.dispatch import refused
from harness.language.building import by_program
from harness.language.handles import unwrapped
from harness.language.tensors.shapes import flat
from harness.operations import SCIPY

A = Any


class Found(NamedTuple):
    """What torch gives of entries that are chosen."""

    values: Any
    indices: Any


def _axes(dim: Any) -> Any:
    return dim if dim is None or isinstance(dim, (int, np.integer)) else (flat((dim,)) or None)


def _over(function: Any) -> Callable[..., A]:
    def reduced(x: A, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None) -> A:
        return function(x, axis=_axes(dim if axis is None else axis), keepdims=keepdim)

    return reduced


def _running(function: Any) -> Callable[..., A]:
    def running(x: A, dim: int, *, dtype: Any = None) -> A:
        return function(x, axis=dim)

    return running


def _accumulated(ufunc: np.ufunc) -> Callable[..., Found]:
    def running(x: A, dim: int) -> Found:
        values = np.moveaxis(ufunc.accumulate(np.moveaxis(x, dim, 0), axis=0), 0, dim)
        return Found(values, None)

    return running


def _chosen(reduce: Any, place: Any, pair: Any) -> Callable[..., Any]:
    """``max`` and ``min``: of all entries, along an axis with the places, or of two tensors."""

    def program(x: A, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        second = other if dim is None or isinstance(dim, (int, np.integer)) else dim
        if second is not None:
            return pair(x, second)
        if dim is None:
            return reduce(x)
        return Found(reduce(x, axis=dim, keepdims=keepdim), place(x, axis=dim, keepdims=keepdim))

    return program


def _place(function: Any) -> Callable[..., A]:
    def places(x: A, dim: int | None = None, keepdim: bool = False) -> A:
        found = function(x) if dim is None else function(x, axis=dim)
        return np.expand_dims(found, dim) if keepdim and dim is not None else found

    return places


_argmax, _argmin = _place(np.argmax), _place(np.argmin)


def _variance(function: Any) -> Callable[..., A]:
    def spread(x: A, dim: Any = None, unbiased: Any = True, keepdim: bool = False, *, correction: Any = None) -> A:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = int(bool(unbiased)) if correction is None else correction
        return function(x, axis=_axes(dim), ddof=ddof, keepdims=keepdim)

    return spread


var, std = _variance(np.var), _variance(np.std)


def std_mean(x: A, dim: Any = None, **keywords: Any) -> A:
    return std(x, dim, **keywords), np.mean(x, axis=_axes(dim), keepdims=keywords.get("keepdim", False))


def var_mean(x: A, dim: Any = None, **keywords: Any) -> A:
    return var(x, dim, **keywords), np.mean(x, axis=_axes(dim), keepdims=keywords.get("keepdim", False))


def norm(x: A, p: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> A:
    if p in ("fro", None):
        p = 2
    return np.linalg.vector_norm(x, axis=_axes(dim), keepdims=keepdim, ord=p)


def vector_norm(x: A, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> A:
    return np.linalg.vector_norm(x, axis=_axes(dim), keepdims=keepdim, ord=ord)


def linalg_norm(x: A, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> A:
    return np.linalg.norm(x, ord, _axes(dim), keepdims=keepdim)


def _of_scipy(name: str) -> Callable[..., A]:
    def function(*arguments: Any, **keywords: Any) -> A:
        function = getattr(import_module("scipy.special"), name)
        return by_program(function, SCIPY["scipy.special", name])(*arguments, **keywords)

    return function


def logsumexp(x: A, dim: Any, keepdim: bool = False) -> A:
    return _of_scipy("logsumexp")(x, axis=_axes(dim), keepdims=keepdim)


def softmax(input: A, dim: int | None = None, *, dtype: Any = None, **unused: Any) -> A:
    return _of_scipy("softmax")(input, axis=_softened(dim))


def log_softmax(input: A, dim: int | None = None, *, dtype: Any = None, **unused: Any) -> A:
    return _of_scipy("log_softmax")(input, axis=_softened(dim))


def _softened(dim: int | None) -> int:
    if dim is None:
        raise refused("softmax without dim", "name the axis, dim=-1")
    return dim


def softmin(input: A, dim: int | None = None, **unused: Any) -> A:
    return softmax(-input, dim)


def logcumsumexp(x: A, dim: int) -> A:
    return np.moveaxis(np.logaddexp.accumulate(np.moveaxis(x, dim, 0), axis=0), 0, dim)


def sort(x: A, dim: int = -1, descending: bool = False, stable: bool = False) -> Found:
    order = argsort(x, dim, descending)
    return Found(np.take_along_axis(x, order, dim), order)


def argsort(x: A, dim: int = -1, descending: bool = False, stable: bool = False) -> A:
    return np.argsort(-x if descending else x, axis=dim, kind="stable")


def topk(x: A, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found:
    order = np.take(argsort(x, dim, largest), np.arange(k), axis=dim)
    return Found(np.take_along_axis(x, order, dim), order)


def kthvalue(x: A, k: int, dim: int = -1, keepdim: bool = False) -> Found:
    order = np.take(argsort(x, dim), [k - 1], axis=dim)
    values = np.take_along_axis(x, order, dim)
    return Found(values, order) if keepdim else Found(np.squeeze(values, dim), np.squeeze(order, dim))


def median(x: A, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of two in the middle, as torch has it."""
    if dim is None:
        return kthvalue(np.ravel(x), (np.size(x) + 1) // 2).values
    return kthvalue(x, (np.shape(x)[dim] + 1) // 2, dim, keepdim)


def quantile(x: A, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> A:
    if interpolation != "linear":
        raise refused(f"quantile with interpolation {interpolation!r}", "choose entries of torch.sort(x).values")
    return np.quantile(x, unwrapped(q), axis=dim, keepdims=keepdim)


def diff(x: A, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> A:
    for _ in range(n):
        parts = [part for part in (prepend, x, append) if part is not None]
        x = np.diff(np.concatenate(parts, axis=dim) if len(parts) > 1 else x, axis=dim)
    return x


def trapezoid(y: A, x: A = None, *, dx: Any = 1, dim: int = -1) -> A:
    return np.trapezoid(y, x, dx=dx, axis=dim)


def dist(x: A, other: A, p: Any = 2) -> A:
    return norm(x - other, p)


def cdist(x1: A, x2: A, p: Any = 2.0, **unused: Any) -> A:
    return norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1)


def cosine_similarity(x1: A, x2: A, dim: int = 1, eps: Any = 1e-8) -> A:
    return np.sum(x1 * x2, axis=dim) / (np.maximum(norm(x1, 2, dim), eps) * np.maximum(norm(x2, 2, dim), eps))


# --- products ---


def addmm(x: A, mat1: A, mat2: A, *, beta: Any = 1, alpha: Any = 1) -> A:
    product = np.matmul(mat1, mat2)
    return (x if beta == 1 else beta * x) + (product if alpha == 1 else alpha * product)


def einsum(equation: str, *operands: Any) -> A:
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else operands
    return np.einsum(equation.replace(" ", ""), *given)


def tensordot(a: A, b: A, dims: Any = 2, out: None = None) -> A:
    return np.tensordot(a, b, axes=dims)


def outer(x: A, vec2: A) -> A:
    return np.outer(x, vec2)


def cross(x: A, other: A, dim: int = -1) -> A:
    return np.cross(x, other, axis=dim)


def cholesky(x: A, upper: bool = False) -> A:
    low = np.linalg.cholesky(x)
    return np.swapaxes(low, -1, -2) if upper else low


def solve_triangular(a: A, b: A, *, upper: bool, left: bool = True, unitriangular: bool = False) -> A:
    if not left:
        found = solve_triangular(np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2), upper=not upper)
        return np.swapaxes(found, -1, -2)
    function = import_module("scipy.linalg").solve_triangular
    program = SCIPY["scipy.linalg", "solve_triangular"]
    return by_program(function, program)(a, b, lower=not upper, unit_diagonal=unitriangular)


def trace(x: A) -> A:
    return np.trace(x)


def _transform(name: str, several: bool = False) -> Callable[..., A]:
    function = getattr(np.fft, name)
    last = (-2, -1) if name in ("fft2", "ifft2", "rfft2", "irfft2") else None

    def over_one(x: A, n: Any = None, dim: int = -1, norm: Any = None) -> A:
        return function(x, n, dim, norm)

    def over_several(x: A, s: Any = None, dim: Any = last, norm: Any = None) -> A:
        return function(x, s, dim, norm)

    return over_several if several else over_one


def _shifted(function: Any) -> Callable[..., A]:
    return lambda x, dim=None: function(x, axes=dim)


TRANSFORMS: dict[str, Callable[..., A]] = {
    **{name: _transform(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{
        name: _transform(name, True)
        for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
    },
    **{"fftshift": _shifted(np.fft.fftshift), "ifftshift": _shifted(np.fft.ifftshift)},
    **{"fftfreq": lambda n, d=1.0, **unused: np.fft.fftfreq(n, d)},
    **{"rfftfreq": lambda n, d=1.0, **unused: np.fft.rfftfreq(n, d)},
}

OF_MATRICES: dict[str, Callable[..., A]] = {
    **{"norm": linalg_norm, "vector_norm": vector_norm, "inv": np.linalg.inv, "det": np.linalg.det, "cross": cross},
    **{"slogdet": np.linalg.slogdet, "solve": np.linalg.solve, "cholesky": cholesky, "diagonal": np.linalg.diagonal},
    **{"solve_triangular": solve_triangular, "multi_dot": np.linalg.multi_dot, "matmul": np.matmul},
    **{"matrix_power": np.linalg.matrix_power, "vecdot": np.vecdot},
}

SUMS: dict[str, Callable[..., A]] = {
    **{"sum": _over(np.sum), "mean": _over(np.mean), "prod": _over(np.prod), "nansum": _over(np.nansum)},
    **{"nanmean": _over(np.nanmean), "amax": _over(np.max), "amin": _over(np.min)},
    **{"all": _over(np.all), "any": _over(np.any)},
    **{"max": _chosen(np.max, np.argmax, np.maximum), "min": _chosen(np.min, np.argmin, np.minimum)},
    **{"argmax": _argmax, "argmin": _argmin, "cumsum": _running(np.cumsum), "cumprod": _running(np.cumprod)},
    **{"cummax": _accumulated(np.maximum), "cummin": _accumulated(np.minimum), "logcumsumexp": logcumsumexp},
    **{"var": var, "std": std, "std_mean": std_mean, "var_mean": var_mean, "norm": norm, "logsumexp": logsumexp},
    **{"softmax": softmax, "log_softmax": log_softmax, "sort": sort, "argsort": argsort, "topk": topk},
    **{"kthvalue": kthvalue, "median": median, "quantile": quantile, "diff": diff, "trapezoid": trapezoid},
    **{"trapz": trapezoid, "dist": dist, "cdist": cdist, "cosine_similarity": cosine_similarity},
    **{"count_nonzero": lambda x, dim=None: np.count_nonzero(x, axis=dim)},
    **{"matmul": np.matmul, "mm": np.matmul, "bmm": np.matmul, "mv": np.matmul, "dot": np.dot, "inner": np.inner},
    **{"vdot": np.vdot, "outer": outer, "ger": outer, "kron": np.kron, "addmm": addmm, "addmv": addmm},
    **{"baddbmm": addmm, "einsum": einsum, "tensordot": tensordot, "cross": cross, "trace": trace},
    **{"inverse": np.linalg.inv, "det": np.linalg.det, "cholesky": cholesky, "matrix_power": np.linalg.matrix_power},
    **{"addr": lambda x, vec1, vec2, beta=1, alpha=1: beta * x + alpha * np.outer(vec1, vec2)},
}
