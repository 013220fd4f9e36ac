"""`harness rescue`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli import files
from harness.cli.refusals import refuse


@click.command("rescue")
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where there is no run.")
def command(run: Path, out: Path) -> None:
    """Write the whole cases that can still be read of a damaged run file to --out, where `run --resume` goes on."""
    from harness.store import StoreError, writing
    from harness.store import rescue as rescued
    from harness.vocabulary import RUN_FILE, counted

    path = files.run_file(run)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with writing(out / RUN_FILE):
            saved = rescued(path, out / RUN_FILE)
    except StoreError as error:
        refuse(str(error))
    cases = len({(row.op, row.case) for row in saved.whole})
    click.echo(
        f"{out / RUN_FILE}: {counted(cases, 'whole case')}; left out: {counted(len(saved.loose), 'verdict')} of broken ones"
    )
    click.echo(f"it began as `{saved.header.get('command')}`: say the same with --resume --out {out}")
