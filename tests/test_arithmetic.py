"""The oracle's arithmetic: values against ball arithmetic, derivatives against the transposition law, bounds that hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

import harness
from harness import arithmetic, bounds, fills
from harness.arithmetic import Tracked
from harness.bounds import gamma
from harness.comparison import Numbers, compare
from harness.model import Case
from harness.oracles import Answer
from reference_impls.definitions import activations, conv, fourier

FIRST = Case("sum", "sum/", {}, {}, frozenset(), "float32")
F64 = bounds.precision("float64")
WIDE = bounds.precision("longdouble")


def leaves(*arrays: np.ndarray, p: bounds.Precision = F64) -> list[Tracked]:
    return [arithmetic.leaf(a, p) for a in arrays]


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def ball(x: Any) -> arb:
    high = float(x)
    return arb(high) + arb(float(np.longdouble(x) - np.longdouble(high)))


@pytest.fixture(autouse=True)
def _many_digits() -> Any:
    before, ctx.prec = ctx.prec, 200
    yield
    ctx.prec = before


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[arb], arb]]] = {
    "exp": (np.exp, lambda x: x.exp()),
    "log": (lambda x: np.log(np.abs(x)), lambda x: abs(x).log()),
    "tanh": (np.tanh, lambda x: x.tanh()),
    "sqrt": (lambda x: np.sqrt(np.abs(x)), lambda x: abs(x).sqrt()),
    "erf": (arithmetic.erf, lambda x: x.erf()),
    "sigmoid": (activations.sigmoid, lambda x: 1 / (1 + (-x).exp())),
    "log1p of exp": (lambda x: np.log1p(np.exp(x)), lambda x: (1 + x.exp()).log()),
    "x ** -2": (lambda x: x**-2, lambda x: x**-2),
    "x ** 9": (lambda x: x**9, lambda x: x**9),
    "clip": (lambda x: np.clip(3 * x / 7, -1, 2), lambda x: (3 * x / 7).max(arb(-1)).min(arb(2))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_value_is_within_its_own_bound_of_the_ball(name: str) -> None:
    tracked, exact = FUNCTIONS[name]
    x = draw(40) * 3
    (leaf,) = leaves(x, p=WIDE)
    y = tracked(leaf)
    for value, error, at in zip(y.value, y.error[-1], x, strict=True):
        assert abs(ball(value) - exact(arb(float(at)))) <= arb(float(error))


def test_a_convolution_is_the_sum_of_its_products() -> None:
    x, w, b = draw(2, 4, 5, 6), draw(6, 2, 3, 2, seed=1), draw(6, seed=2)
    y = conv.conv(*leaves(x, w, b, p=WIDE), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2)
    n, c, i, j = 1, 4, 1, 3
    total = arb(float(b[c]))
    for k in range(2):
        for p in range(3):
            for q in range(2):
                h, v = 2 * i - 1 + p, j - 2 + 2 * q
                if 0 <= h < 5 and 0 <= v < 6:
                    total += arb(float(x[n, 2 + k, h, v])) * arb(float(w[c, k, p, q]))
    assert abs(ball(y.value[n, c, i, j]) - total) <= arb(float(y.error[-1][n, c, i, j]))


def conv2d(x: Any, w: Any, b: Any) -> Any:
    return conv.conv(x, w, b, stride=(2, 1), padding=1, dilation=(1, 2), groups=2)


def softmax(weights: Any) -> Any:
    return weights / weights.sum(1, keepdims=True)


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "conv2d": (conv2d, ((2, 4, 5, 6), (6, 2, 3, 2), (6,))),
    "rfft2": (lambda a: fourier.rfft2(a, (5, 12), (0, 2), "ortho"), ((3, 2, 7),)),
    "abs_rfft2": (fourier.abs_rfft2, ((5, 6),)),
    "sigmoid": (activations.sigmoid, ((7,),)),
    "normalised": (lambda x: (x - x.mean(0)) / np.sqrt(((x - x.mean(0)) ** 2).mean(0) + 0.5), ((6, 3),)),
    "softmax": (lambda x: softmax(np.exp(x - x.max(1, keepdims=True))), ((3, 4),)),
    "powers": (lambda x: x**-3 + x**0 + x**5, ((7,),)),
    "clipped": (lambda x: np.clip(3 * x / 7, -0.3, 0.3), ((7,),)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_reverse_mode_is_the_transpose_of_forward_mode(name: str) -> None:
    """<J v, g> = <v, J' g> within what both sides' own bounds in the wide type allow."""
    program, shapes = PROGRAMS[name]
    xs = leaves(*(draw(*s, seed=i) for i, s in enumerate(shapes)), p=WIDE)
    y = program(*xs)
    complex_part = 1j * draw(*y.shape, seed=11) if y.value.dtype.kind == "c" else 0
    g = arithmetic.leaf(draw(*y.shape, seed=10) + complex_part, WIDE)
    vs = leaves(*(draw(*s, seed=20 + i) for i, s in enumerate(shapes)), p=WIDE)
    back = arithmetic.vjp([y], [g], xs)
    (moved,) = arithmetic.jvp([y], xs, vs)
    left = np.sum(np.conj(moved.value) * g.value).real
    right = sum(np.sum(v.value * b.value) for v, b in zip(vs, back, strict=True) if b is not None)
    slack = np.sum(np.abs(g.value) * (moved.error[-1] + gamma(2 * g.size + 8, WIDE.u) * np.abs(moved.value)))
    for v, b in zip(vs, back, strict=True):
        assert b is not None
        slack += np.sum(np.abs(v.value) * (b.error[-1] + gamma(2 * v.size + 8, WIDE.u) * np.abs(b.value)))
    assert abs(left - right) <= slack


@pytest.mark.parametrize("name", PROGRAMS)
def test_plain_numpy_in_float64_stays_within_the_bound(name: str) -> None:
    program, shapes = PROGRAMS[name]
    arrays = [draw(*s, seed=i) for i, s in enumerate(shapes)]
    plain, tracked = program(*arrays), program(*leaves(*arrays))
    assert np.all(np.abs(plain - tracked.value) <= tracked.error[0])


def test_sums_of_small_integers_are_exact_in_value_and_gradient() -> None:
    x, w, b = (np.rint(4 * draw(*s)) for s in PROGRAMS["conv2d"][1])
    xs = leaves(x, w, b)
    y = conv2d(*xs)
    assert y.error is None
    back = arithmetic.vjp([y], [arithmetic.leaf(np.rint(2 * draw(*y.shape)), F64)], xs)
    assert all(g is not None and g.error is None for g in back)


def test_integers_too_large_for_the_significand_are_not() -> None:
    x = np.full((1, 1, 3, 3), 2.0**52 + 1)
    assert conv.conv(*leaves(x, np.ones((1, 1, 3, 3)))).error is not None


def test_a_tie_of_a_maximum_leaves_its_gradient_to_the_implementation() -> None:
    (x,) = leaves(np.array([-1.0, 0.0, 2.0]))
    y = np.maximum(x, 0)
    (g,) = arithmetic.vjp([y], [arithmetic.leaf(np.ones(3), F64)], [x])
    assert g is not None
    assert [bool(abs(g.value[i] - 0) <= g.error[0][i]) for i in range(3)] == [True, True, False]
    assert [bool(abs(g.value[i] - 1) <= g.error[0][i]) for i in range(3)] == [False, True, True]


def test_a_constant_that_is_no_float32_is_off_by_its_rounding_whichever_part_it_is() -> None:
    p = bounds.precision("float32")
    assert all(np.array_equal(arithmetic.lift(0.1, p).error, arithmetic.lift(z, p).error) for z in (0.1j, -0.1j))
    assert arithmetic.lift(0.5 - 2j, p).error is None


@pytest.mark.parametrize("expected", [65500.0, -65500.0])
def test_an_infinity_stands_for_a_number_whose_bound_reaches_it_on_its_side_alone(expected: float) -> None:
    p = bounds.precision("float16")
    answer = Answer(np.array([np.longdouble(expected)]), np.full((3, 1), 64.0), p)
    for got in (np.inf, -np.inf, np.nan):
        margin = compare(Numbers("", np.array([got], np.float16), answer), "random").margin
        assert (margin == 0) == (got == np.copysign(np.inf, expected))


@pytest.mark.parametrize("layout", ["expanded", "repeated"])
def test_a_sum_of_equal_numbers_in_order_is_within_the_worst_tier(layout: str) -> None:
    x = np.full(65536, np.float32(draw(1)[0]))
    (leaf,) = leaves(x, p=bounds.precision("float32"))
    due = Answer.of(leaf.sum())
    actual = np.cumsum(x, dtype=np.float32)[-1:].reshape(())
    case = replace(FIRST, layout=layout)
    assert compare(Numbers("", actual, due), "any").margin > 1
    assert compare(Numbers("", actual, due), fills.regime(case)).margin <= 1


def test_what_the_arithmetic_lacks_is_named() -> None:
    with pytest.raises(TypeError, match="svd"):
        np.linalg.svd(leaves(draw(3, 3))[0])


@pytest.mark.parametrize("n", [1, 2, 4, 12, 13, 17, 97, 1024])
def test_a_transform_grows_with_the_depth_of_its_butterflies(n: int) -> None:
    assert bounds.transform_growth(n) >= np.log2(n)


def test_tiers_never_widen_beyond_the_worst() -> None:
    x, w, b = (draw(*s) for s in PROGRAMS["conv2d"][1])
    error = conv2d(*leaves(x, w, b)).error
    assert np.all(error[0] <= error[-1])
    assert np.all(error[1] <= error[-1])


def test_a_mean_may_hand_on_rounded_shares() -> None:
    """The derivative of ``g / n`` in g adds up ``v / n``: right however the shares were rounded in the judged dtype."""
    p = bounds.precision("bfloat16")
    v = np.array([[1.0078125], [-1.0], [0.5], [-0.5], [0.3046875], [-0.28125]])
    x, g = leaves(np.zeros((6, 1)), np.zeros(1), p=p)
    (pulled,) = arithmetic.vjp([np.mean(x, axis=0)], [g], [x])
    (found,) = arithmetic.vjp([pulled], leaves(v, p=p), [g])
    shares = sum(nearest(a / 6, 8) for a in v[:, 0])
    off = abs(nearest(shares, 8) - float(found.value[0]))
    assert 2 * p.u * abs(float(found.value[0])) < off <= found.error[2, 0]


def nearest(x: float, bits: int) -> float:
    """x rounded to so many significant bits."""
    mantissa, exponent = np.frexp(x)
    return float(np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits))


def test_the_steps_of_a_chain_add_up_to_the_bound_of_its_entry() -> None:
    """exp, sum and divide each add their own rounding; what has arisen after the last is the whole bound."""
    x = arithmetic.leaf(np.array([[0.3, -1.0], [2.0, 0.25]]), F64)
    e = np.exp(x)
    y = e / np.sum(e, axis=0, keepdims=True)
    assert y.error is not None
    for tier, at in ((0, (0, 1)), (2, (1, 0))):
        found = arithmetic.steps(y, at, tier)
        assert [s.name for s in found] == ["exp", "total", "divide"]
        assert found[-1].arisen == y.error[tier][at]
        assert f"{sum(s.added for s in found):.6g}" == f"{found[-1].arisen:.6g}"
        assert found[1].sizes["K"] == 2
        assert found[1].sizes["S"] == np.exp(x.value[:, at[1]]).astype(np.float64).sum()


def test_a_number_times_a_sum_is_a_sum_of_products_in_any_order() -> None:
    """Straight lines between four numbers, rows first, may be computed columns first."""
    loose, fixed = (bounds.precision("float64", fixed_order=order) for order in (False, True))
    x = np.random.default_rng(2).standard_normal((4, 400))
    shares = (0.3125, 0.6875, 0.15625, 0.84375)
    x[1::2] = -x[0::2] * (0.15625 / 0.84375) * (1 + 1e-6)  # each row nearly vanishes, a column does not

    def rows_first(p, q, r, s, a, b, e, f):  # type: ignore[no-untyped-def]
        return a * (e * p + f * q) + b * (e * r + f * s)

    off = {}
    for p in (loose, fixed):
        due = rows_first(*(arithmetic.leaf(v, p) for v in x), *shares)
        a, b, e, f = shares
        found = rows_first(x[0], x[2], x[1], x[3], e, f, a, b)
        off[p.fixed_order] = float((np.abs(found - due.value) / due.error[-1]).max())
    assert off[False] <= 1 < off[True]


def test_sums_of_products_and_sums_are_one_sum_in_any_order_with_what_is_added() -> None:
    """An accumulator that starts with a large addend is rounded once per term, however small the terms are."""
    rng = np.random.default_rng(4)
    n, u = 64, 2.0**-24
    x, w = (rng.uniform(0.5, 1, (n, 200)).astype(np.float32) for _ in range(2))
    x *= np.float32(u / 4)
    large = np.full(200, 1.5, np.float32)
    for products in (True, False):
        added = [a * b if products else a for a, b in zip(x, w, strict=True)]
        from_the_addend = np.add.accumulate([large, *added], axis=0, dtype=np.float32)[-1]
        off = {}
        for fixed in (False, True):
            p = bounds.precision("float32", fixed_order=fixed)
            a, b, c = leaves(x, w, large, p=p)
            sums = np.einsum("ij,ij->j", a, b) if products else np.sum(a, axis=0)
            due = sums + c
            off[fixed] = float((np.abs(from_the_addend - due.value) / due.error[-1]).max())
        assert off[False] <= 1 < off[True], products


def test_a_factor_too_small_for_float64_is_not_zero() -> None:
    """exp(-5190) is a number of the oracle's, and zero in float64: a product with it may underflow to zero."""
    x, g = leaves(np.array([[-5190.0]]), np.array([[0.3]]), p=F64)
    product = np.einsum("ij,jk->ik", np.exp(x), g)
    assert 0 < product.value[0, 0] < product.error[0, 0, 0]


@pytest.mark.parametrize("shape", [(6,), (8,), (5, 12)])
def test_the_sizes_of_a_transform_put_into_its_formula_give_its_bound(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).standard_normal(shape)
    y = arithmetic.fftn(arithmetic.leaf(x, F64), [-1])
    at = tuple(n - 1 for n in shape)
    (step,) = arithmetic.steps(y, at, 0)
    t, rms = step.sizes["t"], step.sizes["rms"]
    bound = bounds.FFT_CONSTANT * bounds.lam(y.size) * F64.u * np.sqrt(t) * rms
    assert (step.name, f"{step.added:.6g}") == ("fftn", f"{bound:.6g}")
    assert f"{arithmetic.steps(y, at, 2)[0].added:.6g}" == f"{2 * F64.u * t * step.sizes['norm']:.6g}"


def test_what_only_moves_adds_nothing_to_a_bound() -> None:
    x = np.exp(arithmetic.leaf(np.array([0.5, -0.5]), F64))
    y = np.flip(np.broadcast_to(x.reshape(2, 1), (2, 3)), axis=0) * arithmetic.leaf(np.array([[3.0], [0.7]]), F64)
    added = {s.name: s.added for s in arithmetic.steps(y, (1, 2), 0)}
    assert added.pop("exp") > 0
    assert added.pop("multiply") > 0
    assert set(added.values()) == {0.0}


