"""Case, candidates -> Verdicts: every law asks, the hosts perform, every law compares."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness import bounds, ledger, proofs, soundness
from harness.asking.messages import NotHere
from harness.bench import Bench
from harness.builds import Build
from harness.candidates import Candidate, Undeclared
from harness.comparison import Evidence, Fact, Numbers, Testimony, compare
from harness.fills import WITHOUT_SLOPES
from harness.laws import DIFFERENTIAL, IMPLIED, posed
from harness.model import VAST, Case, Law, Mark, Spec, Status, Verdict
from harness.oracles import Answer, Oracle, OracleError, TooManySteps
from harness.rows import death, flat, gathered, not_offered, short, status_of, testimony, unanswered, verdict
from harness.subjects import Gradient, Output, Subject, Whole
from harness.trial import ENDINGS, Asked, Posed, Trial, Unanswered

Note = Callable[[str, str], None]


@dataclass(frozen=True)
class Judge:
    """A spec with its candidates' holders: gives all verdicts of a case."""

    spec: Spec
    candidates: tuple[Candidate, ...]
    build: Build = field(default_factory=Build)

    @cached_property
    def _mismatch(self) -> str:
        return "; ".join(map(str, soundness.mismatches(self.spec)))

    def verdicts(self, case: Case, seed: int, note: Note) -> list[Verdict]:
        """One row per candidate, law and thing judged. Raises nothing that a candidate or oracle does.

        Warnings are no verdict: they are ignored, also where the caller turns them into errors.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._verdicts(case, seed, note)

    def _verdicts(self, case: Case, seed: int, note: Note) -> list[Verdict]:
        bench = Bench(self.spec, case, seed)
        rows: list[Verdict] = []
        own = _oracle(bench, note) if proofs.sampled(case) else []
        for candidate in self.candidates:
            rows.extend(self._candidate(Trial(bench, candidate), note))
        if any(row.law != "status" for row in rows):
            rows.extend(own)
        rows = proofs.confident(rows)
        rows = ledger.applied(self.spec, case, rows, self.build)
        return gathered([self._declined(row) for row in rows])

    def _declined(self, row: Verdict) -> Verdict:
        """A library's own function may raise where it does not do something: that is not offered, unless it is known."""
        if row.status != "fails" or row.expected == "raises" or row.mark != "raised":
            return row
        own = any(c.name == row.candidate and c.own for c in self.candidates)
        return replace(row, status="unsupported", margin=float("nan"), grade="", blame="") if own else row

    def _candidate(self, trial: Trial, note: Note) -> list[Verdict]:
        name, case = trial.candidate.name, trial.case
        note(name, "status")
        told = trial.candidate.holder.told
        if isinstance(told, NotHere):
            status: Status = "unsupported" if told.needed else "fails"
            mark: Mark = "" if told.needed else "absent"
            return [flat(trial, "status", Whole(), status, message=told.text, mark=mark)]
        if isinstance(told, ENDINGS):
            return [death(trial, Asked(trial, "import", "import", None, told))]
        if not bounds.sharp_enough(bounds.precision(case.dtype)):
            words = "this machine has no type wider than the case's"
            return [flat(trial, "status", Whole(), "inconclusive", message=words)]
        if words := self._mismatch:
            return [flat(trial, "status", Whole(), "inconclusive", blame="oracle", message=words)]
        try:
            trial.candidate.offers(case)
            _ = trial.arguments
        except Undeclared as said:
            return [not_offered(trial, said.outcome)]
        return self._asked(trial, note)

    def _asked(self, trial: Trial, note: Note) -> list[Verdict]:
        """The rows of a candidate that offers the case: all laws ask, the host performs, all laws compare."""
        clock = _Clock()
        _ = trial.first
        courses = [_Course(trial, law) for law in self._laws(trial)]
        for course in courses:
            trial.under(course.law.name)
            course.begin()
        clock.charge("status")
        trial.send()
        due = _due(trial)
        clock.charge("agrees")
        trial.perform()
        if isinstance(due, OracleError):
            return [_unknown(trial, "status" if isinstance(due, TooManySteps) else "agrees", due)]
        clock.charge("status")
        if trial.ended is not None:
            return [death(trial, trial.ended)]
        rows = clock.timed("status", [status_of(trial)])
        if rows[0].status != "conforms":
            return rows
        apart = any(trial.candidate.name in entry.by for entry in self.spec.known)
        for course in courses:
            note(trial.candidate.name, course.law.name)
            trial.under(course.law.name)
            found = course.rows()
            clock.charge(course.law.name)
            if trial.ended is not None:
                return [death(trial, trial.ended)]
            rows.extend(clock.timed(course.law.name, found if apart else gathered(found)))
        return rows

    def _laws(self, trial: Trial) -> Iterator[Law]:
        exempt = {*self.spec.exempt, *trial.candidate.given.exempt}
        if trial.case.grid == VAST:
            yield from (Law(name) for name in (VAST,) if name not in exempt)
            return
        exempt |= {"identity"} if trial.candidate.given.outputs else set()  # identities speak of all outputs
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


