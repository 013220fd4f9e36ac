"""Verdict -> the lines of a script after its inputs: the calls of the law that was broken.

A row that was measured is repeated by the calls it was measured in. Of a process that ended under a law only the law is
known: its calls follow each other as the law makes them, until one ends the script too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from textwrap import indent

from harness.laws.mapping import LAST, PER_SAMPLE, THROUGH
from harness.model import Verdict
from harness.repro import calls, derivatives, mapping
from harness.trial import Trial

#: Laws whose rows take more than one call to repeat.
_BODIES: Mapping[str, Callable[[Trial, Verdict], list[str]]] = {
    "layout": calls.layout,
    "linear": calls.linear,
    "identity": calls.identity,
    "distribution": calls.distribution,
    "containers": calls.containers,
    "repeatable": calls.repeatable,
    "pure": calls.pure,
    "gradient": derivatives.gradient,
    "subsets": derivatives.gradient,
    "upstream": derivatives.gradient,
    "vmap": mapping.vmap,
    "adjoint": derivatives.adjoint,
    "backward": derivatives.backward,
    "forward": derivatives.forward,
    "second": derivatives.second,
    "gradcheck": derivatives.gradcheck,
}


def lines(trial: Trial, row: Verdict) -> list[str]:
    """What follows the inputs and the call."""
    if row.death:
        return _ended(trial, row)
    return _BODIES.get(row.law, calls.value)(trial, row)


def _ended(trial: Trial, row: Verdict) -> list[str]:
    law, found = row.under, ["placed_first = place"]
    for about, actual in _SUBJECTS.get(law, _one)(trial):
        part = replace(row, law=law, about=about, actual=actual, bound="", at="", status="deviates")
        body = indent("\n".join(_BODIES.get(law, calls.value)(trial, part)), "    ")
        found += ["place = placed_first", "try:", body, *_SURVIVED]
    return found


_SURVIVED = [
    "except MemoryError:",
    '    raise MemoryError("took more memory than a worker may") from None',
    "except Exception as error:",
    "    print(error)",
]


#: What a law speaks of, in its order, and what a row of it has for ``actual``.
Subjects = Iterator[tuple[str, str]]


def _one(trial: Trial) -> Subjects:
    yield "", "returns"


def _pure(trial: Trial) -> Subjects:
    if not trial.is_torch:
        yield "inputs", ""
    yield trial.outputs[0], "changed"


def _repeatable(trial: Trial) -> Subjects:
    ways = ("of overwritten inputs", *trial.candidate.library.modes(), "in two threads")
    yield from ((f"{trial.outputs[0]} {how}", "returns") for how in ways)


def _layout(trial: Trial) -> Subjects:
    yield from ((name, "returns") for name in trial.candidate.library.layouts)
    yield f"shared {trial.outputs[0]}", "returns"


def _linear(trial: Trial) -> Subjects:
    yield from ((law.of, "") for law in trial.spec.laws if law.name == "linear" and law.of in trial.arrays)


def _identity(trial: Trial) -> Subjects:
    yield from ((law.of.split(":")[-1], "") for law in trial.spec.laws if law.name == "identity")


def _vmap(trial: Trial) -> Subjects:
    names = list(trial.arrays)
    ways = ("", f" over {names[0]} alone", f" over {names[-1]} alone", LAST)
    yield from ((f"{trial.outputs[0]}{how}", "returns") for how in ways)
    yield from ((name + how, "") for name in trial.differentiable[:1] for how in (PER_SAMPLE, THROUGH))


def _gradient(trial: Trial) -> Subjects:
    name = trial.differentiable[0]
    pairs = [f"{a} and {b} as one" for a, b, _ in trial.alike()]
    yield from ((about, "returns") for about in (name, *(_ways(name, pairs) if trial.is_torch else ())))


def _ways(name: str, pairs: list[str]) -> list[str]:
    return [f"{name} again", *pairs, f"{name} between", f"{name} after", f"{name} late"]


def _subsets(trial: Trial) -> Subjects:
    yield from ((f"{name} alone", "returns") for name in trial.differentiable)
    if len(trial.places) > 2:
        yield from ((f"{name} with 1 other alone", "returns") for name in trial.differentiable)


_UPSTREAM = (
    "transposed",
    "strided",
    "expanded",
    "of one value",
    "of zeros",
    "of NaN",
    "enlarged",
    "offset",
    "channels_last",
)


def _upstream(trial: Trial) -> Subjects:
    name = trial.differentiable[0]
    yield from ((f"{name} {layout}", "returns") for layout in _UPSTREAM)
    yield from ((f"{name} contiguous of {of} alone", "returns") for of in trial.outputs if len(trial.outputs) > 1)


def _forward(trial: Trial) -> Subjects:
    output = trial.outputs[0]
    yield from ((f"{output}{how}", "returns") for how in ("", *(f" of {n} alone" for n in trial.differentiable)))


def _second(trial: Trial) -> Subjects:
    yield from ((how, "returns") for how in ("", "upstream transposed"))
    yield from ((f"{name} alone: {name}", "returns") for name in trial.differentiable)
    yield from ((how, "returns") for how in derivatives.PATHS if how)


_SUBJECTS: Mapping[str, Callable[[Trial], Subjects]] = {
    "pure": _pure,
    "repeatable": _repeatable,
    "layout": _layout,
    "linear": _linear,
    "identity": _identity,
    "vmap": _vmap,
    "gradient": _gradient,
    "subsets": _subsets,
    "upstream": _upstream,
    "forward": _forward,
    "second": _second,
}