def five_terms(x: np.ndarray) -> np.ndarray:
    """erf as vector kernels take it, every step in the precision of x (Abramowitz and Stegun 1964, 7.1.26)."""
    kind = x.dtype.type
    z = np.abs(x)
    t = kind(1) / (kind(1) + kind(0.3275911) * z)
    y = kind(0)
    for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        y = t * (y + kind(a))
    return np.copysign(kind(1) - y * np.exp(-z * z), x)


def margins(x: np.ndarray, algorithm: str) -> np.ndarray:
    """How far the five terms are from erf, in bounds of its worst tier."""
    due = arithmetic.erf(*leaves(x, p=bounds.precision(str(x.dtype), algorithm)))
    assert due.error is not None
    return np.asarray(np.abs(five_terms(x) - due.value) / due.error[-1])


def test_five_terms_of_erf_are_within_their_bound_in_single_precision_alone() -> None:
    x = np.linspace(-6, 6, 4000)  # without 0
    single = x.astype(np.float32)
    assert margins(single, "conventional").max() > 1
    assert 0.1 < margins(single, "polynomial-erf").max() <= 1
    assert margins(x, "polynomial-erf").max() == margins(x, "conventional").max() > 1


def test_a_coarser_polynomial_of_erf_is_beyond_the_bound_of_the_five_terms() -> None:
    x = np.linspace(0, 4, 4001).astype(np.float32)
    t = 1 / (1 + np.float32(0.47047) * x)
    coarse = 1 - (0.3480242 * t - 0.0958798 * t**2 + 0.7478556 * t**3) * np.exp(-x * x)  # 7.1.25, off by 2.5e-5
    due = arithmetic.erf(*leaves(x, p=bounds.precision("float32", "polynomial-erf")))
    assert due.error is not None
    assert (np.abs(coarse - due.value) / due.error[-1]).max() > 1


