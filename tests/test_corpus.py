"""Known defects of released libraries: their entries, their scripts, and how they are tried."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness import corpus
from harness.asking.registry import LIBRARIES
from harness.cli.commands import corpus as door

ROOT = Path(__file__).parents[1]
DEFECTS = {d.name: d for d in corpus.defects()}

#: Defects of the releases that are installed here, one of each library that starts quickly, and one of torch.
HERE = ("numpy_linspace_overflows", "scipy_softmax_refuses_an_empty_axis", "torch_lerp_overflows")


def test_every_defect_has_its_script_and_every_script_its_entry() -> None:
    assert {p.stem for p in (corpus.ROOM / "scripts").glob("*.py")} == {n for n, d in DEFECTS.items() if d.recipe}


@pytest.mark.parametrize("name", [n for n, d in DEFECTS.items() if d.recipe])
def test_a_script_is_short_and_needs_its_library_alone(name: str) -> None:
    of = DEFECTS[name]
    assert len(of.script.splitlines()) <= corpus.LINES
    imported = {
        (a.name if isinstance(n, ast.Import) else str(n.module)).split(".")[0]
        for n in ast.walk(ast.parse(of.script))
        if isinstance(n, ast.Import | ast.ImportFrom)
        for a in n.names
    }
    assert of.library in LIBRARIES
    assert of.library in imported <= {"math", "numpy", of.library}


@pytest.mark.parametrize("name", HERE)
def test_a_defect_is_there(name: str) -> None:
    (found,) = corpus.tried([DEFECTS[name]])
    assert (found.state, found.version != "") == ("present", True)
    assert found.printed.startswith("expected ")


@pytest.mark.parametrize(
    ("script", "state", "printed"),
    [
        ("print('expected 1, got 1')\nraise SystemExit(False)", "absent", "expected 1, got 1"),
        ("print('expected 1, got 2')\nraise SystemExit(True)", "present", "expected 1, got 2"),
        ("1 / 0", "not tried", "ZeroDivisionError: division by zero"),
        ("import os; os.abort()", "not tried", "exit code -6"),
    ],
)
def test_only_a_script_that_says_so_finds_a_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, state: str, printed: str
) -> None:
    monkeypatch.setattr(corpus, "ROOM", tmp_path)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "x.py").write_text(script)
    (found,) = corpus.tried([corpus.Defect("x", "numpy", "x", "x", "0")])
    assert (found.state, found.printed) == (state, printed)


def test_what_is_not_installed_or_reads_foreign_memory_is_not_tried() -> None:
    missing, unsafe = corpus.tried([corpus.Defect("x", "no-such-library", "x", "x", "0"), DEFECTS[_UNSAFE]])
    assert (missing.state, missing.printed) == ("not tried", "no-such-library is not installed")
    assert (unsafe.state, unsafe.defect.script) == ("not tried", "")


_UNSAFE = "numpy_fft_of_an_empty_axis_reads_past_its_end"


def test_the_command_tells_what_is_there_and_exits_by_it() -> None:
    runner = CliRunner()
    told = runner.invoke(door.command, [HERE[0], "--fail-if-present", "--format", "json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["state"] == "present"
    assert runner.invoke(door.command, [HERE[0], "--python", sys.executable]).exit_code == 0
    assert runner.invoke(door.command, [_UNSAFE, "--fail-if-present"]).exit_code == 0
    issue = runner.invoke(door.command, [HERE[0], "--issue"]).stdout
    assert DEFECTS[HERE[0]].script in issue
    assert "no defect's name begins with" in runner.invoke(door.command, ["no_such"]).stderr


def test_the_page_tells_every_defect() -> None:
    page = (ROOT / "docs" / "live_defects.md").read_text(encoding="utf-8")
    for of in DEFECTS.values():
        assert f"`{of.op}`" in page
        assert of.script.rstrip() in page
