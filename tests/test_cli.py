"""The command line, as users meet it: words in, tables and exit codes out, never a traceback."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest

from harness.model import Verdict
from harness.store import Store

ROOT = Path(__file__).parents[1]

WRONG = """
import torch
import numpy as np


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return torch.nn.functional.conv2d(input, weight, None, stride, padding, dilation, groups)


def right(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return torch.nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups)


def raises(input):
    raise KeyError("nothing")


def nothing(input):
    return None


def listed(input):
    return [1.0]


def dies(input):
    import ctypes

    ctypes.string_at(0)


def sigmoid(input):
    return 1 / (1 + np.exp(-input))
"""


def harness(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    one = () if {"-j", "--dask"} & set(words) or words[0] not in {"check", "run"} else ("-j", "1")
    command = [sys.executable, "-m", "harness", *words, *one]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mine")
    (folder / "mine.py").write_text(WRONG, encoding="utf-8")
    return folder


def rows(done: subprocess.CompletedProcess[str]) -> pandas.DataFrame:
    return pandas.DataFrame([json.loads(line) for line in done.stdout.splitlines()])


def part(folder: Path, shard: str) -> Path:
    folder.mkdir()
    with Store.create(folder / "run.sqlite", {"seed": 0, "versions": {}, "specs": {}, "shard": shard}) as store:
        store.append([Verdict("relu", f"relu/M:{shard[0]}", "torch", "agrees", "output y", "", "conforms")])
        store.finish({"cases": 1})
    return folder


SMALL = "fill=normal layout=contiguous dtype=float32 H=7 N=2 stride=1 padding=0 groups=1 dilation=1 C_in=4 C_out=6"


def test_a_wrong_convolution_of_ones_own_deviates(mine: Path) -> None:
    done = harness("check", "conv2d", "mine:conv2d", "--only", SMALL, "--format", "rows", cwd=mine)
    table = rows(done)
    assert done.returncode == 1
    red = table[table.status == "deviates"]
    assert set(red.blame) == {"mine:conv2d"}
    assert not red.case.str.contains("bias:none").any()
    assert {"agrees", "gradient"} <= set(red.law) | set(table[table.status == "fails"].law)


def test_a_right_one_conforms(mine: Path) -> None:
    done = harness("check", "conv2d", "mine:right", "--only", SMALL, cwd=mine)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("mine:right is conv2d at all ")
    assert len(done.stdout.splitlines()) <= 12


@pytest.mark.parametrize(("name", "code"), [("right", 0), ("conv2d", 1)])
@pytest.mark.parametrize("form", ["table", "json"])
def test_the_verdict_outlasts_whoever_reads_it(mine: Path, name: str, code: int, form: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    only = ("--only", "case=conv2d", "-j", "1")
    command = [sys.executable, "-m", "harness", "check", "conv2d", f"mine:{name}", *only, "--format", form]
    done = subprocess.run(command, cwd=mine, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    os.close(theirs)
    asked = (
        f"mine:{name}: library torch: called with torch tensors, it returned torch tensors (--library says otherwise)\n"
    )
    assert done.returncode == code
    assert done.stderr.startswith(asked) if form == "table" else not done.stderr


@pytest.mark.parametrize("name", ["raises", "nothing", "listed"])
def test_a_candidate_that_returns_no_array_is_a_verdict(mine: Path, name: str) -> None:
    done = harness("check", "sigmoid", f"mine:{name}", "--only", "dtype=float64 M=5 N=3", "--format", "rows", cwd=mine)
    assert done.returncode == 1
    table = rows(done)
    assert set(table[table.candidate == f"mine:{name}"].status) == {"fails"}
    assert "Traceback" not in done.stderr


def test_a_candidate_that_kills_its_process_is_a_verdict(mine: Path) -> None:
    done = harness(
        "check", "sigmoid", "mine:dies", "mine:sigmoid", "--library", "numpy",
        "--only", "dtype=float64 M=5 N=3 fill=normal", "--format", "rows", cwd=mine,
    )  # fmt: skip
    table = rows(done)
    statuses = table[table.candidate == "mine:dies"].status
    assert set(statuses) <= {"crashed", "inconclusive"}  # it is asked no more once it has died three times
    assert (statuses == "crashed").sum() >= min(3, len(statuses))
    assert "crashed" not in set(table[table.candidate == "mine:sigmoid"].status)
    assert "SIGSEGV" in table[table.candidate == "mine:dies"].message.iloc[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "sigmoyd", "torch:sigmoid"), "sigmoid"),
        (("check", "sigmoid", "torch:sigmoyd"), "sigmoyd"),
        (("check", "sigmoid", "torch.sigmoid"), "MODULE:ATTR"),
        (("check", "sigmoid", "a/b.py:f"), "`a/b.py`: no such file"),
        (("check", "sigmoid", "a/b:f"), "write MODULE:ATTR or FILE.py:ATTR"),
        (("check", "sigmoid", "torch:sigmoid", "--accept", "beauty"), "no level `beauty`; there are values, special,"),
        (("check", "sigmoid", "torch:sigmoid", "--with", "p"), "write name=value, as in"),
        (("check", "torch:not_an_op"), "no op is called `not_an_op`"),
        (("check", "sigmoid"), "name a function too"),
        (("check", "sigmoid", "torch:sigmoid", "--algorithm", "magic"), "conventional"),
        (("show", "sigmoid", "--candidate", "nobody"), "`sigmoid` has no candidate `nobody`; it has torch, "),
        (("show", "sigmoid/M:5", "--candidate", "a.b:f"), "no module `a`, which `a.b:f` names"),
        (("run", "specs/sigmiod.yaml"), "`specs/sigmiod.yaml`: no such file"),
        (("check", "sigmiod.yml", "torch:sigmoid"), "`sigmiod.yml`: no such file"),
        (("list", "cases", "nowhere/sigmoid"), "`nowhere/sigmoid`: no such file"),
        (("new", "soft clip"), "the op `soft clip` is no name, expected ASCII letters, digits and _"),
        (("new", "naïve"), "is no name, expected ASCII letters"),
        (("new", "lambda"), "no Python keyword"),
        (("show", "sigmoid/colour:3"), "colour"),
        (("run", "nowhere"), "nowhere"),
        (("run", "sigmoid", "--only", "colour=3", "--out", "reports/none"), "colour"),
        (
            ("run", "sigmoid", "--only", "law=bogus", "--out", "reports/none"),
            "`law` selects no case of `sigmoid`; known",
        ),
        (("run", "sigmoid", "--only", "M=999 dtyp=float16", "--out", "reports/none"), "did you mean `dtype`?"),
        (("run", "sigmoid", "--only", "M=3 M=5", "--out", "reports/none"), "`M` is given twice: write `M=3,5`"),
        (("check", "sigmoid", "torch:sigmoid", "--only", "candidat=torch"), "did you mean `candidate`?"),
        (("show", "sigmoid", "--law", "agree"), "did you mean `agrees`?"),
        (
            ("shrink", "sigmoid", "--candidate", "torch", "--law", "bogus"),
            "--law bogus: no such law; known are adjoint",
        ),
        (("run", "sigmoid", "--timeout", "-1", "--out", "reports/none"), "--timeout"),
        (("run", "sigmoid", "--memory", "0", "--out", "reports/none"), "--memory"),
        (("report", "README.md"), "README.md"),
    ],
)
def test_a_users_mistake_is_one_line_and_no_traceback(words: tuple[str, ...], said: str) -> None:
    done = harness(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="the extra dask is not installed")
def test_a_cluster_that_does_not_answer_is_no_fault_of_the_harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    words = ("--only", "dtype=float64 M=5 N=3 fill=normal candidate=torch", "--out", str(tmp_path))
    done = harness("run", "sigmoid", *words, "--dask", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_judges_nothing_is_no_success(tmp_path: Path) -> None:
    done = harness("run", "sigmoid", "--only", "M=999", "--out", str(tmp_path))
    assert done.returncode == 2
    done = harness("run", "sigmoid", "--only", "candidate=torch.byhand", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "did you mean `torch.by_hand`?" in done.stderr


def test_a_shard_without_cases_says_so_and_is_no_failure(tmp_path: Path) -> None:
    only = "dtype=float64 M=5 N=3 rank=2 fill=normal layout=contiguous candidate=torch"
    done = harness("run", "sigmoid", "--only", only, "--shard", "90/90", "--out", str(tmp_path))
    assert done.returncode == 0
    assert "--shard 90/90 has no case" in done.stderr


def test_a_definition_that_nobody_agrees_with_is_named_first(tmp_path: Path) -> None:
    text = (ROOT / "specs" / "log_sigmoid.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(
        text.replace("definitions.activations:log_sigmoid", "definitions.activations:sigmoid"), encoding="utf-8"
    )
    said = "the definition of `log_sigmoid` stands alone"
    only = ("--only", "dtype=float64 fill=normal rank=2", "--out", str(tmp_path / "out"))
    other, own = harness("run", str(tmp_path / "other.yaml"), *only), harness("run", "log_sigmoid", *only)
    assert [other.returncode, own.returncode] == [1, 0]
    assert said in other.stderr
    assert said not in own.stderr


def test_a_run_ends_with_what_is_red_and_where_its_page_is(tmp_path: Path) -> None:
    text = KNOWN_DEATH % ("deviates", "N == 77")
    (tmp_path / "negative.yaml").write_text(text.replace("dying:negative", "numpy:positive"), encoding="utf-8")
    done = harness("run", "negative.yaml", "-j", "0", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    said = done.stdout.splitlines()
    assert re.match(r"numpy.dies is not negative: values wrong at \d+ of \d+ cases", said[0])
    assert re.match(r"    nearest: negative gives .*, expected ", said[1])
    assert any("negative.yaml:22: the known deviation of `numpy.dies`" in line for line in said)
    assert said[-1] == "page: out/index.html"
    assert "page:" not in harness("run", "negative.yaml", "--format", "markdown", "--out", "out", cwd=tmp_path).stdout


def test_a_long_reason_is_cut_and_no_line_is_wider_than_a_terminal(mine: Path) -> None:
    (mine / "long.py").write_text(f"def f(x):\n    raise NotImplementedError({'no ' * 60!r})\n", encoding="utf-8")
    done = harness("check", "sigmoid", "long:f", "--only", "dtype=float64 M=5 N=3 fill=normal", cwd=mine)
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "no no ..." in " ".join(done.stdout.split())


def test_show_takes_a_function_of_ones_own_also_of_a_spec_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "negative.yaml").write_text(KNOWN_DEATH.replace("dying:", "numpy:") % ("crashed", "N == 4"), "utf-8")
    (tmp_path / "mine.py").write_text("def negative(x):\n    return -x\n", "utf-8")
    words = ("show", "negative", "--spec", "negative.yaml", "--candidate", "mine:negative", "--library", "numpy")
    done = harness(*words, cwd=tmp_path)
    assert done.returncode == 0
    assert "mine:negative" in done.stdout
    assert "repro.py" in done.stdout


def test_a_law_that_was_not_judged_says_why() -> None:
    only = ("--only", "dtype=float64 M=5 N=3 fill=normal")
    done = harness("check", "sigmoid", "reference_impls.activations:sigmoid", *only)
    assert done.returncode == 0
    assert "gradients (no --vjp given)" in " ".join(done.stdout.split())


MINE = """
import numpy as np


