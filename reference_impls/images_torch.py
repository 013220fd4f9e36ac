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


def interpolate_bicubic(input: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """``torch.nn.functional.interpolate`` by cubics."""
    return functional.interpolate(input, tuple(size), mode="bicubic", align_corners=align_corners)


def interpolate_antialias(input: Tensor, size: Sequence[int]) -> Tensor:
    """``torch.nn.functional.interpolate`` by triangles that are wider where the image becomes smaller."""
    return functional.interpolate(input, tuple(size), mode="bilinear", antialias=True)


def lp_pool2d_by_unfold(
    input: Tensor,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Norms of unfolded windows, zeros behind the image where a last one is not whole."""
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
    steps = kernel if stride is None else (stride, stride) if isinstance(stride, int) else tuple(stride)
    if (
        len(kernel) != 2
        or min(*kernel, *steps) < 1
        or any(k > n for k, n in zip(kernel, input.shape[-2:], strict=True))
    ):
        raise ValueError("a window within the image, and positive strides")
    short = [_beyond(n, k, s) if ceil_mode else 0 for n, k, s in zip(input.shape[-2:], kernel, steps, strict=True)]
    powers = functional.pad(input**norm_type, (0, short[1], 0, short[0]))
    windows = powers.unfold(-2, kernel[0], steps[0]).unfold(-2, kernel[1], steps[1])
    return windows.sum((-2, -1)) ** (1 / norm_type)


def fractional_max_pool2d(
    input: Tensor, samples: Tensor, kernel_size: int | Sequence[int], output_size: int | Sequence[int]
) -> tuple[Tensor, Tensor]:
    """``torch.nn.functional.fractional_max_pool2d`` with its indices, and with samples of the caller's."""
    of = functional.fractional_max_pool2d_with_indices
    output, indices = of(input, kernel_size, output_size, return_indices=True, _random_samples=samples)  # type: ignore[arg-type]
    return output, indices


def max_unpool2d(input: Tensor, kernel_size: int | Sequence[int]) -> Tensor:
    """``torch.nn.functional.max_pool2d`` and ``max_unpool2d`` to the image's size."""
    output, indices = functional.max_pool2d(input, kernel_size, return_indices=True)  # type: ignore[arg-type]
    return functional.max_unpool2d(output, indices, kernel_size, output_size=input.shape[-2:])  # type: ignore[arg-type]


def _beyond(size: int, kernel: int, stride: int) -> int:
    """How far a last window, which begins within the image, reaches beyond it."""
    more = -(-(size - kernel) // stride)
    return max(min(more, (size - 1) // stride) * stride + kernel - size, 0)
