"""Verdicts, known deviations -> Verdicts: what is explained, and what no longer is so."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from harness import cases
from harness.expressions import ExpressionError
from harness.model import RED, CandidateSpec, Case, Known, Spec, Verdict
from harness.vocabulary import versions_of


def applied(
    spec: Spec, case: Case, rows: Iterable[Verdict], versions: Mapping[str, str], isa: str = ""
) -> list[Verdict]:
    """The rows of one case with known deviations marked ``known``, and known ones that conform marked ``fixed``.

    A known deviation that fails otherwise than its entry says stays red.
    """
    entries = [(i, k) for i, k in enumerate(spec.known) if matters(k, versions, isa) and _holds(spec, case, k)]
    return [_applied(spec, row, entries) for row in rows]


def own(spec: Spec, library: str, versions: Mapping[str, str], isa: str = "") -> tuple[CandidateSpec, ...]:
    """The library's own candidates of which the spec knows deviations: what is built of them may share those.

    It knows them where the ledger tells of them, or where it declares another algorithm than the conventional one.
    """
    known = {name for entry in spec.known if matters(entry, versions, isa) for name in entry.by}
    return tuple(
        c
        for c in spec.candidates
        if c.library == library
        and (c.name in known or c.algorithm != "conventional")
        and (c.name == "torch" or c.call.startswith(f"{library}."))
    )


def shows(spec: Spec, case: Case, name: str, versions: Mapping[str, str], isa: str = "") -> bool:
    """Whether the ledger knows a deviation of a candidate at a case."""
    return any(name in k.by and matters(k, versions, isa) and _holds(spec, case, k) for k in spec.known)


def selects(spec: Spec, entry: Known) -> bool:
    """Whether an entry is about any case of its spec."""
    return any(_holds(spec, case, entry) for case in cases.cases(spec))


def excused(rows: Sequence[Verdict], beside: Collection[str]) -> list[Verdict]:
    """The rows without those of candidates judged ``beside``; what these show as far or farther is known, not red."""
    theirs = {(r.case, r.law, r.about): r for r in rows if r.candidate in beside and r.status in RED}
    kept = []
    for row in (r for r in rows if r.candidate not in beside):
        same = theirs.get((row.case, row.law, row.about))
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


def _applied(spec: Spec, row: Verdict, entries: list[tuple[int, Known]]) -> Verdict:
    for number, entry in entries:
        if not speaks_of(entry, row):
            continue
        label = f"{number}: {entry.because}"
        if row.status in RED and (entry.status is None or entry.status == row.status):
            margin = float("nan") if entry.nondeterministic else row.margin
            return replace(row, status="known", known=label, margin=margin)
        if row.status == "conforms" and not entry.may_conform:
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
    """Whether an entry is about a row's candidate, law and subject (whatever its status)."""
    about = not entry.about or any(row.about == a or row.about.startswith(f"{a} ") for a in entry.about)
    return row.candidate in entry.by and row.law in entry.law and about


def matters(entry: Known, versions: Mapping[str, str], isa: str = "") -> bool:
    """Whether an entry speaks of these versions and this processor, and has not expired."""
    if entry.expires and datetime.date.fromisoformat(str(entry.expires)) < datetime.date.today():
        return False
    if entry.cpu and entry.cpu.lower() not in f"{isa.lower()} {_machine()}":
        return False
    if not entry.versions:
        return True
    wanted = versions_of(entry.versions)
    return all(those.contains(versions.get(name, "0"), prereleases=True) for name, those in wanted.items())


def _machine() -> str:
    """What kind of processor this is, by the name Linux gives it."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


def unmatched(spec: Spec, rows: Iterable[Verdict], versions: Mapping[str, str], isa: str = "") -> list[Known]:
    """Entries that matched no row of a whole run of their spec, though they should have."""
    used = {row.known.split(":", 1)[0] for row in rows if row.known}
    there = {row.candidate for row in rows}
    return [
        k
        for i, k in enumerate(spec.known)
        if str(i) not in used and there.intersection(k.by) and matters(k, versions, isa)
    ]
