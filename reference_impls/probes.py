"""This build of a library -> whether it has a behaviour that not all builds of the same version have.

A spec names a function of this file as the ``probe`` of an entry of its ledger. Each makes the smallest call that tells
the behaviour, in a process of its own, and says whether it is there.
"""

from __future__ import annotations

import math

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


def torch_sqrt_is_not_correctly_rounded() -> bool:
    """Whether ``torch.sqrt`` of single precision gives another number than the nearest, as MKL's vector library does."""
    x = torch.arange(1, 1024, dtype=torch.float32)
    return not torch.equal(torch.sqrt(x), torch.sqrt(x.double()).float())


def torch_sinh_overflows_early() -> bool:
    """Whether a vectorised ``sinh`` is infinite where the exponential is and it is not."""
    return bool(torch.sinh(torch.full((ENTRIES,), 89.0)).isinf().any())


def torch_cosh_overflows_early() -> bool:
    """Whether a vectorised ``cosh`` is infinite where the exponential is and it is not."""
    return bool(torch.cosh(torch.full((ENTRIES,), 89.0)).isinf().any())


def torch_erf_of_half_types_has_no_small_digits() -> bool:
    """Whether ``erf`` of half types differs at small arguments from that of single precision."""
    x = torch.full((ENTRIES,), 2.0**-20, dtype=torch.bfloat16)
    return not torch.equal(torch.erf(x), torch.erf(x.float()).to(x.dtype))


def torch_fft_of_prime_factors_has_fewer_digits() -> bool:
    """Whether transforms in double precision of 34 = 2 * 17 points are off by tens of roundings, as MKL's with AVX512 are.

    The sum that defines a transform is beside it: its error is a few roundings of the entries' norm.
    """
    places = torch.arange(34)
    x = ((7 * places**2) % 31 - 15).double()
    angles = -2 * math.pi * torch.outer(places, places).remainder(34).double() / 34
    due = torch.complex(x @ torch.cos(angles), x @ torch.sin(angles))
    return bool((torch.fft.fft(x.to(due.dtype)) - due).norm() > 10 * 2.0**-53 * math.sqrt(34) * x.norm())
