"""Convolutions that are right in another way."""

from __future__ import annotations

from functools import wraps
from math import prod

import numpy as np
import scipy.fft
import torch
import torch.nn.functional as F  # noqa: N812
from miniatures.plain import checked, conv2d, pair, wide, windows

from reference_impls import conv as reference


class Refused(LookupError):
    """An exception of another class than anybody else's."""


def padded_by_name(function):
    """A convolution that takes 'valid' and 'same' for its padding, too: it pads the image itself."""

    @wraps(function)
    def call(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if isinstance(padding, str):
            if padding not in ("valid", "same") or (padding == "same" and pair(stride) != (1, 1)):
                raise ValueError(padding)
            before, after = [0, 0], [0, 0]
            if padding == "same":
                totals = [d * (k - 1) for d, k in zip(pair(dilation), weight.shape[2:], strict=True)]
                before, after = [t // 2 for t in totals], [t - t // 2 for t in totals]
            input, padding = _padded(input, before, after), 0
        return function(input, weight, bias, stride, padding, dilation, groups)

    return call


def _padded(input, before, after):
    if isinstance(input, torch.Tensor):
        return F.pad(input, (before[1], after[1], before[0], after[0]))
    return np.pad(input, ((0, 0), (0, 0), *zip(before, after, strict=True)))


def _shape(input, weight, stride, padding, dilation):
    return [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(
            input.shape[2:], weight.shape[2:], pair(stride), pair(padding), pair(dilation), strict=True
        )
    ]


def _columns(input, weight, stride, padding, dilation, groups):
    """(N, groups, terms, outputs) and (groups, filters, terms), in the type sums are kept in."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    h, w = _shape(input, weight, stride, padding, dilation)
    kind = wide(input.dtype)
    x = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(kind)
    taps = [
        windows(x, (i * dh, j * dw), (sh, sw), (h, w)) for i in range(weight.shape[2]) for j in range(weight.shape[3])
    ]
    n, c = input.shape[:2]
    columns = np.stack(taps, axis=2).reshape(n, groups, c // groups * len(taps), h * w)
    kernel = weight.astype(kind).reshape(groups, weight.shape[0] // groups, prod(weight.shape[1:]))
    return columns, kernel, (n, weight.shape[0], h, w)


def _finished(y, shape, bias, input):
    y = y.reshape(shape)
    if bias is not None:
        y = y + bias.astype(y.dtype)[:, None, None]
    return y.astype(input.dtype.newbyteorder("="))


@padded_by_name
def tap_by_tap(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One tap after the other is shifted and added."""
    return conv2d(input, weight, bias, stride, padding, dilation, groups)


@padded_by_name
def reversed_order(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The terms are added last one first, each rounded."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns, kernel, shape = _columns(input, weight, stride, padding, dilation, groups)
    y = np.zeros((shape[0], groups, shape[1] // groups, columns.shape[3]), columns.dtype)
    for t in reversed(range(kernel.shape[2])):
        y = y + kernel[None, :, :, t, None] * columns[:, :, None, t]
    return _finished(y, shape, bias, input)


@padded_by_name
def bias_first(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The sum starts with the bias."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns, kernel, shape = _columns(input, weight, stride, padding, dilation, groups)
    y = np.zeros((shape[0], groups, shape[1] // groups, columns.shape[3]), columns.dtype)
    if bias is not None:
        y = y + bias.astype(y.dtype).reshape(groups, -1)[None, :, :, None]
    for t in range(kernel.shape[2]):
        y = y + kernel[None, :, :, t, None] * columns[:, :, None, t]
    return _finished(y, shape, None, input)


@padded_by_name
def blocked(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Terms are summed in blocks of 4, the blocks' sums afterwards."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns, kernel, shape = _columns(input, weight, stride, padding, dilation, groups)
    parts = [
        np.einsum("got,ngtp->ngop", kernel[..., t : t + 4], columns[:, :, t : t + 4])
        for t in range(0, kernel.shape[2], 4)
    ]
    while len(parts) > 1:
        parts = [sum(parts[i + 1 : i + 2], parts[i]) for i in range(0, len(parts), 2)]
    return _finished(parts[0], shape, bias, input)


@padded_by_name
def pairwise(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Neighbours are added, then sums of neighbours."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns, kernel, shape = _columns(input, weight, stride, padding, dilation, groups)
    terms = kernel[None, ..., None] * columns[:, :, None]
    while terms.shape[3] > 1:
        odd = terms[:, :, :, -1:] if terms.shape[3] % 2 else terms[:, :, :, :0]
        half = terms.shape[3] // 2 * 2
        terms = np.concatenate([terms[:, :, :, 0:half:2] + terms[:, :, :, 1:half:2], odd], axis=3)
    return _finished(terms[:, :, :, 0], shape, bias, input)


@padded_by_name
def kahan(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The sum carries its own correction."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns, kernel, shape = _columns(input, weight, stride, padding, dilation, groups)
    y = np.zeros((shape[0], groups, shape[1] // groups, columns.shape[3]), columns.dtype)
    lost = np.zeros_like(y)
    plain = np.zeros_like(y)
    with np.errstate(all="ignore"):
        for t in range(kernel.shape[2]):
            term = kernel[None, :, :, t, None] * columns[:, :, None, t]
            plain = plain + term
            term = term - lost
            total = y + term
            lost = (total - y) - term
            y = total
    return _finished(np.where(np.isfinite(plain), y, plain), shape, bias, input)


@padded_by_name
def accumulated_in_double(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """float32 is accumulated in float64 and rounded once."""
    if input.dtype not in (np.float16, np.float32):
        return conv2d(input, weight, bias, stride, padding, dilation, groups)
    x, w = input.astype(np.float64), weight.astype(np.float64)
    b = None if bias is None else bias.astype(np.float64)
    checked(input, weight, bias, stride, padding, dilation, groups)
    return conv2d(x, w, b, stride, padding, dilation, groups).astype(input.dtype)


@padded_by_name
def accumulated_in_longdouble(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Everything real is accumulated in long double."""
    if input.dtype.kind != "f":
        return conv2d(input, weight, bias, stride, padding, dilation, groups)
    x, w = input.astype(np.longdouble), weight.astype(np.longdouble)
    b = None if bias is None else bias.astype(np.longdouble)
    return conv2d(x, w, b, stride, padding, dilation, groups).astype(input.dtype)


@padded_by_name
def random_order(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The terms are added in another order at every call."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns, kernel, shape = _columns(input, weight, stride, padding, dilation, groups)
    order = np.random.default_rng().permutation(kernel.shape[2])
    y = np.zeros((shape[0], groups, shape[1] // groups, columns.shape[3]), columns.dtype)
    for t in order:
        y = y + kernel[None, :, :, t, None] * columns[:, :, None, t]
    return _finished(y, shape, bias, input)


@padded_by_name
def by_fft(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Products of spectra; the algorithm is declared."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kind = wide(input.dtype)
    x = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(kind)
    kh, kw = dh * (weight.shape[2] - 1) + 1, dw * (weight.shape[3] - 1) + 1
    kernel = np.zeros((*weight.shape[:2], kh, kw), kind)
    kernel[:, :, ::dh, ::dw] = weight
    size = [scipy.fft.next_fast_len(x.shape[2] + kh - 1), scipy.fft.next_fast_len(x.shape[3] + kw - 1)]
    n, c = x.shape[:2]
    spectra = scipy.fft.fft2(x, size).reshape(n, groups, c // groups, *size)
    filters = scipy.fft.fft2(kernel[:, :, ::-1, ::-1], size).reshape(groups, len(weight) // groups, -1, *size)
    y = scipy.fft.ifft2(np.einsum("ngchw,gochw->ngohw", spectra, filters)).reshape(n, len(weight), *size)
    y = y[:, :, kh - 1 : x.shape[2] : sh, kw - 1 : x.shape[3] : sw]
    y = y if input.dtype.kind == "c" else y.real
    return _finished(y.astype(kind), y.shape, bias, input)


def channels_last_result(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The result lies channels-last in memory."""
    y = reference.conv2d_im2col(input, weight, bias, stride, padding, dilation, groups)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(y, 1, -1)), -1, 1)


def strided_result(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is every other entry of a larger array."""
    y = reference.conv2d_im2col(input, weight, bias, stride, padding, dilation, groups)
    room = np.empty((*y.shape[:-1], 2 * y.shape[-1]), y.dtype)
    room[..., ::2] = y
    return room[..., ::2]


@padded_by_name
def other_exceptions(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Wrong calls raise a class of their own, with no message."""
    try:
        checked(input, weight, bias, stride, padding, dilation, groups)
    except ValueError:
        raise Refused from None
    return conv2d(input, weight, bias, stride, padding, dilation, groups)


@padded_by_name
def by_windows(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Windows are views, and one einsum sums over them."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kind = wide(input.dtype)
    x = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(kind)
    span = dh * (weight.shape[2] - 1) + 1, dw * (weight.shape[3] - 1) + 1
    views = np.lib.stride_tricks.sliding_window_view(x, span, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]
    n, c, h, w = views.shape[:4]
    views = views.reshape(n, groups, c // groups, h, w, *weight.shape[2:])
    kernel = weight.astype(kind).reshape(groups, len(weight) // groups, *weight.shape[1:])
    y = np.einsum("ngchwij,gocij->ngohw", views, kernel, optimize=True)
    return _finished(y, (n, len(weight), h, w), bias, input)


#: Winograd's F(2, 3): two outputs of a filter of three taps by four products (Lavin and Gray 2016, section 4.1).
_DATA = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_FILTER = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_RESULT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


@padded_by_name
def winograd(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """F(2, 3) along the rows where the kernel has three of them and nothing else is asked; declared."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    plain = weight.shape[2] == 3 and pair(stride) == (1, 1) and pair(dilation) == (1, 1)
    if not plain or not np.isfinite(input).all():
        return reference.conv2d_im2col(input, weight, bias, stride, padding, dilation, groups)
    ph, pw = pair(padding)
    kind = wide(input.dtype)
    h, w = _shape(input, weight, stride, padding, dilation)
    x = np.pad(input, ((0, 0), (0, 0), (ph, ph + h % 2), (pw, pw))).astype(kind)
    rows = np.stack([x[:, :, i : i + 2 * ((h + 1) // 2) : 2] for i in range(4)], axis=2)
    data = np.einsum("ab,ncbhw->nachw", _DATA.astype(kind), rows)
    filters = np.einsum("ab,ocbj->aocj", _FILTER.astype(kind), weight.astype(kind))
    n, c, o = len(input), input.shape[1], len(weight)
    data = data.reshape(n, 4, groups, c // groups, *data.shape[3:])
    filters = filters.reshape(4, groups, o // groups, *filters.shape[2:])
    products = sum(
        np.einsum("nagchw,agoc->nagohw", data[..., j : j + w], filters[..., j]) for j in range(weight.shape[3])
    )
    y = np.einsum("ra,nagohw->ngohrw", _RESULT.astype(kind), products)
    y = y.reshape(n, o, (h + 1) // 2 * 2, w)[:, :, :h]
    return _finished(y, y.shape, bias, input)


def three_products(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Complex convolutions by three real ones; declared."""
    if input.dtype.kind != "c":
        return reference.conv2d_im2col(input, weight, bias, stride, padding, dilation, groups)
    x, w = (z.astype(z.dtype.newbyteorder("=")) for z in (input, weight))
    a, b, c, d = x.real, x.imag, w.real, w.imag
    rest = None, stride, padding, dilation, groups
    k1, k2, k3 = (reference.conv2d_im2col(x, w, *rest) for x, w in ((a + b, c), (a, d - c), (b, c + d)))
    y = ((k1 - k3) + 1j * (k1 + k2)).astype(x.dtype)
    return y if bias is None else y + bias[:, None, None]


class _ByHand(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding, dilation, groups):
        ctx.save_for_backward(input, weight)
        ctx.params = pair(stride), pair(padding), pair(dilation), groups
        return F.conv2d(input, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def backward(ctx, g):
        input, weight = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.params
        gi = torch.nn.grad.conv2d_input(input.shape, weight, g, stride, padding, dilation, groups)
        gw = torch.nn.grad.conv2d_weight(input, weight.shape, g, stride, padding, dilation, groups)
        return gi, gw, g.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None, *[None] * 4


@padded_by_name
def torch_by_hand(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A Function with the backward of the textbook."""
    return _ByHand.apply(input, weight, bias, stride, padding, dilation, groups)


@padded_by_name
def torch_by_unfold(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Columns by ``unfold``, one matrix product a group."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    columns = F.unfold(input, weight.shape[2:], pair(dilation), pair(padding), pair(stride))
    n, (h, w) = len(input), _shape(input, weight, stride, padding, dilation)
    columns = columns.reshape(n, groups, prod(weight.shape[1:]), h * w)
    y = (weight.reshape(groups, -1, prod(weight.shape[1:])) @ columns).reshape(n, len(weight), h, w)
    return y if bias is None else y + bias[:, None, None]


@padded_by_name
def torch_as_transposed(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is a transposed view of the transposed problem."""
    checked(input, weight, bias, stride, padding, dilation, groups)
    turned = (input.mT, weight.mT, bias, pair(stride)[::-1], pair(padding)[::-1], pair(dilation)[::-1], groups)
    return F.conv2d(*turned).mT


def reversed_order_vjp(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Gradients of the reversed batch, added up backwards."""
    gi, gw, gb = reference.conv2d_im2col_vjp(
        cotangent[::-1], input[::-1], weight, bias, stride, padding, dilation, groups
    )
    return gi[::-1], gw, gb


def vjp_of_present(cotangent, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A list of the gradients of what is there."""
    found = reference.conv2d_im2col_vjp(cotangent, input, weight, bias, stride, padding, dilation, groups)
    return [g for g in found if g is not None]
