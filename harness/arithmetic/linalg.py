"""Systems of equations and determinants: Gaussian elimination with partial pivoting, in the wide type."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array, all_tiers, plus, rounding
from harness.arithmetic.tracked import Tracked, made
from harness.bounds import Precision, gamma


def _eliminated(a: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """``A^-1 B``, ``|L| |U|`` in the rows of A, the determinants, and where a matrix is singular; of stacks."""
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
    grown = np.abs(lower) @ np.abs(u)
    back = np.argsort(rows, axis=-1)
    return y, np.take_along_axis(grown, back[..., None], axis=-2), sign * diagonal.prod(-1), (diagonal == 0).any(-1)


def _backward(a: Tracked, grown: Array) -> Array:
    """What the matrix that is solved for may differ from A by, in tiers: roundings, and A's own error.

    ``3 gamma_n |L| |U|`` (Higham 2002, theorem 9.4); its rows' largest entries, as a pivot may be another.
    """
    n = a.shape[-1]
    size = np.maximum(grown, np.abs(a.value)).astype(np.float64).max(axis=-2, keepdims=True, initial=0.0)
    own = all_tiers(np.broadcast_to(gamma(3 * n, a.p.u) * size, a.shape))
    return own if a.error is None else own + a.error


def _inverse(a: Array) -> tuple[Array, Array, Array, Array]:
    eye = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return _eliminated(a, eye)


def solve(a: Tracked, b: Tracked) -> Tracked:
    """``A^-1 B`` of stacks of matrices: off by ``|A^-1| (dA |X| + dB)``, to first order and its remainder."""
    with np.errstate(all="ignore"):
        kind = np.result_type(a.value, b.value)
        value, _, _, _ = _eliminated(a.value.astype(kind), b.value.astype(kind))
        inverse, grown, _, singular = _inverse(a.value)
        flat, size = np.abs(inverse).astype(np.float64), np.abs(value).astype(np.float64)
        off = _backward(a, grown)
        per = flat @ (off @ size + (0.0 if b.error is None else b.error))
        loss = np.sum(flat @ off, axis=-1, keepdims=True).max(axis=-2, keepdims=True)
        error = np.where(loss < 1, per / np.where(loss < 1, 1 - loss, 1), np.inf) + rounding(value, a.p, 2.0)
        return made(value, np.where(singular[..., None, None], np.inf, error), a.p)


def determinant(a: Tracked) -> Tracked:
    """The determinants of stacks: off by ``|det A| sum |A^-1|' dA``, and the roundings of the product."""
    n, p = a.shape[-1], a.p
    with np.errstate(all="ignore"):
        inverse, grown, value, singular = _inverse(a.value)
        off = _backward(a, grown)
        flat = np.abs(np.swapaxes(inverse, -1, -2)).astype(np.float64)
        per = np.expm1(np.sum(flat * off, axis=(-2, -1)))
        error = np.abs(value).astype(np.float64) * (per + gamma(n, p.u))
        small = all_tiers(_hadamard(np.abs(a.value).astype(np.float64), n, p))
        return made(
            value, plus(np.where(singular, small, np.fmin(error, np.inf)), all_tiers(np.full(value.shape, p.eta))), p
        )


def _hadamard(size: Array, n: int, p: Precision) -> Array:
    """What a determinant of 0 may come out as: ``n gamma_3n`` of Hadamard's bound."""
    return np.asarray(n * gamma(3 * n, p.u) * np.sqrt((size**2).sum(-1)).prod(-1))
