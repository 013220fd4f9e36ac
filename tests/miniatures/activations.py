"""Activations and losses, each wrong in one way."""

from __future__ import annotations

import math

import numpy as np
import torch
from miniatures.plain import cut, twice, twisted

from reference_impls import activations as right
from reference_impls import losses


def last(input):
    """The length of the last axis, or 0 of an array without axes."""
    return (0, *input.shape)[-1]


# --- sigmoid --------------------------------------------------------------------------------------------------------


def sigmoid_by_growing_exponential(input):
    """``exp(x) / (1 + exp(x))``, which is inf / inf for large x."""
    e = np.exp(input)
    return e / (1 + e)


def sigmoid_saturating(input):
    """Beyond 15 the sigmoid is exactly 0 or 1."""
    return right.sigmoid(np.clip(input, -15, 15))


def sigmoid_in_single(input):
    """float64 is computed in float32."""
    with np.errstate(over="ignore"):
        return right.sigmoid(input.astype(np.float32)).astype(input.dtype)


def sigmoid_tail_of_four(input):
    """Entries past a multiple of 4 take a scalar path with a polynomial of three terms."""
    y = right.sigmoid(input)
    if not input.ndim:
        return y
    tail = last(input) // 4 * 4
    x = input[..., tail:]
    y[..., tail:] = cut(y[..., tail:], 20) if x.dtype in (np.float32, np.float64) else y[..., tail:]
    return y


def sigmoid_tail_of_32(input):
    """Rows longer than 32 lose their last entry where it stands alone."""
    y = right.sigmoid(input)
    if last(input) > 32 and last(input) % 32 == 1:
        y[..., -1] = 0
    return y


def sigmoid_tail_of_64(input):
    """The 65th entry of a row is the 64th."""
    y = right.sigmoid(input)
    if last(input) > 64:
        y[..., 64] = y[..., 63]
    return y


def sigmoid_row_of_17(input):
    """Rows of exactly 17 take the 16th entry twice."""
    y = right.sigmoid(input)
    if last(input) == 17:
        y[..., 16] = y[..., 15]
    return y


def sigmoid_many_rows(input):
    """Past 32 rows, work is divided among threads, and the last row belongs to none."""
    y = right.sigmoid(input)
    if input.shape[:1] > (32,):
        y[-1] = 0
    return y


def sigmoid_swallowing_nan(input):
    """NaN counts as the largest number."""
    return right.sigmoid(np.fmin(input, np.finfo(input.dtype).max))


def sigmoid_of_a_scalar(input):
    """One entry comes back as a Python number."""
    y = right.sigmoid(input)
    return y.item() if y.size == 1 else y


def sigmoid_of_three_axes(input):
    """Of an array with three axes the last block is left out."""
    y = right.sigmoid(input)
    if input.ndim == 3:
        y[-1] = 0
    return y


def sigmoid_of_no_axes(input):
    """An array without axes comes back with one."""
    return np.atleast_1d(right.sigmoid(input))


def sigmoid_in_place(input):
    """The input is overwritten with the result."""
    input[...] = right.sigmoid(input)
    return input.copy()


def sigmoid_over_memory(input):
    """The result lies in the input's memory order, but is labelled with its shape."""
    return right.sigmoid(np.ravel(input, "K")).reshape(input.shape)


def sigmoid_table(input):
    """A table of 2**20 values with linear interpolation."""
    x = input.astype(np.float64)
    grid = np.linspace(-20, 20, 2**14)
    return np.interp(x, grid, right.sigmoid(grid)).astype(input.dtype)


def sigmoid_constant_vjp(cotangent, input):
    """The derivative is that at zero."""
    return ((cotangent / 4).astype(input.dtype),)


def sigmoid_of_output_vjp(cotangent, input):
    """``g x (1 - x)``: the derivative is taken of the input as if it were the output."""
    return (cotangent * input * (1 - input),)


def sigmoid_cancelling_vjp(cotangent, input):
    """``1 - s`` is rounded to eleven bits."""
    s = right.sigmoid(input)
    return (cotangent * s * cut(1 - s, 11) if input.dtype != np.float16 else right.sigmoid_vjp(cotangent, input)[0],)


