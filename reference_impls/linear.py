"""Vectors -> affine images of them: NumPy, SciPy and torch candidates, each NumPy one with its vjp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``y = x W^T + b`` over the last axis, one product of matrices."""
    rows, matrix = _rows(widened(input), weight), _matrix(weight)
    y = rows @ matrix.T
    if bias is not None:
        y += widened(bias)
    return y.reshape((*input.shape[:-1], *weight.shape[:-1])).astype(input.dtype, copy=False)


def linear_vjp(
    cotangent: Array, input: Array, weight: Array, bias: Array | None = None
) -> tuple[Array, Array, Array | None]:
    """``g W``, ``g^T x`` and the sum of ``g``; conjugated where complex."""
    rows, matrix = _rows(widened(input), weight), _matrix(weight)
    g = widened(cotangent).reshape(len(rows), len(matrix))
    by_weight = (g.T @ _conjugate(rows)).reshape(weight.shape)
    by_bias = None if bias is None else g.sum(axis=0).reshape(bias.shape).astype(bias.dtype, copy=False)
    by_input = (g @ _conjugate(matrix)).reshape(input.shape)
    return by_input.astype(input.dtype, copy=False), by_weight.astype(weight.dtype, copy=False), by_bias


def linear_einsum(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``y_o = sum_i x_i W_oi + b_o`` as an einsum, without BLAS."""
    _rows(input, weight)
    subscripts = "...i,oi->...o" if weight.ndim == 2 else "...i,i->..."
    y = np.einsum(subscripts, widened(input), widened(weight), optimize=False)
    return np.asarray(y if bias is None else y + bias).astype(input.dtype, copy=False)


def scipy_linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``y = x W^T + b`` by SciPy's own BLAS: ``gemm`` with the bias as its C."""
    from scipy.linalg import get_blas_funcs

    rows, matrix = _rows(widened(input), weight), _matrix(weight)
    shape = (*input.shape[:-1], *weight.shape[:-1])
    if not rows.size or not matrix.size:
        return linear(input, weight, bias)
    (gemm,) = get_blas_funcs(("gemm",), (rows, matrix))
    start = np.zeros((len(rows), len(matrix)), rows.dtype) if bias is None else np.tile(widened(bias), (len(rows), 1))
    y = gemm(1, rows, matrix, beta=1, c=start, trans_b=True)
    return np.asarray(y).reshape(shape).astype(input.dtype, copy=False)


def torch_linear_by_hand(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """``x W^T + b`` in torch's own operations."""
    y = input @ weight.T
    return y if bias is None else y + bias


def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """``y = x`` with the axes ``start_dim`` to ``end_dim`` run together, the last one fastest."""
    return input.reshape(_flat_shape(input.shape, start_dim, end_dim)).copy()


def flatten_vjp(cotangent: Array, input: Array, start_dim: int = 0, end_dim: int = -1) -> tuple[Array]:
    """``g`` in the shape of the input."""
    return (np.array(cotangent).reshape(input.shape),)


def torch_flatten(input: torch.Tensor, start_dim: int = 0, end_dim: int = -1) -> torch.Tensor:
    """``torch.flatten`` with a readable signature."""
    import torch

    return torch.flatten(input, start_dim, end_dim)


def torch_flatten_module(input: torch.Tensor, start_dim: int = 0, end_dim: int = -1) -> torch.Tensor:
    """The module ``torch.nn.Flatten``."""
    import torch

    output: torch.Tensor = torch.nn.Flatten(start_dim, end_dim)(input)
    return output


def add_vector(input: Array, vector: Array) -> Array:
    """``y = x + v`` over the last axis."""
    return np.asarray(input + vector)


def add_vector_vjp(cotangent: Array, input: Array, vector: Array) -> tuple[Array, Array]:
    """``g`` and the sum of ``g`` over all axes but the last."""
    total = widened(cotangent).sum(axis=tuple(range(input.ndim - 1)))
    return np.array(cotangent), total.astype(vector.dtype, copy=False)


def _rows(x: Array, weight: Array) -> Array:
    """All leading axes run together."""
    if x.ndim < 1 or weight.ndim not in (1, 2) or x.shape[-1] != weight.shape[-1]:
        raise ValueError(f"input {x.shape} and weight {weight.shape}: their last axes must be equal")
    return x.reshape(int(np.prod(x.shape[:-1])), x.shape[-1])


def _matrix(weight: Array) -> Array:
    """``(out, in)``, also where ``weight`` is a single row without the first axis."""
    return widened(weight).reshape((int(np.prod(weight.shape[:-1])), weight.shape[-1]))


def _conjugate(x: Array) -> Array:
    return x.conj() if np.iscomplexobj(x) else x


def _flat_shape(shape: tuple[int, ...], start_dim: int, end_dim: int) -> tuple[int, ...]:
    if not shape:
        return (1,)
    start, end = (_axis(dim, len(shape)) for dim in (start_dim, end_dim))
    if start > end:
        raise ValueError(f"start_dim {start_dim} comes after end_dim {end_dim}")
    return (*shape[:start], int(np.prod(shape[start : end + 1])), *shape[end + 1 :])


def _axis(dim: int, ndim: int) -> int:
    if not -ndim <= dim < ndim:
        raise IndexError(f"axis {dim} is out of range for {ndim} axes")
    return dim % ndim
