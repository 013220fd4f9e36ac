"""Cross-correlations, convolutions and their transposes, as the lists of their terms."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from harness.definitions.terms import Terms, axes, group, sum_of_products
from reference_impls.definitions.padding import circular_pad2d


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """One entry per spatial axis from one integer or a sequence."""
    return (int(value),) * rank if np.ndim(value) == 0 else tuple(int(v) for v in value)


def same_padding(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Zeros before and after each axis so that stride 1 keeps the size; the odd one goes after (torch's rule)."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((t // 2, t - t // 2) for t in totals)


def _padding(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        return same_padding(kernel, dilation)
    return tuple((p, p) for p in per_axis(padding, len(kernel)))


@lru_cache(maxsize=64)
def _conv_terms(
    x: tuple[int, ...], w: tuple[int, ...], bias: bool, stride: Any, padding: Any, dilation: Any, groups: int
) -> Terms:
    rank = len(w) - 2
    strides, dilations = per_axis(stride, rank), per_axis(dilation, rank)
    pads = _padding(padding, w[2:], dilations)
    spatial = tuple(
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, d, p in zip(x[2:], w[2:], strides, dilations, pads, strict=True)
    )
    shapes = {"out": (x[0], w[0], *spatial), "input": x, "weight": w, "bias": (w[0],)}
    n, c, *rest = axes(x[0], w[0], *spatial, w[1], *w[2:])
    at, k, taps = rest[:rank], rest[rank], rest[rank + 1 :]
    places = [o * s - p[0] + t * d for o, s, p, t, d in zip(at, strides, pads, taps, dilations, strict=True)]
    inside: Any = True
    for place, size in zip(places, x[2:], strict=True):
        inside = inside & (place >= 0) & (place < size)
    channel = c // max(w[0] // groups, 1) * w[1] + k
    parts = [group(shapes, out=(n, c, *at), input=(n, channel, *places), weight=(c, k, *taps), where=inside)]
    if bias:
        n, c, *at = axes(x[0], w[0], *spatial)
        parts.append(group(shapes, out=(n, c, *at), bias=(c,)))
    sizes = {name: s for name, s in shapes.items() if name != "out"}
    return Terms(shapes["out"], sizes, tuple(parts), padded=("weight",), full=prod(w[1:]) + bias)


def conv(
    input: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``y[n, c, o] = b[c] + sum over k, t of x[n, g(c) + k, o*stride - padding + t*dilation] * w[c, k, t]``.

    Shapes: input (N, C_in, *spatial), weight (C_out, C_in // groups, *kernel), bias (C_out). Any number of spatial axes.
    """
    key = [tuple(p) if isinstance(p, list) else p for p in (stride, padding, dilation)]
    terms = _conv_terms(tuple(input.shape), tuple(weight.shape), bias is not None, *key, groups)
    factors = {"input": input, "weight": weight} | ({} if bias is None else {"bias": bias})
    return sum_of_products(terms, **factors)


