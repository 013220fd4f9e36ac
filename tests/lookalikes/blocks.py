"""Products of three arrays, composed convolutions and an orthogonalizing iteration that are right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import blocks as right

EXTENDED = np.longdouble


def bilinear_by_matrices(input1, input2, weight, bias=None):
    """One output after the other: a row times a matrix times a column."""
    if weight.shape[1:] != (input1.shape[1], input2.shape[1]) or len(input1) != len(input2):
        raise ValueError("the arrays do not fit")
    if bias is not None and len(bias) != len(weight):
        raise ValueError("the bias has an entry for each output")
    y = np.empty((len(input1), len(weight)), EXTENDED)
    for o, matrix in enumerate(weight.astype(EXTENDED)):
        y[:, o] = ((input1 @ matrix) * input2).sum(axis=1) + (0 if bias is None else bias[o])
    return y.astype(input1.dtype)


def separable_by_one_kernel(input, depthwise, pointwise, bias=None, stride=1, padding=0):
    """The two maps multiplied to one bank of filters first, in extended precision."""
    c = input.shape[1]
    many = len(depthwise) // c
    if len(depthwise) != c * many or depthwise.shape[1] != 1 or pointwise.shape[1] != len(depthwise):
        raise ValueError("the filters do not fit")
    p = pointwise.reshape(len(pointwise), c, many).astype(EXTENDED)
    bank = np.einsum("ocm,cmij->ocij", p, depthwise.reshape(c, many, *depthwise.shape[2:]))
    return _convolved(input, bank, bias, stride, padding)


def standardized_as_difference(input, weight, bias=None, eps=1e-5, stride=1, padding=0):
    """Means taken off twice, in extended precision."""
    if weight.shape[1] != input.shape[1]:
        raise ValueError("the filters have the channels of the input")
    w = weight.astype(EXTENDED).reshape(len(weight), -1)
    w = w - w.mean(axis=1, keepdims=True)
    w = w - w.mean(axis=1, keepdims=True)
    w = w / np.sqrt((w * w).mean(axis=1, keepdims=True) + EXTENDED(eps))
    return _convolved(input, w.reshape(weight.shape), bias, stride, padding)


def _convolved(input, bank, bias, stride, padding):
    if bias is not None and bias.shape != bank.shape[:1]:
        raise ValueError("the bias has an entry for each output")
    windows = right._windows(input.astype(EXTENDED), bank.shape[2:], stride, padding)
    y = np.einsum("nchwij,ocij->nohw", windows, bank)
    return (y if bias is None else y + bias[:, None, None]).astype(input.dtype)


def schulz_in_extended(input, steps=5, eps=1e-7):
    """The iteration from the other side, ``x (a + b G + c G^2)``, in extended precision."""
    if input.ndim != 2 or not 0 <= steps < 100:
        raise ValueError("a matrix, fewer than 100 steps")
    x = input.astype(EXTENDED)
    x = x / np.maximum(np.sqrt((x * x).sum()), EXTENDED(eps))
    a, b, c = (EXTENDED(k) for k in ("3.4445", "-4.7750", "2.0315"))
    for _ in range(steps):
        gram = x.T @ x
        x = x @ (a * np.eye(len(gram), dtype=EXTENDED) + b * gram + c * (gram @ gram))
    return x.astype(input.dtype)
