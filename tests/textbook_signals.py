"""Signal ops as their textbooks sum them, entry after entry, in as many digits as `mpmath` is told to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

Values = Any


def turn(share: Any) -> Any:
    """``exp(-2 pi i share)``."""
    return mpmath.expjpi(-2 * share)


def transform(x: list[Any], n: int) -> list[Any]:
    return [sum(v * turn(mpf(i * k) / n) for i, v in enumerate(x)) for k in range(n // 2 + 1)]


def istft(z: Any, window: Any, *, hop_length: int, center: bool, normalized: bool) -> Values:
    n, frames = len(window), len(z[0][0])
    scale = mpmath.sqrt(n) if normalized else n
    found = []
    for rows in z:
        total = [mpf(0)] * (n + hop_length * (frames - 1))
        envelope = list(total)
        for t in range(frames):
            for s in range(n):
                value = rows[0][t].real
                for k in range(1, n // 2 + 1):
                    part = (rows[k][t] * mpmath.conj(turn(mpf(s * k) / n))).real
                    value += part if 2 * k < n else rows[k][t].real * (-1) ** s
                    value += part if 2 * k < n else 0
                total[t * hop_length + s] += value / scale * window[s]
                envelope[t * hop_length + s] += window[s] ** 2
        y = [a / b for a, b in zip(total, envelope, strict=True)]
        found.append(y[n // 2 : len(y) - n // 2] if center else y)
    return found


def segments(x: list[Any], window: list[Any], noverlap: int, detrend: bool) -> list[list[Any]]:
    n, found = len(window), []
    for start in range(0, len(x) - n + 1, n - noverlap):
        piece = x[start : start + n]
        mean = sum(piece) / n if detrend else 0
        found.append(transform([(v - mean) * w for v, w in zip(piece, window, strict=True)], n))
    return found


def counted(k: int, n: int) -> int:
    return 1 if k == 0 or 2 * k == n else 2


def spectrogram(x: Any, window: Any, *, fs: float, noverlap: int, detrend: bool, scaling: str) -> Values:
    scale = fs * sum(w * w for w in window) if scaling == "density" else sum(window) ** 2
    n = len(window)
    return [
        [
            [abs(z[k]) ** 2 * counted(k, n) / scale for z in segments(row, window, noverlap, detrend)]
            for k in range(n // 2 + 1)
        ]
        for row in x
    ]


def averaged(x: Any, y: Any, window: Any, noverlap: int, detrend: bool) -> list[list[Any]]:
    pairs = [
        (segments(a, window, noverlap, detrend), segments(b, window, noverlap, detrend))
        for a, b in zip(x, y, strict=True)
    ]
    return [
        [sum(mpmath.conj(u[k]) * v[k] for u, v in zip(p, q, strict=True)) / len(p) for k in range(len(p[0]))]
        for p, q in pairs
    ]


def csd(x: Any, y: Any, window: Any, *, fs: float, noverlap: int, detrend: bool) -> Values:
    scale = fs * sum(w * w for w in window)
    found = averaged(x, y, window, noverlap, detrend)
    return [[v * counted(k, len(window)) / scale for k, v in enumerate(row)] for row in found]


def coherence(x: Any, y: Any, window: Any, *, noverlap: int, detrend: bool) -> Values:
    both, first, second = (averaged(*pair, window, noverlap, detrend) for pair in ((x, y), (x, x), (y, y)))
    return [
        [abs(a) ** 2 / (b * c).real for a, b, c in zip(*rows, strict=True)]
        for rows in zip(both, first, second, strict=True)
    ]


def czt(x: Any, *, m: int, start: float, step: float | None) -> Values:
    turns = [mpf(start) + k * (mpf(1) / m if step is None else mpf(step)) for k in range(m)]
    return [[sum(v * turn(n * t) for n, v in enumerate(row)) for t in turns] for row in x]


def zoom_fft(x: Any, *, fn: Any, m: int, fs: float, endpoint: bool) -> Values:
    first, last = (mpf(f) for f in fn)
    turns = [(first + k * (last - first) / (m - 1 if endpoint else m)) / mpf(fs) for k in range(m)]
    return [[sum(v * turn(n * t) for n, v in enumerate(row)) for t in turns] for row in x]


def once(b: list[Any], a: list[Any], x: list[Any]) -> list[Any]:
    """The difference equation, everything before the first entry at its steady state."""
    y: list[Any] = []
    steady = sum(b) / sum(a) * x[0]
    for n in range(len(x)):
        value = sum(c * (x[n - k] if n >= k else x[0]) for k, c in enumerate(b))
        value -= sum(c * (y[n - k] if n >= k else steady) for k, c in enumerate(a) if k)
        y.append(value / a[0])
    return y


def filtfilt(x: Any, *, b: Any, a: Any, padtype: str, padlen: int | None) -> Values:
    top, below = [mpf(c) for c in b], [mpf(c) for c in a]
    n = 0 if padtype == "none" else 3 * max(len(a), len(b)) if padlen is None else padlen
    found = []
    for row in x:
        at = range(-n, len(row) + n)
        beyond = {
            "odd": lambda i, r: 2 * r[0] - r[-i] if i < 0 else 2 * r[-1] - r[2 * len(r) - 2 - i],
            "even": lambda i, r: r[-i] if i < 0 else r[2 * len(r) - 2 - i],
            "constant": lambda i, r: r[0] if i < 0 else r[-1],
            "none": None,
        }[padtype]
        longer = [row[i] if 0 <= i < len(row) else beyond(i, row) for i in at]
        found.append(once(top, below, once(top, below, longer)[::-1])[::-1][n : n + len(row)])
    return found


def sinc_taps(numtaps: int, cutoff: Any, window: str, pass_zero: bool) -> list[Any]:
    """The integral of the ideal response, windowed, over its gain in the first band's middle."""
    edges = [mpf(0)] * pass_zero + [mpf(c) for c in cutoff]
    edges += [mpf(1)] * (len(edges) % 2)
    taps = []
    for k in range(numtaps):
        t = k - mpf(numtaps - 1) / 2
        ideal = [(mpmath.sinpi(e * t) / (mpmath.pi * t) if t else e) for e in edges]
        phase = mpf(2 * k) / max(numtaps - 1, 1)
        bell = {
            "hamming": mpf(0.54) - mpf(0.46) * mpmath.cospi(phase),
            "hann": (1 - mpmath.cospi(phase)) / 2,
            "blackman": mpf(0.42) - mpmath.cospi(phase) / 2 + mpf(0.08) * mpmath.cospi(2 * phase),
            "boxcar": mpf(1),
        }[window]
        taps.append(
            sum(ideal[1::2]) * bell - sum(ideal[::2]) * bell if numtaps > 1 else sum(ideal[1::2]) - sum(ideal[::2])
        )
    middle = 0 if edges[0] == 0 else 1 if edges[1] == 1 else (edges[0] + edges[1]) / 2
    gain = sum(h * mpmath.cospi(middle * (k - mpf(numtaps - 1) / 2)) for k, h in enumerate(taps))
    return [h / gain for h in taps]


