"""Arrays -> arrays of mean 0 and variance 1: NumPy and torch candidates, each NumPy one with its vjp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


class Moments(NamedTuple):
    """Of each channel: mean and biased variance over the two other axes, and all entries minus the mean."""

    mean: Array
    var: Array
    centred: Array


def batch_norm(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, Array | None, Array | None]:
    """``y = (x - mean) / sqrt(var + eps) weight + bias`` per channel, and the running statistics afterwards.

    Training: mean and biased variance of the batch; ``running <- (1 - momentum) running + momentum batch``, the
    running variance from the unbiased one; an empty batch changes neither. Otherwise: the running statistics, which
    come back unchanged. Raises ValueError where weight or bias has not one entry per channel.
    """
    _require_shape(input.shape[1:2], weight=weight, bias=bias)
    if training:
        return _batch_norm_training(input, running_mean, running_var, weight, bias, momentum, eps)
    mean, var = _given(running_mean, running_var)
    y = _affine(widened(input), mean, 1 / np.sqrt(widened(var) + eps), weight, bias)
    return y.astype(input.dtype, copy=False), mean.copy(), var.copy()


def batch_norm_vjp(
    cotangent: Array,
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array | None, ...]:
    """``(g w - mean(g w) - x_hat mean(g w x_hat)) / sqrt(var + eps)``, ``sum(g x_hat)`` and ``sum(g)`` per channel.

    Outside of training the statistics are constants: ``g w / sqrt(var + eps)``. None for the running statistics.
    """
    x, g = _by_channel(widened(input)), _by_channel(widened(cotangent))
    if training:
        moments = _moments(x)
        scale = 1 / np.sqrt(moments.var + eps)
        centred = moments.centred
    else:
        mean, var = _given(running_mean, running_var)
        scale = 1 / np.sqrt(widened(var) + eps)
        centred = x - _column(widened(mean))
    total, along = _sum(g), _dot(g, centred) * scale
    count = max(x.shape[0] * x.shape[2], 1) if training else np.inf
    grad = _pulled_back(g, centred, scale, total / count, along / count, weight).reshape(input.shape)
    return (
        grad.astype(input.dtype, copy=False),
        None,
        None,
        None if weight is None else along.astype(weight.dtype, copy=False),
        None if bias is None else total.astype(bias.dtype, copy=False),
    )


def torch_batch_norm(
    input: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    """``torch.nn.functional.batch_norm`` on copies of the running statistics, which are returned."""
    import torch

    mean, var = (None if r is None else r.detach().clone() for r in (running_mean, running_var))
    y = torch.nn.functional.batch_norm(input, mean, var, weight, bias, training, momentum, eps)
    return y, mean, var


def layer_norm(
    input: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    normalized_shape: tuple[int, ...],
    eps: float = 1e-5,
) -> Array:
    """``y = (x - mean) / sqrt(var + eps) weight + bias``, mean and variance over the trailing ``normalized_shape``."""
    rows = _trailing(input, normalized_shape)
    _require_shape(tuple(normalized_shape), weight=weight, bias=bias)
    x_hat, _ = _standardised(rows, eps)
    y = x_hat.reshape(input.shape)
    return _with_affine(y, weight, bias).astype(input.dtype, copy=False)


def layer_norm_vjp(
    cotangent: Array,
    input: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    normalized_shape: tuple[int, ...],
    eps: float = 1e-5,
) -> tuple[Array | None, ...]:
    """``(h - mean(h) - x_hat mean(h x_hat)) / sqrt(var + eps)``, ``h = g weight``; sums of ``g x_hat`` and ``g``."""
    rows = _trailing(input, normalized_shape)
    x_hat, scale = _standardised(rows, eps)
    g = widened(cotangent)
    h = g if weight is None else g * weight
    grad = _unstandardised(h.reshape(rows.shape), x_hat, scale).reshape(input.shape)
    lead = tuple(range(input.ndim - len(tuple(normalized_shape))))
    return (
        grad.astype(input.dtype, copy=False),
        None if weight is None else (g * x_hat.reshape(input.shape)).sum(axis=lead).astype(weight.dtype, copy=False),
        None if bias is None else g.sum(axis=lead).astype(bias.dtype, copy=False),
    )


def group_norm(
    input: Array, weight: Array | None = None, bias: Array | None = None, *, num_groups: int, eps: float = 1e-5
) -> Array:
    """``y = (x - mean) / sqrt(var + eps) weight + bias``, mean and variance over each sample's group of channels.

    Raises ValueError where weight or bias has not one entry per channel, or where the groups do not divide the channels.
    """
    _require_shape(input.shape[1:2], weight=weight, bias=bias)
    x_hat, _ = _standardised(_groups(input, num_groups), eps)
    y = x_hat.reshape(input.shape)
    return _with_affine(y, _along_channels(weight, y), _along_channels(bias, y)).astype(input.dtype, copy=False)


def group_norm_vjp(
    cotangent: Array,
    input: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    num_groups: int,
    eps: float = 1e-5,
) -> tuple[Array | None, ...]:
    """``(h - mean(h) - x_hat mean(h x_hat)) / sqrt(var + eps)``, ``h = g weight``; sums of ``g x_hat`` and ``g``."""
    rows = _groups(input, num_groups)
    x_hat, scale = _standardised(rows, eps)
    g = widened(cotangent)
    h = g if weight is None else g * _along_channels(weight, g)
    grad = _unstandardised(h.reshape(rows.shape), x_hat, scale).reshape(input.shape)
    flat, standard = _by_channel(g), _by_channel(x_hat.reshape(input.shape))
    return (
        grad.astype(input.dtype, copy=False),
        None if weight is None else _dot(flat, standard).astype(weight.dtype, copy=False),
        None if bias is None else _sum(flat).astype(bias.dtype, copy=False),
    )


def instance_norm(input: Array, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5) -> Array:
    """``y = (x - mean) / sqrt(var + eps) weight + bias``, mean and variance over each sample's channel."""
    _refuse_one_entry(input, "spatial element", input.shape[2:])
    return group_norm(input, weight, bias, num_groups=input.shape[1], eps=eps)


