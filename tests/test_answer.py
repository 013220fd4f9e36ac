"""The answer: every row has one level, relations are relations, causes are few and their rules separate."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import cases, laws, runs, specs
from harness.answer import Level, Manner, Said, answer, document, lines, named
from harness.answer.columns import Columns
from harness.answer.digits import apart, pair
from harness.answer.levels import FAMILIES, OF_LAW, WORDS
from harness.answer.patterns import pattern
from harness.answer.rules import parts, rule
from harness.answer.text import told
from harness.answer.words import about
from harness.asking.binding import load
from harness.cli.until import Until
from harness.model import CandidateSpec, Span, Spec, Traits, Verdict, shown
from harness.subjects import BY_DEFAULT, OTHER_KINDS

ROOT = Path(__file__).parents[1]

FUNCTIONS = """
import threading

import numpy as np
import torch


def negated(x):
    return np.asarray(-1 / (1 + np.exp(-x)))


def halved_above_two(x):
    y = 1 / (1 + np.exp(-x))
    return np.where(x > 2, y / 2, y).astype(x.dtype)


def inaccurate_near_zero(x):
    y = 1 / (1 + np.exp(-x))
    return np.where((np.abs(x) < 0.25) & (np.floor(x * 1e4) % 3 > 0), y * 1.001, y).astype(x.dtype)


def wrong_anywhere(x):
    y = 1 / (1 + np.exp(-x))
    return np.where(np.floor(np.abs(x) * 1e4) % 3 > 0, y * 1.001, y).astype(x.dtype)


def wrong_by_draws(x):
    y = 1 / (1 + np.exp(-x))
    return np.where(np.abs(x) > 2.9, y * 2, y).astype(x.dtype)


def through_half(x):
    return (1 / (1 + np.exp(-x))).astype(np.float16).astype(x.dtype)


def by_steps_and_doubled_in_long_rows(x):
    y = x.dtype.type(1) / (x.dtype.type(1) + np.exp(-x))
    return y * x.dtype.type(2) if x.ndim and x.shape[-1] >= 16 else y


def single_only(x):
    if x.dtype.name != "float32":
        raise ValueError("\\x1b[31mred\\u202e")
    return 1 / (1 + np.exp(-x))


def forgets(x):
    forgets.calls += 1
    return 1 / (1 + np.exp(-x)) + (forgets.calls % 2)


forgets.calls = 0


def writes_to_its_input(x):
    y = np.asarray(1 / (1 + np.exp(-x)))
    if 0 not in x.strides:
        x *= 2
    return y


KEPT = {}


def returns_one_array(x):
    out = KEPT.setdefault((x.shape, x.dtype), np.empty(x.shape, x.dtype))
    out[...] = 1 / (1 + np.exp(-x))
    return out


OWN = threading.local()


def keeps_by_identity(x):
    if getattr(OWN, "of", None) is not x:
        OWN.of, OWN.y = x, np.asarray(1 / (1 + np.exp(-x)))
    return OWN.y.copy()


RANKS = {}


def keeps_a_plan_of_its_first_rank(x):
    y = np.asarray(1 / (1 + np.exp(-x)))
    return y if RANKS.setdefault(x.shape[-1:], x.ndim) == x.ndim else 2 * y


