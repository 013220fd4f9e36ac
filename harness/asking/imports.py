"""Dotted path -> the libraries that the text of its module imports, nothing of it executed."""

from __future__ import annotations

import ast
import os
import sys
from functools import lru_cache
from pathlib import Path

from harness.asking.registry import LIBRARIES


@lru_cache(maxsize=1024)
def libraries_of(path: str, place: str) -> frozenset[str]:
    """Those of the registry that the module of ``module:attribute``, or a module of the same place that it imports, names
    at its top level. Modules are looked for in ``place`` first."""
    seen, pending, found = set[str](), [path.partition(":")[0]], set[str]()
    while pending:
        name = pending.pop()
        top = name.partition(".")[0]
        if top in LIBRARIES:
            found.add(top)
        elif name not in seen and (file := _file(name, place)):
            seen.add(name)
            pending.extend(_imported(file))
    return frozenset(found)


@lru_cache(maxsize=8192)
def _file(module: str, place: str) -> Path | None:
    """The file of a module that is nobody's installed package; a module may be named by its file."""
    if module.endswith(".py"):
        return Path(place) / module
    parts = module.split(".")
    for entry in (*place.split(os.pathsep), *sys.path):
        base = Path(entry or ".").joinpath(*parts)
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                return None if "site-packages" in file.parts else file
    return None


@lru_cache(maxsize=1024)
def _imported(file: Path) -> tuple[str, ...]:
    """The modules that a file names at its top level; each file is read once."""
    try:
        body = ast.parse(file.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError, ValueError):
        return ()
    named: list[str] = []
    for node in body:
        if isinstance(node, ast.Import):
            named.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.extend([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return tuple(named)
