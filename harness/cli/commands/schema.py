"""`harness schema`."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.option("--format", "form", type=click.Choice(["json", "markdown"]), default="json", show_default=True)
def command(form: str) -> None:
    """Every key of a spec: as JSON Schema for editors, or as the page that docs/specs.md is."""
    from harness import specs

    if form == "json":
        click.echo(json.dumps(specs.schema(), indent=2))
    else:
        from harness.reference import reference

        click.echo(reference())
