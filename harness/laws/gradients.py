"""Trial -> Equations on reverse mode: of all inputs, of some, for any upstream gradient, and what the witness says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod
from types import MappingProxyType

import numpy as np

from harness.asking.outcomes import Array, NoGraph, NotOffered, Raised, Reason, Returned
from harness.asking.scenarios import (
    ONE_VALUE,
    Backward,
    Gradcheck,
    VjpAfter,
    VjpAgain,
    VjpBetween,
    VjpKept,
    VjpLate,
    VjpOfOne,
)
from harness.bounds import Precision
from harness.candidates import Undeclared
from harness.comparison import Equation, Fact, Numbers, Reading, Testimony
from harness.laws import readings
from harness.laws.readings import entry_of, noted
from harness.oracles import Answer
from harness.subjects import Gradient, Output, State, Whole
from harness.trial import POSED, Asked, Posed, Trial

#: Most numbers (inputs and outputs together) a case may have for the witness to be asked: its cost grows with both.
WITNESS_NUMBERS = 300


def reversible(trial: Trial) -> None:
    """Raises Undeclared where nobody differentiates the candidate."""
    if not trial.reversible:
        raise Undeclared(Reason.LACKS, "has no vjp")


def gradient(trial: Trial) -> Iterator[Equation | Posed]:
    """Reverse mode gives the definition's vector-Jacobian product, for every input, in its shape and dtype."""
    reversible(trial)
    _ = trial.reverse
    ways = _ways(trial) if trial.plain and trial.by_library else {}
    shared = list(_one_for_two(trial)) if trial.plain and trial.by_library and not trial.by_hand else []
    kept = trial.ask("what backward changes", trial.pulled(kind=VjpKept)) if trial.plain else None
    if trial.plain and not trial.by_library:
        between = trial.pulled(kind=VjpBetween, others=trial.bench.others)
        ways["between"] = trial.ask("vjp between", between)
    yield POSED
    yield from _judged(trial, trial.reverse, "")
    own = trial.reverse.values
    for how, asked in ways.items():
        if not isinstance(asked.outcome, NotOffered):
            yield from _judged(trial, asked, how, own=own)
    for asked, how, answer in [] if trial.wrong_gradient else shared:
        g = asked.returned.arrays[asked.scenario.wrt[0]]
        if g is not None and g.shape == answer.expected.shape:
            name = asked.scenario.wrt[0]
            yield Numbers(Gradient(name), g, answer, how, reading=entry_of(asked, name))
    if kept is not None and (changed := kept.returned.notes["changed"]):
        message = f"the backward changed {', '.join(changed)}"
        yield Fact(State(), changed, [], message, noted(kept, "changed"))


def _ways(trial: Trial) -> dict[str, Asked]:
    """What comes between forward and backward of a library: the gradient is that of the first call, or refused.

    A second time through one graph; another call; outputs overwritten; at the first case inputs overwritten, all at once
    and each alone, for what is watched of one hides what is not of another.
    """
    if trial.by_hand:
        return {}
    others = trial.bench.others
    ways = {
        "again": trial.pulled(kind=VjpAgain),
        "between": trial.pulled(kind=VjpBetween, others=others),
        "after": trial.pulled(kind=VjpAfter),
    }
    if not trial.departures:
        ways["late"] = trial.pulled(kind=VjpLate, others=others)
        if len(others) > 1:
            ways |= {f"late in {n}": trial.pulled(kind=VjpLate, others={n: x}) for n, x in others.items()}
    return {how: trial.ask(f"vjp {how}", scenario) for how, scenario in ways.items()}


def _one_for_two(trial: Trial) -> Iterator[tuple[Asked, str, Answer]]:
    """One array given for two inputs gets the sum of both gradients."""
    for a, b, draw in trial.alike():
        if a in trial.differentiable and b in trial.differentiable:
            asked = trial.ask(f"vjp of {a} as {b}", trial.pulled(wrt=[a], kind=VjpOfOne, second=b))
            yield asked, f"as one with {b}", trial.due_at(draw).of_one(a, b)[a]


def subsets(trial: Trial) -> Iterator[Equation | Posed]:
    """Asking for some inputs' gradients gives what asking for all of them gives."""
    names = trial.differentiable
    if not trial.by_library or len(names) < 2:
        return
    most = min(len(names), 3) if trial.plain else 2
    asked = []
    for count in range(1, most):
        for chosen in combinations(names, count):
            others = "" if count == 1 else f"with {count - 1} other "
            asked.append((f"{others}alone", trial.ask(f"vjp of {' and '.join(chosen)}", trial.pulled(wrt=chosen))))
    yield POSED
    reverse = trial.reverse.outcome
    own = reverse.present if isinstance(reverse, Returned) else {}
    for how, some in asked:
        if not _rightly_apart(trial, some):
            yield from _judged(trial, some, how, own=own)


def _rightly_apart(trial: Trial, asked: Asked) -> bool:
    """Whether the result is in no graph of inputs whose gradients are zero, as of what is rounded to whole numbers."""
    names = asked.scenario.wrt
    return isinstance(asked.outcome, NoGraph) and not any(np.any(trial.due.gradients[n].expected) for n in names)


