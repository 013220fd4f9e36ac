"""Trial -> Equations on torch.func.vmap: along any axis, of some inputs alone, of gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.candidates import Failed, guarded
from harness.comparison import Equation, Fact, Numbers
from harness.libraries.arrays import NoGradient, NotOffered
from harness.libraries.autograd import torch_vjp, torch_vmap, torch_vmapped_vjp
from harness.oracles import Answer
from harness.trial import Trial

#: What subjects say besides an output or input: the new axis is the last one; the gradient is mapped, or the map's.
LAST, PER_SAMPLE, THROUGH = " over the last axis", " per sample", " through the map"


def vmap(trial: Trial) -> Iterator[Equation]:
    """Mapping over a new axis, the first or the last, is what a loop over it gives, of values and gradients."""
    if not trial.is_torch or trial.case.departures > 1 or not trial.arrays:
        return
    everything = frozenset(trial.arrays)
    yield from _mapped(trial, everything, "")
    if not trial.plain:
        return
    first, last = next(iter(trial.arrays)), list(trial.arrays)[-1]
    for name in dict.fromkeys((first, last) if len(everything) > 1 else ()):
        yield from _mapped(trial, frozenset({name}), f" over {name} alone")
    try:
        yield from _mapped(trial, everything, LAST, axis=-1)
    except NotOffered as error:
        yield Fact(trial.outputs[0] + LAST, "raised", "returns", str(error))
    yield from _gradients(trial)


def _mapped(trial: Trial, over: frozenset[str], how: str, axis: int = 0) -> Iterator[Equation]:
    whole = len(over) == len(trial.arrays)
    other = {n: (trial.bench.others if n in over else trial.arrays)[n] for n in trial.arrays}
    draw = "others" if whole else f"others{how}"
    trial.bench.draw(draw, partial(dict, other))
    axes = tuple(axis if n in over else None for n in trial.arrays)
    found = guarded(partial(torch_vmap, trial.bound_call, _stacked(trial, over, axis), axes))
    for i, due in enumerate((trial.due.values, trial.due_at(draw).values)):
        for name, y in zip(trial.outputs, found, strict=True):
            yield from _one_of_two(trial, i, y, due[name], name + how)


def _stacked(trial: Trial, over: frozenset[str], axis: int) -> list[Any]:
    """The inputs, those mapped over with those of another draw along a new axis."""
    others, wrap = trial.bench.others, trial.candidate.library.wrap
    return [wrap(np.stack([x, others[n]], axis) if n in over else x) for n, x in trial.arrays.items()]


def _gradients(trial: Trial) -> Iterator[Equation]:
    """Gradients of two draws, taken of each and of their map at once; nothing where functorch does not reach."""
    names, places = trial.differentiable, trial.places
    if not names or trial.candidate.vjp_function is not None:
        return
    trial.prepare()
    due = trial.due.gradients, trial.due_at("others").gradients

    def through(*inputs: Any) -> Any:
        return tuple(torch_vmap(trial.bound_call, inputs, (0,) * len(inputs)))

    def twice(outputs: Sequence[Any]) -> list[Any]:
        given, wrap = trial.due.cotangents, trial.candidate.library.wrap
        return [wrap(np.stack([given[n]] * 2)) if n in given else None for n in trial.outputs]

    ways = (
        (PER_SAMPLE, partial(torch_vmapped_vjp, trial.bound_call, wrt=places, cotangents=trial.upstream)),
        (THROUGH, partial(torch_vjp, through, wrt=places, cotangents=twice)),
    )
    for how, derive in ways:
        try:
            if how == PER_SAMPLE and not trial.has_functions:
                continue
            found = guarded(partial(derive, _stacked(trial, frozenset(trial.arrays), 0)))
        except NoGradient as error:
            for name, g in trial.reverse.items():
                if g is not None:
                    yield Fact(name + how, "None", "a gradient", str(error))
            continue
        except (NotOffered, Failed):
            continue
        for i, gradients in enumerate(due):
            for name, g in zip(names, found, strict=True):
                if g is None and trial.reverse[name] is not None:
                    yield Fact(name + how, "None", "a gradient", f"there is no gradient of `{name}`")
                elif g is not None:
                    yield from _one_of_two(trial, i, g, gradients[name], name + how)


def _one_of_two(trial: Trial, i: int, mapped: Any, due: Answer, about: str) -> Iterator[Equation]:
    """What a map over two gives for one of them."""
    actual, expected = trial.candidate.library.unwrap(mapped), (2, *due.expected.shape)
    if actual.shape == expected:
        yield Numbers(about, actual[i], due)
    else:
        yield Fact(about, actual.shape, expected, f"has shape {actual.shape} where {expected} is due")
