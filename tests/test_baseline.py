"""Runs held against a baseline and against each other, by the commands that users type."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas
import pytest

from harness import baseline, diff, execution, runs, specs
from harness.asking.hosts import Limits
from harness.report import READING

ROOT = Path(__file__).parents[1]

#: The committed baseline, and the cheap part of a run that every test run holds against it.
COMMITTED = ROOT / "reports" / "baseline" / "verdicts.csv.gz"
HELD = {
    "abs_rfft2": "fill=normal,wide layout=contiguous dtype=float64 H=8 candidate=numpy,torch,torch.BadFFT",
    "scipy_conv2d": "fill=normal layout=contiguous dtype=float64 H=10 W=10",
    "sigmoid": "fill=normal,wide layout=contiguous dtype=float64,float16",
}

SPEC = """op: scaled
doc: Multiply by a number.
see: https://numpy.org/doc/stable/reference/generated/numpy.multiply.html

inputs:
  input: [N]
outputs:
  output: [N]

sizes:  {{N: [3, 5]}}
params: {{{param}: [1, 2]}}
dtype:  [float64]

error:  {{model: formula}}
oracle: scaling:definition

candidates:
  numpy: scaling:{candidate}
{renamed}
"""

SCALING = """
def definition(input, factor=1, scale=1):
    return input * (factor * scale)


def right(input, factor=1, scale=1):
    return input * (factor * scale)


def wrong(input, factor=1, scale=1):
    return input * (factor * scale if factor * scale == 1 else 3)
