"""Trial -> Equations on second derivatives, along every path that a library has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from harness.asking.outcomes import Array, NoGraph, NotAnArray, NotOffered, Raised
from harness.asking.scenarios import Second
from harness.comparison import Equation, Fact, Numbers
from harness.fills import EXTREME
from harness.laws.forward import inexact
from harness.laws.gradients import dependent, missing, overflows
from harness.laws.readings import entry_of
from harness.oracles import Answer
from harness.subjects import Gradient, Tangent
from harness.trial import POSED, Asked, Posed, Trial


def second(trial: Trial) -> Iterator[Equation | Posed]:
    """Second derivatives are the definition's: reverse over reverse, and near the first case the other three paths.

    Forward over forward is not asked of custom Functions: torch itself loses their second tangent (pytorch#197867).
    """
    if not trial.by_library or trial.long or trial.case.fill in EXTREME or overflows(trial.due.values):
        return
    given: dict[str, Any] = {"kind": Second, "tangents": trial.due.tangents}
    main = trial.ask("second", trial.pulled(**given))
    turned, again, alone, paths = None, None, {}, {}
    if trial.plain:
        again = trial.ask("second again", main.scenario)
        turned = trial.ask("second, upstream transposed", trial.pulled(**given, placed="transposed"))
        alone, paths = _alone(trial), _paths(trial, given)
    yield POSED
    due = trial.due.second
    yield from _curved(main, due, "")
    own = main.values
    if again is not None:
        yield from _curved(again, due, "again", own)
    if turned is not None:
        yield from _curved(turned, due, "upstream transposed", own)
    for name, asked in alone.items():
        if not isinstance(asked.outcome, (NotOffered, NoGraph)):
            some = inexact(trial.due.curved_in({name: trial.due.tangents[name]}))
            yield from _curved(asked, some, f"of {name} alone")
    for path, asked in paths.items():
        # a path that not every implementation has: nothing where this one raises
        if not isinstance(asked.outcome, (NotOffered, NoGraph, Raised, NotAnArray)):
            forward = path == "forward of forward"
            yield from _curved(asked, trial.due.curved if forward else due, path, {} if forward else own)


def _paths(trial: Trial, given: Mapping[str, Any]) -> dict[str, Asked]:
    """The other paths; of what is built of a library's ops only where a Function of its own takes part."""
    functions = "" if trial.candidate.speaks_for_library else "with"
    found = {}
    for path in ("forward of reverse", "reverse of forward"):
        found[path] = trial.ask(path, trial.pulled(**given, path=path, functions=functions))
    if trial.candidate.speaks_for_library:
        path = "forward of forward"
        found[path] = trial.ask(path, trial.pulled(**given, path=path, functions="without"))
    return found


def _alone(trial: Trial) -> dict[str, Asked]:
    """Second derivatives where one input alone requires a gradient, at the first case."""
    if trial.departures or len(trial.differentiable) < 2:
        return {}
    found = {}
    for name in trial.differentiable:
        direction = {name: trial.due.tangents[name]}
        found[name] = trial.ask(f"second of {name}", trial.pulled(wrt=[name], kind=Second, tangents=direction))
    return found


def _curved(
    asked: Asked, due: Mapping[str, Answer], how: str, own: Mapping[str, Array] = MappingProxyType({})
) -> Iterator[Equation]:
    for name, g in asked.returned.arrays.items():
        if name not in due:
            continue
        expected, of = due[name], Tangent(name) if name in asked.trial.outputs else Gradient(name)
        if g is None:
            if dependent(expected).any():
                message = f"the second-order gradient of `{name}` is missing"
                yield Fact(of, "None", "a gradient", message, missing(asked, name), how)
        elif g.shape == expected.expected.shape:
            yield Numbers(of, g, expected, how, reading=entry_of(asked, name), own=own.get(name))
