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

#: A few seconds of judging by NumPy alone, known deviations among them.
OP, ONLY = "softmax", "dtype=float64 candidate=numpy,scipy"

#: Runs killed at a random moment; more by HARNESS_KILLS=50.
KILLS = int(os.environ.get("HARNESS_KILLS", "2"))


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "harness", *words]


def harness(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def run(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return harness("run", OP, "--only", ONLY, "--out", str(out), *words)


def judged(out: Path) -> pandas.DataFrame:
    """A run's table, apart from its times."""
    return pandas.read_csv(out / "verdicts.csv", dtype=str, keep_default_na=False).drop(columns="seconds")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> pandas.DataFrame:
    out = tmp_path_factory.mktemp("whole")
    done = run(out)
    assert done.returncode == 0, done.stdout + done.stderr
    table = judged(out)
    assert "known" in set(table.status)
    return table


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_been(
    kill: int, tmp_path: Path, whole: pandas.DataFrame
) -> None:
    wait = random.Random(kill)
    store = tmp_path / "run.sqlite"
    words = command("run", OP, "--only", ONLY, "--out", str(tmp_path), "-j", "1")
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as runner:
        while not store.exists() and runner.poll() is None:
            time.sleep(0.01)
        time.sleep(wait.uniform(0, 3))
        os.kill(runner.pid, signal.SIGKILL)
    done = run(tmp_path, "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert judged(tmp_path).equals(whole)


def test_shards_merge_into_the_whole_and_a_missing_one_is_named(tmp_path: Path, whole: pandas.DataFrame) -> None:
    parts = [tmp_path / str(n) for n in (1, 2)]
    for n, part in enumerate(parts, 1):
        run(part, "--shard", f"{n}/2", "-j", "0")
    assert all(0 < len(judged(part)) < len(whole) for part in parts)
    done = harness("merge", *map(str, parts), "--out", str(tmp_path / "whole"))
    assert done.returncode == 0, done.stderr
    assert judged(tmp_path / "whole").equals(whole)
    done = harness("merge", str(parts[0]), "--out", str(tmp_path / "half"))
    assert done.returncode == 2
    assert "2/2" in done.stderr
    done = run(parts[0], "--resume")
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
  - {by: numpy, law: agrees, when: N == 5, because: nobody asks for five}
"""


def test_a_run_resumed_at_its_end_stays_as_it_is(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.yaml"
    spec.write_text(TINY, encoding="utf-8")
    tables = []
    for more in ((), ("--resume",)):
        done = harness("run", str(spec), "--out", str(tmp_path), "-j", "0", *more)
        assert done.returncode == 1, done.stderr
        tables.append(judged(tmp_path))
    assert tables[1].equals(tables[0])
    assert list(tables[0].about).count("ledger") == 1


def test_a_cluster_gives_the_same_table(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    few = ("run", OP, "--only", f"{ONLY} fill=normal layout=contiguous", "--out")
    harness(*few, str(tmp_path / "here"), "-j", "0")
    done = harness(*few, str(tmp_path / "there"), "--dask", "local", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert "killing" not in done.stderr
    assert judged(tmp_path / "there").equals(judged(tmp_path / "here"))