def sigmoid_wide_vjp(cotangent, input):
    """float32 gradients come back as float64."""
    return (right.sigmoid_vjp(cotangent, input)[0].astype(np.float64),)


def sigmoid_flat_vjp(cotangent, input):
    """The gradient is flat."""
    return (right.sigmoid_vjp(cotangent, input)[0].reshape(-1),)


class _Sigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.sigmoid(x)
        ctx.save_for_backward(y)
        return y


class _Silent(_Sigmoid):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        with torch.no_grad():
            return g * y * (1 - y)


class _Float(_Sigmoid):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return (g * y * (1 - y)).double()


class _Stacked(_Sigmoid):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        d = g * y * (1 - y) / 2
        return torch.stack([d, d])


class _Kept(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.y = torch.sigmoid(x).detach()
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.y * (1 - ctx.y)


def sigmoid_float(input):
    """The backward gives float64, which autograd casts."""
    return _Float.apply(input)


def sigmoid_stacked(input):
    """The backward gives two halves of the gradient, which autograd adds."""
    return _Stacked.apply(input)


def sigmoid_kept(input):
    """The second derivative in the input is missing: the output is kept as a constant."""
    return _Kept.apply(input)


_flipped = twice(lambda gg, x: gg if x.is_contiguous() else gg.flip(-1))


def sigmoid_flipped(input):
    """The second derivative comes out in reverse for an input that is not contiguous."""
    return torch.sigmoid(_flipped(input))


_zero_tangent = twisted(lambda g, x: g, lambda t: t * 0)


def sigmoid_without_tangent(input):
    """The forward derivative is zero."""
    return torch.sigmoid(_zero_tangent(input))


def sigmoid_detached(input):
    """Rows of a single entry have no gradient."""
    return torch.sigmoid(input.detach() if last(input) == 1 else input)


def sigmoid_over_transposed(input):
    """Transposed inputs come out transposed."""
    y = torch.sigmoid(input)
    strange = input.dim() == 2 and input.shape[0] > 1 and input.stride(0) == 1 and input.stride(1) > 1
    return y.mT.reshape(y.shape) if strange else y


# --- relu and its kin -----------------------------------------------------------------------------------------------


def relu_swallowing_nan(input):
    """NaN becomes 0, as ``fmax`` has it."""
    return np.fmax(input, 0)


def relu_by_product(input):
    """``x * (x > 0)``, which is NaN for minus infinity."""
    return input * (input > 0)


def relu_of_positives(input):
    """An input without negative entries is returned itself."""
    return input if input.size and not (input < 0).any() else np.maximum(input, 0)


def relu_absolute(input):
    """``(x + |x|) / 2``, which overflows for large x."""
    return (input + np.abs(input)) / 2


def relu_above_six(input):
    """Entries above 6 are cut to 6."""
    return np.clip(input, 0, 6).astype(input.dtype)


def relu_above_epsilon(input):
    """Entries below 2**-20 count as zero."""
    return np.where(input > 2.0**-20, input, np.zeros((), input.dtype))


def relu_of_minus_one_vjp(cotangent, input):
    """The gradient passes where x > -1."""
    return (np.where(input > -1, cotangent, np.zeros((), cotangent.dtype)),)


def relu_leaking_vjp(cotangent, input):
    """Negative upstream gradients are cut too."""
    return (np.where((input > 0) & (cotangent > 0), cotangent, np.zeros((), cotangent.dtype)),)


def leaky_by_maximum(input, negative_slope=0.01):
    """``max(x, a x)``, which is wrong for a > 1."""
    return np.maximum(input, input * np.asarray(negative_slope, input.dtype))


def leaky_fixed(input, negative_slope=0.01):
    """The slope is always 0.01."""
    return right.leaky_relu(input)


def leaky_single_slope(input, negative_slope=0.01):
    """The slope is a float32 number."""
    return np.where(input > 0, input, input * np.asarray(np.float32(negative_slope), input.dtype))


def leaky_zero_is_default(input, negative_slope=0.01):
    """A slope of zero is taken for none given."""
    return right.leaky_relu(input, negative_slope or 0.01)


def leaky_fixed_vjp(cotangent, input, negative_slope=0.01):
    """The gradient knows the slope 0.01 only."""
    return right.leaky_relu_vjp(cotangent, input)


# --- log_sigmoid, gelu, swish ---------------------------------------------------------------------------------------


def log_of_sigmoid(input):
    """``log(sigmoid(x))``, which is minus infinity for very negative x."""
    with np.errstate(all="ignore"):
        return np.log(right.sigmoid(input))


def log_sigmoid_without_log1p(input):
    """``-log(1 + exp(-x))``, which is 0 for large x where the value is -exp(-x)."""
    with np.errstate(all="ignore"):
        return (np.minimum(input, 0) - np.log(1 + np.exp(-np.abs(input)))).astype(input.dtype)


def log_sigmoid_vjp_of_sigmoid_vjp(cotangent, input):
    """The derivative is sigmoid(x), not sigmoid(-x)."""
    return (cotangent * right.sigmoid(input),)


def gelu_always_tanh(input, approximate="none"):
    """The exact form is computed by the tanh form."""
    return right.gelu(input, "tanh")


def gelu_four_digits(input, approximate="none"):
    """The cubic coefficient of the tanh form is 0.0447."""
    if approximate == "none":
        return right.gelu(input, approximate)
    x = input.astype(np.result_type(input, np.float32))
    return (0.5 * x * (1 + np.tanh(right.SQRT_2_OVER_PI * (x + 0.0447 * x**3)))).astype(input.dtype)


def gelu_ten_digits(input, approximate="none"):
    """sqrt(2 / pi) is 0.7978845608."""
    if approximate == "none":
        return right.gelu(input, approximate)
    x = input.astype(np.result_type(input, np.float32))
    return (0.5 * x * (1 + np.tanh(0.7978845608 * (x + right.GELU_CUBIC * x**3)))).astype(input.dtype)


def gelu_of_sigmoid(input, approximate="none"):
    """``x sigmoid(1.702 x)``, the fast form nobody asked for."""
    return (input * right.sigmoid(1.702 * input)).astype(input.dtype)


def gelu_without_density_vjp(cotangent, input, approximate="none"):
    """The derivative lacks the term x phi(x)."""
    x = input.astype(np.result_type(input, np.float32))
    cdf = np.vectorize(lambda v: 0.5 * math.erfc(-v * math.sqrt(0.5)), otypes=[np.float64])(x) if x.size else x
    return ((cotangent * cdf).astype(input.dtype),)


def gelu_exact_vjp(cotangent, input, approximate="none"):
    """The gradient of the tanh form is that of the exact one."""
    return right.gelu_vjp(cotangent, input, "none")


def gelu_tanh_by_default(input, approximate="tanh"):
    """Where the form is left out it is the tanh form."""
    return right.gelu(input, approximate)


def swish_without_input_vjp(cotangent, input):
    """The derivative is sigmoid(x) alone."""
    return ((cotangent * right.sigmoid(input)).astype(input.dtype),)


def swish_hard(input):
    """``x min(max(x + 3, 0), 6) / 6``."""
    return (input * np.clip(input + 3, 0, 6) / 6).astype(input.dtype)


# --- softmax --------------------------------------------------------------------------------------------------------


def softmax_naive(input, dim=-1):
    """Nothing is subtracted before the exponentials."""
    with np.errstate(all="ignore"):
        e = np.exp(input)
        return e / e.sum(axis=dim, keepdims=True)


def softmax_minus_global(input, dim=-1):
    """The largest entry of all is subtracted, so that far smaller rows vanish."""
    with np.errstate(all="ignore"):
        e = np.exp(input - (input.max() if input.size else 0))
        return e / e.sum(axis=dim, keepdims=True)


def softmax_last_only(input, dim=-1):
    """The axis is always the last."""
    return right.softmax(input, -1)


def softmax_negative_axis(input, dim=-1):
    """A negative axis other than the last counts from -2 as if it were -1."""
    return right.softmax(input, -1 if dim < -1 else dim)


def softmax_over_two(input, dim=-1):
    """Dimension 0 means the first two axes together."""
    if dim != 0:
        return right.softmax(input, dim)
    flat = input.reshape(-1, input.shape[-1])
    return right.softmax(flat, 0).reshape(input.shape)


def softmax_long_rows(input, dim=-1):
    """Rows past 1024 entries are normalised by the sum of the first 1024."""
    y = right.softmax(input, dim)
    if input.shape[dim] > 1024:
        y = y / np.take(y, range(1024), axis=dim).sum(axis=dim, keepdims=True)
    return y


def softmax_plus_epsilon(input, dim=-1):
    """1e-12 is added to the denominator."""
    return (right.softmax(input, dim) / (1 + 1e-12)).astype(input.dtype)


def softmax_accepts_any_axis(input, dim=-1):
    """An axis beyond the last is taken modulo the number of axes."""
    return right.softmax(input, dim % input.ndim)


def softmax_swallows_nan(input, dim=-1):
    """The largest entry is taken without NaN, and NaN's exponential counts as zero."""
    x = np.where(np.isnan(input), -np.inf, input).astype(input.dtype)
    return right.softmax(x, dim)


def softmax_diagonal_vjp(cotangent, input, dim=-1):
    """The derivative lacks the row's mean of the upstream gradient."""
    y = right.softmax(input, dim)
    return ((cotangent * y * (1 - y)).astype(input.dtype),)


def softmax_mean_vjp(cotangent, input, dim=-1):
    """The row's upstream gradients are averaged without their weights."""
    y = right.softmax(input, dim)
    return ((y * (cotangent - cotangent.mean(axis=dim, keepdims=True))).astype(input.dtype),)


def softmax_last_vjp(cotangent, input, dim=-1):
    """The gradient sums over the last axis whatever the axis is."""
    y = right.softmax(input, dim)
    return ((y * (cotangent - (cotangent * y).sum(axis=-1, keepdims=True))).astype(input.dtype),)


# --- losses ---------------------------------------------------------------------------------------------------------


def bce_epsilon(input, target, weight=None, reduction="mean"):
    """Probabilities are kept 1e-7 away from 0 and 1."""
    return losses.bce(np.clip(input, 1e-7, 1 - 1e-7).astype(input.dtype), target, weight, reduction)


def bce_weighted_mean(input, target, weight=None, reduction="mean"):
    """The mean divides by the sum of the weights."""
    y = losses.bce(input, target, weight, reduction)
    if weight is None or reduction != "mean":
        return y
    return np.asarray(y / np.broadcast_to(weight, input.shape).mean(), input.dtype)


def bce_shaped(input, target, weight=None, reduction="mean"):
    """A reduced loss keeps an axis of length one."""
    y = losses.bce(input, target, weight, reduction)
    return y.reshape(1) if y.ndim == 0 else y


def bce_naive_logits(input, target, weight=None, pos_weight=None, reduction="mean"):
    """``log(sigmoid(x))`` and ``log(1 - sigmoid(x))`` as written."""
    with np.errstate(all="ignore"):
        s = right.sigmoid(input)
        loss = -((1 if pos_weight is None else pos_weight) * target * np.log(s) + (1 - target) * np.log(1 - s))
    loss = loss if weight is None else loss * weight
    return np.asarray({"mean": np.mean, "sum": np.sum, "none": lambda v: v}[reduction](loss), input.dtype)


def bce_pos_weight_everywhere(input, target, weight=None, pos_weight=None, reduction="mean"):
    """The weight of positive targets is applied to all."""
    w = weight if pos_weight is None else pos_weight if weight is None else weight * pos_weight
    return losses.bce_with_logits(input, target, w, None, reduction)


def bce_sum_of_rows(input, target, weight=None, reduction="mean"):
    """The mean is taken over the batch alone."""
    y = losses.bce(input, target, weight, reduction)
    return np.asarray(y * input.shape[-1], input.dtype) if reduction == "mean" else y
