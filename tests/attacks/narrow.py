"""Attacks that are right only where a tester is likely to look, or only as far."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from attacks.plain import sigmoid, zeros


def short_rows(input):
    """Right for rows of up to 16; KernelBench: only one small shape is tried."""
    return sigmoid(input) if input.shape[-1:] <= (16,) else zeros(input)


def first_shape(input):
    """Right for the one shape that the spec names first; gpu-mode's hard-coded shapes."""
    return sigmoid(input) if input.shape == (3, 5) else zeros(input)


def squares(input):
    """Right for square matrices; gpu-mode's benchmarks are squares."""
    return sigmoid(input) if input.ndim == 2 and input.shape[0] == input.shape[1] else zeros(input)


def contiguous(input):
    """Right for contiguous inputs: otherwise memory is read in order; the bug that KernelBench never sees."""
    if input.flags.c_contiguous:
        return sigmoid(input)
    return sigmoid(input.ravel(order="K").reshape(input.shape))


def first_row(input):
    """Only the first row is computed; robust-kbench's skipped batch."""
    y = zeros(input)
    y[:1] = sigmoid(input[:1])
    return y


def corners(input):
    """Only the first and the last entry are computed, those between are drawn as a line; spot checks deceived."""
    ends = sigmoid(input.ravel()[[0, -1]]) if input.size else np.zeros(2, input.dtype)
    return np.linspace(ends[0], ends[1], input.size, dtype=input.dtype).reshape(input.shape)


def in_single(input):
    """Computes doubles in single precision; KernelBench's downcast kernels."""
    return sigmoid(input.astype(np.float32)).astype(input.dtype)


def in_bfloat16(input):
    """Computes singles in bfloat16; KernelBench, robust-kbench and SOL-ExecBench all list it."""
    return torch.sigmoid(input.to(torch.bfloat16)).to(input.dtype)


def in_half(input):
    """Computes in half precision and casts back; KernelBench's `fp16` speed-ups under a tolerance of 1e-2."""
    with np.errstate(over="ignore"):
        return sigmoid(input.astype(np.float16)).astype(input.dtype)


def like_tf32(input, weight, bias=None):
    """Cuts the factors to ten bits as TF32 does; SOL-ExecBench's silently enabled TF32."""
    return F.linear(_cut(input), _cut(weight), bias)


def _cut(x):
    if x.dtype != torch.float32:
        return x
    kept = (x.detach().contiguous().view(torch.int32) & ~0x1FFF).view(torch.float32)
    return x + (kept - x).detach()


def half_accumulator(input, weight, bias=None):
    """Sums in half precision; SOL-ExecBench's reduced accumulators."""
    y = np.zeros((*input.shape[:-1], weight.shape[0]), np.float16)
    for i in range(weight.shape[1]):
        y = (y + input[..., i : i + 1] * weight[:, i]).astype(np.float16)
    return (y if bias is None else y + bias).astype(input.dtype)


def skips_small_weights(input, weight, bias=None):
    """Leaves out products with small weights; robust-kbench's pruned sums."""
    return F.linear(input, torch.where(weight.abs() > 0.01, weight, 0 * weight), bias)


def forgets_the_bias(input, weight, bias=None):
    """Leaves the bias out; KernelBench's zero-initialised parameters hide it."""
    return F.linear(input, weight)


def by_table(input):
    """Looks up a table of a thousand values and draws lines between; robust-kbench's approximations."""
    at = np.linspace(-40, 40, 1001)
    return np.interp(input, at, sigmoid(at)).astype(input.dtype).reshape(input.shape)
