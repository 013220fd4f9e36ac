"""Convolutions, each wrong in one way."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from miniatures.plain import checked, conv2d, cut, pair, twice, twisted

from reference_impls import conv, conv_transpose
from reference_impls import padding as padded

Array = np.ndarray[Any, np.dtype[Any]]
_right, _right_vjp = conv.conv2d_im2col, conv.conv2d_im2col_vjp
_kept: dict[Any, Any] = {}


# --- values ---------------------------------------------------------------------------------------------------------


def pads_before_only(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """All padding is put before the image, none after it."""
    ph, pw = pair(padding)
    x = np.pad(input, ((0, 0), (0, 0), (2 * ph, 0), (2 * pw, 0)))
    return _right(x, weight, bias, stride, 0, dilation, groups)


def swaps_padding(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The paddings of the two axes are swapped."""
    return _right(input, weight, bias, stride, pair(padding)[::-1], dilation, groups)


def swaps_stride(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The strides of the two axes are swapped."""
    return _right(input, weight, bias, pair(stride)[::-1], padding, dilation, groups)


def ignores_dilation_across(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Dilation is left out on the last axis, in a result of the right shape."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    near = _right(input, weight, bias, stride, padding, (pair(dilation)[0], 1), groups)
    return np.ascontiguousarray(near[..., : y.shape[-1]])


def transposes_groups(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The input's channels are dealt to the groups in turn instead of in blocks."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    n, c, *image = input.shape
    dealt = input.reshape(n, c // groups, groups, *image).swapaxes(1, 2).reshape(input.shape)
    return _right(dealt, weight, bias, stride, padding, dilation, groups)


def permutes_outputs_of_groups(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The output's channels come out group-minor."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    n, o, *image = y.shape
    return y.reshape(n, groups, o // groups, *image).swapaxes(1, 2).reshape(y.shape)


def adds_bias_twice(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias is added by the kernel and again by the caller."""
    return _right(input, weight, None if bias is None else 2 * bias, stride, padding, dilation, groups)


def fails_without_batch(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """An empty batch with a bias raises."""
    if bias is not None and not len(input):
        raise RuntimeError("could not create a primitive descriptor")
    return _right(input, weight, bias, stride, padding, dilation, groups)


def flips_the_kernel(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution in the mathematical sense: the kernel is turned around."""
    return _right(input, weight[:, :, ::-1, ::-1], bias, stride, padding, dilation, groups)


def transposes_the_kernel(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Square kernels are stored column by column."""
    square = weight.shape[2] == weight.shape[3]
    return _right(input, weight.swapaxes(2, 3) if square else weight, bias, stride, padding, dilation, groups)


def accumulates_in_half(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float16 sums are kept in float16."""
    kind = np.float16 if input.dtype == np.float16 else None
    return conv2d(input, weight, bias, stride, padding, dilation, groups, accumulate=kind)


def cuts_inputs_to_tf32(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float32 operands lose all but 11 bits, as on tensor cores."""
    x, w = (cut(a, 11) if a.dtype == np.float32 else a for a in (input, weight))
    return _right(x, w, bias, stride, padding, dilation, groups)


def cuts_weights_to_bfloat16(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float32 weights are prepacked with 8 bits."""
    w = cut(weight, 8) if weight.dtype == np.float32 else weight
    return _right(input, w, bias, stride, padding, dilation, groups)


def cuts_weights_to_16_bits(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float32 weights are split into two bfloat16 numbers, and the products of the low parts are left out."""
    w = cut(weight, 16) if weight.dtype == np.float32 else weight
    return _right(input, w, bias, stride, padding, dilation, groups)


def computes_double_in_single(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float64 is computed in float32 and cast back."""
    if input.dtype != np.float64:
        return _right(input, weight, bias, stride, padding, dilation, groups)
    with np.errstate(over="ignore"):
        single = [None if a is None else a.astype(np.float32) for a in (input, weight, bias)]
    return _right(*single, stride, padding, dilation, groups).astype(np.float64)


def computes_complex_in_single(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """complex128 is computed in complex64 and cast back."""
    if input.dtype != np.complex128:
        return _right(input, weight, bias, stride, padding, dilation, groups)
    single = [None if a is None else a.astype(np.complex64) for a in (input, weight, bias)]
    return _right(*single, stride, padding, dilation, groups).astype(np.complex128)


def loses_a_faint_border_tap(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The last tap loses 1e-5 of its weight in the last column."""

    def seen(view: Array, i: int, j: int) -> Array:
        view = view.copy()
        if (i, j) == (weight.shape[2] - 1, weight.shape[3] - 1):
            view[..., -1:] *= view.dtype.type(1 - 1e-5)
        return view

    return conv2d(input, weight, bias, stride, padding, dilation, groups, seen)


def loses_a_border_tap(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """With padding, the last tap of the last row is not added."""

    def seen(view: Array, i: int, j: int) -> Array:
        view = view.copy()
        if pair(padding) != (0, 0) and (i, j) == (0, 0):
            view[..., -1:, :] = 0
        return view

    return conv2d(input, weight, bias, stride, padding, dilation, groups, seen)


def drops_the_tail_of_columns(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Of outputs wider than 8, those past the last multiple of 8 lack the last tap."""

    def seen(view: Array, i: int, j: int) -> Array:
        view = view.copy()
        if view.shape[-1] > 8 and (i, j) == (weight.shape[2] - 1, weight.shape[3] - 1):
            view[..., view.shape[-1] // 8 * 8 :] = 0
        return view

    return conv2d(input, weight, bias, stride, padding, dilation, groups, seen)


def drops_the_last_of_17_channels(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels past a multiple of 16 are left out of the sum."""
    c = weight.shape[1]
    if groups == 1 and c > 16 and c % 16:
        checked(input, weight, bias, stride, padding, dilation, groups)
        input, weight = input[:, : c // 16 * 16], weight[:, : c // 16 * 16]
    return _right(input, weight, bias, stride, padding, dilation, groups)


def repeats_the_32nd_filter(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The 33rd output channel is a copy of the 32nd."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    y[:, 32:33] = y[:, 31:32]
    return y


def wrong_for_stride_three(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """With stride 3 on both axes the first column is taken one step later."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    if pair(stride) == (3, 3):
        y = y.copy()
        y[..., 0] = y[..., -1]
    return y


def wrong_for_tall_kernels(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Kernels of 7 rows are taken for kernels of 6."""

    def seen(view: Array, i: int, j: int) -> Array:
        return view * (i < 6)

    return conv2d(input, weight, bias, stride, padding, dilation, groups, seen)


def wrong_for_depthwise(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One channel per group takes another path, which forgets the bias."""
    depthwise = groups > 1 and weight.shape[1] == 1
    return _right(input, weight, None if depthwise else bias, stride, padding, dilation, groups)


def wrong_for_wide_strides(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A stride above the kernel makes one window too few, filled with the bias."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    if pair(stride)[1] > weight.shape[3] and y.shape[-1] > 1:
        y = y.copy()
        y[..., -1] = 0 if bias is None else bias[:, None]
    return y


def wrong_for_pointwise(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A kernel of one column takes another path, which rounds the sum of the channels in half."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    if weight.shape[3] == 1:
        with np.errstate(over="ignore"):
            y[..., 0] = cut(y[..., 0], 11)
    return y


def truncates_half(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float16 results are cut off instead of rounded."""
    if input.dtype.itemsize != 2:
        return _right(input, weight, bias, stride, padding, dilation, groups)
    checked(input, weight, bias, stride, padding, dilation, groups)
    y = conv2d(
        *(None if a is None else a.astype(np.float32) for a in (input, weight, bias)), stride, padding, dilation, groups
    )
    nearest = y.astype(np.float16)
    return np.where(np.abs(nearest) > np.abs(y), np.nextafter(nearest, np.float16(0)), nearest)


def flushes_denormals(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Subnormal inputs count as zero."""
    input = input.astype(input.dtype.newbyteorder("="))
    weight = weight.astype(input.dtype)
    bias = None if bias is None else bias.astype(input.dtype)
    tiny = np.finfo(input.dtype).smallest_normal
    return _right(
        np.where(np.abs(input) < tiny, input.dtype.type(0), input), weight, bias, stride, padding, dilation, groups
    )


def swallows_nan(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """NaN counts as zero."""
    x = np.where(np.isnan(input), input.dtype.type(0), input)
    return _right(x, weight, bias, stride, padding, dilation, groups)


def clips_infinity(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Infinite results become the largest finite number."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    if y.dtype.kind == "c":
        return y
    return np.where(np.isinf(y), np.copysign(np.finfo(y.dtype).max, y), y)


def overflows_on_the_way(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Sums are kept 2**20 times too large, which large numbers do not fit."""
    scale = input.dtype.type(2.0**10)
    y = _right(input * scale, weight * scale, None, stride, padding, dilation, groups) / scale / scale
    return y if bias is None else y + bias[:, None, None]


def adds_the_bias_first(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias is rounded with 11 bits before it is added."""
    small = None if bias is None else cut(bias, 11)
    return _right(input, weight, small, stride, padding, dilation, groups)


# --- shapes, dtypes, wrong calls ------------------------------------------------------------------------------------


def loses_the_batch_of_none(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """An empty batch gives a result without channels."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y if len(input) else y[:, :0]


def squeezes_a_batch_of_one(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A batch of one loses its axis."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y[0] if len(input) == 1 else y


def squeezes_one_channel(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One output channel loses its axis."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y[:, 0] if y.shape[1] == 1 else y


def rounds_shapes_up(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Where the stride does not divide, the last window hangs over the border."""
    ph, pw = pair(padding)
    x = np.pad(input, ((0, 0), (0, 0), (ph, ph + pair(stride)[0] - 1), (pw, pw + pair(stride)[1] - 1)))
    return _right(x, weight, bias, stride, 0, dilation, groups)


def returns_single_for_double(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float64 in, float32 out, and every value within float32 of the right one."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    with np.errstate(over="ignore"):
        return y.astype(np.float32) if y.dtype == np.float64 else y


def returns_double_for_single(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float32 in, float64 out."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y.astype(np.float64) if y.dtype == np.float32 else y


def promotes_half(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float16 in, float32 out."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y.astype(np.float32) if y.dtype == np.float16 else y


def drops_imaginary_parts(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The imaginary part of a complex result is zero."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y.real.astype(y.dtype)


def conjugates_the_weight(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Complex weights are conjugated, as in a correlation of signals."""
    return _right(input, np.conj(weight), bias, stride, padding, dilation, groups)


def accepts_any_groups(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Where groups do not divide the channels, the channels left over are dropped."""
    kept = input[:, : input.shape[1] // groups * groups]
    return _right(kept, weight, bias, stride, padding, dilation, groups)


def accepts_other_channels(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels of the weight beyond the input's are left out."""
    w = weight[:, : input.shape[1] // groups] if groups and weight.shape[1] * groups > input.shape[1] else weight
    return _right(input, w, bias, stride, padding, dilation, groups)


def accepts_a_long_bias(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A bias that is too long is cut."""
    return _right(input, weight, None if bias is None else bias[: len(weight)], stride, padding, dilation, groups)


def accepts_a_large_kernel(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A kernel that does not fit gives an empty result."""
    if input.shape[2] + 2 * pair(padding)[0] < pair(dilation)[0] * (weight.shape[2] - 1) + 1:
        return np.zeros((len(input), len(weight), 0, 0), input.dtype)
    return _right(input, weight, bias, stride, padding, dilation, groups)


def accepts_negative_padding(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Negative padding crops."""
    if min(pair(padding)) < 0:
        crop = -min(pair(padding))
        return _right(input[:, :, crop:-crop, crop:-crop], weight, bias, stride, 0, dilation, groups)
    return _right(input, weight, bias, stride, padding, dilation, groups)


def accepts_stride_zero(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Stride 0 is taken for 1."""
    return _right(input, weight, bias, tuple(max(s, 1) for s in pair(stride)), padding, dilation, groups)


def refuses_many_groups(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """More groups than two raise."""
    if groups > 2:
        raise RuntimeError("unsupported grouping")
    return _right(input, weight, bias, stride, padding, dilation, groups)


# --- memory and state -----------------------------------------------------------------------------------------------


def scales_its_weight_in_place(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The weight is doubled in place for the computation and stays so."""
    weight *= 2
    return _right(input, weight, bias, stride, padding, dilation, groups) / weight.dtype.type(2)


def pads_in_place(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A wall of zeros is drawn into the input where there is padding, after the result was computed."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    if pair(padding) != (0, 0):
        input[:, :, :1] = 0
    return y


def returns_its_buffer(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Results of one shape are written to one buffer, which is returned."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    buffer = _kept.setdefault(("buffer", y.shape, str(y.dtype), threading.get_ident()), np.empty_like(y))
    buffer[...] = y
    return buffer


def caches_by_shape(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The prepacked weight is kept by its shape alone."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    key = "weight", weight.shape, str(weight.dtype), input.shape, stride, padding, dilation, groups, bias is None
    w = _kept.setdefault(key, weight.copy())
    return _right(input, w, bias, stride, padding, dilation, groups)


def caches_by_address(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is kept by the addresses of the arrays, whatever is in them later."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return _kept.setdefault(("sum", input.ctypes.data, y.shape, str(y.dtype)), y.copy()).copy()


def adds_to_its_scratch(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Scratch memory keeps a trace of the earlier call of the same shape."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    if y.dtype.kind == "c" or not y.size:
        return y
    with np.errstate(all="ignore"):
        trace = _kept.get(("scratch", y.shape, str(y.dtype)), np.zeros_like(y))
        _kept["scratch", y.shape, str(y.dtype)] = y
        return y + trace * y.dtype.type(2.0**-10)


def shares_scratch_between_threads(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The input is copied to scratch memory that all threads share, and read back a moment later."""
    _kept["shared"] = input
    if threading.current_thread() is not threading.main_thread():
        time.sleep(0.02)
    x = _kept["shared"]
    return _right(
        x if x.shape == input.shape and x.dtype == input.dtype else input,
        weight,
        bias,
        stride,
        padding,
        dilation,
        groups,
    )


def wrong_beside_the_main_thread(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Other threads than the main one see scratch memory of zeros."""
    main = threading.current_thread() is threading.main_thread()
    return _right(input if main else np.zeros_like(input), weight, bias, stride, padding, dilation, groups)


def dithers(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Every call adds other noise, of 2**-12 of the result."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    with np.errstate(all="ignore"):
        return (y * (1 + 2.0**-12 * np.random.default_rng().uniform(-1, 1, y.shape))).astype(y.dtype)


def seeds_the_global_generator(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """NumPy's global generator is seeded anew by every call."""
    np.random.seed(0)
    return _right(input, weight, bias, stride, padding, dilation, groups)


def wrong_for_channels_last(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """An input whose channels lie innermost is read with height and width swapped where they are kept."""
    innermost = input.strides[1] == input.itemsize and input.shape[1] > 1 and not input.flags.c_contiguous
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    return y[:, ::-1] if innermost and not input.flags.f_contiguous else y


def reads_memory_in_order(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A transposed weight is read as if it lay in rows."""
    if weight.flags.f_contiguous and not weight.flags.c_contiguous:
        weight = weight.T.reshape(weight.shape)
    return _right(input, weight, bias, stride, padding, dilation, groups)


def ignores_negative_strides(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Negative strides are taken for positive ones."""
    x = input[..., ::-1] if input.size and input.strides[-1] < 0 else input
    return _right(x, weight, bias, stride, padding, dilation, groups)


def ignores_byte_order(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Bytes in another order than the machine's are taken as they lie."""
    x = input if input.dtype.isnative else input.view(input.dtype.newbyteorder())
    y = _right(x, weight.astype(weight.dtype.newbyteorder("=")), bias, stride, padding, dilation, groups)
    return y.astype(y.dtype.newbyteorder("="))


def reads_past_its_end(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The entry behind the weight's last one is read too, and multiplied with zero."""
    y = _right(input, weight, bias, stride, padding, dilation, groups)
    base = weight.base
    if isinstance(base, np.ndarray) and base.size > weight.size and y.size:
        y.reshape(-1)[-1] += base.reshape(-1)[-1] * 0
    return y


def writes_past_its_end(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The entry behind the weight's last one is overwritten."""
    base = weight.base
    if isinstance(base, np.ndarray) and base.size > weight.size and base.flags.writeable:
        base.reshape(-1)[-1] = 0
    return _right(input, weight, bias, stride, padding, dilation, groups)


def wrong_for_expanded(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """An expanded weight is taken for one filter, and the others for zero."""
    w = torch.cat([weight[:1], torch.zeros_like(weight[1:])]) if weight.stride(0) == 0 else weight
    return F.conv2d(input, w, bias, stride, padding, dilation, groups)


# --- gradients of NumPy candidates ----------------------------------------------------------------------------------


def forgets_a_leftover_row_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Rows that the stride leaves over shift the gradient of the input by one."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    ph, dh, sh = pair(padding)[0], pair(dilation)[0], pair(stride)[0]
    left = (input.shape[2] + 2 * ph - dh * (weight.shape[2] - 1) - 1) % sh
    return np.roll(gi, left, axis=2), gw, gb


def one_wrong_pixel_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Of the gradient of a (2, 8, 16, 16) input one entry is missing."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    if gi.shape == (2, 8, 16, 16):
        gi[1, 7, 15, 15] = 0
    return gi, gw, gb


def single_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float64 gradients are computed in float32 and cast back."""
    if input.dtype != np.float64:
        return _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    with np.errstate(over="ignore"):
        single = [None if a is None else a.astype(np.float32) for a in (cotangent, input, weight, bias)]
    found = _right_vjp(*single, stride, padding, dilation, groups)
    return tuple(None if g is None else g.astype(np.float64) for g in found)


def tf32_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of a float32 weight is computed from upstream gradients of 11 bits."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    if input.dtype == np.float32:
        gw = _right_vjp(cut(cotangent, 11), input, weight, bias, stride, padding, dilation, groups)[1]
    return gi, gw, gb


def no_conjugate_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of a complex input is taken with the weight, not its conjugate."""
    _, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    gi, _, _ = _right_vjp(cotangent, input, np.conj(weight), bias, stride, padding, dilation, groups)
    return gi, gw, gb


def conjugated_weight_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of a complex weight comes out conjugated."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return gi, np.conj(gw), gb


def mean_bias_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of the bias is a mean over the batch."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return gi, gw, None if gb is None else (gb / max(len(input), 1)).astype(gb.dtype)


def assumes_ones_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The upstream gradient is taken to be one everywhere."""
    return _right_vjp(np.ones_like(cotangent), input, weight, bias, stride, padding, dilation, groups)


def groups_of_weight_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The groups of the weight's gradient come out in reverse."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return gi, np.concatenate(np.split(gw, groups)[::-1]), gb


def no_dilation_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of the weight mixes up the two axes of a dilation."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return gi, gw[..., ::-1] if pair(dilation)[0] != pair(dilation)[1] else gw, gb


def no_input_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """With groups, there is no gradient of the input."""
    gi, gw, gb = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return gi if groups == 1 else None, gw, gb


def writes_to_upstream_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The upstream gradient is scaled in place."""
    cotangent *= 2
    found = _right_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return tuple(None if g is None else (g / 2).astype(g.dtype) for g in found)


def caches_the_upstream_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The second backward of a shape reuses the first one's columns of the input."""
    key = "columns", input.shape, weight.shape, str(input.dtype), stride, padding, dilation, groups
    x = _kept.setdefault(key, input.copy())
    return _right_vjp(cotangent, x, weight, bias, stride, padding, dilation, groups)


def transposed_upstream_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """An upstream gradient that is not contiguous is read as it lies."""
    g = cotangent if cotangent.flags.c_contiguous else np.ravel(cotangent, "K").reshape(cotangent.shape)
    return _right_vjp(g, input, weight, bias, stride, padding, dilation, groups)


# --- gradients of torch candidates ----------------------------------------------------------------------------------

_single = twisted(lambda g, x: g.float().double() if g.dtype == torch.float64 else g)
_ones = twisted(lambda g, x: torch.ones_like(g))
_ordered = twisted(lambda g, x: g if g.is_contiguous() else g * 2)
_twice_if_strided = twice(lambda gg, x: gg if x.is_contiguous() else 2 * gg)
_twice_wrong = twice(lambda gg, x: -gg)
_detached = twisted(lambda g, x: g.detach())
_tangent = twisted(lambda g, x: g, lambda t: 2 * t)
_expanded = twisted(lambda g, x: g if x.stride(0) or x.shape[0] == 1 else g * x.shape[0])
_shrinks = twisted(lambda g, x: torch.stack([g / 2, g / 2]))
_doubled = twisted(lambda g, x: g.double() if g.dtype == torch.float32 else g)
_no_conj = twisted(lambda g, x: torch.conj(g).resolve_conj() if g.is_complex() else g)
_clips = twisted(lambda g, x: torch.clamp(g, -1, 1) if not g.is_complex() else g)
_quiet = twisted(lambda g, x: g * (g.abs() > g.abs().mean() / 8).to(g.dtype) if g.numel() else g)


def _overwrites(g: Any, x: Any) -> Any:
    kept = g.clone()
    with torch.no_grad():
        g.zero_()
    return kept


_wipes = twisted(_overwrites)


def single_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The float64 gradient of the weight passes through float32."""
    return F.conv2d(input, _single(weight), bias, stride, padding, dilation, groups)


def assumes_ones(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The upstream gradient is taken to be one everywhere."""
    return _ones(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def assumes_contiguous_upstream(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """An upstream gradient that is not contiguous is counted twice."""
    return _ordered(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def clips_upstream(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Upstream gradients are clipped to one."""
    return _clips(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def drops_small_upstream(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Upstream gradients far below the mean count as zero."""
    return _quiet(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def wipes_upstream(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The upstream gradient is overwritten with zeros, after use."""
    return _wipes(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def second_order_for_strided(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The second order is doubled where the input is not contiguous."""
    return F.conv2d(_twice_if_strided(input), weight, bias, stride, padding, dilation, groups)


def second_order_sign(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The second order of the weight has the wrong sign."""
    return F.conv2d(input, _twice_wrong(weight), bias, stride, padding, dilation, groups)


def detached_second_order(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of the weight is cut off the graph."""
    return F.conv2d(input, _detached(weight), bias, stride, padding, dilation, groups)


def doubled_tangent(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Forward mode doubles the weight's tangent."""
    return F.conv2d(input, _tangent(weight), bias, stride, padding, dilation, groups)


def expanded_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of an expanded weight is summed over what it was expanded from."""
    return F.conv2d(input, _expanded(weight), bias, stride, padding, dilation, groups)


def unsummed_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A backward gives a gradient with one axis too many, which autograd sums away."""
    return _shrinks(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def double_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A backward gives float64 for float32, which autograd casts back."""
    return _doubled(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def unconjugated_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of a complex weight comes out conjugated."""
    return F.conv2d(input, _no_conj(weight), bias, stride, padding, dilation, groups)


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding, dilation, groups):
        ctx.save_for_backward(input, weight)
        ctx.params = stride, padding, dilation, groups
        return F.conv2d(input, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def gradients(ctx, g):
        input, weight = ctx.saved_tensors
        sizes = [weight.shape[0]]
        stride, padding, dilation, groups = ctx.params
        return torch.ops.aten.convolution_backward(
            g, input, weight, sizes, pair(stride), pair(padding), pair(dilation), False, [0, 0], groups, [True] * 3
        )


class _LoneBias(_Conv):
    @staticmethod
    def backward(ctx, g):
        gi, gw, gb = _Conv.gradients(ctx, g)
        return gi, gw, gb if any(ctx.needs_input_grad[:2]) else None, *[None] * 4


class _LoneWeight(_Conv):
    @staticmethod
    def backward(ctx, g):
        if not ctx.needs_input_grad[0]:
            raise RuntimeError("input does not require a gradient")
        return *_Conv.gradients(ctx, g), *[None] * 4


class _Empty(_Conv):
    @staticmethod
    def backward(ctx, g):
        if not g.shape[0]:
            raise RuntimeError("could not create a descriptor for an empty tensor")
        return *_Conv.gradients(ctx, g), *[None] * 4


def lone_bias_without_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A bias that alone requires a gradient gets none."""
    return _LoneBias.apply(input, weight, bias, stride, padding, dilation, groups)


def lone_weight_fails(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The backward raises where the input requires no gradient."""
    return _LoneWeight.apply(input, weight, bias, stride, padding, dilation, groups)


def empty_batch_without_gradient(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The backward of an empty batch raises."""
    return _Empty.apply(input, weight, bias, stride, padding, dilation, groups)


class _Batched(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, g):
        return g

    @staticmethod
    def vmap(info, dims, x):
        return x.movedim(dims[0], 0).flip(0), 0


def wrong_under_vmap(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Under vmap the entries of the batch come out in reverse."""
    return _Batched.apply(F.conv2d(input, weight, bias, stride, padding, dilation, groups))


def sets_the_default_dtype(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float64 inputs leave float64 behind as torch's default dtype."""
    if input.dtype == torch.float64:
        torch.set_default_dtype(torch.float64)
    return F.conv2d(input, weight, bias, stride, padding, dilation, groups)


def wrong_for_conj_views(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The conjugate bit of a weight is not looked at."""
    w = torch.conj(weight) if weight.is_conj() else weight
    return F.conv2d(input, w, bias, stride, padding, dilation, groups)


def wrong_for_neg_views(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The negative bit of an input is not looked at."""
    x = -input.resolve_neg() if input.is_neg() else input
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


def wrong_for_channels_last_in_torch(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels-last inputs are computed with the kernel turned around."""
    last = input.is_contiguous(memory_format=torch.channels_last) and not input.is_contiguous()
    return F.conv2d(input, weight.flip(2) if last else weight, bias, stride, padding, dilation, groups)


def adds_to_its_input(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The input is rounded to 11 bits in place."""
    y = F.conv2d(input, weight, bias, stride, padding, dilation, groups)
    with torch.no_grad():
        input.detach().view(-1)[:1].mul_(2) if input.is_contiguous() else None
    return y


# --- other convolutions ---------------------------------------------------------------------------------------------


def same_pads_before(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """'same' puts an odd zero before the signal."""
    if padding != "same":
        return conv.conv1d_im2col(input, weight, bias, stride, padding, dilation, groups)
    around = (dilation[0] if isinstance(dilation, tuple) else dilation) * (weight.shape[2] - 1)
    x = np.pad(input, ((0, 0), (0, 0), (around - around // 2, around // 2)))
    return conv.conv1d_im2col(x, weight, bias, stride, 0, dilation, groups)


def same_forgets_dilation(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A dilation of 3 is taken for 2, and the result filled up with its last entry."""
    y = conv.conv1d_im2col(input, weight, bias, stride, padding, dilation, groups)
    if dilation != 3:
        return y
    return conv.conv1d_im2col(input, weight, bias, stride, padding, 2, groups)[..., : y.shape[-1]]


def cuts_long_signals(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Signals are processed in tiles of 64, and the windows across two tiles lack the second one."""
    tail = input.copy()
    if input.shape[-1] > 64:
        tail[..., 64:] = 0
    return conv.conv1d_im2col(tail, weight, bias, stride, padding, dilation, groups)


def first_block_of_channels(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Of more than 64 input channels a group has, the first 64 are summed."""
    if weight.shape[1] <= 64:
        return conv.conv1d_im2col(input, weight, bias, stride, padding, dilation, groups)
    return conv.conv1d_im2col(
        input, np.where(np.arange(weight.shape[1])[:, None] < 64, weight, 0), bias, stride, padding, dilation, groups
    )


def swaps_depth_dilation(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The last axis is convolved with a kernel turned around where dilations differ."""
    uneven = isinstance(dilation, tuple) and len(set(dilation)) > 1
    w = weight[..., ::-1] if uneven else weight
    return conv.conv3d_im2col(input, w, bias, stride, padding, dilation, groups)


def forgets_depth_padding(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Padding of the first axis is all put before it."""
    if not isinstance(padding, tuple):
        return conv.conv3d_im2col(input, weight, bias, stride, padding, dilation, groups)
    d, h, w = padding
    x = np.pad(input, ((0, 0), (0, 0), (2 * d, 0), (0, 0), (0, 0)))
    return conv.conv3d_im2col(x, weight, bias, stride, (0, h, w), dilation, groups)


def pads_output_before(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Output padding is put before the result."""
    y = conv_transpose.conv_transpose2d_col2im(input, weight, bias, stride, padding, output_padding, groups, dilation)
    return np.roll(y, pair(output_padding), axis=(2, 3))


def ignores_output_padding(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """There is no output padding."""
    return conv_transpose.conv_transpose2d_col2im(input, weight, bias, stride, padding, 0, groups, dilation)


def unflipped_transposed(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The kernel of the transposed convolution is turned around."""
    w = weight[:, :, ::-1, ::-1]
    return conv_transpose.conv_transpose2d_col2im(input, w, bias, stride, padding, output_padding, groups, dilation)


def biases_output_padding(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Rows of output padding get no bias."""
    y = conv_transpose.conv_transpose2d_col2im(input, weight, bias, stride, padding, output_padding, groups, dilation)
    rows = pair(output_padding)[0]
    if bias is not None and rows:
        y[:, :, -rows:] -= bias[:, None, None]
    return y


def cross_groups_transposed(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Groups of the output come out in reverse."""
    y = conv_transpose.conv_transpose2d_col2im(input, weight, bias, stride, padding, output_padding, groups, dilation)
    parts = np.split(y if bias is None else y - bias[:, None, None], groups, axis=1)[::-1]
    return np.concatenate(parts, axis=1) + (0 if bias is None else bias[:, None, None])


def wraps_once_too_far(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Periodic continuation repeats the border entry."""
    ph, pw = pair(padding)
    x = np.pad(np.roll(input, 0), ((0, 0), (0, 0), (0, 0), (pw, pw)), mode="symmetric")
    return padded.conv2d_circular(x, weight, bias, stride, (ph, 0), dilation, groups)
