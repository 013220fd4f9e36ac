"""Modules of JavaScript -> the one script of a page: each after those that it imports, in one scope.

`python tests/page/bundle.py` writes it anew; a test holds the written one against its source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from harness.report import words

#: The modules, the one that starts the page, the one that is written here, and where the script stands.
MODULES, MAIN, SHARED, BUNDLE = "modules", "main", "shared", "page.js"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://.*|/\*\*(?s:.*?)\*/)\n", re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


class Unbundled(Exception):
    """Modules that do not fit together, with what is wrong."""


def sources() -> dict[str, str]:
    """The text of each module by name."""
    folder = files("harness.report") / MODULES
    found = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".js")}
    return {name.removesuffix(".js"): found[name] for name in sorted(found)}


def bundled(modules: Mapping[str, str]) -> str:
    """One script of the modules that ``MAIN`` needs. Raises Unbundled."""
    order: dict[str, None] = {}
    _visit(MAIN, modules, order, ())
    if unused := sorted(modules.keys() - order.keys()):
        raise Unbundled(f"nothing imports {', '.join(unused)}")
    names: dict[str, str] = {}
    for name in order:
        for word in _DECLARED.findall(modules[name]):
            if names.setdefault(word, name) != name:
                raise Unbundled(f"{name}.js declares `{word}`, and so does {names[word]}.js")
    parts = (_EXPORT.sub(r"\1", _COMMENT.sub("", _IMPORT.sub("", modules[name]))) for name in order)
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _visit(name: str, modules: Mapping[str, str], order: dict[str, None], within: tuple[str, ...]) -> None:
    """Put a module behind all that it imports."""
    if name in within:
        raise Unbundled(f"modules import each other: {' -> '.join((*within, name))}")
    if name in order:
        return
    for listed, other in _IMPORT.findall(modules[name]):
        if other not in modules:
            raise Unbundled(f"{name}.js imports {other}.js, which is not there")
        exported = {word for _, word in _EXPORT.findall(modules[other])}
        if missing := {word.strip() for word in listed.split(",") if word.strip()} - exported:
            raise Unbundled(f"{name}.js imports {', '.join(sorted(missing))}, which {other}.js does not export")
        _visit(other, modules, order, (*within, name))
    order[name] = None


def write() -> None:
    """Write the module of shared tables, and the script."""
    folder = Path(str(files("harness.report")))
    (folder / MODULES / f"{SHARED}.js").write_text(words.module(), encoding="utf-8")
    (folder / "assets" / BUNDLE).write_text(bundled(sources()), encoding="utf-8")
