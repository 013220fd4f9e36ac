"""Trial -> Equations on types: the same numbers in other types than the case's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from harness import fills
from harness.asking.outcomes import Array, Returned
from harness.asking.scenarios import Call
from harness.bench import Due, due_dtype
from harness.comparison import Equation, Fact, alike
from harness.laws.readings import entry_of, noted
from harness.oracles import Answer
from harness.subjects import Output
from harness.trial import MOST_SHARED, POSED, Asked, Posed, Trial

#: The types that one input may have beside others of a case's.
NARROWER: Mapping[str, tuple[str, ...]] = {
    "float64": ("float32",),
    "float32": ("float16",),
    "complex128": ("float64", "complex64"),
    "complex64": ("float32",),
}


def mixed(trial: Trial) -> Iterator[Equation | Posed]:
    """One input of a narrower type, or a real one beside complex ones, gives what its numbers give in the wider type."""
    asked = dict(_narrowed(trial))
    yield POSED
    for draw, (of, narrow, one) in asked.items():
        if not _judged(trial, one):
            continue
        for name, got in one.returned.notes["dtypes"].items():
            expected = trial.output_dtype(name)
            if got == expected:
                found = {name: one.values[name]}
                yield from alike(found, trial.due_at(draw).values, partial(entry_of, one), draw)
            elif not (_follows(trial, name, of) and got == trial.output_dtype(name, narrow)):
                message = f"{name} is {got}, expected {expected}"
                yield Fact(Output(name), got, expected, message, noted(one, "dtypes", name), draw)


def _narrowed(trial: Trial) -> Iterator[tuple[str, tuple[str, str, Asked]]]:
    """Draw -> input, its type, what is asked. What refuses such a call does not offer it.

    A step that takes the narrow input alone, as a transform, may be computed in its type: a spec names this law where
    there is none, and who declares an algorithm is not asked.
    """
    kind = trial.case.dtype
    same = [n for n, x in trial.arrays.items() if x.dtype.name == kind]
    declared = trial.candidate.given.algorithm != "conventional"
    if declared or trial.departures or not 1 < len(same) <= MOST_SHARED:
        return
    for of in same:
        for narrow in NARROWER.get(kind, ()):
            x = trial.arrays[of]
            stored = (x.real if narrow.startswith("float") else x).astype(narrow)
            draw = f"{of} in {narrow}"
            trial.bench.draw(draw, partial(dict, {**trial.arrays, of: stored.astype(kind)}))
            yield draw, (of, narrow, trial.ask(draw, Call({**trial.arrays, of: stored}, trial.case.layout)))


def _judged(trial: Trial, one: Asked) -> bool:
    """Whether it returned, and the first answer is right and of the type that is due: else other types add nothing."""
    if not isinstance(one.outcome, Returned) or trial.wrong:
        return False
    return all(got == trial.output_dtype(name) for name, got in trial.first.returned.notes["dtypes"].items())


def _follows(trial: Trial, output: str, of: str) -> bool:
    """Whether an output may keep the type of one input: of the first, or of the state that it is the next of."""
    return of == next(iter(trial.arrays)) or output.split("_next")[0] == of


#: The largest of the whole numbers that are drawn: small ones, and some whose products floats do not tell apart.
SMALL, LARGE = 9, 2**27 + 1

#: Draws of whole numbers: type, and the largest.
WHOLE = (("int64", SMALL), ("int32", SMALL), ("int64", LARGE))


def integers(trial: Trial) -> Iterator[Equation | Posed]:
    """Whole numbers in an integer type give what they give as floats, and exactly so in an integer result."""
    asked = dict(_whole(trial))
    yield POSED
    for draw, one in asked.items():
        if _judged(trial, one):
            for name in one.values:
                yield from _of_whole(trial, draw, one, name)


def _of_whole(trial: Trial, draw: str, one: Asked, name: str) -> Iterator[Equation]:
    """An output of whole numbers: in a type that is wide enough, and what is due in it."""
    got, found, read = one.returned.notes["dtypes"][name], {name: one.values[name]}, partial(entry_of, one)
    least = "float64" if trial.candidate.given.library == "numpy" else "float32"  # others compute in a default type
    if EPS.get(got, np.inf) > EPS[least]:
        message = f"{name} is {got}, expected {least}, a wider type or an integer one"
    elif EPS[got]:
        if not _rounds(one.scenario.inputs, EPS[got]):
            yield from alike(found, _due(trial, draw, got).values, read, draw)
        return
    elif _is_whole(answer := trial.due_at(draw).values[name]):
        yield from alike(found, {name: _whole_answer(answer, trial.candidate.given.algorithm)}, read, draw)
        return
    else:
        message = f"{name} is {got}, expected {least} or a wider type: the answer is no whole number"
    yield Fact(Output(name), got, least, message, noted(one, "dtypes", name), draw)


def _whole(trial: Trial) -> Iterator[tuple[str, Asked]]:
    kind = trial.case.dtype
    same = [i for i in trial.spec.inputs if i.name in trial.arrays and trial.arrays[i.name].dtype.name == kind]
    if trial.departures or kind not in ("float64", "complex128") or not same:
        return
    if any(i.domain not in ("real", "positive", "nonnegative") for i in same):
        return
    for stored, most in WHOLE:
        draw = f"{stored} up to {most}"
        rng = fills.generator(trial.bench.seed, trial.case.id, draw)
        whole: dict[str, Array] = {}
        for i in same:
            least = 1 if i.domain == "positive" else 0 if i.domain == "nonnegative" else -most
            whole[i.name] = rng.integers(least, most, trial.arrays[i.name].shape, endpoint=True).astype(stored)
        floats = {n: x.astype(kind) for n, x in whole.items()}
        trial.bench.draw(draw, partial(dict, {**trial.arrays, **floats}))
        yield draw, trial.ask(draw, Call({**trial.arrays, **whole}, trial.case.layout))


#: Types of results -> the distance from 1 to the next number; 0 where all whole numbers of a draw are told apart.
EPS: Mapping[str, float] = {
    **{f"{kind}int{bits}": 0.0 for kind in ("", "u") for bits in (8, 16, 32, 64)},
    **{name: float(np.finfo(name).eps) for name in ("float32", "float64", "complex64", "complex128")},
}

#: From here on the oracle's own type may not tell two whole numbers apart, and 64 bits do not hold them.
MOST_TOLD = 2.0**62


def _is_whole(answer: Answer) -> bool:
    """Whether all that is due may be whole numbers: transforms of some are so up to what the oracle itself is off by."""
    expected = answer.expected.real
    noise = answer.error[2] * (answer.p.u_wide / answer.p.u)
    told = np.abs(expected) < MOST_TOLD
    return bool(np.all(np.abs(np.rint(expected) - expected)[told] <= noise[told]))


def _whole_answer(answer: Answer, algorithm: str) -> Answer:
    """What is due in an integer type: no other number. A declared algorithm may compute in floats: the nearest one."""
    expected = np.rint(answer.expected.real)
    error = np.zeros_like(answer.error) if algorithm == "conventional" else np.floor(answer.error + 0.5)
    error = np.where(np.abs(expected) < MOST_TOLD, error, np.inf)
    return replace(answer, expected=expected, error=error, others=None, cancelling=None)


def _rounds(given: Mapping[str, Array], eps: float) -> bool:
    """Whether a type rounds some of the whole numbers that are given."""
    return any(int(np.abs(x.astype(np.int64)).max(initial=0)) > 2 / eps for x in given.values() if x.dtype.kind in "iu")


def _due(trial: Trial, draw: str, got: str) -> Due:
    """What is due where a function computes in the type of its result."""
    kind = due_dtype("complex" if trial.case.dtype.startswith("complex") else "real", got)
    return trial.due_at(draw, "" if kind == trial.case.dtype else kind)
