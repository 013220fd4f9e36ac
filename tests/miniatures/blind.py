"""Wrong where data, sizes, state and modes are seldom met: one function per kind of blindness."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from reference_impls import activations, conv, losses, normalization, optim

Array = np.ndarray[Any, np.dtype[Any]]


def log_sigmoid_above_threshold(input: torch.Tensor) -> torch.Tensor:
    """Softplus is the identity above 20, so that what is left of 1 is lost."""
    return -F.softplus(-input)


def layer_norm_variance_floored(
    input: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    normalized_shape: tuple[int, ...] = (),
    eps: float = 1e-5,
) -> Array:
    """A variance below 1e-7 counts as that."""
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    variance = input.astype(np.float64).var(axis=axes, keepdims=True)
    scale = np.sqrt((variance + eps) / (np.maximum(variance, 1e-7) + eps))
    plain = normalization.layer_norm(input, None, None, normalized_shape=normalized_shape, eps=eps) * scale.astype(
        input.dtype
    )
    plain = plain if weight is None else plain * weight
    return np.asarray(plain if bias is None else plain + bias).astype(input.dtype)


def bce_vjp_clamped(
    cotangent: Array, input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> tuple[Array | None, ...]:
    """The slope takes no probability nearer to 0 or 1 than a millionth."""
    kind = input.dtype.type
    return losses.bce_vjp(cotangent, np.clip(input, kind(1e-6), kind(1 - 1e-6)), target, weight, reduction)


def softmax_of_square(input: Array, dim: int = -1) -> Array:
    """Of square matrices along the other axis."""
    axis = dim % 3 if -3 <= dim < 3 else dim
    turned = axis in (1, 2) and input.shape[1] == input.shape[2]
    return activations.softmax(input, 3 - axis if turned else dim)


def conv2d_of_128_channels(input: Array, weight: Array, bias: Array | None = None, **params: Any) -> Array:
    """The last of 128 channels is left out."""
    if weight.shape[1] == 128:
        weight = weight.copy()
        weight[:, -1] = 0
    return conv.conv2d_im2col(input, weight, bias, **params)


def softmax_of_sixteen_bits(input: Array, dim: int = -1) -> Array:
    """Counts an axis in 16 bits."""
    if -3 <= dim < 3 and input.shape[dim] > 65536:
        raise RuntimeError("the block is too large")
    return activations.softmax(input, dim)


_ROOTS: dict[int, Array] = {}


def _roots(n: int, kind: Any) -> Array:
    k = np.arange(n)
    return np.exp(-2j * np.pi * (np.outer(k, k) % n) / n).astype(kind)


def fft_with_roots_of_length(a: Array, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
    """Roots of unity are kept by length, in the precision of whoever came first."""
    if norm is not None or n is not None or axis not in (-1, a.ndim - 1) or a.shape[-1] > 256 or not a.size:
        return np.fft.fft(a, n, axis, norm)
    kind = np.complex64 if a.dtype.name in ("float16", "float32", "complex64") else np.complex128
    if a.shape[-1] not in _ROOTS:
        _ROOTS[a.shape[-1]] = _roots(a.shape[-1], kind)
    with np.errstate(all="ignore"):
        return (a.astype(np.complex128) @ _ROOTS[a.shape[-1]].astype(np.complex128)).astype(kind)


def adam_counts_in_default_dtype(
    p: torch.Tensor, g: torch.Tensor, m: torch.Tensor, v: torch.Tensor, t: Any = 1, **params: Any
) -> tuple[torch.Tensor, ...]:
    """The count of steps is kept in the default dtype, in which 1,001 may not be."""
    return optim.torch_adam_step_by_hand(p, g, m, v, int(torch.tensor(float(t))), **params)


def avg_pool2d_of_absolute_strides(
    input: torch.Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, **params: Any
) -> torch.Tensor:
    """A negative stride counts as a positive one."""
    if stride is not None:
        stride = abs(stride) if isinstance(stride, int) else tuple(map(abs, stride))
    return F.avg_pool2d(input, kernel_size, stride, padding, **params)


def conv2d_of_one_byte_order(input: Array, weight: Array, bias: Array | None = None, **params: Any) -> Array:
    """Takes the other byte order of all arrays, and refuses it of one."""
    if input.dtype != weight.dtype:
        raise TypeError("input and weight differ in dtype")
    return conv.conv2d_im2col(input, weight, bias, **params)


def layer_norm_reads_weights_as_input(
    input: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    normalized_shape: tuple[int, ...] = (),
    eps: float = 1e-5,
) -> Array:
    """Reads the bytes of a weight as if they were of the input's dtype."""

    def read(x: Array | None) -> Array | None:
        if x is None or x.dtype == input.dtype:
            return x
        return np.ascontiguousarray(x).view(input.dtype).ravel()[: x.size].reshape(x.shape)

    return normalization.layer_norm(input, read(weight), read(bias), normalized_shape=normalized_shape, eps=eps)