@pytest.mark.parametrize("scale", [2.0, 0.25, -8.0])
def test_powers_of_two_scale_exactly_so_that_ties_are_decided(scale: float) -> None:
    (x,) = leaves(np.arange(-6.0, 7.0))
    for found in (np.rint(x / scale), np.rint(x * (1 / scale))):
        np.testing.assert_array_equal(found.value, np.rint(x.value / scale))
        assert found.error is None


def test_what_leaves_the_normal_numbers_is_not_scaled_exactly() -> None:
    (x,) = leaves(np.array([3 * 2.0**-1060]))
    assert (x / 2.0**20).error.max() >= 2.0**-1074


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_constant_of_many_digits_stands_for_the_number_it_was_rounded_from(dtype: str) -> None:
    kind = np.dtype(dtype).type
    x = np.random.default_rng(3).standard_normal(2000).astype(dtype)
    due = leaves(x, p=bounds.precision(dtype))[0] / np.sqrt(2)
    by_product, by_quotient = x * kind(np.sqrt(0.5)), x / kind(np.sqrt(2))
    assert max(float((np.abs(y - due.value) / due.error[-1]).max()) for y in (by_product, by_quotient)) <= 1
    off = x * kind(np.sqrt(0.5)) * kind(1 + 2.0**3 * np.finfo(dtype).eps)
    assert (np.abs(off - due.value) / due.error[-1]).max() > 1