def polyphase(row: list[Any], h: list[Any], up: int, down: int, before: int) -> list[Any]:
    """Zeros put between, filtered in full, every ``down``-th kept from ``before`` on."""
    stuffed = [row[i // up] if i % up == 0 else mpf(0) for i in range(len(row) * up)]
    full = [
        sum(h[k] * stuffed[i - k] for k in range(len(h)) if 0 <= i - k < len(stuffed))
        for i in range(len(stuffed) + len(h) + down)
    ]
    return full[before::down][: -(-len(row) * up // down)]


def firwin_filter(x: Any, *, numtaps: int, cutoff: Any, window: str, pass_zero: bool) -> Values:
    h = sinc_taps(numtaps, cutoff, window, pass_zero)
    return [polyphase(row, h, 1, 1, 0) for row in x]


def resample_poly(x: Any, h: Any, *, up: int, down: int, padtype: str) -> Values:
    g = int(np.gcd(up, down))
    found = []
    for row in x:
        level = {"constant": mpf(0), "mean": sum(row) / len(row), "minimum": min(row), "maximum": max(row)}[padtype]
        y = polyphase([v - level for v in row], h, up // g, down // g, (len(h) - 1) // 2)
        found.append([v * (up // g) + level for v in y])
    return found


def decimate(x: Any, *, q: int, n: int | None, zero_phase: bool) -> Values:
    h = sinc_taps((20 * q if n is None else n) + 1, [1 / q], "hamming", True)
    return [polyphase(row, h, 1, q, (len(h) - 1) // 2 if zero_phase else 0) for row in x]


def fitted(row: list[Any], order: int, deriv: int, place: int) -> Any:
    """The derivative, at a place, of the polynomial of least squares through a window, by its normal equations."""
    powers = mpmath.matrix([[mpf(t) ** j for j in range(order + 1)] for t in range(len(row))])
    found = mpmath.lu_solve(powers.T * powers, powers.T * mpmath.matrix(row))
    return (
        mpmath.diff(lambda t: sum(c * t**j for j, c in enumerate(found)), place, deriv)
        if deriv
        else sum(c * mpf(place) ** j for j, c in enumerate(found))
    )


def continued(row: list[Any], i: int, mode: str, cval: float) -> Any:
    """An entry of an axis continued beyond its ends."""
    n = len(row)
    if 0 <= i < n:
        return row[i]
    match mode:
        case "wrap" | "grid-wrap":
            return row[i % n]
        case "nearest":
            return row[0 if i < 0 else n - 1]
        case "mirror" if n > 1:
            return continued(row, -i if i < 0 else 2 * n - 2 - i, mode, cval)
        case "reflect" | "grid-mirror":
            return continued(row, -1 - i if i < 0 else 2 * n - 1 - i, mode, cval)
        case "mirror":
            return row[0]
    return mpf(cval)


def savgol_filter(
    x: Any, *, window_length: int, polyorder: int, deriv: int, delta: float, mode: str, cval: float
) -> Values:
    half, found = window_length // 2, []
    for row in x:
        y = []
        for i in range(len(row)):
            start = min(max(i - half, 0), len(row) - window_length) if mode == "interp" else i - half
            window = [continued(row, start + t, mode, cval) for t in range(window_length)]
            y.append(fitted(window, polyorder, deriv, i - start) / mpf(delta) ** deriv)
        found.append(y)
    return found


def detrend(data: Any, *, type: str, bp: Any) -> Values:
    found = []
    for row in data:
        borders = sorted({0, len(row), *(bp if type == "linear" else ())})
        y = []
        for a, b in pairwise(borders):
            order = 1 if type == "linear" and b - a > 1 else 0
            y += [v - fitted(row[a:b], order, 0, t) for t, v in enumerate(row[a:b])]
        found.append(y)
    return found