def _due(trial: Trial) -> OracleError | None:
    """Compute what is due of the first call while the host is at work; a shape that the spec declares otherwise fails."""
    if trial.case.invalid:
        return None
    try:
        _ = trial.due.values, trial.due.oracle.shapes
    except OracleError as error:
        return error
    return None


@dataclass
class _Clock:
    """Seconds by law."""

    spent: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=time.perf_counter)

    def charge(self, law: str) -> None:
        """Put the seconds since the last charge down to a law."""
        now = time.perf_counter()
        self.spent[law] = self.spent.get(law, 0.0) + now - self.since
        self.since = now

    def timed(self, law: str, rows: list[Verdict]) -> list[Verdict]:
        """The rows of a law, each with its part of the law's seconds."""
        spent = self.spent.get(law, 0.0)
        return [replace(row, seconds=round(spent / len(rows), 6)) for row in rows]


class _Course:
    """One law over one trial: begun, so that it has asked what it can; then its rows."""

    def __init__(self, trial: Trial, law: Law) -> None:
        self.trial, self.law = trial, law
        self._steps = posed(law, trial)
        self._found: dict[tuple[Subject, str], list[tuple[Any, Evidence]]] = {}
        self._rows: list[Verdict] = []

    def begin(self) -> None:
        """Let the law ask."""
        self._run(until_posed=True)

    def rows(self) -> list[Verdict]:
        """The rows, the worst evidence about each thing the law speaks of."""
        if not self._rows or self._found:
            self._run(until_posed=False)
        return [*self._rows, *(verdict(self.trial, self.law, *of, pairs) for of, pairs in self._found.items())]

    def _run(self, until_posed: bool) -> None:
        trial, law = self.trial, self.law
        try:
            for equation in self._steps:
                match equation:
                    case Posed():
                        if until_posed:
                            return
                    case Testimony():
                        self._rows.append(testimony(trial, law, equation))
                    case Numbers() | Fact():
                        pair = (equation, compare(equation, trial.bench.tier))
                        self._found.setdefault((equation.subject, equation.scenario), []).append(pair)
        except Undeclared as said:
            self._rows.append(flat(trial, law.name, Whole(), "unsupported", scenario=law.of, message=str(said)))
        except Unanswered as nothing:
            self._rows.extend(unanswered(trial, law, nothing.asked))
        except OracleError as error:
            self._rows.append(_unknown(trial, law.name, error, law.of))


def _unknown(trial: Trial, law: str, error: OracleError, scenario: str = "") -> Verdict:
    """The row of a law of which nobody knows what is due."""
    mark: Mark = "long" if isinstance(error, TooManySteps) else ""
    words = short(error)
    return flat(trial, law, Whole(), "inconclusive", scenario, blame="oracle", mark=mark, message=words)


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
        clock = _Clock()
        rows = list(proofs.checked(case, _answers(due.oracle, upstream), bench.seed, lambda: _answers(wider, upstream)))
        clock.charge("proof")
        return clock.timed("proof", gathered(rows))
    except OracleError:
        return []  # every candidate's row says so


def _answers(oracle: Oracle, cotangents: dict[str, Any]) -> dict[Subject, Answer]:
    """Values and gradients of an oracle, by what rows speak of."""
    gradients = oracle.vjp(cotangents) if cotangents else {}
    values: dict[Subject, Answer] = {Output(name): y for name, y in oracle.values.items()}
    return values | {Gradient(name): g for name, g in gradients.items()}
