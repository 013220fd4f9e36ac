"""Five ops in JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def _pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)  # type: ignore[return-value]


def conv2d(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """``lax.conv_general_dilated``, at full precision."""
    if isinstance(padding, str):
        raise NotImplementedError("pads by name put the odd zero elsewhere")
    y = jax.lax.conv_general_dilated(
        input,
        weight,
        _pair(stride),
        [(p, p) for p in _pair(padding)],
        rhs_dilation=_pair(dilation),
        feature_group_count=groups,
        precision=jax.lax.Precision.HIGHEST,
    )
    return y if bias is None else y + bias[:, None, None]


def fft(a: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """``jnp.fft.fft``."""
    return jnp.fft.fft(a, n, axis, norm)


def gelu(input: Any, approximate: str) -> Any:
    """``jax.nn.gelu``."""
    return jax.nn.gelu(input, approximate=approximate == "tanh")


def softmax(input: Any, dim: int) -> Any:
    """``jax.nn.softmax``."""
    return jax.nn.softmax(input, axis=dim)


def layer_norm(input: Any, weight: Any, bias: Any, normalized_shape: Any, eps: float) -> Any:
    """Centred and scaled over the last axes."""
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - jnp.mean(input, axes, keepdims=True)
    y = centred / jnp.sqrt(jnp.mean(centred * centred, axes, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias
