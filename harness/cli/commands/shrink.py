"""`harness shrink`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import files, given, leaving, options, showing
from harness.cli.refusals import DEVIATES, finish, refuse


@click.command("shrink")
@click.argument("case", required=False)
@click.option("--candidate", default="", help="One of the spec's, or MODULE:ATTR of yours.")
@click.option("--law", default="", help="The law it breaks; the first that it breaks by default.")
@options.library
@options.vjp
@options.algorithm
@options.spec
@options.seed
@click.option("--budget", type=click.IntRange(1), default=40, show_default=True, help="Judgements at most.")
@options.timeout
@click.option("--script", is_flag=True, help="Print the reproducing script of the smallest case alone.")
def command(
    case: str | None,
    candidate: str,
    law: str,
    library: str | None,
    vjp: str | None,
    algorithm: str,
    spec: str,
    script: bool,
    **effort: Any,
) -> None:
    """The smallest case at which a candidate breaks the same law in the same way.

    Without CASE, from the nearest case of what the last `harness check` found first.
    """
    from harness.cases import CaseError
    from harness.shrinking import Unbroken

    if case is None:
        found, last = leaving.last()
        (named,), case, law = found.candidates, last.start, law or last.law
        effort["seed"] = last.seed
    else:
        if not candidate:
            refuse("--candidate: name one of the spec's, or MODULE:ATTR of yours")
        found = files.one_spec(spec or case.split("/")[0])
        there = next((c for c in found.candidates if c.name == candidate), None)
        named = there or given.asked(
            found, given.given(candidate, library, vjp, algorithm), effort["seed"], quiet=script
        )
    try:
        showing.shrink(found, case, named, law, script, **effort)
    except CaseError as error:
        refuse(str(error))
    except Unbroken as error:
        click.echo(f"harness: {error}", err=True)
        finish(DEVIATES)
