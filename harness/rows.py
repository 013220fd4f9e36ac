"""What came of asking, and what comparing found -> flat rows: the one place where a Verdict is made of a trial."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness import cases, comparison, places, proofs, subjects
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
from harness.comparison import Equation, Evidence, Numbers, Testimony
from harness.model import RELATIONS, Law, Mark, Relation, Status, Traits, Verdict
from harness.oracles import OracleError
from harness.subjects import ELSEWHERE, Subject, Whole
from harness.trial import Asked, Trial

#: Laws that look at one thing in many ways: what conforms in all of them is one row.
GATHERED = frozenset({"pure", "repeatable", "layout", "subsets", "upstream", "backward", "second"})

#: Those that hold two answers of a candidate against each other, so that each scenario has a relation of its own.
RELATING = frozenset({"repeatable", "layout", "invariance"})


def gathered(rows: list[Verdict]) -> list[Verdict]:
    """The rows with those of a gathered law that came out alike as one, the worst of them; red ones stand alone."""
    groups: dict[tuple[str, ...], list[Verdict]] = {}
    for i, row in enumerate(rows):
        alike = row.law in GATHERED and row.status in ("conforms", "not believed")
        groups.setdefault((row.candidate, row.law, row.status, *(() if alike else (str(i),))), []).append(row)
    return [_together(group) if len(group) > 1 else group[0] for group in groups.values()]


def _together(rows: list[Verdict]) -> Verdict:
    worst = max(rows, key=lambda row: row.margin)
    relations = dict[str, Relation]()
    for row in rows:
        for scenario, relation in row.traits.relations.items():
            relations[scenario] = _least((relation, relations.get(scenario, relation)))
    traits = replace(worst.traits, of=frozenset(row.of for row in rows), relations=relations)
    seconds = round(sum(row.seconds for row in rows), 6)
    return replace(worst, subject="", scenario="", seconds=seconds, notes=_noted(relations), traits=traits)


def _noted(relations: Mapping[str, Relation]) -> str:
    """By what they have in common the scenarios that came out so, as a row's notes say it."""
    told = {r: sorted(s for s, its in relations.items() if its == r) for r in RELATIONS}
    return json.dumps({r: scenarios for r, scenarios in told.items() if scenarios}) if relations else ""


def flat(trial: Trial, law: str, of: Subject, status: Any, scenario: str = "", **facts: Any) -> Verdict:
    """The one place where what was found becomes a flat row."""
    return Verdict(
        trial.case.op, trial.case.id, trial.candidate.name, law, subjects.text(of), scenario, status, **facts
    )


def status_of(trial: Trial) -> Verdict:
    """Valid calls return and invalid ones raise."""
    outcome, invalid = trial.first.outcome, bool(trial.case.invalid)
    match outcome:
        case NotOffered(Reason.DECLINED, text) if not invalid and _takes_plain(trial, trial.first):
            return _wrong(trial, "status", f"{text}, {_PLAIN}", expected="returns")
        case NotOffered():
            return not_offered(trial, outcome)
        case GivenUp():
            return _given_up(trial, "status", "", outcome)
        case Returned() if invalid:
            fault = cases.fault(trial.spec, trial.case.invalid)
            if fault.open and _defined(trial):
                message = f"`{fault.name}` is a wrong call that the harness made up, and the definition takes it, too"
                return flat(trial, "status", Whole(), "inconclusive", message=message, mark="taken")
            message = f"returned, expected an error: {fault.because}"
            return _wrong(trial, "status", message, actual="returns", expected="raises")
        case Returned():
            return _right(trial, expected="returns", actual="returns")
        case Raised() if invalid:
            return _right(trial, expected="raises", actual=said(outcome))
        case NotAnArray(text):
            due = "raises" if invalid else "returns"
            return _wrong(trial, "status", text, actual=text, expected=due)
        case Raised():
            return _raised(trial, "status", outcome, actual=said(outcome), expected="returns")
        case _:
            raise AssertionError(f"expected an outcome of a call, got {outcome}")


def _defined(trial: Trial) -> bool:
    """Whether the definition has a value at the case."""
    try:
        return bool(trial.due.values)
    except OracleError:
        return False


#: What is said of a candidate that declines some data and not others.
_PLAIN = "though it takes zeros, or ones, of the same shapes: what it declines may not depend on the data"


def _takes_plain(trial: Trial, declined: Asked) -> bool:
    """Whether the candidate returns when it is asked the same of zeros, or of ones."""
    given = getattr(declined.scenario, "inputs", {})
    plain = ({n: fill(x) for n, x in given.items()} for fill in (np.zeros_like, np.ones_like))
    asked = [
        trial.ask(f"{declined.label}, plain data {i}", replace(declined.scenario, inputs=x))
        for i, x in enumerate(plain)
    ]
    return any(isinstance(a.outcome, Returned) for a in asked)


