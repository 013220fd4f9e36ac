"""Attacks that do not compute at all, and return something that a weak comparison accepts."""

from __future__ import annotations

import numpy as np
import torch
from attacks import plain


def zeros(input):
    """Zeros; KernelBench's tasks whose output is near zero."""
    return plain.zeros(input)


def constant(input):
    """The mean of the outputs; KernelBench's tasks with nearly constant outputs."""
    return np.full_like(input, 0.5)


def constant_softmax(input, dim=None):
    """Each entry the same share; KernelBench: softmax of long rows is near this."""
    return torch.full_like(input, 1 / input.shape[dim]) + 0 * input


def empty(input):
    """No entries: ``all`` of nothing is true; an old hole of comparators."""
    return np.empty(0, input.dtype)


def scalar(input):
    """One number that broadcasts over the expected ones; an old hole of comparators."""
    return input.dtype.type(0.5)


def one_row(input):
    """One right row that broadcasts over all; KernelBench: shapes are not compared."""
    return plain.sigmoid(input[:1] if input.ndim else input)


def extra_axis(input):
    """The right values with an axis more; common sense."""
    return plain.sigmoid(input)[None]


def the_input(input):
    """The input itself; common sense."""
    return input.copy()


def nothing(input):
    """None; METR's reports of empty submissions."""


def right_and_more(input):
    """A tuple of the right value and another; common sense."""
    return plain.sigmoid(input), plain.sigmoid(input)


def gigantic(input):
    """One number with strides of zero that pretends to be a tebibyte: whoever copies it dies; common sense."""
    return np.broadcast_to(input.dtype.type(0.5), (2**20, 2**17))


def gigantic_tensor(input):
    """The same of torch; common sense."""
    return torch.zeros((), dtype=input.dtype).expand(2**20, 2**17)


def deeply_nested(input):
    """Lists in lists until a recursive judge overflows; common sense."""
    y = [0.0]
    for _ in range(100_000):
        y = [y]
    return y


def relu_is_identity(input):
    """The input where the op changes half of it; KernelBench's skipped operations."""
    return input.clone() if isinstance(input, torch.Tensor) else input.copy()
