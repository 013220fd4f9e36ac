"""A user's function -> what it is: judged, the nearest cases first, and told on one screen."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.answer import WORDS, Answer, Level, Said, answer, document, lines
from harness.cli import judging, leaving
from harness.cli.first import First
from harness.cli.given import asked, refuse_unknown_names
from harness.cli.refusals import CONFORMS, DEVIATES, refuse
from harness.cli.until import Until
from harness.vocabulary import counted

if TYPE_CHECKING:
    from harness.builds import Build
    from harness.candidates import Candidate
    from harness.model import CandidateSpec, Case, Spec, Verdict
    from harness.runs import Plan


@dataclass(frozen=True)
class Wanted:
    """What is asked about a function: which cases, for how long, which levels it need not keep, what is to remain."""

    seed: int = 0
    only: str = ""
    budget: str = ""
    fail_fast: bool = False
    accept: str = ""
    form: str = "table"
    out: Path | None = None


def check(spec: Spec, given: tuple[CandidateSpec, ...], wanted: Wanted, means: judging.Means) -> int:
    """Judge a user's candidates and say what they are: the exit code. A library's own known faults are excused."""
    accepted, quiet = levels(wanted.accept), wanted.form != "table"
    judging.one_thread()
    _refuse_unsound(spec, wanted.seed, means.timeout)
    given = tuple(asked(spec, c, wanted.seed, quiet) for c in given)
    refuse_unknown_names(spec, given)
    until = Until(judging.budget(wanted.budget)[1])
    with until.heeding():
        chosen, rows, first = _judged(spec, given, wanted, means, until, quiet)
        return _told(spec, given, chosen, rows, first, accepted, wanted, until)


def _told(
    spec: Spec,
    given: Sequence[CandidateSpec],
    chosen: Plan,
    rows: list[Verdict],
    first: First,
    accepted: frozenset[Level],
    wanted: Wanted,
    until: Until,
) -> int:
    """Say what the rows come to: the exit code."""
    from harness.answer.names import with_names

    order = {case.id: case for case in chosen.cases[spec.op]}
    if wanted.form == "rows":
        for row in sorted(rows, key=lambda r: (list(order).index(r.case), r.candidate)):
            click.echo(json.dumps(row.columns))
    by_name = {c.name: [r for r in rows if r.candidate == c.name] for c in given}
    answers = [answer(spec, c, order, by_name[c.name], accepted) for c in given]
    if wanted.form != "rows" or wanted.out:
        answers = [first.smallest(a) for a in answers]
    answers = [
        until.given(partial(with_names, a, spec, partial(_held, spec, c), order, wanted.seed), instead=a)
        for a, c in zip(answers, given, strict=True)
    ]
    left = leaving.leave(spec, chosen, answers, rows, wanted.out, time.monotonic() - until.began)
    _print(answers, left, wanted.form)
    if until.stopped:
        count = counted(len({row.case for row in rows}), "case")
        raise KeyboardInterrupt(f"SIGTERM ended it: the answer is of the {count} judged so far")
    _say_unjudged(spec, rows)
    for a in answers:
        if a.said is Said.OPEN:
            click.echo(
                f"harness: nothing of `{a.candidate}` was judged: {_why_unjudged(by_name[a.candidate])}", err=True
            )
    return DEVIATES if any(a.red for a in answers) else CONFORMS


def levels(text: str) -> frozenset[Level]:
    """The levels that words name, as in ``refusals,second``."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in WORDS:
            refuse(f"--accept: no level `{word}`; there are {', '.join(WORDS)}")
    return frozenset(WORDS[word] for word in words)


def _held(spec: Spec, given: CandidateSpec) -> Candidate:
    """A candidate in a host of its own."""
    from harness import runs
    from harness.asking.hosts import Limits
    from harness.candidates import Candidate

    held = runs.holders(runs.places([spec]), str(judging.servers().folder), Limits(judging.TIMEOUT))
    return Candidate(given.name, spec, given, held(given))


def _judged(
    spec: Spec, given: tuple[CandidateSpec, ...], wanted: Wanted, means: judging.Means, until: Until, quiet: bool
) -> tuple[Plan, list[Verdict], First]:
    """The rows of the candidates, as far as the time goes, and the first deviations."""
    from harness import ledger, runs

    libraries = {c.library for c in given}
    here = _build(spec, libraries)
    beside = tuple(c for n in sorted(libraries) for c in ledger.own(spec, n, here))
    algorithm = given[0].algorithm
    differing = {c.name for c in beside if c.algorithm != algorithm}
    beside = tuple(replace(c, name=f"{c.name} (the library's own)", algorithm=algorithm) for c in beside)
    chosen = judging.planned([replace(spec, candidates=(*given, *beside), known=())], wanted.seed, wanted.only)
    count, _ = judging.budget(wanted.budget)
    if count is None:
        chosen = runs.nearest(chosen) if until.seconds == float("inf") else runs.near_and_far(chosen)
    else:
        chosen = runs.budgeted(chosen, count, set())
    rows: list[Verdict] = []
    first = First(spec, wanted.seed, {c.name: c for c in given}, quiet, wanted.form != "rows", until)

    def judge(plan: Plan) -> bool:
        """Judge a plan; whether there is more to be judged."""
        by_id = {case.id: case for case in plan.cases[spec.op]}
        tasks = [_beside(task, spec, by_id[task.case], beside, differing, here) for task in plan.tasks]
        judged = judging.watched(judging.judged(tasks, plan, means, until.enough), len(tasks), quiet)
        for task, found in judging.within(judged, until.enough):
            _refuse_absent(found)
            _refuse_faulty(spec, found)
            excused = ledger.excused(found, {c.name for c in beside})
            first.look(excused, by_id[task.case])
            rows.extend(excused)
            until.some = True
            if wanted.fail_fast and len(first.found) == len(given):
                return False
        return not until.enough()

    asked_for, going = list(chosen.cases[spec.op]), judge(chosen)
    for further in _further(chosen, spec, given, rows, asked_for) if going and not wanted.only else ():
        going = going and judge(further)
        asked_for.extend(further.cases[spec.op])
    return runs.nearest(replace(chosen, cases={spec.op: tuple(asked_for)})), rows, first


