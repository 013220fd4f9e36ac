"""Rows -> text on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.store import Store


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


def print_run(store: Store, table: Any, form: str) -> None:
    """A run's table in the form that was asked for."""
    from harness import report

    header = dict(store.header) | {"complete": store.complete}
    if form == "json":
        click.echo(table.to_json(orient="records", lines=True).rstrip())
    elif form == "markdown":
        click.echo(report.markdown(header, table))
    elif form == "badge":
        for name in sorted(set(table["candidate"])):
            click.echo(report.badge(table, name))
    else:
        head, *rows = report.summary(header, table)
        columns(list(head), [list(r) for r in rows])
