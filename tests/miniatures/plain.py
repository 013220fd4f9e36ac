"""A right convolution by shifting and adding, and torch functions whose derivatives can be turned wrong: material."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, np.dtype[Any]]


def pair(value: Any) -> tuple[int, int]:
    """One number per axis of an image."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def checked(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> None:
    """Raises ValueError where a two-dimensional convolution's arguments do not fit together."""
    if groups < 1 or input.shape[1] % groups or weight.shape[0] % groups:
        raise ValueError("groups do not divide the channels")
    if weight.shape[1] * groups != input.shape[1]:
        raise ValueError("weight has other channels")
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError("bias has another length")
    if min(pair(stride)) < 1 or min(pair(padding)) < 0 or min(pair(dilation)) < 1:
        raise ValueError("stride, padding or dilation is out of range")
    for n, k, p, d in zip(input.shape[2:], weight.shape[2:], pair(padding), pair(dilation), strict=True):
        if n + 2 * p < d * (k - 1) + 1:
            raise ValueError("the kernel is larger than the padded image")


def wide(dtype: Any) -> Any:
    """The type that sums are kept in: float32 for half types, else the same."""
    return np.dtype(np.float32) if dtype.itemsize == 2 else dtype.newbyteorder("=")


def windows(x: Array, tap: tuple[int, int], stride: tuple[int, int], out: tuple[int, int]) -> Array:
    """What one tap of a kernel sees of a padded image, for every output."""
    (i, j), (sh, sw), (h, w) = tap, stride, out
    return x[:, :, i : i + sh * (h - 1) + 1 : sh, j : j + sw * (w - 1) + 1 : sw]


def conv2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    seen: Callable[[Array, int, int], Array] = lambda w, i, j: w,
    accumulate: Any = None,
) -> Array:
    """Two-dimensional cross-correlation, tap by tap; ``seen`` may change what tap (i, j) sees."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    n, c, height, width = input.shape
    o, _, kh, kw = weight.shape
    out = (height + 2 * ph - dh * (kh - 1) - 1) // sh + 1, (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    kind = accumulate or wide(input.dtype)
    x = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(kind)
    y = np.zeros((n, groups, o // groups, *out), kind)
    kernel = weight.astype(kind).reshape(groups, o // groups, c // groups, kh, kw)
    for i in range(kh):
        for j in range(kw):
            view = seen(windows(x, (i * dh, j * dw), (sh, sw), out), i, j)
            parts = view.reshape(n, groups, c // groups, *out)
            y += np.einsum("goc,ngchw->ngohw", kernel[..., i, j], parts).astype(kind)
    y = y.reshape(n, o, *out)
    if bias is not None:
        y = y + bias.astype(kind)[:, None, None]
    return y.astype(input.dtype.newbyteorder("="))


def cut(x: Array, bits: int) -> Array:
    """float32 (or float64) values with so many bits of significand, rounded to even as tensor cores do."""
    if x.dtype.kind == "c":
        return (cut(x.real, bits) + 1j * cut(x.imag, bits)).astype(x.dtype)
    with np.errstate(all="ignore"):
        fraction, exponent = np.frexp(x)
        return np.ldexp(np.rint(fraction * 2.0**bits) / 2.0**bits, exponent).astype(x.dtype)


# --- torch: the identity, with a derivative that is not -------------------------------------------------------------


def twisted(backward: Callable[[Any, Any], Any], jvp: Callable[[Any], Any] | None = None) -> Callable[[Any], Any]:
    """The identity on a tensor whose backward is ``backward(g, x)`` and whose forward mode is ``jvp(t)``."""

    class Twist(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.clone()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return backward(g, ctx.saved_tensors[0])

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return (jvp or (lambda t: t.clone()))(t)

    def apply(x: Any) -> Any:
        return Twist.apply(x)

    return apply


def twice(second: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """The identity whose backward is right and whose backward's backward is ``second(gg, x)``."""

    class Again(torch.autograd.Function):
        @staticmethod
        def forward(g: Any, x: Any) -> Any:
            return g.clone()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(inputs[1])

        @staticmethod
        def backward(ctx: Any, gg: Any) -> Any:
            return second(gg, ctx.saved_tensors[0]), None

    return twisted(lambda g, x: Again.apply(g, x))


class Swish(torch.autograd.Function):
    """x times its sigmoid, and its gradient, in the form that vmap takes."""

    @staticmethod
    def forward(x):
        return x * torch.sigmoid(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * s * (1 + x * (1 - s))
