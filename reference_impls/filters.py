"""Filters of signals, recursive and of neighbourhoods: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened
from reference_impls.padding import circular_source, reflect_source, replicate_source, symmetric_source

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

#: What lies beyond the border, by its name in ``scipy.ndimage``.
SOURCES = {
    "wrap": circular_source,
    "reflect": symmetric_source,
    "mirror": reflect_source,
    "nearest": replicate_source,
}


def lfilter(b: Array, a: Array, x: Array) -> Array:
    """Direct form II transposed: a state of delayed sums, entry by entry."""
    b, a = _coefficients(b, a)
    order = max(len(a), len(b)) - 1
    b, a = (np.pad(c, (0, order + 1 - len(c))) for c in (b / a[0], a / a[0]))
    state = np.zeros((*x.shape[:-1], order + 1), x.dtype)
    y = np.empty_like(x)
    for n in range(x.shape[-1]):
        y[..., n] = state[..., 0] + b[0] * x[..., n]
        state[..., :-1] = state[..., 1:] + b[1:] * x[..., n, None] - a[1:] * y[..., n, None]
    return y


def lfilter_direct(b: Array, a: Array, x: Array) -> Array:
    """Direct form I: the difference equation as it is written."""
    b, a = _coefficients(b, a)
    y = np.zeros_like(x)
    for n in range(x.shape[-1]):
        total = np.zeros(x.shape[:-1], x.dtype)
        for k in range(min(len(b), n + 1)):
            total += b[k] * x[..., n - k]
        for k in range(1, min(len(a), n + 1)):
            total -= a[k] * y[..., n - k]
        y[..., n] = total / a[0]
    return y


def torch_lfilter(b: torch.Tensor, a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The difference equation, stacked."""
    import torch

    if b.dim() != 1 or a.dim() != 1 or not len(a) or not len(b):
        raise ValueError("coefficients are vectors")
    found: list[torch.Tensor] = []
    for n in range(x.shape[-1]):
        total = b[0] * x[..., n]
        for k in range(1, min(len(b), n + 1)):
            total = total + b[k] * x[..., n - k]
        for k in range(1, min(len(a), n + 1)):
            total = total - a[k] * found[n - k]
        found.append(total / a[0])
    return torch.stack(found, -1)


def scipy_lfilter(b: Array, a: Array, x: Array) -> Array:
    """``scipy.signal.lfilter`` along the last axis."""
    from scipy.signal import lfilter as of

    y: Array = of(b, a, x)
    return y


def scipy_sosfilt(x: Array, sos: Sequence[Sequence[float]]) -> Array:
    """``scipy.signal.sosfilt`` with coefficients of the signal's dtype."""
    from scipy.signal import sosfilt as of

    y: Array = of(np.asarray(sos, x.dtype), x)
    return y


def sosfilt(x: Array, sos: Sequence[Sequence[float]]) -> Array:
    """Section after section in direct form II transposed."""
    for section in _sections(sos):
        x = lfilter(np.asarray(section[:3], x.dtype), np.asarray(section[3:], x.dtype), x)
    return x


def torch_sosfilt(x: torch.Tensor, sos: Sequence[Sequence[float]]) -> torch.Tensor:
    """Section after section by the difference equation."""
    import torch

    for section in _sections(sos):
        b, a = (torch.tensor(part, dtype=x.dtype, device=x.device) for part in (section[:3], section[3:]))
        x = torch_lfilter(b, a, x)
    return x


def upfirdn(h: Array, x: Array, up: int = 1, down: int = 1) -> Array:
    """Zeros put between, taps added one after the other, every ``down``-th kept."""
    if h.ndim != 1 or not len(h) or up < 1 or down < 1:
        raise ValueError("the filter is a vector, both factors are positive")
    y = np.zeros((*x.shape[:-1], (x.shape[-1] - 1) * up + len(h)), widened(x).dtype)
    for k, tap in enumerate(widened(h)):
        y[..., k : k + (x.shape[-1] - 1) * up + 1 : up] += tap * x
    return np.ascontiguousarray(y[..., ::down]).astype(x.dtype, copy=False)


def scipy_upfirdn(h: Array, x: Array, up: int = 1, down: int = 1) -> Array:
    """``scipy.signal.upfirdn`` along the last axis."""
    from scipy.signal import upfirdn as of

    y: Array = of(h, x, up, down)
    return y


def torch_upfirdn(h: torch.Tensor, x: torch.Tensor, up: int = 1, down: int = 1) -> torch.Tensor:
    """A transposed convolution of stride ``up``."""
    import torch

    if h.dim() != 1 or not len(h) or up < 1 or down < 1:
        raise ValueError("the filter is a vector, both factors are positive")
    y = torch.nn.functional.conv_transpose1d(x[:, None], h[None, None], stride=up)
    return y[:, 0, ::down].contiguous()


