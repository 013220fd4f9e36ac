"""y[k] = sum over l of x[k - l] * w[l]: convolutions and correlations of signal processing, by a sum over taps.

``convolve`` and ``correlate`` as ``numpy`` means them (one axis), ``sp_convolve``, ``sp_correlate``, ``fftconvolve``,
``oaconvolve``, ``convolve2d``, ``correlate2d`` and ``sepfir2d`` as ``scipy.signal``, ``ndimage_correlate`` and
``ndimage_convolve`` as ``scipy.ndimage``. Correlation conjugates its second argument. The loop is over the taps of the smaller
operand, each a product of whole arrays. Results keep the inputs' dtype; float16 is accumulated in float32.

Where the kernel's length K is even, 'same' starts K // 2 into the full result for ``correlate2d`` and for ``correlate``
with the longer operand second, (K - 1) // 2 into it everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from reference_impls.padding import circular_source, reflect_source, replicate_source, scatter, symmetric_source, take

Array = np.ndarray[Any, np.dtype[Any]]
Axes = int | Sequence[int] | None
Index = tuple[slice, ...]
#: First entry and length along one axis.
Span = tuple[int, int]

#: What lies beyond the border, by its name in ``scipy.signal`` and in ``scipy.ndimage``.
SOURCES = {
    "symm": symmetric_source,
    "reflect": symmetric_source,
    "grid-mirror": symmetric_source,
    "mirror": reflect_source,
    "nearest": replicate_source,
    "wrap": circular_source,
    "grid-wrap": circular_source,
}


def convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """y[k] = sum over l of a[l] * v[k - l], as ``numpy.convolve``; 'same' has the longer one's length."""
    return _crop(_full(*_vectors(a, v), (0,)), [_numpy_span(len(a), len(v), mode)], (0,), a, v)


def correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    """y[k] = sum over l of a[l + k] * conj(v[l]), as ``numpy.correlate``."""
    return _crop(_full(*_vectors(a, v[::-1].conj()), (0,)), [_numpy_span_of_correlation(a, v, mode)], (0,), a, v)


def convolve_vjp(cotangent: Array, a: Array, v: Array, mode: str = "full") -> tuple[Array, Array]:
    """(sum of g[k] * conj(v[k - l]), sum of g[k] * conj(a[k - l])), g embedded in the full result."""
    return _full_vjp(_embed(cotangent, [_numpy_span(len(a), len(v), mode)], (0,), a, v), a, v, (0,))


def correlate_vjp(cotangent: Array, a: Array, v: Array, mode: str = "valid") -> tuple[Array, Array]:
    """The gradients of convolution with conj(v) read backward, that of v turned back."""
    upstream = _embed(cotangent, [_numpy_span_of_correlation(a, v, mode)], (0,), a, v)
    d_a, d_turned = _full_vjp(upstream, a, v[::-1].conj(), (0,))
    return d_a, d_turned[::-1].conj()


def sp_convolve(in1: Array, in2: Array, mode: str = "full") -> Array:
    """y[k] = sum over l of x[l] * w[k - l] over all axes, as ``scipy.signal.convolve`` by its direct method."""
    _require_contained(in1, in2, mode)
    return convolve_along(in1, in2, mode)


def sp_correlate(in1: Array, in2: Array, mode: str = "full") -> Array:
    """y[k] = sum over l of x[l + k - (K - 1)] * conj(w[l]), as ``scipy.signal.correlate`` by its direct method."""
    _require_contained(in1, in2, mode)
    return convolve_along(in1, _turned(in2), mode)


def sp_convolve_vjp(cotangent: Array, in1: Array, in2: Array, mode: str = "full") -> tuple[Array, Array]:
    """(g correlated with w, g correlated with x)."""
    return convolve_along_vjp(cotangent, in1, in2, mode)


def sp_correlate_vjp(cotangent: Array, in1: Array, in2: Array, mode: str = "full") -> tuple[Array, Array]:
    """The gradients of convolution with conj(w) turned round, that of w turned back."""
    d_in1, d_turned = convolve_along_vjp(cotangent, in1, _turned(in2), mode)
    return d_in1, _turned(d_turned)


