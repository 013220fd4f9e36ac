"""What goes wrong -> a line on stderr and an exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

CONFORMS, DEVIATES, BAD_USE, BUG, INTERRUPTED = 0, 1, 2, 3, 130


def refuse(message: str) -> NoReturn:
    """Say what is wrong of what the user asked for, and end."""
    click.echo(f"harness: {message}" if not message.startswith("harness") else message, err=True)
    sys.exit(BAD_USE)


def finish(code: int) -> NoReturn:
    """End with an exit code."""
    sys.exit(code)