def upstream(trial: Trial) -> Iterator[Equation | Posed]:
    """Reverse mode takes any upstream gradient: any layout, zero, large, NaN, of one output alone; and changes none."""
    if trial.departures > 1:
        return
    reversible(trial)
    questions = [*_upstreams(trial)]
    asked = [(q, trial.ask(f"vjp {q.how}", trial.pulled(q.cotangents, placed=q.placed))) for q in questions]
    hidden = None
    if trial.plain and not overflows(trial.due.values):
        nan = {n: np.full_like(g, np.nan) for n, g in trial.due.cotangents.items()}
        hidden = trial.ask("vjp of NaN", trial.pulled(nan))
    yield POSED
    reverse = trial.reverse.outcome
    own = reverse.present if isinstance(reverse, Returned) else {}
    for question, answer in asked:
        if question.placed in _UNUSUAL and isinstance(answer.outcome, (NotOffered, Raised)):
            continue  # who refuses one does not go wrong in silence
        if question.others and trial.wrong_gradient:
            continue
        due = trial.due.pulled(question.cotangents) if question.others else trial.due.gradients
        tier = "worst" if question.repeating else "random"
        equations = _judged(trial, answer, question.how, due, tier, {} if question.others else own)
        yield from filter(_is_something, equations) if question.how == "of zeros" else equations
        for name in answer.returned.notes["upstream"]:
            words = ("kept", "changed")
            read = Reading(readings.listed, (answer.label,), {"key": "upstream", "name": name, "words": words})
            message = f"the upstream gradient of `{name}` was written to"
            yield Fact(Output(name), "changed", "kept", message, read, question.how)
    if hidden is not None and not trial.wrong_gradient:
        yield from _unhidden(trial, hidden)


@dataclass(frozen=True)
class _Upstream:
    """Upstream gradients: what is said of them, how they lie in memory, whether they are others than the case's."""

    how: str
    cotangents: Mapping[str, Array]
    placed: str = "contiguous"
    others: bool = False
    repeating: bool = False


