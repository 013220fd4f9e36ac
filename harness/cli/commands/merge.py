"""`harness merge`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli import endings, files
from harness.cli.refusals import CONFORMS, DEVIATES, finish, refuse
from harness.vocabulary import RUN_FILE


@click.command("merge")
@click.argument("run", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=files.LATEST, show_default=True)
def command(run: Sequence[Path], out: Path) -> None:
    """Make one run of the run files of its shards."""
    from harness.store import Store, StoreError, writing
    from harness.store import merge as merged

    parts = [files.run_file(r) for r in run]
    if (out / RUN_FILE).resolve() in [p.resolve() for p in parts]:
        refuse(f"--out {out}: is one of the parts; write the whole elsewhere")
    out.mkdir(parents=True, exist_ok=True)
    try:
        with writing(out / RUN_FILE):
            merged(parts, out / RUN_FILE)
            with Store.open(out / RUN_FILE) as store:
                store.append(endings.stale_of_parts(store))
                store.finish(store.footer)
                red = endings.is_red(store)
                endings.tell(store, out)
    except StoreError as error:
        refuse(str(error))
    finish(DEVIATES if red else CONFORMS)