"""

RENAMED = "renamed: {scaled/factor:2: scaled/scale:2, scaled/N:5/factor:2: scaled/N:5/scale:2}"


def harness(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *words]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{cwd}"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


def write(place: Path, param: str, candidate: str, renamed: str = "") -> None:
    (place / "specs" / "scaled.yaml").write_text(SPEC.format(param=param, candidate=candidate, renamed=renamed))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one spec, judged once: the run `one`."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "specs").mkdir()
    (folder / "scaling.py").write_text(SCALING)
    write(folder, "factor", "right")
    done = harness("run", "-j", "1", "--out", "one", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(judged: Path, tmp_path: Path) -> Path:
    """A copy of that project."""
    return Path(shutil.copytree(judged, tmp_path, dirs_exist_ok=True))


def kinds(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {kind: sum(r["kind"] == kind for r in rows) for kind in {r["kind"] for r in rows}}


def test_renamed_cases_are_followed_from_one_run_to_the_next(place: Path) -> None:
    write(place, "scale", "right")
    assert harness("run", "-j", "1", "--out", "two", cwd=place).returncode == 0
    lost = harness("diff", "one", "two", "--format", "json", cwd=place)
    assert lost.returncode == 0
    assert kinds(lost)["no longer run"] == kinds(lost)["added"] > 0

    write(place, "scale", "right", RENAMED)
    followed = harness("diff", "one", "two", "--format", "json", cwd=place)
    assert followed.returncode == 0
    assert [
        line for line in followed.stdout.splitlines() if "invalid:" not in line
    ] == []  # those are named by the param


def test_a_renamed_param_is_followed_by_its_name_from_anywhere(place: Path) -> None:
    write(place, "scale", "right", "renamed: {factor: scale}")
    assert harness("run", "-j", "1", "--out", "two", cwd=place).returncode == 0
    (place / "empty").mkdir()
    followed = harness("diff", "../one", "../two", "--format", "json", cwd=place / "empty")
    assert (followed.returncode, followed.stdout.strip()) == (0, "")


def test_a_renamed_op_is_followed_with_its_params_and_history(place: Path) -> None:
    assert harness("report", "one", "--baseline", cwd=place).returncode == 0
    write(place, "scale", "wrong")
    text = (place / "specs" / "scaled.yaml").read_text(encoding="utf-8").replace("op: scaled", "op: product")
    (place / "specs" / "scaled.yaml").unlink()
    renamed = f"{text}\nrenamed: {{scaled: product, factor: scale}}\n"
    (place / "specs" / "product.yaml").write_text(renamed, encoding="utf-8")
    assert harness("run", "-j", "1", "--out", "two", cwd=place).returncode == 1
    against_run = harness("diff", "one", "two", "--format", "json", cwd=place)
    against_baseline = harness("diff", "two", "--baseline", "--format", "json", cwd=place)
    for compared in (against_run, against_baseline):
        assert compared.returncode == 1
        assert "regressed" in kinds(compared)  # points are put together by the op's name: some are others now
    one = json.loads((place / "reports" / "baseline" / "history.jsonl").read_text(encoding="utf-8"))
    assert one["started"] in (place / "two" / "index.html").read_text(encoding="utf-8")

    assert harness("run", "-j", "1", "--only", "scale=2", "--out", "part", cwd=place).returncode == 1
    part = harness("diff", "part", "--baseline", "--format", "json", cwd=place)
    assert "regressed" in kinds(part)


def test_a_baseline_keeps_other_specs_and_is_made_of_whole_runs(place: Path) -> None:
    assert harness("report", "one", "--baseline", cwd=place).returncode == 0
    file = place / "reports" / "baseline" / "verdicts.csv.gz"
    before = pandas.read_csv(file)
    text = (place / "specs" / "scaled.yaml").read_text(encoding="utf-8")
    (place / "specs" / "other.yaml").write_text(text.replace("op: scaled", "op: other"), encoding="utf-8")
    assert harness("run", "other", "-j", "1", "--out", "other", cwd=place).returncode == 0
    assert harness("report", "other", "--baseline", cwd=place).returncode == 0
    both = pandas.read_csv(file)
    assert both[both["op"] == "scaled"].reset_index(drop=True).equals(before)
    assert set(both["op"]) == {"other", "scaled"}

    assert harness("run", "-j", "1", "--budget", "2", "--out", "part", cwd=place).returncode == 0
    refused = harness("report", "part", "--baseline", cwd=place)
    assert refused.returncode == 2
    assert "--budget '2'" in refused.stderr
    assert pandas.read_csv(file).equals(both)
    assert "PARTIAL" in harness("report", "part", "--format", "markdown", cwd=place).stdout
    assert "PARTIAL" in (place / "part" / "index.html").read_text(encoding="utf-8")
    compared = harness("diff", "part", "--baseline", "--format", "json", cwd=place)
    assert (compared.returncode, compared.stdout.strip()) == (0, "")


def test_a_run_is_held_against_the_committed_baseline(place: Path) -> None:
    made = harness("report", "one", "--baseline", cwd=place)
    assert made.returncode == 0
    assert "reports/baseline/verdicts.csv.gz" in made.stdout
    same = harness("diff", "one", "--baseline", "--format", "json", cwd=place)
    assert (same.returncode, same.stdout.strip()) == (0, "")

    write(place, "scale", "wrong", RENAMED)
    assert harness("run", "-j", "1", "--out", "two", cwd=place).returncode == 1
    worse = harness("diff", "two", "--baseline", "--format", "json", cwd=place)
    rows = [json.loads(line) for line in worse.stdout.splitlines()]
    assert worse.returncode == 1
    assert {r["case"] for r in rows if r["kind"] == "regressed"} >= {"scaled/scale:2", "scaled/N:5/scale:2"}
    assert {r["old_case"] for r in rows if r["kind"] == "regressed"} >= {"scaled/factor:2", "scaled/N:5/factor:2"}

    said = harness("diff", "two", "--baseline", cwd=place).stdout.splitlines()
    assert len(said) == len(rows) + 3
    assert {kind: int(n) for n, kind in (part.split(" ", 1) for part in said[-1].split(", "))} == kinds(worse)
    told = harness("diff", "two", "--baseline", "--format", "markdown", cwd=place).stdout.splitlines()
    assert told[0] == f"**{said[-1]}**"
    assert len([line for line in told if line.startswith("| regressed |")]) == kinds(worse)["regressed"]

    page = (place / "two" / "index.html").read_text(encoding="utf-8")
    assert "The last 2 runs" in page


def test_the_page_says_which_run_it_is_held_against(place: Path) -> None:
    assert 'id="against" hidden' in (place / "one" / "index.html").read_text(encoding="utf-8")
    assert harness("report", "one", "--baseline", cwd=place).returncode == 0
    write(place, "factor", "wrong")
    assert harness("run", "-j", "1", "--out", "two", cwd=place).returncode == 1
    page = (place / "two" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"Against <bdi>the baseline, reports/baseline/verdicts.csv.gz, \d{4}-\d\d-\d\d", page)

    assert harness("report", "one", "--against", "two", cwd=place).returncode == 0
    page = (place / "one" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"Against <bdi>two, \d{4}-\d\d-\d\dT[^<]*numpy \d", page)


def test_a_part_of_a_run_is_held_against_its_part_of_the_baseline(place: Path) -> None:
    assert harness("report", "one", "--baseline", cwd=place).returncode == 0
    assert harness("run", "-j", "1", "--only", "N=5", "--out", "part", cwd=place).returncode == 0
    done = harness("diff", "part", "--baseline", "--format", "json", cwd=place)
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_the_run_before_is_kept_beside_the_new_one(place: Path) -> None:
    before = (place / "one" / "run.sqlite").read_bytes()
    write(place, "factor", "wrong")
    assert harness("run", "-j", "1", "--out", "one", cwd=place).returncode == 1
    assert (place / "one" / "previous.sqlite").read_bytes() == before
    done = harness("diff", "one/previous.sqlite", "one", "--format", "json", cwd=place)
    assert done.returncode == 1
    assert "regressed" in kinds(done)


def test_without_a_baseline_the_command_says_how_to_make_one(place: Path) -> None:
    done = harness("diff", "one", "--baseline", cwd=place)
    assert done.returncode == 2
    assert "`harness report RUN --baseline` makes one" in done.stderr


def test_the_committed_baseline_is_small_and_of_this_repository() -> None:
    if not COMMITTED.exists():
        pytest.skip("no baseline is committed: tox -e baseline makes one")
    table = pandas.read_csv(COMMITTED, **READING)
    assert COMMITTED.stat().st_size < 2**20
    assert set(table["op"]) <= {path.stem for path in (ROOT / "specs").glob("*.yaml")}
    assert not re.search(r"deviates|fails|crashed|timed out|fixed", "".join(table["verdicts"].unique()))


@pytest.mark.parametrize("op", HELD)
def test_nothing_has_regressed_against_the_committed_baseline(op: str) -> None:
    """What CI judges anew of each tutorial op; the whole run is held against the baseline by `tox -e report`."""
    if not COMMITTED.exists():
        pytest.skip("no baseline is committed: tox -e baseline makes one")
    spec = specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)
    chosen = runs.plan([spec], 0, HELD[op])
    setup = runs.setup(chosen.specs.values(), Limits())
    rows = [r for _, found in execution.isolated(chosen.tasks, setup, workers=1) for r in found]
    now = pandas.DataFrame([vars(row) for row in rows])
    then = baseline.unfolded(pandas.read_csv(COMMITTED, **READING), {op})
    then = then[then["case"].isin(set(now["case"])) & then["candidate"].isin(set(now["candidate"]))]
    changes = diff.diff(then, now, spec.renamed)
    # How far within its bound a result lies differs from processor to processor.
    worse = changes[changes["kind"].isin(set(diff.REGRESSIONS) - {"grew"})]
    assert len(then), "the baseline holds none of these cases: tox -e baseline makes it anew"
    assert worse[["kind", "case", "candidate", "law", "subject", "scenario", "message"]].to_dict("records") == []


def test_a_baseline_of_an_older_harness_is_not_read() -> None:
    old = pandas.DataFrame({"op": ["f"], "case": ["f"], "candidate": ["c"], "verdicts": ["agrees output|exact"]})
    assert not baseline.readable(old)
    assert baseline.readable(old.assign(verdicts="agrees|output y||exact"))
