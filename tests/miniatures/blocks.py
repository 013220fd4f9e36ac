"""Products of three arrays, composed convolutions and an orthogonalizing iteration, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import blocks as right
from reference_impls.activations import widened


def bilinear_transposed(input1, input2, weight, bias=None):
    """Square matrices are transposed."""
    square = weight.shape[1] == weight.shape[2]
    return right.bilinear(input1, input2, np.ascontiguousarray(weight.transpose(0, 2, 1)) if square else weight, bias)


def bilinear_in_single(input1, input2, weight, bias=None):
    """float64 is computed in float32."""
    bias = None if bias is None else bias.astype(np.float32)
    arrays = (x.astype(np.float32) for x in (input1, input2, weight))
    return right.bilinear(*arrays, bias).astype(input1.dtype)


def bilinear_needs_bias(input1, input2, weight, bias=None):
    """Without a bias it is 1."""
    return right.bilinear(input1, input2, weight, np.ones(len(weight), input1.dtype) if bias is None else bias)


def bilinear_of_sums_vjp(cotangent, input1, input2, weight, bias=None):
    """The weight's gradient sums over the batch before it multiplies."""
    by_x, by_z, _, by_bias = right.bilinear_vjp(cotangent, input1, input2, weight, bias)
    g, x, z = (y.sum(axis=0) for y in (cotangent, input1, input2))
    return by_x, by_z, (g[:, None, None] * x[:, None] * z).astype(weight.dtype) / max(len(cotangent), 1) ** 2, by_bias


def separable_regrouped(input, depthwise, pointwise, bias=None, stride=1, padding=0):
    """The filters of a channel lie a channel's number apart."""
    c = input.shape[1]
    many = len(depthwise) // c
    if len(depthwise) != c * many:
        raise ValueError("every channel has as many filters")
    order = np.arange(c * many).reshape(many, c).T.reshape(-1)
    return right.separable_conv2d(input, np.ascontiguousarray(depthwise[order]), pointwise, bias, stride, padding)


def separable_flipped(input, depthwise, pointwise, bias=None, stride=1, padding=0):
    """Filters are turned round, as a true convolution's are."""
    return right.separable_conv2d(input, np.flip(depthwise, (2, 3)).copy(), pointwise, bias, stride, padding)


def separable_bias_first(input, depthwise, pointwise, bias=None, stride=1, padding=0):
    """The bias is added once for each channel."""
    y = right.separable_conv2d(input, depthwise, pointwise, None, stride, padding)
    if bias is None:
        return y
    if bias.shape != pointwise.shape[:1]:
        raise ValueError("the bias has an entry for each output")
    return (y + len(depthwise) * bias[:, None, None]).astype(input.dtype)


def separable_of_one_step(input, depthwise, pointwise, bias=None, stride=1, padding=0):
    """Both axes have the first stride."""
    first = stride if isinstance(stride, int) else stride[0]
    return right.separable_conv2d(input, depthwise, pointwise, bias, first, padding)


def standardized_unbiased(input, weight, bias=None, eps=1e-5, stride=1, padding=0):
    """The variance divides by one less."""
    w = widened(weight)
    n = w[0].size
    variance = w.var(axis=(1, 2, 3), keepdims=True) * w.dtype.type(n / max(n - 1, 1))
    return _by(
        (w - w.mean(axis=(1, 2, 3), keepdims=True)) / np.sqrt(variance + w.dtype.type(eps)),
        input,
        bias,
        stride,
        padding,
    )


def standardized_eps_outside(input, weight, bias=None, eps=1e-5, stride=1, padding=0):
    """eps is added to the deviation."""
    w = widened(weight)
    size = w.std(axis=(1, 2, 3), keepdims=True) + w.dtype.type(eps)
    return _by((w - w.mean(axis=(1, 2, 3), keepdims=True)) / size, input, bias, stride, padding)


def standardized_by_channel(input, weight, bias=None, eps=1e-5, stride=1, padding=0):
    """Every channel of a filter has a mean and a variance of its own."""
    w = widened(weight)
    mean, variance = (f(w, axis=(2, 3), keepdims=True) for f in (np.mean, np.var))
    return _by((w - mean) / np.sqrt(variance + w.dtype.type(eps)), input, bias, stride, padding)


def standardized_in_place(input, weight, bias=None, eps=1e-5, stride=1, padding=0):
    """The filters themselves are standardized, for the next call, too."""
    y = right.weight_standardized_conv2d(input, weight, bias, eps, stride, padding)
    weight -= weight.mean(axis=(1, 2, 3), keepdims=True)
    return y


def _by(filters, input, bias, stride, padding):
    windows = right._windows(widened(input), filters.shape[2:], stride, padding)
    right._agreeing(filters.shape[1] == input.shape[1], bias is None or bias.shape == filters.shape[:1])
    y = np.einsum("nchwij,ocij->nohw", windows, filters, optimize=False)
    return (y if bias is None else y + bias[:, None, None]).astype(input.dtype)


def schulz_of_rows(input, steps=5, eps=1e-7):
    """Every row is brought to length 1 first."""
    if input.ndim != 2 or steps >= 100:
        raise ValueError("a matrix, fewer than 100 steps")
    x = input / np.maximum(np.sqrt((input * input).sum(axis=1, keepdims=True)), input.dtype.type(eps))
    return _iterated(x.astype(input.dtype), steps)


def schulz_plus_eps(input, steps=5, eps=1e-7):
    """eps is added to the norm."""
    if input.ndim != 2 or steps >= 100:
        raise ValueError("a matrix, fewer than 100 steps")
    return _iterated(input / (np.linalg.norm(input) + input.dtype.type(eps)), steps)


def schulz_in_bfloat16(input, steps=5, eps=1e-7):
    """The matrix is cut to eight digits, as Muon's first code does."""
    cut = (input.astype(np.float32).view(np.int32) & -65536).view(np.float32)
    return right.newton_schulz(cut.astype(input.dtype), steps, eps)


def schulz_one_more(input, steps=5, eps=1e-7):
    """One more step."""
    right.newton_schulz(input, steps, eps)
    return right.newton_schulz(input, steps + 1, eps)


def _iterated(x, steps):
    wide = x if x.shape[0] <= x.shape[1] else x.T
    for _ in range(steps):
        a = wide @ wide.T
        wide = 3.4445 * wide + (-4.7750 * a + 2.0315 * (a @ a)) @ wide
    return np.ascontiguousarray(wide if x.shape[0] <= x.shape[1] else wide.T).astype(x.dtype)