def rms_scale(x, weight=None, eps=1e-5, shape=(1, 2)):
    \'\'\'As it is shipped.\'\'\'
    y = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return y if weight is None else y * weight
"""


def test_a_spec_to_start_from_is_one_that_runs_and_is_not_there_yet(tmp_path: Path) -> None:
    fresh, there = harness("new", "fresh", cwd=tmp_path), harness("new", "sigmoid")
    assert there.returncode == 2
    assert "sigmoid.yaml" in there.stderr
    (tmp_path / "fresh.yaml").write_text(fresh.stdout, encoding="utf-8")
    only = ("--only", "dtype=float64 fill=normal", "--out", str(tmp_path / "out"))
    assert harness("run", str(tmp_path / "fresh.yaml"), *only).returncode == 0
    assert (tmp_path / "fresh_definition.py").is_file()


def test_a_spec_begins_with_what_a_functions_signature_says(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    done = harness("new", "--from", "mine:rms_scale", cwd=tmp_path)
    assert done.returncode == 0
    (tmp_path / "rms_scale.yaml").write_text(done.stdout, encoding="utf-8")
    for line in ("  weight?: [N, M]", "params: {eps: 1e-05, shape: [[1, 2]]}", "  numpy.mine: mine:rms_scale"):
        assert line in done.stdout
    only = ("--only", "dtype=float64 fill=normal", "--out", str(tmp_path / "out"))
    assert harness("run", "rms_scale.yaml", *only, cwd=tmp_path).returncode == 0


def test_a_broken_spec_harms_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    text = (ROOT / "specs" / "sigmoid.yaml").read_text(encoding="utf-8")
    (folder / "broken.yaml").write_text(text.replace("oracle:", "orcale:"), encoding="utf-8")
    (folder / "sigmoid.yaml").write_text(text, encoding="utf-8")
    only = "dtype=float64 M=5 fill=normal candidate=torch"
    done = harness("run", str(folder), "--only", only, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "orcale" in done.stderr
    assert "oracle" in done.stderr
    assert "Traceback" not in done.stderr
    table = pandas.read_csv(tmp_path / "out" / "verdicts.csv")
    assert set(table.op) == {"sigmoid"}
    assert (tmp_path / "out" / "index.html").stat().st_size
    assert (tmp_path / "out" / "run.sqlite").stat().st_size


@pytest.mark.parametrize("what", ["specs", "cases", "candidates"])
def test_that_there_are_no_specs_is_said(tmp_path: Path, what: str) -> None:
    (tmp_path / "specs").mkdir()
    done = harness("list", what, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "harness: no specs in specs/\n")


def test_what_is_wrong_with_a_spec_is_said_by_list_and_diff(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    text = (ROOT / "specs" / "sigmoid.yaml").read_text(encoding="utf-8")
    (folder / "broken.yaml").write_text(text.replace("oracle:", "orcale:"), encoding="utf-8")
    alone = harness("list", "specs", str(folder), cwd=tmp_path)
    (folder / "sigmoid.yaml").write_text(
        text.replace("torch: torch:sigmoid", "torch: absent:sigmoid"), encoding="utf-8"
    )
    beside = harness("list", "cases", cwd=tmp_path)
    run = str(part(tmp_path / "run", "1/1"))
    compared = harness("diff", run, run, cwd=tmp_path)
    assert [alone.returncode, beside.returncode, compared.returncode] == [2, 0, 0]
    for done in (alone, beside, compared):
        assert "did you mean `oracle`?" in done.stderr
        assert "absent" not in done.stderr


KNOWN_DEATH = """
op: negative
doc: Change the sign.
see: https://numpy.org/doc/stable/reference/generated/numpy.negative.html