def _further(
    chosen: Plan, spec: Spec, given: Sequence[CandidateSpec], rows: list[Verdict], asked_for: list[Case]
) -> Iterator[Plan]:
    """Plans of further cases, inside what a candidate offers that offers less than the spec asks; each once the last one
    is judged."""
    from harness import offers

    beside = [c for c in chosen.specs[spec.op].candidates if c not in given]
    for c in given:
        for drawn in (offers.Offered.around, offers.Offered.inside):
            told = offers.offered(spec, c.name, asked_for, rows)
            near = told.nearest
            if near is None or not told.refused:
                break
            seen = {case.id for case in asked_for}
            new = tuple(case for case in drawn(told) if case.id not in seen)
            named = replace(spec, candidates=tuple(replace(x, nearest=near.id) for x in (c, *beside)), known=())
            if new:
                yield replace(chosen, specs={spec.op: named}, cases={spec.op: new})


def _print(answers: Sequence[Answer], left: Sequence[str], form: str) -> None:
    """The answers in the form that was asked for, and what was left behind."""
    match form:
        case "json":
            click.echo(json.dumps([document(a) for a in answers], indent=1))
        case "markdown":
            for a in answers:
                head, *rest = lines(a)
                click.echo(f"**{head}**\n\n```\n" + "\n".join(rest).strip("\n") + "\n```\n")
        case "table":
            for a in answers:
                head, *rest = lines(a)
                click.echo(click.style(head, fg="red" if a.red else "green", bold=True))
                click.echo("\n".join(rest))
            if left:
                click.echo("\n  " + "\n  ".join(left))


def _say_unjudged(spec: Spec, rows: Iterable[Verdict]) -> None:
    """Say at which cases judging itself came to no end, or ended, and what leaves them out."""
    from harness import cases, soundness

    why = {row.case: row.message for row in rows if row.law == "status" and row.blame == "oracle"}
    for case, message in why.items():
        more = soundness.further(spec, cases.find(spec, case)) or "; `where` leaves it out"
        click.echo(f"harness: {case} was not judged: {message}{more}", err=True)


def _why_unjudged(rows: Sequence[Verdict]) -> str:
    """Why no value of a candidate was looked at: the candidate's own doing, or what is due is not known."""
    unknown = [r.message for r in rows if r.status == "inconclusive"]
    if not rows:
        return "no case was done in the time that --budget gives"
    if not unknown:
        return "it is unsupported at every case"
    return f"{counted(len(unknown), 'verdict')} on it inconclusive: {Counter(unknown).most_common(1)[0][0]}"


def _build(spec: Spec, libraries: Collection[str]) -> Build:
    """The libraries here, as far as what is known of their own candidates asks."""
    from harness import runs

    own = tuple(c for c in spec.candidates if c.library in libraries)
    names = {c.name for c in own}
    return runs.build([replace(spec, candidates=own, known=tuple(k for k in spec.known if names.intersection(k.by)))])


def _beside(
    task: Any, spec: Spec, case: Case, beside: Sequence[CandidateSpec], differing: Collection[str], here: Build
) -> Any:
    """A task with the library's own candidates only where the spec knows a deviation of theirs."""
    from harness import ledger

    def shows(c: CandidateSpec) -> bool:
        name = c.name.partition(" (")[0]
        takes = c.dtypes is None or case.dtype in c.dtypes
        return (name in differing and takes) or ledger.shows(spec, case, name, here)

    away = [c.name for c in beside if not shows(c)]
    return replace(task, candidates=tuple(n for n in task.candidates if n not in away))


def _refuse_absent(rows: Iterable[Verdict]) -> None:
    """A user's candidate that cannot be imported is a mistake, and no verdict."""
    for row in rows:
        if row.mark == "absent":
            refuse(f"`{row.candidate}` {row.message}")


def _refuse_unsound(spec: Spec, seed: int, seconds: float) -> None:
    """A definition that cannot be judged by is the whole answer, and the first; judges tell of one that does not end."""
    from harness import soundness

    try:
        Until(seconds).given(partial(soundness.check, spec, seed), instead=None)
    except soundness.Unsound as error:
        refuse(str(error))


def _refuse_faulty(spec: Spec, rows: Iterable[Verdict]) -> None:
    """A definition that fails is the whole answer: nothing is graded against it."""
    from harness import cases, soundness

    for row in rows:
        if row.blame == "oracle" and row.status == "inconclusive" and row.law == "agrees" and row.mark != "long":
            refuse(soundness.at_fault(spec, row.message, cases.find(spec, row.case)))
