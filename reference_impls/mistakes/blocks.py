"""What goes wrong in products of three arrays, composed convolutions and an orthogonalizing iteration."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.definitions.derivatives import held
from reference_impls.definitions import blocks as right
from reference_impls.definitions.conv import conv2d


def bilinear_transposed(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """Matrices are transposed where they are square."""
    if input1.shape[1] != input2.shape[1]:
        return right.bilinear(input1, input2, weight, bias)
    return right.bilinear(input2, input1, weight, bias)


def bilinear_second_held(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """The right value; the second input has no derivative."""
    return right.bilinear(input1, held(input2), weight, bias)


def bilinear_diagonal(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """Of every matrix the diagonal alone."""
    k = np.arange(min(weight.shape[1:]))
    y = np.einsum("ni,oi,ni->no", input1[:, k], weight[:, k, k], input2[:, k])
    return y if bias is None else y + bias


def separable_regrouped(
    input: Any, depthwise: Any, pointwise: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0
) -> Any:
    """The filters of a channel lie a channel's number apart, not next to each other."""
    c = input.shape[1]
    many = depthwise.shape[0] // c
    order = np.arange(c * many).reshape((many, c)).T.reshape((-1,))
    return right.separable_conv2d(input, depthwise[order], pointwise, bias, stride=stride, padding=padding)


def separable_strided_twice(
    input: Any, depthwise: Any, pointwise: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0
) -> Any:
    """The second convolution steps, too."""
    y = conv2d(input, depthwise, stride=stride, padding=padding, groups=input.shape[1])
    return conv2d(y, pointwise[:, :, None, None], bias, stride=stride)


def _centred(weight: Any) -> Any:
    return weight - np.mean(weight, axis=(1, 2, 3), keepdims=True)


def standardized_unbiased(
    input: Any, weight: Any, bias: Any = None, *, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Any:
    """The variance divides by one less."""
    off, n = _centred(weight), int(np.prod(weight.shape[1:]))
    variance = np.sum(off * off, axis=(1, 2, 3), keepdims=True) / max(n - 1, 1)
    return conv2d(input, off / np.sqrt(variance + eps), bias, stride=stride, padding=padding)


def standardized_eps_outside(
    input: Any, weight: Any, bias: Any = None, *, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Any:
    """eps is added to the deviation."""
    off = _centred(weight)
    size = np.sqrt(np.mean(off * off, axis=(1, 2, 3), keepdims=True)) + eps
    return conv2d(input, off / size, bias, stride=stride, padding=padding)


def standardized_uncentred(
    input: Any, weight: Any, bias: Any = None, *, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Any:
    """No mean is subtracted."""
    off = _centred(weight)
    size = np.sqrt(np.mean(off * off, axis=(1, 2, 3), keepdims=True) + eps)
    return conv2d(input, weight / size, bias, stride=stride, padding=padding)


def standardized_held(
    input: Any, weight: Any, bias: Any = None, *, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Any:
    """The right value; mean and deviation have no derivative."""
    mean = np.mean(weight, axis=(1, 2, 3), keepdims=True)
    off = weight - mean
    size = np.sqrt(np.mean(off * off, axis=(1, 2, 3), keepdims=True) + eps)
    return conv2d(input, (weight - held(mean)) / held(size), bias, stride=stride, padding=padding)


def _iterated(input: Any, steps: int, size: Any, coefficients: tuple[float, float, float]) -> Any:
    a, b, c = coefficients
    tall = input.shape[0] > input.shape[1]
    x = (input.T if tall else input) / size
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if tall else x


def schulz_cubic(input: Any, *, steps: int = 5, eps: float = 1e-7) -> Any:
    """The cubic iteration: ``(3 x - x x' x) / 2``."""
    return _iterated(input, steps, np.maximum(np.sqrt(np.sum(input * input)), eps), (1.5, -0.5, 0.0))


def schulz_plus_eps(input: Any, *, steps: int = 5, eps: float = 1e-7) -> Any:
    """eps is added to the norm, as Muon's first code does."""
    return _iterated(input, steps, np.sqrt(np.sum(input * input)) + eps, right.QUINTIC)


def schulz_held(input: Any, *, steps: int = 5, eps: float = 1e-7) -> Any:
    """The right value; the norm has no derivative."""
    return _iterated(input, steps, held(np.maximum(np.sqrt(np.sum(input * input)), eps)), right.QUINTIC)
