"""Words of a command -> the candidate a user means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import files, judging
from harness.cli.refusals import refuse

if TYPE_CHECKING:
    from harness.model import CandidateSpec, Spec


def op_of(words: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The op and the paths of a command's words; without an op it is the one that the function is called."""
    first, *rest = words
    if ":" not in first:
        if not rest:
            refuse(f"`{first}`: name a function too, as in `harness check {first} my_package.layers:{first}`")
        return first, tuple(rest)
    name = first.rpartition(":")[2].rpartition(".")[2]
    ops = {s.op for s in files.unimported(())}
    if name not in ops:
        refuse(f"no op is called `{name}`: name one, as in `harness check OP {first}`; `harness list` has them")
    click.echo(f"{first}: taken as {name}, after its name", err=True)
    return name, (first, *rest)


def given(
    path: str,
    library: str | None,
    vjp: str | None,
    algorithm: str,
    offers: str = "",
    python: str = "",
) -> CandidateSpec:
    """The candidate a user names; its library is left open where its name does not tell it."""
    from harness.model import CandidateSpec
    from harness.specs import ALGORITHMS

    for dotted in filter(None, (path, vjp)):
        if ":" not in dotted:
            refuse(f"`{dotted}`: write MODULE:ATTR, as in my_package.layers:conv2d")
        file, _, attribute = dotted.rpartition(":")
        if file.endswith(".py") or "/" in file:
            refuse(f"`{file}` is a file, and a module is due: {_as_module(Path(file), attribute)}")
    if algorithm not in ALGORITHMS:
        refuse(f"--algorithm {algorithm}: one of {', '.join(ALGORITHMS)}")
    taken = dict(_selection(offers))
    dtypes = taken.pop("dtype", None)
    told = library or _told_library(path)
    return CandidateSpec(path, path, vjp, told, algorithm, dtypes=dtypes, python=python, offers=taken)


def _selection(text: str) -> Mapping[str, tuple[str, ...]]:
    from harness import runs

    try:
        return runs.selection(text)
    except runs.Unselected as error:
        refuse(f"--offers: {error.args[0]}")


def asked(spec: Spec, named: CandidateSpec, seed: int, quiet: bool) -> CandidateSpec:
    """The candidate with the library that it takes, where that was left open; says how it is known."""
    from harness import runs
    from harness.asking.hosts import Limits
    from harness.candidates import asked_library

    if named.library:
        return named
    held = runs.holders(str(Path.cwd()), str(judging.servers().folder), Limits(judging.TIMEOUT))
    try:
        library, how = asked_library(spec, named, held, seed)
    except LookupError as error:
        refuse(f"`{named.call}` cannot be imported: {error}")
    if not quiet:
        click.echo(f"{named.call}: library {library}: {how} (--library says otherwise)", err=True)
    return replace(named, library=library)


def refuse_unknown_axes(spec: Spec, given: Iterable[CandidateSpec]) -> None:
    """End where an axis that a user says is offered is none of the op's."""
    from harness import cases
    from harness.specs.errors import nearest

    for axis in (axis for c in given for axis in c.offers):
        if axis not in cases.axes(spec):
            refuse(f"--offers: `{spec.op}` has no axis `{axis}`{nearest(axis, cases.axes(spec))}")


def _as_module(file: Path, attribute: str) -> str:
    """How a file's attribute is named from here, or else from the file's folder."""
    here, there = Path.cwd(), file.resolve()
    parts = there.relative_to(here).with_suffix("").parts if there.is_relative_to(here) else ()
    if parts and all(part.isidentifier() for part in parts):
        return f"`{'.'.join(parts).removesuffix('.__init__')}:{attribute}`"
    return f"`{file.stem}:{attribute}`, from the folder {file.parent}"


def _told_library(path: str) -> str:
    top = path.partition(":")[0].partition(".")[0]
    return top if top in judging.LIBRARIES else ""
