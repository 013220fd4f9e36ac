"""Wrong by less than a wide bound hides: overflow, half types, far tails, limits, ties."""

from __future__ import annotations

import numpy as np

from reference_impls import activations as right
from reference_impls import normalization as norm

#: The largest number of float16.
LARGEST_HALF = 65504


# --- what overflows in the stored type alone ------------------------------------------------------------------------


def layer_squares_overflow_in_half(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """float16: rows whose sum of squares passes 65504 become their bias."""
    y = norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=eps)
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    centred = input.astype(np.float64) - input.astype(np.float64).mean(axis=axes, keepdims=True)
    large = (centred**2).sum(axis=axes, keepdims=True) > LARGEST_HALF
    nothing = np.zeros(input.shape, y.dtype) if bias is None else np.broadcast_to(bias, input.shape)
    return np.where(large, nothing, y) if input.dtype == np.float16 else y


def group_squares_overflow_in_half(input, weight=None, bias=None, *, num_groups, eps=1e-5):
    """float16: one group's sum of squares passes 65504 and counts as 65504."""
    n, channels = input.shape[:2]
    grouped = input.astype(np.float64).reshape(n, num_groups, -1)
    centred = grouped - grouped.mean(axis=2, keepdims=True)
    total = (centred**2).sum(axis=2, keepdims=True)
    count = max(grouped.shape[2], 1)
    by = np.sqrt((total / count + eps) / (np.minimum(total, LARGEST_HALF) / count + eps))
    y = norm.group_norm(input, None, None, num_groups=num_groups, eps=eps)
    if input.dtype == np.float16 and input.size:
        y = (y.astype(np.float64).reshape(n, num_groups, -1) * by).reshape(input.shape)
    shape = (1, channels, *(1,) * (input.ndim - 2))
    y = y if weight is None else y * weight.reshape(shape)
    return (y if bias is None else y + bias.reshape(shape)).astype(input.dtype)


def instance_infinite_in_half(input, weight=None, bias=None, *, eps=1e-5):
    """float16: NaN where the sum of a channel's squares passes half of 65504."""
    y = norm.instance_norm(input, weight, bias, eps=eps)
    axes = tuple(range(2, input.ndim))
    centred = input.astype(np.float64) - input.astype(np.float64).mean(axis=axes, keepdims=True)
    large = (centred**2).sum(axis=axes, keepdims=True) > LARGEST_HALF / 2
    return np.where(large & (input.dtype == np.float16), np.asarray(np.nan, y.dtype), y)


# --- steps rounded to a half type, undeclared -----------------------------------------------------------------------


def gelu_hyperbolic_in_half(input, approximate="none"):
    """float16 takes the hyperbolic form whatever is asked for."""
    return right.gelu(input, "tanh" if input.dtype == np.float16 and approximate == "none" else approximate)


def swish_gate_in_half(input):
    """float16: the logistic function is rounded before it is multiplied with."""
    gate = right.sigmoid_stable(input)
    return (input * gate.astype(input.dtype)).astype(input.dtype)


def softmax_powers_in_half(input, dim=-1):
    """float16: exponentials are rounded before they are summed."""
    if not input.size:
        return input.copy()
    x = right.widened(input)
    powers = np.exp(x - x.max(axis=dim, keepdims=True)).astype(input.dtype).astype(x.dtype)
    return (powers / powers.sum(axis=dim, keepdims=True)).astype(input.dtype)


# --- tails ----------------------------------------------------------------------------------------------------------


def sigmoid_nothing_below_37(input):
    """Below -37 the result is zero, as if one half of a hyperbolic tangent were all."""
    return np.where(input < -37, np.zeros((), input.dtype), right.sigmoid(input))


def sigmoid_by_tanh(input):
    """``(1 + tanh(x / 2)) / 2``, which loses every digit far on the left."""
    return (0.5 * (1 + np.tanh(0.5 * input))).astype(input.dtype)


def swish_nothing_below_30(input):
    """Below -30 the result is minus zero."""
    return np.where(input < -30, np.asarray(-0.0, input.dtype), right.swish(input))


def gelu_nothing_below_6(input, approximate="none"):
    """Below -6 the result is zero."""
    return np.where(input < -6, np.zeros((), input.dtype), right.gelu(input, approximate))


# --- limits ---------------------------------------------------------------------------------------------------------


def gelu_infinite_on_the_left(input, approximate="none"):
    """Minus infinity stays as it is."""
    return np.where(np.isneginf(input), input, right.gelu(input, approximate))


def softmax_nothing_beside_infinity(input, dim=-1):
    """A row with an infinity is all zero."""
    y = right.softmax(input, dim)
    return np.where(np.isposinf(input).any(axis=dim, keepdims=True), np.zeros((), y.dtype), y) if input.size else y


def swish_one_at_minus_infinity(input):
    """Minus infinity gives minus one."""
    return np.where(np.isneginf(input), np.asarray(-1, input.dtype), right.swish(input))


# --- ties -----------------------------------------------------------------------------------------------------------


def shared(share, cotangent, input, kernel_size, stride, padding, dilation):
    """Each window's gradient, divided among its entries by what a share makes of those that are its maximum."""
    k, s, p, d = (
        np.broadcast_to(v, 2) for v in (kernel_size, kernel_size if stride is None else stride, padding, dilation)
    )
    space = [(0, 0)] * (input.ndim - 2) + [(p[a], p[a] + k[a] * d[a] + s[a]) for a in (0, 1)]
    image = np.pad(input.astype(np.float64), space, constant_values=-np.inf)
    inside, total = np.pad(np.ones(input.shape, bool), space), np.zeros(image.shape)
    for i, j in np.ndindex(cotangent.shape[-2:]):
        taps = tuple(slice(o * s[a], o * s[a] + k[a] * d[a], d[a]) for a, o in enumerate((i, j)))
        window = (..., *taps)
        tied = (image[window] == image[window].max(axis=(-2, -1), keepdims=True)) & inside[window]
        count = np.maximum(tied.sum(axis=(-2, -1), keepdims=True), 1)
        total[window] += tied * share(count) * cotangent[..., i, j, None, None]
    h, w = input.shape[-2:]
    return (total[..., p[0] : p[0] + h, p[1] : p[1] + w].astype(input.dtype),)


def pool_whole_to_each_tie_vjp(cotangent, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Each of tied maxima gets the whole gradient."""
    return shared(lambda count: 1.0, cotangent, input, kernel_size, stride, padding, dilation)


def pool_half_to_each_tie_vjp(cotangent, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Each of tied maxima gets a half, however many there are."""
    return shared(lambda n: np.where(n > 1, 0.5, 1.0), cotangent, input, kernel_size, stride, padding, dilation)


def pool_nothing_to_ties_vjp(cotangent, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Where maxima tie nobody gets a gradient."""
    return shared(lambda n: np.where(n > 1, 0.0, 1.0), cotangent, input, kernel_size, stride, padding, dilation)