def _right(trial: Trial, **facts: Any) -> Verdict:
    return flat(trial, "status", Whole(), "conforms", grade="exact", margin=0.0, **facts)


def _wrong(trial: Trial, law: str, message: str, **facts: Any) -> Verdict:
    wrong = {"grade": "deviates", "margin": float("inf"), "blame": trial.candidate.name}
    return flat(trial, law, Whole(), "fails", message=message, **{**wrong, **facts})


def not_offered(trial: Trial, outcome: NotOffered) -> Verdict:
    """Not judged; a call that must be refused is refused by declining."""
    if trial.case.invalid and outcome.reason in (Reason.PARAM, Reason.DECLINED):
        return _right(trial, message=f"refused: {outcome.text}")
    return flat(trial, "status", Whole(), "unsupported", message=outcome.text)


def unanswered(trial: Trial, law: Law, asked: Asked) -> list[Verdict]:
    """The row of a law that needed what did not come."""
    match asked.outcome:
        case GivenUp() as given_up:
            return [_given_up(trial, law.name, law.of, given_up)]
        case Skipped() | Died() | TimedOut() | OutOfMemory() | Escaped():
            return []  # the row on the status says why
        case NotOffered(Reason.DECLINED, why) if _takes_plain(trial, asked):
            return [_wrong(trial, law.name, f"{why}, {_PLAIN}", scenario=law.of)]
        case NotOffered(_, why):
            return [flat(trial, law.name, Whole(), "unsupported", scenario=law.of, message=why)]
        case NoGraph(why) | NotAnArray(why):
            return [_wrong(trial, law.name, why, scenario=law.of)]
        case Raised() as raised:
            return [_raised(trial, law.name, raised, scenario=law.of)]
        case other:
            raise AssertionError(f"expected something else than arrays, got {other}")


def _raised(trial: Trial, law: str, raised: Raised, **facts: Any) -> Verdict:
    """The row of a call that raised where a result is due."""
    message, traits = f"{said(raised).rstrip('.')}, expected a result", Traits(raised=raised.type)
    return _wrong(trial, law, message, mark="raised", traits=traits, **facts)


def _given_up(trial: Trial, law: str, scenario: str, outcome: GivenUp) -> Verdict:
    message = f"not asked: it ended or hung {outcome.times} times when asked {outcome.scenario}"
    return flat(trial, law, Whole(), "inconclusive", scenario=scenario, message=message)


def said(raised: Raised) -> str:
    """What was raised, in one line."""
    return f"{raised.type}: {raised.text}"[:300]


def death(trial: Trial, asked: Asked) -> Verdict:
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
    return flat(trial, "status", Whole(), status, message=message, **facts)


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


def short(error: BaseException) -> str:
    """The beginning of what an error says."""
    return str(error)[:300]


def testimony(trial: Trial, law: Law, said: Testimony) -> Verdict:
    """What another checker says, which convicts nobody."""
    status = "conforms" if said.agrees else "inconclusive"
    told = {"actual": said.actual} if said.actual else {"actual": str(said.agrees), "expected": "True"}
    notes = json.dumps({"orders": said.orders}) if said.orders else ""
    return flat(trial, law.name, said.subject, status, grade=said.grade, message=said.message, notes=notes, **told)


def verdict(trial: Trial, law: Law, subject: Subject, scenario: str, pairs: list[tuple[Any, Evidence]]) -> Verdict:
    """The row of what a law says of one thing, by the worst evidence on it."""
    worst = comparison.worst([evidence for _, evidence in pairs])
    status: Any = "conforms" if worst.margin <= 1 else "deviates"
    message, blame = worst.message, ""
    mark: Mark = ""
    inputs = {} if scenario in ELSEWHERE else trial.arrays
    if status == "deviates":
        status, blame, message, mark = _proved(trial, worst)
    if status == "conforms" and not any(e.believable for _, e in pairs):
        status, message = "not believed", worst.doubt
    relations: dict[str, Relation] = {}
    if law.name in RELATING and status in ("conforms", "not believed"):
        relations = {scenario: _relation(status, [equation for equation, _ in pairs])}
    varied = any(isinstance(q, Numbers) and q.again for q, _ in pairs)
    return flat(
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
        notes=_noted(relations),
        traits=places.traits(worst, trial.bench.tier, inputs) if status == "deviates" else Traits(relations=relations),
    )


def _relation(status: Status, equations: Iterable[Equation]) -> Relation:
    """What all pairs of answers that some equations are about have in common."""
    return "doubted" if status == "not believed" else _least(map(comparison.relation, equations))


def _least(relations: Iterable[Relation]) -> Relation:
    return min(relations, key=RELATIONS.index)


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
