"""Arrays, what they were computed from -> products with their Jacobian: reverse mode, and forward mode by it twice.

Each primitive's vjp is written in the arithmetic of its arrays, so that gradients have derivatives themselves, to any
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from harness.dispatch import Recorded
from harness.operations import summed

A = TypeVar("A", bound=Recorded)


def vjp(outputs: Sequence[A], cotangents: Sequence[A], inputs: Sequence[A]) -> list[A | None]:
    """The vector-Jacobian product: one cotangent per output in, one gradient per input out (None where independent)."""
    between = _between(outputs, inputs)
    arrived: dict[int, list[A]] = {}

    def arrive(at: A, g: A) -> None:
        arrived.setdefault(at.order, []).append(fit(g, at))

    def all_of(at: A) -> A:
        parts = arrived[at.order]
        g: A = parts[0] if len(parts) == 1 else summed(*parts)
        return g

    for y, g in zip(outputs, cotangents, strict=True):
        arrive(y, g)
    for order in sorted(between, reverse=True):
        if order not in arrived:
            continue
        node = between[order]
        arrived[order] = [all_of(node)]
        for parent, back in node.parents:
            if parent.order in between:
                arrive(parent, back(arrived[order][0]))
    return [all_of(x) if x.order in arrived else None for x in inputs]


def fit(g: A, like: A) -> A:
    """A cotangent summed and projected to the space of ``like``: undoes broadcasting, drops imaginary parts."""
    if g.dtype.kind == "c" and like.dtype.kind != "c":
        g = g.real
    if g.shape == like.shape:
        return g
    lead = g.ndim - like.ndim
    axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(like.shape) if n == 1 and g.shape[i + lead] != 1)
    return (g.sum(axes) if axes else g).reshape(like.shape)


def _between(outputs: Sequence[A], inputs: Sequence[A]) -> dict[int, A]:
    """The nodes on some path from an input to an output, by order."""
    nodes: dict[int, A] = {}
    pending = list(outputs)
    while pending:
        node = pending.pop()
        if node.order not in nodes:
            nodes[node.order] = node
            pending.extend(operands(node))
    leading = {x.order for x in inputs}
    for order in sorted(nodes):
        if any(q.order in leading for q in operands(nodes[order])):
            leading.add(order)
    return {order: node for order, node in nodes.items() if order in leading}


def operands(node: A) -> tuple[A, ...]:
    """What an array was computed from; nothing of what was given."""
    found: Any = () if node.origin is None else node.origin.operands
    result: tuple[A, ...] = found
    return result


def jvp(outputs: Sequence[A], inputs: Sequence[A], tangents: Sequence[A]) -> list[A]:
    """The Jacobian-vector product, as the transpose of the transpose: one tangent per input in, one per output out."""
    dummies = [_zeros(y) for y in outputs]
    pairs = [(g, t) for g, t in zip(vjp(outputs, dummies, inputs), tangents, strict=True) if g is not None]
    found = vjp([g for g, _ in pairs], [t for _, t in pairs], dummies) if pairs else [None] * len(dummies)
    return [_zeros(y) if f is None else f for f, y in zip(found, outputs, strict=True)]


def _zeros(like: A) -> A:
    return like.lifted(np.zeros(like.shape, like.dtype))