def instance_norm_vjp(
    cotangent: Array, input: Array, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> tuple[Array | None, ...]:
    """``(h - mean(h) - x_hat mean(h x_hat)) / sqrt(var + eps)``, ``h = g weight``; sums of ``g x_hat`` and ``g``."""
    return group_norm_vjp(cotangent, input, weight, bias, num_groups=input.shape[1], eps=eps)


def torch_instance_norm(
    input: torch.Tensor, weight: torch.Tensor | None = None, bias: torch.Tensor | None = None, eps: float = 1e-5
) -> torch.Tensor:
    """``torch.nn.functional.instance_norm`` by its input statistics."""
    import torch

    return torch.nn.functional.instance_norm(input, weight=weight, bias=bias, eps=eps)


def channel_norm(input: Array, eps: float = 1e-5) -> Array:
    """``y = (x - mean) / sqrt(var + eps)``, mean and biased variance of each channel over N, H and W."""
    x = _by_channel(widened(input))
    moments = _moments(x)
    y = moments.centred * _column(1 / np.sqrt(moments.var + eps))
    return y.reshape(input.shape).astype(input.dtype, copy=False)


def channel_norm_vjp(cotangent: Array, input: Array, eps: float = 1e-5) -> tuple[Array]:
    """``(g - mean(g) - x_hat mean(g x_hat)) / sqrt(var + eps)`` per channel."""
    x, g = _by_channel(widened(input)), _by_channel(widened(cotangent))
    moments = _moments(x)
    scale, count = 1 / np.sqrt(moments.var + eps), max(x.shape[0] * x.shape[2], 1)
    along = _dot(g, moments.centred) * scale
    grad = _pulled_back(g, moments.centred, scale, _sum(g) / count, along / count, None)
    return (grad.reshape(input.shape).astype(input.dtype, copy=False),)


def torch_channel_norm(input: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """``(x - mean) / sqrt(var + eps)`` in torch's own operations, biased variance over all axes but the second."""
    import torch

    axes = [axis for axis in range(input.ndim) if axis != 1]
    var, mean = torch.var_mean(input, axes, correction=0, keepdim=True)
    return (input - mean) / torch.sqrt(var + eps)


def torch_channel_norm_as_batch_norm(input: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """``batch_norm`` in training without weight, bias or running statistics."""
    import torch

    return torch.nn.functional.batch_norm(input, None, None, training=True, eps=eps)


def running_mean(input: Array, running_mean: Array, momentum: float = 0.1) -> tuple[Array, Array]:
    """``r' = (1 - momentum) r + momentum mean(x, axis 0)``; ``y = x - r'``; returns ``(y, r')``."""
    x = widened(input)
    state = (1 - momentum) * widened(running_mean) + momentum * _mean(x)
    return (x - state).astype(input.dtype, copy=False), state.astype(running_mean.dtype, copy=False)


def running_mean_vjp(
    cotangent: tuple[Array, Array], input: Array, running_mean: Array, momentum: float = 0.1
) -> tuple[Array, Array]:
    """``h = g_r - sum(g_y)``; the gradients are ``g_y + momentum h / N`` and ``(1 - momentum) h``."""
    g, g_state = (widened(c) for c in cotangent)
    h = g_state - g.sum(axis=0)
    grad = g + momentum * h / max(len(input), 1)
    return grad.astype(input.dtype, copy=False), ((1 - momentum) * h).astype(running_mean.dtype, copy=False)


def running_mean_calls(input: Array, running_mean: Array, momentum: float = 0.1) -> tuple[Array, Array]:
    """``running_mean`` called once per entry of the leading axis: all outputs, and the state after the last call.

    ``r_k = q r_(k - 1) + (1 - q) mean(x_k)`` with ``q = 1 - momentum``: a loop over calls, whose means are one reduction.
    """
    x, state = widened(input), widened(running_mean).copy()
    states = np.empty((len(x), *state.shape), np.result_type(x, state))
    for k, mean in enumerate(_mean(np.moveaxis(x, 1, 0))):
        state = states[k] = (1 - momentum) * state + momentum * mean
    return (x - states[:, None]).astype(input.dtype, copy=False), state.astype(running_mean.dtype, copy=False)


def running_mean_calls_vjp(
    cotangent: tuple[Array, Array], input: Array, running_mean: Array, momentum: float = 0.1
) -> tuple[Array, Array]:
    """The transpose of the same map: ``(1 - q) q**(k - i)`` times ``h_k = -sum(g_k)`` (plus ``g_r`` at the last call)."""
    g, g_state = (widened(c) for c in cotangent)
    calls = len(input)
    if not calls:
        return np.zeros_like(input), np.array(cotangent[1])
    powers, kernel = _decay(calls, momentum, g.dtype)
    h = -g.sum(axis=1).reshape(calls, -1)
    h[-1] += g_state.reshape(-1)
    means = (kernel.T @ h).reshape(calls, 1, *running_mean.shape) / max(input.shape[1], 1)
    state = (powers @ h).reshape(running_mean.shape)
    return (g + means).astype(input.dtype, copy=False), state.astype(running_mean.dtype, copy=False)


def _decay(calls: int, momentum: float, dtype: npt.DTypeLike) -> tuple[Array, Array]:
    """``q**k`` for k = 1..calls and the lower triangle of ``momentum q**(k - i)``."""
    lag = np.subtract.outer(np.arange(calls), np.arange(calls))
    kernel = np.where(lag >= 0, momentum * (1 - momentum) ** np.maximum(lag, 0), 0)
    return ((1 - momentum) ** np.arange(1, calls + 1)).astype(dtype), kernel.astype(dtype)


def _batch_norm_training(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None,
    bias: Array | None,
    momentum: float,
    eps: float,
) -> tuple[Array, Array | None, Array | None]:
    _refuse_one_entry(input, "value per channel", (input.shape[0], *input.shape[2:]))
    x = _by_channel(widened(input))
    moments = _moments(x)
    y = moments.centred
    scale = 1 / np.sqrt(moments.var + eps)
    y *= _column(scale if weight is None else scale * weight)
    if bias is not None:
        y += _column(widened(bias))
    y = y.reshape(input.shape).astype(input.dtype, copy=False)
    count = x.shape[0] * x.shape[2]
    if not count:
        return y, _copied(running_mean), _copied(running_var)
    unbiased = moments.var * (count / (count - 1))
    return y, _blended(running_mean, moments.mean, momentum), _blended(running_var, unbiased, momentum)


def _copied(running: Array | None) -> Array | None:
    return None if running is None else running.copy()


def _blended(running: Array | None, batch: Array, momentum: float) -> Array | None:
    if running is None:
        return None
    return np.asarray((1 - momentum) * widened(running) + momentum * batch).astype(running.dtype, copy=False)


def _given(running_mean: Array | None, running_var: Array | None) -> tuple[Array, Array]:
    if running_mean is None or running_var is None:
        raise ValueError("running_mean and running_var are due outside of training")
    return running_mean, running_var


def _affine(x: Array, mean: Array, scale: Array, weight: Array | None, bias: Array | None) -> Array:
    """``(x - mean) (scale weight) + bias`` along the second axis."""
    flat = _by_channel(x)
    y = flat - _column(widened(mean))
    y *= _column(scale if weight is None else scale * weight)
    if bias is not None:
        y += _column(widened(bias))
    return y.reshape(x.shape)


def _by_channel(x: Array) -> Array:
    """``(N, C, *spatial)`` as ``(N, C, L)``."""
    if x.ndim < 2:
        raise ValueError(f"input has shape {x.shape}, expected (N, C, ...)")
    return np.ascontiguousarray(x).reshape(*x.shape[:2], int(np.prod(x.shape[2:])))


def _column(per_channel: Array) -> Array:
    return per_channel[:, None]


def _moments(x: Array) -> Moments:
    """Two passes: the mean, then the mean square of what is left."""
    count = max(x.shape[0] * x.shape[2], 1)
    mean = _sum(x) / x.dtype.type(count)
    centred = x - _column(mean)
    return Moments(mean, _dot(centred, centred) / x.dtype.type(count), centred)


def _sum(x: Array) -> Array:
    """``sum over n, l of x[n, c, l]``."""
    return np.asarray(x.sum(axis=2).sum(axis=0))


def _dot(x: Array, y: Array) -> Array:
    """``sum over n, l of x[n, c, l] y[n, c, l]``."""
    return np.asarray(_dots(x, y).sum(axis=0))


def _dots(x: Array, y: Array) -> Array:
    """``sum over l of x[..., l] y[..., l]``, as NumPy 2's ``vecdot`` has it."""
    return np.asarray((x[..., None, :] @ y[..., :, None])[..., 0, 0])


def _mean(x: Array) -> Array:
    """Mean over the first axis; NaN where there is nothing to average."""
    if not len(x):
        return np.full(x.shape[1:], np.nan, x.dtype)
    return np.asarray(x.mean(axis=0))


def _pulled_back(g: Array, centred: Array, scale: Array, mean: Array, along: Array, weight: Array | None) -> Array:
    """``(g - mean - x_hat along) scale weight`` per channel, with ``x_hat = centred scale``."""
    grad = centred * _column(-along * scale)
    grad += g
    grad -= _column(mean)
    grad *= _column(scale if weight is None else scale * weight)
    return grad


def _standardised(rows: Array, eps: float) -> tuple[Array, Array]:
    """Each row minus its mean, over ``sqrt(var + eps)``; and the factor."""
    count = rows.dtype.type(max(rows.shape[1], 1))
    centred = rows - (rows.sum(axis=1) / count)[:, None]
    scale = (1 / np.sqrt(_dots(centred, centred) / count + eps))[:, None]
    centred *= scale
    return centred, scale


def _unstandardised(h: Array, x_hat: Array, scale: Array) -> Array:
    """``(h - mean(h) - x_hat mean(h x_hat)) scale`` row by row."""
    count = h.dtype.type(max(h.shape[1], 1))
    grad: Array = x_hat * (_dots(h, x_hat) / -count)[:, None]
    grad += h
    grad -= (h.sum(axis=1) / count)[:, None]
    grad *= scale
    return grad


def _trailing(input: Array, normalized_shape: tuple[int, ...]) -> Array:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ValueError(f"input has shape {input.shape}, which does not end in normalized_shape {shape}")
    lead = input.shape[: input.ndim - len(shape)]
    return np.ascontiguousarray(widened(input)).reshape(int(np.prod(lead)), int(np.prod(shape)))


def _groups(input: Array, num_groups: int) -> Array:
    if input.ndim < 2 or num_groups < 1 or input.shape[1] % num_groups:
        raise ValueError(f"num_groups {num_groups} does not divide the channels of an input of shape {input.shape}")
    per_group = int(np.prod(input.shape[1:])) // num_groups
    return np.ascontiguousarray(widened(input)).reshape(input.shape[0] * num_groups, per_group)


def _along_channels(vector: Array | None, x: Array) -> Any:
    return None if vector is None else vector.reshape(-1, *(1,) * (x.ndim - 2))


def _with_affine(y: Array, weight: Array | None, bias: Array | None) -> Array:
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y


def _refuse_one_entry(input: Array, what: str, extents: tuple[int, ...]) -> None:
    if int(np.prod(extents)) == 1:
        raise ValueError(f"input has shape {input.shape}, expected more than 1 {what}")


def _require_shape(due: tuple[int, ...], **vectors: Array | None) -> None:
    """Raises ValueError where one of them broadcasts instead of having the shape that is due."""
    for name, x in vectors.items():
        if x is not None and x.shape != due:
            raise ValueError(f"{name} has shape {x.shape}, expected {due}")
