"""Products of three arrays, composed convolutions and an orthogonalizing iteration: NumPy and SciPy candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import narrowed, widened

Array = npt.NDArray[Any]


def _agreeing(*conditions: bool) -> None:
    if not all(conditions):
        raise ValueError("the arrays do not fit each other")


def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Array:
    """``sum over i, j of x[n, i] w[o, i, j] z[n, j] + b[o]``, the products of each pair of entries first."""
    x, z, w = widened(input1), widened(input2), widened(weight)
    _agreeing(w.shape[1:] == (x.shape[-1], z.shape[-1]), len(x) == len(z), bias is None or bias.shape == w.shape[:1])
    pairs = (x[:, :, None] * z[:, None, :]).reshape(len(x), -1)
    y = pairs @ w.reshape(len(w), -1).T
    return narrowed(y if bias is None else y + widened(bias), input1)


def bilinear_vjp(
    cotangent: Array, input1: Array, input2: Array, weight: Array, bias: Array | None = None
) -> tuple[Array, Array, Array, Array | None]:
    """The sum over all but the entry's own indices."""
    g, x, z, w = (widened(y) for y in (cotangent, input1, input2, weight))
    by_x = np.einsum("no,oij,nj->ni", g, w, z, optimize=False)
    by_z = np.einsum("no,oij,ni->nj", g, w, x, optimize=False)
    by_w = np.einsum("no,ni,nj->oij", g, x, z, optimize=False)
    return (
        narrowed(by_x, input1),
        narrowed(by_z, input2),
        narrowed(by_w, weight),
        None if bias is None else narrowed(g.sum(axis=0), bias),
    )


def _pair(value: Any, least: int) -> tuple[int, int]:
    found = (value, value) if isinstance(value, int) else tuple(value)
    if len(found) != 2 or min(found) < least:
        raise ValueError(f"expected two whole numbers from {least} on, got {value!r}")
    return found


def _windows(x: Array, kernel: tuple[int, ...], stride: Any, padding: Any) -> Array:
    """Windows (N, C, oH, oW, kH, kW) of an image between zeros."""
    (top, left), (down, across) = _pair(padding, 0), _pair(stride, 1)
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    return np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))[:, :, ::down, ::across]


def separable_conv2d(
    input: Array, depthwise: Array, pointwise: Array, bias: Array | None = None, stride: Any = 1, padding: Any = 0
) -> Array:
    """Products of windows of each channel, then a matrix product over the channels."""
    x, d, p = widened(input), widened(depthwise), widened(pointwise)
    n, c, many = len(x), x.shape[1], len(d) // x.shape[1]
    _agreeing(d.shape[1] == 1, len(d) == c * many, p.shape[1] == len(d), bias is None or bias.shape == p.shape[:1])
    windows = _windows(x, d.shape[2:], stride, padding)
    each = np.einsum("nchwij,cmij->ncmhw", windows, d.reshape(c, many, *d.shape[2:]), optimize=False)
    y = np.einsum("ok,nkhw->nohw", p, each.reshape(n, len(d), *each.shape[3:]), optimize=False)
    return narrowed(y if bias is None else y + widened(bias)[:, None, None], input)


def scipy_separable_conv2d(
    input: Array, depthwise: Array, pointwise: Array, bias: Array | None = None, stride: Any = 1, padding: Any = 0
) -> Array:
    """``scipy.signal.correlate2d`` of every channel with each of its filters."""
    from scipy.signal import correlate2d

    x, d, p = widened(input), widened(depthwise), widened(pointwise)
    c, many = x.shape[1], len(d) // x.shape[1]
    _agreeing(d.shape[1] == 1, len(d) == c * many, p.shape[1] == len(d), bias is None or bias.shape == p.shape[:1])
    (top, left), (down, across) = _pair(padding, 0), _pair(stride, 1)
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    if padded.shape[2] < d.shape[2] or padded.shape[3] < d.shape[3]:
        raise ValueError("the filter fits the padded image")
    maps = [[correlate2d(z[k // many], d[k, 0], "valid")[::down, ::across] for k in range(len(d))] for z in padded]
    y = np.einsum("ok,nkhw->nohw", p, np.asarray(maps), optimize=False)
    return narrowed(y if bias is None else y + widened(bias)[:, None, None], input)


def weight_standardized_conv2d(
    input: Array, weight: Array, bias: Array | None = None, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Array:
    """Windows times filters of mean 0 and variance 1."""
    x, w = widened(input), widened(weight)
    _agreeing(w.shape[1] == x.shape[1], bias is None or bias.shape == w.shape[:1])
    mean, variance = (f(w, axis=(1, 2, 3), keepdims=True) for f in (np.mean, np.var))
    filters = (w - mean) / np.sqrt(variance + w.dtype.type(eps))
    y = np.einsum("nchwij,ocij->nohw", _windows(x, w.shape[2:], stride, padding), filters, optimize=False)
    return narrowed(y if bias is None else y + widened(bias)[:, None, None], input)


def newton_schulz(input: Array, steps: int = 5, eps: float = 1e-7) -> Array:
    """The iteration of the wide matrix."""
    if input.ndim != 2 or not 0 <= steps < 100:
        raise ValueError("the input is a matrix, and there are fewer than 100 steps")
    x = widened(input)
    x = x.T if x.shape[0] > x.shape[1] else x
    x = x / np.maximum(np.linalg.norm(x), x.dtype.type(eps))
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return narrowed(np.ascontiguousarray(x.T if input.shape[0] > input.shape[1] else x), input)
