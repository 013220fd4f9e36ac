"""The documentation is true: its worked example runs as printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: language and text."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.M | re.S)


def write_files(page: str, folder: Path) -> None:
    """Write each block of a page that is a file where its first line says."""
    for language, text in blocks(page):
        if language in ("python", "yaml"):
            path = folder / text.splitlines()[0].removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


def test_the_page_on_adding_an_op_runs_as_it_stands(tmp_path: Path) -> None:
    write_files("adding_an_op.md", tmp_path)
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


#: Runs into folders of their own judge the candidate that imports no library: most of what another one costs is to import it
#: in each process, and the runs of all candidates show that already.
HARNESS = """harness() {
    case "$1 $2" in "run --"*) set -- "$@" --only candidate=numpy.fastops ;; esac
    PYTHON -m harness "$@"
}
"""


def test_the_page_on_adopting_runs_as_it_stands(tmp_path: Path) -> None:
    write_files("adopting.md", tmp_path)
    python = shlex.quote(sys.executable)
    commands = HARNESS.replace("PYTHON", python) + f'pytest() {{ {python} -m pytest "$@"; }}\n'
    for text in [text for language, text in blocks("adopting.md") if language == "shell"]:
        command = ["sh", "-ec", commands + text]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    reports = tmp_path / "reports"
    assert {p.name for p in (reports / "latest" / "badges").iterdir()} == {"numpy.fastops.svg", "torch.svg"}
    assert {p.name for p in (reports / "baseline").iterdir()} == {
        "verdicts.csv.gz",
        "history.jsonl",
        "capabilities.json",
    }
    assert ElementTree.parse(reports / "junit.xml").getroot()[0].get("failures") == "0"
    assert (reports / "whole" / "index.html").exists()
    assert "nothing changed" in done.stdout
    cases = [
        set(pandas.read_csv(reports / name / "verdicts.csv").case) for name in ("whole", "latest", "night", "quick")
    ]
    assert cases[0] == cases[1] == cases[2] > cases[3]
