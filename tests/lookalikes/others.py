"""Activations, normalizations, transforms and modules that are right in another way."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from miniatures.plain import Swish

from reference_impls import activations as right
from reference_impls import normalization as norm
from reference_impls import pooling
from reference_impls.conv import conv2d_im2col

# --- activations ----------------------------------------------------------------------------------------------------


def sigmoid_by_parts(input):
    """Each sign has its own formula."""
    x = right.widened(input)
    with np.errstate(over="ignore"):
        e = np.exp(x)
        return np.where(x < 0, e / (1 + e), 1 / (1 + np.exp(-x))).astype(input.dtype)


def sigmoid_in_double(input):
    """Everything is computed in float64 and rounded once."""
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-input.astype(np.float64)))).astype(input.dtype)


def sigmoid_step_by_step(input):
    """Half types are rounded after every step."""
    return 1 / (1 + torch.exp(-input)) if input.dtype in (torch.float16, torch.bfloat16) else torch.sigmoid(input)


def sigmoid_transposed(input):
    """The result lies column by column."""
    return np.array(right.sigmoid(input), order="F")


def relu_by_where(input):
    """Entries are chosen, NaN among them."""
    return np.where(input < 0, np.zeros((), input.dtype), input)


def relu_negative_zero(input):
    """Negative entries become minus zero."""
    return np.where(input < 0, np.asarray(-0.0, input.dtype), input)


def relu_one_at_zero_vjp(cotangent, input):
    """The subgradient at zero is one."""
    return (np.where(input < 0, np.zeros((), cotangent.dtype), cotangent),)


def softmax_by_logarithm(input, dim=-1):
    """``exp(x - max - log(sum))``."""
    if not input.shape[dim] or not input.size:
        return input.copy()
    x = right.widened(input)
    with np.errstate(invalid="ignore"):
        z = x - x.max(axis=dim, keepdims=True)
        return np.exp(z - np.log(np.exp(z).sum(axis=dim, keepdims=True))).astype(input.dtype)


def softmax_by_reciprocal(input, dim=-1):
    """Exponentials times the reciprocal of their sum, online along the axis."""
    if not input.shape[dim]:
        return input.copy()
    x = np.moveaxis(right.widened(input), dim, 0)
    with np.errstate(all="ignore"):
        top, total = x[0], np.where(np.isneginf(x[0]), 0.0, 1.0)
        for row in x[1:]:
            higher = np.maximum(top, row)
            before = np.where(np.isneginf(top), 0.0, total * np.exp(top - higher))
            total = before + np.where(np.isneginf(row), 0.0, np.exp(row - higher))
            top = higher
        y = np.exp(x - top) * (1 / total)
    return np.moveaxis(y, 0, dim).astype(input.dtype)


def softmax_by_logsumexp(input, dim=-1):
    """``exp(x - logsumexp x)``, in torch, whose slope of the logarithm is the same again."""
    total = torch.logsumexp(input, dim, keepdim=True)
    return torch.exp(input - torch.where(torch.isposinf(total), torch.nan, total))


def softmax_by_powers_of_two(input, dim=-1):
    """``2^((x - max) log2 e)`` over its sum."""
    if not input.shape[dim] or not input.size:
        return input.copy()
    x = right.widened(input)
    with np.errstate(invalid="ignore"):
        y = np.exp2((x - x.max(axis=dim, keepdims=True)) * x.dtype.type(np.log2(np.e)))
        return (y / y.sum(axis=dim, keepdims=True)).astype(input.dtype)


def avg_pool_by_reciprocal(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Sums times the rounded reciprocal of how many were added."""
    if divisor_override == 0:
        raise ZeroDivisionError("the divisor may not be zero")
    x = right.widened(input)
    given = kernel_size, stride, padding, ceil_mode, count_include_pad
    added, ones = (pooling.avg_pool2d(a, *given, 1) for a in (x, np.ones_like(x)))
    divisor = divisor_override or np.rint(ones / pooling.avg_pool2d(np.ones_like(x), *given))
    return (added * (1 / np.asarray(divisor, x.dtype))).astype(input.dtype)


