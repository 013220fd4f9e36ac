"""What a candidate is asked to do: a closed union, each member a value that performs itself where the candidate is.

Arrays are given by the input's or output's name. ``perform`` imports nothing of the judge: the host runs it, and a
script that repeats a row prints its source.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from harness.asking.binding import Arguments, Arrays, Bound, bits, load
from harness.asking.libraries import Disconnected, Refusal, WrongKind
from harness.asking.outcomes import Array, Reason, Returned
from harness.asking.state import changed_between, global_state, unsettle

#: The upstream layout in which every entry is one number in memory.
ONE_VALUE = "of one value"


@contextmanager
def watching(changed: list[str]) -> Iterator[None]:
    """Note what is changed within that all code of the process shares; `unsettle` first, outside of any mode."""
    with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
        modules, before = len(sys.modules), global_state()
        try:
            yield
        finally:
            changed.extend(changed_between(before, global_state(), modules))


# --- values ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One call on fresh arrays, ``keywords`` in place of the case's params where there are any."""

    inputs: Arrays
    layout: str = "contiguous"
    keywords: Mapping[str, Any] | None = None

    def perform(self, bound: Bound) -> Returned:
        """The outputs."""
        return bound.with_keywords(self.keywords).run(bound.remembered(bound.wrapped(self.inputs, self.layout)))


@dataclass(frozen=True)
class Watched:
    """One call on fresh arrays, and what it changes that all code of the process shares."""

    inputs: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs; note ``state``: what was changed."""
        inputs, changed = bound.remembered(bound.wrapped(self.inputs, self.layout)), list[str]()
        unsettle()
        with watching(changed):
            returned = bound(*inputs)
        return bound.found(bound.outputs(returned), state=changed)


@dataclass(frozen=True)
class Refused:
    """A call that must raise, and what it changes nevertheless."""

    inputs: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """No array; notes ``state`` and ``changed``: the inputs that were written to."""
        inputs, changed = bound.wrapped(self.inputs, self.layout), list[str]()
        before = [bits(bound.library.unwrap(x)) for x in inputs]
        unsettle()
        try:
            with watching(changed):
                bound(*inputs)
        except Exception:
            pass
        return Returned({}, {"state": changed, "changed": _changed(bound, inputs, before)})


def _changed(bound: Bound, inputs: Sequence[Any], before: Sequence[bytes]) -> list[str]:
    pairs = zip(bound.arguments.there, inputs, before, strict=True)
    return [n for n, x, was in pairs if bits(bound.library.unwrap(x)) != was]


@dataclass(frozen=True)
class Pure:
    """A call between two others: what it does to inputs, to earlier results, and whose memory it returns."""

    inputs: Arrays
    others: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs; notes of what was changed, by whom, and what is shared."""
        library, names = bound.library, bound.arguments.there
        earlier = bound.wrapped(self.inputs, self.layout)
        bound.outputs(bound(*earlier))
        inputs = bound.wrapped(self.inputs, self.layout)
        before = [bits(library.unwrap(x)) for x in inputs]
        for x in inputs:
            library.freeze(x)
        beside = [library.marks(x) for x in inputs]
        refused = ""
        try:
            returned = bound.outputs(bound(*inputs))
        except Exception as error:
            for x in inputs:
                library.thaw(x)
            returned = bound.outputs(bound(*inputs))  # what raises here as well raises whatever the inputs allow
            refused = f"{type(error).__name__}: {error}"
        notes: dict[str, Any] = {"refused": refused, "changed": _changed(bound, inputs, before)}
        pairs = [(n, library.marks(x), was) for n, x, was in zip(names, inputs, beside, strict=True)]
        notes["marks"] = {n: [what for what, v in now.items() if v != was[what]] for n, now, was in pairs}
        outputs = dict(zip(bound.arguments.outputs, returned, strict=True))
        given = list(zip(names, inputs, strict=True))
        notes["shared"] = {n: [m for m, x in given if library.shares(x, y)] for n, y in outputs.items()}
        first = bound.found(returned)
        kept = {n: bits(y) for n, y in first.present.items()}
        bound.outputs(bound(*bound.wrapped(self.others, self.layout)))
        notes["later inputs"] = ([] if notes["changed"] else bound.overwritten()) or [
            n
            for n, x, y, was in zip(names, inputs, earlier, before, strict=True)
            if bits(library.unwrap(x)) != was or bits(library.unwrap(y)) != was
        ]
        notes["later outputs"] = [n for n, y in outputs.items() if bits(library.unwrap(y)) != kept[n]]
        return Returned(first.arrays, {**first.notes, **notes})


