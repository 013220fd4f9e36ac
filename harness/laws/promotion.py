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
from harness.comparison import Equation, Fact, Numbers, alike
from harness.laws.readings import entry_of, noted
from harness.oracles import Answer, Oracle
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
        if not isinstance(one.outcome, Returned) or _wrong(trial):
            continue
        for name, got in one.returned.notes["dtypes"].items():
            expected = trial.output_dtype(name)
            if got == expected:
                found = {name: one.values[name]}
                yield from alike(found, trial.due_at(draw).values, partial(entry_of, one), draw)
            elif not (_follows(trial, name, of) and got == _due_dtype(trial, name, narrow)):
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


def _wrong(trial: Trial) -> bool:
    """Whether the first answer deviates, or is of another type than is due: other types have nothing to add."""
    types = trial.first.returned.notes["dtypes"]
    return trial.wrong or any(got != trial.output_dtype(name) for name, got in types.items())


def _follows(trial: Trial, output: str, of: str) -> bool:
    """Whether an output may keep the type of one input: of the first, or of the state that it is the next of."""
    return of == next(iter(trial.arrays)) or output.split("_next")[0] == of


def _due_dtype(trial: Trial, output: str, case: str) -> str:
    return due_dtype({o.name: o.dtype for o in trial.spec.outputs}[output], case)


#: The largest of the whole numbers that are drawn: small ones, and some whose products floats do not tell apart.
SMALL, LARGE = 9, 2**27 + 1

#: Draws of whole numbers: type, and the largest.
WHOLE = (("int64", SMALL), ("int32", SMALL), ("int64", LARGE))


def integers(trial: Trial) -> Iterator[Equation | Posed]:
    """Whole numbers in an integer type give what they give as floats, and exactly so in an integer result."""
    asked = dict(_whole(trial))
    yield POSED
    for draw, one in asked.items():
        if not isinstance(one.outcome, Returned) or _wrong(trial):
            continue
        for name, got in one.returned.notes["dtypes"].items():
            least = _least(trial, draw.split()[0])
            if got not in EPS or EPS[got] > EPS[least]:
                message = f"{name} is {got}, expected {least}, a wider type or an integer one"
                yield Fact(Output(name), got, least, message, noted(one, "dtypes", name), draw)
            elif not (EPS[got] and _rounds(one.scenario.inputs, EPS[got])):
                answer = _due(trial, draw, got).values[name]
                if not EPS[got]:
                    if not _is_whole(answer):
                        message = f"{name} is {got}, expected {least} or a wider type: the answer is no whole number"
                        yield Fact(Output(name), got, least, message, noted(one, "dtypes", name), draw)
                        continue
                    answer = _whole_answer(answer, got, trial.candidate.given.algorithm)
                if one.values[name].shape == answer.expected.shape:
                    yield Numbers(Output(name), one.values[name], answer, draw, reading=entry_of(one, name))


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
    **{name: float(np.finfo(name).eps) for name in ("float16", "float32", "float64", "complex64", "complex128")},
}


#: From here on the oracle's own type may not tell two whole numbers apart, and 64 bits do not hold them.
MOST_TOLD = 2.0**62


def _is_whole(answer: Answer) -> bool:
    """Whether all that is due may be whole numbers: transforms of some are so up to what the oracle itself is off by."""
    expected = answer.expected.real
    noise = answer.error[2] * (answer.p.u_wide / answer.p.u)
    told = np.abs(expected) < MOST_TOLD
    return bool(np.all(np.abs(np.rint(expected) - expected)[told] <= noise[told]))


def _whole_answer(answer: Answer, got: str, algorithm: str) -> Answer:
    """What is due in an integer type: no other number, and one beyond its range comes round again.

    A declared algorithm may compute in floats; what it gives is the nearest whole number.
    """
    expected, kind = np.rint(answer.expected.real), np.iinfo(got)
    told = np.abs(expected) < MOST_TOLD
    if kind.bits < 64:
        round_again = (np.where(told, expected, 0).astype(np.int64) - kind.min) % 2**kind.bits + kind.min
        expected = np.where(told, round_again.astype(expected.dtype), expected)
    error = np.zeros_like(answer.error) if algorithm == "conventional" else np.floor(answer.error + 0.5)
    error = np.where(told, error, np.inf)
    return replace(answer, expected=expected, error=error, others=None, cancelling=None)


def _least(trial: Trial, stored: str) -> str:
    """The narrowest type that a library computes in that is given whole numbers: NumPy's holds them, others have a default."""
    return np.result_type(stored, np.float16).name if trial.candidate.given.library == "numpy" else "float32"


def _rounds(given: Mapping[str, Array], eps: float) -> bool:
    """Whether a type rounds some of the whole numbers that are given."""
    return any(int(np.abs(x.astype(np.int64)).max(initial=0)) > 2 / eps for x in given.values() if x.dtype.kind in "iu")


COMPLEX = {"float32": "complex64", "float64": "complex128"}
REAL = {c: r for r, c in COMPLEX.items()}


def _complex(dtype: str) -> bool:
    return dtype.startswith("complex")


def _due(trial: Trial, draw: str, got: str) -> Due:
    """What is due where a function computes in the type of its result; in the case's where that is an integer type."""
    kind = {**COMPLEX, **REAL}.get(got, got) if _complex(got) != _complex(trial.case.dtype) else got
    if kind == trial.case.dtype or not EPS[got]:
        return trial.due_at(draw)
    given = trial.due_at(draw).oracle.arrays
    arrays = {n: x.astype(kind) if x.dtype.name == trial.case.dtype else x for n, x in given.items()}
    oracle = Oracle(trial.spec, replace(trial.case, dtype=kind), arrays, trial.candidate.given.algorithm)
    return Due(trial.bench, oracle)