def gelu_by_erfc(input, approximate="none"):
    """``x erfc(-x / sqrt 2) / 2``."""
    from scipy.special import erfc

    if approximate != "none":
        return right.gelu(input, approximate)
    x = right.widened(input)
    return (0.5 * x * erfc(-x * right.SQRT_HALF)).astype(input.dtype)


def log_sigmoid_by_softplus(input):
    """``-logaddexp(0, -x)``."""
    return (-np.logaddexp(0, -right.widened(input))).astype(input.dtype)


# --- normalization --------------------------------------------------------------------------------------------------


def _column(v):
    return v.reshape(1, -1, 1, 1)


def _welford(x):
    mean = np.zeros(x.shape[1], x.dtype)
    squares = np.zeros(x.shape[1], x.dtype)
    rows = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
    for count, row in enumerate(rows, 1):
        delta = row - mean
        mean = mean + delta / x.dtype.type(count)
        squares = squares + delta * (row - mean)
    return mean, squares / x.dtype.type(max(len(rows), 1))


def batch_norm_welford(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Mean and variance are updated entry by entry."""
    _, new_mean, new_var = norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    x = right.widened(input)
    mean, var = _welford(x) if training else (right.widened(running_mean), right.widened(running_var))
    y = (x - _column(mean)) * _column(1 / np.sqrt(var + x.dtype.type(eps)))
    y = y if weight is None else y * _column(weight)
    y = y if bias is None else y + _column(bias)
    return y.astype(input.dtype), new_mean, new_var


def batch_norm_folded(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """One multiplication and one addition an entry."""
    _, new_mean, new_var = norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    x = right.widened(input)
    mean, var = (x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))) if training else (running_mean, running_var)
    mean, var = right.widened(np.asarray(mean)), right.widened(np.asarray(var))
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    scale = scale if weight is None else scale * right.widened(weight)
    shift = -mean * scale if bias is None else right.widened(bias) - mean * scale
    return (x * _column(scale) + _column(shift)).astype(input.dtype), new_mean, new_var


def layer_norm_in_double(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """float32 is computed in float64 and rounded once."""
    kind = np.longdouble if input.dtype == np.float64 else np.float64
    given = [None if a is None else a.astype(kind) for a in (input, weight, bias)]
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    norm.layer_norm(input, weight, bias, normalized_shape=normalized_shape, eps=eps)
    x, w, b = given
    y = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    y = y if w is None else y * w
    return (y if b is None else y + b).astype(input.dtype)


def group_norm_by_batch_norm(input, weight=None, bias=None, num_groups=1, eps=1e-5):
    """Groups are the channels of a batch norm."""
    if input.numel() == 0:
        return F.group_norm(input, num_groups, weight, bias, eps)
    if input.shape[1] % num_groups or any(v is not None and len(v) != input.shape[1] for v in (weight, bias)):
        raise IndexError
    rows = input.reshape(1, input.shape[0] * num_groups, -1)
    y = F.batch_norm(rows, None, None, None, None, True, 0.1, eps).reshape(input.shape)
    y = y if weight is None else y * weight[:, None, None]
    return y if bias is None else y + bias[:, None, None]


# --- transforms -----------------------------------------------------------------------------------------------------


def _scaled(y, m, norm_, kind):
    return (y * {None: 1.0, "backward": 1.0, "ortho": m**-0.5, "forward": 1 / m}[norm_]).astype(kind)


def _prepared(a, n, axis, norm_):
    if norm_ not in (None, "backward", "ortho", "forward"):
        raise KeyError(norm_)
    m = a.shape[axis] if n is None else n
    if m < 1:
        raise ArithmeticError("no points")
    x = np.moveaxis(a, axis, -1)[..., :m]
    x = np.concatenate([x, np.zeros((*x.shape[:-1], m - x.shape[-1]), x.dtype)], axis=-1)
    kind = np.result_type(x.dtype, np.complex64)
    return x.astype(kind), m, kind


def fft_by_matrix(a, n=None, axis=-1, norm=None):
    """The sum of the definition, with long double angles."""
    if (a.shape[axis] if n is None else n) > 2000:
        return np.fft.fft(a, n, axis, norm)
    x, m, kind = _prepared(a, n, axis, norm)
    turns = np.outer(np.arange(m), np.arange(m)) % m
    matrix = np.exp(-2j * np.pi * turns.astype(np.longdouble) / m)
    return np.moveaxis(_scaled(x.astype(matrix.dtype) @ matrix, m, norm, kind), -1, axis)


def fft_by_bluestein(a, n=None, axis=-1, norm=None):
    """Above 13 points, a convolution with a chirp."""
    if (a.shape[axis] if n is None else n) <= 13:
        return fft_by_matrix(a, n, axis, norm)
    x, m, kind = _prepared(a, n, axis, norm)
    k = np.arange(m)
    chirp = np.exp(-1j * np.pi * (k * k % (2 * m)) / m).astype(kind)
    size = 1 << (2 * m - 1).bit_length()
    filters = np.zeros(size, kind)
    filters[:m] = np.conj(chirp)
    filters[size - m + 1 :] = np.conj(chirp[1:])[::-1]
    product = np.fft.fft(x * chirp, size) * np.fft.fft(filters)
    y = np.fft.ifft(product)[..., :m] * chirp
    return np.moveaxis(_scaled(y, m, norm, kind), -1, axis)


def _recursive(x, kind):
    m = x.shape[-1]
    p = next((p for p in range(2, m + 1) if m % p == 0), 1)
    if m <= 1:
        return x
    if p == m:
        turns = np.outer(np.arange(m), np.arange(m)) % m
        return x @ np.exp(-2j * np.pi * turns / m).astype(kind)
    parts = np.stack([_recursive(x[..., r::p], kind) for r in range(p)], axis=-2)
    k = np.arange(m)
    whole = np.concatenate([parts] * p, axis=-1)
    turn = np.exp(-2j * np.pi * (np.outer(np.arange(p), k) % m) / m).astype(kind)
    return (whole * turn).sum(axis=-2)


def fft_by_recursion(a, n=None, axis=-1, norm=None):
    """Decimation in time by the smallest prime factor, primes by the definition."""
    if (a.shape[axis] if n is None else n) in (65537,):
        return np.fft.fft(a, n, axis, norm)
    x, m, kind = _prepared(a, n, axis, norm)
    return np.moveaxis(_scaled(_recursive(x, kind), m, norm, kind), -1, axis)


_counts: dict[tuple[str, int], int] = {}


def fft_by_kept_plans(a, n=None, axis=-1, norm=None):
    """How many frequencies there are is kept by the length and the kind of transform."""
    length = a.shape[axis] if n is None else n
    count = _counts.setdefault(("fft", length), length)
    return np.take(np.fft.fft(a, n, axis, norm), range(count), axis)


def rfft_by_kept_plans(a, n=None, axis=-1, norm=None):
    """The same of real input."""
    length = a.shape[axis] if n is None else n
    count = _counts.setdefault(("rfft", length), length // 2 + 1)
    return np.take(np.fft.rfft(a, n, axis, norm), range(count), axis)


def fft_by_conjugates(a, n=None, axis=-1, norm=None):
    """The inverse transform of the conjugate, conjugated."""
    other = {None: "forward", "backward": "forward", "forward": None, "ortho": "ortho"}
    if norm not in other:
        raise KeyError(norm)
    return np.conj(np.fft.ifft(np.conj(a), n, axis, other[norm]))


def rfft_by_fft(a, n=None, axis=-1, norm=None):
    """The first half of the complex transform, a view that is not contiguous."""
    if np.iscomplexobj(a):
        raise AssertionError("real data are due")
    m = a.shape[axis] if n is None else n
    y = np.fft.fft(a, n, axis, norm)
    return np.moveaxis(np.moveaxis(y, axis, 0)[: m // 2 + 1], 0, axis)


def rfft2_one_axis_each(a, s=None, axes=(-2, -1), norm=None):
    """One axis after the other, the real one first."""
    if s is not None and len(s) != len(axes):
        raise KeyError("lengths and axes")
    lengths = (None, None) if s is None else s
    y = np.fft.rfft(a, lengths[1], axes[1], norm)
    return np.fft.fft(y, lengths[0], axes[0], norm)


def irfft_by_fft(a, n=None, axis=-1, norm=None):
    """The complex inverse of the completed spectrum, by its real part."""
    m = 2 * (a.shape[axis] - 1) if n is None else n
    if m < 1 or norm not in (None, "backward", "ortho", "forward"):
        raise KeyError("no points, or another norm")
    half = np.moveaxis(np.asarray(a), axis, -1)[..., : m // 2 + 1]
    kind = np.result_type(half.dtype, np.complex64)
    room = np.zeros((*half.shape[:-1], m // 2 + 1), kind)
    room[..., : half.shape[-1]] = half
    room[..., 0] = room[..., 0].real
    if m % 2 == 0:
        room[..., -1] = room[..., -1].real
    full = np.concatenate([room, np.conj(room[..., 1 : m - m // 2][..., ::-1])], axis=-1)
    return np.moveaxis(np.fft.ifft(full, norm=norm).real, -1, axis)


def fftshift_by_roll(x, axes=None):
    """One roll an axis, by the half the other way round."""
    chosen = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
    for axis in chosen:
        x = np.roll(x, -((x.shape[axis] + 1) // 2), axis)
    return x.copy()


# --- signals, layers ------------------------------------------------------------------------------------------------


def convolve_by_correlation(a, v, mode="full"):
    """The correlation with the kernel turned around."""
    if mode not in ("full", "same", "valid"):
        raise KeyError(mode)
    if len(v) > len(a):
        a, v = v, a
    return np.correlate(a, np.conj(v[::-1]), mode)


def convolve_by_toeplitz(a, v, mode="full"):
    """A matrix of shifted kernels."""
    from scipy.linalg import toeplitz

    if a.ndim != 1 or v.ndim != 1 or not len(a) or not len(v):
        raise TypeError("two vectors are due")
    if mode not in ("full", "same", "valid"):
        raise KeyError(mode)
    m, k = len(a), len(v)
    column = np.concatenate([v, np.zeros(m - 1, v.dtype)])
    row = np.concatenate([v[:1], np.zeros(m - 1, v.dtype)])
    used = [(i, j) for i in range(m + k - 1) for j in range(m) if 0 <= i - j < k]
    y = np.zeros(m + k - 1, np.float32 if a.dtype.itemsize == 2 else a.dtype)
    matrix = toeplitz(column, row)
    for i, j in used:
        y[i] += y.dtype.type(matrix[i, j]) * y.dtype.type(a[j])
    short, long_ = min(m, k), max(m, k)
    cut = {
        "full": slice(None),
        "same": slice((short - 1) // 2, (short - 1) // 2 + long_),
        "valid": slice(short - 1, long_),
    }
    return y[cut[mode]].astype(a.dtype.newbyteorder("="))


def convolve_by_declared_fft(a, v, mode="full"):
    """Products of spectra; declared."""
    from scipy.signal import fftconvolve

    if not len(a) or not len(v):
        raise OSError("empty")
    if a.dtype.itemsize == 2:
        a, v = a.astype(np.float32), v.astype(np.float32)
        return fftconvolve(*sorted((a, v), key=len, reverse=True), mode).astype(np.float16)
    if len(v) > len(a):
        a, v = v, a
    kind = np.result_type(a, v)
    y = fftconvolve(a.astype(kind), v.astype(kind), mode)
    return (np.rint(y) if kind.kind in "iu" else y).astype(kind)


def linear_by_einsum_of_double(input, weight, bias=None):
    """Sums in float64, or long double, rounded once."""
    if bias is not None and bias.shape != weight.shape[:1]:
        raise OSError("bias")
    kind = {"c": np.clongdouble}.get(input.dtype.kind, np.longdouble)
    y = np.einsum("...i,oi->...o", input.astype(kind), weight.astype(kind))
    return (y if bias is None else y + bias).astype(input.dtype)


def linear_columnwise(input, weight, bias=None):
    """One output after the other, into memory that lies column by column."""
    if bias is not None and bias.shape != weight.shape[:1]:
        raise OSError("bias")
    kind = np.float32 if input.dtype.itemsize == 2 else input.dtype
    columns = [input.astype(kind) @ w for w in weight.astype(kind)]
    y = np.stack(columns, axis=0) if columns else np.zeros((0, *input.shape[:-1]), kind)
    y = np.moveaxis(y, 0, -1)
    return (y if bias is None else y + bias.astype(kind)).astype(input.dtype)


def avg_pool_by_cumulative(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Sums of a window by rows, then by columns."""
    from reference_impls.pooling import avg_pool2d

    turned = np.ascontiguousarray(input.swapaxes(2, 3))

    def swap(value):
        return tuple(value)[::-1] if isinstance(value, (tuple, list)) else value

    y = avg_pool2d(
        turned, swap(kernel_size), swap(stride), swap(padding), ceil_mode, count_include_pad, divisor_override
    )
    return y.swapaxes(2, 3)


def running_mean_incremental(input, running_mean, momentum=0.1):
    """The state moves by its share of the difference."""
    if running_mean.shape != input.shape[1:]:
        raise OSError("state")
    from reference_impls.normalization import running_mean as reference

    y, _ = reference(input, running_mean, momentum)
    kind = np.float32 if input.dtype == np.float16 else input.dtype
    old, mean = running_mean.astype(kind), input.astype(kind).mean(axis=0)
    return y, (old + kind_of(momentum, kind) * (mean - old)).astype(input.dtype)


def kind_of(value, kind):
    """A Python number in an array's type."""
    return np.asarray(value, kind)


def flatten_by_copy(input, start_dim=0, end_dim=-1):
    """A copy, in torch, of what could be a view."""
    return torch.flatten(input, start_dim, end_dim).clone()


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * (s * (1 + x * torch.sigmoid(-x)))


def swish_once(input):
    """Its backward says that it may be differentiated once."""
    return _Once.apply(input)


def gelu_to_be_told(input, approximate):
    """Which form is meant has to be said."""
    from reference_impls.activations import gelu

    return gelu(input, approximate)


class _MappedLast(Swish):
    @staticmethod
    def vmap(info, dims, x):
        return _MappedLast.apply(x.movedim(dims[0], -1)), x.ndim - 1


def swish_mapped_last(input):
    """Under vmap the new axis is the last."""
    return _MappedLast.apply(input)


class _BySlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(s * (1 + x * (1 - s)))
        return x * s

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


def swish_by_slope(input):
    """Its slope is kept in place of its input, which may change before the backward."""
    return _BySlope.apply(input)


def adam_reordered(p, g, m, v, t=1, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """Bias corrections go into the step size and eps, and the decay is added even where it is zero."""
    if not p.shape == g.shape == m.shape == v.shape:
        raise ValueError("shapes differ")
    if lr < 0 or eps < 0 or weight_decay < 0 or not all(0 <= b < 1 for b in betas):
        raise ValueError("a setting is out of its range")
    kind, (b1, b2) = p.dtype, betas
    p, g, m, v = (x.astype(np.float64) if kind == np.float32 else x for x in (p, g, m, v))
    g = g + weight_decay * p
    m = m + (1 - b1) * (g - m)
    v = b2 * v + (1 - b2) * g * g
    root = np.sqrt(1 - b2**t)
    p = p - (lr * root / (1 - b1**t)) * m / (np.sqrt(v) + eps * root)
    return tuple(x.astype(kind) for x in (p, m, v))


_ROOTS = {}


def fft_with_roots_of_length_and_dtype(a, n=None, axis=-1, norm=None):
    """Roots of unity kept by length and dtype."""
    if norm is not None or n is not None or axis not in (-1, a.ndim - 1) or a.shape[-1] > 256 or not a.size:
        return np.fft.fft(a, n, axis, norm)
    kind = np.complex64 if a.dtype.name in ("float16", "float32", "complex64") else np.complex128
    if (a.shape[-1], kind) not in _ROOTS:
        k = np.arange(a.shape[-1])
        _ROOTS[a.shape[-1], kind] = np.exp(-2j * np.pi * (np.outer(k, k) % len(k)) / len(k))
    with np.errstate(all="ignore"):
        return (a.astype(np.complex128) @ _ROOTS[a.shape[-1], kind]).astype(kind)


def conv2d_of_any_byte_order(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Turns every array into the machine's byte order first."""
    arrays = (x if x is None else x.astype(x.dtype.newbyteorder("=")) for x in (input, weight, bias))
    return conv2d_im2col(*arrays, stride, padding, dilation, groups)
