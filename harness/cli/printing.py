"""Rows -> text on stdout."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import click

from harness.subjects import LEDGER

if TYPE_CHECKING:
    from harness.store import Store


class _Outlasting(io.FileIO):
    """A file whose reader may go: what is written after that goes nowhere."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(content)


def outlast_readers() -> None:
    """Have a command come to its end, and to its exit code, where nobody reads on what it prints (`| head`)."""
    sys.stdout, sys.stderr = _outlasting(sys.stdout), _outlasting(sys.stderr)


def _outlasting(stream: TextIO) -> TextIO:
    if stream.isatty():
        return stream
    stream.flush()
    raw = io.BufferedWriter(_Outlasting(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(raw, stream.encoding, stream.errors, line_buffering=stream is sys.stderr)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns of text, as wide as they need to be; the same on a terminal and off it."""
    cells = [[str(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for number, row in enumerate(cells):
        click.echo("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            click.echo("  ".join("-" * w for w in widths))


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}"
    return str(value)


def print_red(table: Any, most: int) -> None:
    """Print a line for each of the foremost red rows, and how many more there are."""
    from harness import report

    red = report.foremost(table)
    for row in red.head(most).to_dict("records"):
        click.echo(_told(row))
    if len(red) > most:
        click.echo(f"... and {len(red) - most:,} more")


def print_run(store: Store, table: Any, form: str) -> None:
    """A run's table in the form that was asked for."""
    from harness import report

    header = dict(store.header) | {"complete": store.complete}
    if form == "json":
        click.echo(table.to_json(orient="records", lines=True).rstrip())
    elif form == "markdown":
        click.echo(report.markdown(header, table))
    else:
        head, *rows = report.summary(header, table)
        columns(list(head), [list(r) for r in rows])
        if header.get("broken"):
            click.echo(f"PARTIAL: {report.unfinished(header)}")


def _told(row: Mapping[Any, Any]) -> str:
    if row["subject"] == LEDGER:
        return str(row["message"])
    said = " ".join("{candidate} at {case}: {law} {subject} {scenario}".format_map(row).split()) + f": {row['message']}"
    numbers = " (actual {actual}, expected {expected}, bound {bound}, at [{at}])" if row["bound"] else ""
    return said + numbers.format_map(row)
