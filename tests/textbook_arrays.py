"""Ops as formulas of arrays of mpmath's numbers: values from inputs and params, written from their textbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf
from test_operations import each, numbers

Numbers = Any

mp_abs, mp_exp, mp_log, mp_sqrt, mp_tanh = (
    each(f)
    for f in (
        lambda x: abs(x),
        lambda x: mpmath.exp(x),
        lambda x: mpmath.log(x),
        lambda x: mpmath.sqrt(x),
        lambda x: mpmath.tanh(x),
    )
)
mp_conj = each(lambda x: mpmath.conj(x))
mp_logistic = each(lambda x: 1 / (1 + mpmath.exp(-x)))


def complex_numbers(x: Any) -> Numbers:
    """An array as mpmath's numbers, exactly."""
    return numbers(x.real) + mpmath.mpc(0, 1) * numbers(x.imag) if np.iscomplexobj(x) else numbers(x)


@dataclass(frozen=True)
class Formula:
    """The outputs from inputs and params as mpmath's numbers, and the cases it is held at, behind the op."""

    of: Callable[..., Any]
    at: tuple[str, ...] = ("",)


#: Tiny numbers, halves, and numbers beyond which single precision sees no tail, of either sign.
SPECIAL = "1e-30_-1e-8_0.5_-0.5_21_-21_5.5_-17"


def entry(function: Callable[..., Any], *more: str) -> Formula:
    """A function entry by entry, at normal and at larger numbers."""

    def of(*arrays: Numbers, **params: Any) -> Numbers:
        return np.frompyfunc(lambda *x: function(*x, **params), len(arrays), 1)(*arrays)

    return Formula(of, ("", "fill:moderate", f"fill:values_{SPECIAL}", *more))


def logistic(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def log_1p_exp(x: Any) -> Any:
    return mpmath.log(1 + mpmath.exp(x))


def gelu(x: Any, approximate: str) -> Any:
    if approximate == "none":
        return x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2
    return x * logistic(2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpf(0.044715) * x**3))


def selu(x: Any) -> Any:
    alpha, scale = mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946")
    return scale * (x if x > 0 else alpha * (mpmath.exp(x) - 1))


def hardswish(x: Any) -> Any:
    return x * min(max(x + 3, mpf(0)), mpf(6)) / 6


# --- functions of arrays --------------------------------------------------------------------------------------------


def total(losses: Numbers, reduction: str) -> Numbers:
    """The mean, the sum, or each."""
    if reduction == "none":
        return losses
    return losses.sum() / (mpf(losses.size) if reduction == "mean" else 1)


def softmax(x: Numbers, dim: int) -> Numbers:
    return mp_exp(x) / mp_exp(x).sum(axis=dim, keepdims=True)


def normalized(x: Numbers, axes: tuple[int, ...], eps: float) -> Numbers:
    """Less the mean over some axes, divided by the root of the mean square of that."""
    count = mpf(int(np.prod([x.shape[a] for a in axes])))
    off = x - x.sum(axis=axes, keepdims=True) / count
    return off / mp_sqrt((off * off).sum(axis=axes, keepdims=True) / count + mpf(eps))


def layer_norm(x: Numbers, w: Numbers, b: Numbers, normalized_shape: tuple[int, ...], eps: float) -> Numbers:
    return normalized(x, tuple(range(x.ndim - len(normalized_shape), x.ndim)), eps) * w + b


def of_channels(v: Numbers) -> Numbers:
    return v[:, None, None]


def group_norm(x: Numbers, w: Numbers, b: Numbers, num_groups: int, eps: float) -> Numbers:
    groups = normalized(x.reshape(len(x), num_groups, -1), (2,), eps).reshape(x.shape)
    return groups * of_channels(w) + of_channels(b)