@dataclass(frozen=True)
class AfterOthers:
    """The call on other inputs, then again on these."""

    inputs: Arrays
    others: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """``others NAME`` and ``again NAME`` of each output; the caller's name is one that benchmarks have."""
        others = bound.run(bound.wrapped(self.others, self.layout))

        def timed_benchmark_repeats_again() -> Returned:
            return bound.run(bound.wrapped(self.inputs, self.layout))

        parts = (("others", others), ("again", timed_benchmark_repeats_again()))
        return Returned({f"{how} {n}": y for how, part in parts for n, y in part.arrays.items()})


@dataclass(frozen=True)
class Kin:
    """A call of the same function with other kinds of arguments: other dtype, shapes, params."""

    inputs: Arrays
    arguments: Arguments
    layout: str = "contiguous"


@dataclass(frozen=True)
class InTurn:
    """Calls of other kinds, each followed by the call on these inputs: what a function keeps may not be taken for another."""

    inputs: Arrays
    kin: tuple[Kin, ...]
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """``K NAME`` of each call of another kind that returned, and ``again K NAME`` of the one after it."""
        found: dict[str, Array | None] = {}
        for k, other in enumerate(self.kin):
            kindred = replace(bound, arguments=other.arguments)
            self.before(k, kindred)
            with suppress(Exception):  # who raises there is told so where that is asked alone
                returned = kindred.run(kindred.wrapped(other.inputs, other.layout))
                found |= {f"{k} {n}": y for n, y in returned.arrays.items()}
            again = bound.run(bound.wrapped(self.inputs, self.layout))
            found |= {f"again {k} {n}": y for n, y in again.arrays.items()}
        return Returned(found)

    def before(self, k: int, kindred: Bound) -> None:
        """What happens before a call of another kind."""


@dataclass(frozen=True)
class AfterSiblings(InTurn):
    """Calls of kinds that were never asked, each after another op's function beside this one was called with them: what two
    functions keep together may not be taken for each other's. ``siblings`` are dotted paths, of which some lead nowhere."""

    siblings: tuple[str, ...] = ()

    def perform(self, bound: Bound) -> Returned:
        """The same, each call of another kind after one of a function beside this one; nothing where there is none."""
        return InTurn.perform(self, bound) if self.there else Returned({})

    def before(self, k: int, kindred: Bound) -> None:
        """A sibling is called with what comes next, and with these inputs."""
        other, functions = self.kin[k], self.there
        sibling = replace(kindred, function=functions[k % len(functions)])
        for inputs in (other.inputs, {n: x.real for n, x in other.inputs.items()}, self.inputs):
            with suppress(Exception):  # it may want other inputs: then it keeps nothing of these
                sibling(*sibling.wrapped(inputs))

    @cached_property
    def there(self) -> list[Callable[..., Any]]:
        """The functions that the paths lead to."""
        found = []
        for path in self.siblings:
            with suppress(Exception):
                function = load(path)
                if callable(function) and not isinstance(function, type):
                    found.append(function)
        return found


