"""Five ops in the array API standard alone, as its strict implementation has it."""

from __future__ import annotations

from typing import Any

import array_api_strict as xp


def _pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)  # type: ignore[return-value]


def conv2d(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """A sum over the kernel's entries of matrix products."""
    if isinstance(padding, str):
        raise NotImplementedError("pads by name")
    (n, c, h, w), (o, per, kh, kw) = input.shape, weight.shape
    (sh, sw), (ph, pw), (dh, dw) = _pair(stride), _pair(padding), _pair(dilation)
    if c != per * groups or o % groups or min(sh, sw, dh, dw) < 1 or min(ph, pw) < 0:
        raise ValueError(f"expected {groups} groups of {per} channels, got {c} channels and {o} results")
    rows, columns = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1, (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if rows < 1 or columns < 1:
        raise ValueError("the kernel is larger than the padded image")
    x = xp.zeros((n, c, h + 2 * ph, w + 2 * pw), dtype=input.dtype)
    x[:, :, ph : ph + h, pw : pw + w] = input
    x = xp.reshape(x, (n, groups, per, *x.shape[2:]))
    kernels = xp.reshape(weight, (1, groups, o // groups, per, kh, kw))
    y = xp.zeros((n, groups, o // groups, rows * columns), dtype=input.dtype)
    for a in range(kh):
        for b in range(kw):
            down = slice(a * dh, a * dh + sh * (rows - 1) + 1, sh)
            along = slice(b * dw, b * dw + sw * (columns - 1) + 1, sw)
            y = y + xp.matmul(kernels[..., a, b], xp.reshape(x[:, :, :, down, along], (n, groups, per, rows * columns)))
    y = xp.reshape(y, (n, o, rows, columns))
    return y if bias is None else y + bias[:, None, None]


def fft(a: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """``xp.fft.fft``."""
    if not xp.isdtype(a.dtype, "complex floating"):
        a = xp.astype(a, xp.complex64 if a.dtype == xp.float32 else xp.complex128)
    return xp.fft.fft(a, n=n, axis=axis, norm=norm or "backward")


def gelu(input: Any, approximate: str) -> Any:
    """By the hyperbolic tangent; the standard has no error function."""
    if approximate != "tanh":
        raise NotImplementedError("the array API has no error function")
    inner = 0.7978845608028654 * (input + 0.044715 * input * input * input)
    return 0.5 * input * (1 + xp.tanh(inner))


def softmax(input: Any, dim: int) -> Any:
    """The largest entry taken out first."""
    e = xp.exp(input - xp.max(input, axis=dim, keepdims=True))
    return e / xp.sum(e, axis=dim, keepdims=True)


def layer_norm(input: Any, weight: Any, bias: Any, normalized_shape: Any, eps: float) -> Any:
    """Centred and scaled over the last axes."""
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - xp.mean(input, axis=axes, keepdims=True)
    y = centred / xp.sqrt(xp.mean(centred * centred, axis=axes, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias
