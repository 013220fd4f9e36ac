"""Case, candidates -> Verdicts: the one place where foreign code's exceptions become rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from harness import bounds, cases, comparison, ledger, proofs
from harness.candidates import Candidate, Failed
from harness.comparison import Evidence, Numbers, Testimony, compare
from harness.fills import WITHOUT_SLOPES
from harness.laws import DIFFERENTIAL, IMPLIED, LAWS
from harness.libraries.arrays import NoGradient, NotAnArray, NotOffered
from harness.model import Case, Law, Spec, Status, Verdict
from harness.oracles import Answer, Oracle, OracleError, mismatch
from harness.trial import Bench, Trial

Note = Callable[[str, str], None]


@dataclass(frozen=True)
class Judge:
    """A spec with its candidates loaded: gives all verdicts of a case."""

    spec: Spec
    candidates: tuple[Candidate, ...]
    unloadable: tuple[tuple[str, Status, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    isa: str = ""

    @cached_property
    def _mismatch(self) -> str:
        return mismatch(self.spec)

    def verdicts(self, case: Case, seed: int, note: Note) -> list[Verdict]:
        """One row per candidate, law and thing judged. Raises nothing that a candidate or oracle does.

        Warnings are no verdict: they are ignored, also where the caller turns them into errors.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._verdicts(case, seed, note)

    def _verdicts(self, case: Case, seed: int, note: Note) -> list[Verdict]:
        bench = Bench(self.spec, case, seed)
        rows = [
            Verdict(case.op, case.id, name, "status", "", status, message=why) for name, status, why in self.unloadable
        ]
        own = _oracle(bench, note) if proofs.sampled(case) else []
        for candidate in self.candidates:
            rows.extend(self._candidate(Trial(bench, candidate), note))
        if any(row.law != "status" for row in rows):
            rows.extend(own)
        rows = proofs.confident(rows)
        return _gathered(ledger.applied(self.spec, case, rows, dict(self.versions), self.isa))

    def _candidate(self, trial: Trial, note: Note) -> Iterator[Verdict]:
        name, case = trial.candidate.name, trial.case
        if not bounds.sharp_enough(bounds.precision(case.dtype)):
            yield _row(trial, "status", "", "inconclusive", message="this machine has no type wider than the case's")
            return
        if words := self._mismatch:
            yield _row(trial, "status", "", "inconclusive", blame="oracle", message=words)
            return
        note(name, "status")
        status = _timed(lambda: _within_memory(trial, "status", lambda: [_status(trial)]))
        yield from status
        if status[0].status != "conforms":
            return
        apart = any(name in entry.by for entry in self.spec.known)  # rows must be told apart until it is applied
        for law in self._laws(trial):
            note(name, law.name)
            rows = partial(_within_memory, trial, law.name, partial(_rows, trial, law))
            yield from _timed(rows, apart=apart)

    def _laws(self, trial: Trial) -> Iterator[Law]:
        exempt = {*self.spec.exempt, *trial.candidate.given.exempt}
        differentiable = any(o.differentiable for o in self.spec.outputs) and trial.bench.finite
        differentiable = differentiable and trial.case.fill not in WITHOUT_SLOPES
        for law in (*(Law(name) for name in IMPLIED), *self.spec.laws):
            if (
                law.name in exempt
                or (trial.case.invalid and law.name != "pure")
                or (law.name in DIFFERENTIAL and not differentiable)
            ):
                continue
            yield law


def _oracle(bench: Bench, note: Note) -> list[Verdict]:
    """The oracle's own rows: one entry of each value and gradient, held against ball arithmetic."""
    case = bench.case
    if not bounds.sharp_enough(bounds.precision(case.dtype)):
        return []
    note("oracle", "proof")
    try:
        due = bench.due("conventional")
        upstream = due.cotangents if bench.finite and any(o.differentiable for o in bench.spec.outputs) else {}
        wider = replace(due.oracle, case=replace(case, dtype=bounds.wider(case.dtype)))
        return _timed(
            lambda: list(
                proofs.checked(case, _answers(due.oracle, upstream), bench.seed, lambda: _answers(wider, upstream))
            )
        )
    except OracleError:
        return []  # every candidate's row says so


def _answers(oracle: Oracle, cotangents: dict[str, Any]) -> dict[str, Answer]:
    """Values and gradients of an oracle, by what rows call them."""
    gradients = oracle.vjp(cotangents) if cotangents else {}
    return {**oracle.values, **{f"gradient of {name}": g for name, g in gradients.items()}}


#: Laws that look at one thing in many ways: what conforms in all of them is one row.
GATHERED = frozenset({"pure", "repeatable", "layout", "subsets", "upstream", "backward", "second"})


def _gathered(rows: list[Verdict]) -> list[Verdict]:
    """The rows with those of a gathered law that came out alike as one, the worst of them; red ones stand alone."""
    groups: dict[tuple[str, ...], list[Verdict]] = {}
    for i, row in enumerate(rows):
        alike = row.law in GATHERED and row.status in ("conforms", "not believed")
        groups.setdefault((row.candidate, row.law, row.status, *(() if alike else (str(i),))), []).append(row)
    return [_together(group) if len(group) > 1 else group[0] for group in groups.values()]


def _together(rows: list[Verdict]) -> Verdict:
    worst = max(rows, key=lambda row: row.margin)
    return replace(worst, about="", seconds=round(sum(row.seconds for row in rows), 6))


def _rows(trial: Trial, law: Law) -> list[Verdict]:
    return list(_law(trial, law))


def _within_memory(trial: Trial, law: str, judge: Callable[[], list[Verdict]]) -> list[Verdict]:
    try:
        return judge()
    except MemoryError:
        message = "MemoryError: took more memory than a worker may"
        return [_row(trial, law, "", "crashed", margin=float("inf"), blame=trial.candidate.name, message=message)]


def _timed(judge: Callable[[], list[Verdict]], apart: bool = True) -> list[Verdict]:
    """The rows with the seconds each took; those that came out alike as one unless they must stay ``apart``."""
    started = time.perf_counter()
    rows = judge()
    spent = time.perf_counter() - started
    kept = rows if apart else _gathered(rows)
    return [replace(row, seconds=round(spent / len(kept), 6)) for row in kept]


def _row(trial: Trial, law: str, about: str, status: Any, **facts: Any) -> Verdict:
    return Verdict(trial.case.op, trial.case.id, trial.candidate.name, law, about, status, **facts)


def _status(trial: Trial) -> Verdict:
    """Valid calls return and invalid ones raise."""
    name = trial.candidate.name
    try:
        trial.candidate.offers(trial.case)
        trial.first  # noqa: B018
    except NotOffered as reason:
        if trial.case.invalid:
            return _row(trial, "status", "", "conforms", grade="exact", margin=0.0, message=f"refused: {reason}")
        return _row(trial, "status", "", "unsupported", message=str(reason))
    except (Failed, NotAnArray) as error:
        if trial.case.invalid and isinstance(error, Failed):
            return _row(
                trial, "status", "", "conforms", grade="exact", margin=0.0, expected="raises", actual=_short(error)
            )
        if not trial.case.invalid and cases.asks_for_options(trial.spec, trial.case):
            return _row(trial, "status", "", "unsupported", message=f"does not offer this: {_short(error)}")
        due = "an error" if trial.case.invalid else "a result"
        return _row(
            trial,
            "status",
            "",
            "fails",
            grade="deviates",
            margin=float("inf"),
            actual=_short(error),
            expected="raises" if trial.case.invalid else "returns",
            blame=name,
            message=_instead(error, due),
        )
    if trial.case.invalid:
        fault = next(i for i in trial.spec.invalid if i.name == trial.case.invalid)
        return _row(
            trial,
            "status",
            "",
            "fails",
            grade="deviates",
            margin=float("inf"),
            actual="returns",
            expected="raises",
            blame=name,
            message=f"returned where an error is due: {fault.because}",
        )
    return _row(trial, "status", "", "conforms", grade="exact", margin=0.0, expected="returns", actual="returns")


def _instead(error: BaseException, due: str) -> str:
    """What was raised in place of what is due; what came back in its place says so itself."""
    return f"{_short(error)} where {due} is due" if error.__cause__ else _short(error)


def _short(error: BaseException) -> str:
    return str(error)[:300]


def _law(trial: Trial, law: Law) -> Iterator[Verdict]:
    """The rows of one law, the worst evidence about each thing it speaks of."""
    found: dict[str, list[tuple[Any, Evidence]]] = {}
    arguments = {"of": law.of} if law.of else {}
    try:
        for equation in LAWS[law.name](trial, **arguments):
            if isinstance(equation, Testimony):
                yield _testimony(trial, law, equation)
                continue
            found.setdefault(equation.about, []).append((equation, compare(equation, trial.bench.tier)))
    except NotOffered as reason:
        yield _row(trial, law.name, law.of, "unsupported", message=str(reason)[:300])
    except NoGradient as reason:
        yield _missing(trial, law, reason)
    except (Failed, NotAnArray) as error:
        if cases.asks_for_options(trial.spec, trial.case):
            yield _row(trial, law.name, law.of, "unsupported", message=f"does not offer this: {_short(error)}")
            return
        blame, message = trial.candidate.name, _instead(error, "a result")
        yield _row(
            trial, law.name, law.of, "fails", grade="deviates", margin=float("inf"), blame=blame, message=message
        )
    except OracleError as error:
        yield _row(trial, law.name, law.of, "inconclusive", blame="oracle", message=_short(error))
    for about, pairs in found.items():
        yield _verdict(trial, law, about, pairs)


def _missing(trial: Trial, law: Law, reason: NoGradient) -> Verdict:
    """No gradient here: unsupported where the op's first case has none either, else the fault of this case."""
    first = cases.find(trial.spec, trial.spec.op)
    if first.id != trial.case.id:
        try:
            there = Trial(Bench(trial.spec, first, trial.bench.seed), trial.candidate).vjp()
        except (Failed, NotAnArray, NotOffered, NoGradient, OracleError):
            there = {}
        if any(g is not None for g in there.values()) and any(
            (a.expected != 0).any() for a in trial.due.gradients.values()
        ):
            message = f"{reason}, though they get one at {first.id}"
            blame = trial.candidate.name
            return _row(
                trial, law.name, law.of, "fails", grade="deviates", margin=float("inf"), blame=blame, message=message
            )
    return _row(trial, law.name, law.of, "unsupported", message=str(reason))


def _testimony(trial: Trial, law: Law, said: Testimony) -> Verdict:
    status = "conforms" if said.agrees else "inconclusive"
    return _row(trial, law.name, said.about, status, actual=str(said.agrees), expected="True", message=said.message)


def _verdict(trial: Trial, law: Law, about: str, pairs: list[tuple[Any, Evidence]]) -> Verdict:
    worst = comparison.worst([evidence for _, evidence in pairs])
    status: Any = "conforms" if worst.margin <= 1 else "deviates"
    message, blame = worst.message, ""
    if status == "deviates":
        status, blame, message = _proved(trial, worst)
    if status == "conforms" and not any(e.believable for _, e in pairs):
        status, message = "not believed", worst.doubt
    varied = law.name == "repeatable" and any(
        isinstance(q, Numbers) and not q.about.endswith("inputs") for q, _ in pairs
    )
    return _row(
        trial,
        law.name,
        about,
        status,
        grade="varies" if varied and status == "conforms" and worst.margin > 0 else worst.grade,
        margin=worst.margin,
        ulps=worst.ulps,
        actual=worst.actual,
        expected=worst.expected,
        bound=worst.bound,
        at=worst.at,
        blame=blame,
        message=message,
    )


def _proved(trial: Trial, worst: Evidence) -> tuple[Any, str, str]:
    """Status, blame and message of a deviation, once ball arithmetic has had its say."""
    message = worst.message or f"off by {worst.margin:.3g} bounds"
    if not isinstance(worst.equation, Numbers):
        return "deviates", trial.candidate.name, message
    proof = proofs.prove(worst.equation, worst)
    if isinstance(proof, proofs.Refuted):
        return "inconclusive", "oracle", proof.words
    return "deviates", trial.candidate.name, f"{message}; {proof.words}"
