"""Bounds and definitions -> no wider than their reason: tails against mpmath, overflow, half types, limits, ties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from harness import arithmetic, bounds, cases, fills, runs, specs
from harness.comparison import Evidence, Numbers, compare
from harness.oracles import Oracle
from reference_impls.definitions import activations, images

ROOT = Path(__file__).resolve().parents[1]
WIDE = bounds.precision("longdouble")

#: Points in every region of the functions: their tails to either side, where forms change, and zero.
POINTS = np.array([-700.0, -88.5, -37.25, -20.5, -9.0, -5.5, -1.0, -0.75, 0.0, 1e-3, 0.5, 3.0, 17.5, 36.0, 80.0])


def mp_logistic(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def mp_gelu(x: Any) -> Any:
    return x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def mp_gelu_hyperbolic(x: Any) -> Any:
    cubic = mpmath.mpf(activations.GELU_CUBIC)
    return x * mp_logistic(2 * mpmath.sqrt(2 / mpmath.pi) * (x + cubic * x**3))


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sigmoid": (activations.sigmoid, mp_logistic),
    "swish": (activations.swish, lambda x: x * mp_logistic(x)),
    "log_sigmoid": (activations.log_sigmoid, lambda x: -mpmath.log1p(mpmath.exp(-x))),
    "gelu": (activations.gelu, mp_gelu),
    "gelu by tanh": (lambda x: activations.gelu(x, approximate="tanh"), mp_gelu_hyperbolic),
}


#: Bounds are of float64: what underflows there is below its smallest normal number.
UNDERFLOW = mpmath.mpf(float(np.finfo(np.float64).smallest_normal))


def exact(x: Any) -> Any:
    """A longdouble as mpmath's number."""
    high = float(x)
    return mpmath.mpf(high) + mpmath.mpf(float(x - np.longdouble(high)))


def assert_within(y: arithmetic.Tracked, due: Callable[[Any], Any]) -> None:
    error = np.zeros((3, *y.shape)) if y.error is None else y.error
    for value, bound, x in zip(y.value, error[-1], POINTS, strict=True):
        assert abs(exact(value) - due(mpmath.mpf(float(x)))) <= mpmath.mpf(float(bound)) + UNDERFLOW, x


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_definition_and_its_two_derivatives_keep_their_digits_in_every_tail(name: str) -> None:
    program, due = FUNCTIONS[name]
    x = arithmetic.leaf(POINTS, WIDE)
    y, ones = program(x), arithmetic.leaf(np.ones(POINTS.shape), WIDE)
    (first,) = arithmetic.vjp([y], [ones], [x])
    assert first is not None
    (second,) = arithmetic.vjp([first], [ones], [x])
    assert second is not None
    with mpmath.workdps(700):
        assert_within(y, due)
        assert_within(first, lambda v: mpmath.diff(due, v))
        assert_within(second, lambda v: mpmath.diff(due, v, 2))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_value_far_in_a_tail_is_due_with_its_digits(name: str) -> None:
    """The bound is a small part of the value wherever the value is a normal number."""
    program, _ = FUNCTIONS[name]
    y = program(arithmetic.leaf(POINTS[POINTS != 0], bounds.precision("float32")))
    size, error = np.abs(y.value), y.error[-1]
    normal = size >= np.finfo(np.float32).smallest_normal
    assert np.all(error[normal] <= size[normal] * bounds.SINGLE * 2**13)


# --- one comparison of given numbers --------------------------------------------------------------------------------


def judged(address: str, arrays: dict[str, Any], actual: Any, algorithm: str = "conventional") -> Evidence:
    """What is found of numbers that claim to be an op's first output."""
    spec = specs.read(ROOT / "specs" / f"{address.split('/')[0]}.yaml", runs.LAW_NAMES)
    due = Oracle(spec, cases.find(spec, address), arrays, algorithm).values
    return compare(Numbers("output", actual, next(iter(due.values()))), "random")


