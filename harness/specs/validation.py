"""Nodes -> document, with all that is wrong in its shape said, and left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from harness.specs.documents import GONE, STAND_INS, Document, fields
from harness.specs.errors import MAX_ERRORS, SpecError, nearest, shown
from harness.specs.nodes import Loc, Node, within

_DUE: Mapping[str, str] = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping (`key: value`, a blank after the colon)",
    "model_type": "a mapping (`key: value`, a blank after the colon)",
    "list_type": "a list",
}
#: How often a document is validated anew without what was wrong in it.
_ROUNDS = 4


def validated(path: str, root: Node, errors: list[SpecError]) -> Document | None:
    """The document, without what is wrong in it; None where nothing is left to check."""
    if not isinstance(root.value, dict):
        errors.append(SpecError(path, *root.mark, f"`{shown(root.value)}`, expected a mapping"))
        return None
    if misplaced := list(_misplaced(path, root)):
        errors.extend(misplaced)
        return None
    value = root.value
    told: Collection[str] = ("extra_forbidden",)
    for _ in range(_ROUNDS):
        try:
            return Document.model_validate(value)
        except ValidationError as error:
            problems = error.errors(include_url=False)[:MAX_ERRORS]
        rest = list(_misspelt(path, root, problems, errors))
        errors.extend(_problem(path, root, problem) for problem in rest if problem["type"] not in told)
        told = ("extra_forbidden", "missing")  # from now on, what is missing is what was left out as wrong
        for problem in rest:
            value = _without(value, problem["loc"], problem["type"] == "missing")
        value = {**STAND_INS, **value}
    return None


def _misplaced(path: str, root: Node) -> Iterator[SpecError]:
    """Keys of the spec that its own level lacks and that stand, indented too far, within another key's mapping."""
    for part in root.value.keys() - {"sweep"}:
        inner = root.value[part]
        for key in inner.keys() & Document.model_fields.keys() - root.value.keys() if isinstance(inner, dict) else ():
            value = inner[key]
            mapping = isinstance(value, dict) and "shape" not in value
            if mapping or Document.model_fields[key].is_required():
                message = f"`{key}` stands within `{shown(part)}`; it is a key of the spec, to be indented less"
                yield SpecError(path, *root.key_at((part, key)), message)


def _misspelt(path: str, root: Node, problems: Sequence[Any], errors: list[SpecError]) -> Iterator[Any]:
    """Reports unknown fields; one that is a missing field misspelt is taken for it. Yields what else is wrong."""
    meant: set[Loc] = set()
    for problem in problems:
        *parent, name = problem["loc"]
        if problem["type"] == "extra_forbidden":
            near = nearest(str(name), fields(problem["loc"]))
            said = GONE.get(str(problem["loc"][0]), {}).get(str(name), f"unknown field `{shown(name)}`{near}")
            errors.append(SpecError(path, *root.key_at(problem["loc"]), said))
            right = near.removeprefix("; did you mean `").removesuffix("`?")
            if near and root.at(parent).rename(str(name), right):
                meant |= {(*parent, name), (*parent, right)}
    yield from (problem for problem in problems if problem["loc"] not in meant)


def _problem(path: str, root: Node, problem: Any) -> SpecError:
    loc, there = problem["loc"], root.at(problem["loc"])
    match problem["type"]:
        case "missing":
            return SpecError(path, *root.at(loc[:-1]).mark, f"missing field `{loc[-1]}`")
        case "spec":
            return SpecError(path, *within(there, problem["ctx"]["column"]), problem["ctx"]["message"])
        case kind:
            due = _DUE.get(kind, problem["msg"])
            return SpecError(path, *there.mark, f"`{shown(problem['input'])}`, expected {due}")


def _without(value: Any, loc: Loc, missing: bool) -> Any:
    """A copy of the document without what stands at that address, or without what lacks a field there."""
    return _removed(value, list(_steps(value, loc[:-1] if missing else loc)))


def _steps(value: Any, loc: Loc) -> Iterator[str | int]:
    """The steps of an address that lead somewhere; those that name the form of a value do not."""
    for step in loc:
        present = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if present:
            value = value[step]
            yield step


def _removed(value: Any, steps: Sequence[str | int]) -> Any:
    if not steps:
        return value
    first, *rest = steps
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[first] = _removed(value[first], rest)
    else:
        del copy[first]
    return copy
