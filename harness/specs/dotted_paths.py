"""Dotted paths -> what they name that is not there, nothing imported."""

from __future__ import annotations

import ast
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from harness.model import Spec
from harness.specs.errors import SpecError, nearest_alone
from harness.specs.nodes import Loc, position
from harness.vocabulary import LIBRARIES

_PLACES = "the folder the command runs in, beside the spec, on PYTHONPATH and among what is installed"


def importable(spec: Spec) -> tuple[SpecError, ...]:
    """What the spec's dotted paths name that is not there; imports nothing, opens neither NumPy, SciPy nor torch."""
    paths: list[tuple[str, Loc]] = [(spec.oracle, ("oracle",))]
    paths.extend((path, ("mistakes", name)) for name, path in spec.mistakes.items())
    for candidate in spec.candidates:
        if candidate.needs is None and not candidate.python:
            paths.append((candidate.call, ("candidates", candidate.name, "call")))
            paths.extend([(candidate.vjp, ("candidates", candidate.name, "vjp"))] if candidate.vjp else [])
    paths.extend((entry.probe, ("known", i, "probe")) for i, entry in enumerate(spec.known) if entry.probe)
    wrong = [(message, loc) for dotted, loc in paths if (message := absent(dotted))]
    return tuple(SpecError(spec.path, *position(Path(spec.path), loc), message) for message, loc in wrong)


def absent(dotted: str) -> str:
    """What is missing of ``module:attribute``, with the nearest right name; empty where all is there."""
    module, _, attribute = dotted.partition(":")
    names = module.split(".")
    search: Any = None
    origin: str | None = None
    for i in range(len(names)):
        name = ".".join(names[: i + 1])
        found = _found(name, search)
        if found is None and name not in sys.modules:
            siblings = [".".join([*names[:i], m.name]) for m in pkgutil.iter_modules(search)]
            near = nearest_alone(name, set(siblings) - sys.stdlib_module_names)
            where = "" if near or i else f"; it is looked for in {_PLACES}"
            return f"no module `{name}`, which `{dotted}` names{near}{where}"
        search = (found.submodule_search_locations if found else None) or ()
        origin = found.origin if found else None
    if names[0] in LIBRARIES or not origin or not origin.endswith(".py"):
        return ""
    return _absent_attribute(module, attribute.partition(".")[0], Path(origin), search)


def _found(name: str, search: Any) -> Any:
    """The module's spec by the import system's finders, its parent not imported; None where there is none."""
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        try:
            if find_spec and (spec := find_spec(name, search)):
                return spec
        except KeyError:
            return _namespace(name, search)
        except (ImportError, AttributeError, ValueError):
            continue
    return None


def _namespace(name: str, search: Iterable[str]) -> ModuleSpec:
    """A folder without ``__init__.py``, which the finders only look into once its parent is imported."""
    spec = ModuleSpec(name, None, is_package=True)
    folders = (Path(place) / name.rpartition(".")[2] for place in search)
    spec.submodule_search_locations = [str(folder) for folder in folders if folder.is_dir()]
    return spec


def _absent_attribute(module: str, attribute: str, source: Path, search: Any) -> str:
    try:
        modified = source.stat().st_mtime_ns
        if attribute in _plain_names(source, modified) or (search and _found(f"{module}.{attribute}", search)):
            return ""
        names = _names(source, modified)
    except SyntaxError as error:
        return f"the module `{module}` is not Python: {source.name}:{error.lineno}:{error.offset}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"the module `{module}` is not Python: {error}"
    except OSError as error:
        return f"the module `{module}` cannot be read: {error.strerror}"
    if names is None or attribute in names:
        return ""
    return f"the module `{module}` has no `{attribute}`{nearest_alone(attribute, names)}"


_DEFINES = re.compile(r"^(?:def|class|async def)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=[^=]", re.MULTILINE)


@lru_cache(maxsize=512)
def _plain_names(source: Path, modified: int) -> frozenset[str]:
    """What a file plainly defines at its left margin: found by a glance, to spare the syntax tree."""
    text = source.read_text("utf-8", errors="replace")
    return frozenset(def_ or value for def_, value in _DEFINES.findall(text))


@lru_cache(maxsize=512)
def _names(source: Path, modified: int) -> frozenset[str] | None:
    """What a file's syntax tree binds at module level; None where it cannot tell."""
    names: set[str] = set()
    for node in _module_level(ast.parse(source.read_bytes(), source.name).body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update(a.asname or a.name.partition(".")[0] for a in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Name(id="globals" | "setattr" | "exec" | "vars"):
                return None
    return None if names & {"*", "__getattr__"} else frozenset(names)


def _module_level(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Every node that runs on import, the bodies of functions and classes left out."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
