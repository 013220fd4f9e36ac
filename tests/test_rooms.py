"""The list of rooms in ``harness/__init__.py`` is complete, and imports go upward in it."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

FOLDER = Path(harness.__file__).parent
ROOMS = re.findall(r"^- (\w+):", harness.__doc__ or "", flags=re.M)


def room(path: Path) -> str:
    return path.relative_to(FOLDER).parts[0].removesuffix(".py")


#: Modules that may import torch: all of them run in a host or its server.
WITH_TORCH = {"asking/libraries/torch_tensors.py", "asking/state.py", "asking/machine.py"}

#: Scripts are no modules: each is run in a process of its own.
SCRIPTS = FOLDER / "corpus" / "scripts"
MODULES = [
    p
    for p in FOLDER.rglob("*.py")
    if p.name != "__main__.py" and p != FOLDER / "__init__.py" and SCRIPTS not in p.parents
]


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


def dotted(path: Path) -> str:
    parts = path.relative_to(FOLDER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, known: set[str]) -> Iterator[str]:
    """The modules of the harness that a module imports when it is imported itself."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else str(node.module)


def test_no_module_imports_itself_by_way_of_others() -> None:
    known = {dotted(p) for p in MODULES} | {"harness"}
    within = {dotted(p): {m for m in imported(p, known) if m not in ("harness", dotted(p))} for p in MODULES}
    graphlib.TopologicalSorter(within).prepare()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_only_what_asks_candidates_imports_torch(path: Path) -> None:
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    if path.relative_to(FOLDER).as_posix() not in WITH_TORCH:
        assert not any(name.split(".")[0] == "torch" for name in imported)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_the_tool_imports_none_of_its_examples(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert not any(name.split(".")[0] == "reference_impls" for name in imported)


TOLERANT = {"allclose", "isclose", "assert_close", "assert_allclose", "assert_almost_equal", "approx", "rtol", "atol"}

#: What is held against others' tolerances on purpose: the witness as it was published, and the gate's peers.
PUBLISHED = {
    "harness/asking/libraries/torch_tensors.py": {"atol"},
    "harness/operations/refusals.py": {"allclose", "isclose"},
    "tests/gate.py": {"allclose", "assert_close", "rtol", "atol"},
    "tests/attacks/patched.py": {"allclose", "isclose", "assert_close"},
}


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