def batch_norm(
    x: Numbers, mean: Numbers, var: Numbers, w: Numbers, b: Numbers, training: bool, momentum: float, eps: float
) -> list[Numbers]:
    count, share = mpf(x.size // x.shape[1]), mpf(momentum)
    m = x.sum(axis=(0, 2, 3)) / count
    v = ((x - of_channels(m)) ** 2).sum(axis=(0, 2, 3)) / count
    if not training:
        y = (x - of_channels(mean)) / of_channels(mp_sqrt(var + mpf(eps)))
        return [y * of_channels(w) + of_channels(b), mean, var]
    y = (x - of_channels(m)) / of_channels(mp_sqrt(v + mpf(eps)))
    unbiased = v * count / (count - 1)
    moved = [(1 - share) * old + share * new for old, new in ((mean, m), (var, unbiased))]
    return [y * of_channels(w) + of_channels(b), *moved]


def huber(x: Numbers, t: Numbers, delta: float, reduction: str) -> Numbers:
    limit = mpf(delta)
    return total(each(lambda d: d * d / 2 if abs(d) <= limit else limit * (abs(d) - limit / 2))(x - t), reduction)


def kl_div(x: Numbers, t: Numbers, log_target: bool, reduction: str) -> Numbers:
    target, log_of = (mp_exp(t), t) if log_target else (t, mp_log(t))
    return total(target * (log_of - x), reduction)


def bce(p: Numbers, t: Numbers, w: Numbers, reduction: str) -> Numbers:
    return total(-w * (t * mp_log(p) + (1 - t) * mp_log(1 - p)), reduction)


def bce_with_logits(x: Numbers, t: Numbers, w: Numbers, pos: Numbers, reduction: str) -> Numbers:
    p = mp_logistic(x)
    return total(-w * (pos * t * mp_log(p) + (1 - t) * mp_log(1 - p)), reduction)


def chosen(logs: Numbers, t: Numbers, w: Numbers, reduction: str) -> Numbers:
    """The weighted mean of minus the chosen entry of each row, their sum, or each."""
    rows = [(-w[int(k)] * row[int(k)], w[int(k)]) for row, k in zip(logs, t, strict=True)]
    losses, weights = (np.array(part, dtype=object) for part in zip(*rows, strict=True))
    return losses.sum() / weights.sum() if reduction == "mean" else total(losses, reduction)


def cross_entropy(
    x: Numbers, t: Numbers, w: Numbers, ignore_index: int, reduction: str, label_smoothing: float
) -> Numbers:
    return chosen(mp_log(softmax(x, 1)), t, w, reduction)


def attention(q: Numbers, k: Numbers, v: Numbers, mask: Numbers, causal: bool) -> Numbers:
    scores = np.einsum("bld,bsd->bls", q, k) / mpmath.sqrt(q.shape[-1])
    shares = np.where(mask, mp_exp(scores), mpf(0))
    return np.einsum("bls,bsd->bld", shares / shares.sum(axis=-1, keepdims=True), v)


def rope(x: Numbers, angle: Numbers, interleaved: bool) -> Numbers:
    half = x.shape[-1] // 2
    turn = each(lambda a, b, t: mpmath.mpc(a, b) * mpmath.expj(t))
    y = turn(x[..., ::2], x[..., 1::2], angle) if interleaved else turn(x[..., :half], x[..., half:], angle)
    a, b = each(lambda z: z.real)(y), each(lambda z: z.imag)(y)
    return np.stack([a, b], axis=-1).reshape(x.shape) if interleaved else np.concatenate([a, b], axis=-1)


def convolve(a: Numbers, v: Numbers, mode: str) -> Numbers:
    full = np.full(len(a) + len(v) - 1, mpf(0), dtype=object)
    for i, j in np.ndindex(len(a), len(v)):
        full[i + j] = full[i + j] + a[i] * v[j]
    return full


def correlate(a: Numbers, v: Numbers, mode: str) -> Numbers:
    return np.array([(a[k : k + len(v)] * v).sum() for k in range(len(a) - len(v) + 1)], dtype=object)


def conv(x: Numbers, w: Numbers, b: Numbers, stride: int, padding: int, dilation: int, groups: int) -> Numbers:
    """Window by window, of any number of axes, with no padding."""
    assert not padding
    sizes = [(n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    y = np.empty((len(x), len(w), *sizes), dtype=object)
    for n, o, *place in np.ndindex(*y.shape):
        first = o // (len(w) // groups) * w.shape[1]
        at = [
            slice(p * stride, p * stride + dilation * (w.shape[2 + k] - 1) + 1, dilation) for k, p in enumerate(place)
        ]
        y[(n, o, *place)] = (x[(n, slice(first, first + w.shape[1]), *at)] * w[o]).sum() + b[o]
    return y


def conv_transposed(
    x: Numbers, w: Numbers, b: Numbers, stride: int, padding: int, output_padding: int, groups: int, dilation: int
) -> Numbers:
    """Each entry spreads its kernel, of one group, with no padding."""
    assert (groups, padding, output_padding) == (1, 0, 0)
    sizes = [(n - 1) * stride + dilation * (k - 1) + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    y = np.full((len(x), w.shape[1], *sizes), mpf(0), dtype=object) + b.reshape(-1, *(1,) * len(sizes))
    for n, c, *place in np.ndindex(*x.shape):
        at = [
            slice(p * stride, p * stride + dilation * (k - 1) + 1, dilation)
            for p, k in zip(place, w.shape[2:], strict=True)
        ]
        y[(n, slice(None), *at)] = y[(n, slice(None), *at)] + x[(n, c, *place)] * w[c]
    return y


def adam(
    p: Numbers,
    g: Numbers,
    m: Numbers,
    v: Numbers,
    t: int,
    lr: float,
    betas: Sequence[float],
    eps: float,
    weight_decay: float,
    decoupled: bool,
) -> list[Numbers]:
    (b1, b2), rate, decay = map(mpf, betas), mpf(lr), mpf(weight_decay)
    g = g if decoupled else g + decay * p
    p = p * (1 - rate * decay) if decoupled else p
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
    step = (m / (1 - b1**t)) / (mp_sqrt(v / (1 - b2**t)) + mpf(eps))
    return [p - rate * step, m, v]


def gru(x: Numbers, h: Numbers, w: Numbers, u: Numbers, b: Numbers, c: Numbers) -> Numbers:
    (xr, xz, xn), (hr, hz, hn) = (np.split(y, 3, axis=1) for y in (x @ w.T + b, h @ u.T + c))
    r, z = mp_logistic(xr + hr), mp_logistic(xz + hz)
    return (1 - z) * mp_tanh(xn + r * hn) + z * h


def lstm(x: Numbers, h: Numbers, c: Numbers, w: Numbers, u: Numbers, b: Numbers, d: Numbers) -> list[Numbers]:
    i, f, g, o = np.split(x @ w.T + b + h @ u.T + d, 4, axis=1)
    c = mp_logistic(f) * c + mp_logistic(i) * mp_tanh(g)
    return [mp_logistic(o) * mp_tanh(c), c]


def gated(of: Callable[..., Any]) -> Formula:
    return Formula(lambda gate, x: each(of)(gate) * x)


def local_response(x: Numbers, size: int, alpha: float, beta: float, k: float) -> Numbers:
    y = np.empty(x.shape, dtype=object)
    for c in range(x.shape[1]):
        beside = x[:, max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
        y[:, c] = x[:, c] * each(lambda s: (mpf(k) + mpf(alpha) / size * s) ** -mpf(beta))((beside**2).sum(axis=1))
    return y


def full(a: Numbers, v: Numbers, **_: Any) -> Numbers:
    """The full convolution along all axes, term by term."""
    y = np.full([n + m - 1 for n, m in zip(a.shape, v.shape, strict=True)], mpf(0), dtype=object)
    for i in np.ndindex(*a.shape):
        at = tuple(slice(k, k + m) for k, m in zip(i, v.shape, strict=True))
        y[at] = y[at] + a[i] * v
    return y


def within_image(x: Numbers, w: Numbers, b: Numbers) -> Numbers:
    """The filter slid over the image, as it lies."""
    sizes = [n - k + 1 for n, k in zip(x.shape, w.shape, strict=True)]
    y = [[(x[i : i + w.shape[0], j : j + w.shape[1]] * w).sum() for j in range(sizes[1])] for i in range(sizes[0])]
    return np.array(y, dtype=object) + b


def folded(k: int, n: int) -> int:
    """A place beyond an end, reflected there about the edge of the last entry."""
    k %= 2 * n
    return k if k < n else 2 * n - 1 - k


def weighted(x: Numbers, w: Numbers, **_: Any) -> Numbers:
    """The weights about each entry, their middle on it, over an image that is reflected beyond its ends."""
    y = np.empty(x.shape, dtype=object)
    for i in np.ndindex(*x.shape):
        places = [[folded(c + k - m // 2, n) for k in range(m)] for c, m, n in zip(i, w.shape, x.shape, strict=True)]
        y[i] = (x[np.ix_(*places)] * w).sum()
    return y


def gaussian(x: Numbers, sigma: float, mode: str, cval: float, truncate: float) -> Numbers:
    reach = int(truncate * sigma + 0.5)
    line = np.array([mpmath.exp(-mpf(k * k) / (2 * mpf(sigma) ** 2)) for k in range(-reach, reach + 1)], dtype=object)
    return weighted(x, np.multiply.outer(line, line) / line.sum() ** 2)


def recursive(b: Numbers, a: Numbers, x: Numbers) -> Numbers:
    """``a0 y[n] = sum of b[k] x[n - k] - sum of a[k] y[n - k]``."""
    y = np.empty(x.shape, dtype=object)
    for row, n in np.ndindex(*x.shape):
        ahead = sum((b[k] * x[row, n - k] for k in range(min(len(b), n + 1))), mpf(0))
        back = sum((a[k] * y[row, n - k] for k in range(1, min(len(a), n + 1))), mpf(0))
        y[row, n] = (ahead - back) / a[0]
    return y


def sections(x: Numbers, sos: Sequence[Sequence[float]]) -> Numbers:
    for section in sos:
        b, a = (np.array([mpf(v) for v in part], dtype=object) for part in (section[:3], section[3:]))
        x = recursive(b, a, x)
    return x


def of_windows(x: Numbers, window: Callable[[int, int, int], tuple[int, int]], sizes: Sequence[int]) -> Numbers:
    """The means over windows of the last two axes, whose ends are said of each axis and place."""
    y = np.empty((*x.shape[:2], *sizes), dtype=object)
    for i, j in np.ndindex(*sizes):
        (top, bottom), (left, right) = window(0, i, x.shape[2]), window(1, j, x.shape[3])
        part = x[:, :, top:bottom, left:right]
        y[:, :, i, j] = part.sum(axis=(2, 3)) / ((bottom - top) * (right - left))
    return y


def adaptive(x: Numbers, sizes: Sequence[int]) -> Numbers:
    """From the floor of a share of the axis to the ceiling of the next."""
    return of_windows(x, lambda k, i, n: (i * n // sizes[k], -(-(i + 1) * n // sizes[k])), sizes)


def in_threes(x: Numbers, kernel_size: int, stride: int | None, **_: Any) -> Numbers:
    """Windows side by side, none beyond the end."""
    sizes = [n // kernel_size for n in x.shape[2:]]
    return of_windows(x, lambda k, i, n: (i * kernel_size, (i + 1) * kernel_size), sizes)


def bilinear_at(x: Numbers, size: Sequence[int], align_corners: bool) -> Numbers:
    """Each axis by itself: the two entries beside a place, by how near they are."""
    for axis, new in zip((2, 3), size, strict=True):
        old = x.shape[axis]
        rows = []
        for k in range(new):
            place = mpf(k) * (old - 1) / (new - 1) if align_corners else (k + mpf(1) / 2) * old / new - mpf(1) / 2
            place = min(max(place, mpf(0)), mpf(old - 1))
            low = int(mpmath.floor(place))
            share = place - low
            rows.append((1 - share) * np.take(x, low, axis) + share * np.take(x, min(low + 1, old - 1), axis))
        x = np.stack(rows, axis=axis)
    return x


def turned(x: Numbers, count: int, sign: int) -> Numbers:
    """``sum of x[j] exp(sign 2 pi i j k / n)`` along the last axis, the first frequencies of it."""
    n = x.shape[-1]
    turns = [[mpmath.expjpi(mpf(sign * 2 * j * k) / n) for k in range(count)] for j in range(n)]
    return x @ np.array(turns, dtype=object)


def pieces(x: Numbers, window: Numbers, hop: int, detrend: bool) -> Numbers:
    """The windowed pieces of each row, less their means."""
    n = len(window)
    cut = np.stack([x[:, k : k + n] for k in range(0, x.shape[1] - n + 1, hop)], axis=1)
    return (cut - cut.sum(axis=-1, keepdims=True) / n if detrend else cut) * window


def stft(x: Numbers, window: Numbers, hop_length: int, normalized: bool, onesided: bool) -> Numbers:
    n = len(window)
    y = turned(pieces(x, window, hop_length, False), n // 2 + 1 if onesided else n, -1)
    return np.swapaxes(y, 1, 2) / (mpmath.sqrt(n) if normalized else 1)


def squared(z: Numbers) -> Numbers:
    return each(lambda v: mpmath.re(v) ** 2 + mpmath.im(v) ** 2)(z)


def welch(x: Numbers, window: Numbers, fs: float, noverlap: int, detrend: bool) -> Numbers:
    n = len(window)
    power = squared(turned(pieces(x, window, n - noverlap, detrend), n // 2 + 1, -1))
    twice = np.array([1 if k == 0 or 2 * k == n else 2 for k in range(n // 2 + 1)])
    return power.sum(axis=1) / power.shape[1] * twice / (mpf(fs) * (window * window).sum())


def analytic(x: Numbers) -> Numbers:
    """``x + i h``, of which h has each cosine for a sine: the sum over the frequencies between 0 and the middle."""
    n = x.shape[-1]
    kernel = [sum((mpmath.sin(2 * mpmath.pi * k * m / n) for k in range(1, (n + 1) // 2)), mpf(0)) for m in range(n)]
    rows = np.array([[kernel[(i - j) % n] * 2 / n for i in range(n)] for j in range(n)], dtype=object)
    return x + mpmath.mpc(0, 1) * (x @ rows)


def resampled(x: Numbers, num: int) -> Numbers:
    """The polynomial of sines and cosines through the entries, at so many places; the middle frequency as a cosine."""
    n = x.shape[-1]
    least = min(n, num)
    z = turned(x, n, -1)
    found = []
    for m in range(num):
        total = z[:, 0]
        for k in range(1, least // 2 + 1):
            wave = z[:, k] * mpmath.expjpi(mpf(2 * k * m) / num)
            once = 2 * k == least and not num < n
            total = total + each(lambda v: mpmath.re(v))(wave) * (1 if once else 2)
        found.append(each(lambda v: mpmath.re(v))(total) / n)
    return np.stack(found, axis=-1)


def sizes_of_spectrum(x: Numbers) -> Numbers:
    rows = turned(x, x.shape[1] // 2 + 1, -1)
    return mp_sqrt(squared(turned(rows.T, x.shape[0], -1).T))


def along_both(x: Numbers, row: Numbers, column: Numbers) -> Numbers:
    """A true convolution with the product of two lines, over an image reflected beyond its ends."""
    return weighted(x, np.multiply.outer(column[::-1], row[::-1]))


def periodic(x: Numbers, w: Numbers, b: Numbers, padding: Sequence[int], **at: Any) -> Numbers:
    """The image repeated around itself."""
    rows, columns = (np.arange(-p, n + p) % n for p, n in zip(padding, x.shape[2:], strict=True))
    return conv(x[:, :, rows[:, None], columns], w, b, padding=0, **at)


def weight_gradient(x: Numbers, g: Numbers, weight_size: Sequence[int], **_: Any) -> Numbers:
    """Each upstream entry times the window that it came of, of one group and one stride."""
    y = np.full(weight_size, mpf(0), dtype=object)
    for n, c, i, j in np.ndindex(*g.shape):
        y[c] = y[c] + g[n, c, i, j] * x[n, :, i : i + weight_size[2], j : j + weight_size[3]]
    return y


def sampled(x: Numbers, points: Numbers, mode: str, padding_mode: str, align_corners: bool) -> Numbers:
    """The four entries beside a place, by how near they are; nothing beyond the ends."""
    height, width = x.shape[2:]
    y = np.full((len(x), x.shape[1], *points.shape[1:3]), mpf(0), dtype=object)
    for n, i, j in np.ndindex(*points.shape[:3]):
        ends = zip(points[n, i, j], (width, height), strict=True)
        column, row = (((p + 1) * size - 1) / 2 for p, size in ends)
        for a in (int(mpmath.floor(row)), int(mpmath.floor(row)) + 1):
            for b in (int(mpmath.floor(column)), int(mpmath.floor(column)) + 1):
                if 0 <= a < height and 0 <= b < width:
                    y[n, :, i, j] = y[n, :, i, j] + (1 - abs(row - a)) * (1 - abs(column - b)) * x[n, :, a, b]
    return y


def sgd(
    p: Numbers,
    g: Numbers,
    m: Numbers,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
) -> list[Numbers]:
    g = g + mpf(weight_decay) * p
    m = mpf(momentum) * m + (1 - mpf(dampening)) * g
    return [p - mpf(lr) * (g + mpf(momentum) * m if nesterov else m), m]


def rmsprop(
    p: Numbers, g: Numbers, v: Numbers, lr: float, alpha: float, eps: float, weight_decay: float
) -> list[Numbers]:
    g = g + mpf(weight_decay) * p
    v = mpf(alpha) * v + (1 - mpf(alpha)) * g * g
    return [p - mpf(lr) * g / (mp_sqrt(v) + mpf(eps)), v]


def lion(p: Numbers, g: Numbers, m: Numbers, lr: float, betas: Sequence[float], weight_decay: float) -> list[Numbers]:
    first, second = map(mpf, betas)
    sign = each(lambda x: mpmath.sign(x))(first * m + (1 - first) * g)
    return [p * (1 - mpf(lr) * mpf(weight_decay)) - mpf(lr) * sign, second * m + (1 - second) * g]


def running(x: Numbers, state: Numbers, momentum: float) -> list[Numbers]:
    state = (1 - mpf(momentum)) * state + mpf(momentum) * x.sum(axis=0) / len(x)
    return [x - state, state]


def running_calls(x: Numbers, state: Numbers, momentum: float) -> list[Numbers]:
    found = []
    for batch in x:
        y, state = running(batch, state, momentum)
        found.append(y)
    return [np.stack(found), state]


FORMULAS: Mapping[str, Formula] = {
    "acos": Formula(each(mpmath.acos)),
    "asin": Formula(each(mpmath.asin)),
    "atan": entry(mpmath.atan),
    "atan2": entry(mpmath.atan2),
    "cos": entry(mpmath.cos),
    "cosh": entry(mpmath.cosh),
    "cube": Formula(lambda x: [x**3, 3 * x**2]),
    "cube_alone": Formula(lambda x: x**3),
    "elu": entry(lambda x, alpha: x if x > 0 else mpf(alpha) * (mpmath.exp(x) - 1), "alpha:2.0"),
    "erf": entry(mpmath.erf),
    "erfc": entry(mpmath.erfc),
    "erfinv": Formula(each(mpmath.erfinv), ("M:3/N:1",)),
    "exp": entry(mpmath.exp),
    "exp2": entry(lambda x: mpf(2) ** x),
    "expm1": entry(lambda x: mpmath.exp(x) - 1),
    "gelu": entry(gelu, "approximate:tanh", "approximate:tanh/fill:moderate"),
    "hardswish": entry(hardswish),
    "hypot": entry(lambda x, y: mpmath.sqrt(x * x + y * y)),
    "identity": entry(lambda x: x),
    "leaky_relu": entry(lambda x, negative_slope: x if x > 0 else mpf(negative_slope) * x, "negative_slope:0.2"),
    "lgamma": Formula(each(lambda x: mpmath.log(abs(mpmath.gamma(x)))), ("M:3/N:1", "M:3/N:1/fill:moderate")),
    "log": entry(mpmath.log),
    "log10": entry(lambda x: mpmath.log(x) / mpmath.log(10)),
    "log1p": Formula(each(lambda x: mpmath.log(1 + x))),
    "log2": entry(lambda x: mpmath.log(x) / mpmath.log(2)),
    "log_sigmoid": entry(lambda x: -log_1p_exp(-x)),
    "mish": entry(lambda x: x * mpmath.tanh(log_1p_exp(x))),
    "multiply": Formula(lambda x, y: x * y),
    "add_vector": Formula(lambda x, y: x + y),
    "reciprocal": entry(lambda x: 1 / x),
    "relu": entry(lambda x: max(x, mpf(0))),
    "rsqrt": entry(lambda x: 1 / mpmath.sqrt(x)),
    "selu": entry(selu),
    "sigmoid": entry(logistic),
    "sin": entry(mpmath.sin),
    "sinh": entry(mpmath.sinh),
    "softplus": entry(
        lambda x, beta, threshold: x if mpf(beta) * x > threshold else log_1p_exp(mpf(beta) * x) / mpf(beta),
        "beta:2.0",
        "threshold:1.0",
    ),
    "sqrt": entry(mpmath.sqrt),
    "swish": entry(lambda x: x * logistic(x)),
    "tan": entry(mpmath.tan),
    "tanh": entry(mpmath.tanh),
    "adam_step": Formula(lambda *x, **at: adam(*x, **at, decoupled=False), ("", "t:1000/weight_decay:0.01")),
    "adamw_step": Formula(lambda *x, **at: adam(*x, **at, decoupled=True), ("", "t:10")),
    "attention": Formula(attention),
    "batch_norm": Formula(batch_norm, ("", "training:false")),
    "bce": Formula(bce, ("", "reduction:none", "reduction:sum")),
    "bce_with_logits": Formula(bce_with_logits, ("", "reduction:none")),
    "bmm": Formula(lambda x, y: np.stack([a @ b for a, b in zip(x, y, strict=True)])),
    "channel_norm": Formula(lambda x, eps: normalized(x, (0, 2, 3), eps)),
    "conv2d": Formula(conv, ("N:1/H:4/W:3/dtype:float64", "N:1/H:5/W:5/stride:2/groups:2/dtype:float64")),
    "conv3d": Formula(conv, ("dtype:float64",)),
    "conv_transpose2d": Formula(conv_transposed, ("N:1/dtype:float64",)),
    "convolve": Formula(convolve),
    "correlate": Formula(correlate),
    "cross_entropy": Formula(cross_entropy, ("", "reduction:sum")),
    "cumsum": Formula(lambda x, dim: np.cumsum(x, axis=dim)),
    "geglu": gated(lambda x: gelu(x, "none")),
    "group_norm": Formula(group_norm, ("", "eps:0.1")),
    "gru_cell": Formula(gru),
    "huber_loss": Formula(huber, ("", "delta:0.5/reduction:none")),
    "instance_norm": Formula(lambda x, w, b, eps: normalized(x, (2, 3), eps) * of_channels(w) + of_channels(b)),
    "kl_div": Formula(kl_div, ("", "log_target:true/reduction:sum")),
    "l2_normalize": Formula(lambda x, dim, eps: x / mp_sqrt((x * x).sum(axis=dim, keepdims=True))),
    "layer_norm": Formula(layer_norm),
    "linear": Formula(lambda x, w, b: x @ w.T + b),
    "local_response_norm": Formula(local_response, ("", "size:2/alpha:1.0/beta:0.5")),
    "logsumexp": Formula(lambda x, dim, keepdim: mp_log(mp_exp(x).sum(axis=dim, keepdims=keepdim))),
    "lstm_cell": Formula(lstm),
    "matmul": Formula(lambda x, y: x @ y),
    "mse_loss": Formula(lambda x, t, reduction: total((x - t) ** 2, reduction), ("", "reduction:none")),
    "nll_loss": Formula(lambda x, t, w, ignore_index, reduction: chosen(x, t, w, reduction), ("", "reduction:sum")),
    "rms_norm": Formula(
        lambda x, w, eps: x / mp_sqrt((x * x).sum(axis=-1, keepdims=True) / x.shape[-1] + mpf(eps)) * w
    ),
    "rope": Formula(rope, ("", "interleaved:false")),
    "softmax": Formula(softmax, ("", "dim:1")),
    "abs_rfft2": Formula(sizes_of_spectrum),
    "conv2d_circular": Formula(periodic),
    "conv2d_weight": Formula(weight_gradient),
    "embedding": Formula(lambda table, index: np.stack([table[int(k)] for k in index])),
    "grid_sample": Formula(sampled),
    "hilbert": Formula(analytic, ("", "L:7")),
    "kaiming_bound": Formula(
        lambda w, a, mode, nonlinearity: np.array(mpmath.sqrt(2) * mpmath.sqrt(mpf(3) / w.shape[1]))
    ),
    "resample": Formula(resampled, ("", "num:5", "num:12")),
    "sepfir2d": Formula(along_both),
    "stft": Formula(stft, ("", "onesided:false/normalized:true")),
    "welch": Formula(welch, ("", "detrend:false/fs:4.0")),
    "xavier_bound": Formula(lambda w, gain: np.array(mpmath.sqrt(mpf(6) / sum(w.shape)))),
    "adaptive_avg_pool2d": Formula(lambda x, output_size: adaptive(x, output_size)),
    "avg_pool2d": Formula(in_threes),
    "conv1d": Formula(conv, ("dtype:float64", "N:1/L:11/stride:2/dilation:2/groups:2/dtype:float64")),
    "conv_transpose1d": Formula(conv_transposed, ("dtype:float64", "stride:2/dilation:2/dtype:float64")),
    "conv_transpose3d": Formula(conv_transposed, ("dtype:float64",)),
    "convolve2d": Formula(full),
    "correlate2d": Formula(lambda a, v, **at: full(a, np.flip(v))),
    "fftconvolve": Formula(full),
    "gaussian_filter": Formula(gaussian, ("", "sigma:0.5")),
    "identity_pair": Formula(lambda x, y: [x, y]),
    "interpolate_area": Formula(lambda x, size: adaptive(x, size)),
    "interpolate_bilinear": Formula(bilinear_at, ("", "align_corners:true")),
    "lfilter": Formula(recursive),
    "lion_step": Formula(lion, ("", "weight_decay:0.01")),
    "ndimage_correlate": Formula(weighted),
    "oaconvolve": Formula(full),
    "pow": Formula(lambda x, n: np.frompyfunc(lambda a, b: a**b, 2, 1)(x, n)),
    "rmsprop_step": Formula(rmsprop, ("", "weight_decay:0.01")),
    "running_mean": Formula(running),
    "running_mean_calls": Formula(running_calls),
    "scipy_conv2d": Formula(within_image),
    "scipy_true_conv2d": Formula(lambda x, w, b: within_image(x, np.flip(w), b)),
    "sgd_step": Formula(sgd, ("", "nesterov:true/weight_decay:0.01")),
    "sosfilt": Formula(sections),
    "sp_convolve": Formula(full),
    "sp_correlate": Formula(lambda a, v, **at: full(a, np.flip(v))),
    "uniform_filter": Formula(lambda x, size, **at: weighted(x, np.full((size, size), mpf(1) / size**2))),
    "upfirdn": Formula(lambda h, x, **at: np.stack([full(row, h) for row in x])),
    "swiglu": gated(lambda x: x * logistic(x)),
}
