"""Trial -> Equations on maps over a new axis: along any axis, of some inputs alone, of gradients."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from harness.asking.outcomes import Array, NoGraph, NotAnArray, NotOffered, Raised, Reason, Returned
from harness.asking.scenarios import Mapped, MappedVjp
from harness.candidates import Undeclared
from harness.comparison import Equation, Fact, Numbers, Reading
from harness.laws import readings
from harness.laws.readings import entry_of
from harness.oracles import Answer
from harness.subjects import Gradient, Output
from harness.trial import POSED, Asked, Posed, Trial

#: Scenarios besides the plain map: a second time; the new axis is the last one; the gradient is mapped, or the map's.
AGAIN, LAST, PER_SAMPLE, THROUGH = "again", "over the last axis", "per sample", "through the map"


def vmap(trial: Trial) -> Iterator[Equation | Posed]:
    """Mapping over a new axis, the first or the last, is what a loop over it gives, of values and gradients."""
    if not trial.by_library or trial.departures > 1 or not trial.arrays:
        return
    every = tuple(trial.arrays)
    whole = _asked(trial, every, "")
    alone: dict[str, Asked] = {}
    last, ways = None, {}
    if trial.plain:
        alone[AGAIN] = trial.ask("mapped again", whole.scenario)
        chosen = dict.fromkeys((every[0], every[-1]) if len(every) > 1 else ())
        alone |= {f"over {n} alone": _asked(trial, (n,), f"over {n} alone") for n in chosen}
        last, ways = _asked(trial, every, LAST, -1), _gradients(trial)
    yield POSED
    yield from _mapped(trial, whole, "")
    for how, asked in alone.items():
        yield from _mapped(trial, asked, how)
    if last is not None:
        match last.outcome:
            case Raised(kind, text):
                read = entry_of(last, trial.outputs[0])
                yield Fact(Output(trial.outputs[0]), "raised", "returns", f"{kind}: {text}", read, LAST)
            case _:
                yield from _mapped(trial, last, LAST)
    for how, asked in ways.items():
        yield from _of_gradients(trial, how, asked)


def _asked(trial: Trial, over: tuple[str, ...], how: str, axis: int = 0) -> Asked:
    return trial.ask(f"mapped {how}".strip(), Mapped(trial.arrays, trial.bench.others, over, axis))


def _mapped(trial: Trial, asked: Asked, how: str) -> Iterator[Equation]:
    if isinstance(asked.outcome, Raised):
        raise Undeclared(Reason.LACKS, f"{asked.outcome.type}: {asked.outcome.text}; no vmap")
    found, over = asked.values, asked.scenario.over
    whole = len(over) == len(trial.arrays)
    draw = "others" if whole else f"others {how}"
    other = {n: (trial.bench.others if n in over else trial.arrays)[n] for n in trial.arrays}
    trial.bench.draw(draw, partial(dict, other))
    for i, due in enumerate((trial.composed_at("").values, trial.composed_at(draw).values)):
        if i and trial.wrong:
            return
        for name, y in found.items():
            yield _one_of_two(asked, i, Output(name), y, due[name], how, None if i else trial.first.values[name])


def _gradients(trial: Trial) -> dict[str, Asked]:
    """Gradients of two draws, taken of each and of their map at once."""
    if not trial.differentiable or trial.by_hand or not _has_slopes(trial):
        return {}
    more: dict[str, Any] = {"others": trial.bench.others}
    inner = trial.pulled(kind=MappedVjp, way="per sample", functions="with", **more)
    outer = trial.pulled(kind=MappedVjp, way="through the map", **more)
    return {
        PER_SAMPLE: trial.ask("gradients per sample", inner),
        THROUGH: trial.ask("gradients through the map", outer),
    }


def _has_slopes(trial: Trial) -> bool:
    return any(o.differentiable for o in trial.spec.outputs)


def _of_gradients(trial: Trial, how: str, asked: Asked) -> Iterator[Equation]:
    """Nothing where the map does not reach."""
    came, reverse = asked.outcome, trial.reverse.outcome
    alone = reverse.present if isinstance(reverse, Returned) else {}
    match came:
        case NoGraph(text):
            for name in alone:
                yield Fact(Gradient(name), "None", "a gradient", text, _none(asked, name), how)
        case Returned(arrays):
            due = trial.due.gradients, trial.due_at("others").gradients
            for i, gradients in enumerate(due[:1] if trial.wrong_gradient else due):
                for name, g in arrays.items():
                    if g is None and name in alone:
                        message = f"there is no gradient of `{name}`"
                        yield Fact(Gradient(name), "None", "a gradient", message, _none(asked, name), how)
                    elif g is not None:
                        yield _one_of_two(
                            asked, i, Gradient(name), g, gradients[name], how, None if i else alone.get(name)
                        )
        case Raised() | NotOffered() | NotAnArray():
            return
        case _:
            _ = asked.returned


def _none(asked: Asked, name: str) -> Reading:
    return Reading(readings.missing, (asked.label,), {"name": name})


def _one_of_two(
    asked: Asked, i: int, of: Output | Gradient, actual: Array, due: Answer, how: str, own: Array | None
) -> Equation:
    """What a map over two gives for one of them."""
    expected = (2, *due.expected.shape)
    if actual.shape == expected:
        read = Reading(readings.part, (asked.label,), {"name": of.name, "index": i})
        return Numbers(of, actual[i], due, how, reading=read, own=own)
    read = Reading(readings.shape, (asked.label,), {"name": of.name})
    return Fact(of, actual.shape, expected, f"expected shape {expected}, got {actual.shape}", read, how)
