"""This build of a library -> whether it has a behaviour that not all builds of the same version have.

A spec names a function of this file as the ``probe`` of an entry of its ledger. Each makes the smallest call that tells
the behaviour, in a process of its own, and says whether it is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
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
    """Whether ``torch.sqrt`` gives another number than the nearest, as MKL's vector library does: NumPy asks the processor."""
    x = torch.arange(1, 4096, dtype=torch.float64) / 7
    return any(not np.array_equal(torch.sqrt(y).numpy(), np.sqrt(y.numpy())) for y in (x, x.float()))


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

    The sum that defines a transform is beside it. Sums of 2 and of 17 products are off by some sqrt(2 + 17) roundings of the
    entries' norm, each side of the comparison by as many.
    """
    places = torch.arange(34)
    x = ((7 * places**2) % 31 - 15).double()
    angles = -2 * math.pi * torch.outer(places, places).remainder(34).double() / 34
    due = torch.complex(x @ torch.cos(angles), x @ torch.sin(angles))
    return bool(
        (torch.fft.fft(x.to(due.dtype)) - due).norm() > 2 * math.sqrt(2 + 17) * 2.0**-53 * math.sqrt(34) * x.norm()
    )


def torch_gradient_of_half_volumes_is_not_cleared() -> bool:
    """Whether the gradient of a volume in bfloat16 is what memory held where no window reaches: oneDNN's with AMX."""
    x = torch.ones(1, 9, 3, 1, 17, dtype=torch.bfloat16, requires_grad=True)
    weight = torch.ones(1, 9, 2, 1, 5, dtype=torch.bfloat16)

    def slope() -> torch.Tensor:
        y = torch.nn.functional.conv3d(x, weight, stride=(2, 1, 3))
        return _after_nan(lambda: torch.autograd.grad(y, x, torch.ones_like(y))[0])

    return not all(bool(slope().isfinite().all()) for _ in range(TIMES))


def torch_second_order_of_half_convolutions_is_wrong() -> bool:
    """Whether a transposed convolution's second derivative in bfloat16 is of what memory held: oneDNN's with AMX."""
    draw = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=draw).bfloat16()

    weight, upstream, along, direction = drawn(8, 2, 5, 1), drawn(1, 4, 12, 29), drawn(1, 8, 2, 17), drawn(8, 2, 5, 1)

    def curved(dtype: torch.dtype) -> torch.Tensor:
        x, w = torch.zeros(1, 8, 2, 17, dtype=dtype, requires_grad=True), weight.to(dtype).requires_grad_()
        y = torch.nn.functional.conv_transpose2d(x, w, None, 2, (0, 2), (1, 0), 2, 2)
        slopes = torch.autograd.grad(y, (x, w), upstream.to(dtype), create_graph=True)
        total = sum((g * v.to(dtype)).sum() for g, v in zip(slopes, (along, direction), strict=True))
        return _after_nan(lambda: torch.autograd.grad(total, w)[0].double())

    due = curved(torch.float64)
    return not all(bool((curved(torch.bfloat16) - due).norm() < due.norm() / 2) for _ in range(TIMES))


#: How often what depends on old memory is asked.
TIMES = 10


def _after_nan(call: Callable[[], torch.Tensor]) -> torch.Tensor:
    """The result of a call that is likely to be given memory which holds NaN."""
    kept = [torch.full((n,), torch.nan, dtype=torch.bfloat16) for n in range(100, 9000, 7)]
    del kept
    return call()