inputs:
  x: [N]
outputs:
  y: [N]

sizes: {N: [3, 4]}
dtype: [float64]

error:  {model: exact}
oracle: numpy:negative

candidates:
  numpy:      numpy:negative
  numpy.dies: dying:negative

known:
  - {by: numpy.dies, law: status, status: %s, when: %s, because: it is known to}
"""

DYING = """
import ctypes
import numpy as np


def negative(x):
    return ctypes.string_at(0) if len(x) == 4 else np.negative(x)
"""


@pytest.mark.parametrize(
    ("status", "when", "due", "code"),
    [
        ("crashed", "N == 4", {"known"}, 0),
        ("timed out", "N == 4", {"crashed"}, 1),
        ("crashed", "N == 3", {"crashed", "fixed"}, 1),
    ],
)
def test_a_known_death_is_known_in_a_run_and_under_pytest(
    tmp_path: Path, status: str, when: str, due: set[str], code: int
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "negative.yaml").write_text(KNOWN_DEATH % (status, when), encoding="utf-8")
    (tmp_path / "dying.py").write_text(DYING, encoding="utf-8")
    done = harness("run", "-j", "1", "--out", str(tmp_path / "out"), cwd=tmp_path)
    table = pandas.read_csv(tmp_path / "out" / "verdicts.csv", keep_default_na=False)
    mine = table[(table.candidate == "numpy.dies") & (table.law == "status") & (table.subject == "")]
    assert set(mine.status) - {"conforms"} == due
    assert done.returncode == code, done.stdout + done.stderr
    assert set(table[table.candidate == "numpy"].status) <= {"conforms", "unsupported"}
    assert done.stdout.splitlines()[-1] == f"page: {tmp_path / 'out' / 'index.html'}"
    assert ("nearest: negative/N:4" in done.stdout) == ("crashed" in due)
    assert ("negative.yaml:22: known as deviating, but it conforms: narrow" in done.stdout) == ("fixed" in due)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "specs"]
    tested = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert tested.returncode == code, tested.stdout


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
@pytest.mark.parametrize(
    ("when", "chosen", "code", "said"),
    [
        ("N == 4", (), 0, ""),
        ("N == 7", (), 1, "the known deviation of `numpy.dies` under `status` matches nothing"),
        ("N == 7", ("-k", "N:4"), 0, ""),
    ],
)
def test_pytest_tells_a_known_deviation_that_matches_nothing(
    tmp_path: Path, processes: tuple[str, ...], when: str, chosen: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "negative.yaml").write_text(KNOWN_DEATH % ("crashed", when), encoding="utf-8")
    (tmp_path / "dying.py").write_text(DYING.replace("== 4", when.removeprefix("N ")), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *processes, *chosen, "specs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, done.stdout
    assert said in done.stdout
    assert ("match nothing" in done.stdout) == bool(code)


@pytest.mark.parametrize(
    ("old", "new", "told", "shown"),
    [
        ("oracle: numpy:negative", "oracle: dying:other", "the definition of `negative` is at fault: ", "is at fault"),
        (
            "numpy:      numpy:negative",
            "numpy: numpy:negativ",
            "",
            "<code><bdi>numpy</bdi></code> is wrong at 9 of 9 cases",
        ),
    ],
)
def test_what_cannot_be_asked_is_not_called_right(tmp_path: Path, old: str, new: str, told: str, shown: str) -> None:
    text = KNOWN_DEATH.partition("\nknown:")[0].replace("  numpy.dies: dying:negative\n", "").replace(old, new)
    (tmp_path / "negative.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "dying.py").write_text("def other(x):\n    raise ValueError('no')\n", encoding="utf-8")
    done = harness("run", "negative.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert told in done.stderr
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert shown in page
    assert "Nothing is wrong" not in page


@pytest.mark.parametrize(
    ("oracle", "candidate", "said", "code"),
    [
        ("mine:raises", "torch:neg", "the definition is at fault, and nothing was judged: mine.py:", 2),
        ("numpy:negative", "mine:refuses", "of `mine:refuses` was judged: it is unsupported at every case", 1),
    ],
)
def test_why_nothing_was_judged_is_said(tmp_path: Path, oracle: str, candidate: str, said: str, code: int) -> None:
    text = KNOWN_DEATH.partition("\nknown:")[0].replace("oracle: numpy:negative", f"oracle: {oracle}")
    (tmp_path / "negative.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "mine.py").write_text(
        WRONG + "\ndef refuses(x):\n    raise NotImplementedError('no')\n", encoding="utf-8"
    )
    (tmp_path / "dying.py").write_text(DYING, encoding="utf-8")
    done = harness("check", "negative.yaml", candidate, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr


def test_the_same_run_gives_the_same_table_for_any_workers(tmp_path: Path) -> None:
    only = "dtype=float64 layout=contiguous fill=normal,wide M=17"
    tables = []
    for workers in ("0", "2"):
        done = harness("run", "relu", "--only", only, "-j", workers, "--out", str(tmp_path / workers))
        assert done.returncode in (0, 1), done.stderr
        table = pandas.read_csv(tmp_path / workers / "verdicts.csv", dtype=str)
        tables.append(table.drop(columns="seconds"))
    assert tables[0].equals(tables[1])
    assert len(tables[0])


def test_a_large_run_ends_in_a_process_of_its_own_as_a_small_one_ends_here(tmp_path: Path) -> None:
    tables, said = [], []
    for rows in ("10**6", "1"):
        out = tmp_path / rows
        only = "dtype=float64 layout=contiguous M=17 N=4"
        words = ["harness", "run", "relu", "--only", only, "-j", "1", "--out", str(out)]
        program = (
            "import sys; from harness.cli import endings, entry;"
            f" sys.argv = {words!r}; endings.PAGE_ROWS = {rows}; entry()"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
        tables.append(pandas.read_csv(out / "verdicts.csv", dtype=str).drop(columns="seconds"))
        assert (out / "index.html").stat().st_size
        assert {p.name for p in out.iterdir()} >= {"run.sqlite"}
        assert not list(out.glob("*-wal"))
    assert tables[0].equals(tables[1])
    assert said[0].replace(str(tmp_path / "10**6"), str(tmp_path / "1")) == said[1]


def test_a_script_repeats_its_row_bit_for_bit() -> None:
    address = ("abs_rfft2", "--candidate", "torch.BadFFT", "--law", "gradient")
    row = json.loads(harness("show", *address, "--format", "json").stdout.splitlines()[0])
    script = harness("show", *address, "--script").stdout
    assert "harness" not in script.replace("show", "")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    printed = done.stdout.splitlines()[-1]
    number = float(printed.split("(")[-1].rstrip(")"))
    assert number == float(row["actual"])


def test_a_wrong_row_is_shown_with_how_its_bound_arises() -> None:
    said = harness("show", "abs_rfft2", "--candidate", "torch.BadFFT", "--law", "gradient").stdout
    (parts,) = re.findall(r"of it  arises.*\n((?:  .*\n)+)", said)
    assert re.search(r"^ +[-\d.e]+ +\d+%  transform: .* t = \d+, rms = [\d.]+", parts, re.MULTILINE)
    assert "units in the last place of float64" in said


def test_a_bound_is_filled_in_with_the_number_of_its_products() -> None:
    said = harness("show", "linear/dtype:bfloat16", "--candidate", "torch", "--law", "agrees").stdout
    (stated,) = re.findall(r"K = (\S+) products, S = sum of their magnitudes = (\S+),", said)
    assert (int(stated[0]), stated[1]) in [(int(k), s) for k, s in re.findall(r", K = (\d+), S = ([^\s,]+)", said)]


def test_the_link_of_a_known_deviation_is_shown_beside_its_reason() -> None:
    done = harness("show", "abs_rfft2", "--candidate", "torch.BadFFT", "--law", "adjoint")
    assert done.returncode == 0, done.stderr
    assert "the backward is irfft2 of the upstream gradient" in done.stdout
    assert "for an odd width; see https://docs.pytorch.org/" in done.stdout


def test_help_and_lists_do_not_import_torch() -> None:
    for words in (["--help"], ["list"], ["list", "laws"]):
        start = f"import sys; sys.argv = ['harness', *{words!r}]"
        program = (
            f"{start}\ntry:\n import harness.cli; harness.cli.entry()\nfinally:\n assert 'torch' not in sys.modules"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert "AssertionError" not in done.stderr


def test_a_budget_is_kept_and_goes_on_where_nothing_was_judged(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        done = harness("run", "relu", "exp", "--budget", "12", "-j", "0", "--out", str(tmp_path))
        assert done.returncode in (0, 1), done.stderr
        table = pandas.read_csv(tmp_path / "verdicts.csv")
        seen.append({*table.loc[table.candidate != "ledger", "case"]})
        assert len(seen[-1]) == 12
    assert not seen[0] & seen[1]


def test_a_damaged_run_is_rescued_and_gone_on_with(tmp_path: Path) -> None:
    words = ("run", "relu", "--only", "dtype=float64 layout=contiguous M=17 N=4", "-j", "1")
    harness(*words, "--out", str(tmp_path / "run"))
    path = tmp_path / "run" / "run.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
    refused = harness("report", str(path))
    assert refused.returncode == 2
    assert "`harness rescue` reads what is left of it" in refused.stderr
    done = harness("rescue", str(tmp_path / "run"), "--out", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr
    assert re.search(r"run.sqlite: [1-9]\d* whole cases", done.stdout)
    assert f"with --resume --out {tmp_path / 'again'}" in done.stdout
    assert harness("rescue", str(tmp_path / "run"), "--out", str(tmp_path / "again")).returncode == 2
    assert harness(*words, "--resume", "--out", str(tmp_path / "again")).returncode == 0
    tables = [pandas.read_csv(tmp_path / name / "verdicts.csv", dtype=str) for name in ("run", "again")]
    assert tables[0].drop(columns="seconds").equals(tables[1].drop(columns="seconds"))


@pytest.mark.parametrize("budget", ["0", "x", "5h", "-3"])
def test_a_budget_that_cannot_be_read_is_said_so(budget: str, tmp_path: Path) -> None:
    done = harness("run", "relu", f"--budget={budget}", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "--budget" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("out", [(), ("--out", "elsewhere")])
def test_each_candidate_has_a_badge_of_its_own(tmp_path: Path, out: tuple[str, ...]) -> None:
    row = Verdict("relu", "relu", "torch", "agrees", "output y", "", "conforms")
    with Store.create(tmp_path / "run.sqlite", {}) as store:
        store.append([row, replace(row, candidate="../my <b>"), replace(row, candidate="oracle")])
        store.finish({})
    done = harness("report", "run.sqlite", "--format", "badge", *out, cwd=tmp_path)
    folder = Path(*out[1:]) / "badges"
    assert done.stdout.splitlines() == [str(folder / ".._my__b_.svg"), str(folder / "torch.svg")]
    assert {p.name for p in (tmp_path / folder).iterdir()} == {".._my__b_.svg", "torch.svg"}
    for path in (tmp_path / folder).iterdir():
        assert ElementTree.fromstring(path.read_text(encoding="utf-8")).tag.endswith("svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("report", "page.html"),
            "page.html: is no run file, expected run.sqlite of a folder that `harness run` wrote",
        ),
        (("diff", "page.html", "page.html"), "a verdicts.csv will do"),
        (("merge", "page.html"), "page.html: is no run file"),
        (("report", "bare"), "bare: has no run.sqlite, expected a folder that `harness run` wrote"),
        (("diff", "bare", "bare"), "bare: has no run.sqlite"),
        (("merge", "bare"), "bare: has no run.sqlite"),
        (("rescue", "bare", "--out", "other"), "bare: has no run.sqlite"),
    ],
)
def test_what_never_was_a_run_is_told_apart_from_a_damaged_one(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "page.html").write_text("<!doctype html>", encoding="utf-8")
    (tmp_path / "bare").mkdir()
    done = harness(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "rescue" not in done.stderr
    assert not (tmp_path / "other").exists()


def test_a_merge_that_is_refused_leaves_the_run_in_out(tmp_path: Path) -> None:
    part(tmp_path / "out", "1/1")
    earlier = (tmp_path / "out" / "run.sqlite").read_bytes()
    done = harness("merge", str(part(tmp_path / "first", "1/2")), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "without shard 2/2" in done.stderr
    assert (tmp_path / "out" / "run.sqlite").read_bytes() == earlier


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"case,seconds\nrelu,1\n", "has the columns case, seconds, and lacks candidate, law, status"),
        (b"op,verdicts\nrelu,agrees\n", "has the columns op, verdicts, and lacks case, candidate"),
        (b"", "cannot be read as a table"),
        (b"\xff\xfe\n", "cannot be read as a table"),
    ],
)
def test_a_table_without_verdicts_is_not_compared(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    done = harness("diff", str(path), str(path))
    assert done.returncode == 2
    assert f"{path}: {said}" in done.stderr
    assert "Traceback" not in done.stderr


SQUARES = """
op: squares
doc: The square of each entry.
inputs: {input: [N]}
outputs: {output: [N]}
sizes: {N: 3}
dtype: float64
error: {model: formula}
oracle: own.squares:due
candidates: {torch: own.squares:wrong, numpy: own.lacking:square}
"""

OWN = """
def due(input):
    return input * input


