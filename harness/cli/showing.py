"""One case -> its whole evidence, or a smaller case that breaks in the same way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from harness.cli import judging
from harness.cli.printing import cell, columns
from harness.cli.refusals import refuse
from harness.model import PREDICTED

if TYPE_CHECKING:
    from harness.model import CandidateSpec, Case, Spec, Verdict
    from harness.trial import Trial


def show(spec: Spec, address: str, candidate: str | None, law: str | None, seed: int, bare: bool, form: str) -> None:
    """Print the evidence of a case, and the script that repeats its worst row."""
    from harness import cases, evidence, runs

    case = cases.find(spec, address)
    names = [c.name for c in spec.candidates]
    if candidate is not None and candidate not in names:
        refuse(f"`{spec.op}` has no candidate `{candidate}`; it has {', '.join(names)}")
    _refuse_unknown_law(law or "")
    kept = replace(spec, candidates=tuple(c for c in spec.candidates if candidate in (None, c.name)))
    chosen = runs.Plan({spec.op: kept}, {spec.op: (case,)}, seed)
    judging.one_thread()
    rows = [r for _, found in judging.judged(chosen.tasks, chosen, judging.Means(workers=1)) for r in found]
    rows = [r for r in rows if law in (None, r.law)]
    if form == "json":
        for row in rows:
            click.echo(json.dumps(row.columns))
        return
    if not bare:
        _facts(spec, case)
        _evidence(spec, rows)
    worst = next((r for r in rows if r.status in judging.red()), next((r for r in rows if r.status == "known"), None))
    worst = worst or (rows[0] if rows and candidate else None)
    if worst is None:
        return
    if not bare and worst.bound:
        told = evidence.of(chosen, worst)
        click.echo("".join(f"\n{told[name]}\n" for name in ("formula", "digits") if name in told), nl=False)
    if not bare and candidate:
        _orders(kept, case, rows, seed)
    bound = next((c for c in kept.candidates if c.name == worst.candidate), None)
    if bound is not None:
        text = script(spec, bound, case, worst, seed)
        click.echo(text if bare else f"\n# --- repro.py ---\n{text}")


def script(spec: Spec, given: CandidateSpec, case: Case, row: Verdict, seed: int) -> str:
    """The script that repeats a row of a candidate, which is asked again for it."""
    from harness import repro

    return repro.script(_trial(spec, given, case, seed), row)


def _trial(spec: Spec, given: CandidateSpec, case: Case, seed: int) -> Trial:
    """A candidate at a case, held anew."""
    from harness import runs
    from harness.asking.hosts import Limits
    from harness.bench import Bench
    from harness.trial import Trial

    held = runs.holders(runs.places([spec]), str(judging.servers().folder), Limits(judging.TIMEOUT))
    (candidate,) = runs.ready(replace(spec, candidates=(given,)), held).candidates
    return Trial(Bench(spec, case, seed), candidate)


def _orders(spec: Spec, case: Case, rows: Sequence[Verdict], seed: int) -> None:
    """The trees in which candidates add, of the rows that predict all entries."""
    from harness.laws.summation import orders_of
    from harness.subjects import name

    for row in (r for r in rows if r.grade == PREDICTED):
        (given,) = (c for c in spec.candidates if c.name == row.candidate)
        found = orders_of(_trial(spec, given, case, seed), name(row.subject))
        for order in found.found if found else ():
            if order.drawn:
                click.echo(f"\n{order.words}; number n is the n-th product of an entry, from 0 on\n{order.drawn}")


def shrink(
    spec: Spec,
    address: str,
    given: CandidateSpec,
    law: str,
    bare: bool,
    *,
    seed: int,
    budget: int,
    timeout: float,
) -> None:
    """Print the smallest case at which a candidate breaks the same law, and its script."""
    from harness import cases, shrinking
    from harness.vocabulary import counted

    _refuse_unknown_law(law)
    judging.one_thread()
    start = cases.find(spec, address)
    small = shrinking.shrink(spec, start, given, law=law, seed=seed, budget=budget, timeout=timeout)
    row = small.row
    if not bare:
        before, after = (shrinking.entries(spec, c) for c in (small.start, small.case))
        click.echo(
            f"{small.case.id}\n  {counted(after, 'number')} instead of {before:,}, found in {counted(small.looks, 'judgement')}"
        )
        click.echo(f"  {row.law} {row.of}: {row.status}: {row.message}\n")
        _facts(spec, small.case)
    text = script(spec, given, small.case, row, seed)
    click.echo(text if bare else f"# --- repro.py ---\n{text}")


def _refuse_unknown_law(law: str) -> None:
    from harness.runs import LAW_NAMES
    from harness.specs.errors import nearest

    if law and law not in LAW_NAMES:
        refuse(f"--law {law}: no such law{nearest(law, LAW_NAMES)}")


def _facts(spec: Spec, case: Any) -> None:
    click.echo(f"{case.id}\n  {spec.doc}\n  {spec.see}")
    click.echo(f"  sizes {dict(case.sizes)}\n  params {dict(case.params)}")
    click.echo(
        f"  dtype {case.dtype}, layout {case.layout}, fill {case.fill}, absent {sorted(case.absent) or 'nothing'}\n"
    )


def _evidence(spec: Spec, rows: Sequence[Verdict]) -> None:
    from harness import ledger

    head = [
        "candidate",
        "law",
        "subject",
        "scenario",
        "status",
        "grade",
        "margin",
        "ulps",
        "actual",
        "expected",
        "bound",
        "at",
    ]
    columns(head, [[cell(getattr(r, name)) for name in head] for r in rows])
    for row in rows:
        where = f"{row.candidate} at {row.case}: {f'{row.law} {row.of}'.strip()}"
        if row.message and (row.status not in ("conforms", "unsupported") or row.grade == PREDICTED):
            click.echo(f"{where}: {row.message}")
        if row.known:
            click.echo(f"{where}: known: {ledger.told(spec, row.known)}")
