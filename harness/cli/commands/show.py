"""`harness show`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from harness.cli import files, given, leaving, options, showing
from harness.cli.refusals import refuse


@click.command("show")
@click.argument("case", required=False)
@click.option(
    "--candidate", default=None, help="One of the spec's, or MODULE:ATTR of yours; all of the spec's by default."
)
@click.option("--law", default=None, help="One law; all by default.")
@options.library
@options.vjp
@options.algorithm
@options.python
@options.outputs
@options.promises
@options.spec
@options.seed
@click.option("--script", is_flag=True, help="Print the reproducing script alone.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    case: str | None, candidate: str | None, law: str | None, spec: str, seed: int, script: bool, form: str, **how: Any
) -> None:
    """The whole evidence of one case, and a standalone script that repeats its worst row.

    Without CASE, of what the last `harness check` found first.
    """
    from harness.cases import CaseError

    if case is None:
        found, last = leaving.last()
        showing.show(found, last.case, last.candidate, law or last.law, last.seed, script, form)
        return
    try:
        found = files.one_spec(spec or case.split("/")[0])
        if candidate and ":" in candidate and candidate not in {c.name for c in found.candidates}:
            named = given.asked(found, given.given(candidate, **how), seed, quiet=script or form == "json")
            found = replace(found, candidates=(named,), known=())
        showing.show(found, case, candidate, law, seed, script, form)
    except CaseError as error:
        refuse(str(error))
