"""`harness check` in the hands of a newcomer: what is wrong with a spec, a path or a function is one line with its place."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.model import KEY, TAB
from harness.store import Store
from harness.vocabulary import ALGORITHMS

SPEC = """\
op: hinge
doc: Mean hinge loss.
inputs:
  input: [N, M]
  target: {shape: [N, M], domain: binary, differentiable: false}
outputs:
  loss: []
sizes: {N: [3, 4], M: [5]}
params: {margin: [1.0]}
dtype: [float64, float32]
error: {model: formula}
oracle: losses:hinge
"""

LOSSES = """\
import numpy as np


def hinge(input, target, *, margin):
    return np.maximum(0, margin - (2 * target - 1) * input).mean()


def writes(input, target, *, margin):
    input -= margin
    return input.mean()


def short(input, target, *, margin):
    return (margin / (input.shape[0] - 2)) * input.mean()


def known(input, target, *, margin):
    return {1.0: 1.0, 2.0: 2.0}[margin] * input.mean()


def right(input, target, margin):
    return np.mean(np.maximum(0, margin - (2 * target - 1) * input)).astype(input.dtype)


const = 3
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "losses.py").write_text(LOSSES, encoding="utf-8")
    (tmp_path / "hinge.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def respecified(here: Path, there: str, instead: str) -> None:
    assert there in SPEC
    (here / "hinge.yaml").write_text(SPEC.replace(there, instead, 1), encoding="utf-8")


def check(here: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "check", *words, *([] if "-j" in words else ["-j", "1"])]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def refused(here: Path, *words: str) -> str:
    """The one line that a command which judges nothing says."""
    done = check(here, *words)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    return line.removeprefix("harness: ")


@pytest.mark.parametrize(
    ("there", "instead", "said"),
    [
        (
            "{margin:",
            "{marginn:",
            "hinge.yaml:9:10: the definition losses:hinge has no param `marginn`; did you mean `mar",
        ),
        (
            "{margin: [1.0]}",
            "{}",
            "hinge.yaml:12:9: the definition losses:hinge takes (input, target, *, margin), expect",
        ),
        ("  target: {shape: [N, M], domain: binary, differentiable: false}\n", "", "hinge.yaml:11:9: the definition "),
        ("loss: []", "loss: [N]", "hinge.yaml: the definition is at fault, and nothing was judged: `loss` is () by "),
        (
            "losses:hinge",
            "losses:writes",
            "hinge.yaml: the definition is at fault, and nothing was judged: losses.py:9",
        ),
    ],
)
def test_a_definition_that_does_not_fit_its_spec_is_said_before_anything_is_judged(
    here: Path, there: str, instead: str, said: str
) -> None:
    respecified(here, there, instead)
    assert refused(here, "hinge.yaml", "losses:right").startswith(said)


def test_a_definition_that_fails_at_a_param_nobody_listed_is_told_how_to_exclude_it(here: Path) -> None:
    spec = SPEC.replace("losses:hinge", "losses:known").replace("[1.0]", "[1.0, 2.0]")
    (here / "hinge.yaml").write_text(spec, encoding="utf-8")
    done = check(here, "hinge.yaml", "losses:right")
    assert done.returncode == 2
    assert "added by the harness: where the op has no such value, write `where: " in done.stderr
    assert "`where: margin in (1.0, 2.0)`" in done.stderr


def test_a_definition_that_fails_at_a_size_nobody_listed_is_told_how_to_exclude_it(here: Path) -> None:
    respecified(here, "losses:hinge", "losses:short")
    done = check(here, "hinge.yaml", "losses:right")
    assert done.returncode == 2
    assert "hinge/N:2" in done.stderr
    assert "added by the harness: where the op has no such size, write `where: N >= 3" in done.stderr


def test_a_shape_that_only_some_cases_have_is_the_specs_fault_also_where_the_candidate_raises(here: Path) -> None:
    respecified(here, "loss: []", 'loss: ["*([] if N > 2 else [N])"]')
    text = LOSSES.replace(
        "def right(input, target, margin):\n", "def right(input, target, margin):\n    1 / (len(input) > 2)\n"
    )
    (here / "losses.py").write_text(text, encoding="utf-8")
    assert "and (2,) by the spec" in check(here, "hinge.yaml", "losses:right").stderr


FUNCTIONS = """\
import numpy as np
import torch


class Sigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        y = torch.sigmoid(torch.as_tensor(input))
        ctx.save_for_backward(y)
        return y if isinstance(input, torch.Tensor) else y.numpy()

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)


apply = Sigmoid.apply


def wrapped(input):
    return Sigmoid.apply(input)


def converts(input):
    return np.asarray(Sigmoid.apply(np.asarray(input)))
"""


@pytest.mark.parametrize(
    ("name", "library"),
    [("Sigmoid", "torch"), ("Sigmoid.apply", "torch"), ("apply", "torch"), ("wrapped", "torch"), ("converts", "numpy")],
)
def test_an_autograd_function_is_torchs_also_where_it_answers_numpy_arrays(here: Path, name: str, library: str) -> None:
    (here / "functions.py").write_text(FUNCTIONS, encoding="utf-8")
    done = check(here, "sigmoid", f"functions:{name}", "--only", "case=sigmoid")
    assert f"library {library}: " in done.stderr
    assert ("gradients 1" in done.stdout) == (library == "torch")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hinge.yaml", "lossez:right"), "no module `lossez`, which `lossez:right` names; did you mean `losses`?"),
        (("hinge.yaml", "losses:rihgt"), "the module `losses` has no `rihgt`; did you mean `right`?"),
        (("hinge.yaml", "./lossez.py:right"), "`./lossez.py`: no such file; did you mean `losses.py`?"),
        (("./hinje.yaml", "losses:right"), "`./hinje.yaml`: no such file; did you mean `hinge.yaml`?"),
        (
            ("hinge.yaml", "losses:right", "--vjp", "losses:writez"),
            "the module `losses` has no `writez`; did you mean `",
        ),
        (("hinge.yaml", "losses:const"), "`losses:const` is the number 3, expected a function"),
        (
            ("hinge.yaml", "losses:right", "--vjp", "losses:const"),
            "`losses:right` has a vjp, `losses:const`, that is the n",
        ),
        (
            ("hinge.yaml", "bad_syntax:f"),
            "`bad_syntax:f` cannot be imported: HERE/bad_syntax.py:2:15: SyntaxError: invalid",
        ),
        (("hinge.yaml", "./bad_syntax.py:f"), "`./bad_syntax.py:f` cannot be imported: HERE/bad_syntax.py:2:15: Synta"),
        (
            ("hinge.yaml", "bad_import:f"),
            "`bad_import:f` cannot be imported: HERE/bad_import.py:1: ModuleNotFoundError: No",
        ),
        (
            ("hinge.yaml", "losses:right", "--with", "p=1"),
            "`losses:right(p=1)` is the function `right`, expected a clas",
        ),
        (
            ("hinge.yaml", "losses:right", "--python", "/no/such"),
            "`/no/such` does not start: No such file or directory",
        ),
    ],
)
def test_a_path_that_leads_nowhere_is_named_with_its_line_and_the_nearest_right_one(
    here: Path, words: tuple[str, ...], said: str
) -> None:
    (here / "bad_syntax.py").write_text("def f(x):\n    return x +\n", encoding="utf-8")
    (here / "bad_import.py").write_text("import not_there_abc\ndef f(x): return x\n", encoding="utf-8")
    assert refused(here, *words).startswith(said.replace("HERE", here.name))


