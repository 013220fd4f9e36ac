"""Pooling, normalization and linear layers, each wrong in one way."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from miniatures.plain import cut, twice, twisted

from reference_impls import linear as affine
from reference_impls import normalization as norm
from reference_impls import pooling

# --- normalization --------------------------------------------------------------------------------------------------

_batch, _batch_vjp = norm.batch_norm, norm.batch_norm_vjp


def _column(v, x):
    return v.reshape(1, -1, *[1] * (x.ndim - 2))


def batch_eps(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """eps is too large by 1e-8."""
    return _batch(input, running_mean, running_var, weight, bias, training, momentum, eps + 1e-8)


def batch_eps_outside(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """eps is added to the standard deviation, not to the variance."""
    _, mean, var = _batch(input, running_mean, running_var, weight, bias, training, momentum, eps)
    axes = (0, 2, 3)
    m = _column(input.mean(axis=axes) if training else running_mean, input)
    s = _column(input.var(axis=axes) if training else running_var, input)
    y = (input - m) / (np.sqrt(s) + eps)
    y = y if weight is None else y * _column(weight, input)
    y = y if bias is None else y + _column(bias, input)
    return y.astype(input.dtype), mean, var


def batch_fixed_eps(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """eps is 1e-5 whatever is asked for."""
    return _batch(input, running_mean, running_var, weight, bias, training, momentum)


def batch_unbiased(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """The batch is normalised by the unbiased variance."""
    n = input.size // max(input.shape[1], 1)
    y, mean, var = _batch(input, running_mean, running_var, None, None, training, momentum, eps)
    if training and n > 1:
        s = input.astype(np.float64).var(axis=(0, 2, 3))
        y = y * _column(np.sqrt((s + eps) / (s * n / (n - 1) + eps)), input)
    y = y if weight is None else y * _column(weight, input)
    y = y if bias is None else y + _column(bias, input)
    return y.astype(input.dtype), mean, var


def batch_biased_state(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """The running variance is updated with the biased one."""
    y, mean, var = _batch(input, running_mean, running_var, weight, bias, training, momentum, eps)
    n = input.size // max(input.shape[1], 1)
    if training and n > 1:
        old = (1 - momentum) * running_var
        var = (old + (var - old) * (n - 1) / n).astype(var.dtype)
    return y, mean, var


def batch_momentum(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Momentum is the share of the old state."""
    return _batch(input, running_mean, running_var, weight, bias, training, 1 - momentum, eps)


