"""Outputs of a definition, an input -> the groups of its entries that share one maximum.

Each of several tied entries may take any part of the maximum's gradient, but together they take one: subgradients are a
simplex (Rockafellar 1970, Convex Analysis, section 23), of which the sum over a group is a face that needs no choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.arithmetic import Tracked
from harness.dispatch import Move
from harness.operations import primitives

Array = NDArray[Any]


def groups(outputs: Sequence[Any], given: Tracked) -> list[Array]:
    """Flat places in ``given`` of entries that share maxima; none where a maximum is not one of its entries."""
    found: list[Array] = []
    for node in _nodes(outputs):
        origin = node.origin
        if origin is None or origin.primitive not in (primitives.largest, primitives.maximum):
            continue
        places = _places(origin.operands[0], given) if origin.primitive is primitives.largest else None
        if places is None:
            return []
        found.extend(_rivals(origin.operands[0], places, origin.params["axes"]))
    return _joined(found, given.size)


def _nodes(outputs: Sequence[Any]) -> Iterator[Any]:
    waiting: list[Any] = [y for y in outputs if isinstance(y, Tracked)]
    seen = set[int]()
    while waiting:
        node = waiting.pop()
        if node.order not in seen:
            seen.add(node.order)
            yield node
            waiting.extend(node.origin.operands if node.origin else ())


def _places(x: Any, given: Tracked) -> Array | None:
    """Where each entry of x lies in ``given``: -1 of constants, nothing where x is computed."""
    if x.order == given.order:
        return np.arange(given.size).reshape(given.shape)
    if x.origin is None:
        return np.full(x.shape, -1)
    parts = [_places(operand, given) for operand in x.origin.operands]
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    match x.origin.primitive:
        case Move() as move:
            moved: Array = move.move(present[0], **x.origin.params)
            return moved
        case primitives.concatenate:
            joined: Array = np.concatenate(present, **x.origin.params)
            return joined
        case _:
            return None


def _rivals(x: Any, places: Array, axes: tuple[int, ...]) -> Iterator[Array]:
    """The places that tie for each maximum over axes, where there are several."""
    tied = x.value == x.value.max(axis=axes, keepdims=True)
    if not (tied.sum(axis=axes) > 1).any():
        return
    last = tuple(range(-len(axes), 0))
    rows = np.moveaxis(np.where(tied, places, -1), axes, last).reshape(-1, int(np.prod([x.shape[a] for a in axes])))
    yield from (np.unique(row[row >= 0]) for row in rows if (row >= 0).sum() > 1)


def _joined(sets: Sequence[Array], size: int) -> list[Array]:
    """Sets that meet, as one."""
    if not sets:
        return []
    from scipy.sparse import coo_array  # heavy, and few ops have a maximum
    from scipy.sparse.csgraph import connected_components

    pairs = np.concatenate([np.stack([np.full(s.size - 1, s[0]), s[1:]]) for s in sets], axis=1)
    graph = coo_array((np.ones(pairs.shape[1]), tuple(pairs)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [np.sort(part) for part in parts if part.size > 1]
