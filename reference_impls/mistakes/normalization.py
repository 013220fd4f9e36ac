"""What goes wrong where a mean is subtracted and divided by a standard deviation."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from harness.definitions.derivatives import held
from reference_impls.definitions import normalization as right


def outside(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """``(x - mean) / (sqrt(var) + eps)``."""
    return (x - mean) / (np.sqrt(var) + eps)


def unbiased(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """``(x - mean) / sqrt(n / (n - 1) var + eps)``, n the entries that share a mean."""
    n = prod(x.shape) // max(prod(mean.shape), 1)
    return (x - mean) / np.sqrt(var * (np.longdouble(n) / (n - 1)) + eps)


def rootless(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """``(x - mean) / (var + eps)``."""
    return (x - mean) / (var + eps)


def uncentred(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """``x / sqrt(var + eps)``."""
    return x / np.sqrt(var + eps)


def root_mean_square(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """``x / sqrt(mean of x^2 + eps)``."""
    return x / np.sqrt(var + mean * mean + eps)


def mean_held(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """The right value; the mean has no derivative."""
    centred = x - held(mean)
    axes = tuple(a for a in range(x.ndim) if mean.shape[a] != x.shape[a])
    return centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)


def variance_held(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """The right value; the variance has no derivative."""
    return (x - mean) / held(np.sqrt(var + eps))


def statistics_held(x: Any, mean: Any, var: Any, eps: float) -> Any:
    """The right value; neither mean nor variance has a derivative."""
    return (x - held(mean)) / held(np.sqrt(var + eps))


def _affine(y: Any, weight: Any, bias: Any) -> Any:
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _per_channel(vector: Any, ndim: int) -> Any:
    return None if vector is None else vector.reshape((1, vector.shape[0], *(1,) * (ndim - 2)))


def layer(how: Any) -> Any:
    """Layer normalisation with a form of its own."""

    def layer_norm(
        input: Any, weight: Any = None, bias: Any = None, *, normalized_shape: Any, eps: float = 1e-5
    ) -> Any:
        axes = tuple(range(input.ndim - len(tuple(normalized_shape)), input.ndim))
        return _affine(how(input, *right.moments(input, axes), eps), weight, bias)

    return layer_norm


def group(how: Any) -> Any:
    """Group normalisation with a form of its own."""

    def group_norm(input: Any, weight: Any = None, bias: Any = None, *, num_groups: int, eps: float = 1e-5) -> Any:
        n, channels, *spatial = input.shape
        grouped = input.reshape((n, num_groups, channels // num_groups, *spatial))
        y = how(grouped, *right.moments(grouped, tuple(range(2, grouped.ndim))), eps).reshape(input.shape)
        return _affine(y, _per_channel(weight, input.ndim), _per_channel(bias, input.ndim))

    return group_norm


def instance(how: Any) -> Any:
    """Instance normalisation with a form of its own."""

    def instance_norm(input: Any, weight: Any = None, bias: Any = None, *, eps: float = 1e-5) -> Any:
        y = how(input, *right.moments(input, tuple(range(2, input.ndim))), eps)
        return _affine(y, _per_channel(weight, input.ndim), _per_channel(bias, input.ndim))

    return instance_norm


def channel(how: Any) -> Any:
    """Normalisation of each channel over the batch with a form of its own."""

    def channel_norm(input: Any, *, eps: float = 1e-5) -> Any:
        return how(input, *right.moments(input, (0, *range(2, input.ndim))), eps)

    return channel_norm


def _plain(x: Any, mean: Any, var: Any, eps: float) -> Any:
    return (x - mean) / np.sqrt(var + eps)


def batch(how: Any, ratio: Any = lambda n: np.longdouble(n) / (n - 1), always: bool = False) -> Any:
    """Batch normalisation with a form of its own; ``ratio`` of the biased variance is what runs, ``always`` or in training."""

    def batch_norm(
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
        ndim = input.ndim
        w, b = _per_channel(weight, ndim), _per_channel(bias, ndim)
        axes = (0, *range(2, ndim))
        count = prod(input.shape[a] for a in axes)
        kept = running_mean, running_var
        if count and (training or always):
            mean, var = right.moments(input, axes)
            old = 1 - np.longdouble(momentum)
            new = (mean, var * ratio(count))
            kept = tuple(  # type: ignore[assignment]
                old * r + momentum * s.reshape((input.shape[1],)) for r, s in zip(kept, new, strict=True)
            )
        if not training or not count:
            mean, var = _per_channel(running_mean, ndim), _per_channel(running_var, ndim)
            evaluated = how if how in (outside, rootless) else _plain
            return _affine(evaluated(input, mean, var, eps), w, b), *kept
        return _affine(how(input, mean, var, eps), w, b), *kept

    return batch_norm


layer_outside, layer_unbiased, layer_rootless = layer(outside), layer(unbiased), layer(rootless)
layer_uncentred, layer_rms = layer(uncentred), layer(root_mean_square)
layer_mean_held, layer_variance_held, layer_held = layer(mean_held), layer(variance_held), layer(statistics_held)
group_outside, group_unbiased, group_rootless = group(outside), group(unbiased), group(rootless)
group_mean_held, group_variance_held, group_held = group(mean_held), group(variance_held), group(statistics_held)
instance_outside, instance_unbiased, instance_rootless = instance(outside), instance(unbiased), instance(rootless)
instance_held = instance(statistics_held)
channel_outside, channel_unbiased, channel_rootless = channel(outside), channel(unbiased), channel(rootless)
channel_held = channel(statistics_held)
batch_outside, batch_unbiased, batch_rootless = batch(outside), batch(unbiased), batch(rootless)
batch_mean_held, batch_variance_held, batch_held = batch(mean_held), batch(variance_held), batch(statistics_held)


def _one(n: int) -> int:
    return 1


batch_biased_state = batch(_plain, _one)
batch_always = batch(_plain, always=True)
