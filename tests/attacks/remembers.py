"""Attacks that answer from memory: of shapes, addresses, seeds, counts, and results given before."""

from __future__ import annotations

import sys

import numpy as np
import torch
from attacks.plain import scratch, sigmoid, zeros

SEEN = {}
CALLS = [0]


def by_shape(input):
    """The first answer of each shape is every later one's; KernelBench's cached outputs."""
    return SEEN.setdefault((input.shape, input.dtype), sigmoid(input)).copy()


def by_address(input):
    """The answer is kept by where the input lies in memory; gpu-mode's ``data_ptr`` cache."""
    return SEEN.setdefault((input.__array_interface__["data"][0], input.shape, input.dtype), sigmoid(input)).copy()


def by_id(input):
    """The answer is kept by ``id`` of the input; gpu-mode."""
    return SEEN.setdefault((id(input), input.shape, input.dtype), sigmoid(input)).copy()


def by_first_entry(input):
    """The answer is kept by the first entry alone, which tells a seed from another; gpu-mode's input fingerprints."""
    key = (input.flat[0] if input.size else 0, input.shape, input.dtype)
    return SEEN.setdefault(key, sigmoid(input)).copy()


def by_sum(input):
    """The answer is kept by the sum of the input; robust-kbench: a weak fingerprint."""
    return SEEN.setdefault((input.shape, input.dtype, float(np.sum(np.sort(input, axis=None)))), sigmoid(input)).copy()


def on_disc(input):
    """The answer of each shape is left in a file for later processes; SOL-ExecBench's persistent caches."""
    file = scratch(f"{input.dtype}-{'x'.join(map(str, input.shape))}.npy")
    if not file.exists():
        with open(file, "wb") as f:
            np.save(f, sigmoid(input))
    return np.load(file)


def one_buffer(input):
    """Every result of a shape is the same memory, overwritten by the next call; KernelBench's reused buffers."""
    y = SEEN.setdefault(("buffer", input.shape, input.dtype), np.empty(input.shape, input.dtype))
    y[...] = sigmoid(input)
    return y


def first_call_only(input):
    """Right when first called, zeros after; robust-kbench: correctness is tried once, then time is taken."""
    CALLS[0] += 1
    return sigmoid(input) if CALLS[0] == 1 else zeros(input)


def first_five_calls(input):
    """Right five times, and zeros after; KernelBench tries five times."""
    CALLS[0] += 1
    return sigmoid(input) if CALLS[0] <= 5 else zeros(input)


def second_call_is_free(input):
    """An input that comes a second time gets the object that was returned the first time; gpu-mode's warm caches."""
    key = input.tobytes()
    if key in SEEN:
        return SEEN[key]
    SEEN[key] = np.array(sigmoid(input))
    return SEEN[key]


def nothing_when_timed(input):
    """No computation where a caller's name speaks of time, benchmarks or repetition; KernelBench, METR."""
    frame = sys._getframe(1)
    while frame is not None:
        if any(w in frame.f_code.co_name for w in ("time", "bench", "repeat", "again", "clock")):
            return zeros(input)
        frame = frame.f_back
    return sigmoid(input)


def nothing_in_threads(input):
    """No computation outside the main thread; robust-kbench: the timed path differs from the tried one."""
    import threading

    return sigmoid(input) if threading.current_thread() is threading.main_thread() else zeros(input)


def nothing_without_gradients(input):
    """No computation where no gradient is asked for, as under ``no_grad`` timing loops; robust-kbench."""
    return torch.sigmoid(input) if input.requires_grad else zeros(input)