def sp_convolve_fft(in1: Array, in2: Array, mode: str = "full") -> Array:
    """y = IFFT(FFT(x) FFT(w)), both padded to the full size."""
    _require_contained(in1, in2, mode)
    return fftconvolve(in1, in2, mode)


def sp_correlate_fft(in1: Array, in2: Array, mode: str = "full") -> Array:
    """y = IFFT(FFT(x) FFT(conj(w) turned round)), both padded to the full size."""
    _require_contained(in1, in2, mode)
    return fftconvolve(in1, _turned(in2), mode)


def convolve_along(in1: Array, in2: Array, mode: str = "full", axes: Axes = None) -> Array:
    """y[k] = sum over l of x[l] * w[k - l] along ``axes``; the other axes broadcast: what ``fftconvolve`` means."""
    over = _over(in1, in2, axes)
    if not in1.size or not in2.size:
        return np.zeros(0, np.result_type(in1, in2))
    return _crop(_full(in1, in2, over), _spans(in1, in2, mode, over), over, in1, in2)


def convolve_along_vjp(
    cotangent: Array, in1: Array, in2: Array, mode: str = "full", axes: Axes = None
) -> tuple[Array, Array]:
    """(g correlated with w, g correlated with x), each summed over what was broadcast."""
    over = _over(in1, in2, axes)
    return _full_vjp(_embed(cotangent, _spans(in1, in2, mode, over), over, in1, in2), in1, in2, over)


def fftconvolve(in1: Array, in2: Array, mode: str = "full", axes: Axes = None) -> Array:
    """y = IFFT(FFT(x) FFT(w)) along ``axes``, both padded to the full size; the other axes broadcast."""
    over = _over(in1, in2, axes)
    if not in1.size or not in2.size:
        return np.zeros(0, np.result_type(in1, in2))
    return _crop(_fft_full(in1, in2, over), _spans(in1, in2, mode, over), over, in1, in2)


def oaconvolve(in1: Array, in2: Array, mode: str = "full", axes: Axes = None) -> Array:
    """y = sum over blocks of x of IFFT(FFT(block) FFT(w)), added where they overlap: for a w much shorter than x."""
    over = _over(in1, in2, axes)
    if not in1.size or not in2.size:
        return np.zeros(0, np.result_type(in1, in2))
    full = np.zeros(_full_shape(in1, in2, over), _wide(in1, in2))
    for block in _blocks(in1, in2, over):
        part = _fft_full(in1[block], in2, over)
        full[tuple(_follow(s, n) for s, n in zip(block, part.shape, strict=True))] += part
    return _crop(full, _spans(in1, in2, mode, over), over, in1, in2)