def _upstreams(trial: Trial) -> Iterator[_Upstream]:
    cotangents = trial.due.cotangents
    for layout in ("transposed", "strided"):
        yield _Upstream(layout, cotangents, layout)
    for layout in (x for x in trial.candidate.described.layouts if x in _UNUSUAL and trial.plain):
        yield _Upstream(layout, cotangents, layout)
    repeated = {n: _repeated(g) for n, g in cotangents.items()}
    yield _Upstream("expanded", repeated, "expanded", others=True, repeating=True)
    if cotangents and all(g.size for g in cotangents.values()):
        same = {n: np.broadcast_to(g.reshape(-1)[:1].reshape((1,) * g.ndim), g.shape) for n, g in cotangents.items()}
        yield _Upstream(ONE_VALUE, same, ONE_VALUE, others=True, repeating=True)
    if trial.plain:
        ones = {n: np.ones_like(g) for n, g in cotangents.items()}
        yield _Upstream("of ones", ones, others=True, repeating=True)
        single = {n: np.zeros_like(g) for n, g in cotangents.items()}
        for g in single.values():
            g.reshape(-1)[g.size // 2 : g.size // 2 + 1] = 1
        yield _Upstream("of one entry", single, others=True, repeating=True)
    if trial.plain and not overflows(trial.due.values):
        by = enlarging(trial.due.oracle.p)
        large = {n: (g * g.dtype.type(by)).astype(g.dtype) for n, g in cotangents.items()}
        yield _Upstream("enlarged", large, others=True)
        yield _Upstream("of zeros", {n: np.zeros_like(g) for n, g in cotangents.items()}, others=True)
    if trial.by_library and len(cotangents) > 1:
        for name, g in cotangents.items():
            yield _Upstream(f"of {name} alone", {name: g}, others=True)


def _is_something(equation: Equation) -> bool:
    """Whether what should be zeros is not: zeros themselves say little, for many wrong gradients have them there."""
    return not isinstance(equation, Numbers) or bool(np.any(equation.actual != 0))


def _unhidden(trial: Trial, asked: Asked) -> Iterator[Equation]:
    """Gradients that depend on upstream gradients are NaN where those are; that they are says little, and no row."""
    for name, g in asked.values.items():
        due = trial.due.gradients[name]
        if g.shape != due.expected.shape:
            continue
        hidden = int(np.count_nonzero(dependent(due, ~np.isnan(g))))
        if hidden:
            depends = dependent(due)
            message = (
                f"{hidden} entries of the gradient of `{name}` hide that the upstream gradient they depend on is NaN"
            )
            read = Reading(readings.hidden, (asked.label,), {"name": name, "depends": depends})
            yield Fact(Gradient(name), hidden, 0, message, read, "of NaN")


def dependent(gradient: Answer, among: Array | bool = True) -> Array:
    """Which entries of a gradient are by every formula not zero, so that they depend on the upstream gradient."""
    size = np.abs(gradient.expected)
    found: Array = among & (size > gradient.error[2])
    return found & (size > gradient.whole.error[2]) if found.any() else found


def overflows(due: Mapping[str, Answer]) -> bool:
    """Whether some value is beyond the largest number: whether what is made of it is infinite or no number is open."""
    return any(bool(np.any(np.abs(a.expected) > a.p.largest)) for a in due.values() if a.expected.dtype.kind in "fc")


def enlarging(p: Precision) -> float:
    """A power of two half-way, by exponents, to the largest number: what is scaled by it loses nothing."""
    return float(2.0 ** round(np.log2(p.largest) / 2))


#: Layouts that upstream gradients have less often: conjugate bits and negated views come from autograd itself.
_UNUSUAL = frozenset({"offset", "channels_last", "conj_view", "neg_view"})


def _repeated(g: Array) -> Array:
    return np.array(np.broadcast_to(g[:1], g.shape)) if g.ndim and len(g) > 1 else g


def _judged(
    trial: Trial,
    asked: Asked,
    how: str,
    gradients: Mapping[str, Answer] | None = None,
    tier: str = "random",
    own: Mapping[str, Array] = MappingProxyType({}),
) -> Iterator[Equation]:
    found, dtypes = asked.returned.arrays, asked.returned.notes["dtypes"]
    due_ones = trial.due.gradients if gradients is None else gradients
    for name, g in found.items():
        due = due_ones[name]
        if g is None:
            if np.any(due.expected != 0):
                message = f"there is no gradient of `{name}`"
                yield Fact(Gradient(name), "None", "a gradient", message, missing(asked, name), how)
            continue
        got, expected = dtypes[name], trial.arrays[name].dtype.name
        if g.shape != due.expected.shape:
            message = f"the gradient of `{name}` has shape {g.shape}, expected {due.expected.shape}"
            read = Reading(readings.shape, (asked.label,), {"name": name})
            yield Fact(Gradient(name), g.shape, due.expected.shape, message, read, how)
            continue
        if got != expected:
            message = f"the gradient of `{name}` is {got}, expected {expected}"
            yield Fact(Gradient(name), got, expected, message, noted(asked, "dtypes", name), how)
        yield Numbers(Gradient(name), g, due, how, tier=tier, reading=entry_of(asked, name), own=own.get(name))
        if due.ties is not None and np.isfinite(g).all():
            yield _shared(asked, name, how, g, due)


def _shared(asked: Asked, name: str, how: str, g: Array, due: Answer) -> Numbers:
    """Entries that tie for a maximum take its gradient together, in any proportion."""
    assert due.ties is not None
    places, answer = due.ties()
    read = Reading(readings.sums_of, (asked.label,), {"name": name, "places": places, "kind": answer.p.wide.name})
    together = readings.sums(g, places, answer.p.wide.name)
    return Numbers(Gradient(name), together, answer, f"{how} of ties".strip(), reading=read)


def missing(asked: Asked, name: str) -> Reading:
    return Reading(readings.missing, (asked.label,), {"name": name})


def backward(trial: Trial) -> Iterator[Equation | Posed]:
    """A Function's own backward, called directly, gives gradients of its inputs' shapes and dtypes.

    Autograd's engine sums a gradient of a broader shape and casts one of another dtype without a word.
    """
    if not trial.by_library:
        return
    asked = trial.ask("backward", trial.pulled(kind=Backward))
    yield POSED
    names = list(trial.arrays)
    for g in asked.returned.notes["gradients"]:
        place, function = g["place"], g["function"]
        of = f"argument {g['argument']} of {function}" if place is None else names[place]
        said = f"{function}.backward returns"
        for what, word in (("shape", "shape "), ("dtype", "")):
            due = g[f"due {what}"]
            message = f"{said} {word}{g[what]} for {of if place is None else f'`{of}`'}, which is {due}"
            told = {"function": function, "argument": g["argument"], "what": what}
            read = Reading(readings.of_gradient, (asked.label,), told)
            yield Fact(Gradient(of), g[what], due, message, read, what)


def gradcheck(trial: Trial) -> Iterator[Equation | Posed]:
    """What ``torch.autograd.gradcheck`` says, as published: eps=1e-6, atol=1e-4, in double precision.

    It is asked at the op's first case only: it costs more than all other laws together.
    """
    plain = not trial.departures and trial.case.layout == "contiguous"
    numbers = sum(x.size for x in trial.arrays.values()) + sum(map(prod, trial.due.oracle.shapes.values()))
    if trial.candidate.described.library != "torch" or not plain or not 0 < numbers <= WITNESS_NUMBERS:
        return
    if trial.case.dtype not in ("float64", "complex128"):
        return
    asked = trial.ask("gradcheck", Gradcheck(trial.arrays, tuple(trial.differentiable)))
    yield POSED
    notes = asked.returned.notes
    words = f": {notes['words']}" if notes["words"] else ""
    yield Testimony(Whole(), notes["agrees"], f"gradcheck says {notes['agrees']}{words}")