@pytest.mark.parametrize(("name", "text"), [("gone", "import not_there_abc\n"), ("broken", "def f(:\n")])
def test_a_definition_whose_module_cannot_be_imported_is_the_answer(here: Path, name: str, text: str) -> None:
    (here / f"{name}.py").write_text(text + "def hinge(input): return input\n", encoding="utf-8")
    respecified(here, "losses:hinge", f"{name}:hinge")
    assert f"{name}.py:1" in refused(here, "hinge.yaml", "losses:right")


SIGNATURES = """\
def one(a): return a
def none(): return 1
def more(input, target, margin, z): return input
def other(x, y, z): return x
def twice(margin, input): return input
def anything(*args, **params): return args[0].mean()
def named(b, a, margin=1.0): return a.mean()
def by_name(*, target, input, margin): return input.mean()
def nothing(input, target, margin): return None
def text(input, target, margin): return "abc"
def raises(input, target, margin): raise KeyError(margin)
def vjp(g, input): return input, None
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("misfit:one",), "`misfit:one` takes (a); hinge calls it with (input, target)"),
        (("misfit:none",), "`misfit:none` takes (); hinge calls it with (input, target)"),
        (
            ("misfit:more",),
            "`misfit:more` takes (input, target, margin, z); hinge calls it with (input, target, margin=...)",
        ),
        (("misfit:other",), "`misfit:other` takes (x, y, z); hinge calls it with (input, target)"),
        (("misfit:twice",), "`misfit:twice` takes (margin, input); hinge calls it with (input, target, margin=...)"),
        (
            ("losses:right", "--vjp", "misfit:vjp"),
            "`misfit:vjp` takes (g, input); hinge calls it with (cotangent, input, target)",
        ),
    ],
)
def test_a_signature_with_no_place_for_the_ops_arguments_is_said_before_anything_is_judged(
    here: Path, words: tuple[str, ...], said: str
) -> None:
    (here / "misfit.py").write_text(SIGNATURES, encoding="utf-8")
    assert refused(here, "hinge.yaml", *words, "--library", "numpy") == said


@pytest.mark.parametrize("name", ["anything", "named", "by_name"])
def test_a_signature_that_takes_the_call_is_judged(here: Path, name: str) -> None:
    (here / "misfit.py").write_text(SIGNATURES, encoding="utf-8")
    done = check(here, "hinge.yaml", f"misfit:{name}", "--library", "numpy", "--only", "case=hinge")
    assert done.stdout.startswith(f"misfit:{name} is not hinge (NumPy; 1 case)")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "values        returned None, expected a NumPy array: 1 of 1 cases"),
        ("text", "values        returned the text 'abc', expected a NumPy array: 1 of 1 cases"),
        ("raises", "values        raises KeyError at 1 of 1 cases"),
    ],
)
def test_what_returns_no_array_is_not_said_to_raise(here: Path, name: str, said: str) -> None:
    (here / "misfit.py").write_text(SIGNATURES, encoding="utf-8")
    done = check(here, "hinge.yaml", f"misfit:{name}", "--library", "numpy", "--only", "case=hinge")
    assert said in done.stdout
    assert "an exception" not in done.stdout


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("dtype=float23", "nothing to judge: no case has dtype=float23; did you mean `float32`?"),
        ("N=99", "nothing to judge: no case has N=99; known are 1, "),
        ("dtype=float16 N=3", "nothing to judge: no case has dtype=float16; did you mean `float"),
        ("case=hinge N=4", "nothing to judge: no case has all of `case=hinge N=4` together"),
    ],
)
def test_a_selection_of_nothing_names_the_value_that_no_case_has(here: Path, only: str, said: str) -> None:
    assert refused(here, "hinge.yaml", "losses:right", "--library", "numpy", "--only", only).startswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("chek",), "no command `chek`; did you mean `harness check`?"),
        (("frobnicate",), "no command `frobnicate`; there are run, check, show, "),
        (("check",), "name an op and a function, as in `harness check softmax my_package.layers:softmax`; "),
        (
            ("check", "softmax"),
            "`softmax`: name a function too, as in `harness check softmax my_package.layers:softmax`",
        ),
        (("check", "./a.yaml"), "`./a.yaml`: name a function too, as in `harness check ./a.yaml my_package.layers:a`"),
        (
            ("check", "relu", "a:b", "--algorithm", "wino"),
            "--algorithm: unknown `wino`; did you mean `winograd`?; there are",
        ),
    ],
)
def test_a_command_that_is_not_whole_shows_one_that_is(here: Path, words: tuple[str, ...], said: str) -> None:
    command = [sys.executable, "-m", "harness", *words]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"harness: {said}")


@pytest.mark.parametrize("command", ["check", "shrink"])
def test_help_names_every_algorithm(command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "harness", command, "-h"], capture_output=True, text=True, check=False)
    told = "".join(done.stdout.split())
    assert all(name in told for name in ALGORITHMS)


def test_a_run_says_on_its_table_and_page_which_specs_were_left_out(here: Path) -> None:
    (here / "hinge.yaml").write_text(SPEC + "candidates:\n  numpy: losses:right\n", encoding="utf-8")
    (here / "broken.yaml").write_text(SPEC.replace("oracle", "orcale"), encoding="utf-8")
    words = ("run", "hinge.yaml", "broken.yaml", "--only", "dtype=float64 fill=normal", "-j", "1", "--out", "out")
    command = [sys.executable, "-m", "harness", *words]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "1 spec cannot be read and was not judged: broken.yaml" in done.stdout
    assert "1 spec cannot be read and was not judged: broken.yaml" in (here / "out/index.html").read_text("utf-8")


SLOW = """\
import time
import numpy as np


