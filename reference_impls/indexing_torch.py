"""torch's gathered, scattered and accumulated entries under the names of the specs, and those written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def gather(input: Tensor, index: Tensor, dim: int) -> Tensor:
    """``torch.gather``, the index first."""
    return torch.gather(input, dim, index)


def gather_along(input: Tensor, index: Tensor, dim: int) -> Tensor:
    """``torch.take_along_dim``; an index from the end is none, nothing is broadcast."""
    axis = range(input.dim())[dim]
    _checked(index, input.shape[axis])
    if input.dim() != index.dim():
        raise ValueError("the index has as many axes")
    for d, n in enumerate(index.shape):
        if d != axis:
            if n > input.shape[d]:
                raise ValueError("the index is no longer along the other axes")
            input = input.narrow(d, 0, n)
    return torch.take_along_dim(input, index, axis)


def _checked(index: Tensor, length: int) -> None:
    if index.is_floating_point():
        raise TypeError(f"an index is a whole number, got {index.dtype}")
    if index.numel() and bool(((index < 0) | (index >= length)).any()):
        raise IndexError("an index is beyond the axis")


def scatter_add(input: Tensor, index: Tensor, src: Tensor, dim: int) -> Tensor:
    """``torch.scatter_add``."""
    return torch.scatter_add(input, dim, index, src)


def scatter_reduce(input: Tensor, index: Tensor, src: Tensor, dim: int) -> Tensor:
    """``torch.scatter_reduce`` by sums."""
    return torch.scatter_reduce(input, dim, index, src, "sum")


def index_add(input: Tensor, index: Tensor, source: Tensor, dim: int, alpha: float = 1.0) -> Tensor:
    """``torch.index_add``."""
    return torch.index_add(input, dim, index, source, alpha=alpha)


def index_put(input: Tensor, index: Tensor, source: Tensor, dim: int, alpha: float = 1.0) -> Tensor:
    """``index_put`` that accumulates, along an axis moved to the front."""
    axis = range(input.dim())[dim]
    _checked(index, input.shape[axis])
    y, rows = input.movedim(axis, 0), source.movedim(axis, 0)
    if rows.shape != (len(index), *y.shape[1:]):
        raise ValueError("every index has a row of the source")
    return y.index_put((index,), alpha * rows, accumulate=True).movedim(0, axis)


def cumprod(input: Tensor, dim: int) -> Tensor:
    """``torch.cumprod``."""
    return torch.cumprod(input, dim)


def cumprod_function(input: Tensor, dim: int) -> Tensor:
    """``torch.cumprod`` through a Function with its gradient by hand."""
    output: Tensor = CumProd.apply(input, dim)  # type: ignore[no-untyped-call]
    return output


class CumProd(torch.autograd.Function):
    """``y[i] = x[0] ... x[i]``; slope of y[i] in x[k] is the product of all entries up to i but the k-th."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input: Tensor, dim: int) -> Tensor:
        return torch.cumprod(input, dim)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        input, ctx.dim = inputs
        ctx.save_for_backward(input)
        ctx.save_for_forward(input)

    @staticmethod
    def _slopes(x: Tensor) -> Tensor:
        """Slopes (i, k, ...) of entries along a first axis: products of rows in which the k-th entry is 1."""
        n = x.shape[0]
        own = torch.eye(n, dtype=torch.bool, device=x.device).reshape(n, n, *(1,) * (x.dim() - 1))
        products = torch.cumprod(torch.where(own, 1, x.unsqueeze(1)), 0)
        later = torch.ones(n, n, dtype=torch.bool, device=x.device).tril().reshape(own.shape)
        return torch.where(later, products, 0)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        slopes = CumProd._slopes(ctx.saved_tensors[0].movedim(ctx.dim, 0))
        return (grad.movedim(ctx.dim, 0).unsqueeze(1) * slopes).sum(0).movedim(0, ctx.dim), None

    @staticmethod
    def jvp(ctx: Any, of_input: Tensor, *_: Any) -> Tensor:
        slopes = CumProd._slopes(ctx.saved_tensors[0].movedim(ctx.dim, 0))
        return (of_input.movedim(ctx.dim, 0).unsqueeze(0) * slopes).sum(1).movedim(0, ctx.dim)


def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """``torch.logcumsumexp``."""
    return torch.logcumsumexp(input, dim)


def logcumsumexp_by_mask(input: Tensor, dim: int) -> Tensor:
    """``torch.logsumexp`` of each prefix, what comes later hidden."""
    axis = range(input.dim())[dim]
    x = input.movedim(axis, -1)
    later = torch.ones(x.shape[-1], x.shape[-1], dtype=torch.bool).triu(1)
    return torch.logsumexp(x.unsqueeze(-2).masked_fill(later, float("-inf")), -1).movedim(-1, axis)
