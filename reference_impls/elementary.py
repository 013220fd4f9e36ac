"""Arrays -> cubes, sorted, selected and copied arrays: NumPy and torch peers of hand-written Functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import narrowed, widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def cube(input: Array) -> tuple[Array, Array]:
    """``(x**3, 3 x**2)``."""
    square = np.asarray(input * input)
    return np.asarray(square * input), np.asarray(3 * square)


def cube_vjp(cotangent: tuple[Array, Array], input: Array) -> tuple[Array]:
    """``3 x**2 g + 6 x h``."""
    g, h = cotangent
    return (np.asarray(3 * (input * input) * g + 6 * input * h),)


def torch_cube(input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``(x**3, 3 x**2)``."""
    return input**3, 3 * input**2


def cube_alone(input: Array) -> Array:
    """``x**3``."""
    return np.asarray(input * input * input)


def cube_alone_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``3 x**2 g``."""
    return (np.asarray(3 * (input * input) * cotangent),)


def exp_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``exp(x) g``."""
    return (np.asarray(np.exp(input) * cotangent),)


def multiply(input: Array, other: Array) -> Array:
    """``x y``, broadcast."""
    return np.asarray(input * other)


def multiply_vjp(cotangent: Array, input: Array, other: Array) -> tuple[Array, Array]:
    """``g y`` and ``g x``, summed over the axes that were broadcast."""
    g, x, y = widened(cotangent), widened(input), widened(other)
    return narrowed(summed_to(g * y, input.shape), input), narrowed(summed_to(g * x, other.shape), other)


def sort(input: Array, dim: int = -1) -> tuple[Array, Array, Array]:
    """The entries in ascending order along an axis, the permutation that orders them, and its inverse."""
    index = np.argsort(input, axis=dim, kind="stable")
    return np.take_along_axis(input, index, dim), index, np.argsort(index, axis=dim)


def sort_vjp(cotangent: Array, input: Array, dim: int = -1) -> tuple[Array]:
    """The cotangent permuted back."""
    return (np.take_along_axis(cotangent, sort(input, dim)[2], dim),)


def torch_sort(input: torch.Tensor, dim: int = -1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """``torch.sort`` and the inverse of its permutation."""
    import torch

    values, index = torch.sort(input, dim=dim, stable=True)
    return values, index, torch.argsort(index, dim=dim)


def torch_sort_values(input: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """The values of ``torch.sort``."""
    import torch

    return torch.sort(input, dim=dim).values


def select(input: Array, idx: int = 0) -> Array:
    """A copy of ``x[idx]``."""
    return np.array(input[idx])


def select_vjp(cotangent: Array, input: Array, idx: int = 0) -> tuple[Array]:
    """Zeros, and the cotangent at ``idx``."""
    gradient = np.zeros_like(input)
    gradient[idx] = cotangent
    return (gradient,)


def torch_select(input: torch.Tensor, idx: int = 0) -> torch.Tensor:
    """A copy of ``x[idx]``."""
    return input[idx].clone()


def identity_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g``."""
    return (np.array(cotangent),)


def identity_pair(input: Array, other: Array) -> tuple[Array, Array]:
    """Copies of both."""
    return np.array(input), np.array(other)


def identity_pair_vjp(cotangent: tuple[Array, Array], input: Array, other: Array) -> tuple[Array, Array]:
    """Both cotangents."""
    return np.array(cotangent[0]), np.array(cotangent[1])


def torch_identity_pair(input: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Copies of both."""
    return input.clone(), other.clone()


def summed_to(g: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of broadcasting ``shape`` to the shape of ``g``."""
    lead = tuple(range(g.ndim - len(shape)))
    total = g.sum(axis=lead)
    spread = tuple(i for i, n in enumerate(shape) if n == 1 and total.shape[i] != 1)
    return np.asarray(total.sum(axis=spread, keepdims=True))