def medfilt(volume: Array, kernel_size: int) -> Array:
    """The middle of every sorted window, zeros beyond the ends."""
    if volume.ndim != 1 or kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError("a vector, and an odd number of entries")
    padded = np.pad(volume, kernel_size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel_size)
    return np.asarray(np.sort(windows, axis=-1)[:, kernel_size // 2])


def torch_medfilt(volume: torch.Tensor, kernel_size: int) -> torch.Tensor:
    """``torch.median`` of unfolded windows."""
    import torch

    if volume.dim() != 1 or kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError("a vector, and an odd number of entries")
    padded = torch.nn.functional.pad(volume, (kernel_size // 2, kernel_size // 2))
    return padded.unfold(0, kernel_size, 1).median(-1).values


def scipy_medfilt(volume: Array, kernel_size: int) -> Array:
    """``scipy.signal.medfilt`` of a vector."""
    from scipy.signal import medfilt as of

    y: Array = of(volume, kernel_size)
    return y


def median_filter(input: Array, size: int, mode: str = "reflect", cval: float = 0.0) -> Array:
    """The upper middle of every sorted square."""
    windows = np.lib.stride_tricks.sliding_window_view(_continued(input, size, mode, cval), (size, size))
    flat = windows.reshape(*input.shape, size * size)
    return np.asarray(np.sort(flat, axis=-1)[..., size * size // 2])


def uniform_filter(input: Array, size: int, mode: str = "reflect", cval: float = 0.0) -> Array:
    """Sums of neighbours, entry by entry of the window, rows first."""
    padded = widened(_continued(input, size, mode, cval))
    rows = sum(padded[t : t + input.shape[0]] for t in range(size))
    total = sum(np.asarray(rows)[:, t : t + input.shape[1]] for t in range(size))
    return np.asarray(total / padded.dtype.type(size * size)).astype(input.dtype, copy=False)


def gaussian_filter(
    input: Array, sigma: float, mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0
) -> Array:
    """Weights of a bell, along rows, then along columns."""
    if sigma <= 0:
        raise ValueError("sigma is positive")
    reach = int(truncate * sigma + 0.5)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (bell / bell.sum()).astype(widened(input).dtype)
    padded = widened(_continued(input, 2 * reach + 1, mode, cval))
    rows = sum(w * padded[t : t + input.shape[0]] for t, w in enumerate(weights))
    total = sum(w * np.asarray(rows)[:, t : t + input.shape[1]] for t, w in enumerate(weights))
    return np.asarray(total).astype(input.dtype, copy=False)


def scipy_uniform_filter(input: Array, size: int, mode: str = "reflect", cval: float = 0.0) -> Array:
    """``scipy.ndimage.uniform_filter`` of an image."""
    from scipy.ndimage import uniform_filter as of

    y: Array = of(input, size, mode=mode, cval=cval)
    return y


def scipy_gaussian_filter(
    input: Array, sigma: float, mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0
) -> Array:
    """``scipy.ndimage.gaussian_filter`` of an image."""
    from scipy.ndimage import gaussian_filter as of

    y: Array = of(input, sigma, mode=mode, cval=cval, truncate=truncate)
    return y


def scipy_median_filter(input: Array, size: int, mode: str = "reflect", cval: float = 0.0) -> Array:
    """``scipy.ndimage.median_filter`` of an image."""
    from scipy.ndimage import median_filter as of

    y: Array = of(input, size, mode=mode, cval=cval)
    return y


def _continued(input: Array, size: int, mode: str, cval: float) -> Array:
    """The image with what lies beyond it, as far as windows of a size reach."""
    if input.ndim != 2 or size < 1 or 0 in input.shape:
        raise ValueError("an image that is not empty, and a window that is not")
    before, after, cval = size // 2, size - 1 - size // 2, float(cval)
    if mode == "constant":
        return np.pad(input, (before, after), constant_values=cval)
    for axis in (0, 1):
        source = SOURCES[mode](input.shape[axis], before, after)
        input = np.take(input, source, axis)
    return input


def _coefficients(b: Array, a: Array) -> tuple[Array, Array]:
    if b.ndim != 1 or a.ndim != 1 or not len(a) or not len(b):
        raise ValueError("coefficients are vectors")
    return b, a


def _sections(sos: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    if any(len(section) != 6 or section[3] != 1 for section in sos):
        raise ValueError("a section has six coefficients, the fourth of them 1")
    return sos
