"""`harness list`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from harness.cli import listing
from harness.cli.printing import columns


@click.command("list")
@click.argument("what", type=click.Choice(["specs", "cases", "candidates", "laws", "language"]), default="specs")
@click.argument("spec", nargs=-1)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def command(what: str, spec: Sequence[str], form: str) -> None:
    """What there is: specs (what is judged of each op, from the specs and the last run), cases, candidates, laws, or the
    language of definitions.

    --format markdown prints what stands in the repository alone, without the last run: docs/ops.md is made so.
    """
    if what == "language":
        from harness.language.page import page

        click.echo(page())
        return
    head, rows = listing.listing(what, spec) if (what, form) != ("specs", "markdown") else listing.capabilities(spec)
    if form == "markdown":
        from harness import capabilities

        click.echo(capabilities.markdown(head, rows))
    elif form == "json":
        for row in rows:
            click.echo(json.dumps(dict(zip(head, row, strict=True))))
    elif what == "cases":
        for row in rows:
            click.echo(row[0])
    elif rows:
        columns(head, rows)
