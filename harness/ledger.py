"""Verdicts, known deviations -> Verdicts: what is explained, and what no longer is so."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from harness import cases
from harness.builds import Build
from harness.expressions import ExpressionError
from harness.model import RED, CandidateSpec, Case, Known, Spec, Verdict
from harness.vocabulary import versions_of


def applied(spec: Spec, case: Case, rows: Iterable[Verdict], build: Build) -> list[Verdict]:
    """The rows of one case with known deviations marked ``known``, and known ones that conform marked ``fixed``.

    A known deviation that fails otherwise than its entry says stays red.
    """
    entries = [(i, k) for i, k in enumerate(spec.known) if matters(k, build) and _holds(spec, case, k)]
    return [_applied(spec, row, entries, build) for row in rows]


def own(spec: Spec, library: str, build: Build) -> tuple[CandidateSpec, ...]:
    """The library's own candidates of which the spec knows deviations: what is built of them may share those.

    It knows them where the ledger tells of them, or where it declares another algorithm than the conventional one.
    """
    known = {name for entry in spec.known if matters(entry, build) for name in entry.by}
    return tuple(
        c
        for c in spec.candidates
        if c.library == library
        and (c.name in known or c.algorithm != "conventional")
        and (c.name == "torch" or c.call.startswith(f"{library}."))
    )


def shows(spec: Spec, case: Case, name: str, build: Build) -> bool:
    """Whether the ledger knows a deviation of a candidate at a case."""
    return any(name in k.by and matters(k, build) and _holds(spec, case, k) for k in spec.known)


def selects(spec: Spec, entry: Known) -> bool:
    """Whether an entry selects any case of its spec."""
    return any(_holds(spec, case, entry) for case in cases.cases(spec))


def on_request(spec: Spec, entry: Known) -> bool:
    """Whether all cases that an entry selects are asked for by name: no run of the spec's own says anything of it."""
    if selects(spec, entry):
        return False
    return any(_holds(spec, case, entry) for case in (*cases.exhaustive(spec), *cases.vast(spec)))


def excused(rows: Sequence[Verdict], beside: Collection[str]) -> list[Verdict]:
    """The rows without those of candidates judged ``beside``; what these show as far or farther is known, not red."""
    theirs = {(r.case, r.law, r.subject, r.scenario): r for r in rows if r.candidate in beside and r.status in RED}
    kept = []
    for row in (r for r in rows if r.candidate not in beside):
        same = theirs.get((row.case, row.law, row.subject, row.scenario))
        if same and row.status in RED and row.margin <= same.margin:
            label = f"the library's own `{same.candidate}` does the same"
            row = replace(row, status="known", known=label)
        kept.append(row)
    return kept


def _holds(spec: Spec, case: Case, entry: Known) -> bool:
    try:
        return bool(entry.when(cases.names(spec, case)))
    except ExpressionError:
        return False


def _applied(spec: Spec, row: Verdict, entries: list[tuple[int, Known]], build: Build) -> Verdict:
    for number, entry in entries:
        if not speaks_of(entry, row):
            continue
        label = f"{number}: {entry.because}"
        if row.status in RED and (entry.status is None or entry.status == row.status):
            margin = float("nan") if entry.nondeterministic else row.margin
            return replace(row, status="known", known=label, margin=margin)
        if row.status == "conforms" and not may_conform(spec, entry, build):
            place = f"{spec.path}:{entry.line}"
            message = f"{place}: known as deviating, but it conforms: narrow the entry, or remove it ({entry.because})"
            return replace(row, status="fixed", known=label, message=message)
    return row


def told(spec: Spec, known: str) -> str:
    """Why a row is known, and where its entry says that more is told of it.

    ``known`` is the row's mark: the number of the entry before the reason, or a reason alone.
    """
    number, _, because = known.partition(": ")
    if not number.isdecimal():
        return known
    see = spec.known[int(number)].see
    return f"{because}; see {see}" if see else because


def speaks_of(entry: Known, row: Verdict) -> bool:
    """Whether an entry speaks of a row's candidate, law, subject and scenario (whatever its status)."""
    subject = not entry.subject or row.subject in entry.subject
    scenario = not entry.scenario or row.scenario in entry.scenario
    return row.candidate in entry.by and row.law in entry.law and subject and scenario


def matters(entry: Known, build: Build) -> bool:
    """Whether an entry is active: it speaks of these versions, has not expired, and its probe finds the behaviour."""
    return _in_force(entry, build) and (not entry.probe or build.answer(entry.probe) != "not found")


def inactive(spec: Spec, build: Build) -> list[Known]:
    """The entries whose probes do not find their behaviour in this build: they excuse nothing and accuse nobody."""
    return [k for k in spec.known if _in_force(k, build) and k.probe and build.answer(k.probe) == "not found"]


def may_conform(spec: Spec, entry: Known, build: Build) -> bool:
    """Whether a case that conforms says nothing against an entry, as on a build that nobody learned it on."""
    unsure = entry.probe is not None and build.answer(entry.probe) == "unanswered"
    return entry.sometimes or entry.nondeterministic or unsure or not build.learned(spec.op)


def _in_force(entry: Known, build: Build) -> bool:
    if entry.expires and datetime.date.fromisoformat(str(entry.expires)) < datetime.date.today():
        return False
    if not entry.versions:
        return True
    wanted = versions_of(entry.versions)
    return all(those.contains(build.versions.get(name, "0"), prereleases=True) for name, those in wanted.items())


def unmatched(spec: Spec, rows: Iterable[Verdict], build: Build) -> list[Known]:
    """Active entries that matched no row of a whole run of their spec, though they should have."""
    used = {row.known.split(":", 1)[0] for row in rows if row.known}
    there = {row.candidate for row in rows}
    return [
        k for i, k in enumerate(spec.known) if str(i) not in used and there.intersection(k.by) and matters(k, build)
    ]
