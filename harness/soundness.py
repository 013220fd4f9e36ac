"""Spec -> what is wrong with its definition, before anybody is judged by it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness import cases, fills, oracles
from harness.asking.loading import Absent, tried
from harness.model import Case, Spec, Value

if TYPE_CHECKING:
    from harness.specs import SpecError


class Unsound(Exception):
    """A definition that nobody can be judged by; one line for each thing that is wrong."""


def check(spec: Spec, seed: int) -> None:
    """Raises Unsound where the definition does not take the spec's inputs and params, or fails at the first case.

    Warnings are ignored, also where the caller turns them into errors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check(spec, seed)


def _check(spec: Spec, seed: int) -> None:
    if isinstance(absent := tried(lambda: oracles.definition(spec.oracle)), Absent):
        raise Unsound(f"{spec.path}: the definition {spec.oracle} {absent.text}")
    if wrong := mismatches(spec):
        raise Unsound("\n".join(map(str, wrong)))
    case = cases.find(spec, spec.op)
    try:
        if cases.valid(spec, case):
            oracle = oracles.Oracle(spec, case, fills.arrays(spec, case, seed))
            _ = oracle.values, oracle.shapes
    except oracles.OracleError as error:
        raise Unsound(at_fault(spec, str(error), case)) from None


def at_fault(spec: Spec, message: str, case: Case) -> str:
    """What is said of a definition that fails at a case."""
    return f"{spec.path}: the definition is at fault, and nothing was judged: {message}{further(spec, case)}"


def further(spec: Spec, case: Case) -> str:
    """The end of a message about a case: which of its sizes and params the spec does not list, and how to leave them out."""
    sizes = {name: value for name, value in case.sizes.items() if value not in cases.listed(spec, name)}
    params = {name: value for name, value in case.params.items() if value not in cases.listed(spec, name)}
    added = sizes if case.invalid else sizes | params
    if not added:
        return ""
    kind = "size" if added == sizes else "value"
    word, were = (f"the {kind}", "was") if len(added) == 1 else (f"the {kind}s", "were")
    told = ", ".join(f"{name}={cases.write(value)}" for name, value in added.items())
    ways = [" and ".join(_without(name, value, cases.listed(spec, name)) for name, value in sizes.items())]
    ways += [f"{name} in {tuple(dict.fromkeys(cases.listed(spec, name)))}" for name in added.keys() - sizes.keys()]
    where = " or ".join(f"`where: {way}`" for way in ways if way)
    return f"; {word} {told} {were} added by the harness: where the op has no such {kind}, write {where}"


def _without(name: str, value: Value, listed: tuple[Value, ...]) -> str:
    """What excludes a size that is not listed, and keeps all that are."""
    whole = [v for v in (value, *listed) if isinstance(v, int)]
    if len(whole) == len(listed) + 1 and value == min(whole):
        return f"{name} >= {min(whole[1:])}"
    if len(whole) == len(listed) + 1 and value == max(whole):
        return f"{name} <= {max(whole[1:])}"
    return f"{name} != {cases.write(value)}"


def mismatches(spec: Spec) -> tuple[SpecError, ...]:
    """Where the definition does not take the spec's inputs by position and its params by keyword."""
    signature = oracles.signature(spec.oracle)
    if signature is None:
        return ()
    try:
        signature.bind(*spec.inputs, **dict.fromkeys(spec.params))
    except TypeError as error:
        return tuple(_told(spec, str(error)))
    return ()


def _told(spec: Spec, otherwise: str) -> Iterator[SpecError]:
    """Each param that the definition does not have; where it has all of them, what else its signature says."""
    from harness.specs.errors import SpecError, nearest  # pydantic comes with it, which workers need not load
    from harness.specs.nodes import key_position, position

    signature, path = oracles.signature(spec.oracle), Path(spec.path)
    assert signature is not None
    parameters = signature.parameters
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = [name for name in spec.params if name not in parameters and not anything]
    free = [name for name in list(parameters)[len(spec.inputs) :] if name not in spec.params]
    for name in unknown:
        message = f"the definition {spec.oracle} has no param `{name}`{nearest(name, free)}"
        yield SpecError(spec.path, *key_position(path, ("params", name)), message)
    if not unknown:
        given = f"the inputs {', '.join(i.name for i in spec.inputs)} and the params {', '.join(spec.params) or 'none'}"
        message = f"the definition {spec.oracle} takes {signature}, expected one that takes {given}: {otherwise}"
        yield SpecError(spec.path, *position(path, ("oracle",)), message)