@dataclass(frozen=True)
class Vast:
    """A call on one row of some inputs repeated by a stride of 0; ``most`` is how many different rows are kept of a result."""

    inputs: Arrays
    rows: tuple[str, ...]
    count: int
    most: int

    def perform(self, bound: Bound) -> Returned:
        """``K NAME`` of each different row of each output, and how long the outputs are as the note ``lengths``."""
        library = bound.library
        given = [library.repeat(x, self.count) if n in self.rows else library.wrap(x) for n, x in self.inputs.items()]
        outputs = dict(zip(bound.arguments.outputs, bound.outputs(bound(*given)), strict=True))
        found: dict[str, Array | None] = {}
        for name, y in outputs.items():
            found |= {f"{k} {name}": row for k, row in enumerate(self._different(y, library))}
        return Returned(found, {"lengths": {n: len(y) for n, y in outputs.items()}})

    def _different(self, y: Any, library: Any) -> list[Array]:
        """The different rows of an output, bit for bit, in the order in which they come."""
        found: list[Array] = []
        step = max(1, 2**22 // max(1, int(np.prod(y.shape[1:]))))  # some millions of entries at a time
        for start in range(0, len(y), step):
            part = np.ascontiguousarray(library.unwrap(y[start : start + step]))
            plain = part.reshape(len(part), -1).view(np.uint8)
            left = np.arange(len(part))
            for row in found:
                left = left[(plain[left] != row.reshape(1, -1).view(np.uint8)).any(axis=1)]
            while left.size and len(found) < self.most:
                found.append(part[left[0] : left[0] + 1].copy())
                left = left[(plain[left] != plain[left[0]]).any(axis=1)]
        return found


@dataclass(frozen=True)
class Overwritten:
    """Arrays that a first call has seen, with other values in their place."""

    inputs: Arrays
    others: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs of the second call."""
        inputs = bound.wrapped(self.inputs, self.layout)
        bound.outputs(bound(*inputs))
        for x, values in zip(inputs, self.others.values(), strict=True):
            bound.library.overwrite(x, values)
        return bound.run(inputs)


@dataclass(frozen=True)
class Scribbled:
    """The call again once its first result was written over: a result belongs to whoever asked for it."""

    inputs: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs of the second call; of a result that cannot be written over, of the first one."""
        first = bound.outputs(bound(*bound.wrapped(self.inputs, self.layout)))
        for y in first:
            try:
                bound.library.overwrite(y, np.zeros_like(bound.library.unwrap(y)))
            except (TypeError, ValueError, RuntimeError, Refusal):  # a number of NumPy is no array
                continue
        return bound.run(bound.wrapped(self.inputs, self.layout))


@dataclass(frozen=True)
class InMode:
    """A call in one of the library's modes; ``watched``: also what it changes that all code of the process shares."""

    mode: str
    inputs: Arrays
    layout: str = "contiguous"
    watched: bool = False

    def perform(self, bound: Bound) -> Returned:
        """The outputs; notes ``state`` and ``changed``."""
        mode, changed = bound.library.mode(self.mode), list[str]()
        inputs = mode.prepared(bound.wrapped(self.inputs, self.layout))
        before = [bits(bound.library.unwrap(x)) for x in inputs]
        if self.watched:
            unsettle()
        with mode.context(), watching(changed) if self.watched else nullcontext():
            returned = bound(*inputs)
        return bound.found(bound.outputs(returned), state=changed, changed=_changed(bound, inputs, before))


@dataclass(frozen=True)
class InThreads:
    """So many calls on each of two draws, from two threads that take turns as often as they can."""

    inputs: Arrays
    others: Arrays
    calls: int
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """``inputs K NAME`` and ``others K NAME``: each different result once."""
        draws = (("inputs", self.inputs), ("others", self.others)) * self.calls
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(2) as pool:
                results = list(pool.map(lambda draw: bound.run(bound.wrapped(draw[1], self.layout)), draws))
        finally:
            sys.setswitchinterval(before)
        seen: dict[tuple[Any, ...], tuple[str, Returned]] = {}
        for (draw, _), result in zip(draws, results, strict=True):
            seen.setdefault((draw, *(_identity(y) for y in result.present.values())), (draw, result))
        return Returned(
            {f"{draw} {k} {n}": y for k, (draw, r) in enumerate(seen.values()) for n, y in r.arrays.items()}
        )


def _identity(x: Array) -> tuple[Any, ...]:
    return x.shape, str(x.dtype), bits(x)


@dataclass(frozen=True)
class InLayout:
    """A call on inputs placed otherwise in memory, or on one that is, named ``of``, beside contiguous ones.

    Of views into a buffer also whether the rest of it is kept.
    """

    layout: str
    inputs: Arrays
    of: str = ""

    def perform(self, bound: Bound) -> Returned:
        """The outputs; note ``overwritten``: inputs around which memory was written to."""
        places = {n: self.layout if self.of in ("", n) else "contiguous" for n in self.inputs}
        inputs = [bound.library.wrap(x, places[n]) for n, x in self.inputs.items()]
        around = self.layout in ("strided", "offset")
        before = [bound.library.surroundings(x) for x in inputs] if around else []
        found = bound.run(inputs)
        pairs = zip(bound.arguments.there, inputs, before, strict=False)
        lost = [n for n, x, was in pairs if bound.library.surroundings(x) != was]
        return Returned(found.arrays, {**found.notes, "overwritten": lost})


@dataclass(frozen=True)
class OneArray:
    """One array given for two inputs of the same kind."""

    first: str
    second: str
    inputs: Arrays

    def perform(self, bound: Bound) -> Returned:
        """The outputs."""
        one = bound.library.wrap(self.inputs[self.first])
        both = (self.first, self.second)
        return bound.run([one if n in both else bound.library.wrap(x) for n, x in self.inputs.items()])


@dataclass(frozen=True)
class Lists:
    """Lists and Python numbers in place of arrays."""

    inputs: Arrays

    def perform(self, bound: Bound) -> Returned:
        """The outputs, as arrays."""
        outputs = bound.outputs(bound(*(x.tolist() for x in self.inputs.values())))
        return bound.found([np.asarray(y) for y in outputs])


@dataclass(frozen=True)
class Masked:
    """Calls on small inputs, in each of which some entries are large, and others as large below 0.

    ``numbers`` has a number for each entry of some inputs, ``pairs`` the number that is large and the one below 0, by call.
    """

    inputs: Arrays
    numbers: Arrays
    pairs: Array
    large: float

    def perform(self, bound: Bound) -> Returned:
        """The outputs of all calls, one call after the other along their first axis."""
        found = [bound.run(bound.wrapped(self._masked(*pair))).present for pair in self.pairs.tolist()]
        return Returned({n: np.stack([each[n] for each in found]) for n in found[0]})

    def _masked(self, plus: int, minus: int) -> Arrays:
        inputs = {n: x.copy() for n, x in self.inputs.items()}
        for name, numbers in self.numbers.items():
            for number, large in ((plus, self.large), (minus, -self.large)):
                at = numbers == number
                inputs[name][at] = large * np.sign(inputs[name][at].astype(np.float64))
        return inputs


# --- derivatives ----------------------------------------------------------------------------------------------------


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
        return Returned({}, {"changed": _changed(bound, inputs, before)})


@dataclass(frozen=True)
class Backward(Pulled):
    """What the backward of each custom Function returns when it is called directly."""

    def perform(self, bound: Bound) -> Returned:
        """No array; note ``gradients``: what each is and what is due."""
        return Returned({}, {"gradients": self.pulled(bound, derivatives(bound).backward)})


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


def _asked_of(bound: Bound, asked: Second | MappedVjp, room: Any, places: Sequence[int]) -> None:
    if not asked.functions:
        return
    there = room.has_functions(bound, bound.wrapped(asked.inputs, asked.layout), places)
    if there != (asked.functions == "with"):
        raise Refusal(Reason.LACKS, "a custom Function takes part" if there else "no custom Function takes part")


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


Scenario = (
    Call
    | Watched
    | Refused
    | Pure
    | AfterOthers
    | InTurn
    | AfterSiblings
    | Vast
    | Overwritten
    | Scribbled
    | InMode
    | InThreads
    | InLayout
    | OneArray
    | Lists
    | Masked
    | Vjp
    | VjpAgain
    | VjpBetween
    | VjpAfter
    | VjpLate
    | VjpOfOne
    | VjpKept
    | Backward
    | Jvp
    | Second
    | Mapped
    | MappedVjp
    | Gradcheck
)

#: Every member of the union.
SCENARIOS: tuple[type, ...] = Scenario.__args__
