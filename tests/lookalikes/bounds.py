"""Right in ways that a sharp bound would accuse: orders that look at the data, limits, other forms, shared ties."""

from __future__ import annotations

import math

import numpy as np
from miniatures.bounds import shared

from reference_impls import activations as right
from reference_impls import linear as affine
from reference_impls import optim, pooling

# --- orders of summation that look at the data ----------------------------------------------------------------------


def _summed(order, input, weight, bias):
    """The affine map with each sum's products in an order that looks at them; where that is much, as it is."""
    due = affine.linear(input, weight, bias)
    kind = right.widened(input[..., :0]).dtype
    plain = kind.kind == "f" and input.size and np.isfinite(input).all() and np.isfinite(weight).all()
    if not plain or due.size * weight.shape[1] > 10**6:
        return due
    products = order(input.astype(kind)[..., None, :] * weight.astype(kind))
    y = np.cumsum(products, axis=-1, dtype=kind)[..., -1]
    return (y if bias is None else y + bias.astype(kind)).astype(input.dtype)


def linear_smallest_first(input, weight, bias=None):
    """Products are summed by size, the smallest first."""

    def order(products):
        return np.take_along_axis(products, np.argsort(np.abs(products), axis=-1), axis=-1)

    return _summed(order, input, weight, bias)


def linear_ascending(input, weight, bias=None):
    """Products are summed from the most negative one on."""
    return _summed(lambda products: np.sort(products, axis=-1), input, weight, bias)


def linear_signs_apart(input, weight, bias=None):
    """Positive products are summed first, negative ones after them."""

    def order(products):
        return np.take_along_axis(products, np.argsort(products < 0, axis=-1, kind="stable"), axis=-1)

    return _summed(order, input, weight, bias)


# --- limits at infinity ---------------------------------------------------------------------------------------------


def gelu_by_its_tail(input, approximate="none"):
    """``max(x, 0) - |x| Q(|x|)``, which is 0 at minus infinity."""
    from scipy.special import erfc

    if approximate != "none":
        return right.gelu(input, approximate)
    x = right.widened(input)
    size = np.minimum(np.abs(x), 100)
    tail = np.where(np.isnan(x), x, size * (0.5 * erfc(size * math.sqrt(0.5))))
    return (np.maximum(x, 0) - tail).astype(input.dtype)


def softmax_all_to_infinity(input, dim=-1):
    """An infinity that stands alone in its row takes everything."""
    y = right.softmax(input, dim)
    if not input.size:
        return y
    infinite = np.isposinf(input)
    alone = (infinite.sum(axis=dim, keepdims=True) == 1) & ~np.isnan(input).any(axis=dim, keepdims=True)
    return np.where(alone, infinite.astype(y.dtype), y)


def swish_zero_at_minus_infinity(input):
    """Minus infinity gives minus zero."""
    return np.where(np.isneginf(input), np.asarray(-0.0, input.dtype), right.swish(input))


# --- other forms ----------------------------------------------------------------------------------------------------


def gelu_by_logistic(input, approximate="none"):
    """The hyperbolic form as ``x / (1 + exp(-2 z))``."""
    if approximate != "tanh":
        return right.gelu(input, approximate)
    x = right.widened(input)
    z = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
    with np.errstate(over="ignore"):
        return (x / (1 + np.exp(-2 * z))).astype(input.dtype)


def _checked(step):
    """A step that refuses what the right one refuses."""

    def checked(p, g, m, v, t=1, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        optim.adam_step(p, g, m, v, t=t, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        kind = p.dtype.type
        with np.errstate(all="ignore"):
            gradient = g + kind(weight_decay) * p if weight_decay else g
            return step(p, gradient, m, v, t, lr, betas, eps, kind)

    checked.__doc__ = step.__doc__
    return checked


def _interpolated(p, g, m, v, t, lr, betas, eps, kind):
    """Both moments are interpolated from the old ones."""
    m = m + kind(1 - betas[0]) * (g - m)
    v = v + kind(1 - betas[1]) * (g * g - v)
    first, second = 1 - betas[0] ** t, 1 - betas[1] ** t
    return p - kind(lr) * (m / kind(first)) / (np.sqrt(v / kind(second)) + kind(eps)), m, v


def _by_reciprocal(p, g, m, v, t, lr, betas, eps, kind):
    """The quotient is a product with a reciprocal, the corrections are factors."""
    m = kind(betas[0]) * m + kind(1 - betas[0]) * g
    v = v + kind(1 - betas[1]) * (g * g - v)
    root = np.sqrt(v) * kind(1 / math.sqrt(1 - betas[1] ** t))
    return p - kind(lr / (1 - betas[0] ** t)) * m * (1 / (root + kind(eps))), m, v


adam_interpolated, adam_by_reciprocal = _checked(_interpolated), _checked(_by_reciprocal)

# --- ties -----------------------------------------------------------------------------------------------------------


def max_pool_as_it_is(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Tied maxima share their gradient equally."""
    return pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def ties_shared_equally_vjp(cotangent, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Tied maxima share their gradient equally."""
    return shared(lambda count: 1.0 / count, cotangent, input, kernel_size, stride, padding, dilation)
