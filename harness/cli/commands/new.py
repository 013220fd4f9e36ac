"""`harness new`."""

from __future__ import annotations

import click

from harness.cli.refusals import refuse


@click.command("new")
@click.argument("op", default="")
@click.option("--from", "source", default="", metavar="MODULE:ATTR", help="A function whose signature fills it.")
def command(op: str, source: str) -> None:
    """Write a spec and a definition to start from, which run as they stand.

    They are written to specs/; where the output is redirected, as in `> specs/op.yaml`, the spec goes there.
    """
    from harness.cli import starting

    if not (op or source):
        refuse("new: expected the name of an op, or --from MODULE:ATTR")
    starting.start(op, source)
