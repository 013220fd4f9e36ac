"""Words of a command -> the candidate a user means."""

from __future__ import annotations

import ast
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
    first, *rest = words or [""]
    if not first:
        refuse(
            "name an op and a function, as in `harness check softmax my_package.layers:softmax`; `harness list` has the ops"
        )
    if ":" not in first:
        if not rest:
            refuse(
                f"`{first}`: name a function too, as in `harness check {first} my_package.layers:{Path(first).stem}`"
            )
        return first, tuple(rest)
    name = first.rpartition(":")[2].rpartition(".")[2].partition("(")[0]
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
    arguments: str = "",
    outputs: str = "",
    promises: str = "",
) -> CandidateSpec:
    """The candidate a user names; its library is left open where its name does not tell it."""
    from harness.model import PROMISES, CandidateSpec
    from harness.specs import ALGORITHMS
    from harness.specs.errors import nearest_alone

    for dotted in filter(None, (path, vjp)):
        if ":" not in dotted:
            refuse(f"`{dotted}`: write MODULE:ATTR, as in my_package.layers:conv2d")
        file = dotted.partition(":")[0]
        if file.endswith(".py") and not Path(file).is_file():
            refuse(f"`{file}`: no such file{_nearest_file(Path(file))}")
        if "/" in file and not file.endswith(".py"):
            refuse(f"`{dotted}`: write MODULE:ATTR or FILE.py:ATTR")
    if algorithm not in ALGORITHMS:
        refuse(
            f"--algorithm: unknown `{algorithm}`{nearest_alone(algorithm, ALGORITHMS)}; there are {', '.join(ALGORITHMS)}"
        )
    taken = dict(_selection(offers))
    dtypes = taken.pop("dtype", None)
    told = library or _told_library(path)
    path += _call(arguments)
    kept = tuple(filter(None, outputs.split(",")))
    promised = tuple(word for word in PROMISES if word in promises.split(","))
    if unknown := next((word for word in filter(None, promises.split(",")) if word not in PROMISES), ""):
        refuse(f"--promises: unknown `{unknown}`{nearest_alone(unknown, PROMISES)}; there are {', '.join(PROMISES)}")
    named = CandidateSpec(path, path, vjp, told, algorithm, dtypes=dtypes, python=python, offers=taken)
    return replace(named, outputs=kept, promises=promised)


def _nearest_file(path: Path) -> str:
    from harness.specs.errors import nearest_alone

    return nearest_alone(str(path), [str(p) for p in path.parent.glob(f"*{path.suffix}")])


def _call(text: str) -> str:
    """Words such as ``p=8 bias=false`` as arguments of a call."""
    plain = {"true": "True", "false": "False", "none": "None", "null": "None"}
    told = []
    for word in text.split():
        name, sign, value = word.partition("=")
        if not (name.isidentifier() and sign and value):
            refuse(f"--with `{word}`: write name=value, as in `p=8 bias=false`")
        try:
            told.append(f"{name}={ast.literal_eval(plain.get(value, value))!r}")
        except (SyntaxError, ValueError):
            told.append(f"{name}={value!r}")
    return f"({', '.join(told)})" if told else ""


def _selection(text: str) -> Mapping[str, tuple[str, ...]]:
    from harness import runs

    try:
        return runs.selection(text)
    except runs.Unselected as error:
        refuse(f"--offers: {error.args[0]}")


def asked(spec: Spec, named: CandidateSpec, seed: int, quiet: bool) -> CandidateSpec:
    """The candidate with the library that it takes, where that was left open, and the values of params that it lacks."""
    from harness import runs, trying
    from harness.asking.hosts import Limits

    _refuse_absent(named)
    held = runs.holders(str(Path.cwd()), str(judging.servers().folder), Limits(judging.TIMEOUT))
    said = []
    if not named.library:
        try:
            library, how = trying.library(spec, named, held, seed)
        except LookupError as error:
            refuse(f"`{named.call}` {error}")
        named = replace(named, library=library)
        said.append(f"library {library}: {how} (--library says otherwise)")
    if wrong := trying.misfit(spec, named, held):
        refuse(wrong)
    if values := trying.values(spec, named, held, seed):
        named = replace(named, offers={**named.offers, **values})
        told = " ".join(f"{name}={value}" for name, (value,) in values.items())
        lacks = " and ".join(f"no `{name}`" for name in values)
        said.append(
            f"judged at {told}: it takes {lacks}, and its results have the shapes due there (--offers says otherwise)"
        )
    for line in () if quiet else said:
        click.echo(f"{named.call}: {line}", err=True)
    return named


def _refuse_absent(named: CandidateSpec) -> None:
    """End where a path names a module or an attribute that is not there, with the nearest right name."""
    from harness import runs
    from harness.specs import absent

    runs.reach(str(Path.cwd()))
    for dotted in (named.call.partition("(")[0], named.vjp or ""):
        in_a_module = dotted and not named.python and not dotted.partition(":")[0].endswith(".py")
        if in_a_module and (message := absent(dotted)):
            refuse(message)


def refuse_unknown_names(spec: Spec, given: Iterable[CandidateSpec]) -> None:
    """End where an axis or an output that a user names is none of the op's, or a differentiable output is left out."""
    from harness import cases
    from harness.specs.errors import nearest

    names = [o.name for o in spec.outputs]
    for candidate in given:
        for name in (n for n in candidate.outputs if n not in names):
            refuse(f"--outputs: `{spec.op}` has no output `{name}`; it has {', '.join(names)}")
        for name in (o.name for o in spec.outputs if candidate.outputs and o.differentiable):
            if name not in candidate.outputs:
                refuse(f"--outputs: `{name}` is differentiable: what leaves it out cannot be judged")
    for axis in (axis for c in given for axis in c.offers):
        if axis not in cases.axes(spec):
            refuse(f"--offers: `{spec.op}` has no axis `{axis}`{nearest(axis, cases.axes(spec))}")


def _told_library(path: str) -> str:
    top = path.partition(":")[0].partition(".")[0]
    return top if top in judging.LIBRARIES else ""
