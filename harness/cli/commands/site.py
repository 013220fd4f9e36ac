"""`harness site`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli import endings, files
from harness.cli.refusals import refuse


@click.command("site")
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder of the site.")
@click.option("--title", default="Conformance", show_default=True)
def command(runs: Sequence[Path], out: Path, title: str) -> None:
    """Write static pages of many runs: history of each op and candidate, badges, a feed of what changed."""
    from harness import report
    from harness.store import Store, StoreError

    pasts: list[report.Past] = []
    steps: list[report.Step] = []
    before = None
    try:
        ordered = sorted(runs, key=lambda run: str(files.header(run).get("started", "")))
        for number, run in enumerate(ordered, 1):
            with Store.open(files.run_file(run)) as store:
                table, name = store.table(), f"run-{number:03d}"
                header = dict(store.header) | {"complete": store.complete}
                endings.write(store, table, out / name, ordered[number - 2] if number > 1 else None)
            pasts.append(report.past(name, header, table))
            if before is not None:
                steps.append(report.step(pasts[-2], pasts[-1], before, table, header.get("renamed", {})))
            before = table
    except StoreError as error:
        refuse(str(error))
    files.replace(out / endings.PAGE, report.index(title, pasts, steps))
    files.replace(out / "feed.xml", report.feed(title, steps))
    endings.write_badges(before, out)
    click.echo(out / endings.PAGE)
