"""What there is -> rows: laws, specs, candidates, cases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import files
from harness.vocabulary import RUN_FILE

if TYPE_CHECKING:
    from harness.model import Spec


def listing(what: str, names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of a list."""
    if what == "laws":
        from harness import laws

        names_ = ("status", *laws.LAWS)
        return ["law", "implied", "statement"], [
            [n, "yes" if n == "status" or n in laws.IMPLIED else "named", laws.statement(n)] for n in names_
        ]
    if what == "specs":
        return capabilities(names, files.LATEST / RUN_FILE)
    found = _specs(names)
    if what == "candidates":
        return ["op", "candidate", "library", "algorithm", "call"], [
            [s.op, c.name, c.library, c.algorithm, c.call] for s in found for c in s.candidates
        ]
    from harness import cases

    return ["case"], [[c.id] for s in found for c in cases.cases(s)]


def capabilities(names: Sequence[str], run: Path | None = None) -> tuple[list[str], list[list[str]]]:
    """What is judged of each op, and how the run went where there is one."""
    from harness import capabilities
    from harness.store import Store, StoreError

    found = _specs(names)
    head: Sequence[str] = capabilities.HEAD
    rows: Any = capabilities.capabilities(found)
    if run is not None and run.exists():
        try:
            with Store.open(run) as store:
                head, rows = capabilities.with_run(found, store.tally())
        except StoreError as error:
            click.echo(f"harness: {error}", err=True)
    return list(head), [list(row) for row in rows]


def _specs(names: Sequence[str]) -> tuple[Spec, ...]:
    """The specs that can be read; that there is none is a line on stderr."""
    from harness.specs import home

    found = files.unimported(names)
    if not found:
        click.echo(f"harness: no specs in {home()}/", err=True)
    return found
