"""Dotted path -> the function there, or why there is none, in words that go on with a sentence about it."""

from __future__ import annotations

import sysconfig
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.asking import binding, libraries, stacks

#: The folder of this package, whose lines are no user's.
_PACKAGE = Path(__file__).resolve().parents[1]

#: Characters of a message that are kept, and lines of it that are looked through for one that says something.
MOST_TEXT, MOST_LINES = 300, 50


@dataclass(frozen=True)
class Absent:
    """Something that cannot be had: the end of a sentence about it."""

    text: str


def function_at(path: str) -> Any:
    """The function at a dotted path."""
    found = tried(lambda: binding.load(path))
    if isinstance(found, Absent) or callable(found):
        return found
    return Absent(f"is {libraries.described(found)}, expected a function")


def tried(load: Callable[[], Any]) -> Any:
    """What is loaded, or why it is not there, with the line of the user's that failed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load()
    except binding.Missing as error:
        return Absent(f"cannot be imported: {error}{_nearest(error.part, error.there)}")
    except binding.NotAClass as error:
        return Absent(f"is {error}")
    except MemoryError:
        raise
    except SyntaxError as error:
        place = f"{stacks.short(error.filename or '')}:{error.lineno}:{error.offset}"
        return Absent(
            f"cannot be imported: {place}: {type(error).__name__}: {error.msg}: `{(error.text or '').strip()}`"
        )
    except Exception as error:
        return Absent(f"cannot be imported: {_users_line(error)}{type(error).__name__}: {text_of(error)}")


def _users_line(error: Exception) -> str:
    """The last line of a module that is nobody's installed package, where the error came through one."""
    installed = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
        and _PACKAGE not in Path(frame.filename).parents
        and not any(Path(place) in Path(frame.filename).parents for place in installed)
    ]
    return f"{stacks.short(own[-1].filename)}:{own[-1].lineno}: " if own else ""


def _nearest(name: str, names: tuple[str, ...]) -> str:
    import difflib  # only for a message

    found = difflib.get_close_matches(name, names, 1)
    return f"; did you mean `{found[0]}`?" if found else ""


def text_of(error: BaseException) -> str:
    """The first line of a message that says something, with the next one where it ends in a colon."""
    try:
        lines = str(error).strip().splitlines()[:MOST_LINES]
    except Exception:
        return "its message cannot be read"
    first, *others = [line.strip() for line in lines if line.strip()] or [""]
    return " ".join([first, *(others[:1] if first.endswith(":") else [])])[:MOST_TEXT]
