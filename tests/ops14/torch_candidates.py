"""torch's own functions under the names of the specs."""

import torch
from torch.nn import functional


def attention(q, k, v, mask=None):
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def rms_norm(x, weight, eps):
    return functional.rms_norm(x, (x.shape[-1],), weight, eps)


def softplus(x, beta, threshold):
    return functional.softplus(x, beta, threshold)


def bilinear(x1, x2, weight, bias):
    return functional.bilinear(x1, x2, weight, bias)


def stft(x, window, hop):
    n = window.shape[0]
    return torch.stft(x, n, hop, n, window, center=False, return_complex=True)


def upsample(x):
    up = functional.interpolate(x[None, None], scale_factor=2, mode="bilinear", align_corners=False)
    return up[0, 0]


def embedding(table, index):
    return functional.embedding(index, table)


def cumsum(x, axis):
    return torch.cumsum(x, axis)


def logsumexp(x, axis):
    return torch.logsumexp(x, axis)


def histogram(bins, weights, count):
    return torch.zeros(count, dtype=weights.dtype).index_add(0, bins, weights)


def distances(x, y, p):
    return torch.cdist(x, y, p)


def quantize(x, step):
    q = (x / step[:, None]).round().clamp(-128, 127).to(torch.int8)
    return q, q.to(x.dtype) * step[:, None]
