"""`harness smoke`."""

from __future__ import annotations

import click

from harness.asking.registry import LIBRARIES
from harness.cli import options


@click.command("smoke")
@options.python
@click.option(
    "--library", type=click.Choice(sorted(LIBRARIES)), default="numpy", show_default=True, help="Whose arrays."
)
def command(python: str, library: str) -> None:
    """Whether an interpreter can hold candidates of a library: starts a host there and asks it one call."""
    from harness.cli import smoking

    smoking.smoke(python, library)