def wrong(input):
    return input * input * 1.001
"""


LACKING = """
import no_such_package


def square(input):
    return input * input
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a package of its own, and a spec that does not lie in a folder of specs."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "squares.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "own" / "lacking.py").write_text(LACKING, encoding="utf-8")
    (tmp_path / "specs").mkdir()
    (tmp_path / "a place").mkdir()
    (tmp_path / "a place" / "my spec.yaml").write_text(SQUARES, encoding="utf-8")
    return tmp_path


def script(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The console script, which has its own folder first on its path, not the current one."""
    begin = f"import sys; sys.path[0] = {str(ROOT)!r}; from harness.cli import entry; entry()"
    command = [sys.executable, "-c", begin, *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def test_one_s_own_package_is_found_and_copied_commands_name_its_spec(project: Path) -> None:
    done = script("run", "a place/my spec.yaml", "--seed", "3", "--format", "markdown", cwd=project)
    assert done.returncode == 1, done.stderr
    found = re.findall(r"`(harness show [^`]*torch[^`]*)`", done.stdout)
    words = shlex.split(found[0])
    assert words[-4:] == ["--seed", "3", "--spec", "a place/my spec.yaml"]
    shown = script(*words[1:], cwd=project)
    assert shown.returncode == 0, shown.stderr
    assert "deviates" in shown.stdout
    items = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "a place/my spec.yaml"]
    path = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    told = subprocess.run(items, cwd=project, env=path, capture_output=True, text=True, timeout=300, check=False)
    assert "reproduce: harness show squares --spec 'a place/my spec.yaml'" in told.stdout


def test_a_candidate_that_lacks_a_package_fails_unless_it_says_what_it_needs(project: Path) -> None:
    assert script("run", "a place/my spec.yaml", "--out", "out", cwd=project).returncode == 1
    table = pandas.read_csv(project / "out" / "verdicts.csv")
    assert set(table[table.candidate == "numpy"].status) == {"fails"}
    given = "numpy: {call: own.lacking:square, needs: no_such_package}"
    text = SQUARES.replace("numpy: own.lacking:square", given).replace("own.squares:wrong", "torch:square")
    (project / "a place" / "my spec.yaml").write_text(text, encoding="utf-8")
    done = script("run", "a place/my spec.yaml", "--out", "out", cwd=project)
    assert done.returncode == 0, done.stderr
    table = pandas.read_csv(project / "out" / "verdicts.csv")
    assert set(table[table.candidate == "numpy"].status) == {"unsupported"}


def test_specs_that_come_along_are_found_beside_one_s_own(project: Path) -> None:
    only = ("--only", "dtype=float64 M=5 N=3 rank=2 fill=normal layout=contiguous")
    done = script("check", "sigmoid", "torch:sigmoid", *only, "-j", "1", cwd=project)
    assert done.returncode == 0, done.stderr


def test_an_entry_that_selects_no_case_is_red_though_it_shows_itself_sometimes(project: Path) -> None:
    known = "known: [{by: torch, law: agrees, when: N == %s, sometimes: true, because: none}]"
    right = SQUARES.replace("own.squares:wrong", "torch:square").replace(", numpy: own.lacking:square", "")
    codes = []
    for length in (3, 4):
        (project / "a place" / "my spec.yaml").write_text(right + known % length, encoding="utf-8")
        codes.append(script("run", "a place/my spec.yaml", "--out", "out", cwd=project).returncode)
    assert codes == [0, 1]


def test_a_wrong_gradient_by_hand_is_shrunk() -> None:
    words = ("shrink", "sigmoid/M:17", "--candidate", "reference_impls.activations:sigmoid", "--law", "gradient")
    without = harness(*words)
    assert without.returncode == 1
    assert "it was not judged: has no vjp" in without.stderr
    # The vjp of another function: wrong for this one.
    done = harness(*words, "--library", "numpy", "--vjp", "reference_impls.activations:swish_vjp")
    assert done.returncode == 0, done.stderr
    assert "gradient of input: deviates" in done.stdout


def test_what_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    only = ("--only", "dtype=float64 M=5 N=3 rank=2 fill=normal layout=contiguous")
    done = harness("run", "sigmoid", *only, "--out", "/proc/harness")
    assert done.returncode == 2
    assert done.stderr.startswith("harness: /proc/harness")
    assert "Traceback" not in done.stderr


def test_a_run_that_is_stopped_early_says_so_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness", "run", "sigmoid", "--out", str(tmp_path / "out")]
    for seconds in (0.3, 0.8, 1.5):
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        if process.returncode == -signal.SIGINT:
            continue  # before Python had come to our first line
        assert process.returncode == 130
        assert "Traceback" not in said
        assert said.strip().splitlines()[-1:] in ([], ["interrupted"]) or "--resume` goes on" in said


def test_pytest_judges_every_nth_case_where_it_is_asked() -> None:
    counts = []
    for every in ("1", "2"):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--collect-only"]
        command += ["specs/sigmoid.yaml", "--conformance-every", every]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        counts.append(done.stdout.count("sigmoid.yaml::"))
    assert counts[1] == (counts[0] + 1) // 2 > 50
