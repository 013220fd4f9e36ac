"""Forward mode, second derivatives, maps over a new axis, and what the library itself says of its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.asking.binding import Arrays, Bound
from harness.asking.libraries import Disconnected, Refusal
from harness.asking.outcomes import Reason, Returned
from harness.asking.scenarios.reverse import Pulled, derivatives


@dataclass(frozen=True)
class Jvp:
    """Forward mode along tangents of some inputs."""

    inputs: Arrays
    tangents: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """Tangents by output's name, None where nothing moves."""
        wrap = bound.library.wrap
        given = [wrap(self.tangents[n]) if n in self.tangents else None for n in bound.arguments.there]
        moved = derivatives(bound).jvp(bound, bound.wrapped(self.inputs, self.layout), given)
        if all(t is None for t in moved):
            raise Disconnected("forward mode carries nothing to the result")
        return bound.gradients(bound.arguments.outputs, moved)


@dataclass(frozen=True)
class Second(Pulled):
    """A second derivative along one of four paths; ``functions`` says for which candidates it is asked.

    ``with``: only where a custom Function takes part; ``without``: only where none does.
    """

    path: str = "reverse of reverse"
    tangents: Arrays = field(default_factory=dict)
    functions: str = ""

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name and ``cotangent NAME``, or tangents by output's name."""
        room, places = derivatives(bound), bound.places(self.wrt)
        _asked_of(bound, self, room, places)
        along = [bound.library.wrap(self.tangents[n]) for n in self.wrt]
        found = self.pulled(bound, room.PATHS[self.path], along)
        names: Sequence[str] = self.wrt
        if self.path == "forward of forward":
            names = bound.arguments.outputs
        elif self.path == "reverse of reverse":
            names = [*self.wrt, *(f"cotangent {n}" for n in bound.arguments.outputs if n in self.upstream)]
        return bound.gradients(names, found)


@dataclass(frozen=True)
class Mapped:
    """Two draws along a new axis of the inputs ``over``, mapped over in one call."""

    inputs: Arrays
    others: Arrays
    over: tuple[str, ...]
    axis: int = 0

    def perform(self, bound: Bound) -> Returned:
        """The outputs, both draws' along their first axis."""
        axes = [self.axis if n in self.over else None for n in self.inputs]
        found = derivatives(bound).vmap(bound, _stacked(bound, self), axes)
        return bound.found(bound.outputs(found if len(found) > 1 else found[0]))


@dataclass(frozen=True)
class MappedVjp(Pulled):
    """Gradients of two draws: taken of each within a map (``per sample``), or of the map (``through the map``)."""

    way: str = "per sample"
    others: Arrays = field(default_factory=dict)
    functions: str = ""

    @property
    def over(self) -> tuple[str, ...]:
        """All inputs are mapped over."""
        return tuple(self.inputs)

    @property
    def axis(self) -> int:
        """The first axis is the new one."""
        return 0

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name, both draws' along their first axis."""
        room, places = derivatives(bound), bound.places(self.wrt)
        _asked_of(bound, self, room, places)
        derive = room.vmapped_vjp if self.way == "per sample" else room.vjp_of_map
        given = self.given(bound)
        return bound.gradients(self.wrt, derive(bound, _stacked(bound, self), places, lambda _: given))


def _stacked(bound: Bound, asked: Mapped | MappedVjp) -> list[Any]:
    return [
        bound.library.wrap(np.stack([x, asked.others[n]], asked.axis) if n in asked.over else x)
        for n, x in asked.inputs.items()
    ]


def _asked_of(bound: Bound, asked: Second | MappedVjp, room: Any, places: Sequence[int]) -> None:
    if not asked.functions:
        return
    there = room.has_functions(bound, bound.wrapped(asked.inputs, asked.layout), places)
    if there != (asked.functions == "with"):
        raise Refusal(Reason.LACKS, "a custom Function takes part" if there else "no custom Function takes part")


@dataclass(frozen=True)
class Gradcheck:
    """The witness: what ``torch.autograd.gradcheck`` says."""

    inputs: Arrays
    wrt: tuple[str, ...]
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """No array; notes ``agrees`` and ``words``."""
        inputs = bound.wrapped(self.inputs, self.layout)
        agrees, words = derivatives(bound).gradcheck(bound, inputs, bound.places(self.wrt))
        return Returned({}, {"agrees": agrees, "words": words})
