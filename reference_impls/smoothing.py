"""Signals freed of trends, smoothed by polynomials, filtered both ways, filtered and resampled by windowed sincs.

NumPy, SciPy and torch candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

#: How `numpy.pad` continues a signal, by scipy.signal's names.
PADS = {"mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}


def detrend(data: Array, type: str = "linear", bp: Sequence[int] = (0,)) -> Array:
    """The mean taken out, or between breakpoints a line by its two normal equations."""
    if type == "constant":
        return np.asarray(data - data.mean(axis=-1, keepdims=True))
    y = data.copy()
    for a, b in _pieces(data.shape[-1], type, bp):
        t = np.arange(b - a) - (b - a - 1) / 2
        piece = data[..., a:b].astype(np.float64)
        slope = (piece * t).sum(axis=-1, keepdims=True) / max((t * t).sum(), 0.5)
        y[..., a:b] = piece - piece.mean(axis=-1, keepdims=True) - slope * t
    return y


def scipy_detrend(data: Array, type: str = "linear", bp: Sequence[int] = (0,)) -> Array:
    """``scipy.signal.detrend`` along the last axis."""
    from scipy.signal import detrend as of

    y: Array = of(data, type=type, bp=list(bp))
    return y


def torch_detrend(data: torch.Tensor, type: str = "linear", bp: Sequence[int] = (0,)) -> torch.Tensor:
    """The mean taken out, or between breakpoints a line."""
    import torch

    if type == "constant":
        return data - data.mean(-1, keepdim=True)
    found = []
    for a, b in _pieces(data.shape[-1], type, bp):
        t = torch.arange(b - a, dtype=data.dtype) - (b - a - 1) / 2
        piece = data[..., a:b]
        slope = (piece * t).sum(-1, keepdim=True) / max(float((t * t).sum()), 0.5)
        found.append(piece - piece.mean(-1, keepdim=True) - slope * t)
    return torch.cat(found, -1)


def savgol_filter(
    x: Array,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    mode: str = "interp",
    cval: float = 0.0,
) -> Array:
    """Weights from the pseudoinverse of the window's powers, in double precision."""
    weights = _weights(x.shape[-1], window_length, polyorder, deriv, delta, mode)
    half, wide = window_length // 2, x.astype(np.float64)
    if mode == "interp":
        y = np.empty_like(wide)
        y[..., :half] = wide[..., :window_length] @ weights[:half].T
        y[..., x.shape[-1] - half :] = wide[..., x.shape[-1] - window_length :] @ weights[half + 1 :].T
        y[..., half : x.shape[-1] - half] = _slid(wide, window_length) @ weights[half]
        return y.astype(x.dtype)
    end = {"constant_values": cval} if mode == "constant" else {}
    around = [(0, 0)] * (x.ndim - 1) + [(half, half)]
    padded = np.pad(wide, around, mode=PADS[mode], **end)  # type: ignore[call-overload]
    return np.asarray(_slid(padded, window_length) @ weights[half]).astype(x.dtype)


def scipy_savgol_filter(
    x: Array,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    mode: str = "interp",
    cval: float = 0.0,
) -> Array:
    """``scipy.signal.savgol_filter`` along the last axis."""
    from scipy.signal import savgol_filter as of

    y: Array = of(x, window_length, polyorder, deriv, delta, mode=mode, cval=cval)
    return y


def filtfilt(
    x: Array, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None
) -> Array:
    """Forwards and backwards in direct form II transposed, each from the state that a constant leaves."""
    n = _margin(x, b, a, padtype, padlen)
    longer = x if n == 0 else np.concatenate(_ends(x, n, padtype, np), axis=-1)
    for _ in range(2):
        longer = _from_steady(longer, b, a)[..., ::-1]
    return longer[..., n : n + x.shape[-1]].copy()


