"""Exception -> where in a definition it arose: file and line."""

from __future__ import annotations

import traceback
from pathlib import Path

import numpy as np

import harness

#: Folders whose lines are no definition's.
_TOOLS = (Path(harness.__file__).parent, Path(np.__file__).parent)


def place(error: BaseException) -> str:
    """``file.py:12`` of the last line that is the definition's own; empty where there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith("<") and not _of_tools(Path(f.filename))]
    if not own:
        return ""
    path = Path(own[-1].filename)
    here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{here}:{own[-1].lineno}"


def _of_tools(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _TOOLS) or "scipy" in path.parts
