"""`harness diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import endings, files
from harness.cli.earlier import BASELINE, of_baseline, told_of_capabilities
from harness.cli.printing import columns
from harness.cli.refusals import CONFORMS, DEVIATES, finish, refuse

#: Changes that a comparison prints as a table.
CHANGES = 200


@click.command("diff")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--baseline", is_flag=True, help="Compare the one run given with reports/baseline.")
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option(
    "--page",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the page of NEW against OLD there.",
)
def command(old: Path, new: Path | None, baseline: bool, form: str, folder: Path | None) -> None:
    """What is new, fixed, regressed, grew, is added in another order, or no longer run between two runs."""
    from harness import cases
    from harness import diff as differences

    if (new is None) != baseline:
        refuse("name two runs, or one and --baseline")
    if baseline and not BASELINE.exists():
        refuse(f"{BASELINE}: is not there; `harness report RUN --baseline` makes one")
    later, facts = files.verdicts(new or old), files.header(new or old)
    renamed = facts.get("renamed", {}) | {a: b for s in files.unimported(()) for a, b in cases.renames(s).items()}
    if baseline and (said := told_of_capabilities(facts)):
        click.echo(f"harness: {said}", err=True)
    earlier = files.verdicts(old) if new else of_baseline(facts, later, renamed)
    table = differences.diff(earlier, later, renamed)
    if folder:
        _page(new or old, old if new else None, folder)
    if form == "json":
        click.echo(table.to_json(orient="records", lines=True).rstrip())
    else:
        counts = [(kind, int((table["kind"] == kind).sum())) for kind in differences.KINDS]
        said = ", ".join(f"{n} {kind}" for kind, n in counts if n) or "nothing changed"
        said += f"; the {CHANGES} worst are shown, --format json prints all" if len(table) > CHANGES else ""
        _print_changes(table.head(CHANGES), said, form)
    finish(DEVIATES if differences.regressions(table) else CONFORMS)


def _page(run: Path, against: Path | None, folder: Path) -> None:
    """Write the page of a run against another, or against the baseline."""
    from harness.store import Store, StoreError

    try:
        with Store.open(files.run_file(run)) as store:
            endings.write(store, store.table(), folder, against)
    except StoreError as error:
        refuse(f"{error}; a page is made of a run's file")
    click.echo(f"page: {folder / endings.PAGE}", err=True)


def _print_changes(table: Any, said: str, form: str) -> None:
    head, rows = [str(c) for c in table.columns], [[str(v) for v in row] for row in table.to_numpy()]
    if form == "markdown":
        from harness import capabilities

        click.echo(f"**{said}**")
        if rows:
            click.echo("\n" + capabilities.markdown(head, rows))
    else:
        columns(head, rows)
        click.echo(said)
