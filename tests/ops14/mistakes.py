"""Each op with one mistake that a review may let pass."""

import candidates
import numpy as np


def softplus(x, beta, threshold):
    return np.log1p(np.exp(x * x.dtype.type(beta))) / x.dtype.type(beta)


def rms_norm(x, weight, eps):
    return (x / (np.sqrt((x * x).mean(-1, keepdims=True)) + x.dtype.type(eps)) * weight).astype(x.dtype)


def haar(x):
    ll, lh, hl, hh = candidates.haar(x)
    return ll, hl, lh, hh


def attention(q, k, v, mask=None):
    s = q @ np.swapaxes(k, 1, 2) / q.dtype.type(np.sqrt(q.shape[-1]))
    s = s if mask is None else np.where(mask, s, q.dtype.type(0))
    w = np.exp(s - s.max(-1, keepdims=True))
    return w / w.sum(-1, keepdims=True) @ v


def cumsum(x, axis):
    return np.cumsum(x, axis=axis, dtype=np.float16).astype(x.dtype)


def matmul(a, b):
    return (a.astype(np.float32) @ b.astype(np.float32)).astype(a.dtype) if a.shape[1] > 4 else a @ b


def bmm(a, b):
    return np.einsum("bij,bkj->bik", a, b) if b.shape[1] == b.shape[2] else a @ b


def bilinear(x1, x2, weight, bias):
    return (
        candidates.bilinear(x2, x1, weight, bias) if x1.shape == x2.shape else candidates.bilinear(x1, x2, weight, bias)
    )


def stft(x, window, hop):
    return candidates.stft(x, window[::-1], hop)


def upsample(x):
    return np.repeat(np.repeat(x, 2, 0), 2, 1)


def cross_entropy(logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p = p / p.sum(1, keepdims=True)
    return np.asarray(-np.log(p[np.arange(len(target)), target] + logits.dtype.type(1e-6)).mean(), logits.dtype)


def rope(x, angle):
    half = x.shape[-1] // 2
    a, b, c, s = x[..., :half], x[..., half:], np.cos(angle), np.sin(angle)
    return np.concatenate([a * c - b * s, a * s + b * c], -1)


def logsumexp(x, axis):
    m = x.max(axis, keepdims=True)
    return np.log(np.sum(np.exp(x - m), axis) + x.dtype.type(1e-6)) + m.squeeze(axis)


def lfilter(b, a, x):
    return candidates.lfilter(b / a[0], np.concatenate([a[:1], a[1:] / a[0]]), x)


def embedding(table, index):
    return table[np.minimum(index, len(table) - 2)]


def histogram(bins, weights, count):
    y = np.zeros(count, weights.dtype)
    y[bins] += weights
    return y


def distances(x, y, p):
    apart = abs(x[:, None] - y[None])
    return apart.sum(-1) if np.isfinite(p) else apart.min(-1)


def quantize(x, step):
    return candidates.quantize(np.trunc(x / step[:, None] + 0.5) * step[:, None], step)
