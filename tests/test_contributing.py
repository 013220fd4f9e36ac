"""CONTRIBUTING's table holds: what it names is there, and a law, a fill, a library and a command are a few files each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Most files that an addition touches, its own among them.
MOST_FILES = 3

LAW = '''"""Trial -> Equations on zeros."""

from collections.abc import Iterator

from harness.comparison import Equation, Fact
from harness.subjects import Whole
from harness.trial import POSED, Posed, Trial


def nothing(trial: Trial) -> Iterator[Equation | Posed]:
    """Every output has an entry."""
    yield POSED
    empty = [name for name, y in trial.first.values.items() if not y.size]
    yield Fact(Whole(), empty, [], "an output has no entry")
'''

COMMAND = '''"""`harness greet`."""

import click


@click.command("greet")
def command() -> None:
    """Say hello."""
    click.echo("hello from a command")
'''

LIBRARY = '''"""NumPy's arrays under another name."""

from harness.asking.libraries.numpy_arrays import NumPy

PRELOAD = ("numpy",)


class Plain(NumPy):
    """NumPy's arrays."""

    name = "plain"


LIBRARY = Plain
'''

#: Addition -> file -> what stands there before, and what is put in its place; of a new file its text.
ADDITIONS: dict[str, dict[str, tuple[str, str] | str]] = {
    "law": {
        "harness/laws/nothing.py": LAW,
        "harness/laws/__init__.py": ('    "dtype": "values",\n', '    "dtype": "values",\n    "nothing": "nothing",\n'),
        "harness/answer/levels.py": (
            '    "dtype": Level.TYPES,\n',
            '    "dtype": Level.TYPES,\n    "nothing": Level.TYPES,\n',
        ),
    },
    "fill": {
        "harness/fills/kinds.py": (
            '    "runs": (runs, "worst"),\n',
            '    "runs": (runs, "worst"),\n    "ones": (lambda rng, shape, at: np.ones(shape), "worst"),\n',
        ),
        "harness/vocabulary.py": ('    "runs",\n', '    "runs",\n    "ones",\n'),
    },
    "library": {
        "harness/asking/libraries/plain.py": LIBRARY,
        "harness/asking/registry.py": (
            '    "scipy": Entry(',
            '    "plain": Entry("plain", "NumPy arrays", differentiates=False, lacks=("bfloat16",)),\n    "scipy": Entry(',
        ),
    },
    "command": {
        "harness/cli/commands/greet.py": COMMAND,
        "harness/cli/commands/__init__.py": ('    "smoke",\n', '    "smoke",\n    "greet",\n'),
    },
}

SPEC = """\
op: doubled
doc: Twice each entry.
inputs: {x: [N]}
outputs: {y: [N]}
sizes: {N: [3]}
dtype: [float64]
sweep: {fill: [FILL]}
error: {model: formula}
oracle: ops:doubled
candidates: {numpy: ops:doubled}
"""

#: Addition -> the command that shows it, and what it says.
SHOWN: dict[str, tuple[list[str], str]] = {
    "law": (["check", "doubled.yaml", "ops:doubled", "--format", "rows", "-j", "0"], '"law": "nothing"'),
    "fill": (["check", "doubled.yaml", "ops:doubled", "--format", "rows", "-j", "0"], "fill:ones"),
    "library": (["check", "doubled.yaml", "ops:doubled", "--library", "plain", "-j", "0"], "is doubled at all"),
    "command": (["greet"], "hello from a command"),
}


def added(what: str, to: Path) -> Path:
    """A copy of the harness with an addition, and an op beside it."""
    shutil.copytree(ROOT / "harness", to / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    for name, change in ADDITIONS[what].items():
        path = to / name
        if isinstance(change, str):
            path.write_text(change)
            continue
        before, after = change
        text = path.read_text()
        assert text.count(before) == 1, f"{name}: expected `{before.strip()}` once"
        path.write_text(text.replace(before, after))
    (to / "doubled.yaml").write_text(SPEC.replace("FILL", "ones" if what == "fill" else "zeros"))
    (to / "ops.py").write_text("def doubled(x):\n    return 2 * x\n")
    return to


@pytest.mark.parametrize("what", sorted(ADDITIONS))
def test_an_addition_is_a_few_files(what: str, tmp_path: Path) -> None:
    assert len(ADDITIONS[what]) <= MOST_FILES
    here = added(what, tmp_path)
    words, said = SHOWN[what]
    found = subprocess.run(
        [sys.executable, "-m", "harness", *words],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(here)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in found.stdout, found.stderr


def test_every_file_that_contributing_names_is_there() -> None:
    named = re.findall(
        r"`((?:harness|tests|docs|specs|reference_impls|changes)/[\w./]*)`", (ROOT / "CONTRIBUTING.md").read_text()
    )
    assert named
    missing = [name for name in named if "OP" not in name and not (ROOT / name).exists()]
    assert not missing
