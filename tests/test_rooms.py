"""The list of rooms in ``harness/__init__.py`` is complete, and imports go upward in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import harness

FOLDER = Path(harness.__file__).parent
ROOMS = re.findall(r"^- (\w+):", harness.__doc__ or "", flags=re.M)


def room(path: Path) -> str:
    return path.relative_to(FOLDER).parts[0].removesuffix(".py")


MODULES = [p for p in FOLDER.rglob("*.py") if p.name != "__main__.py" and p != FOLDER / "__init__.py"]


def test_every_room_stands_in_the_list_once() -> None:
    assert sorted(ROOMS) == sorted({room(p) for p in MODULES})


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_a_room_imports_only_from_rooms_above_it(path: Path) -> None:
    here = ROOMS.index(room(path))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "harness":
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness."):
            names = [(node.module or "").split(".")[1]]
        for name in names:
            assert name == room(path) or ROOMS.index(name) < here, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_only_libraries_imports_torch(path: Path) -> None:
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    if room(path) not in ("libraries", "execution"):
        assert not any(name.split(".")[0] == "torch" for name in imported)


TOLERANT = {"allclose", "isclose", "assert_close", "assert_allclose", "assert_almost_equal", "approx", "rtol", "atol"}

#: What is held against others' tolerances on purpose: the witness as it was published, and the gate's peers.
PUBLISHED = {"harness/libraries/autograd.py": {"atol"}, "tests/gate.py": {"allclose", "assert_close", "rtol", "atol"}}


@pytest.mark.parametrize(
    "path",
    [p for part in ("harness", "reference_impls", "tests") for p in (FOLDER.parent / part).rglob("*.py")],
    ids=lambda p: str(p.relative_to(FOLDER.parent)),
)
def test_nothing_has_a_tolerance(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    words = {n.id for n in nodes if isinstance(n, ast.Name)} | {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    words |= {n.arg for n in nodes if isinstance(n, ast.keyword) and n.arg}
    assert not TOLERANT & words - PUBLISHED.get(path.relative_to(FOLDER.parent).as_posix(), set())
