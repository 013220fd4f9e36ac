"""Systems of equations and determinants: Gaussian elimination with partial pivoting, in the wide type."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array, all_tiers, of_tier, plus, rounding
from harness.arithmetic.tracked import Tracked, complex_units, made
from harness.bounds import Precision, gamma, lam


def _eliminated(a: Array, b: Array) -> tuple[Array, tuple[Array, Array], Array, Array]:
    """``A^-1 B``; ``|L| |U|`` and the same of their squares, in the rows of A; determinants; where one is 0; of stacks."""
    u, y, n = a.copy(), b.copy(), a.shape[-1]
    rows = np.broadcast_to(np.arange(n), a.shape[:-1]).copy()
    lower, sign = np.zeros_like(u), np.ones(a.shape[:-2], u.dtype)
    stack: tuple[Any, ...] = tuple(np.ogrid[tuple(slice(k) for k in a.shape[:-2])])
    for k in range(n):
        top = k + np.argmax(np.abs(u[..., k:, k]), axis=-1)
        for x in (u, y, lower):
            x[(*stack, k)], x[(*stack, top)] = x[(*stack, top)].copy(), x[(*stack, k)].copy()
        rows[(*stack, k)], rows[(*stack, top)] = rows[(*stack, top)].copy(), rows[(*stack, k)].copy()
        sign = np.where(top == k, sign, -sign)
        pivot = u[..., k : k + 1, k]
        factor = np.where(pivot == 0, 0, u[..., k + 1 :, k] / np.where(pivot == 0, 1, pivot))
        lower[..., k, k], lower[..., k + 1 :, k] = 1, factor
        u[..., k + 1 :, :] -= factor[..., None] * u[..., k : k + 1, :]
        y[..., k + 1 :, :] -= factor[..., None] * y[..., k : k + 1, :]
        u[..., k + 1 :, k] = 0
    diagonal = np.diagonal(u, axis1=-2, axis2=-1)
    for k in range(n - 1, -1, -1):
        y[..., k, :] = (y[..., k, :] - np.sum(u[..., k, k + 1 :, None] * y[..., k + 1 :, :], axis=-2)) / u[
            ..., k, k, None
        ]
    back = np.argsort(rows, axis=-1)[..., None]
    sizes = np.abs(lower).astype(np.float64), np.abs(u).astype(np.float64)
    products = sizes[0] @ sizes[1], sizes[0] ** 2 @ sizes[1] ** 2
    grown = np.take_along_axis(products[0], back, axis=-2), np.take_along_axis(products[1], back, axis=-2)
    return y, grown, sign * diagonal.prod(-1), (diagonal == 0).any(-1)


#: Roundings of elimination and two substitutions, each as many as there are products (Higham 2002, theorem 9.4).
_PASSES = 3


def _backward(a: Tracked, grown: Array) -> Array:
    """What the matrix that is solved for may differ from A by: ``3 gamma_n |L| |U|``, and A's own error, in tiers.

    The rows' largest entries stand for all of a column, as a pivot may be another.
    """
    size = np.maximum(grown, np.abs(a.value)).astype(np.float64).max(axis=-2, keepdims=True, initial=0.0)
    own = all_tiers(np.broadcast_to(gamma(_PASSES * a.shape[-1], a.p.u) * size, a.shape))
    return own if a.error is None else own + a.error


def _typical(a: Tracked, inverse: Array, squares: Array, right: Array) -> Array:
    """What independent roundings make of ``A^-1 dA X``: lambda times the root of the sum of their squares."""
    size = np.maximum(squares, np.abs(a.value).astype(np.float64) ** 2)
    spread = np.sqrt(_PASSES * (inverse**2 @ (size @ right**2)))
    return np.asarray(lam(right.size) * complex_units(a) * a.p.u * spread)


def _least(typical: Array, whole: Array) -> Array:
    """The tiers of a bound: what independent roundings make in the first two, if that is less."""
    least = np.minimum(typical, whole)
    return np.stack([of_tier(least, 0), of_tier(least, 1), of_tier(whole, 2)])


def _inverse(a: Array) -> tuple[Array, tuple[Array, Array], Array, Array]:
    eye = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return _eliminated(a, eye)


def solve(a: Tracked, b: Tracked) -> Tracked:
    """``A^-1 B`` of stacks of matrices: off by ``|A^-1| (dA |X| + dB)``, to first order and its remainder."""
    with np.errstate(all="ignore"):
        kind = np.result_type(a.value, b.value)
        value, _, _, _ = _eliminated(a.value.astype(kind), b.value.astype(kind))
        inverse, (grown, squares), _, singular = _inverse(a.value)
        flat, size = np.abs(inverse).astype(np.float64), np.abs(value).astype(np.float64)
        off = _backward(a, grown)
        own = flat @ ((off if a.error is None else off - a.error) @ size)
        arriving = 0.0 if a.error is None else flat @ (a.error @ size)
        arriving = arriving if b.error is None else arriving + flat @ b.error
        loss = np.sum(flat @ off, axis=-1, keepdims=True).max(axis=-2, keepdims=True)
        error = _least(_typical(a, flat, squares, size), own) + arriving
        error = np.where(loss < 1, error / np.where(loss < 1, 1 - loss, 1), np.inf) + rounding(value, a.p, 2.0)
        return made(value, np.where(singular[..., None, None], np.inf, error), a.p)


def determinant(a: Tracked) -> Tracked:
    """The determinants of stacks: off by ``|det A| sum |A^-1|' dA``, and the roundings of the product."""
    n, p = a.shape[-1], a.p
    with np.errstate(all="ignore"):
        inverse, (grown, squares), value, singular = _inverse(a.value)
        off = _backward(a, grown)
        flat = np.abs(np.swapaxes(inverse, -1, -2)).astype(np.float64)
        own = np.sum(flat * (off if a.error is None else off - a.error), axis=(-2, -1))
        spread = np.sqrt(np.sum(flat**2 * np.maximum(squares, np.abs(a.value).astype(np.float64) ** 2), axis=(-2, -1)))
        typical = lam(value.size) * complex_units(a) * p.u * (spread + np.sqrt(n))
        relative = _least(typical, own + gamma(n, p.u))
        relative = relative if a.error is None else relative + np.sum(flat * a.error, axis=(-2, -1))
        error = np.abs(value).astype(np.float64) * np.expm1(relative)
        small = all_tiers(_hadamard(np.abs(a.value).astype(np.float64), n, p))
        return made(value, plus(np.where(singular, small, error), all_tiers(np.full(value.shape, p.eta))), p)


def _hadamard(size: Array, n: int, p: Precision) -> Array:
    """What a determinant of 0 may come out as: ``n gamma_3n`` of Hadamard's bound."""
    return np.asarray(n * gamma(_PASSES * n, p.u) * np.sqrt((size**2).sum(-1)).prod(-1))
