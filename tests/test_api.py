"""The Python API: one call in anybody's test, with a derived bound; a function judged under every law."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import harness

RNG = np.random.default_rng(5)
X = RNG.standard_normal((2, 3, 6, 6)).astype(np.float32)
W = RNG.standard_normal((4, 3, 3, 3)).astype(np.float32)


def conv(x: Any, w: Any, **params: Any) -> Any:
    return torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(w), **params)


def normalized(x: Any, eps: float) -> Any:
    return torch.nn.functional.layer_norm(torch.from_numpy(x), x.shape[-1:], eps=eps)


def test_importing_harness_loads_nothing_else() -> None:
    code = "import sys, harness; print([m for m in ('numpy', 'torch', 'pydantic', 'scipy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_right_result_conforms_in_any_librarys_arrays() -> None:
    y = conv(X, W)
    harness.assert_conforms("conv2d", y, {"input": torch.from_numpy(X), "weight": W})
    harness.assert_conforms("conv2d", y.numpy(), [X, W, None], {"stride": 1})


def test_a_wrong_entry_is_named_with_its_bound_and_ulps() -> None:
    y = conv(X, W).numpy().copy()
    y[1, 2, 3, 0] *= np.float32(1.001)
    with pytest.raises(AssertionError, match=r"conv2d: \[1, 2, 3, 0\] is .*ULPs, .* times the bound .*; 1 of 128"):
        harness.assert_conforms("conv2d", y, [X, W])


@pytest.mark.parametrize("tier", ["worst", "any"])
def test_half_types_and_complex_numbers_are_judged_in_their_own_precision(tier: Any) -> None:
    x = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    for dtype in (torch.bfloat16, torch.float16, torch.float64):
        harness.assert_conforms("softmax", torch.softmax(x.to(dtype), -1), [x.to(dtype)], {"dim": -1}, tier=tier)
    harness.assert_conforms("fft", np.fft.fft(X[0, 0]), [X[0, 0]], tier=tier)


def test_what_is_missing_or_unknown_is_said() -> None:
    with pytest.raises(TypeError, match="expected the inputs input, weight, bias; got input"):
        harness.assert_conforms("conv2d", X, {"input": X})
    with pytest.raises(TypeError, match="expected the params .*; got strid"):
        harness.bound("conv2d", [X, W], {"strid": 2})
    with pytest.raises(ValueError, match="did you mean `conv2d`"):
        harness.bound("conv2dd", [X, W])
    with pytest.raises(AssertionError, match="expected the shape"):
        harness.assert_conforms("conv2d", X, [X, W])


def test_a_bound_has_the_shape_of_what_is_expected() -> None:
    found = harness.bound("conv2d", [X, W])
    assert found.expected.shape == found.bound.shape == (2, 4, 4, 4)
    assert np.all(np.abs(conv(X, W).numpy() - found.expected) <= found.bound)
    assert np.all(harness.bound("conv2d", [X, W], tier="any").bound <= found.bound)


@pytest.mark.parametrize(
    ("op", "actual", "inputs", "params", "fits"),
    [
        ("conv2d", lambda: conv(X, W[:, :, ::-1, ::-1].copy()), [X, W], {}, "computes conv2d with `weight` flipped"),
        ("conv2d", lambda: conv(X, W, padding=(2, 1)), [X, W], {"padding": (1, 2)}, "swaps the axes of `padding`"),
        (
            "softmax",
            lambda: torch.softmax(torch.from_numpy(X[0]), 1),
            [X[0]],
            {"dim": 2},
            "ignores `dim` (computes with 1)",
        ),
        ("relu", lambda: 2 * np.maximum(X[0], 0), [X[0]], {}, "computes relu with `input` doubled"),
        (
            "layer_norm",
            lambda: normalized(X, 1e-3),
            [X, None, None],
            {"normalized_shape": X.shape[-1:]},
            "ignores `eps`",
        ),
    ],
)
def test_a_wrong_result_says_which_mistake_gives_it(
    op: str, actual: Any, inputs: list[Any], params: dict[str, Any], fits: str
) -> None:
    with pytest.raises(AssertionError, match=re.escape(f"; this fits: {fits}")):
        harness.assert_conforms(op, actual(), inputs, params)


def test_a_result_that_several_mistakes_give_says_each() -> None:
    bias = np.linspace(0.1, 0.9, len(W)).astype(np.float32)
    both = "; this fits: leaves out `bias`, or: computes conv2d with `bias` cut to integers"
    with pytest.raises(AssertionError, match=re.escape(both)):
        harness.assert_conforms("conv2d", conv(X, W), [X, W, bias])


def test_a_result_of_no_known_mistake_is_given_none() -> None:
    noisy = conv(X, W) * (1 + 1e-3 * torch.rand(conv(X, W).shape, generator=torch.Generator().manual_seed(1)))
    with pytest.raises(AssertionError, match="beyond their bounds") as error:
        harness.assert_conforms("conv2d", noisy, [X, W])
    assert "fits" not in str(error.value)


def logsumexp(x: Any) -> Any:
    return np.log(np.sum(np.exp(x)))


def test_an_op_without_a_spec_is_a_definition() -> None:
    x = X[0, 0]
    right = np.log(np.sum(np.exp(x)))
    harness.assert_close_to_definition(right, logsumexp, x)
    harness.assert_conforms(harness.Definition(logsumexp), right, [x])
    with pytest.raises(AssertionError, match="logsumexp: the result is"):
        harness.assert_close_to_definition(right * np.float32(1.001), logsumexp, x)


@harness.elementwise
def huber(x: Any, *, d: float = 1.0) -> Any:
    if abs(x) <= d:
        return 0.5 * x * x
    return d * (abs(x) - 0.5 * d)


@harness.elementwise
def logistic(x: Any) -> Any:
    return 1 / (1 + math.exp(-x))


def test_a_definition_may_be_plain_python_on_numbers() -> None:
    x = X[0, 0]
    y = np.where(np.abs(x) <= 1, np.float32(0.5) * x * x, np.abs(x) - np.float32(0.5))
    harness.assert_close_to_definition(y, huber, x)
    harness.assert_close_to_definition(torch.sigmoid(torch.from_numpy(x)), logistic, x)
    with pytest.raises(AssertionError, match="beyond their bounds"):
        harness.assert_close_to_definition(y, huber, x, d=0.5)


def test_a_function_is_judged_under_every_law() -> None:
    right = harness.check("sigmoid", lambda input: torch.sigmoid(input), cases=3)
    assert right
    assert str(right).startswith("<lambda> is sigmoid at all 3 cases")
    wrong = harness.check("sigmoid", lambda input: torch.tanh(input), cases=3)
    assert not wrong
    assert wrong.worst is not None
    assert "is not sigmoid" in wrong._repr_html_()


def test_a_function_that_lacks_a_param_is_judged_at_what_it_does() -> None:
    def loss(input: Any, target: Any) -> Any:
        return -(target * np.log(input) + (1 - target) * np.log1p(-input))

    def mean(input: Any, target: Any) -> Any:
        return loss(input, target).mean()

    only = "dtype=float64 fill=normal layout=contiguous rank=2"
    for function, value in ((loss, "reduction:none"), (mean, "")):
        found = harness.check("bce", function, library="numpy", only=only)
        assert found.conforms
        judged = {row.case for row in found.rows if row.law == "agrees"}
        assert judged
        assert all((value or "reduction:") in case for case in judged) == bool(value)
    offers = {"reduction": ("mean", "sum")}
    found = harness.check("bce", mean, library="numpy", only=only, offers=offers)
    assert found.conforms
    assert [row.case for row in found.rows if row.law == "agrees"]


def test_a_faulty_definition_is_the_answer(tmp_path: Path) -> None:
    (tmp_path / "faulty_op.py").write_text("import numpy as np\n\ndef f(x):\n    return np.linalg.svd(x)[1]\n")
    (tmp_path / "faulty.yaml").write_text(
        "op: faulty\ndoc: Nothing.\ninputs: {x: [N, N]}\noutputs: {y: any}\nsizes: {N: 3}\ndtype: float64\n"
        "error: {model: formula}\noracle: faulty_op:f\n"
    )
    answer = harness.check(tmp_path / "faulty.yaml", lambda x: x, library="numpy")
    assert not answer
    assert "the definition is at fault" in str(answer)
    assert "faulty_op.py:4" in answer.fault
    assert not [r for r in answer.rows if r.status == "conforms"]


def test_the_fixture_is_there(conforms: Any) -> None:
    conforms("conv2d", conv(X, W), [X, W])


def test_an_answer_says_what_the_command_says_with_the_causes_by_name() -> None:
    wrong = harness.check("sigmoid", lambda input: 1 / (1 + np.exp(input)), only="dtype=float64", library="numpy")
    assert "computes sigmoid with `input` negated" in str(wrong)
    assert "  right  " in str(wrong)
    assert "computes sigmoid with `input` negated" in wrong._repr_html_()


def test_an_answers_one_line_says_what_is_wrong() -> None:
    wrong = harness.check("sigmoid", lambda input: np.tanh(input), library="numpy", cases=2)
    assert repr(wrong).startswith("<lambda> is not sigmoid (NumPy; 2 cases); values wrong at ")
    assert len(repr(wrong)) <= 240  # what pytest shows of a value
    assert "\n" not in repr(wrong)


def test_progress_is_told_after_each_case() -> None:
    seen: list[tuple[int, int]] = []
    harness.check(
        "sigmoid", lambda input: 1 / (1 + np.exp(-input)), library="numpy", cases=3, progress=lambda *n: seen.append(n)
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("actual", "inputs", "said"),
    [
        (X, X, r"expected a list of its inputs; got one array of shape \(2, 3, 6, 6\): put it in a list, as \[x\]"),
        (X, [X, X], "softmax: expected the inputs input; got 2 arrays"),
        (X, [1.0, 2.0], r"got 2 values: a list of numbers is one input of a list, as \[\[1.0, 2.0\]\]"),
        (X, 1.0, "expected a list of its inputs; got float"),
        (X, [None], "softmax: expected the inputs input; got input"),
        (X, {"x": X}, "softmax: expected the inputs input; got x"),
    ],
)
def test_inputs_that_are_no_list_of_arrays_are_named(actual: Any, inputs: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        harness.assert_conforms("softmax", actual, inputs, {"dim": -1})


def test_a_result_that_is_no_array_is_named() -> None:
    with pytest.raises(
        AssertionError, match=r"softmax: expected 1 array, got a list of 6 values: make it an array, as nu"
    ):
        harness.assert_conforms("softmax", list(X[0, 0, 0]), [X[0, 0, 0]], {"dim": -1})
    with pytest.raises(AssertionError, match="softmax: expected 1 array, got 2 arrays"):
        harness.assert_conforms("softmax", [X, X], [X], {"dim": -1})


def test_a_result_in_another_dtype_does_not_conform() -> None:
    wide = X.astype(np.float64)
    due = torch.softmax(torch.from_numpy(wide), -1)
    with pytest.raises(AssertionError, match="softmax: expected the dtype float32, got float64"):
        harness.assert_conforms("softmax", due, [X], {"dim": -1})
    harness.assert_conforms("softmax", due, [wide], {"dim": -1})
    with pytest.raises(AssertionError, match="fft: expected the dtype complex64, got complex128"):
        harness.assert_conforms("fft", np.fft.fft(wide[0]), [X[0]])
    harness.assert_conforms("conv2d", conv(X, W).double(), [X, W.astype(np.float64)])  # of two dtypes none is the op's


@pytest.mark.parametrize("tier", ["wrst", "random", ""])
def test_an_unknown_tier_is_named(tier: Any) -> None:
    with pytest.raises(ValueError, match=f"tier: expected one of any, worst; got '{tier}'"):
        harness.assert_conforms("softmax", X, [X], {"dim": -1}, tier=tier)
    with pytest.raises(ValueError, match="tier: expected one of any, worst"):
        harness.bound("softmax", [X], {"dim": -1}, tier=tier)


def test_what_names_no_op_is_said() -> None:
    with pytest.raises(
        TypeError, match="got a Definition, which has no cases: assert_close_to_definition judges one res"
    ):
        harness.check(harness.Definition(logsumexp), logsumexp)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected an op's name, the path of a spec or a Spec; got function"):
        harness.check(logsumexp, logsumexp)  # type: ignore[arg-type]


FAILING = """
import numpy as np
import harness


def test_it():
    harness.assert_close_to_definition(np.ones(3), lambda x: np.exp(x), np.ones(3))


def test_answer():
    assert harness.check("sigmoid", lambda input: np.tanh(input), library="numpy", cases=2)
"""


def test_a_failing_assertion_shows_the_users_line_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_failing.py"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    assert "AssertionError: <lambda>: [0] is" in told
    assert "_assert_within" not in told
    assert "assert <lambda> is not sigmoid (NumPy; 2 cases); values wrong at " in told
