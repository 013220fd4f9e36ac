"""`harness report`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli import endings, files
from harness.cli.earlier import write_baseline
from harness.cli.printing import print_run
from harness.cli.refusals import refuse


@click.command("report")
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=None, help="[default: beside the run file]"
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["page", "table", "json", "markdown", "badge"]),
    default="page",
    show_default=True,
)
@click.option("--baseline", is_flag=True, help="Make this run the one that later ones are compared with.")
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    help="A run to compare the page with. [default: the baseline]",
)
def command(run: Path, out: Path | None, form: str, baseline: bool, against: Path | None) -> None:
    """Write page and CSV of any run file again, or a badge of each candidate to badges/, or print its table."""
    from harness.store import Store, StoreError

    path = files.run_file(run)
    try:
        with Store.open(path) as store:
            if baseline:
                write_baseline(store)
            elif form == "page":
                endings.write(store, store.table(), out or path.parent, against)
            elif form == "badge":
                endings.write_badges(store.verdicts(), out or path.parent)
            else:
                print_run(store, store.verdicts(), form)
    except StoreError as error:
        refuse(str(error))