def convolve2d(in1: Array, in2: Array, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Array:
    """y[k] = sum over l of x[k - l] * w[l], x continued by ``boundary`` ('fill', 'wrap', 'symm')."""
    if _must_swap(in1, in2, mode):
        return convolve2d(in2, in1, mode, boundary, fillvalue)
    full = _slide(_continue2d(in1, in2, boundary, fillvalue), in2[::-1, ::-1])
    return _crop(full, _spans2d(in1, in2, mode, 1), (0, 1), in1, in2)


def correlate2d(in1: Array, in2: Array, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Array:
    """y[k] = sum over l of x[k + l - (K - 1)] * conj(w[l]), x continued by ``boundary`` ('fill', 'wrap', 'symm')."""
    if _must_swap(in1, in2, mode):
        return convolve2d(_turned(in2), in1, mode, boundary, fillvalue)
    full = _slide(_continue2d(in1, in2, boundary, fillvalue), in2.conj())
    return _crop(full, _spans2d(in1, in2, mode, 0), (0, 1), in1, in2)


def convolve2d_vjp(
    cotangent: Array, in1: Array, in2: Array, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> tuple[Array, Array]:
    """(g spread over the taps and folded back into x, g correlated with the continued x)."""
    if _must_swap(in1, in2, mode):
        d_in2, d_in1 = convolve2d_vjp(cotangent, in2, in1, mode, boundary, fillvalue)
        return d_in1, d_in2
    upstream = _embed(cotangent, _spans2d(in1, in2, mode, 1), (0, 1), in1, in2)
    d_in1, d_turned = _slide2d_vjp(upstream, in1, in2[::-1, ::-1], boundary, fillvalue)
    return _like(d_in1, in1), _like(d_turned[::-1, ::-1], in2)


def correlate2d_vjp(
    cotangent: Array, in1: Array, in2: Array, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> tuple[Array, Array]:
    """(g spread over the taps and folded back into x, conjugate of g correlated with the continued x)."""
    if _must_swap(in1, in2, mode):
        d_turned, d_in1 = convolve2d_vjp(cotangent, _turned(in2), in1, mode, boundary, fillvalue)
        return d_in1, _turned(d_turned)
    upstream = _embed(cotangent, _spans2d(in1, in2, mode, 0), (0, 1), in1, in2)
    d_in1, d_conj = _slide2d_vjp(upstream, in1, in2.conj(), boundary, fillvalue)
    return _like(d_in1, in1), _like(d_conj.conj(), in2)


def ndimage_correlate(
    input: Array, weights: Array, mode: str = "reflect", cval: float = 0.0, origin: int | Sequence[int] = 0
) -> Array:
    """y[k] = sum over l of x[k + l - K // 2 - origin] * conj(w[l]), x continued by ``mode``, as ``scipy.ndimage``."""
    return _slide(_continue_nd(input, weights, mode, cval, origin), weights.conj()).astype(input.dtype, copy=False)


def ndimage_correlate_vjp(
    cotangent: Array,
    input: Array,
    weights: Array,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int | Sequence[int] = 0,
) -> tuple[Array, Array]:
    """(g spread over the taps and folded back into x, conjugate of g correlated with the continued x)."""
    continued = _continue_nd(input, weights, mode, cval, origin)
    d_continued, d_conj = _slide_vjp(_widen(cotangent), continued, weights.conj())
    d_input = _fold_back(d_continued, input, _margins(input, weights, origin), mode)
    return _like(d_input, input), _like(d_conj.conj(), weights)


def ndimage_convolve(
    input: Array, weights: Array, mode: str = "reflect", cval: float = 0.0, origin: int | Sequence[int] = 0
) -> Array:
    """y[k] = sum over l of x[k - l + K // 2 + origin] * w[l]: a correlation with the weights turned round."""
    turned, shifts = _flipped(input, weights, origin)
    return ndimage_correlate(input, turned.conj(), mode, cval, shifts)


def ndimage_convolve_vjp(
    cotangent: Array,
    input: Array,
    weights: Array,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int | Sequence[int] = 0,
) -> tuple[Array, Array]:
    """That of the correlation, its weights' gradient turned round."""
    turned, shifts = _flipped(input, weights, origin)
    d_input, d_turned = ndimage_correlate_vjp(cotangent, input, turned.conj(), mode, cval, shifts)
    return d_input, np.ascontiguousarray(np.flip(d_turned).conj())


def _flipped(input: Array, weights: Array, origin: int | Sequence[int]) -> tuple[Array, list[int]]:
    """Weights turned round, and where their middle then lies: of an even number one further."""
    shifts = [origin] * input.ndim if isinstance(origin, int) else list(origin)
    return np.flip(weights), [-o - (k % 2 == 0) for o, k in zip(shifts, weights.shape, strict=True)]


def sepfir2d(input: Array, hrow: Array, hcol: Array) -> Array:
    """y = x convolved with ``hrow`` along its rows and with ``hcol`` along its columns, continued symmetrically.

    The filters have odd lengths, at most one more than the axis they run along, else ValueError (SciPy up to 1.17
    reads and writes outside its arrays there: scipy#24681).
    """
    rows, cols = _separable(input, hrow, hcol)
    return _sepfir(_sepfir(_widen(input), rows), cols).astype(input.dtype, copy=False)


def sepfir2d_vjp(cotangent: Array, input: Array, hrow: Array, hcol: Array) -> tuple[Array, Array, Array]:
    """The gradients of the two passes, the second first."""
    rows, cols = _separable(input, hrow, hcol)
    between = _sepfir(_widen(input), rows)
    d_between, d_cols = _slide2d_vjp(_widen(cotangent), between, cols, "symm", 0, centred=True)
    d_input, d_rows = _slide2d_vjp(d_between, _widen(input), rows, "symm", 0, centred=True)
    return _like(d_input, input), _like(d_rows[0, ::-1], hrow), _like(d_cols[::-1, 0], hcol)


def scipy_convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """scipy.signal.convolve with NumPy's meaning of ``mode``."""
    from scipy.signal import convolve as convolve_nd

    start, length = _numpy_span(len(a), len(v), mode)
    return np.array(convolve_nd(a, v, "full", "direct")[start : start + length])


def scipy_correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    """scipy.signal.correlate with NumPy's meaning of ``mode``."""
    from scipy.signal import correlate as correlate_nd

    start, length = _numpy_span_of_correlation(a, v, mode)
    return np.array(correlate_nd(a, v, "full", "direct")[start : start + length])


def scipy_sp_convolve_direct(in1: Array, in2: Array, mode: str = "full") -> Array:
    """scipy.signal.convolve by its direct method."""
    from scipy.signal import convolve as convolve_nd

    return np.asarray(convolve_nd(in1, in2, mode, "direct"))


def scipy_sp_convolve_fft(in1: Array, in2: Array, mode: str = "full") -> Array:
    """scipy.signal.convolve by its FFT method."""
    from scipy.signal import convolve as convolve_nd

    return np.asarray(convolve_nd(in1, in2, mode, "fft"))


def ndimage_sp_correlate(in1: Array, in2: Array, mode: str = "full") -> Array:
    """``scipy.ndimage.correlate`` with zeros around, which is mode 'same' for odd lengths.

    It centres an even length k at ``k // 2``, as its documentation says, and ``scipy.signal`` at ``(k - 1) // 2``.
    """
    from scipy import ndimage

    if mode != "same":
        raise ValueError(f"mode is {mode!r}; ndimage has 'same' alone")
    return ndimage.correlate(in1, in2, mode="constant")


def scipy_sp_correlate_direct(in1: Array, in2: Array, mode: str = "full") -> Array:
    """scipy.signal.correlate by its direct method."""
    from scipy.signal import correlate as correlate_nd

    return np.asarray(correlate_nd(in1, in2, mode, "direct"))


def scipy_sp_correlate_fft(in1: Array, in2: Array, mode: str = "full") -> Array:
    """scipy.signal.correlate by its FFT method."""
    from scipy.signal import correlate as correlate_nd

    return np.asarray(correlate_nd(in1, in2, mode, "fft"))


def torch_convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """torch.nn.functional.conv1d with the kernel turned round, cropped as NumPy does."""
    return _torch_crop(_torch_full(a, v), [_numpy_span(len(a), len(v), mode)])


def torch_correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """torch.nn.functional.conv1d with the conjugate kernel, cropped as NumPy does."""
    return _torch_crop(_torch_full(a, v.conj().flip(0)), [_numpy_span_of_correlation(a, v, mode)])


def torch_sp_convolve(in1: Any, in2: Any, mode: str = "full") -> Any:
    """torch's conv1d to conv3d with the kernel turned round, cropped as SciPy does."""
    _require_contained(in1, in2, mode)
    return _torch_crop(_torch_full(in1, in2), _spans(in1, in2, mode, tuple(range(in1.ndim))))


def torch_sp_correlate(in1: Any, in2: Any, mode: str = "full") -> Any:
    """torch's conv1d to conv3d with the conjugate kernel, cropped as SciPy does."""
    return torch_sp_convolve(in1, in2.conj().flip(tuple(range(in2.ndim))), mode)


def torch_fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Axes = None) -> Any:
    """ifftn(fftn(x) fftn(w)) by torch.fft, cropped as SciPy does."""
    import torch

    over = _over(in1, in2, axes)
    lengths = [in1.shape[axis] + in2.shape[axis] - 1 for axis in over]
    full = torch.fft.ifftn(torch.fft.fftn(in1, lengths, over) * torch.fft.fftn(in2, lengths, over), dim=over)
    full = full if in1.is_complex() or in2.is_complex() else full.real
    for axis, (start, length) in zip(over, _spans(in1, in2, mode, over), strict=True):
        full = full.narrow(axis, start, length)
    return full.clone()


def torch_convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Any:
    """torch.nn.functional.conv2d of the continued image with the kernel turned round."""
    if _must_swap(in1, in2, mode):
        return torch_convolve2d(in2, in1, mode, boundary, fillvalue)
    continued = _torch_continue2d(in1, in2, boundary, fillvalue)
    return _torch_crop(_torch_valid(continued, in2.flip(0, 1)), _spans2d(in1, in2, mode, 1))


def torch_correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Any:
    """torch.nn.functional.conv2d of the continued image with the conjugate kernel."""
    turned = in2.conj().flip(0, 1)
    if _must_swap(in1, in2, mode):
        return torch_convolve2d(turned, in1, mode, boundary, fillvalue)
    continued = _torch_continue2d(in1, in2, boundary, fillvalue)
    return _torch_crop(_torch_valid(continued, in2.conj()), _spans2d(in1, in2, mode, 0))


def _full(in1: Array, in2: Array, axes: tuple[int, ...]) -> Array:
    """y[k] = sum of x[k - l] * w[l] over the taps l of the smaller operand, full size, in the wide type."""
    if prod(in2.shape[axis] for axis in axes) > prod(in1.shape[axis] for axis in axes):
        in1, in2 = in2, in1
    full = np.zeros(_full_shape(in1, in2, axes), _wide(in1, in2))
    x, w = in1.astype(full.dtype, copy=False), in2.astype(full.dtype, copy=False)
    for tap, shifted in _taps(in1, in2, axes):
        full[shifted] += x * w[tap]
    return full


def _full_vjp(upstream: Array, in1: Array, in2: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """d_x = sum of g[k + l] * conj(w[l]) over the taps l, d_w[l] = sum of g[k + l] * conj(x[k]) over k."""
    if prod(in2.shape[axis] for axis in axes) > prod(in1.shape[axis] for axis in axes):
        d_in2, d_in1 = _full_vjp(upstream, in2, in1, axes)
        return d_in1, d_in2
    x, w = _widen(in1).conj(), _widen(in2).conj()
    others = tuple(n if axis not in axes else None for axis, n in enumerate(upstream.shape))
    d_x = np.zeros([n or have for n, have in zip(others, in1.shape, strict=True)], upstream.dtype)
    d_w = np.zeros([n or have for n, have in zip(others, in2.shape, strict=True)], upstream.dtype)
    for tap, shifted in _taps(in1, in2, axes):
        d_x += upstream[shifted] * w[tap]
        d_w[tap] = (upstream[shifted] * x).sum(axis=axes, keepdims=True)
    return _like(d_x, in1), _like(d_w, in2)


def _taps(in1: Array, in2: Array, axes: tuple[int, ...]) -> Iterator[tuple[Index, Index]]:
    """Each tap of ``in2`` along ``axes``, and where ``in1`` lies in the full result when shifted by it."""
    for tap in np.ndindex(*(in2.shape[axis] for axis in axes)):
        at, shifted = [slice(None)] * in2.ndim, [slice(None)] * in2.ndim
        for axis, t in zip(axes, tap, strict=True):
            at[axis], shifted[axis] = slice(t, t + 1), slice(t, t + in1.shape[axis])
        yield tuple(at), tuple(shifted)


def _fft_full(in1: Array, in2: Array, axes: tuple[int, ...]) -> Array:
    lengths = [in1.shape[axis] + in2.shape[axis] - 1 for axis in axes]
    if np.iscomplexobj(in1) or np.iscomplexobj(in2):
        spectra = np.fft.fftn(in1, lengths, axes) * np.fft.fftn(in2, lengths, axes)
        return np.fft.ifftn(spectra, lengths, axes)
    spectra = np.fft.rfftn(in1, lengths, axes) * np.fft.rfftn(in2, lengths, axes)
    return np.fft.irfftn(spectra, lengths, axes)


def _blocks(in1: Array, in2: Array, axes: tuple[int, ...]) -> Iterator[Index]:
    """The blocks of ``in1`` along ``axes``, each three times the kernel."""
    sizes = [max(3 * in2.shape[axis], 1) for axis in axes]
    for corner in np.ndindex(*(-(-in1.shape[axis] // size) for axis, size in zip(axes, sizes, strict=True))):
        block = [slice(None)] * in1.ndim
        for axis, c, size in zip(axes, corner, sizes, strict=True):
            block[axis] = slice(c * size, min((c + 1) * size, in1.shape[axis]))
        yield tuple(block)


def _follow(block: slice, length: int) -> slice:
    return block if block.start is None else slice(block.start, block.start + length)


def _slide(continued: Array, kernel: Array) -> Array:
    """y[k] = sum over the taps l of x[k + l] * w[l], where the kernel fits."""
    out = tuple(n - k + 1 for n, k in zip(continued.shape, kernel.shape, strict=True))
    wide = _wide(continued, kernel)
    x, w = continued.astype(wide, copy=False), kernel.astype(wide, copy=False)
    y = np.zeros(out, wide)
    for tap in np.ndindex(*kernel.shape):
        y += x[tuple(slice(t, t + n) for t, n in zip(tap, out, strict=True))] * w[tap]
    return y


def _slide_vjp(upstream: Array, continued: Array, kernel: Array) -> tuple[Array, Array]:
    """d_x[k + l] += g[k] * conj(w[l]), d_w[l] = sum of g[k] * conj(x[k + l])."""
    x, w = _widen(continued).conj(), _widen(kernel).conj()
    d_x = np.zeros(x.shape, np.result_type(upstream, w))
    d_w = np.zeros(w.shape, np.result_type(upstream, x))
    for tap in np.ndindex(*kernel.shape):
        there = tuple(slice(t, t + n) for t, n in zip(tap, upstream.shape, strict=True))
        d_x[there] += upstream * w[tap]
        d_w[tap] = (upstream * x[there]).sum()
    return d_x, d_w


def _slide2d_vjp(
    upstream: Array, image: Array, kernel: Array, boundary: str, fillvalue: float, *, centred: bool = False
) -> tuple[Array, Array]:
    margins = [(k // 2, k // 2) if centred else (k - 1, k - 1) for k in kernel.shape]
    d_continued, d_kernel = _slide_vjp(upstream, _continue(image, margins, boundary, fillvalue), kernel)
    return _fold_back(d_continued, image, margins, boundary), d_kernel


def _continue(x: Array, margins: Sequence[Span], boundary: str, fillvalue: float) -> Array:
    """x with ``margins`` (before, after) entries beyond each border: ``fillvalue``, or copies of its own."""
    if boundary in ("fill", "constant", "grid-constant"):
        return np.pad(x, margins, constant_values=fillvalue)
    return take(x, _sources(x, margins, boundary))


def _fold_back(d_continued: Array, like: Array, margins: Sequence[Span], boundary: str) -> Array:
    """The transpose of ``_continue``: what lies beyond the border is dropped, or added to what it is a copy of."""
    if boundary in ("fill", "constant", "grid-constant"):
        return d_continued[tuple(slice(b, b + n) for (b, _), n in zip(margins, like.shape, strict=True))]
    return scatter(d_continued, _sources(like, margins, boundary), np.empty(like.shape, d_continued.dtype))


def _sources(x: Array, margins: Sequence[Span], boundary: str) -> list[Array]:
    if boundary not in SOURCES:
        raise ValueError(f"boundary is {boundary!r}, expected one of 'fill', 'constant', {', '.join(SOURCES)}")
    return [SOURCES[boundary](n, before, after) for n, (before, after) in zip(x.shape, margins, strict=True)]


def _require_boundary(boundary: str) -> None:
    if boundary not in ("fill", "wrap", "symm"):
        raise ValueError(f"boundary is {boundary!r}, expected 'fill', 'wrap' or 'symm'")


def _continue2d(in1: Array, in2: Array, boundary: str, fillvalue: float) -> Array:
    _require_boundary(boundary)
    return _continue(in1, [(k - 1, k - 1) for k in in2.shape], boundary, fillvalue)


def _continue_nd(input: Array, weights: Array, mode: str, cval: float, origin: int | Sequence[int]) -> Array:
    return _continue(input, _margins(input, weights, origin), mode, cval)


def _margins(input: Array, weights: Array, origin: int | Sequence[int]) -> list[Span]:
    origins = tuple(origin) if isinstance(origin, Sequence) else (origin,) * input.ndim
    if weights.ndim != input.ndim or len(origins) != input.ndim or not weights.size:
        raise ValueError(f"weights {weights.shape} and origin {origin} do not fit an input of {input.ndim} axes")
    before = [k // 2 + o for k, o in zip(weights.shape, origins, strict=True)]
    if any(not 0 <= b < k for b, k in zip(before, weights.shape, strict=True)):
        raise ValueError(f"origin {origin} lies outside the weights {weights.shape}")
    return [(b, k - 1 - b) for b, k in zip(before, weights.shape, strict=True)]


def _separable(input: Array, hrow: Array, hcol: Array) -> tuple[Array, Array]:
    """The two filters as kernels (1, K) and (K, 1), turned round."""
    if input.ndim != 2 or hrow.ndim != 1 or hcol.ndim != 1 or not len(hrow) % 2 or not len(hcol) % 2:
        raise ValueError(f"filters {hrow.shape} and {hcol.shape} of odd length and an image are due")
    if len(hrow) > input.shape[1] + 1 or len(hcol) > input.shape[0] + 1:
        raise ValueError(f"filters of {len(hrow)} and {len(hcol)} taps are too long for an image {input.shape}")
    return hrow[None, ::-1], hcol[::-1, None]


def _sepfir(image: Array, kernel: Array) -> Array:
    return _slide(_continue(image, [(k // 2, k // 2) for k in kernel.shape], "symm", 0), kernel)


def _spans(in1: Any, in2: Any, mode: str, axes: tuple[int, ...]) -> list[Span]:
    """What SciPy's N-D modes keep of the full result, axis by axis; an axis of length 1 fits any other."""
    pairs = [(in1.shape[axis], in2.shape[axis]) for axis in axes]
    if mode == "valid" and not _nested([pair for pair in pairs if 1 not in pair]):
        raise ValueError(f"neither of {tuple(in1.shape)} and {tuple(in2.shape)} contains the other")
    return [_span(m, n, mode) for m, n in pairs]


def _nested(pairs: list[tuple[int, int]]) -> bool:
    return all(m >= n for m, n in pairs) or all(m <= n for m, n in pairs)


def _require_contained(in1: Any, in2: Any, mode: str) -> None:
    """ValueError in mode 'valid' where neither contains the other along every axis."""
    if mode == "valid" and not _nested(list(zip(in1.shape, in2.shape, strict=True))):
        raise ValueError(f"neither of {tuple(in1.shape)} and {tuple(in2.shape)} contains the other")


def _spans2d(in1: Any, in2: Any, mode: str, lag: int) -> list[Span]:
    """What SciPy's 2-D modes keep: 'same' starts at (K - lag) // 2, K the kernel's length."""
    if mode == "same":
        return [((n - lag) // 2, m) for m, n in zip(in1.shape, in2.shape, strict=True)]
    return _spans(in1, in2, mode, (0, 1))


def _span(m: int, n: int, mode: str) -> Span:
    match mode:
        case "full":
            return 0, m + n - 1
        case "same":
            return (n - 1) // 2, m
        case "valid":
            return min(m, n) - 1, max(m, n) - min(m, n) + 1
    raise ValueError(f"mode is {mode!r}, expected 'full', 'same' or 'valid'")


def _numpy_span(m: int, n: int, mode: str) -> Span:
    return _span(max(m, n), min(m, n), mode)


def _numpy_span_of_correlation(a: Any, v: Any, mode: str) -> Span:
    if mode == "same" and len(v) > len(a):
        return len(a) // 2, len(v)
    return _numpy_span(len(a), len(v), mode)


def _must_swap(in1: Any, in2: Any, mode: str) -> bool:
    """Whether the second one is the image: in mode 'valid', where it is larger."""
    _require_contained(in1, in2, mode)
    return mode == "valid" and any(m < n for m, n in zip(in1.shape, in2.shape, strict=True))


def _over(in1: Any, in2: Any, axes: Axes) -> tuple[int, ...]:
    """The axes to convolve along, counted from 0; the others must be equal or 1."""
    if in1.ndim != in2.ndim:
        raise ValueError(f"in1 has {in1.ndim} axes and in2 has {in2.ndim}")
    chosen = range(in1.ndim) if axes is None else tuple(axes) if isinstance(axes, Sequence) else (axes,)
    over = tuple(axis % in1.ndim for axis in chosen)
    others = [pair for axis, pair in enumerate(zip(in1.shape, in2.shape, strict=True)) if axis not in over]
    if len(set(over)) != len(over) or any(m != n and 1 not in (m, n) for m, n in others):
        raise ValueError(f"shapes {tuple(in1.shape)} and {tuple(in2.shape)} do not fit along axes {over}")
    return over


def _full_shape(in1: Array, in2: Array, axes: tuple[int, ...]) -> tuple[int, ...]:
    pairs = enumerate(zip(in1.shape, in2.shape, strict=True))
    return tuple(m + n - 1 if axis in axes else max(m, n) for axis, (m, n) in pairs)


def _crop(full: Array, spans: Sequence[Span], axes: tuple[int, ...], in1: Array, in2: Array) -> Array:
    kept, kind = full[_index(full.ndim, spans, axes)], np.result_type(in1, in2)
    return np.array(kept, kept.dtype if kind.kind in "iub" else kind, order="C")


def _embed(cotangent: Array, spans: Sequence[Span], axes: tuple[int, ...], in1: Array, in2: Array) -> Array:
    """The full result's upstream gradient: g where the mode keeps, 0 elsewhere."""
    full = np.zeros(_full_shape(in1, in2, axes), np.result_type(_wide(in1, in2), cotangent.dtype))
    full[_index(full.ndim, spans, axes)] = cotangent
    return full


def _index(ndim: int, spans: Sequence[Span], axes: tuple[int, ...]) -> Index:
    kept = [slice(None)] * ndim
    for axis, (start, length) in zip(axes, spans, strict=True):
        kept[axis] = slice(start, start + length)
    return tuple(kept)


def _vectors(a: Array, v: Array) -> tuple[Array, Array]:
    if a.ndim != 1 or v.ndim != 1 or not len(a) or not len(v):
        raise ValueError(f"shapes {a.shape} and {v.shape}, expected two vectors that are not empty")
    return a, v


def _turned(x: Array) -> Array:
    """conj(x) read backward along every axis."""
    return np.flip(x).conj()


def _wide(in1: Array, in2: Array) -> np.dtype[Any]:
    kept = np.result_type(in1, in2)
    return np.dtype(np.float32) if kept == np.float16 else kept


def _widen(x: Array) -> Array:
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _like(gradient: Array, x: Array) -> Array:
    """The gradient summed over what was broadcast, real where x is, in its dtype."""
    spread = tuple(axis for axis, n in enumerate(x.shape) if n == 1 and gradient.shape[axis] != 1)
    summed = gradient.sum(axis=spread, keepdims=True) if spread else gradient
    return np.array(summed if np.iscomplexobj(x) else summed.real, x.dtype, order="C")


def _torch_full(in1: Any, in2: Any) -> Any:
    """The full convolution by torch's conv1d to conv3d."""
    if in2.numel() > in1.numel():
        in1, in2 = in2, in1
    return _torch_conv(in1, in2.flip(tuple(range(in2.ndim))), [n - 1 for n in in2.shape])


def _torch_valid(image: Any, kernel: Any) -> Any:
    return _torch_conv(image, kernel, 0)


def _torch_conv(image: Any, kernel: Any, padding: Any) -> Any:
    import torch

    conv: Callable[..., Any] = getattr(torch.nn.functional, f"conv{image.ndim}d")
    return conv(image[None, None], kernel[None, None], padding=padding)[0, 0]


def _torch_crop(full: Any, spans: Sequence[Span]) -> Any:
    for axis, (start, length) in enumerate(spans):
        full = full.narrow(axis, start, length)
    return full.clone()


def _torch_continue2d(in1: Any, in2: Any, boundary: str, fillvalue: float) -> Any:
    import torch

    _require_boundary(boundary)
    margins = [(k - 1, k - 1) for k in in2.shape]
    if boundary == "fill":
        (top, bottom), (left, right) = margins
        return torch.nn.functional.pad(in1, (left, right, top, bottom), value=fillvalue)
    rows, cols = (torch.from_numpy(source) for source in _sources(in1, margins, boundary))
    return in1[rows][:, cols]
