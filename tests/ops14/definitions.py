"""Ordinary ops, each as a textbook writes it."""

import numpy as np
from scipy.special import logsumexp as scipy_logsumexp


def softplus(x, *, beta, threshold):
    return np.where(beta * x > threshold, x, np.log1p(np.exp(np.minimum(beta * x, threshold))) / beta)


def rms_norm(x, weight, *, eps):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * weight


def haar(x):
    a, b, c, d = x[0::2, 0::2], x[0::2, 1::2], x[1::2, 0::2], x[1::2, 1::2]
    return (a + b + c + d) / 2, (a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2


def attention(q, k, v, mask):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ v


def cumsum(x, *, axis):
    return np.cumsum(x, axis=axis)


def matmul(a, b):
    y = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            y[i, j] = np.dot(a[i], b[:, j])
    return y


def bmm(a, b):
    return np.stack([x @ y for x, y in zip(a, b, strict=True)])


def bilinear(x1, x2, weight, bias):
    return np.einsum("ni,kij,nj->nk", x1, weight, x2) + bias


def stft(x, window, *, hop):
    n = window.shape[0]
    frames = [x[start : start + n] * window for start in range(0, x.shape[0] - n + 1, hop)]
    return np.fft.rfft(np.array(frames), axis=-1).T


def upsample(x):
    height, width = x.shape
    y = np.empty((2 * height, 2 * width))
    padded = np.pad(x, 1, mode="edge")
    for i in range(2 * height):
        for j in range(2 * width):
            r, c = (i + 1) // 2, (j + 1) // 2
            a, b = (0.75, 0.25) if i % 2 else (0.25, 0.75)
            e, f = (0.75, 0.25) if j % 2 else (0.25, 0.75)
            top = e * padded[r, c] + f * padded[r, c + 1]
            bottom = e * padded[r + 1, c] + f * padded[r + 1, c + 1]
            y[i, j] = a * top + b * bottom
    return y


def cross_entropy(logits, target):
    log_p = logits - scipy_logsumexp(logits, axis=1, keepdims=True)
    return -log_p[np.arange(len(target)), target].mean()


def rope(x, angle):
    y = np.empty_like(x)
    even, odd = x[..., 0::2], x[..., 1::2]
    y[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    y[..., 1::2] = even * np.sin(angle) + odd * np.cos(angle)
    return y


def logsumexp(x, *, axis):
    m = x.max(axis=axis, keepdims=True)
    return np.squeeze(m, axis) + np.log(np.sum(np.exp(x - m), axis=axis))


def lfilter(b, a, x):
    y = np.zeros_like(x)
    for n in range(len(x)):
        for k in range(min(len(b), n + 1)):
            y[n] += b[k] * x[n - k]
        for k in range(1, min(len(a), n + 1)):
            y[n] -= a[k] * y[n - k]
        y[n] /= a[0]
    return y


def embedding(table, index):
    return table[index]


def histogram(bins, weights, *, count):
    y = np.zeros(count)
    np.add.at(y, bins, weights)
    return y


def distances(x, y, *, p):
    apart = np.abs(x[:, None] - y[None])
    return apart.max(axis=-1) if np.isinf(p) else (apart**p).sum(axis=-1) ** (1 / p)


def quantize(x, step):
    steps = step[:, None]
    q = np.clip(np.round(x / steps), -128, 127).astype(np.int8)
    return q, q * steps