class Overwrites(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        y = torch.sigmoid(input)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y * (1 - y) if torch.is_grad_enabled() else g.mul_(y * (1 - y))


class Scaled(torch.nn.Module):
    def __init__(self, by=2.0):
        super().__init__()
        self.by = by

    def forward(self, input):
        return torch.sigmoid(self.by * input)


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        y = torch.sigmoid(input)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return 2 * g * y * (1 - y)


Doubled.__name__ = "Doubled"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("answer")
    (there / "wrong_sigmoids.py").write_text(FUNCTIONS, encoding="utf-8")
    return there


@pytest.fixture(scope="module")
def sigmoid() -> Spec:
    return specs.read(ROOT / "specs" / "sigmoid.yaml", runs.LAW_NAMES)


def judged(spec: Spec, call: str, library: str, every: int = 5) -> tuple[Any, list[Verdict]]:
    """The answer about a candidate at some of a spec's cases, and its rows."""
    given = CandidateSpec(call, call, None, library)
    spec = replace(spec, candidates=(given,), known=())
    judge = runs.ready(spec, runs.holders(".", "", None))
    found = cases.ordered(spec, cases.cases(spec)[::every])
    rows = [r for case in found for r in judge.verdicts(case, 0, lambda *_: None) if r.candidate == call]
    return answer(spec, given, {c.id: c for c in found}, rows), rows


def test_every_law_has_a_level_and_every_level_a_word() -> None:
    assert set(OF_LAW) == set(FAMILIES) == {"status", *laws.LAWS}
    assert set(WORDS.values()) == set(Level)


def test_a_wrong_value_breaks_no_relation(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:negated", "numpy")
    assert found.said is Said.IS_NOT
    (cause,) = found.causes
    assert (cause.level, cause.manner) == (Level.VALUES, Manner.NUMBER)
    assert all(t.right and not t.wrong for t in map(found.at, (Level.TYPES, Level.LAYOUTS, Level.REPEATS)))


def test_a_function_that_changes_from_call_to_call_breaks_the_relation(sigmoid: Spec, folder: Path) -> None:
    _, rows = judged(sigmoid, f"{folder}/wrong_sigmoids.py:forgets", "numpy", every=20)
    assert "repeatable" in {r.law for r in rows if r.status == "deviates"}


def test_what_is_wrong_between_values_of_an_input_says_between_which(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:halved_above_two", "numpy")
    span = found.causes[0].pattern.span
    assert span is not None
    assert span.below <= 2 < span.low


def test_rows_that_share_one_end_of_their_spans_say_that_alone(sigmoid: Spec, folder: Path) -> None:
    _, rows = judged(sigmoid, f"{folder}/wrong_sigmoids.py:halved_above_two", "numpy")
    one = next(r for r in rows if r.traits.spans)
    near = Span("input", -30.0, -8.0, -40.0, -1.0, bits=20.0)
    far = Span("input", -60.0, -6.5, -inf, -5.0, bits=20.0)
    traits = [replace(one.traits, spans=(span,)) for span in (near, far)]
    shared = pattern([replace(one, traits=t) for t in traits], ())
    assert "wrong only where `input` <= -6.5, right at -5" in shared.text
    endless = pattern([replace(one, traits=replace(t, spans=(replace(t.spans[0], above=inf),))) for t in traits], ())
    assert endless.span is None
    other = Span("input", 0.0, 9.0, -2.0, 20.0, bits=20.0)
    split = pattern([replace(one, traits=replace(one.traits, spans=(span,))) for span in (near, other)], ())
    assert split.span is None


def test_a_rounding_is_named_by_its_size(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:through_half", "numpy", every=2)
    cause, *others = found.causes
    assert {c.manner for c in others} <= {Manner.STEPS}
    assert cause.rule is not None
    assert "float16" in cause.rule.text
    assert cause.pattern.rounding == "float16 or TF32"


def test_half_types_rounded_at_each_step_are_a_cause_apart(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:by_steps_and_doubled_in_long_rows", "numpy", every=2)
    first, *others = found.causes
    assert (first.level, first.manner) == (Level.VALUES, Manner.NUMBER)
    assert first.rule is not None
    assert first.rule.exact
    assert "dtype" not in first.rule.text
    assert {c.manner for c in others} == {Manner.STEPS}


def test_values_at_another_point_count_at_no_case(sigmoid: Spec) -> None:
    given = CandidateSpec("mine", "mine:f", None, "numpy")
    found = {c.id: c for c in cases.ordered(sigmoid, cases.cases(sigmoid))[:30]}
    here, *rest = found
    bad = [Verdict("sigmoid", here, "mine", "agrees", "output", "", "deviates", bound="1")]
    right = [Verdict("sigmoid", c, "mine", "agrees", "output", "", "conforms") for c in rest]
    wrong = Traits(wrong=1, entries=1)
    beside = Verdict("sigmoid", rest[0], "mine", "repeatable", "output", OTHER_KINDS, "deviates", bound="1")
    (cause,) = answer(sigmoid, given, found, [*bad, *right, replace(beside, traits=wrong)]).causes
    assert cause.wrong == (here,)


def test_wrong_defaults_are_a_cause_of_their_own(sigmoid: Spec) -> None:
    given = CandidateSpec("mine", "mine:f", None, "numpy")
    found = {c.id: c for c in cases.ordered(sigmoid, cases.cases(sigmoid)) if not c.invalid}
    here = sigmoid.op
    zeros = [c for c in found if found[c].fill == "zeros"]
    rows = [Verdict("sigmoid", c, "mine", "agrees", "output output", "", "deviates", bound="1") for c in zeros]
    rows += [Verdict("sigmoid", c, "mine", "agrees", "output output", "", "conforms") for c in found if c not in zeros]
    left_out = Verdict("sigmoid", here, "mine", "agrees", "output output", BY_DEFAULT, "deviates", bound="1")
    told = answer(sigmoid, given, found, [left_out, *rows])
    other, alone = sorted(told.causes, key=lambda c: c.wrong == (here,))
    assert (alone.wrong, alone.right, alone.rule) == ((here,), (), None)
    assert set(other.wrong) == set(zeros)
    assert other.rule is not None
    assert other.rule.exact
    assert "wrong at 1 of 1 cases: where params are left out" in " ".join(" ".join(lines(told)).split())
    both = answer(sigmoid, given, found, [left_out, replace(left_out, scenario=""), *rows])
    assert not any(c.wrong == (here,) for c in both.causes)


def test_a_cause_is_right_where_what_it_is_about_is_right(sigmoid: Spec) -> None:
    given = CandidateSpec("mine", "mine:f", None, "numpy")
    found = {c.id: c for c in cases.ordered(sigmoid, cases.cases(sigmoid))[:9]}
    names = list(found)
    of = frozenset({"output strided"})
    rows = [Verdict("sigmoid", names[0], "mine", "layout", "output", "strided", "deviates", bound="1")]
    rows += [Verdict("sigmoid", c, "mine", "layout", "output", "offset", "conforms") for c in names[1:5]]
    rows += [Verdict("sigmoid", names[5], "mine", "layout", "", "", "conforms", traits=Traits(of=of))]
    (cause,) = answer(sigmoid, given, found, rows).causes
    assert cause.right == (names[5],)
    assert cause.subjects == ("strided",)


def test_a_name_comes_first(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:negated", "numpy", every=15)
    causes = named(found.causes, lambda cause: "is negated")
    told = lines(replace(found, causes=causes))
    assert next(line for line in told if line.startswith("  values")).split() == ["values", "is", "negated"]


def test_what_raises_is_one_cause_whose_rule_is_exact(sigmoid: Spec, folder: Path) -> None:
    found, rows = judged(sigmoid, f"{folder}/wrong_sigmoids.py:single_only", "numpy")
    (cause,) = found.causes
    assert (cause.manner, cause.detail) == (Manner.RAISES, "ValueError")
    assert cause.rule is not None
    assert cause.rule.exact
    assert cause.rule.text.startswith("dtype is")
    assert not any("\x1b" in r.message or "\u202e" in r.message for r in rows)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("writes_to_its_input", "writes to its input `input`"),
        ("returns_one_array", "results of two calls share memory"),
    ],
)
def test_what_is_written_to_comes_before_what_goes_wrong_of_it(
    sigmoid: Spec, folder: Path, function: str, says: str
) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:{function}", "numpy", every=15)
    first = found.causes[0]
    assert (first.level, first.manner) == (Level.EFFECTS, Manner.FACT)
    assert says in " ".join(" ".join(lines(found)).split())
    assert not found.at(Level.VALUES).wrong


def test_a_wrong_value_does_not_follow_from_what_is_written_to(sigmoid: Spec, folder: Path) -> None:
    path = folder / "both.py"
    path.write_text(
        "import numpy as np\n\n\ndef f(x):\n    y = np.tanh(x)\n    x *= 2\n    return y\n", encoding="utf-8"
    )
    found, _ = judged(sigmoid, f"{path}:f", "numpy", every=15)
    assert [c.level for c in found.causes if c.manner is not Manner.STEPS] == [Level.VALUES, Level.EFFECTS]


def test_a_backward_that_writes_to_the_upstream_gradient_is_said_to(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:Overwrites", "torch", every=30)
    assert found.causes[0].level is Level.EFFECTS
    assert "writes to the upstream gradient of `output`" in " ".join(" ".join(lines(found)).split())


def test_what_is_kept_of_an_overwritten_input_is_said_in_words(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:keeps_by_identity", "numpy", every=15)
    assert found.causes[0].level is Level.REPEATS
    assert "old contents of inputs that were overwritten in place" in " ".join(" ".join(lines(found)).split())


def test_bytes_are_swapped_and_axes_are_transposed() -> None:
    row = Verdict("sigmoid", "sigmoid", "mine", "layout", "output y", "swapped", "deviates", bound="1")
    assert about(row) == "layout byte-swapped: `y` "
    assert about(replace(row, law="agrees", scenario="")) == ""
    assert about(replace(row, law="gradient", subject="gradient of x", scenario="")) == "gradient of x "


def test_second_order_of_a_wrong_gradient_follows_from_it(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:Doubled", "torch", every=15)
    (cause,) = found.causes
    assert cause.level is Level.GRADIENTS
    assert cause.beside[Level.SECOND]


def test_what_stands_with_a_cause_is_counted_only_where_it_is_wrong_at_other_cases(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:Doubled", "torch", every=15)
    cause = replace(found.causes[0], wrong=("a", "b"))
    for where, said in (({"a", "b"}, "second order at the same cases"), ({"a"}, "second order 1 of ")):
        beside = replace(cause, beside={Level.SECOND: frozenset(where)})
        assert any(line.startswith(f"with it: {said}") for line in told(beside, found))


def test_a_class_is_built_with_the_arguments_behind_it(sigmoid: Spec, folder: Path) -> None:
    path = f"{folder}/wrong_sigmoids.py:Scaled"
    assert load(f"{path}(by=3.0)").by == 3.0
    assert judged(sigmoid, f"{path}(by=1.0)", "torch", every=30)[0].said is Said.IS
    assert judged(sigmoid, path, "torch", every=30)[0].said is Said.IS_NOT


def test_an_accepted_level_is_no_fault(sigmoid: Spec, folder: Path) -> None:
    found, rows = judged(sigmoid, f"{folder}/wrong_sigmoids.py:Doubled", "torch", every=30)
    accepted = answer(sigmoid, CandidateSpec("d", "d:d", None, "torch"), {}, rows, {Level.GRADIENTS, Level.SECOND})
    assert (found.red, accepted.red) == (True, False)


def test_an_answer_fits_a_terminal_and_has_all_levels(sigmoid: Spec, folder: Path) -> None:
    for name in ("negated", "single_only", "through_half"):
        found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:{name}", "numpy", every=15)
        text = lines(found)
        assert len(text) <= 25
        assert max(map(len, text)) <= 80
        assert all(level.value in " ".join(" ".join(text).split()) for level in Level)


def test_how_far_right_values_are_off_is_told_beside_how_far_they_may_be(sigmoid: Spec) -> None:
    found, _ = judged(sigmoid, "reference_impls.activations:sigmoid", "numpy", every=15)
    off = {a.dtype: a for a in found.accuracy}
    assert off.keys() >= {"float64", "float32"}
    assert all(0 < a.ulps <= a.allowed for a in off.values())
    assert any(line.startswith("  accuracy") and "allowed ULP in float64" in line for line in lines(found))


def test_a_bound_that_leaves_few_digits_tells_nothing_of_accuracy(sigmoid: Spec) -> None:
    given = CandidateSpec("mine", "mine:f", None, "numpy")
    found = {c.id: c for c in cases.ordered(sigmoid, cases.cases(sigmoid))[:2]}
    vast = {"margin": 0.5, "ulps": 5.5e15, "bound": "1"}
    rows = [Verdict("sigmoid", c, "mine", "agrees", "output", "", "conforms", **vast) for c in found]
    assert answer(sigmoid, given, found, rows).accuracy == ()


def test_magnitudes_of_an_input_part_wrong_entries_from_right_ones(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:inaccurate_near_zero", "numpy", every=3)
    assert "|`input`|" in found.causes[0].pattern.text


def test_what_is_wrong_in_the_middle_too_is_not_near_the_ends(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:wrong_anywhere", "numpy", every=3)
    assert found.causes[0].level is Level.VALUES
    assert "near the" not in found.causes[0].pattern.text


def test_a_budget_of_time_reaches_other_dtypes_special_data_and_wrong_calls_early() -> None:
    spec = specs.read(ROOT / "specs" / "conv2d.yaml", runs.LAW_NAMES)
    planned = runs.plan([spec], 0)
    order = runs.near_and_far(planned).cases["conv2d"]
    assert {c.id for c in order} == {c.id for c in planned.cases["conv2d"]}
    assert order[: runs.NEAREST] == runs.nearest(planned).cases["conv2d"][: runs.NEAREST]
    early = order[:60]
    assert {c.dtype for c in early} == set(spec.dtypes) | {c.dtype for c in order if c.dtype not in spec.dtypes}
    assert any(c.fill in ("nan", "inf") for c in early)
    assert any(c.invalid for c in early)


def test_one_case_is_judged_however_short_the_time() -> None:
    until = Until(seconds=0.0)
    assert not until.enough()
    until.some = True
    assert until.enough()


def test_what_few_entries_show_has_a_rate_and_no_rule(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:wrong_by_draws", "numpy", every=1)
    cause = found.causes[0]
    assert (cause.level, cause.manner) == (Level.VALUES, Manner.NUMBER)
    assert cause.rule is None
    assert cause.rate is not None
    assert "one entry in" in " ".join(lines(found))


def test_the_document_is_json_and_has_every_level(sigmoid: Spec, folder: Path) -> None:
    found, _ = judged(sigmoid, f"{folder}/wrong_sigmoids.py:negated", "numpy", every=15)
    read = json.loads(json.dumps(document(found), allow_nan=False))
    assert [level["level"] for level in read["levels"]] == [level.value for level in Level]
    assert read["answer"] == "is not"


# --- rules ----------------------------------------------------------------------------------------------------------


def columns(count: int) -> Columns:
    draw = np.random.Generator(np.random.Philox(3))
    kinds = np.array(["float16", "float32", "float64"], dtype=object)
    numbers = {name: draw.integers(1, 20, count).astype(float) for name in ("kH", "kW", "C_in", "stride")}
    return Columns({"dtype": kinds[draw.integers(0, 3, count)]}, numbers, count)


def test_a_fact_that_no_case_has_says_nothing() -> None:
    found = columns(60)
    lacking = replace(found, numbers={**found.numbers, "rate": np.full(60, np.nan)})
    wrong = found.words["dtype"] == "float16"
    assert rule(lacking, wrong) == rule(found, wrong)


@pytest.mark.parametrize(
    ("says", "text"),
    [
        (lambda c: c.numbers["kH"] != c.numbers["kW"], "kH != kW"),
        (lambda c: c.numbers["stride"] > c.numbers["kH"], "kH < stride"),
        (lambda c: c.numbers["C_in"] % 8 == 0, "C_in % 8 = 0"),
        (lambda c: c.numbers["C_in"] % 2 == 1, "C_in odd"),
        (lambda c: c.words["dtype"] == "float16", "dtype is float16"),
        (lambda c: (c.words["dtype"] == "float16") & (c.numbers["kH"] >= 9), "dtype is float16 and kH >= 9"),
    ],
)
def test_a_rule_is_found_again(says: Any, text: str) -> None:
    found = columns(500)
    made = rule(found, says(found))
    assert made is not None
    assert made.exact
    same = {"kH < stride": {"kH < stride", "kH >= stride"}, "kH != kW": {"kH != kW", "kH = kW"}}.get(text, {text})
    opposite = {"C_in odd": "C_in even", "C_in % 8 = 0": "C_in % 8 != 0", "dtype is float16": "dtype is not float16"}
    assert made.text in same | {opposite.get(text, text)}


def test_a_size_that_no_case_has_makes_no_rule() -> None:
    found = Columns({}, {"kH": np.full(6, np.nan)}, 6)
    assert rule(found, np.arange(6) < 3) is None


def test_chance_makes_no_rule() -> None:
    found = columns(300)
    wrong = np.random.Generator(np.random.Philox(5)).random(300) < 0.5
    made = rule(found, wrong)
    assert made is None or not made.exact


def test_a_list_of_cases_is_no_rule() -> None:
    found = columns(60)
    drawn = np.random.Generator(np.random.Philox(7)).permutation(60) < 7
    assert rule(found, drawn) is None


def test_few_cases_make_no_rule_of_a_threshold_and_mistakes() -> None:
    found = columns(100)
    wrong = np.zeros(100, bool)
    wrong[np.argsort(found.numbers["C_in"], kind="stable")[[-1, -2, 10, 50, 70]]] = True
    assert rule(found, wrong) is None


def test_neighbours_are_told_apart_from_chance() -> None:
    found = columns(100)
    wide = found.numbers["C_in"] >= 10
    assert parts(found, wide, "C_in", "10", 10.0)
    drawn = np.random.Generator(np.random.Philox(9)).random(100) < 0.3
    assert not parts(found, drawn, "C_in", "10", 10.0)


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((-1.018, -1.0180001), ["-1.018", "-1.0180001"]),
        ((0.9999999999999996, 1.0), ["0.9999999999999996", "1"]),
        ((0.25,), ["0.25"]),
    ],
)
def test_different_numbers_read_differently(numbers: tuple[float, ...], texts: list[str]) -> None:
    assert apart(*numbers) == texts


def test_a_row_s_two_numbers_read_differently_in_any_precision() -> None:
    assert len(set(pair("1.414213562373095", "1.4142135623730950488"))) == 2
    assert pair("1.5e+00-2e+00j", "(3,)") == ("1.5e+00-2e+00j", "(3,)")


def test_a_text_that_a_spreadsheet_would_compute_begins_with_a_quote() -> None:
    assert [shown(t)[0] for t in ("=1", "+cmd()", "@x", "-1+cmd()")] == ["'"] * 4
    assert [shown(t) for t in ("-1.5e-3", "-inf", "nan", "1+2j", "")] == ["-1.5e-3", "-inf", "nan", "1+2j", ""]


# --- the command ----------------------------------------------------------------------------------------------------


def harness(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def test_the_first_deviation_is_told_and_the_last_answer_kept(folder: Path) -> None:
    only = ("--only", "fill=normal layout=contiguous dtype=float64 M=5 N=3", "-j", "1")
    done = harness("check", "sigmoid", "./wrong_sigmoids.py:negated", *only, "--out", "left", cwd=folder)
    assert done.returncode == 1
    assert "first, after" in done.stderr
    assert done.stdout.startswith("./wrong_sigmoids.py:negated is not sigmoid (NumPy; ")
    assert len(done.stdout.splitlines()) <= 25
    assert (folder / "left" / "index.html").exists()
    (script,) = (folder / "left").glob("repro_*.py")
    again = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "def _of_file" in harness("show", "--script", cwd=folder).stdout
    assert "-1 of" not in harness("shrink", cwd=folder).stderr


def test_what_is_right_when_asked_first_depends_on_what_was_called_before(folder: Path) -> None:
    only = ("--only", "fill=normal layout=contiguous dtype=float64 M=5", "-j", "1")
    done = harness("check", "sigmoid", "./wrong_sigmoids.py:keeps_a_plan_of_its_first_rank", *only, cwd=folder)
    said = " ".join(done.stdout.split())
    assert "depends on what was called before" in said
    assert "wrong after sigmoid" in said
