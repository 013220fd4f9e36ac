"""Functions and classes -> the text of them and of all that they name in their rooms, as one script may carry it."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from harness.asking import binding, libraries, outcomes, state, wire
from harness.asking.libraries import numpy_arrays
from harness.asking.scenarios import calls, derivatives, probes, reverse, settings, turns
from harness.laws import readings

_SCENARIOS = (calls, turns, settings, probes, reverse, derivatives)

#: Rooms whose text a script may carry, in the order it stands there: none of them needs the harness's judging.
ROOMS = (outcomes, wire, state, libraries, numpy_arrays, binding, *_SCENARIOS, readings)


@dataclass(frozen=True)
class _Piece:
    """A statement at the top of a module: its text, what it defines, what it names."""

    text: str
    defines: frozenset[str]
    names: frozenset[str]


def carried(wanted: Iterable[str], library: str) -> tuple[str, str]:
    """Import lines of the standard library and of the candidate's, and the text of all pieces that are needed."""
    modules = (*(room.__name__ for room in ROOMS), libraries.module(library))
    pieces = {name: _pieces(name) for name in dict.fromkeys(modules)}
    needed = _needed(set(wanted), [p for found in pieces.values() for p in found])
    texts = [p.text for found in pieces.values() for p in found if p.defines & needed]
    imports = sorted({line for name in pieces for line in _imports(name) if _useful(line, needed)}, key=_order)
    return "\n".join(imports), "\n\n\n".join(texts)


def _needed(wanted: set[str], pieces: list[_Piece]) -> set[str]:
    defined: dict[str, list[_Piece]] = {}
    for piece in pieces:
        for name in piece.defines:
            defined.setdefault(name, []).append(piece)
    needed, pending = set[str](), list(wanted)
    while pending:
        name = pending.pop()
        if name in needed:
            continue
        needed.add(name)
        for piece in defined.get(name, ()):
            pending.extend(piece.names)
    return needed


@cache
def _pieces(module: str) -> list[_Piece]:
    text = inspect.getsource(importlib.import_module(module))
    lines, found = text.splitlines(), []
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_docstring(node):
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        body = "\n".join(lines[first - 1 : node.end_lineno])
        found.append(_Piece(body, frozenset(_defines(node)), frozenset(_names(node))))
    return found


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _defines(node: ast.stmt) -> Iterable[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (t.id for t in targets if isinstance(t, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _names(node: ast.stmt) -> Iterable[str]:
    """Names in code, not in annotations, which a script leaves as text."""
    skipped = {id(sub) for part in ast.walk(node) for a in _annotations(part) for sub in ast.walk(a)}
    for part in ast.walk(node):
        if id(part) in skipped:
            continue
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _annotations(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, ast.FunctionDef) and node.returns:
        yield node.returns
    if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation:
        yield node.annotation


@cache
def _imports(module: str) -> list[str]:
    """The import lines at the top of a module that bring something from outside the harness."""
    text = inspect.getsource(importlib.import_module(module))
    nodes = [n for n in ast.parse(text).body if isinstance(n, (ast.Import, ast.ImportFrom))]
    outside = [n for n in nodes if not (getattr(n, "module", "") or "").startswith(("harness", "__future__"))]
    return [_line(node, alias) for node in outside for alias in node.names]


def _line(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return ast.unparse(ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], 0))


def _useful(line: str, needed: set[str]) -> bool:
    node = ast.parse(line).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    alias = node.names[0]
    return (alias.asname or alias.name.split(".")[0]) in needed


def _order(line: str) -> tuple[bool, str]:
    node = ast.parse(line).body[0]
    module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name  # type: ignore[attr-defined]
    return str(module).partition(".")[0] not in sys.stdlib_module_names, line
