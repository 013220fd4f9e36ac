"""A run that is judged -> what remains of it: whether it is red, evidence, page and table."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import causes, files, judging
from harness.cli.earlier import history, of_baseline, remember, told_of, told_of_baseline
from harness.cli.printing import outlast_readers, print_red, print_run
from harness.subjects import LEDGER

if TYPE_CHECKING:
    from harness.answer import Answer
    from harness.model import Spec, Verdict
    from harness.runs import Plan
    from harness.store import Store

#: What the release gate found, from where the harness is run.
KILLS = Path("docs/kill_matrix.md")

#: Verdicts beyond which page and table are made in a process of their own.
PAGE_ROWS = 200_000

#: The page, and the folder of badges, in a run's folder.
PAGE, BADGES = "index.html", "badges"

#: Red rows that are printed under a run's table.
MOST_SHOWN = 10

#: Wrong rows of each op, candidate, law and status that evidence is chosen from, and cases asked of a store at once.
WORST, ASKED = 20, 500


@dataclass(frozen=True)
class Ending:
    """How a run ends: where its page goes, how its table is printed, its cases, the seconds that judging took."""

    out: Path
    form: str
    cases: int
    spent: float


def conclude(store: Store, chosen: Plan, ending: Ending) -> None:
    """Evidence, page and table."""
    if store.count() <= PAGE_ROWS:
        _concluded(store, chosen, ending)
        return
    _elsewhere(store, _conclude_there, tuple(chosen.specs.values()), chosen.seed, ending)
    # Said again by the last who has the file open, which folds it into one.
    store.finish(store.footer if store.complete else {"cases": ending.cases, "finished": _now(), "evidence": {}})


def tell(store: Store, out: Path) -> None:
    """Page and table of a run that has ended."""
    if store.count() <= PAGE_ROWS:
        _told(store, out)
    else:
        _elsewhere(store, _tell_there, out)


def write(
    store: Store, table: Any, out: Path, against: Path | None = None, known: Mapping[str, Spec] | None = None
) -> None:
    """Write the page and the CSV of a run, and remember it; ``known`` is its specs where they have been read."""
    from harness import laws, report

    out.mkdir(parents=True, exist_ok=True)
    header = dict(store.header) | {"complete": store.complete}
    evidence = store.footer.get("evidence", {}) if store.complete else {}
    store.export_csv(out / "verdicts.csv", table)
    older = files.verdicts(against) if against else of_baseline(header, table, header.get("renamed", {}))
    if not against and older is not None and older.empty and "asked" in header:
        older = None  # a function of one's own, which no baseline has
    then = "" if older is None else told_of(against) if against else told_of_baseline()
    earlier = history(out, header)
    if KILLS.exists():
        header |= {"kills": report.kills(KILLS.read_text(encoding="utf-8"))}
    specs = causes.as_judged(header) if known is None else known
    found = store.footer.get("causes") if store.complete else None
    header |= {"causes": causes.cards(causes.answers(store, table, specs)) if found is None else found}
    header |= {"texts": causes.texts(specs.values())}
    header |= {"laws": {law: laws.statement(law) for law in ("status", *laws.LAWS)}}
    files.replace(
        out / PAGE, report.page(header, table, baseline=older, against=then, evidence=evidence, history=earlier)
    )
    remember(out, header, report.moment(header, table))


def write_badges(table: Any, out: Path) -> None:
    """Write one SVG per candidate under ``badges``, all its ops in it, and print where each is."""
    from harness import report

    folder = out / BADGES
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(set(table["candidate"]) - {"oracle"}):
        path = folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.svg"
        files.replace(path, report.badge(table, name))
        click.echo(path)


def is_red(store: Store) -> bool:
    """Whether something is wrong that nobody has explained, an oracle among it, or nothing was judged at all."""
    wrong_oracle = any(store.rows(status=["inconclusive"], blame=["oracle"]))
    return not store.count() or wrong_oracle or any(status in judging.red() for _, _, status in store.tally())


def tell_faults(store: Store, found: Mapping[str, Spec]) -> None:
    """Say which definitions fail or are contradicted, once each, and which ones nobody agrees with."""
    from harness import cases, soundness
    from harness.model import BAD, SEVERITY

    faults: dict[str, str] = {}
    for row in store.rows(status=["inconclusive"], blame=["oracle"]):
        if row.op not in faults:
            spec = found[row.op]
            faults[row.op] = row.message + soundness.further(spec, cases.find(spec, row.case))
    for op, message in faults.items():
        click.echo(f"harness: the definition of `{op}` is at fault: {message}", err=True)
    statuses: dict[str, set[str]] = {}
    for op, _, status in store.tally(law=["agrees"]):
        statuses.setdefault(op, set()).add(status)
    for op in [op for op, found in statuses.items() if "deviates" in found and found.isdisjoint(SEVERITY.keys() - BAD)]:
        said = "no candidate gives its values at any case; look at the definition, or how it is called, first"
        click.echo(f"harness: the definition of `{op}` stands alone: {said}", err=True)


def unsaid(stale: Sequence[Verdict], store: Store) -> list[Verdict]:
    """Those rows on the ledger that an interrupted run has not stored already."""
    said = {(r.op, r.message) for r in store.rows(subject=[LEDGER])}
    return [r for r in stale if (r.op, r.message) not in said]


def stale_of_parts(store: Store) -> list[Verdict]:
    """What no part of a run could know: the known deviations that matched nothing in the whole."""
    from harness import builds, runs

    if store.header.get("only"):
        return []
    digests = store.header.get("specs", {})
    found = {s.op: s for s in files.unimported(()) if digests.get(s.op) == s.digest}
    for op in sorted(set(digests) - set(found)):
        click.echo(
            f"harness: the spec of `{op}` is not here as it was judged: its ledger is not looked through", err=True
        )
    chosen = runs.Plan(found, {}, store.header.get("seed", 0))
    return unsaid(runs.stale(chosen, store.marks(), True, builds.told(store.header)), store)


def _elsewhere(store: Store, target: Callable[..., None], *arguments: Any) -> None:
    """Read a large run in a process of its own, so that this one's memory stays as it was."""
    import multiprocessing

    sys.stdout.flush()
    there = multiprocessing.get_context("spawn").Process(target=target, args=(store.path, *arguments))
    there.start()
    there.join()
    if there.exitcode:
        said = f"the page is not written (exit code {there.exitcode}); harness report {store.path}"
        click.echo(f"harness: {said}", err=True)


