"""Case, candidates -> Verdicts: the one place where what came of asking becomes rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from harness import bounds, cases, comparison, ledger, places, proofs, subjects
from harness.asking.messages import NotHere
from harness.asking.outcomes import (
    Died,
    Escaped,
    GivenUp,
    NoGraph,
    NotAnArray,
    NotOffered,
    Outcome,
    OutOfMemory,
    Raised,
    Reason,
    Returned,
    Skipped,
    TimedOut,
)
from harness.asking.scenarios import Call
from harness.builds import Build
from harness.candidates import Candidate, Undeclared
from harness.comparison import Evidence, Fact, Numbers, Testimony, compare
from harness.fills import WITHOUT_SLOPES
from harness.laws import DIFFERENTIAL, IMPLIED, posed
from harness.model import Case, Law, Mark, Spec, Status, Traits, Verdict
from harness.oracles import Answer, Oracle, OracleError, mismatch
from harness.subjects import Gradient, Output, Subject, Whole
from harness.trial import ENDINGS, Asked, Bench, Posed, Trial, Unanswered

Note = Callable[[str, str], None]


@dataclass(frozen=True)
class Judge:
    """A spec with its candidates' holders: gives all verdicts of a case."""

    spec: Spec
    candidates: tuple[Candidate, ...]
    build: Build = field(default_factory=Build)

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
        rows: list[Verdict] = []
        own = _oracle(bench, note) if proofs.sampled(case) else []
        for candidate in self.candidates:
            rows.extend(self._candidate(Trial(bench, candidate), note))
        if any(row.law != "status" for row in rows):
            rows.extend(own)
        rows = proofs.confident(rows)
        rows = ledger.applied(self.spec, case, rows, self.build)
        return _gathered([self._declined(row) for row in rows])

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
            message = told.text if told.needed else f"{ABSENT}: {told.text}"
            mark: Mark = "" if told.needed else "absent"
            return [_row(trial, "status", Whole(), status, message=message, mark=mark)]
        if isinstance(told, ENDINGS):
            return [_death(trial, Asked(trial, "import", "import", None, told))]
        if not bounds.sharp_enough(bounds.precision(case.dtype)):
            words = "this machine has no type wider than the case's"
            return [_row(trial, "status", Whole(), "inconclusive", message=words)]
        if words := self._mismatch:
            return [_row(trial, "status", Whole(), "inconclusive", blame="oracle", message=words)]
        try:
            trial.candidate.offers(case)
            _ = trial.arguments
        except Undeclared as said:
            return [_not_offered(trial, said.outcome)]
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
            return [_row(trial, "agrees", Whole(), "inconclusive", blame="oracle", message=_short(due))]
        clock.charge("status")
        if trial.ended is not None:
            return [_death(trial, trial.ended)]
        rows = clock.timed("status", [_status(trial)])
        if rows[0].status != "conforms":
            return rows
        apart = any(trial.candidate.name in entry.by for entry in self.spec.known)
        for course in courses:
            note(trial.candidate.name, course.law.name)
            trial.under(course.law.name)
            found = course.rows()
            clock.charge(course.law.name)
            if trial.ended is not None:
                return [_death(trial, trial.ended)]
            rows.extend(clock.timed(course.law.name, found if apart else _gathered(found)))
        return rows

    def _laws(self, trial: Trial) -> Iterator[Law]:
        exempt = {*self.spec.exempt, *trial.candidate.given.exempt}
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


#: How the reason begins of a candidate that is not there.
ABSENT = "cannot be imported"


def _due(trial: Trial) -> OracleError | None:
    """Compute what is due of the first call while the host is at work."""
    if trial.case.invalid:
        return None
    try:
        _ = trial.due.values
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
        return [*self._rows, *(_verdict(self.trial, self.law, *of, pairs) for of, pairs in self._found.items())]

    def _run(self, until_posed: bool) -> None:
        trial, law = self.trial, self.law
        try:
            for equation in self._steps:
                match equation:
                    case Posed():
                        if until_posed:
                            return
                    case Testimony():
                        self._rows.append(_testimony(trial, law, equation))
                    case Numbers() | Fact():
                        pair = (equation, compare(equation, trial.bench.tier))
                        self._found.setdefault((equation.subject, equation.scenario), []).append(pair)
        except Undeclared as said:
            self._rows.append(_row(trial, law.name, Whole(), "unsupported", scenario=law.of, message=str(said)))
        except Unanswered as unanswered:
            self._rows.extend(_unanswered(trial, law, unanswered.asked))
        except OracleError as error:
            self._rows.append(
                _row(trial, law.name, Whole(), "inconclusive", scenario=law.of, blame="oracle", message=_short(error))
            )


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
        return clock.timed("proof", _gathered(rows))
    except OracleError:
        return []  # every candidate's row says so


def _answers(oracle: Oracle, cotangents: dict[str, Any]) -> dict[Subject, Answer]:
    """Values and gradients of an oracle, by what rows speak of."""
    gradients = oracle.vjp(cotangents) if cotangents else {}
    values: dict[Subject, Answer] = {Output(name): y for name, y in oracle.values.items()}
    return values | {Gradient(name): g for name, g in gradients.items()}


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
    return replace(worst, subject="", scenario="", seconds=round(sum(row.seconds for row in rows), 6))


def _row(trial: Trial, law: str, of: Subject, status: Any, scenario: str = "", **facts: Any) -> Verdict:
    """The one place where what was found becomes a flat row."""
    return Verdict(
        trial.case.op, trial.case.id, trial.candidate.name, law, subjects.text(of), scenario, status, **facts
    )


def _status(trial: Trial) -> Verdict:
    """Valid calls return and invalid ones raise."""
    outcome, invalid = trial.first.outcome, bool(trial.case.invalid)
    match outcome:
        case NotOffered(Reason.DECLINED, text) if not invalid and _takes_zeros(trial):
            message = f"{text}, though it takes zeros of the same shapes: what it declines may not depend on the data"
            return _wrong(trial, "status", message, expected="returns")
        case NotOffered():
            return _not_offered(trial, outcome)
        case GivenUp():
            return _given_up(trial, "status", "", outcome)
        case Returned() if invalid:
            fault = cases.fault(trial.spec, trial.case.invalid)
            if fault.open and _defined(trial):
                return _row(trial, "status", Whole(), "unsupported", message="the definition takes it, too")
            message = f"returned where an error is due: {fault.because}"
            return _wrong(trial, "status", message, actual="returns", expected="raises")
        case Returned():
            return _right(trial, expected="returns", actual="returns")
        case Raised() if invalid:
            return _right(trial, expected="raises", actual=said(outcome))
        case NotAnArray(text):
            due = "raises" if invalid else "returns"
            return _wrong(trial, "status", text, actual=text, expected=due)
        case Raised():
            text, traits = f"{said(outcome)} where a result is due", Traits(raised=outcome.type)
            return _wrong(trial, "status", text, actual=said(outcome), expected="returns", mark="raised", traits=traits)
        case _:
            raise AssertionError(f"expected an outcome of a call, got {outcome}")


def _defined(trial: Trial) -> bool:
    """Whether the definition has a value at the case."""
    try:
        return bool(trial.due.values)
    except OracleError:
        return False


def _takes_zeros(trial: Trial) -> bool:
    """Whether the candidate returns for zeros, or ones, of the case's shapes and dtypes."""
    plain = ({n: fill(x) for n, x in trial.arrays.items()} for fill in (np.zeros_like, np.ones_like))
    asked = [trial.ask(f"plain data {i}", Call(x, trial.case.layout)) for i, x in enumerate(plain)]
    return any(isinstance(a.outcome, Returned) for a in asked)


def _right(trial: Trial, **facts: Any) -> Verdict:
    return _row(trial, "status", Whole(), "conforms", grade="exact", margin=0.0, **facts)


def _wrong(trial: Trial, law: str, message: str, **facts: Any) -> Verdict:
    wrong = {"grade": "deviates", "margin": float("inf"), "blame": trial.candidate.name}
    return _row(trial, law, Whole(), "fails", message=message, **{**wrong, **facts})


def _not_offered(trial: Trial, outcome: NotOffered) -> Verdict:
    """Not judged; a call that must be refused is refused by declining."""
    if trial.case.invalid and outcome.reason in (Reason.PARAM, Reason.DECLINED):
        return _right(trial, message=f"refused: {outcome.text}")
    return _row(trial, "status", Whole(), "unsupported", message=outcome.text)


def _unanswered(trial: Trial, law: Law, asked: Asked) -> list[Verdict]:
    """The row of a law that needed what did not come."""
    match asked.outcome:
        case GivenUp() as given_up:
            return [_given_up(trial, law.name, law.of, given_up)]
        case Skipped() | Died() | TimedOut() | OutOfMemory() | Escaped():
            return []  # the row on the status says why
        case NotOffered(_, why):
            return [_row(trial, law.name, Whole(), "unsupported", scenario=law.of, message=why)]
        case NoGraph(why) | NotAnArray(why):
            return [_wrong(trial, law.name, why, scenario=law.of)]
        case Raised() as raised:
            text, traits = f"{said(raised)} where a result is due", Traits(raised=raised.type)
            return [_wrong(trial, law.name, text, scenario=law.of, mark="raised", traits=traits)]
        case other:
            raise AssertionError(f"expected something else than arrays, got {other}")


def _given_up(trial: Trial, law: str, scenario: str, outcome: GivenUp) -> Verdict:
    message = f"not asked: it ended or hung {outcome.times} times when asked {outcome.scenario}"
    return _row(trial, law, Whole(), "unsupported", scenario=scenario, message=message)


def said(raised: Raised) -> str:
    """What was raised, in one line."""
    return f"{raised.type}: {raised.text}"[:300]


def _death(trial: Trial, asked: Asked) -> Verdict:
    """The one row of a candidate whose process ended at this case."""
    status, ended = how_it_ended(asked.outcome)
    message = f"{ended} in law {asked.law}"
    where = getattr(asked.outcome, "where", "")
    words = getattr(asked.outcome, "words", "")
    message += (f"; at {where}" if where else "") + (f"; last words: {words}" if words else "")
    facts: dict[str, Any] = {
        "margin": float("inf"),
        "blame": trial.candidate.name,
        "actual": asked.law,
        "traits": Traits(raised=ended),
    }
    return _row(trial, "status", Whole(), status, message=message, **facts)


def how_it_ended(outcome: Outcome) -> tuple[Status, str]:
    """The status of an ending, and what it is called."""
    match outcome:
        case TimedOut(seconds):
            return "timed out", f"no answer within {seconds:g} s"
        case OutOfMemory():
            return "crashed", "MemoryError: took more memory than a host may"
        case Escaped(kind, text):
            return "crashed", f"{kind}: {text}".rstrip(": ")
        case Died(signal="", code=0):
            return "crashed", "ended, nobody knows how"
        case Died(signal="", code=code):
            return "crashed", f"exited with code {code}"
        case Died(signal=name):
            return "crashed", f"killed by {name}"
        case other:
            raise AssertionError(f"expected an ending, got {other}")


def _short(error: BaseException) -> str:
    return str(error)[:300]


def _testimony(trial: Trial, law: Law, said: Testimony) -> Verdict:
    status = "conforms" if said.agrees else "inconclusive"
    return _row(trial, law.name, said.subject, status, actual=str(said.agrees), expected="True", message=said.message)


def _verdict(trial: Trial, law: Law, subject: Subject, scenario: str, pairs: list[tuple[Any, Evidence]]) -> Verdict:
    worst = comparison.worst([evidence for _, evidence in pairs])
    status: Any = "conforms" if worst.margin <= 1 else "deviates"
    message, blame = worst.message, ""
    mark: Mark = ""
    if status == "deviates":
        status, blame, message, mark = _proved(trial, worst)
    if status == "conforms" and not any(e.believable for _, e in pairs):
        status, message = "not believed", worst.doubt
    varied = any(isinstance(q, Numbers) and q.again for q, _ in pairs)
    return _row(
        trial,
        law.name,
        subject,
        status,
        scenario,
        grade="varies" if varied and status == "conforms" and worst.margin > 0 else worst.grade,
        margin=worst.margin,
        ulps=worst.ulps,
        blind=_blind(evidence for _, evidence in pairs),
        actual=worst.actual,
        expected=worst.expected,
        bound=worst.bound,
        at=worst.at,
        blame=blame,
        message=message,
        mark=mark,
        traits=places.traits(worst, trial.bench.tier, trial.arrays) if status == "deviates" else Traits(),
    )


def _blind(evidence: Iterable[Evidence]) -> float:
    """The share of all entries at which a wrong answer would not have been seen; NaN where no numbers were compared."""
    sizes = [(e.entries, e.blind) for e in evidence]
    total = sum(n for n, _ in sizes)
    return sum(n * share for n, share in sizes) / total if total else float("nan")


def _proved(trial: Trial, worst: Evidence) -> tuple[Any, str, str, Mark]:
    """Status, blame, message and mark of a deviation, once ball arithmetic has had its say."""
    message = worst.message or f"off by {worst.margin:.3g} bounds"
    if not isinstance(worst.equation, Numbers):
        return "deviates", trial.candidate.name, message, ""
    proof = proofs.prove(worst.equation, worst)
    if isinstance(proof, proofs.Refuted):
        return "inconclusive", "oracle", proof.words, ""
    mark: Mark = "proved" if isinstance(proof, proofs.Proved) else ""
    return "deviates", trial.candidate.name, f"{message}; {proof.words}", mark
