"""Affine maps and reshapes of vectors: the product with a matrix as its terms, moves of entries as they are."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

from harness.definitions.derivatives import stored
from harness.definitions.terms import Terms, axes, group, sum_of_products


@lru_cache(maxsize=64)
def _linear_terms(rows: int, inputs: int, outputs: int, bias: bool) -> Terms:
    shapes = {"out": (rows, outputs), "input": (rows, inputs), "weight": (outputs, inputs), "bias": (outputs,)}
    n, o, i = axes(rows, outputs, inputs)
    parts = [group(shapes, out=(n, o), input=(n, i), weight=(o, i))]
    if bias:
        n, o = axes(rows, outputs)
        parts.append(group(shapes, out=(n, o), bias=(o,)))
    return Terms((rows, outputs), {name: s for name, s in shapes.items() if name != "out"}, tuple(parts))


def linear_in_two_steps(input: Any, weight: Any, bias: Any = None) -> Any:
    """The product with the matrix, rounded, and then the sum with the bias."""
    product = linear(input, weight)
    return product if bias is None else stored(product) + bias


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``y[..., o] = b[o] + sum over i of x[..., i] w[o, i]``; a weight of one axis is a single row.

    Shapes: input (*lead, I), weight (O, I) or (I), bias (O) or (); returns (*lead, O) or (*lead).
    """
    lead, inputs = tuple(input.shape[:-1]), input.shape[-1]
    outputs = prod(weight.shape[:-1])
    terms = _linear_terms(prod(lead), inputs, outputs, bias is not None)
    factors = {"input": input.reshape((prod(lead), inputs)), "weight": weight.reshape((outputs, inputs))}
    factors |= {} if bias is None else {"bias": bias.reshape((outputs,))}
    return sum_of_products(terms, **factors).reshape((*lead, *weight.shape[:-1]))


linear.legal_values = (linear_in_two_steps,)  # type: ignore[attr-defined]


def flatten(input: Any, *, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes ``start_dim`` to ``end_dim`` run together, the last one fastest; a scalar becomes one entry."""
    if input.ndim == 0:
        return input.reshape((1,))
    first, last = start_dim % input.ndim, end_dim % input.ndim
    return input.reshape((*input.shape[:first], prod(input.shape[first : last + 1]), *input.shape[last + 1 :]))