def _conclude_there(path: Path, found: Sequence[Spec], seed: int, ending: Ending) -> None:
    from harness.runs import Plan
    from harness.store import Store

    outlast_readers()
    with Store.open(path) as store:
        _concluded(store, Plan({spec.op: spec for spec in found}, {}, seed), ending)


def _tell_there(path: Path, out: Path) -> None:
    from harness.store import Store

    outlast_readers()
    with Store.open(path) as store:
        _told(store, out)


def page_of(
    store: Store, table: Any, chosen: Plan, out: Path, cases: int, spent: float, answers: Iterable[Answer]
) -> None:
    """Gather evidence and write page and table of a run that has been judged in so many seconds."""
    cards = causes.cards(answers)
    evidence = _gathered(chosen, store, table, spent, causes.examples(cards))
    store.finish({"cases": cases, "finished": _now(), "evidence": evidence, "causes": cards})
    write(store, table, out, known=chosen.specs)


def _concluded(store: Store, chosen: Plan, ending: Ending) -> None:
    table = store.table()
    answers = list(causes.answers(store, table, chosen.specs))
    page_of(store, table, chosen, ending.out, ending.cases, ending.spent, answers)
    _print_ended(store, table, ending.out, ending.form, chosen.specs, answers)


def _told(store: Store, out: Path) -> None:
    table, specs = store.table(), causes.as_judged(store.header)
    write(store, table, out, known=specs)
    _print_ended(store, table, out, "table", specs, causes.answers(store, table, specs))


def _print_ended(
    store: Store, table: Any, out: Path, form: str, specs: Mapping[str, Spec], answers: Iterable[Answer]
) -> None:
    """The causes of what is red, a run's table, and where the page is; in another form the table alone."""
    if form == "table":
        _print_causes(table, specs, answers)
    print_run(store, table, form)
    if form == "table":
        click.echo(f"page: {out / PAGE}")


def _print_causes(table: Any, specs: Mapping[str, Spec], answers: Iterable[Answer]) -> None:
    """A line for each cause with its nearest case, then what is red of the ledger and of specs that are not here."""
    from harness.answer import causes_of

    told = [(found, line) for found in answers for line in causes_of(found)]
    for found, (what, example) in told[:MOST_SHOWN]:
        click.echo(f"{found.candidate} is not {found.op}: {what}\n    {example}")
    if len(told) > MOST_SHOWN:
        click.echo(f"... and {len(told) - MOST_SHOWN} more causes")
    rest = (table["subject"] == LEDGER) | (table["status"] == "fixed") | ~table["op"].isin(specs.keys())
    print_red(table[rest], MOST_SHOWN)


def _gathered(chosen: Plan, store: Store, table: Any, spent: float, wanted: Collection[str]) -> dict[str, Any]:
    """Evidence for the page; a run never fails for want of it."""
    from harness import evidence, report
    from harness.model import TAB
    from harness.report.packing import plain

    try:
        clusters = report.clusters(table, store.header.get("first"))
        examples = {TAB.join((c.example, c.candidate, c.law, c.subject, c.scenario)) for c in clusters}
        wrong = _wrong(store, {*examples, *wanted})
        found: dict[str, Any] = plain(evidence.gather(chosen, wrong, spent, examples, wanted))
        return found
    except Exception as error:
        click.echo(f"no evidence: {type(error).__name__}: {error}", err=True)
        return {}


def _wrong(store: Store, examples: Collection[str]) -> list[Verdict]:
    """What evidence is chosen from: the worst wrong rows of each kind, the examples, and what stands beside them."""
    from harness.model import TAB

    worst = list(store.worst(WORST, [*judging.red(), "known"]))
    wanted = sorted({*(row.case for row in worst), *(key.partition(TAB)[0] for key in examples)})
    return [row for at in range(0, len(wanted), ASKED) for row in store.rows(case=wanted[at : at + ASKED])]


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
