"""Inputs as a caller gives them -> in their order, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import Spec


def listed(name: str, inputs: Any) -> list[Any]:
    """The inputs of a definition, given as a list or by name. Raises TypeError for one array in place of a list."""
    if isinstance(inputs, Mapping):
        return list(inputs.values())
    if not isinstance(inputs, Sequence) or isinstance(inputs, (str, bytes)):
        there = f"one array of shape {tuple(inputs.shape)}" if hasattr(inputs, "shape") else type(inputs).__name__
        raise TypeError(f"{name}: expected a list of its inputs; got {there}: put it in a list, as [x]")
    return list(inputs)


def ordered(spec: Spec, inputs: Any) -> list[Any]:
    """The inputs of an op, given as a list or by name. Raises TypeError with those it has and those it got."""
    names = [i.name for i in spec.inputs]
    expected = f"{spec.op}: expected the inputs {', '.join(names)}"
    if isinstance(inputs, Mapping):
        given = dict(inputs)
    else:
        there = listed(spec.op, inputs)
        if len(there) > len(names):
            kind = "arrays" if all(x is None or hasattr(x, "shape") for x in there) else "values"
            nested = "" if kind == "arrays" else ": a list of numbers is one input of a list, as [[1.0, 2.0]]"
            raise TypeError(f"{expected}; got {len(there)} {kind}{nested}")
        given = dict(zip(names, there, strict=False))
    missing = [i.name for i in spec.inputs if not i.optional and given.get(i.name) is None]
    if missing or any(n not in names for n in given):
        raise TypeError(f"{expected}; got {', '.join(given) or 'none'}")
    return [given.get(n) for n in names]
