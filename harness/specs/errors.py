"""What is wrong with a file -> one line for each thing."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable
from typing import Any

#: Most errors reported of one file, and most names compared in search of the nearest.
MAX_ERRORS = 100
MAX_NAMES = 1000

#: Most right names that a message lists where none is near: the laws, which are the longest list of words.
MOST_TOLD = 30


class SpecError(Exception):
    """One thing that is wrong in one file; its text is one line, ``path:line:column: message``."""

    def __init__(self, path: str, line: int, column: int, message: str) -> None:
        super().__init__(path, line, column, message)
        self.path, self.line, self.column, self.message = path, line, column, message

    def __str__(self) -> str:
        return _printable(f"{self.path}:{self.line}:{self.column}: {self.message}")


class SpecErrors(Exception):
    """Everything that is wrong in one file, in the order of its lines."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        unique = {(e.line, e.column, e.message): e for e in errors}
        self.errors = tuple(unique[key] for key in sorted(unique)[:MAX_ERRORS])
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class UnknownSpec(LookupError):
    """Names that stand for no spec, one line for each."""


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(value: Any) -> str:
    """A value as messages show it: printable, on one line, cut short."""
    match value:
        case None:
            text = "null"
        case "":
            text = '""'
        case bool():
            text = str(value).lower()
        case list() | tuple():
            text = f"[{', '.join(map(shown, value[:8]))}{', ...' if len(value) > 8 else ''}]"
        case dict():
            text = "{" + ", ".join(f"{shown(k)}: ..." for k in itertools.islice(value, 4)) + "}"
        case _:
            text = str(value)
    text = _printable(text)
    return text if len(text) <= 60 else text[:57] + "..."


def nearest_alone(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest right one, or nothing."""
    known = sorted(set(itertools.islice(names, MAX_NAMES)))
    lower = {n.lower(): n for n in known}
    near = [lower[name.lower()]] if name.lower() in lower else difflib.get_close_matches(name[:80], known, 1)
    near = near or [lower[n] for n in difflib.get_close_matches(name[:80].lower(), lower, 1)]
    return f"; did you mean `{shown(near[0])}`?" if near else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest right one, else all of a few, else nothing."""
    known = sorted(set(itertools.islice(names, MAX_NAMES)))
    if near := nearest_alone(name, known):
        return near
    return f"; known are {', '.join(map(shown, known))}" if 0 < len(known) <= MOST_TOLD else ""
