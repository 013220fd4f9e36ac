"""Killed, resumed, in shards or on a cluster: the table is that of the undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest

ROOT = Path(__file__).parents[1]

#: Some two seconds of judging on one core, known deviations among them; whatever the specs of the house come to.
SPEC = """op: negative
doc: Change the sign.
see: https://numpy.org/doc/stable/reference/generated/numpy.negative.html
inputs: {x: [N, M]}
outputs: {y: [N, M]}
sizes: {N: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], M: [1, 2, 3, 4, 5, 6]}
dtype: [float64, float32]
error: {model: exact}
oracle: numpy:negative
candidates:
  numpy: numpy:negative
  numpy.slow: slow:negative
known:
  - {by: numpy.slow, law: agrees, when: M == 5 and N == 5, because: it keeps the sign of fives}
"""

SLOW = """
import time
import numpy as np


def negative(x):
    time.sleep(0.001)
    return x.copy() if x.shape == (5, 5) else np.negative(x)
"""

#: Runs killed at a random moment; more by HARNESS_KILLS=50.
KILLS = int(os.environ.get("HARNESS_KILLS", "2"))

#: Seconds after its first row within which a run is killed.
MOMENTS = 2.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be in: one spec, and the module of its slow candidate."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "specs").mkdir()
    (folder / "specs" / "negative.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "slow.py").write_text(SLOW, encoding="utf-8")
    return folder


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "harness", *words]


def harness(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), cwd=home, capture_output=True, text=True, timeout=300, check=False)


def run(home: Path, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return harness(home, "run", "--out", str(out), *words)


def judged(out: Path) -> pandas.DataFrame:
    """A run's table, apart from its times."""
    return pandas.read_csv(out / "verdicts.csv", dtype=str, keep_default_na=False).drop(columns="seconds")


@pytest.fixture(scope="module")
def whole(home: Path, tmp_path_factory: pytest.TempPathFactory) -> pandas.DataFrame:
    out = tmp_path_factory.mktemp("whole")
    done = run(home, out)
    assert done.returncode == 0, done.stdout + done.stderr
    table = judged(out)
    assert set(table.status) >= {"known", "conforms"}
    return table


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_been(
    kill: int, home: Path, tmp_path: Path, whole: pandas.DataFrame
) -> None:
    wait = random.Random(kill)
    store = tmp_path / "run.sqlite"
    words = command("run", "--out", str(tmp_path), "-j", "1")
    with subprocess.Popen(words, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as runner:
        while not store.exists() and runner.poll() is None:
            time.sleep(0.01)
        time.sleep(wait.uniform(0, MOMENTS))
        os.kill(runner.pid, signal.SIGKILL)
    done = run(home, tmp_path, "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert judged(tmp_path).equals(whole)


def test_shards_merge_into_the_whole_and_a_missing_one_is_named(
    home: Path, tmp_path: Path, whole: pandas.DataFrame
) -> None:
    parts = [tmp_path / str(n) for n in (1, 2)]
    for n, part in enumerate(parts, 1):
        run(home, part, "--shard", f"{n}/2", "-j", "0")
    assert all(0 < len(judged(part)) < len(whole) for part in parts)
    done = harness(home, "merge", *map(str, parts), "--out", str(tmp_path / "whole"))
    assert done.returncode == 0, done.stderr
    assert judged(tmp_path / "whole").equals(whole)
    done = harness(home, "merge", str(parts[0]), "--out", str(tmp_path / "half"))
    assert done.returncode == 2
    assert "2/2" in done.stderr
    done = run(home, parts[0], "--resume")
    assert done.returncode == 2
    assert "--shard" in done.stderr


#: A known deviation that matches nothing: the row that says so comes at a run's end.
TINY = """op: tiny
doc: The positive part of each entry.
see: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
inputs: {input: [N]}
outputs: {output: [N]}
sizes: {N: [3, 4]}
dtype: [float64]
error: {model: exact}
oracle: reference_impls.definitions.activations:relu
candidates:
  numpy: reference_impls.activations:relu
known:
  - {by: numpy, law: agrees, when: N < 0, because: nobody asks for less than nothing}
"""


def test_a_run_resumed_at_its_end_stays_as_it_is(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.yaml"
    spec.write_text(TINY, encoding="utf-8")
    tables = []
    for more in ((), ("--resume",)):
        done = harness(ROOT, "run", str(spec), "--out", str(tmp_path), "-j", "0", *more)
        assert done.returncode == 1, done.stderr
        tables.append(judged(tmp_path))
    assert tables[1].equals(tables[0])
    assert list(tables[0].subject).count("ledger") == 1


def test_a_cluster_gives_the_same_table(home: Path, tmp_path: Path, whole: pandas.DataFrame) -> None:
    pytest.importorskip("distributed")
    done = run(home, tmp_path, "--dask", "local", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert "killing" not in done.stderr
    assert judged(tmp_path).equals(whole)


#: Writes down the rows that a session's items got.
LISTENING = """
import csv
from harness.model import COLUMNS


def pytest_sessionfinish(session):
    with open({out!r}, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\\n")
        writer.writeheader()
        rows = (row for item in session.items for row in item.rows)
        writer.writerows({{name: getattr(row, name) for name in COLUMNS}} for row in rows)
"""


def test_pytest_gives_the_same_verdicts(home: Path, tmp_path: Path, whole: pandas.DataFrame) -> None:
    out = tmp_path / "verdicts.csv"
    (home / "listening.py").write_text(LISTENING.format(out=str(out)), encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "listening", "-q", "specs"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(home), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    order = ["op", "case", "candidate", "law", "subject", "scenario"]
    mine, theirs = (t.sort_values(order, ignore_index=True) for t in (judged(tmp_path), whole))
    assert mine.equals(theirs)
