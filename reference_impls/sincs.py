"""Signals filtered and resampled by windowed sincs or given taps: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.filters import torch_upfirdn, upfirdn

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

#: Shares of the cosines that windows consist of.
WINDOWS = {"hamming": (0.54, -0.46), "hann": (0.5, -0.5), "blackman": (0.42, -0.5, 0.08), "boxcar": (1.0,)}


def firwin(numtaps: int, cutoff: Sequence[float], window: str, pass_zero: bool) -> Array:
    """A windowed sinc in double precision, of gain 1 in the middle of its first band."""
    if numtaps < 1 or not all(0 < c < 1 for c in cutoff) or sorted(set(cutoff)) != list(cutoff):
        raise ValueError("a tap, and cutoffs that rise between 0 and 1")
    nyquist = pass_zero == (len(cutoff) % 2 == 0)
    if nyquist and numtaps % 2 == 0:
        raise ValueError("an even number of taps has no gain at the highest frequency")
    edges = [*([0.0] * pass_zero), *cutoff, *([1.0] * nyquist)]
    t = np.arange(numtaps) - (numtaps - 1) / 2
    bands = list(zip(edges[::2], edges[1::2], strict=True))
    h = sum((right * np.sinc(right * t) - left * np.sinc(left * t) for left, right in bands), np.zeros(numtaps))
    k = np.arange(numtaps) / max(numtaps - 1, 1)
    if numtaps > 1:
        h *= sum(share * np.cos(2 * np.pi * i * k) for i, share in enumerate(WINDOWS[window]))
    left, right = bands[0]
    middle = 0 if left == 0 else 1 if right == 1 else (left + right) / 2
    return np.asarray(h / (h * np.cos(np.pi * t * middle)).sum())


def firwin_filter(
    x: Array, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> Array:
    """Taps added one after the other."""
    h = firwin(numtaps, cutoff, window, pass_zero)
    return upfirdn(h.astype(x.dtype), x)[..., : x.shape[-1]].copy()


def scipy_firwin_filter(
    x: Array, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> Array:
    """``scipy.signal.firwin`` and ``lfilter``."""
    from scipy import signal

    h = signal.firwin(numtaps, list(cutoff), window=window, pass_zero=pass_zero)
    y: Array = signal.lfilter(h.astype(x.dtype), np.ones(1, x.dtype), x)
    return y


def torch_firwin_filter(
    x: torch.Tensor, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> torch.Tensor:
    """``torch.nn.functional.conv1d`` with the taps turned round."""
    import torch

    taps = firwin(numtaps, cutoff, window, pass_zero)[::-1].copy()
    h = torch.tensor(taps).to(x.dtype)
    padded = torch.nn.functional.pad(x[:, None], (numtaps - 1, 0))
    return torch.nn.functional.conv1d(padded, h[None, None])[:, 0]


def resample_poly(x: Array, h: Array, up: int, down: int, padtype: str = "constant") -> Array:
    """Zeros put between, filtered, every ``down``-th kept from the filter's middle on."""
    up, down = _lowest(up, down)
    level = _level(x, padtype)
    y = _from_middle(upfirdn(h, x - level, up), x.shape[-1], h, up, down) * x.dtype.type(up)
    return np.asarray(y + level)


def scipy_resample_poly(x: Array, h: Array, up: int, down: int, padtype: str = "constant") -> Array:
    """``scipy.signal.resample_poly`` with taps of the caller's."""
    from scipy.signal import resample_poly as of

    y: Array = of(x, up, down, axis=-1, window=h, padtype=padtype)
    return y


def torch_resample_poly(
    x: torch.Tensor, h: torch.Tensor, up: int, down: int, padtype: str = "constant"
) -> torch.Tensor:
    """A transposed convolution of stride ``up``, every ``down``-th kept from the filter's middle on."""
    import torch

    up, down = _lowest(up, down)
    if padtype not in ("constant", "mean", "minimum", "maximum"):
        raise ValueError("nothing of that name is taken out")
    of = {"mean": torch.mean, "minimum": torch.amin, "maximum": torch.amax}.get(padtype)
    level = of(x, -1, keepdim=True) if of else 0.0
    whole = torch_upfirdn(h * up, x - level, up)
    before, length = (len(h) - 1) // 2, -(-x.shape[-1] * up // down)
    short = max(before + (length - 1) * down + 1 - whole.shape[-1], 0)
    return torch.nn.functional.pad(whole, (0, short))[..., before::down][..., :length] + level


def decimate(x: Array, q: int, n: int | None = None, zero_phase: bool = True) -> Array:
    """Every q-th of the filtered entries, from the filter's middle on or from its beginning."""
    h = _lowpass(q, n).astype(x.dtype)
    whole = upfirdn(h, x)
    if zero_phase:
        return _from_middle(whole, x.shape[-1], h, 1, q)
    return whole[..., : x.shape[-1] : q].copy()


def scipy_decimate(x: Array, q: int, n: int | None = None, zero_phase: bool = True) -> Array:
    """``scipy.signal.decimate`` by a filter without recursion."""
    from scipy.signal import decimate as of

    y: Array = of(x, q, n, ftype="fir", zero_phase=zero_phase)
    return y


def torch_decimate(x: torch.Tensor, q: int, n: int | None = None, zero_phase: bool = True) -> torch.Tensor:
    """A convolution of stride q."""
    import torch

    h = torch.tensor(_lowpass(q, n)[::-1].copy()).to(x.dtype)
    before = (len(h) - 1) // 2 if zero_phase else 0
    padded = torch.nn.functional.pad(x[:, None], (len(h) - 1 - before, before))
    return torch.nn.functional.conv1d(padded, h[None, None], stride=q)[:, 0]


def _lowpass(q: int, n: int | None) -> Array:
    if q < 2:
        raise ValueError("there is something to leave out")
    return firwin((20 * q if n is None else n) + 1, [1 / q], "hamming", True)


def _lowest(up: int, down: int) -> tuple[int, int]:
    if up < 1 or down < 1:
        raise ValueError("both factors are positive")
    return up // gcd(up, down), down // gcd(up, down)


def _level(x: Array, padtype: str) -> Any:
    of = {"constant": None, "mean": np.mean, "minimum": np.min, "maximum": np.max}[padtype]
    return x.dtype.type(0) if of is None else of(x, axis=-1, keepdims=True)


def _from_middle(whole: Array, n: int, h: Array, up: int, down: int) -> Array:
    """Every ``down``-th entry from the middle tap's on, zeros where there is none."""
    before, length = (len(h) - 1) // 2, -(-n * up // down)
    short = max(before + (length - 1) * down + 1 - whole.shape[-1], 0)
    padded = np.pad(whole, [(0, 0)] * (whole.ndim - 1) + [(0, short)])
    return padded[..., before::down][..., :length].copy()
