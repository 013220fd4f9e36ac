"""An interpreter -> whether it can hold candidates."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from harness.asking.binding import Arguments
from harness.asking.hosts import HostError, Hosts, Limits, Wanted
from harness.asking.messages import Batch, Described, NotHere
from harness.asking.outcomes import Returned
from harness.asking.scenarios import Call
from harness.cli import judging
from harness.cli.refusals import refuse

#: A function of Python's own that takes every library's arrays, and what it is asked.
ABSOLUTE, ASKED = "builtins:abs", np.array([-1.0, 2.0])


def smoke(python: str, library: str) -> None:
    """Start a host, ask it one call, and say what it is; a host that cannot be had, or answers wrongly, is refused."""
    named = python or "this interpreter"
    held = Hosts(str(judging.servers().folder), Limits(), str(Path.cwd()))
    try:
        holder = held.holder(Wanted(ABSOLUTE, "", library, python=python))
        match holder.told:
            case Described() as told:
                holder.send(Batch(Arguments(("x",), ("y",)), [Call({"x": ASKED})]))
                (came,) = holder.answers()
            case NotHere(text=text):
                refuse(f"{named} holds no candidates of {library}: {text}")
            case ended:
                refuse(f"{named} holds no candidates of {library}: {ended}")
    except HostError as error:
        refuse(str(error))
    finally:
        held.close()
    if not (isinstance(came, Returned) and np.array_equal(came.present.get("y", ()), np.abs(ASKED))):
        refuse(f"{named}: expected |{ASKED}| of {library}, got {came}")
    versions = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    layouts, derivatives = ", ".join(told.layouts) or "one", "yes" if told.derivatives else "no"
    click.echo(f"{named} holds candidates of {library}: {versions}; layouts: {layouts}; derivatives: {derivatives}")