def test_a_constant_of_few_digits_is_exact() -> None:
    due = leaves(np.ones(3))[0] * 1.5
    assert due.error is None or due.error.max() <= 2.0**-52


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_real_row_times_a_complex_matrix_has_a_real_bound(dtype: str) -> None:
    """A transform of real data by a matrix: the sums of magnitudes stay real where the products are not."""
    x = arithmetic.leaf(np.array([[1.0, 3.0]]), bounds.precision(dtype))
    angle = np.sum(x[:0]) + np.array([[0.5], [2.0]])
    y = np.matmul(x, np.cos(angle) - 1j * np.sin(angle))
    assert y.value.dtype.kind == "c"
    assert y.error.dtype.kind == "f"
    assert np.isfinite(y.error).all()


def test_products_and_quotients_of_powers_of_two_are_exact_entry_by_entry() -> None:
    x, powers, others = (arithmetic.leaf(np.array(a), F64) for a in ([0.1, 3.7], [4.0, -0.25], [4.0, 3.0]))
    for y in (x * powers, powers * x, x / powers):
        assert y.error is None or not np.any(y.error)
    assert np.all((x / others).error[:, 1] > 0)


def test_a_mean_that_runs_along_is_right_among_subnormal_numbers() -> None:
    x = np.random.default_rng(1).integers(-40, 40, 833) * 5e-324
    due = np.mean(arithmetic.leaf(x, F64), keepdims=True)
    running = 0.0
    for k, entry in enumerate(x, 1):
        running += (entry - running) / k
    assert np.all(np.abs(running - due.value) <= due.error)
    whole = np.mean(arithmetic.leaf(np.arange(8.0) * 8, F64))
    assert whole.error is None or whole.error.max() <= F64.u * 28 * 2


def _stacked(a: Any, b: Any, c: Any, d: Any) -> Any:
    rows = np.stack([0.25 * a + 0.75 * b, 0.25 * c + 0.75 * d])
    return 0.25 * rows[0] + 0.75 * rows[1]


def _joined(a: Any, b: Any, c: Any, d: Any) -> Any:
    rows = np.concatenate([0.25 * a + 0.75 * b, 0.25 * c + 0.75 * d])
    return 0.25 * rows[: len(a)] + 0.75 * rows[len(a) :]


def _assigned(a: Any, b: Any, c: Any, d: Any) -> Any:
    rows = np.empty((2, len(a)))
    rows[0], rows[1] = 0.25 * a + 0.75 * b, 0.25 * c + 0.75 * d
    return 0.25 * rows[0] + 0.75 * rows[1]


def _chosen(a: Any, b: Any, c: Any, d: Any) -> Any:
    upper = np.arange(len(a)) >= 0
    first, second = 0.25 * a + 0.75 * b, 0.25 * c + 0.75 * d
    return 0.25 * np.where(upper, first, 0.0) + 0.75 * np.where(upper, second, 1.0)


@pytest.mark.parametrize("definition", [_stacked, _joined, _assigned, _chosen])
def test_a_sum_of_sums_is_one_however_its_parts_are_put_together(definition: Any) -> None:
    a, b, c, d = np.random.default_rng(1).standard_normal((4, 20_000)).astype(np.float32)
    less, more = np.float32(0.25), np.float32(0.75)
    other = less * (less * a + more * c) + more * (less * b + more * d)
    harness.assert_close_to_definition(other, definition, a, b, c, d)
