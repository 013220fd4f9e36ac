"""Products of three arrays, convolutions of composed weights, and the iteration that makes a matrix orthogonal."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_impls.definitions.conv import conv2d

#: Coefficients of the quintic iteration (Jordan et al. 2024).
QUINTIC = (3.4445, -4.7750, 2.0315)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``y[n, o] = b[o] + sum over i, j of x[n, i] w[o, i, j] z[n, j]``."""
    y = np.einsum("ni,oij,nj->no", input1, weight, input2)
    return y if bias is None else y + bias


def bilinear_in_two(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """The sum over i first, then that over j."""
    y = np.sum(np.einsum("ni,oij->noj", input1, weight) * input2[:, None, :], axis=-1)
    return y if bias is None else y + bias


bilinear.legal = (bilinear_in_two,)  # type: ignore[attr-defined]


def separable_conv2d(
    input: Any, depthwise: Any, pointwise: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0
) -> Any:
    """Every channel filtered by itself, then a linear map of the channels at every place (Chollet 2017).

    Shapes: input (N, C, H, W), depthwise (C m, 1, kH, kW), pointwise (O, C m), bias (O).
    """
    y = conv2d(input, depthwise, stride=stride, padding=padding, groups=input.shape[1])
    return conv2d(y, pointwise[:, :, None, None], bias)


def standardized(weight: Any, eps: float) -> Any:
    """``(w - mean) / sqrt(var + eps)`` of every filter."""
    off = weight - np.mean(weight, axis=(1, 2, 3), keepdims=True)
    return off / np.sqrt(np.mean(off * off, axis=(1, 2, 3), keepdims=True) + eps)


def standardized_by_reciprocal(weight: Any, eps: float) -> Any:
    """The same with the reciprocal of the root as a factor."""
    off = weight - np.mean(weight, axis=(1, 2, 3), keepdims=True)
    return off * (1 / np.sqrt(np.mean(off * off, axis=(1, 2, 3), keepdims=True) + eps))


def weight_standardized_conv2d(
    input: Any, weight: Any, bias: Any = None, *, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Any:
    """``conv2d`` by filters of mean 0 and variance 1 (Qiao et al. 2019)."""
    return conv2d(input, standardized(weight, eps), bias, stride=stride, padding=padding)


def weight_standardized_by_reciprocal(
    input: Any, weight: Any, bias: Any = None, *, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Any:
    """The same with the reciprocal of the root as a factor."""
    return conv2d(input, standardized_by_reciprocal(weight, eps), bias, stride=stride, padding=padding)


weight_standardized_conv2d.legal = (weight_standardized_by_reciprocal,)  # type: ignore[attr-defined]


def newton_schulz(input: Any, *, steps: int = 5, eps: float = 1e-7) -> Any:
    """``x <- a x + (b A + c A^2) x`` with ``A = x x'``, from ``x / max(|x|, eps)``, a tall matrix transposed (Muon)."""
    a, b, c = QUINTIC
    tall = input.shape[0] > input.shape[1]
    x = input.T if tall else input
    x = x / np.maximum(np.sqrt(np.sum(x * x)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if tall else x