def conv_in_two_steps(input: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    """The products summed and rounded, and then the sum with the bias."""
    y = conv(input, weight, **params)
    return y if bias is None else y + bias.reshape((1, bias.shape[0], *(1,) * (input.ndim - 2)))


conv.legal_values = (conv_in_two_steps,)  # type: ignore[attr-defined]
conv1d = conv2d = conv3d = conv


def conv2d_weight(
    input: Any,
    grad_output: Any,
    *,
    weight_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """``y[c, k, t] = sum over n, o of g[n, c, o] * x[n, g(c) + k, o*stride - padding + t*dilation]``.

    Shapes: input (N, C_in, H, W), grad_output (N, C_out, H_out, W_out); returns ``weight_size``.
    """
    key = [tuple(p) if isinstance(p, list) else p for p in (stride, padding, dilation)]
    terms = _conv_terms(tuple(input.shape), tuple(weight_size), False, *key, groups)
    return sum_of_products(terms.derivative("weight"), **{terms.cotangent: grad_output, "input": input})


def conv2d_circular(
    input: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``conv2d`` of the image continued periodically by ``padding`` entries on either side of each axis."""
    top, left = per_axis(padding, 2)
    continued = circular_pad2d(input, pad=(left, left, top, top))
    return conv(continued, weight, bias, stride=stride, padding=0, dilation=dilation, groups=groups)


@lru_cache(maxsize=64)
def _transposed_terms(
    x: tuple[int, ...],
    w: tuple[int, ...],
    bias: bool,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
    groups: int,
) -> Terms:
    rank = len(w) - 2
    strides, pads, extras, dilations = (per_axis(p, rank) for p in (stride, padding, output_padding, dilation))
    spatial = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, k, s, p, e, d in zip(x[2:], w[2:], strides, pads, extras, dilations, strict=True)
    )
    shapes = {"out": (x[0], w[1] * groups, *spatial), "input": x, "weight": w, "bias": (w[1] * groups,)}
    n, k, c, *rest = axes(x[0], x[1], w[1], *x[2:], *w[2:])
    at, taps = rest[:rank], rest[rank:]
    places = [i * s + t * d - p for i, s, t, d, p in zip(at, strides, taps, dilations, pads, strict=True)]
    inside: Any = True
    for place, size in zip(places, spatial, strict=True):
        inside = inside & (place >= 0) & (place < size)
    channel = k // max(x[1] // groups, 1) * w[1] + c
    parts = [group(shapes, out=(n, channel, *places), input=(n, k, *at), weight=(k, c, *taps), where=inside)]
    if bias:
        n, c, *at = axes(*shapes["out"])
        parts.append(group(shapes, out=(n, c, *at), bias=(c,)))
    sizes = {name: s for name, s in shapes.items() if name != "out"}
    return Terms(shapes["out"], sizes, tuple(parts), padded=("weight",))


def conv_transpose(
    input: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """``y[n, g(k) + c, q] = b + sum of x[n, k, p] * w[k, c, t] over p*stride + t*dilation - padding = q``.

    Shapes: input (N, C_in, *spatial), weight (C_in, C_out // groups, *kernel), bias (C_out); the size of each axis is
    ``(size - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1``. Any number of spatial axes.
    """
    key = [tuple(p) if isinstance(p, list) else p for p in (stride, padding, output_padding, dilation)]
    terms = _transposed_terms(tuple(input.shape), tuple(weight.shape), bias is not None, *key, groups)
    factors = {"input": input, "weight": weight} | ({} if bias is None else {"bias": bias})
    return sum_of_products(terms, **factors)


def conv_transpose_in_two_steps(input: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    """The products summed and rounded, and then the sum with the bias."""
    y = conv_transpose(input, weight, **params)
    return y if bias is None else y + bias.reshape((1, bias.shape[0], *(1,) * (input.ndim - 2)))


conv_transpose.legal_values = (conv_transpose_in_two_steps,)  # type: ignore[attr-defined]
conv_transpose1d = conv_transpose2d = conv_transpose3d = conv_transpose


def correlate2d(input: Any, filter: Any, bias: Any) -> Any:
    """``y[i, j] = b + sum over p, q of x[i + p, j + q] * f[p, q]``: 2-D input and filter, bias (1, 1), 'valid'."""
    terms = _correlate_terms(tuple(input.shape), tuple(filter.shape))
    return sum_of_products(terms, input=input, filter=filter, bias=bias)


def true_conv2d(input: Any, filter: Any, bias: Any) -> Any:
    """``y[i, j] = b + sum over p, q of x[i + p, j + q] * f[kH - 1 - p, kW - 1 - q]``: the filter turned round."""
    return correlate2d(input, np.flip(filter), bias)


@lru_cache(maxsize=64)
def _correlate_terms(x: tuple[int, ...], w: tuple[int, ...]) -> Terms:
    out = tuple(n - k + 1 for n, k in zip(x, w, strict=True))
    if prod(max(n, 0) for n in out) == 0:
        out = tuple(max(n, 0) for n in out)
    shapes = {"out": out, "input": x, "filter": w, "bias": (1, 1)}
    i, j, p, q = axes(*out, *w)
    products = group(shapes, out=(i, j), input=(i + p, j + q), filter=(p, q))
    i, j = axes(*out)
    return Terms(
        out,
        {n: s for n, s in shapes.items() if n != "out"},
        (products, group(shapes, out=(i, j), bias=(0 * i, 0 * j))),
    )