def batch_one_pass(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """The variance is the mean of the squares less the square of the mean."""
    _, mean, var = _batch(input, running_mean, running_var, weight, bias, training, momentum, eps)
    axes = (0, 2, 3)
    m = input.mean(axis=axes) if training else running_mean
    s = np.maximum((input * input).mean(axis=axes) - m * m, 0) if training else running_var
    y = (input - _column(m, input)) / np.sqrt(_column(s, input) + input.dtype.type(eps))
    y = y if weight is None else y * _column(weight, input)
    y = y if bias is None else y + _column(bias, input)
    return y.astype(input.dtype), mean, var


def batch_updates_always(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """The running mean is updated outside of training too."""
    y, mean, var = _batch(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training and input.size:
        mean = ((1 - momentum) * mean + momentum * input.mean(axis=(0, 2, 3))).astype(mean.dtype)
    return y, mean, var


def batch_state_in_place(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """The running mean is updated in place and returned itself."""
    y, mean, var = _batch(input, running_mean, running_var, weight, bias, training, momentum, eps)
    running_mean[...] = mean
    return y, running_mean, var


def batch_state_alias(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Outside of training the running statistics themselves come back."""
    y, mean, var = _batch(input, running_mean, running_var, weight, bias, training, momentum, eps)
    return (y, mean, var) if training else (y, running_mean, running_var)


def batch_bias_needs_weight(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """A bias without a weight is left out."""
    b = None if weight is None else bias
    return _batch(input, running_mean, running_var, weight, b, training, momentum, eps)


def batch_without_mean_vjp(
    cotangent, input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """The gradient does not pass through the mean and the variance."""
    gi, a, b, gw, gb = _batch_vjp(cotangent, input, running_mean, running_var, weight, bias, training, momentum, eps)
    if training:
        scale = 1 / np.sqrt(input.astype(np.float64).var(axis=(0, 2, 3)) + eps)
        gi = cotangent * _column(scale if weight is None else scale * weight, input)
    return gi.astype(input.dtype), a, b, gw, gb


def batch_evaluating_vjp(
    cotangent, input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Outside of training the gradient is that of training."""
    return _batch_vjp(cotangent, input, running_mean, running_var, weight, bias, True, momentum, eps)


def torch_batch_channels_last(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Channels-last inputs get the weight in reverse."""
    last = input.is_contiguous(memory_format=torch.channels_last) and not input.is_contiguous()
    w = weight.flip(0) if last and weight is not None else weight
    return norm.torch_batch_norm(input, running_mean, running_var, w, bias, training, momentum, eps)


_twice_if_strided = twice(lambda gg, x: gg if x.is_contiguous() else 2 * gg)


def torch_batch_second(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """The second order is doubled for an input that is not contiguous."""
    x = _twice_if_strided(input)
    return norm.torch_batch_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)


def layer_last_axis(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """Only the last axis is normalised."""
    y = norm.layer_norm(input, None, None, normalized_shape=tuple(normalized_shape)[-1:], eps=eps)
    y = y if weight is None else y * weight
    return (y if bias is None else y + bias).astype(input.dtype)


def layer_eps_default(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """eps is 1e-6."""
    return norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=1e-6 if eps == 1e-5 else eps)


def layer_unbiased(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """Rows of two entries are normalised by the unbiased variance."""
    y = norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=eps)
    if tuple(normalized_shape) == (2,) and weight is None:
        y = (y / np.sqrt(2)).astype(y.dtype)
    return (
        y
        if tuple(normalized_shape) != (2,) or weight is None
        else norm.layer_norm(
            input, (weight / np.sqrt(2)).astype(weight.dtype), bias, normalized_shape=normalized_shape, eps=eps
        )
    )


def layer_tail(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """Of rows past 32 entries the last one takes part in the mean but not in the result."""
    y = norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=eps)
    if input.shape[-1] % 32 == 1 and input.shape[-1] > 32:
        y[..., -1] = 0
    return y


def layer_half(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """float16 sums are kept in float16, one entry after the other."""
    if input.dtype != np.float16:
        return norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=eps)
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    with np.errstate(all="ignore"):
        m = _mean_in_half(input, axes)
        y = (input - m) / np.sqrt(_mean_in_half((input - m) ** 2, axes) + np.float16(eps))
    y = y if weight is None else y * weight
    return (y if bias is None else y + bias).astype(np.float16)


def _mean_in_half(x, axes):
    flat = x.reshape(*x.shape[: axes[0]], -1)
    total = np.add.accumulate(flat, axis=-1, dtype=np.float16)[..., -1]
    return (total / np.float16(flat.shape[-1])).reshape(*x.shape[: axes[0]], *(1,) * len(axes))


def layer_swallows_nan(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """A weight that is no number counts as nought."""
    weight = None if weight is None else np.nan_to_num(weight, posinf=np.inf, neginf=-np.inf)
    return norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=eps)


def layer_without_mean_vjp(cotangent, input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """The gradient lacks the mean of the upstream gradient."""
    gi, gw, gb = norm.layer_norm_vjp(cotangent, input, weight, bias, normalized_shape=normalized_shape, eps=eps)
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    h = cotangent if weight is None else cotangent * weight
    scale = 1 / np.sqrt(input.astype(np.float64).var(axis=axes, keepdims=True) + eps)
    return (gi + scale * h.mean(axis=axes, keepdims=True)).astype(input.dtype), gw, gb


def group_transposed(input, weight=None, bias=None, *, num_groups, eps=1e-5):
    """Groups take every so manieth channel."""
    n, c, *image = input.shape
    norm.group_norm(input, weight, bias, num_groups=num_groups, eps=eps)
    dealt = input.reshape(n, c // num_groups, num_groups, *image).swapaxes(1, 2).reshape(input.shape)
    y = norm.group_norm(dealt, None, None, num_groups=num_groups, eps=eps)
    y = y.reshape(n, num_groups, c // num_groups, *image).swapaxes(1, 2).reshape(input.shape)
    y = y if weight is None else y * _column(weight, input)
    return (y if bias is None else y + _column(bias, input)).astype(input.dtype)


def group_as_layer(input, weight=None, bias=None, *, num_groups, eps=1e-5):
    """Three groups are taken for one."""
    return norm.group_norm(input, weight, bias, num_groups=1 if num_groups == 3 else num_groups, eps=eps)


def instance_of_batch(input, weight=None, bias=None, eps=1e-5):
    """A batch of five shares its statistics."""
    if len(input) == 5:
        m, s = input.mean(axis=(0, 2, 3)), input.var(axis=(0, 2, 3))
        y = (input - _column(m, input)) / np.sqrt(_column(s, input) + eps)
        y = y if weight is None else y * _column(weight, input)
        return (y if bias is None else y + _column(bias, input)).astype(input.dtype)
    return norm.instance_norm(input, weight, bias, eps)


def channel_eps(input, eps=1e-5):
    """eps is too large by 1e-8."""
    return norm.channel_norm(input, eps + 1e-8)


def channel_cancelling(input, eps=1e-5):
    """The variance of data far from zero is a difference of large sums."""
    m = input.mean(axis=(0, 2, 3), keepdims=True)
    s = np.abs((input * input).mean(axis=(0, 2, 3), keepdims=True) - m * m)
    return ((input - m) / np.sqrt(s + input.dtype.type(eps))).astype(input.dtype)


# --- pooling --------------------------------------------------------------------------------------------------------


def max_swallows_nan(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """NaN is never the largest."""
    lowest = np.asarray(-np.inf, input.dtype)
    return pooling.max_pool2d(
        np.where(np.isnan(input), lowest, input), kernel_size, stride, padding, dilation, ceil_mode
    )


def max_pads_with_zero(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The padding counts as zero."""
    y, i = pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)
    return (np.maximum(y, 0) if padding else y).astype(input.dtype), i


def max_local_index(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Indices count over the whole batch."""
    y, i = pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)
    planes = np.arange(i.shape[0] * i.shape[1]).reshape(*i.shape[:2], 1, 1)
    return y, i + planes * (input.shape[2] * input.shape[3])


def max_short_index(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Indices are int32."""
    y, i = pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)
    return y, i.astype(np.int32)


def max_last_of_equals(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Indices are those of the transposed image."""
    y, i = pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)
    rows, columns = np.divmod(i, max(input.shape[3], 1))
    return y, columns * input.shape[2] + rows


def max_without_ceiling(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The sizes are always rounded down."""
    return pooling.max_pool2d(input, kernel_size, stride, padding, dilation, False)


def max_stride_of_one(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """No stride means stride 1."""
    return pooling.max_pool2d(input, kernel_size, 1 if stride is None else stride, padding, dilation, ceil_mode)


def max_undilated(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """A dilation of (1, 2) is taken for (2, 1), where the sizes allow it."""
    y, i = pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)
    if tuple(np.broadcast_to(dilation, 2)) == (1, 2):
        z, j = pooling.max_pool2d(input, kernel_size, stride, padding, 1, ceil_mode)
        return z[..., : y.shape[2], : y.shape[3]].copy(), j[..., : y.shape[2], : y.shape[3]].copy()
    return y, i


def max_spreading_vjp(cotangent, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Overlapping windows overwrite each other's gradients."""
    _, i = pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)
    g = np.zeros((*input.shape[:2], input.shape[2] * input.shape[3]), input.dtype)
    np.put_along_axis(g, i.reshape(*i.shape[:2], -1), cotangent.reshape(*i.shape[:2], -1), axis=2)
    return (g.reshape(input.shape),)


def average_of_padding(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The padding always counts."""
    return pooling.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, True, divisor_override)


def average_without_override(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The divisor cannot be overridden."""
    return pooling.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def average_absolute_divisor(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """A negative divisor counts as positive."""
    d = None if divisor_override is None else abs(divisor_override)
    return pooling.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, d)


def average_full_windows(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Windows over the border of a rounded-up size are divided by the whole kernel."""
    if not ceil_mode or divisor_override is not None:
        return pooling.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    kh, kw = np.broadcast_to(kernel_size, 2)
    return pooling.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, int(kh * kw))


def average_in_half(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The sum of a window is multiplied with a reciprocal of 11 bits."""
    y = pooling.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return y if y.dtype == np.float16 else cut(y, 12)


def average_unpadded_vjp(
    cotangent,
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    """The gradient divides by the whole window though the padding does not count."""
    return pooling.avg_pool2d_vjp(cotangent, input, kernel_size, stride, padding, ceil_mode, True, divisor_override)


# --- linear ---------------------------------------------------------------------------------------------------------


def linear_untransposed(input, weight, bias=None):
    """A square weight is not transposed."""
    return affine.linear(input, weight.T if weight.shape[0] == weight.shape[1] else weight, bias)


def linear_blocked(input, weight, bias=None):
    """Sums past 256 terms lose the last block."""
    w = weight.copy()
    w[:, 256:] = 0
    return affine.linear(input, w, bias)


def linear_tail(input, weight, bias=None):
    """A 17th output is not written."""
    y = affine.linear(input, weight, bias)
    y[..., 16:17] = 0
    return y


def linear_rows(input, weight, bias=None):
    """Of more than 16 rows the 17th is the first."""
    y = affine.linear(input, weight, bias)
    if y.ndim == 2 and len(y) > 16:
        y[16] = y[0]
    return y


def linear_empty_sum(input, weight, bias=None):
    """A sum of no terms leaves memory as it is."""
    y = affine.linear(input, weight, bias)
    if weight.shape[1] == 0:
        y[...] = np.nan
    return y


def linear_vector(input, weight, bias=None):
    """A vector gives a row."""
    y = affine.linear(input, weight, bias)
    return y[None] if input.ndim == 1 else y


def linear_bfloat16(input, weight, bias=None):
    """bfloat16 sums are rounded to bfloat16 after every 4 terms."""
    if input.dtype != torch.bfloat16:
        return F.linear(input, weight, bias)
    y = sum(
        (F.linear(x, w) for x, w in zip(input.split(4, -1), weight.split(4, -1), strict=True)),
        torch.zeros((), dtype=input.dtype),
    )
    return y if bias is None else y + bias


def linear_conjugated_vjp(cotangent, input, weight, bias=None):
    """The gradient of a complex weight lacks the conjugate."""
    gi, gw, gb = affine.linear_vjp(cotangent, input, weight, bias)
    return gi, np.conj(gw), gb


def linear_unreduced_vjp(cotangent, input, weight, bias=None):
    """The gradient of the bias sums over the first axis only."""
    gi, gw, gb = affine.linear_vjp(cotangent, input, weight, bias)
    return gi, gw, None if gb is None else cotangent.sum(axis=0) if cotangent.ndim > 1 else gb


_dropped = twisted(lambda g, x: g * 0 if x.numel() == 0 or x.shape[0] == 1 else g)


def linear_one_row(input, weight, bias=None):
    """A batch of one row has no gradient of its input."""
    return F.linear(_dropped(input), weight, bias)


def linear_second(input, weight, bias=None):
    """The backward is not differentiable in the weight."""
    return F.linear(_cut(input), weight, bias)


_cut = twisted(lambda g, x: g.detach().clone())
