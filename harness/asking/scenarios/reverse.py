"""Reverse mode: the library's, or by a vjp written by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.asking.binding import Arrays, Bound, bits
from harness.asking.libraries import Refusal, WrongKind
from harness.asking.outcomes import Array, Reason, Returned
from harness.asking.scenarios.calls import changed_inputs

#: The upstream layout in which every entry is one number in memory.
ONE_VALUE = "of one value"


@dataclass(frozen=True)
class Pulled:
    """What every question about reverse mode holds: inputs, upstream gradients, whose gradients are asked for.

    ``placed`` is how the upstream gradients lie in memory.
    """

    inputs: Arrays
    upstream: Arrays
    wrt: tuple[str, ...]
    layout: str = "contiguous"
    placed: str = "contiguous"

    def given(self, bound: Bound) -> list[Any]:
        """Upstream gradients in the library's arrays, one per output, None where there is none."""
        make = bound.library.spread if self.placed == ONE_VALUE else self._wrap(bound)
        return [make(self.upstream[n]) if n in self.upstream else None for n in bound.arguments.outputs]

    def pulled(self, bound: Bound, derivative: Callable[..., Any], *more: Any) -> Any:
        """What one of the library's derivatives finds: of the call, at these inputs and upstream gradients."""
        inputs, given = bound.wrapped(self.inputs, self.layout), self.given(bound)
        return derivative(bound, inputs, bound.places(self.wrt), lambda _: given, *more)

    def _wrap(self, bound: Bound) -> Callable[[Array], Any]:
        return lambda x: bound.library.wrap(x, self.placed)


def derivatives(bound: Bound) -> Any:
    """The module of the library's derivatives. Raises Refusal where it has none."""
    if not bound.library.derivatives:
        raise Refusal(Reason.LACKS, f"{bound.library.name} does not differentiate")
    return sys.modules[type(bound.library).__module__]


@dataclass(frozen=True)
class Vjp(Pulled):
    """Reverse mode: the library's, or by the vjp written by hand where there is one, after a call on the same inputs."""

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name; note ``upstream``: cotangents that were written to."""
        given = self.given(bound)
        before = [None if g is None else bits(bound.library.unwrap(g)) for g in given]
        inputs = bound.wrapped(self.inputs, self.layout)
        if bound.vjp is not None:
            bound(*inputs)
        found = _reverse(bound, inputs, self.wrt, given)
        pairs = zip(bound.arguments.outputs, given, before, strict=True)
        written = [n for n, g, was in pairs if g is not None and bits(bound.library.unwrap(g)) != was]
        return bound.gradients(self.wrt, found, upstream=written)


def _reverse(bound: Bound, inputs: Sequence[Any], wrt: Sequence[str], given: Sequence[Any]) -> list[Any]:
    if bound.vjp is None:
        return list(derivatives(bound).vjp(bound, inputs, bound.places(wrt), lambda _: given))
    returned = bound.pull([g for g in given if g is not None], inputs)
    by_name = _by_name(returned, bound)
    return [by_name.get(n) for n in wrt]


def _by_name(returned: Any, bound: Bound) -> Mapping[str, Any]:
    """What a vjp by hand returned, by input's name: one gradient per declared input, or per one that is there."""
    if isinstance(returned, dict):
        return returned
    found = returned if isinstance(returned, (tuple, list)) else (returned,)
    declared, there = bound.arguments.inputs, bound.arguments.there
    if returned is None or _short_or_long(found, len(declared), len(there)):
        came = "None" if returned is None else f"{len(found)}"
        raise WrongKind(f"its vjp returned {came}, expected {len(declared)} gradients, one per input")
    return dict(zip(declared if len(found) >= len(declared) else there, found, strict=False))


def _short_or_long(found: Sequence[Any], declared: int, there: int) -> bool:
    """Whether these are no gradients of the inputs; None may follow for what is no input."""
    return len(found) != there and (len(found) < declared or any(g is not None for g in found[declared:]))


@dataclass(frozen=True)
class VjpAgain(Pulled):
    """Reverse mode a second time through a graph that was kept."""

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name."""
        return bound.gradients(self.wrt, self.pulled(bound, derivatives(bound).vjp_again))


@dataclass(frozen=True)
class VjpBetween(Pulled):
    """Reverse mode with another call, on ``others``, between forward and backward.

    Of a vjp by hand: after calls on its inputs and on others; a last call makes whatever it keeps that of its inputs.
    """

    others: Arrays = field(default_factory=dict)

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name."""
        others = bound.wrapped(self.others, self.layout)
        if bound.vjp is None:
            return bound.gradients(self.wrt, self.pulled(bound, derivatives(bound).vjp_between, others))
        inputs = bound.wrapped(self.inputs, self.layout)
        bound(*inputs)
        bound(*others)
        found = _reverse(bound, inputs, self.wrt, self.given(bound))
        bound(*inputs)
        return bound.gradients(self.wrt, found)


@dataclass(frozen=True)
class VjpAfter(Pulled):
    """Reverse mode once the outputs hold other numbers; refused where the library notices."""

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name."""
        return bound.gradients(self.wrt, self.pulled(bound, derivatives(bound).vjp_after))


@dataclass(frozen=True)
class VjpLate(Pulled):
    """Reverse mode once some inputs hold ``others``; refused where the library notices."""

    others: Arrays = field(default_factory=dict)

    def perform(self, bound: Bound) -> Returned:
        """Gradients by input's name."""
        others = {bound.places([n])[0]: bound.library.wrap(x) for n, x in self.others.items()}
        return bound.gradients(self.wrt, self.pulled(bound, derivatives(bound).vjp_late, others))


@dataclass(frozen=True)
class VjpOfOne(Pulled):
    """The gradient of one array given for two inputs."""

    second: str = ""

    def perform(self, bound: Bound) -> Returned:
        """The gradient, under the first input's name."""
        (name,) = self.wrt
        inputs, given = bound.wrapped(self.inputs, self.layout), self.given(bound)
        at = bound.places([name, self.second])

        def call(x: Any) -> Any:
            return bound(*(x if i in at else y for i, y in enumerate(inputs)))

        return bound.gradients([name], derivatives(bound).vjp(call, [inputs[at[0]]], [0], lambda _: given))


@dataclass(frozen=True)
class VjpKept(Pulled):
    """What reverse mode changes besides."""

    def perform(self, bound: Bound) -> Returned:
        """No array; note ``changed``."""
        if bound.vjp is None:
            names = [*bound.arguments.there, *bound.arguments.outputs]
            return Returned({}, {"changed": self.pulled(bound, derivatives(bound).changed_by_backward, names)})
        inputs = bound.wrapped(self.inputs, self.layout)
        before = [bits(bound.library.unwrap(x)) for x in inputs]
        _reverse(bound, inputs, self.wrt, self.given(bound))
        return Returned({}, {"changed": changed_inputs(bound, inputs, before)})


@dataclass(frozen=True)
class Backward(Pulled):
    """What the backward of each custom Function returns when it is called directly."""

    def perform(self, bound: Bound) -> Returned:
        """No array; note ``gradients``: what each is and what is due."""
        return Returned({}, {"gradients": self.pulled(bound, derivatives(bound).backward)})
