"""Convolutions and correlations of signals, paddings and windows, each wrong in one way."""

from __future__ import annotations

import numpy as np
import scipy.signal
import torch
from miniatures.plain import twisted

from reference_impls import padding, scipy_conv2d
from reference_impls import signal as right


def convolve_same_from_the_right(a, v, mode="full"):
    """'same' of an even kernel is one entry to the right."""
    if mode != "same":
        return np.convolve(a, v, mode)
    full, n = np.convolve(a, v, "full"), max(len(a), len(v))
    start = min(len(a), len(v)) // 2
    return full[start : start + n].copy()


def convolve_same_of_first(a, v, mode="full"):
    """'same' has the length of the first, not of the longer."""
    y = np.convolve(a, v, mode)
    return y[: len(a)] if mode == "same" else y


def convolve_valid_of_first(a, v, mode="full"):
    """'valid' with the shorter signal first is empty."""
    return np.zeros(0, a.dtype) if mode == "valid" and len(a) < len(v) else np.convolve(a, v, mode)


def convolve_by_fft(a, v, mode="full"):
    """Products of spectra, without saying so."""
    return scipy.signal.fftconvolve(a, v, mode).astype(np.result_type(a, v))


def convolve_by_fft_when_long(a, v, mode="full"):
    """From 64 entries on the product of spectra is taken, without saying so."""
    if len(a) < 64:
        return np.convolve(a, v, mode)
    return scipy.signal.fftconvolve(a, v, mode).astype(np.result_type(a, v))


def convolve_conjugated(a, v, mode="full"):
    """The second signal is conjugated."""
    return np.convolve(a, np.conj(v), mode)


def convolve_short_kernel(a, v, mode="full"):
    """Kernels are taken in blocks of 8, and what is left of a block is lost."""
    keep = len(v) // 8 * 8
    w = v.copy()
    if keep:
        w[keep:] = 0
    return np.convolve(a, w, mode)


def convolve_whole_by_floats(a, v, mode="full"):
    """Integers are taken through numbers in double precision."""
    floats = [x.astype(np.float64) if x.dtype.kind in "iu" else x for x in (a, v)]
    return np.convolve(*floats, mode).astype(np.result_type(a, v))


def convolve_kernel_as_signal(a, v, mode="full"):
    """The kernel is rounded to the signal's type, the result is of the wider one."""
    return np.convolve(a, v.astype(a.dtype), mode).astype(np.result_type(a, v))


def convolve_result_as_kernel(a, v, mode="full"):
    """The result is stored in the kernel's type, whatever the signal's is."""
    y = np.convolve(a, v, mode)
    return y.real.astype(v.dtype) if v.dtype.kind != "c" else y.astype(v.dtype)


def convolve_accepts_empty(a, v, mode="full"):
    """An empty signal gives an empty result."""
    return np.convolve(a, v, mode) if len(a) and len(v) else np.zeros(0, a.dtype)


def convolve_swapped_vjp(cotangent, a, v, mode="full"):
    """The gradient of the kernel is not turned around."""
    ga, gv = right.convolve_vjp(cotangent, a, v, mode)
    return ga, gv[::-1]


def convolve_unconjugated_vjp(cotangent, a, v, mode="full"):
    """The gradient of a complex signal is taken with the kernel, not its conjugate."""
    ga, _ = right.convolve_vjp(cotangent, a, np.conj(v), mode)
    return ga, right.convolve_vjp(cotangent, a, v, mode)[1]


def convolve_same_vjp(cotangent, a, v, mode="full"):
    """The gradient of 'same' is one entry off for even kernels."""
    ga, gv = right.convolve_vjp(cotangent, a, v, mode)
    return np.roll(ga, 1) if mode == "same" and len(v) % 2 == 0 else ga, gv


def correlate_unconjugated(a, v, mode="valid"):
    """The second signal is not conjugated."""
    return np.correlate(a, np.conj(v), mode)


def correlate_reversed(a, v, mode="valid"):
    """With the longer signal second, the result comes out in reverse."""
    y = np.correlate(a, v, mode)
    return y[::-1] if len(v) > len(a) else y


def correlate_in_double(a, v, mode="valid"):
    """float32 comes back as float64."""
    return np.correlate(a.astype(np.result_type(a, np.float64)), v.astype(np.result_type(v, np.float64)), mode)


def correlate_from_scratch(a, v, mode="valid"):
    """Signals of 257 entries lose the first one."""
    x = a.copy()
    if len(a) == 257:
        x[0] = 0
    return np.correlate(x, v, mode)


def correlate_negative_strides(a, v, mode="valid"):
    """A reversed view is read forwards."""
    return np.correlate(a, v[::-1] if v.strides[0] < 0 and len(v) > 1 else v, mode)


def sp_convolve_same_of_longer(in1, in2, mode="full"):
    """'same' has the shape of the larger input, not of the first."""
    if mode == "same" and all(b >= a for a, b in zip(in1.shape, in2.shape, strict=True)):
        in1, in2 = in2, in1
    return scipy.signal.convolve(in1, in2, mode, method="direct")


