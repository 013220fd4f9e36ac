"""`harness corpus`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from harness.cli import options


@click.command("corpus")
@click.argument("name", nargs=-1)
@options.python
@click.option("--fail-if-present", is_flag=True, help="Exit with 1 where a defect is there.")
@click.option("--issue", is_flag=True, help="Print the text of an issue about each that is there.")
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def command(name: Sequence[str], python: str, fail_if_present: bool, issue: bool, form: str) -> None:
    """Known defects of released libraries, each tried by a script of a few lines on what is installed: all, or those whose
    names begin with NAME.

    --format markdown prints docs/live_defects.md.
    """
    from harness import corpus
    from harness.cli.refusals import refuse

    chosen = [d for d in corpus.defects() if not name or any(d.name.startswith(n) for n in name)]
    if not chosen:
        refuse(f"no defect's name begins with {' or '.join(f'`{n}`' for n in name)}; `harness corpus` lists all")
    found = []
    for one in corpus.tried(chosen, python):
        found.append(one)
        if issue and one.state == "present":
            click.echo(corpus.issue(one))
        elif form == "json":
            of = one.defect
            click.echo(json.dumps({"defect": of.name, "op": of.op, "library": of.library, "version": one.version,
                                   "state": one.state, "printed": one.printed}))  # fmt: skip
        elif form == "table" and not issue:
            click.echo(f"{one.state:<9}  {one.defect.name}\n           {one.printed}")
    if form == "markdown" and not issue:
        click.echo(corpus.page(found), nl=False)
    present = sum(one.state == "present" for one in found)
    if form == "table" and not issue:
        click.echo(f"{present} of {len(found)} are present")
    if fail_if_present and present:
        raise click.exceptions.Exit(1)
