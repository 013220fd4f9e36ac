"""`harness run`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli import files, judging, options, running
from harness.cli.refusals import finish


@click.command("run")
@click.argument("spec", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=files.LATEST, show_default=True)
@options.seed
@options.only
@options.workers
@options.timeout
@options.memory
@click.option(
    "--budget",
    default="",
    metavar="N|Ns|Nm",
    help="Judge N cases, or for N seconds or minutes, and then make the page: first what the run in --out before has not seen.",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted run in --out.")
@click.option(
    "--shard", default="", metavar="I/N", help="Judge the I-th of N parts of the cases; merge them afterwards."
)
@click.option(
    "--dask", "dask", default=None, metavar="ADDRESS", help="Judge on a Dask cluster; `local` starts one here."
)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def command(
    spec: Sequence[str],
    out: Path,
    form: str,
    seed: int,
    only: str,
    budget: str,
    shard: str,
    resume: bool,
    **means: Any,
) -> None:
    """Judge specs (by name, file or folder; all of specs/ by default) and write a report to --out."""
    part = running.Part(seed, only, budget, shard)
    finish(running.run(spec, out, form, part, judging.Means(**means), resume))
