"""Builds: what probes say, whatever they do, and what was recorded under which capability."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent

import pytest

from harness import builds, runs, specs
from harness.builds import Build

SPECS = Path(__file__).parents[1] / "specs"

PROBES = """
import os, sys

def there():
    print("loud")
    return True

def away():
    return 0

def raises():
    raise ValueError

def leaves():
    raise SystemExit(3)

def dies():
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    ("probe", "answer"),
    [
        ("there", "found"),
        ("away", "not found"),
        ("raises", "unanswered"),
        ("leaves", "unanswered"),
        ("dies", "unanswered"),
        ("nowhere", "unanswered"),
    ],
)
def test_a_probe_answers_from_a_process_of_its_own(
    probe: str, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some_probes.py").write_text(PROBES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    text = dedent(
        f"""
        op: scale
        doc: Twice as much.
        inputs: {{x: [N]}}
        outputs: {{y: [N]}}
        sizes: {{N: 3}}
        dtype: float64
        error: {{model: exact}}
        oracle: numpy:abs
        candidates: {{numpy: numpy:abs}}
        known: [{{by: numpy, law: agrees, because: it is so, probe: "some_probes:{probe}"}}]
        """
    )
    (tmp_path / "scale.yaml").write_text(text, encoding="utf-8")
    here = runs.build([specs.read(tmp_path / "scale.yaml")])
    assert here.answer(f"some_probes:{probe}") == answer


def test_a_build_without_questions_asks_nothing() -> None:
    spec = specs.read(SPECS / "relu.yaml", runs.LAW_NAMES)
    assert not spec.known
    assert runs.build([spec]) == Build(builds.versions())


def test_the_ops_of_the_baseline_are_told_by_capability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert builds.recorded() == {}
    os.makedirs(builds.RECORDED.parent)
    builds.RECORDED.write_text(json.dumps({"AVX2": {"ops": ["gelu"]}}), encoding="utf-8")
    assert builds.recorded() == {"AVX2": frozenset({"gelu"})}
    builds.RECORDED.write_text("no JSON", encoding="utf-8")
    assert builds.recorded() == {}


def test_a_run_tells_its_build_from_its_header() -> None:
    header = {
        "versions": {"torch": "2.13.0+cpu", "python": "3.11.7"},
        "builds": {"torch cpu capability": "AVX2"},
        "probes": {"a:b": "not found", "c:d": "of another time"},
        "learned elsewhere": ["gelu"],
    }
    here = builds.told(header)
    assert (here.versions["torch"], here.capability, here.probes) == ("2.13.0", "AVX2", {"a:b": "not found"})
    assert (here.learned("gelu"), here.learned("conv2d"), here.answer("c:d")) == (False, True, "unanswered")
