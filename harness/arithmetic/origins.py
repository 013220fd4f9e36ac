"""Tracked, entry -> the steps of a definition that its bound arose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.arithmetic.operators import add
from harness.arithmetic.roundings import Array, of_tier
from harness.arithmetic.tracked import Tracked, leaf
from harness.differentiation import fit
from harness.dispatch import Move
from harness.operations import primitives


@dataclass(frozen=True)
class Step:
    """One step of a definition: what of one entry's bound had arisen once it was done, and what it added itself.

    ``value`` and ``sizes`` are of the step's entry through which most of that passes.
    """

    name: str
    arisen: float
    added: float
    value: Any
    sizes: dict[str, float]


#: Steps that round none, beside moves: what reaches them reaches what they were made of, whatever its sign.
_EXACT = frozenset({primitives.concatenate, primitives.conj, primitives.imag, primitives.negative, primitives.real})


def steps(y: Tracked, at: tuple[int, ...], tier: int) -> list[Step]:
    """How the bound of one entry of y arose, in the order of the computation: first-order running error analysis."""
    one = np.zeros(y.shape, y.dtype)
    one[at] = 1
    nodes, reaching = {y.order: y}, {y.order: np.abs(one).astype(np.float64)}
    signed: dict[int, Tracked] = {y.order: leaf(one, y.p)}
    passed: dict[int, float] = {}
    found = []
    while nodes:
        node = nodes.pop(order := max(nodes))
        weight = np.abs(reaching.pop(order))
        arisen = _arisen(node, weight, tier)
        for parent, back in node.parents:
            if parent.error is None and not parent.parents:
                continue
            arrived = fit(back(signed[order]), parent)
            carried = fit(back(leaf(weight, node.p)), parent) if _moves(node) else arrived
            before = np.abs(carried.value).astype(np.float64)
            passed[order] = passed.get(order, 0.0) + _arisen(parent, before, tier)
            reaching[parent.order] = reaching.get(parent.order, 0.0) + before
            signed[parent.order] = add(signed[parent.order], arrived) if parent.order in signed else arrived
            nodes[parent.order] = parent
        if node.error is not None and node.step:
            through = np.unravel_index(int(np.argmax(_weighed(node, weight, tier))), node.shape)
            place = tuple(int(i) for i in through)
            sizes = {} if node.sizes is None else node.sizes(node.value, place)
            added = max(arisen - passed.get(order, 0.0), 0.0)
            found.append(Step(node.step, arisen, added, node.value[place], sizes))
    return found[::-1]


def _moves(node: Tracked) -> bool:
    of = None if node.origin is None else node.origin.primitive
    return isinstance(of, Move) or of in _EXACT


def _arisen(node: Tracked, weight: Array, tier: int) -> float:
    return float(_weighed(node, weight, tier).sum())


def _weighed(node: Tracked, weight: Array, tier: int) -> Array:
    """What of the errors of a step's entries reaches the result; none where no error is, or no way."""
    if node.error is None:
        return np.zeros(node.shape)
    error = of_tier(np.asarray(node.error), tier)
    with np.errstate(all="ignore"):
        weighed: Array = np.where((error == 0) | (weight == 0), 0.0, error * weight)
    return weighed