def sp_convolve_auto(in1, in2, mode="full"):
    """'valid' and 'same' are products of spectra, without saying so."""
    method = "direct" if mode == "full" else "fft"
    return scipy.signal.convolve(in1, in2, mode, method=method)


def sp_correlate_unflipped(in1, in2, mode="full"):
    """It convolves."""
    return scipy.signal.convolve(in1, np.conj(in2), mode, method="direct")


# --- the layer of the tutorial --------------------------------------------------------------------------------------


def layer_without_bias_sum_vjp(cotangent, input, filter, bias):
    """The gradient of the bias is the mean."""
    gi, gf, gb = scipy_conv2d.scipy_conv2d_numpy_vjp(cotangent, input, filter, bias)
    return gi, gf, (gb / cotangent.size).astype(gb.dtype)


def layer_single_vjp(cotangent, input, filter, bias):
    """The gradient of the filter is rounded to float32."""
    gi, gf, gb = scipy_conv2d.scipy_conv2d_numpy_vjp(cotangent, input, filter, bias)
    with np.errstate(over="ignore"):
        return gi, gf.astype(np.float32).astype(gf.dtype), gb


def layer_correlated_vjp(cotangent, input, filter, bias):
    """The gradient of the input correlates where it must convolve."""
    _, gf, gb = scipy_conv2d.scipy_conv2d_numpy_vjp(cotangent, input, filter, bias)
    return scipy.signal.correlate2d(cotangent, filter, "full").astype(input.dtype), gf, gb


def layer_convolving(input, filter, bias):
    """It convolves where it must correlate."""
    return (scipy.signal.convolve2d(input, filter, "valid") + bias).astype(input.dtype)


def layer_swaps_arguments(input, filter, bias):
    """A filter wider than half the image is taken for the image."""
    if filter.shape[1] > input.shape[1] // 2 and filter.shape[0] <= input.shape[0]:
        filter = filter[:, ::-1]
    return scipy_conv2d.scipy_conv2d_numpy(input, filter, bias)


class _OneGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, filter, bias):
        ctx.save_for_backward(input, filter)
        return torch.nn.functional.conv2d(input[None, None], filter[None, None])[0, 0] + bias

    @staticmethod
    def backward(ctx, g):
        input, filter = ctx.saved_tensors
        gi = torch.nn.functional.conv_transpose2d(g[None, None], filter[None, None])[0, 0]
        gf = torch.nn.functional.conv2d(input[None, None], g[None, None])[0, 0]
        return gi, gf, g.sum()


def layer_scalar_bias_gradient(input, filter, bias):
    """The gradient of the bias is a scalar, which autograd expands to its shape."""
    return _OneGradient.apply(input, filter, bias)


_late = twisted(lambda g, x: g.roll(1, 0))


def layer_rolled_gradient(input, filter, bias):
    """The gradient of the filter is one row late."""
    return torch.nn.functional.conv2d(input[None, None], _late(filter)[None, None])[0, 0] + bias


# --- paddings and windows -------------------------------------------------------------------------------------------


def reflect_with_border(input, pad):
    """The border entry is repeated."""
    left, right_, top, bottom = pad
    return np.pad(input, ((0, 0), (0, 0), (top, bottom), (left, right_)), mode="symmetric")


def circular_swaps_sides(input, pad):
    """Left and right are exchanged."""
    left, right_, top, bottom = pad
    return padding.circular_pad2d(input, (right_, left, top, bottom))


def circular_returns_input(input, pad):
    """Without padding the input itself comes back."""
    return padding.circular_pad2d(input, pad) if any(pad) else input


def circular_overwriting_vjp(cotangent, input, pad):
    """The gradient of the copies is not added to the originals'."""
    left, _, top, _ = pad
    h, w = input.shape[2:]
    return (cotangent[:, :, top : top + h, left : left + w].copy(),)


def replicate_corner_vjp(cotangent, input, pad):
    """Corners are counted once too seldom."""
    (g,) = padding.replicate_pad2d_vjp(cotangent, input, pad)
    if pad[0] and pad[2]:
        g = g.copy()
        g[:, :, 0, 0] -= cotangent[:, :, 0, 0]
    return (g,)


def unfold_channel_minor(input, kernel_size, dilation=1, padding=0, stride=1):
    """Channels vary fastest in a column."""
    from reference_impls.padding import unfold

    y = unfold(input, kernel_size, dilation, padding, stride)
    return y.reshape(y.shape[0], input.shape[1], -1, y.shape[2]).swapaxes(1, 2).reshape(y.shape)


def fold_overwrites(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Overlapping windows are averaged."""
    from reference_impls.padding import fold

    y = fold(input, output_size, kernel_size, dilation, padding, stride)
    count = fold(np.ones_like(input), output_size, kernel_size, dilation, padding, stride)
    return (y / np.maximum(count.real, 1)).astype(y.dtype)
