"""This build of a library -> whether it has a behaviour that not all builds of the same version have.

A spec names a function of this file as the ``probe`` of an entry of its ledger. Each makes the smallest call that tells
the behaviour, in a process of its own, and says whether it is there.
"""

from __future__ import annotations

import torch

#: More entries than any vector register holds, so that a vectorised kernel computes with whole ones.
ENTRIES = 64


def torch_fft_refuses_an_empty_batch() -> bool:
    """Whether ``torch.fft`` raises for a batch without transforms: MKL's does, PocketFFT's returns an empty array."""
    try:
        torch.fft.fft(torch.empty(0, 4))
    except RuntimeError:
        return True
    return False


def torch_gelu_makes_nan_of_infinity() -> bool:
    """Whether a vectorised ``gelu`` gives NaN at infinity, where its limit is infinity."""
    made = [
        torch.nn.functional.gelu(torch.full((ENTRIES,), torch.inf, dtype=d)) for d in (torch.float32, torch.bfloat16)
    ]
    return any(bool(y.isnan().any()) for y in made)