def scipy_filtfilt(
    x: Array, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None
) -> Array:
    """``scipy.signal.filtfilt`` along the last axis."""
    from scipy.signal import filtfilt as of

    y: Array = of(b, a, x, padtype=None if padtype == "none" else padtype, padlen=padlen)
    return y.astype(x.dtype, copy=False)


def torch_filtfilt(
    x: torch.Tensor, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None
) -> torch.Tensor:
    """Forwards and backwards by products with the matrix of all responses."""
    import torch

    n = _margin(x, b, a, padtype, padlen)
    longer = x if n == 0 else torch.cat(_ends(x, n, padtype, torch), -1)
    rows = _from_steady(np.eye(longer.shape[-1]), b, a)
    matrix = torch.tensor(rows).to(x.dtype)
    for _ in range(2):
        longer = (longer @ matrix).flip(-1)
    return longer[..., n : n + x.shape[-1]].clone()


def _from_steady(x: Array, b: Sequence[float], a: Sequence[float]) -> Array:
    """A recursive filter along the last axis, as if the first entry had always stood before."""
    order = max(len(a), len(b))
    top, below = (np.pad(np.asarray(c, x.dtype), (0, order - len(c))) / x.dtype.type(a[0]) for c in (b, a))
    gain = top.sum() / below.sum()
    rest = (top - gain * below)[::-1].cumsum()[::-1][1:]
    state = np.concatenate([x[..., :1] * rest, np.zeros((*x.shape[:-1], 1), x.dtype)], axis=-1)
    y = np.empty_like(x)
    for n in range(x.shape[-1]):
        y[..., n] = state[..., 0] + top[0] * x[..., n]
        state[..., :-1] = state[..., 1:] + top[1:] * x[..., n, None] - below[1:] * y[..., n, None] if order > 1 else 0
    return y


def _pieces(n: int, type: str, bp: Sequence[int]) -> list[tuple[int, int]]:
    if type != "linear" or any(not 0 <= at <= n for at in bp) or n < 1:
        raise ValueError("the trend is linear or constant, breakpoints lie within the signal")
    borders = sorted({0, n, *bp})
    return list(pairwise(borders))


def _weights(n: int, length: int, polyorder: int, deriv: int, delta: float, mode: str) -> Array:
    """Weights at every place of a window, (places, entries)."""
    if mode not in (*PADS, "interp") or not 0 <= polyorder < length or (mode == "interp" and length > n):
        raise ValueError("a mode, fewer powers than entries, and a window within the signal")
    if deriv < 0 or length < 1 or length % 2 == 0:
        raise ValueError("an odd number of entries, and a derivative")
    t = np.arange(length) - length // 2.0
    inverse = np.linalg.pinv(np.vander(t, polyorder + 1, increasing=True))
    rows = [
        factorial(k) / factorial(k - deriv) * t ** (k - deriv) if k >= deriv else 0 * t for k in range(polyorder + 1)
    ]
    return np.asarray(np.stack(rows, axis=-1) @ inverse / delta**deriv)


def _slid(x: Array, length: int) -> Array:
    return np.lib.stride_tricks.sliding_window_view(x, length, axis=-1)


def _margin(x: Any, b: Sequence[float], a: Sequence[float], padtype: str, padlen: int | None) -> int:
    if padtype not in ("odd", "even", "constant", "none"):
        raise ValueError("the extension is odd, even, constant or none")
    n = 0 if padtype == "none" else 3 * max(len(a), len(b)) if padlen is None else padlen
    if not 0 <= n < x.shape[-1]:
        raise ValueError("the signal is longer than what is put before it")
    return n


def _ends(x: Any, n: int, padtype: str, library: Any) -> list[Any]:
    first, last = x[..., :1], x[..., -1:]
    before, after = (library.flip(part, (-1,)) for part in (x[..., 1 : n + 1], x[..., x.shape[-1] - n - 1 : -1]))
    if padtype == "odd":
        before, after = 2 * first - before, 2 * last - after
    if padtype == "constant":
        before, after = 0 * before + first, 0 * after + last
    return [before, x, after]