def test_a_sum_that_overflows_the_stored_type_alone_is_due() -> None:
    x, w = np.array([[200.0, 200.0]], np.float16), np.array([[200.0, -199.0]], np.float16)
    assert (
        judged("linear/dtype:float16/bias:none", {"input": x, "weight": w}, np.array([[200.0]], np.float16)).margin == 0
    )
    assert judged("linear/dtype:float16/bias:none", {"input": x, "weight": w}, np.array([[0.0]], np.float16)).margin > 1
    assert (
        judged("linear/dtype:float16/bias:none", {"input": x, "weight": w}, np.array([[np.nan]], np.float16)).margin > 1
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_no_order_overflows_where_the_terms_of_one_sign_do_not(wrong: float) -> None:
    large = np.float32(0.6 * np.finfo(np.float32).max)
    x, w = np.array([[large, large]]), np.array([[1.0, -1.0]], np.float32)
    assert (
        judged("linear/dtype:float32/bias:none", {"input": x, "weight": w}, np.array([[wrong]], np.float32)).margin > 1
    )


def test_an_order_that_overflows_is_left_open() -> None:
    large = np.float32(0.6 * np.finfo(np.float32).max)
    x, w = np.array([[large, large, large]]), np.array([[1.0, 1.0, -1.0]], np.float32)
    given = {"input": x, "weight": w}
    assert judged("linear/dtype:float32/bias:none", given, np.array([[np.inf]], np.float32)).margin == 0


def test_a_sum_of_any_length_has_a_bound_that_is_finite_and_worst_in_stagnation() -> None:
    p = bounds.precision("bfloat16", "low-precision-accumulation")
    total = np.array([8192.0])
    random, typical, worst = bounds.summation(p, total, total, np.sqrt(total), 8192)
    assert np.isfinite(worst).all()
    assert typical == worst > random


def gelu(x: Any, actual: Any, approximate: str = "none") -> Evidence:
    address = f"gelu/{'approximate:tanh/' if approximate == 'tanh' else ''}dtype:{x.dtype}"
    return judged(address.removesuffix("/dtype:float64"), {"input": x}, actual)


def test_a_textbook_form_cancels_and_says_by_how_many_units() -> None:
    x = np.array([-5.0, -1.0, 2.0], np.float32)
    inner = np.float32(activations.ROOT_TWO_OVER_PI) * (x + np.float32(activations.GELU_CUBIC) * x * x * x)
    half = np.float32(0.5) * x
    found = gelu(x, half * np.tanh(inner) + half, "tanh")
    assert (found.grade, found.margin <= 1, found.place) == ("cancels", True, (0,))
    assert found.ulps > 1e5


def test_a_value_that_lost_its_first_digit_is_wrong_by_any_form() -> None:
    x = np.array([-7.0, -1.0, 2.0], np.float32)
    assert gelu(x, np.array([0.0, -0.15880801, 1.95459769], np.float32), "tanh").grade == "deviates"


@pytest.mark.parametrize(("value", "right"), [(np.nan, True), (0.0, True), (-np.inf, False), (1.0, False)])
def test_where_the_formula_alone_makes_nan_the_limit_is_right_too(value: float, right: bool) -> None:
    x = np.array([-np.inf, 1.0], np.float64)
    assert (gelu(x, np.array([value, 0.8413447460685429])).margin <= 1) == right


def test_a_limit_that_depends_on_its_way_is_none() -> None:
    x = np.array([[[np.inf], [np.inf]], [[1.0], [np.inf]]])
    alone, both = np.array([[0.0], [1.0]]), np.array([[0.5], [0.5]])
    nothing = np.full((2, 1), np.nan)
    assert judged("softmax/dim:1", {"input": x}, np.stack([nothing, alone])).margin <= 1
    assert judged("softmax/dim:1", {"input": x}, np.stack([both, alone])).margin > 1


def test_one_blind_entry_is_counted() -> None:
    x = np.array([[1e8, 1.0, -1e8], [1.0, 2.0, 3.0]], np.float32)
    w = np.ones((1, 3), np.float32)
    found = judged(
        "linear/dtype:float32/bias:none", {"input": x * np.float32(1.1), "weight": w}, (x * 1.1).sum(1)[:, None]
    )
    assert found.blind == 0.5


def test_subnormals_may_be_taken_for_zeros_where_that_is_declared() -> None:
    tiny = np.float32(1e-40)
    x, w = np.array([[tiny, 1.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    given, flushed = {"input": x, "weight": w}, np.zeros((1, 1), np.float32)
    assert judged("linear/dtype:float32/bias:none", given, flushed).margin > 1
    assert judged("linear/dtype:float32/bias:none", given, flushed, "flushes-subnormals").margin <= 1


@pytest.mark.parametrize(("n", "m"), [(4, 38), (13, 38), (31, 44)])
def test_a_whole_place_may_be_rounded_below_itself(n: int, m: int) -> None:
    """The last pixel then lies between the last two entries, as far as the rounding goes."""
    x = np.random.default_rng(0).standard_normal((1, 1, 2, n)).astype(np.float32)
    actual = torch.nn.functional.interpolate(torch.from_numpy(x), (2, m), mode="bilinear", align_corners=True).numpy()
    due = images.interpolate_bilinear(arithmetic.leaf(x, bounds.precision("float32")), size=(2, m), align_corners=True)
    assert (np.abs(actual - due.value) <= due.error[-1]).all()


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_an_infinite_input_has_a_limit_in_every_type(dtype: str) -> None:
    spec = specs.read(ROOT / "specs" / "gelu.yaml")
    case = cases.find(spec, f"gelu/N:1/M:1/approximate:tanh/dtype:{dtype}/fill:values_-inf")
    (due,) = Oracle(spec, case, fills.arrays(spec, case, 0)).values.values()
    assert due.limits is not None
    assert due.limits()[0] == 0


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_another_formula_gives_no_number_where_there_is_no_limit(dtype: str) -> None:
    """``sqrt(1 / x)`` is -0 at minus infinity, where ``1 / sqrt(x)`` is nothing."""
    spec = specs.read(ROOT / "specs" / "rsqrt.yaml")
    case = replace(cases.find(spec, f"rsqrt/N:1/M:1/dtype:{dtype}"), fill="patterns")
    x = np.full((1, 1), -np.inf).astype(fills.dtype(dtype))
    (due,) = Oracle(spec, case, {"input": x}).values.values()
    assert np.isnan(due.expected).all()
