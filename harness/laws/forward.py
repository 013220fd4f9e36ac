"""Trial -> Equations on forward mode, and on reverse mode as its transpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.asking.outcomes import Array, NoGraph, Reason, Returned
from harness.asking.scenarios import Jvp
from harness.bounds import gamma
from harness.candidates import Undeclared
from harness.comparison import Equation, Fact, Numbers, Reading, own_error
from harness.laws import readings
from harness.laws.gradients import reversible
from harness.laws.readings import entry_of, inner, inner_products
from harness.oracles import Answer, paired
from harness.subjects import Tangent, Whole
from harness.trial import POSED, Asked, Posed, Trial


def forward(trial: Trial) -> Iterator[Equation | Posed]:
    """Forward mode gives the definition's Jacobian-vector product, for all inputs' tangents and for one's alone."""
    if not trial.by_library:
        raise Undeclared(Reason.LACKS, "has no forward mode")
    if trial.long:
        return
    _ = trial.forward
    again = trial.ask("jvp again", trial.forward.scenario) if trial.plain else None
    alone = {}
    if trial.plain and len(trial.differentiable) > 1:
        for name in trial.differentiable:
            tangent = {name: trial.due.tangents[name]}
            alone[name] = trial.ask(f"jvp of {name}", Jvp(trial.arrays, tangent, trial.case.layout))
    yield POSED
    yield from _moved(trial.forward, trial.due.moved, "")
    if again is not None:
        yield from _moved(again, trial.due.moved, "again")
    for name, asked in alone.items():
        if not isinstance(asked.outcome, NoGraph):
            due = inexact(trial.due.moved_by(asked.scenario.tangents))
            yield from _moved(asked, due, f"of {name} alone")


def inexact(due: Mapping[str, Answer]) -> dict[str, Answer]:
    """Those that are no plain copies of complex numbers: three real products in place of four round what they add."""
    return {n: a for n, a in due.items() if a.error.any() or not a.p.complex}


def _moved(asked: Asked, due: Mapping[str, Answer], how: str) -> Iterator[Equation]:
    for name, actual in asked.values.items():
        if name in due and actual.shape == due[name].expected.shape:
            yield Numbers(Tangent(name), actual, due[name], how, reading=entry_of(asked, name))
        elif name in due:
            shapes = actual.shape, due[name].expected.shape
            message = f"the tangent of `{name}` has shape {shapes[0]}, expected {shapes[1]}"
            read = Reading(readings.shape, (asked.label,), {"name": name})
            yield Fact(Tangent(name), *shapes, message, read, how)


def adjoint(trial: Trial) -> Iterator[Equation | Posed]:
    """Reverse mode is the transpose of forward mode: ``<J x, y> = <x, J' y>``, with signed x and y.

    Where the candidate has no forward mode, the definition's stands in.
    """
    reversible(trial)
    if trial.long:
        return
    _ = trial.reverse
    if trial.by_library:
        _ = trial.forward
    yield POSED
    due, back = trial.due.moved, trial.reverse.returned.arrays
    if all(g is None for g in back.values()):
        return  # the law gradient says so
    sources: Mapping[str, Answer | Array] = due
    moved: Mapping[str, Array] = {n: a.expected for n, a in due.items()}
    if trial.by_library and isinstance(trial.forward.outcome, Returned):
        sources = moved = trial.forward.values
    forward = np.zeros((), due_type(due))
    parts: list[tuple[Answer, Array, float]] = []
    for name, y in trial.due.cotangents.items():
        if name not in moved or moved[name].shape != y.shape or not _finite(moved[name]):
            return
        forward = forward + inner(moved[name], y)
        parts.append((_own(due[name], moved[name], trial), y, _noise(moved[name], y)))
    for name, x in trial.due.tangents.items():
        actual = back[name]
        if actual is None:
            continue
        if actual.shape != x.shape or not _finite(actual):
            return
        parts.append((_own(trial.due.gradients[name], actual, trial), x, _noise(x, actual)))
    slack = sum((_slack(answer, x) + noise for answer, x, noise in parts), start=np.zeros(3))
    if np.isinf(slack).any():
        return  # some entry is unspecified: the order of its sum decides whether it overflows
    enclose = paired([(sources[n], y) for n, y in trial.due.cotangents.items()])
    answer = Answer(np.asarray(forward), slack, trial.due.oracle.p, enclose)
    directions = dict(trial.due.tangents)
    read = Reading(inner_products, (trial.reverse.label,), {"directions": directions, "kind": due_type(due).name})
    reverse = inner_products({trial.reverse.label: trial.reverse.returned}, read.labels, **read.arguments)

    def others() -> list[Answer]:
        return [answer.within(sum((_slack(a.whole, x) + noise for a, x, noise in parts), start=np.zeros(3)))]

    def cancelling() -> list[Answer]:
        return [answer.within(sum((_slack(a.loosest, x) + noise for a, x, noise in parts), start=np.zeros(3)))]

    yield Numbers(Whole(), reverse, replace(answer, others=others, cancelling=cancelling), reading=read)


def _own(due: Answer, own: Array, trial: Trial) -> Answer:
    """An answer with the errors of what the candidate computes, where its gradient is another function's."""
    related = trial.by_library and isinstance(trial.forward.outcome, Returned)
    return due.within(own_error(due, own)) if related and trial.wrong_gradient else due


def _finite(x: Array) -> bool:
    """Whether there are inner products at all: what is not finite is judged entry by entry, by the other laws."""
    return bool(np.isfinite(x).all())


def due_type(due: dict[str, Answer]) -> Any:
    """The real wide type of some answers."""
    return next(iter(due.values())).p.wide


def _slack(answer: Answer, direction: Array) -> Array:
    size = np.abs(direction.astype(np.clongdouble if direction.dtype.kind == "c" else np.longdouble))
    with np.errstate(invalid="ignore"):
        weighed = answer.error * size
    total = np.where(np.isnan(weighed), np.inf, weighed).reshape(3, -1).sum(axis=1)
    return np.where(total > 0, np.maximum(total.astype(np.float64), np.nextafter(0.0, 1.0)), 0.0)


def _noise(a: Array, b: Array) -> float:
    """What ``inner`` itself may be off by."""
    size = np.abs(_wide(a)) * np.abs(_wide(b))
    total = size[np.isfinite(size)].sum()
    return float(gamma(4 * size.size + 4, 2.0 ** -(np.finfo(np.longdouble).nmant + 1)) * total)


def _wide(x: Array) -> Array:
    return x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble)