def slow(input, target, margin):
    time.sleep(0.01 if input.shape[0] != 4 else 20)
    return np.mean(np.maximum(0, 1.001 * margin - (2 * target - 1) * input)).astype(input.dtype)
"""


def test_a_budget_of_seconds_is_that_of_the_whole_command(here: Path) -> None:
    (here / "slow.py").write_text(SLOW, encoding="utf-8")
    began = time.monotonic()
    done = check(here, "hinge.yaml", "slow:slow", "--library", "numpy", "--budget", "12s", "-j", "2")
    assert time.monotonic() - began < 12 + 8  # what starts and ends a process, on a busy machine
    assert done.returncode == 1
    assert "slow:slow is not hinge (NumPy; " in done.stdout


def test_sigterm_ends_judging_and_tells_what_was_judged(here: Path) -> None:
    (here / "slow.py").write_text(SLOW, encoding="utf-8")
    words = ("check", "hinge.yaml", "slow:slow", "--library", "numpy", "-j", "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *words], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert said.startswith("first, after ")
    assert "slow:slow is not hinge (NumPy; " in out
    assert "SIGTERM ended it: the answer is of the " in err
    assert process.returncode == 130


def test_a_wrong_call_that_the_definition_takes_is_not_said_to_be_lacking(here: Path) -> None:
    done = check(here, "hinge.yaml", "losses:right", "--library", "numpy", "--only", "N=3 dtype=float64")
    assert "not offered" not in done.stdout
    rows = check(
        here, "hinge.yaml", "losses:right", "--library", "numpy", "--only", "N=3 dtype=float64", "--format", "rows"
    )
    assert "is a wrong call that the harness made up, and the definition takes it, too" in rows.stdout


def test_the_command_that_a_page_names_shows_a_function_of_ones_own(here: Path) -> None:
    words = ("--library", "numpy", "--only", "N=3 dtype=float64", "--page", "--out", "out")
    done = check(here, "hinge.yaml", "losses:short", *words)
    assert done.returncode == 1
    with Store.open(here / "out/run.sqlite") as store:
        footer = store.footer
    for cause in footer["causes"]:
        example = {**cause["example"], "candidate": cause["candidate"]}
        found = footer["evidence"][TAB.join(example[name] for name in KEY)]
        assert found["repro"]
        assert "--library numpy" in found["command"]
        _, *words = shlex.split(found["command"])
        shown = subprocess.run(
            [sys.executable, "-m", "harness", *words, "--script"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        assert shown.stdout.strip() == found["repro"].strip()


def test_a_function_that_is_right_and_sometimes_slow_is_not_said_to_be_another_one(here: Path) -> None:
    (here / "slow.py").write_text(SLOW.replace("1.001 *", "").replace("0.01", "0"), encoding="utf-8")
    words = ("--library", "numpy", "--timeout", "1", "--only", "N=3,4 M=5 dtype=float64 fill=normal layout=contiguous")
    done = check(here, "hinge.yaml", "slow:slow", *words)
    assert done.stdout.startswith("slow:slow is hinge where it answers in time, and too slow elsewhere (NumPy; ")
    assert "too slow to be judged at 1 of " in done.stdout
    assert done.returncode == 1


def test_a_definition_without_end_at_a_size_that_was_added_says_how_to_leave_it_out(here: Path) -> None:
    text = LOSSES.replace(
        "    return np.maximum(0, m", "    while input.shape[0] == 5:\n        pass\n    return np.maximum(0, m"
    )
    (here / "losses.py").write_text(text, encoding="utf-8")
    words = ("--library", "numpy", "--timeout", "1", "--only", "N=5,3 M=5")
    said = check(here, "hinge.yaml", "losses:right", *words).stderr.splitlines()
    assert any(
        "judging losses:right: no end within 1 s, which --timeout sets; at " in line and line.endswith("; tried again")
        for line in said
    )
    assert any(
        "was not judged: no end within 1 s, which --timeout sets" in line
        and "added by the harness: where the op has no such size, write `where: N <= 4" in line
        for line in said
    )


def test_a_definition_without_end_at_the_first_case_ends_the_command_all_the_same(here: Path) -> None:
    (here / "losses.py").write_text(
        LOSSES.replace("    return np.maximum", "    while True:\n        pass\n    return"), "utf-8"
    )
    done = check(here, "hinge.yaml", "losses:right", "--library", "numpy", "--timeout", "1", "--only", "case=hinge")
    assert done.returncode == 1
    assert "harness: hinge was not judged: no end within 1 s, which --timeout sets" in done.stderr
