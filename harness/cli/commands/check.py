"""`harness check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli import checking, files, given, judging, leaving, options
from harness.cli.refusals import finish


@click.command("check")
@click.argument("words", nargs=-1, metavar="[OP|SPEC.yaml] MODULE:ATTR|FILE.py:ATTR...")
@options.library
@options.vjp
@options.algorithm
@options.offers
@options.python
@options.outputs
@options.promises
@click.option("--with", "arguments", default="", metavar="'NAME=VALUE ...'", help="What a class is built with.")
@options.seed
@options.only
@options.workers
@options.timeout
@options.memory
@click.option(
    "--budget",
    default="",
    metavar="N|Ns|Nm",
    help="Judge N cases, or take N seconds or minutes once all functions are loaded: for all of them, causes included.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first deviation.")
@click.option(
    "--accept",
    default="",
    metavar="LEVELS",
    help="Levels it need not keep, as `refusals,second`; the exit code follows.",
)
@click.option("--page", is_flag=True, help="Write page, table and scripts to --out.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="[default with --page: reports/check]")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "markdown", "rows"]), default="table", show_default=True
)
def command(
    words: Sequence[str],
    library: str | None,
    vjp: str | None,
    algorithm: str,
    offers: str,
    python: str,
    arguments: str,
    outputs: str,
    promises: str,
    page: bool,
    out: Path | None,
    workers: int | None,
    timeout: float,
    memory: float,
    **wanted: Any,
) -> None:
    """Is my function that op? Says so on one screen: the causes of what is wrong, and what was judged.

    OP is the name of a spec in specs/, of one that comes with the package, or the path of a spec's file. Without it, it
    is the op that the function is called like. --format json is one document, rows one verdict a line.
    """
    op, paths = given.op_of(words)
    means = judging.Means(workers, timeout, memory)
    candidates = tuple(
        given.given(p, library, vjp, algorithm, offers, python, arguments, outputs, promises) for p in paths
    )
    judging.prepared(judging.libraries_of(candidates, str(Path.cwd())), workers)
    out = out or (leaving.PAGES if page else None)
    finish(checking.check(files.one_spec(op), candidates, checking.Wanted(out=out, **wanted), means))
