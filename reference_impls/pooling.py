"""Images -> pooled images: NumPy and torch candidates, each NumPy one with its vjp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from reference_impls.activations import widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]
Pair = int | tuple[int, int]


class Axis(NamedTuple):
    """How windows lie along one axis: tap ``k`` of window ``o`` reads entry ``o stride + k dilation - padding``."""

    size: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    windows: int

    @property
    def span(self) -> int:
        """Length of the padded axis that all windows together read."""
        return (self.windows - 1) * self.stride + (self.kernel - 1) * self.dilation + 1

    def tap(self, k: int) -> slice:
        """Entries of the padded axis that tap ``k`` reads, one per window."""
        start = k * self.dilation
        return slice(start, start + (self.windows - 1) * self.stride + 1, self.stride)


def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """``y = max over taps of x``, with the flat index of the maximum in its image; of equals the first, NaN over all.

    A running maximum over the taps of the window: vectorised over everything else.
    """
    rows, columns = _axes(input, kernel_size, stride, padding, dilation, ceil_mode)
    best, tap = _running_maximum(_padded(input, rows, columns, _lowest(input.dtype)), rows, columns)
    return best, _flat_index(tap, rows, columns)


def max_pool2d_vjp(
    cotangent: Array,
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> tuple[Array]:
    """``sum of g over the windows whose maximum the entry is``."""
    rows, columns = _axes(input, kernel_size, stride, padding, dilation, ceil_mode)
    _, tap = _running_maximum(_padded(input, rows, columns, _lowest(input.dtype)), rows, columns)
    g = widened(cotangent)
    parts = (np.where(tap == number, g, 0) for number in range(rows.kernel * columns.kernel))
    return (_spread(parts, input, rows, columns),)


def max_pool2d_windows(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """``y = x[argmax over the window]``, the windows gathered side by side."""
    rows, columns = _axes(input, kernel_size, stride, padding, dilation, ceil_mode)
    windows = _windows(_padded(input, rows, columns, _lowest(input.dtype)), rows, columns)
    flat = windows.reshape(*windows.shape[:-2], rows.kernel * columns.kernel)
    inside = _windows(_padded(np.ones(input.shape[-2:], bool), rows, columns, False), rows, columns)
    ranked = np.where(inside.reshape(flat.shape[-3:]) & (flat == flat.max(axis=-1, keepdims=True)), 1, 0)
    tap = np.where(np.isnan(flat).any(-1), _last_nan(flat), ranked.argmax(axis=-1))
    return np.take_along_axis(flat, tap[..., None], axis=-1)[..., 0], _flat_index(tap, rows, columns)


def torch_max_pool2d(
    input: torch.Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:
    """``torch.nn.functional.max_pool2d`` with its indices."""
    import torch

    of: Any = torch.nn.functional.max_pool2d_with_indices
    output, indices = of(input, kernel_size, stride, padding, dilation, ceil_mode)
    return output, indices


def avg_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """``y = sum over taps of x / divisor``, the divisor the number of taps that count, or ``divisor_override``.

    Summed over rows of the window, then over columns: ``kH + kW`` vectorised additions.
    """
    rows, columns = _axes(input, kernel_size, stride, padding, 1, ceil_mode)
    padded = _padded(widened(input), rows, columns, 0)
    tall = _total(padded[..., rows.tap(k), :] for k in range(rows.kernel))
    total = _total(tall[..., columns.tap(k)] for k in range(columns.kernel))
    mean: Array = total / _divisor(rows, columns, count_include_pad, divisor_override, total.dtype)
    return mean.astype(input.dtype, copy=False)


def avg_pool2d_vjp(
    cotangent: Array,
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> tuple[Array]:
    """``sum of g / divisor over the windows that read the entry``."""
    rows, columns = _axes(input, kernel_size, stride, padding, 1, ceil_mode)
    g = widened(cotangent)
    share = g / _divisor(rows, columns, count_include_pad, divisor_override, g.dtype)
    return (_spread((share for _ in range(rows.kernel * columns.kernel)), input, rows, columns),)


def avg_pool2d_windows(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """``y = sum over the window / divisor``, one einsum over a strided view of the windows."""
    rows, columns = _axes(input, kernel_size, stride, padding, 1, ceil_mode)
    windows = _windows(_padded(widened(input), rows, columns, 0), rows, columns)
    total = np.einsum("...ij->...", windows)
    mean: Array = total / _divisor(rows, columns, count_include_pad, divisor_override, total.dtype)
    return mean.astype(input.dtype, copy=False)


def torch_avg_pool2d(
    input: torch.Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> torch.Tensor:
    """``torch.nn.functional.avg_pool2d`` with a readable signature."""
    import torch

    return torch.nn.functional.avg_pool2d(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _pair(value: Pair) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)


def _axes(
    input: Array, kernel_size: Pair, stride: Pair | None, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[Axis, Axis]:
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise ValueError(f"input has shape {input.shape}; expected (N, C, H, W) or (C, H, W), only N may be 0")
    kernels, paddings, dilations = _pair(kernel_size), _pair(padding), _pair(dilation)
    strides = kernels if stride is None else _pair(stride)
    steps = zip(input.shape[-2:], kernels, strides, paddings, dilations, strict=True)
    rows, columns = (_axis(*step, ceil_mode) for step in steps)
    return rows, columns


def _axis(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> Axis:
    """``windows = (size + 2 padding - dilation (kernel - 1) - 1) / stride + 1``, rounded down, or up as long as the
    last window starts inside the image or its left padding (torch.nn.MaxPool2d, note on ``ceil_mode``)."""
    if min(kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError(f"kernel {kernel}, stride {stride}, dilation {dilation} are due > 0, padding {padding} >= 0")
    if padding > kernel // 2:
        raise ValueError(f"padding {padding} exceeds half of the kernel's size {kernel}")
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    windows = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (windows - 1) * stride >= size + padding:
        windows -= 1
    if windows < 1:
        raise ValueError(f"no window of extent {(kernel - 1) * dilation + 1} fits {size} entries padded by {padding}")
    return Axis(size, kernel, stride, padding, dilation, windows)


def _lowest(dtype: npt.DTypeLike) -> Any:
    return np.iinfo(dtype).min if np.issubdtype(dtype, np.integer) else -np.inf


def _padded(input: Array, rows: Axis, columns: Axis, value: Any) -> Array:
    """The part of the padded image that the windows read."""
    shape = tuple(max(axis.span, axis.padding + axis.size) for axis in (rows, columns))
    if shape == input.shape[-2:]:
        return input
    padded = np.full((*input.shape[:-2], *shape), value, input.dtype)
    _interior(padded, rows, columns)[...] = input
    return padded


def _interior(padded: Array, rows: Axis, columns: Axis) -> Array:
    return padded[..., rows.padding : rows.padding + rows.size, columns.padding : columns.padding + columns.size]


def _running_maximum(padded: Array, rows: Axis, columns: Axis) -> tuple[Array, Array]:
    """The maximum of each window and the number of its tap, counted along rows.

    The number is how many taps stand before the first that equals the maximum.
    """
    taps = [padded[..., rows.tap(i), columns.tap(j)] for i, j in np.ndindex(rows.kernel, columns.kernel)]
    best = taps[0].copy()
    for entry in taps[1:]:
        np.maximum(best, entry, out=best)
    before = np.ones(best.shape, bool)
    tap = np.zeros(best.shape, np.min_scalar_type(len(taps)))
    for entry in taps:
        before &= entry != best
        tap += before.view(np.uint8)
    _settle_nan(tap, best, taps)
    if rows.padding or columns.padding:
        first = _first_tap(rows)[:, None] * columns.kernel + _first_tap(columns)
        np.copyto(tap, first, where=best == _lowest(best.dtype), casting="unsafe")
    return best, tap


def _settle_nan(tap: Array, best: Array, taps: list[Array]) -> None:
    """Where the maximum is NaN no tap equals it: the last NaN of the window is meant."""
    at = np.isnan(best)
    if at.any():
        chosen = np.stack([np.isnan(entry[at]) for entry in taps])
        tap[at] = len(taps) - 1 - chosen[::-1].argmax(axis=0)


def _first_tap(axis: Axis) -> Array:
    """The first tap of each window that reads the image rather than its padding."""
    outside = np.maximum(axis.padding - np.arange(axis.windows) * axis.stride, 0)
    return np.asarray(-(-outside // axis.dilation))


def _last_nan(flat: Array) -> Array:
    return np.asarray(flat.shape[-1] - 1 - np.isnan(flat[..., ::-1]).argmax(axis=-1))


def _flat_index(tap: Array, rows: Axis, columns: Axis) -> Array:
    """Number of the tap -> flat index into the image it was read from."""
    i, j = np.divmod(np.arange(rows.kernel * columns.kernel), columns.kernel)
    offset = i * rows.dilation * columns.size + j * columns.dilation
    row = np.arange(rows.windows) * rows.stride - rows.padding
    column = np.arange(columns.windows) * columns.stride - columns.padding
    index: Array = offset.take(tap)
    index += row[:, None] * columns.size + column
    return index


def _windows(padded: Array, rows: Axis, columns: Axis) -> Array:
    extents = tuple((axis.kernel - 1) * axis.dilation + 1 for axis in (rows, columns))
    views = sliding_window_view(padded, extents, axis=(-2, -1))
    chosen = views[..., :: rows.stride, :: columns.stride, :: rows.dilation, :: columns.dilation]
    return np.asarray(chosen[..., : rows.windows, : columns.windows, :, :])


def _spread(parts: Iterator[Array], input: Array, rows: Axis, columns: Axis) -> Array:
    """Add each tap's part to the entries the tap reads, and drop the padding."""
    shape = tuple(max(axis.span, axis.padding + axis.size) for axis in (rows, columns))
    total = np.zeros((*input.shape[:-2], *shape), np.result_type(input.dtype, np.float32))
    for (i, j), part in zip(np.ndindex(rows.kernel, columns.kernel), parts, strict=True):
        total[..., rows.tap(i), columns.tap(j)] += part
    return np.ascontiguousarray(_interior(total, rows, columns)).astype(input.dtype, copy=False)


def _total(parts: Iterator[Array]) -> Array:
    total = next(parts).copy()
    for part in parts:
        total += part
    return total


def _divisor(rows: Axis, columns: Axis, count_include_pad: bool, override: int | None, dtype: npt.DTypeLike) -> Array:
    if override is not None:
        if override == 0:
            raise ValueError("divisor_override is 0; it may not be")
        return np.asarray(override, dtype)
    taps = (_counted(axis, count_include_pad) for axis in (rows, columns))
    return np.multiply.outer(*taps).astype(dtype)


def _counted(axis: Axis, count_include_pad: bool) -> Array:
    """How many entries of each window count: those in the image, or in the padded image."""
    start = np.arange(axis.windows) * axis.stride - axis.padding
    stop = np.minimum(start + axis.kernel, axis.size + axis.padding)
    if count_include_pad:
        return stop - start
    return np.minimum(stop, axis.size) - np.maximum(start, 0)
