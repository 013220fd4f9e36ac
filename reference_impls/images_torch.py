"""torch's functions on images under the names of the specs, and what is written by hand of its operations."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional


def pixel_shuffle_by_hand(input: Tensor, upscale_factor: int) -> Tensor:
    """Views and a permutation, as einops writes it."""
    r = upscale_factor
    n, c, h, w = input.shape
    if r < 1 or c % r**2:
        raise ValueError("the channels are a multiple of the factor's square")
    blocks = input.reshape(n, c // r**2, r, r, h, w).permute(0, 1, 4, 2, 5, 3)
    return blocks.reshape(n, c // r**2, h * r, w * r).clone()


def local_response_norm_by_hand(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """``unfold`` over padded channels."""
    if input.dim() != 4 or size < 1:
        raise ValueError("images have four axes, and there is at least one neighbour")
    squares = functional.pad(input.pow(2), (0, 0, 0, 0, size // 2, (size - 1) // 2))
    return input / (k + alpha * squares.unfold(1, size, 1).mean(-1)) ** beta


def interpolate_nearest(input: Tensor, size: Sequence[int], mode: str = "nearest") -> Tensor:
    """``torch.nn.functional.interpolate`` of the nearest entry."""
    if mode not in ("nearest", "nearest-exact"):
        raise ValueError("the mode is nearest or nearest-exact")
    return functional.interpolate(input, tuple(size), mode=mode)


def interpolate_bilinear(input: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """``torch.nn.functional.interpolate`` between four neighbours."""
    return functional.interpolate(input, tuple(size), mode="bilinear", align_corners=align_corners)


def interpolate_area(input: Tensor, size: Sequence[int]) -> Tensor:
    """``torch.nn.functional.interpolate`` of what each pixel covers."""
    return functional.interpolate(input, tuple(size), mode="area")


def adaptive_max_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> tuple[Tensor, Tensor]:
    """``torch.nn.functional.adaptive_max_pool2d`` with its indices."""
    output, indices = functional.adaptive_max_pool2d(input, output_size, return_indices=True)  # type: ignore[arg-type]
    return output, indices
