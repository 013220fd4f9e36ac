"""Definitions of losses, indexing, numbers of few bits and composed layers: each against another method in mpmath's numbers.

Value, gradient and second derivative are held against sums and differences of exact numbers; what is rounded to few bits
against all numbers of the format.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest
import test_operations as exact
from test_operations import Sample, each, numbers

from harness import arithmetic, language
from reference_impls.definitions import blocks, criteria, indexing
from reference_impls.definitions import quantization as bits

mp_exp, mp_log, mp_sqrt = (
    each(f) for f in (lambda x: mpmath.exp(x), lambda x: mpmath.log(x), lambda x: mpmath.sqrt(x))
)
mp_abs = each(lambda x: abs(x))

#: Whole numbers that go with the samples: orders of pairs, classes, and places in rows.
SIGNS, TRUE = np.array([1, -1, 0, 1]), np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
INDEX = np.array([[2, 0, 2, 1], [1, 1, 0, 2]])


def positive_part(x: Any) -> Any:
    return each(lambda v: max(v, mpmath.mpf(0)))(x)


def mp_size(x: Any) -> Any:
    return mp_sqrt((x * x).sum(axis=1))


def mp_cosine(x: Any, y: Any) -> Any:
    """From the sizes of sum and difference: ``x . y = (|x + y|^2 - |x - y|^2) / 4``."""
    return (mp_size(x + y) ** 2 - mp_size(x - y) ** 2) / 4 / (mp_size(x) * mp_size(y))


def mp_smooth(x: Any, t: Any) -> Any:
    beta = mpmath.mpf(0.5)
    return each(lambda d: d * d / (2 * beta) if abs(d) < beta else abs(d) - beta / 2)(x - t).sum()


def mp_triplet(a: Any, p: Any, n: Any) -> Any:
    near, far, other = (mp_size(x - y + mpmath.mpf(1e-6)) for x, y in ((a, p), (a, n), (p, n)))
    nearer = each(lambda u, v: min(u, v))(far, other)
    return positive_part(near - nearer + 2)


def mp_embedding(x: Any, y: Any) -> Any:
    c = mp_cosine(x, y)
    return np.array([1 - c[0], positive_part(c[1] - mpmath.mpf(-0.5)), 0 * c[2], 1 - c[3]], dtype=object)


def mp_focal(x: Any) -> Any:
    p = 1 / (1 + mp_exp(-x))
    p_t = np.where(TRUE > 0.5, p, 1 - p)
    return np.where(TRUE > 0.5, mpmath.mpf(0.25), mpmath.mpf(0.75)) * (1 - p_t) ** 2 * -mp_log(p_t)


def mp_dice(p: Any) -> Any:
    return np.array(
        [1 - (2 * (r * t).sum() + 1) / (r.sum() + t.sum() + 1) for r, t in zip(p, TRUE, strict=True)], object
    )


def mp_products(x: Any) -> Any:
    return np.array([[np.prod(row[: k + 1]) for k in range(len(row))] for row in x], dtype=object)


def mp_sums_of_exponentials(x: Any) -> Any:
    return np.array(
        [[row[0], *(mp_log(mp_exp(row[: k + 1]).sum()) for k in range(1, len(row)))] for row in x], dtype=object
    )


def mp_scattered(x: Any, s: Any) -> Any:
    y = x.copy()
    for i, j in np.ndindex(INDEX.shape):
        y[i, INDEX[i, j]] = y[i, INDEX[i, j]] + s[i, j]
    return y


def mp_index_added(x: Any, s: Any) -> Any:
    chosen = (np.array([2, 0, 2])[:, None] == np.arange(3)).astype(int)
    return x + mpmath.mpf(-0.5) * chosen.T @ s


def mp_bilinear(x: Any, z: Any, w: Any, b: Any) -> Any:
    return np.array([[(row @ matrix) @ other for matrix in w] for row, other in zip(x, z, strict=True)], object) + b


def mp_convolved(x: Any, w: Any, groups: int) -> Any:
    """Sums over windows, image by image, with one zero around and a stride of 2 down."""
    n, c, rows, columns = x.shape
    padded = np.full((n, c, rows + 2, columns + 2), mpmath.mpf(0), dtype=object)
    padded[:, :, 1:-1, 1:-1] = x
    h, v = (rows + 2 - w.shape[2]) // 2 + 1, columns + 2 - w.shape[3] + 1
    y = np.empty((n, len(w), h, v), dtype=object)
    for m, o, i, j in np.ndindex(*y.shape):
        first = o // (len(w) // groups) * w.shape[1]
        window = padded[m, first : first + w.shape[1], 2 * i : 2 * i + w.shape[2], j : j + w.shape[3]]
        y[m, o, i, j] = (window * w[o]).sum()
    return y


def mp_separable(x: Any, d: Any, p: Any, b: Any) -> Any:
    y = mp_convolved(x, d, x.shape[1])
    return np.einsum("ok,nkhw->nohw", p, y) + b[:, None, None]


def mp_standardized(x: Any, w: Any) -> Any:
    rows = w.reshape(len(w), -1)
    count, mean = rows.shape[1], rows.sum(axis=1, keepdims=True) / mpmath.mpf(rows.shape[1])
    variance = (rows * rows).sum(axis=1, keepdims=True) / count - mean**2
    return mp_convolved(x, ((rows - mean) / mp_sqrt(variance + mpmath.mpf(1e-2))).reshape(w.shape), 1)


def mp_schulz(x: Any) -> Any:
    """Of a tall matrix from the other side: ``x (a + b G + c G^2)``."""
    a, b, c = map(mpmath.mpf, blocks.QUINTIC)
    x = x / mp_sqrt((x * x).sum())
    for _ in range(2):
        gram = x.T @ x
        x = a * x + x @ (b * gram + c * (gram @ gram))
    return x


def spoken(definition: Any, *arrays: Any, **params: Any) -> Any:
    """A definition that assigns to entries, of arrays with errors among plain ones."""
    given = [x if isinstance(x, np.ndarray) else language.given(x) for x in arrays]
    return language.unwrapped(language.speaking(definition)(*given, **params))


SAMPLES: dict[str, Sample] = {
    "l1_loss": Sample(
        lambda x, t: criteria.l1_loss(x, t, reduction="mean"),
        ((2, 3), (2, 3)),
        lambda x, t: mp_sqrt((x - t) ** 2).sum() / 6,
    ),
    "smooth_l1_loss": Sample(
        lambda x, t: criteria.smooth_l1_loss(x, t, beta=0.5, reduction="sum"), ((3, 4), (3, 4)), mp_smooth
    ),
    "margin_ranking_loss": Sample(
        lambda x, y: criteria.margin_ranking_loss(x, y, SIGNS, margin=0.5, reduction="none"),
        ((4,), (4,)),
        lambda x, y: positive_part((y - x) * SIGNS + mpmath.mpf(0.5)),
    ),
    "triplet_margin_loss": Sample(
        lambda a, p, n: criteria.triplet_margin_loss(a, p, n, margin=2.0, swap=True, reduction="none"),
        ((3, 4), (3, 4), (3, 4)),
        mp_triplet,
    ),
    "cosine_similarity": Sample(lambda x, y: criteria.cosine_similarity(x, y), ((3, 4), (3, 4)), mp_cosine),
    "cosine_similarity of units": Sample(
        lambda x, y: criteria.cosine_similarity_of_units(x, y), ((3, 4), (3, 4)), mp_cosine
    ),
    "cosine_embedding_loss": Sample(
        lambda x, y: criteria.cosine_embedding_loss(x, y, SIGNS, margin=-0.5, reduction="none"),
        ((4, 3), (4, 3)),
        mp_embedding,
    ),
    "focal_loss": Sample(lambda x: criteria.focal_loss(x, TRUE), ((2, 3),), mp_focal),
    "dice_loss": Sample(lambda p: criteria.dice_loss(p, TRUE, reduction="none"), ((2, 3),), mp_dice, positive=True),
    "gather": Sample(
        lambda x: indexing.gather(x, INDEX, dim=1) ** 2,
        ((2, 3),),
        lambda x: np.array([[x[i, k] ** 2 for k in row] for i, row in enumerate(INDEX)], dtype=object),
    ),
    "scatter_add": Sample(
        lambda x, s: spoken(indexing.scatter_add, x, INDEX, s, dim=1), ((2, 3), (2, 5)), mp_scattered
    ),
    "index_add": Sample(
        lambda x, s: spoken(indexing.index_add, x, np.array([2, 0, 2]), s, dim=0, alpha=-0.5),
        ((3, 4), (3, 4)),
        mp_index_added,
    ),
    "cumprod": Sample(lambda x: indexing.cumprod(x, dim=1), ((2, 5),), mp_products),
    "cumprod of prefixes": Sample(lambda x: spoken(indexing.cumprod_of_prefixes, x, dim=1), ((2, 5),), mp_products),
    "logcumsumexp": Sample(lambda x: indexing.logcumsumexp(x, dim=1), ((2, 5),), mp_sums_of_exponentials),
    "logcumsumexp of prefixes": Sample(
        lambda x: spoken(indexing.logcumsumexp_of_prefixes, x, dim=1), ((2, 5),), mp_sums_of_exponentials
    ),
    "bilinear": Sample(lambda x, z, w, b: blocks.bilinear(x, z, w, b), ((2, 3), (2, 4), (3, 3, 4), (3,)), mp_bilinear),
    "separable_conv2d": Sample(
        lambda x, d, p, b: blocks.separable_conv2d(x, d, p, b, stride=[2, 1], padding=1),
        ((2, 2, 3, 4), (4, 1, 2, 3), (3, 4), (3,)),
        mp_separable,
    ),
    "weight_standardized_conv2d": Sample(
        lambda x, w: blocks.weight_standardized_conv2d(x, w, eps=1e-2, stride=[2, 1], padding=1),
        ((1, 2, 3, 4), (3, 2, 2, 3)),
        mp_standardized,
    ),
    "newton_schulz": Sample(lambda x: blocks.newton_schulz(x, steps=2), ((4, 3),), mp_schulz),
}


@pytest.fixture(autouse=True)
def _many_digits() -> Any:
    with mpmath.workdps(exact.DIGITS):
        yield


@pytest.mark.parametrize("name", SAMPLES)
def test_a_value_is_within_its_bound_of_the_exact_one(name: str) -> None:
    sample = SAMPLES[name]
    _, y = exact.tracked(sample, exact.WIDE)
    due = sample.of_numbers(*map(numbers, exact.inputs(sample)))
    assert y.shape == due.shape
    assert np.all(mp_abs(numbers(y.value) - due) <= numbers(exact.errors(y)))


@pytest.mark.parametrize("name", SAMPLES)
def test_derivatives_are_within_their_bounds_of_differences_of_exact_values(name: str) -> None:
    sample = SAMPLES[name]
    xs, y = exact.tracked(sample, exact.WIDE)
    g, vs = exact.upstream(sample), exact.directions(sample)
    first = arithmetic.vjp([y], [arithmetic.leaf(g, exact.WIDE)], xs)
    steps = {k: exact.along(sample, g, vs, k) for k in (-1, 0, 1)}
    exact.assert_along(first, vs, (steps[1] - steps[-1]) / (2 * exact.STEP))
    moved = [(f, arithmetic.leaf(v, exact.WIDE)) for f, v in zip(first, vs, strict=True) if f is not None]
    second = arithmetic.vjp([f for f, _ in moved], [v for _, v in moved], xs)
    exact.assert_along(second, vs, (steps[1] - 2 * steps[0] + steps[-1]) / exact.STEP**2)


def of_format(kind: Any) -> np.ndarray:
    """All finite numbers of a format that are not negative, in their order."""
    codes = np.arange(2 ** (ml_dtypes.finfo(kind).bits - 1)).astype(np.uint8).view(kind).astype(np.float64)
    return np.unique(codes[np.isfinite(codes)])


def nearest(x: float, table: np.ndarray) -> float:
    """The nearest number of a table, of two as near the one of even place, as exact numbers decide."""
    off = [abs(mpmath.mpf(abs(x)) - mpmath.mpf(t)) for t in table]
    least = min(off)
    places = [k for k, d in enumerate(off) if d == least]
    return float(np.copysign(table[min(places, key=lambda k: k % 2)], x))


def tried(table: np.ndarray) -> np.ndarray:
    """Numbers of a table, the middles of neighbours, what lies next to a middle, and what is beyond the largest."""
    middles = (table[1:] + table[:-1]) / 2
    beside = [np.nextafter(middles, np.inf), np.nextafter(middles, 0)]
    size = np.concatenate([table, middles, *beside, [table[-1] * 1.01, table[-1] * 3, table[1] / 3]])
    return np.concatenate([size, -size])


@pytest.mark.parametrize("format", ["e4m3fn", "e5m2"])
def test_an_eight_bit_float_is_the_nearest_of_all(format: str) -> None:
    table = of_format(getattr(ml_dtypes, f"float8_{format}"))
    x = tried(table)
    y = arithmetic.leaf(x, exact.WIDE)
    found = bits.cast_float8(y, format=format).value
    assert np.array_equal(found, [nearest(v, table) for v in x])


def test_what_an_eight_bit_float_does_not_hold_is_infinite_or_no_number() -> None:
    x = np.array([464.0, 465.0, -1e9, 61439.0, 61440.0, np.inf, np.nan])
    of = partial(bits.cast_float8, saturate=False)
    assert np.array_equal(of(x), [448.0, *[np.nan] * 6], equal_nan=True)
    due = [448.0, 448.0, -np.inf, 57344.0, np.inf, np.inf, np.nan]
    assert np.array_equal(of(x, format="e5m2"), due, equal_nan=True)


@pytest.mark.parametrize("exponent", [-100, -3, 0, 5, 90])
def test_a_block_is_the_nearest_of_all_under_its_scale(exponent: int) -> None:
    table = of_format(ml_dtypes.float4_e2m1fn)
    x = np.resize([v for v in tried(table) if abs(v) < 8], 32)
    x[0] = 7.9  # beyond the largest, within its exponent
    found = bits.mxfp4(arithmetic.leaf(np.ldexp(x, exponent).reshape(1, 32), exact.WIDE)).value
    assert np.array_equal(found[0], np.ldexp([nearest(v, table) for v in x], exponent))


@pytest.mark.parametrize(("scale", "zero"), [(0.25, 3), (0.1, -7), (3.0, 0)])
def test_a_whole_number_of_steps_is_the_nearest_of_all(scale: float, zero: int) -> None:
    x = np.random.default_rng(0).standard_normal(64).astype(np.float32) * 10
    x[:4] = [scale * 2.5, scale * -3.5, 1e6, -1e6]
    found = bits.quantize_affine(
        arithmetic.leaf(x, exact.WIDE), scale=scale, zero_point=zero, quant_min=-128, quant_max=127
    ).value
    steps = [mpmath.nint(mpmath.mpf(float(v)) / mpmath.mpf(scale)) + zero for v in x]
    assert np.array_equal(found, [float(min(max(s, -128), 127)) for s in steps])


def test_numbers_of_steps_are_multiplied_by_the_step_of_their_row() -> None:
    q, zero = np.array([[-128, 5], [127, 0]], np.int8), np.array([7, -8])
    scale = np.array([0.1, 3.0], np.float32)
    y = bits.dequantize(q.astype(np.float64), arithmetic.leaf(scale, exact.WIDE), zero)
    due = [[(int(v) - int(z)) * mpmath.mpf(float(s)) for v in row] for row, z, s in zip(q, zero, scale, strict=True)]
    assert np.all(mp_abs(numbers(y.value) - np.array(due, dtype=object)) <= numbers(exact.errors(y)))
