"""Subtract a mean and divide by a standard deviation: over a batch, a layer, groups of channels, or one channel.

Right implementations divide by the root or multiply with its reciprocal, and many fold mean, weight and bias into
one multiplication and one addition per entry: ``legal`` names these forms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from math import prod
from typing import Any

import numpy as np

from harness.definitions.derivatives import settled

Form = Callable[[Any, Any, Any, Any, Any], Any]


def divided(x: Any, mean: Any, spread: Any, weight: Any, bias: Any) -> Any:
    """``(x - mean) / sqrt(var + eps) weight + bias``."""
    return _affine((x - mean) / np.sqrt(spread), weight, bias)


def multiplied(x: Any, mean: Any, spread: Any, weight: Any, bias: Any) -> Any:
    """``(x - mean) (1 / sqrt(var + eps) weight) + bias``."""
    scale = 1 / np.sqrt(spread)
    y = (x - mean) * (scale if weight is None else scale * weight)
    return y if bias is None else y + bias


def folded(x: Any, mean: Any, spread: Any, weight: Any, bias: Any) -> Any:
    """``x a + (bias - mean a)`` with ``a = weight / sqrt(var + eps)``.

    What ``a`` is off by is the same in both products and reaches the result by ``x - mean`` alone: the last term.
    """
    scale = 1 / np.sqrt(spread)
    a = scale if weight is None else scale * weight
    known = settled(a)
    shift = -(mean * known) if bias is None else bias - mean * known
    return x * known + shift + (x - mean) * (a - known)


def apart(x: Any, mean: Any, spread: Any, weight: Any, bias: Any) -> Any:
    """``x a - mean a + bias`` with ``a = weight / sqrt(var + eps)``: sums of x and of its mean, subtracted at the end."""
    scale = 1 / np.sqrt(spread)
    a = scale if weight is None else scale * weight
    y = x * a - mean * a
    return y if bias is None else y + bias


def apart_first(x: Any, mean: Any, spread: Any, weight: Any, bias: Any) -> Any:
    """``(x s - mean s) weight + bias`` with ``s = 1 / sqrt(var + eps)``: subtracted before the weight is multiplied."""
    scale = 1 / np.sqrt(spread)
    return _affine(x * scale - mean * scale, weight, bias)


def _affine(y: Any, weight: Any, bias: Any) -> Any:
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _formed(norm: Callable[..., Any]) -> Callable[..., Any]:
    """The definition that divides, of a norm in any form; the other forms are as right, but for digits that one loses."""
    definition: Any = update_wrapper(partial(norm, divided), norm)
    definition.legal = (partial(norm, multiplied), partial(norm, folded))
    definition.cancelling_slopes = (partial(norm, apart), partial(norm, apart_first))
    return definition  # type: ignore[no-any-return]


def moments(x: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """Mean and biased variance over axes, which are kept with length 1."""
    mean = np.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    return mean, np.mean(centred * centred, axis=axes, keepdims=True)


def _per_channel(vector: Any, ndim: int) -> Any:
    return None if vector is None else vector.reshape((1, vector.shape[0], *(1,) * (ndim - 2)))


@_formed
def batch_norm(
    form: Form,
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    *,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Any, Any, Any]:
    """``(x - mean) / sqrt(var + eps) weight + bias`` per channel, and the running statistics afterwards.

    Training: mean and biased variance of the batch, ``running <- (1 - momentum) running + momentum batch`` with the
    unbiased variance; an empty batch changes nothing. Otherwise the running statistics, which stay as they are.
    Shapes: input (N, C, *spatial), the others (C).
    """
    ndim = input.ndim
    w, b = _per_channel(weight, ndim), _per_channel(bias, ndim)
    axes = (0, *range(2, ndim))
    count = prod(input.shape[a] for a in axes)
    if not training or not count:
        spread = _per_channel(running_var, ndim) + eps
        return form(input, _per_channel(running_mean, ndim), spread, w, b), running_mean, running_var
    mean, var = moments(input, axes)
    old = 1 - np.longdouble(momentum)
    unbiased = var * (np.longdouble(count) / (count - 1))
    states = (
        old * running + momentum * new.reshape((input.shape[1],))
        for running, new in ((running_mean, mean), (running_var, unbiased))
    )
    return form(input, mean, var + eps, w, b), *states


@_formed
def layer_norm(
    form: Form, input: Any, weight: Any = None, bias: Any = None, *, normalized_shape: Any, eps: float = 1e-5
) -> Any:
    """``(x - mean) / sqrt(var + eps) weight + bias``, mean and biased variance over the last axes.

    Shapes: input (*lead, *normalized_shape), weight and bias (*normalized_shape).
    """
    axes = tuple(range(input.ndim - len(tuple(normalized_shape)), input.ndim))
    mean, var = moments(input, axes)
    return form(input, mean, var + eps, weight, bias)


@_formed
def group_norm(
    form: Form, input: Any, weight: Any = None, bias: Any = None, *, num_groups: int, eps: float = 1e-5
) -> Any:
    """``(x - mean) / sqrt(var + eps) weight + bias``, mean and biased variance over each sample's group of channels.

    Shapes: input (N, C, *spatial), weight and bias (C); groups are runs of C // num_groups channels.
    """
    n, channels, *spatial = input.shape
    grouped = input.reshape((n, num_groups, channels // num_groups, *spatial))
    mean, var = moments(grouped, tuple(range(2, grouped.ndim)))
    w, b = (
        None if v is None else v.reshape((1, num_groups, channels // num_groups, *(1,) * len(spatial)))
        for v in (weight, bias)
    )
    return form(grouped, mean, var + eps, w, b).reshape(input.shape)


@_formed
def instance_norm(form: Form, input: Any, weight: Any = None, bias: Any = None, *, eps: float = 1e-5) -> Any:
    """``(x - mean) / sqrt(var + eps) weight + bias``, mean and biased variance over each sample's channel."""
    mean, var = moments(input, tuple(range(2, input.ndim)))
    return form(input, mean, var + eps, _per_channel(weight, input.ndim), _per_channel(bias, input.ndim))


@_formed
def channel_norm(form: Form, input: Any, *, eps: float = 1e-5) -> Any:
    """``(x - mean) / sqrt(var + eps)``, mean and biased variance of each channel over all axes but the second."""
    mean, var = moments(input, (0, *range(2, input.ndim)))
    return form(input, mean, var + eps, None, None)
