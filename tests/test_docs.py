"""The documentation is true: its worked example runs as printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: language and text."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.M | re.S)


def test_the_page_on_adding_an_op_runs_as_it_stands(tmp_path: Path) -> None:
    for language, text in blocks("adding_an_op.md"):
        if language in ("python", "yaml"):
            path = tmp_path / text.splitlines()[0].removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    lines = [line for language, text in blocks("adding_an_op.md") if language == "shell" for line in text.splitlines()]
    assert len(lines) == 3
    for line in lines:
        words = re.findall(r'"[^"]*"|\S+', line)
        command = [sys.executable, "-m", "harness", *(w.strip('"') for w in words[1:])]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    table = pandas.read_csv(tmp_path / "out" / "verdicts.csv")
    assert set(table.candidate) == {"torch", "scipy", "numpy.direct", "oracle"}
    assert set(table[table.status == "known"].candidate) == {"numpy.direct", "torch"}
