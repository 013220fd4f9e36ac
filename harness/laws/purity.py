"""Trial -> Equations on side effects: inputs, aliases, state, order of calls, threads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.candidates import Failed, guarded
from harness.comparison import Equation, Fact, Numbers, alike
from harness.libraries.arrays import NotAnArray, NotOffered, marks
from harness.oracles import Answer
from harness.trial import Trial

#: Pairs of calls from two threads at the first case: enough for what they share to be met half-way.
CALLS_AT_ONCE = 12


def pure(trial: Trial) -> Iterator[Equation]:
    """A call changes neither its inputs nor an earlier result, also where it raises, and returns memory of its own."""
    if trial.case.invalid:
        yield from _refused(trial)
        return
    library, call = trial.candidate.library, trial.bound_call
    inputs = trial.wrapped()
    before = [_bits(library.unwrap(x)) for x in inputs]
    for x in inputs:
        library.freeze(x)
    beside = [marks(x) for x in inputs]
    try:
        returned = trial.candidate.outputs_of(lambda: call(*inputs))
    except Failed as error:
        if "read-only" not in str(error):
            raise
        yield Fact("inputs", "written to", "read only", f"it writes to its inputs: {error}")
        return
    yield Fact("state", trial.changed, [], f"the call changed {', '.join(trial.changed)}")
    for name, x, bits in zip(trial.arrays, inputs, before, strict=True):
        same = _bits(library.unwrap(x)) == bits
        yield Fact(name, _word(same), "unchanged", f"the call changed its input `{name}`")
    for name, x, was in zip(trial.arrays, inputs, beside, strict=True):
        changed = [what for what, now in marks(x).items() if now != was[what]]
        yield Fact(f"{name} itself", changed, [], f"the call changed of its input `{name}`: {', '.join(changed)}")
    for name, y in zip(trial.outputs, returned, strict=True):
        shared = [n for n, x in zip(trial.arrays, inputs, strict=True) if library.shares(x, y)]
        yield Fact(name, shared, [], f"`{name}` shares memory with {', '.join(shared)}")
    kept = {n: _bits(y) for n, y in trial.values(returned).items()}
    trial.call(trial.bench.others)
    for name, x, first, bits in zip(trial.arrays, inputs, trial.given, before, strict=True):
        same = all(_bits(library.unwrap(earlier)) == bits for earlier in (x, first))
        yield Fact(name, _word(same), "unchanged", f"a later call changed the input `{name}` of an earlier one")
    for name, y in trial.values(returned).items():
        yield Fact(name, _word(_bits(y) == kept[name]), "unchanged", f"a later call changed the earlier `{name}`")
    if not trial.case.departures:
        yield from _in_modes(trial)


def _in_modes(trial: Trial) -> Iterator[Equation]:
    """What a call in some mode changes, at the first case; that it changes nothing is no row of its own."""
    unwrap = trial.candidate.library.unwrap
    for how, mode in trial.candidate.library.modes().items():
        inputs = mode.prepared(trial.wrapped())
        before = [_bits(unwrap(x)) for x in inputs]
        call, changed = trial.noted(inputs)
        with suppress(NotOffered, Failed, NotAnArray), mode.context():
            guarded(call)
        changed += [n for n, x, bits in zip(trial.arrays, inputs, before, strict=True) if _bits(unwrap(x)) != bits]
        if changed:
            yield Fact(f"side effects {how}", changed, [], f"{how}, the call changed {', '.join(changed)}")


def _refused(trial: Trial) -> Iterator[Equation]:
    """A call that raises leaves its inputs and what all code shares as they were."""
    trial.candidate.offers(trial.case)
    inputs = trial.wrapped()
    before = [_bits(trial.candidate.library.unwrap(x)) for x in inputs]
    call, changed = trial.noted(inputs)
    with suppress(Failed, NotOffered, NotAnArray):
        guarded(call)
    yield Fact("state", changed, [], f"the call raised, and changed {', '.join(changed)}")
    for name, x, bits in zip(trial.arrays, inputs, before, strict=True):
        same = _bits(trial.candidate.library.unwrap(x)) == bits
        yield Fact(name, _word(same), "unchanged", f"the call raised, and changed its input `{name}`")


def repeatable(trial: Trial) -> Iterator[Equation]:
    """The same call gives the same value: twice, after other inputs, from two threads, with gradients and without."""
    first = trial.values(trial.first)
    yield from _again(trial, "twice", first)
    other = trial.values(trial.call(trial.bench.others))
    due = trial.due_at("others").values
    yield from alike(other, due, "{} of other inputs")
    yield from _again(trial, "after other inputs", first)
    if not trial.plain:
        return
    yield from _overwritten(trial, due)
    for how, mode in trial.candidate.library.modes().items():
        inputs = mode.prepared(trial.wrapped())
        try:
            with mode.context():
                found = trial.candidate.checked(partial(trial.bound_call, *inputs))
        except NotOffered:
            continue
        except Failed as error:
            if how == "without gradients":  # whether it takes what has gradients is said by the laws of those
                yield Fact(f"{trial.outputs[0]} {how}", "raised", "returns", str(error))
            continue
        yield from _same(trial, how, first, trial.values(found))
    draws = (trial.arrays, trial.bench.others) * (CALLS_AT_ONCE if not trial.case.departures else 2)
    with _switching():
        together = list(_threads().map(lambda arrays: trial.values(trial.call(arrays)), draws))
    for returned, arrays in zip(together, draws, strict=True):
        yield from _same(trial, "in two threads", first if arrays is trial.arrays else other, returned, arrays)


def _overwritten(trial: Trial, due: Mapping[str, Answer]) -> Iterator[Equation]:
    """Arrays that a first call has seen, with other values in their place."""
    library = trial.candidate.library
    if trial.case.layout in ("expanded", "repeated"):
        return
    inputs = trial.wrapped()
    trial.candidate.checked(partial(trial.bound_call, *inputs))
    for x, values in zip(inputs, trial.bench.others.values(), strict=True):
        library.overwrite(x, values)
    found = trial.candidate.checked(partial(trial.bound_call, *inputs))
    yield from alike(trial.values(found), due, "{} of overwritten inputs")


@contextmanager
def _switching() -> Iterator[None]:
    """Threads take turns as often as they can: what they share they meet in."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@cache
def _threads() -> ThreadPoolExecutor:
    """Two threads, kept for all trials of this process."""
    return ThreadPoolExecutor(2)


def _again(trial: Trial, how: str, first: dict[str, NDArray[Any]]) -> Iterator[Equation]:
    yield from _same(trial, how, first, trial.values(trial.call()))


def _same(
    trial: Trial,
    how: str,
    first: dict[str, NDArray[Any]],
    later: dict[str, NDArray[Any]],
    arrays: Mapping[str, NDArray[Any]] | None = None,
) -> Iterator[Equation]:
    due = trial.due_at("others" if arrays is trial.bench.others else "").values
    for name, y in later.items():
        if _bits(y) == _bits(first[name]):
            yield Fact(f"{name} {how}", "same bits", "same bits", "")
        elif y.shape == due[name].expected.shape:
            yield Numbers(f"{name} {how}", y, due[name])
        else:
            yield Fact(f"{name} {how}", y.shape, first[name].shape, f"{how}, `{name}` has another shape")


def _bits(x: NDArray[Any]) -> tuple[Any, ...]:
    return x.shape, str(x.dtype), np.ascontiguousarray(x).tobytes()


def _word(same: bool) -> str:
    return "unchanged" if same else "changed"
