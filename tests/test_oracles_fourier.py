"""The Fourier oracles: each entry and gradient against its textbook sum in ball arithmetic.

The oracle computes in a wide type. Judged as if that type were the candidate's, its own derived bound must hold: the
exact sum, a ball of 256 bits, lies within it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import acb, arb, ctx, fmpq

from harness import arithmetic, bounds, cases, runs, specs
from harness.oracles import Oracle
from reference_impls.definitions import cosine, fourier

ROOT = Path(__file__).resolve().parents[1]

#: Bits of the balls: more than twice those of the widest oracle.
BITS = 256

#: For each judged dtype its oracle's arithmetic, as a precision of its own.
WIDE = {
    p.dtype: replace(p, u=p.u_wide, u_compute=p.u_wide, eta=float(np.finfo(p.wide).smallest_subnormal))
    for p in (bounds.precision("float32"), bounds.precision("float64"))
}

SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17]
NORMS = [None, "backward", "ortho", "forward"]


@pytest.fixture(autouse=True)
def _balls() -> Any:
    before, ctx.prec = ctx.prec, BITS
    yield
    ctx.prec = before


# --- the textbook, in balls -----------------------------------------------------------------------------------------


def ball(x: Any) -> Any:
    """The ball around one number of any NumPy type, exactly."""
    if np.iscomplexobj(x):
        return acb(ball(x.real), ball(x.imag))
    high = float(x)
    return arb(high) + arb(float(x - np.longdouble(high)))


def balls(x: Any) -> Any:
    """An array of balls."""
    result = np.empty(x.shape, object)
    for at in np.ndindex(x.shape):
        result[at] = acb(ball(x[at]))
    return result


def turn(numerator: int, denominator: int) -> Any:
    """``exp(i pi p / q)``."""
    return acb(arb(fmpq(numerator, denominator))).exp_pi_i()


def matrix(rows: int, columns: int, entry: Callable[[int, int], Any]) -> Any:
    result = np.empty((rows, columns), object)
    for at in product(range(rows), range(columns)):
        result[at] = entry(*at)
    return result


def along(axis: int, m: Any, x: Any) -> Any:
    """A matrix applied to one axis."""
    return np.moveaxis(np.tensordot(m, x, ([1], [axis])), 0, axis)


def fourier_matrix(n: int, sign: int) -> Any:
    return matrix(n, n, lambda k, j: turn(sign * 2 * k * j, n))


def resized(x: Any, axis: int, n: int) -> Any:
    """The axis cut, or continued with zeros, to n entries."""
    return along(axis, matrix(n, x.shape[axis], lambda i, j: acb(int(i == j))), x)


def real_part(x: Any) -> Any:
    return balls_of(x, lambda b: acb(b.real))


def conjugate(x: Any) -> Any:
    return balls_of(x, lambda b: acb(b.real, -b.imag))


def balls_of(x: Any, function: Callable[[Any], Any]) -> Any:
    result = np.empty(x.shape, object)
    for at in np.ndindex(x.shape):
        result[at] = function(x[at])
    return result


def factor(norm: str | None, n: int, inverse: bool) -> Any:
    if norm == "ortho":
        return acb(1 / arb(n).sqrt())
    return acb(1 / arb(n)) if (norm == "forward") != inverse else acb(1)


def complex_transform(x: Any, s: Any, axes: Any, norm: Any, inverse: bool) -> Any:
    """``scale * sum of x[j] exp(-+ 2 pi i j k / n)`` along each axis."""
    for axis, n in zip(axes, s, strict=True):
        x = along(axis, fourier_matrix(n, 1 if inverse else -1), resized(x, axis, n))
    return x * factor(norm, prod(s), inverse)


def kept_half(x: Any, s: Any, axes: Any, norm: Any, inverse: bool) -> Any:
    y = complex_transform(x, s, axes, norm, inverse)
    return resized(y, axes[-1], s[-1] // 2 + 1)


def real_result(x: Any, s: Any, axes: Any, norm: Any, inverse: bool) -> Any:
    """``Re X[0] + 2 sum of Re(X[k] exp(+-2 pi i j k / n)) (+ (-1)^j Re X[n/2])``, other axes first."""
    sign, n, last = 1 if inverse else -1, s[-1], axes[-1]
    for axis, m in zip(axes[:-1], s[:-1], strict=True):
        x = along(axis, fourier_matrix(m, sign), resized(x, axis, m))
    half = resized(x, last, n // 2 + 1)
    weights = [acb(1 if 2 * k % n == 0 else 2) for k in range(n // 2 + 1)]
    y = along(last, matrix(n, n // 2 + 1, lambda j, k: weights[k] * turn(sign * 2 * j * k, n)), half)
    return real_part(y) * factor(norm, prod(s), inverse)


def cosine_matrix(type: int, n: int) -> Any:
    """Rows k, columns j of the sums in the manual page of ``scipy.fft.dct``."""
    cos = {
        1: lambda k, j: turn(k * j, n - 1) if n > 1 else acb(1),
        2: lambda k, j: turn(k * (2 * j + 1), 2 * n),
        3: lambda k, j: turn(j * (2 * k + 1), 2 * n),
        4: lambda k, j: turn((2 * k + 1) * (2 * j + 1), 4 * n),
    }[type]
    once = {1: (0, n - 1), 3: (0,)}.get(type, ())
    return matrix(n, n, lambda k, j: acb((1 if j in once else 2) * cos(k, j).real))


def sine_matrix(type: int, n: int) -> Any:
    """Rows k, columns j of the sums in the manual page of ``scipy.fft.dst``."""
    sin = {
        1: lambda k, j: turn((k + 1) * (j + 1), n + 1),
        2: lambda k, j: turn((k + 1) * (2 * j + 1), 2 * n),
        3: lambda k, j: turn((j + 1) * (2 * k + 1), 2 * n),
        4: lambda k, j: turn((2 * k + 1) * (2 * j + 1), 4 * n),
    }[type]
    once = {3: (n - 1,)}.get(type, ())
    return matrix(n, n, lambda k, j: acb((1 if j in once else 2) * sin(k, j).imag))


def real_transform(x: Any, sines: bool, type: int, s: Any, axes: Any, norm: Any, ends: bool) -> Any:
    """One cosine or sine matrix per axis; with ``ends`` the orthogonal one, but for the scale."""
    first = 0 if not sines else -1
    before = {1: () if sines else (0, -1), 3: (first,)}.get(type, ())
    after = {1: () if sines else (0, -1), 2: (first,)}.get(type, ())
    for axis, n in zip(axes, s, strict=True):
        m = (sine_matrix if sines else cosine_matrix)(type, n)
        if ends:
            for place in before:
                m[:, place] = m[:, place] * acb(arb(2).sqrt())
            for place in after:
                m[place] = m[place] / acb(arb(2).sqrt())
        x = along(axis, m, resized(x, axis, n))
    periods = prod(2 * (n + ((1 if sines else -1) if type == 1 else 0)) for n in s)
    return x * factor(norm, periods, False)


# --- the comparison -------------------------------------------------------------------------------------------------


def draw(shape: tuple[int, ...], complex_: bool, p: bounds.Precision, label: str) -> Any:
    rng = np.random.Generator(np.random.Philox(key=sum(map(ord, label)) + prod(shape)))
    x = rng.standard_normal(shape)
    if complex_:
        return (x + 1j * rng.standard_normal(shape)).astype(np.result_type(p.wide, np.complex64))
    return x.astype(p.wide)


def within(found: arithmetic.Tracked, exact: Any) -> None:
    """Every exact entry lies within the oracle's own bound, in the tier of i.i.d. data."""
    assert found.shape == exact.shape
    error = np.zeros((3, *found.shape)) if found.error is None else np.asarray(found.error)
    for at in np.ndindex(found.shape):
        distance = abs(exact[at] - acb(ball(found.value[at])))
        assert bool(distance <= arb(float(error[0][at]))), (at, found.value[at], exact[at], error[0][at])


def judged(
    definition: Callable[..., Any], x: Any, exact: Callable[[Any], Any], p: bounds.Precision, **params: Any
) -> None:
    """The definition's value and gradient against the textbook's."""
    leaf = arithmetic.leaf(x, p)
    found = definition(leaf, **params)
    within(found, exact(balls(x)))
    g = draw(found.shape, np.iscomplexobj(found.value), p, "cotangent")
    (gradient,) = arithmetic.vjp([found], [arithmetic.leaf(g, p)], [leaf])
    assert gradient is not None
    within(gradient, transposed(exact, x, balls(g)))


def transposed(exact: Callable[[Any], Any], x: Any, g: Any) -> Any:
    """The gradient, one entry at a time: ``Re <g, f(e)>`` for each unit vector e, real and imaginary."""
    result = np.empty(x.shape, object)
    for at in np.ndindex(x.shape):
        parts = []
        for unit in (acb(1), acb(0, 1))[: 1 + np.iscomplexobj(x)]:
            e = np.full(x.shape, acb(0), object)
            e[at] = unit
            parts.append(sum((conjugate(g) * exact(e)).ravel(), acb(0)).real)
        result[at] = acb(*parts)
    return result


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("n", SIZES)
def test_transforms_of_one_axis_are_the_textbook_sums(n: int, dtype: str) -> None:
    p, norm = WIDE[dtype], NORMS[n % len(NORMS)]
    given = (n,), (1,), norm
    for have in {n, n + 2, max(n - 3, 1)}:
        z, x = draw((2, have), True, p, "complex"), draw((2, have), False, p, "real")
        judged(fourier.fft, z, lambda a: complex_transform(a, *given, False), p, n=n, norm=norm)
        judged(fourier.ifft, z, lambda a: complex_transform(a, *given, True), p, n=n, norm=norm)
        judged(fourier.rfft, x, lambda a: kept_half(a, *given, False), p, n=n, norm=norm)
        judged(fourier.ihfft, x, lambda a: kept_half(a, *given, True), p, n=n, norm=norm)
        judged(fourier.irfft, z, lambda a: real_result(a, *given, True), p, n=n, norm=norm)
        judged(fourier.hfft, z, lambda a: real_result(a, *given, False), p, n=n, norm=norm)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("s", "axes"), [((3, 4), (0, 1)), ((4, 3), (1, 0)), ((2, 5), (0, 1)), ((1, 6), (1, 0))])
def test_transforms_of_several_axes_are_the_textbook_sums(s: tuple[int, ...], axes: tuple[int, ...], norm: Any) -> None:
    p = WIDE["float64"]
    z, x = draw((3, 4), True, p, "complex"), draw((3, 4), False, p, "real")
    given = {"s": s, "axes": axes, "norm": norm}
    judged(fourier.fftn, z, lambda a: complex_transform(a, s, axes, norm, False), p, **given)
    judged(fourier.ifft2, z, lambda a: complex_transform(a, s, axes, norm, True), p, **given)
    judged(fourier.rfftn, x, lambda a: kept_half(a, s, axes, norm, False), p, **given)
    judged(fourier.ihfft2, x, lambda a: kept_half(a, s, axes, norm, True), p, **given)
    judged(fourier.irfftn, z, lambda a: real_result(a, s, axes, norm, True), p, **given)
    judged(fourier.hfft2, z, lambda a: real_result(a, s, axes, norm, False), p, **given)


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("n", [1009, 4096, 65537])
def test_single_entries_of_long_transforms_are_the_textbook_sums(n: int, dtype: str) -> None:
    p = WIDE[dtype]
    x = draw((n,), False, p, "long")
    found = fourier.rfft(arithmetic.leaf(x, p))
    exact, turns = balls(x), [turn(-2 * j, n) for j in range(n)]
    for k in (1, n // 3, n // 2):
        total = sum((term * turns[k * j % n] for j, term in enumerate(exact)), acb(0))
        within(found[k : k + 1], np.array([total], object))


@pytest.mark.parametrize("type", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["dct", "dst"])
def test_cosine_and_sine_transforms_are_the_sums_of_the_manual_page(name: str, type: int) -> None:
    sines = name == "dst"
    for n, p in product(SIZES, WIDE.values()):
        if n == 1 and type == 1 and not sines:
            continue
        x = draw((2, max(n - n % 3, 1)), n % 2 == 1, p, name)
        norm, ends = NORMS[n % 4], (None, True, False)[n % 3]
        orthogonal = norm == "ortho" if ends is None else ends
        given = sines, type, (n,), (1,), norm, orthogonal
        params = {"type": type, "n": n, "norm": norm, "orthogonalize": ends}
        judged(getattr(cosine, name), x, lambda a, given=given: real_transform(a, *given), p, **params)


@pytest.mark.parametrize("type", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["dctn", "dstn"])
def test_cosine_and_sine_transforms_of_two_axes_take_one_after_the_other(name: str, type: int) -> None:
    p = WIDE["float64"]
    for norm, ends in product(NORMS, (True, False)):
        s, axes = (4, 3), (1, 0)
        given = name == "dstn", type, s, axes, norm, ends
        x = draw((3, 3), False, p, name)
        params = {"type": type, "s": s, "axes": axes, "norm": norm, "orthogonalize": ends}
        judged(getattr(cosine, name), x, lambda a, given=given: real_transform(a, *given), p, **params)


@pytest.mark.parametrize("type", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["dct", "dst", "dctn", "dstn"])
def test_the_inverse_gives_back_what_was_transformed(name: str, type: int) -> None:
    for norm, ends, (label, p) in product(NORMS, (None, True, False), WIDE.items()):
        x = draw((3, 5), False, p, label)
        leaf = arithmetic.leaf(x, p)
        params = {"type": type, "norm": norm, "orthogonalize": ends}
        back = getattr(cosine, f"i{name}")(getattr(cosine, name)(leaf, **params), **params)
        within(back, balls(x))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9])
def test_shifts_bring_the_frequencies_into_order(n: int) -> None:
    frequency = [k if 2 * k < n else k - n for k in range(n)]
    ordered = np.array(sorted(frequency), float)
    assert fourier.fftshift(np.array(frequency, float)).tolist() == ordered.tolist()
    assert fourier.ifftshift(ordered).tolist() == np.array(frequency, float).tolist()
    both = np.add.outer(np.array(frequency, float), 100 * np.array(frequency, float))
    assert fourier.ifftshift(fourier.fftshift(both)).tolist() == both.tolist()
    assert fourier.fftshift(both, 1).tolist() == np.add.outer(np.array(frequency, float), 100 * ordered).tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 100, 101])
def test_frequencies_are_multiples_of_the_lowest(n: int) -> None:
    p = WIDE["float64"]
    d = arithmetic.leaf(np.array(0.7), p)
    lowest = 1 / (n * ball(np.float64(0.7)))
    whole = [k if 2 * k < n else k - n for k in range(n)]
    for found, exact in ((fourier.fftfreq(d, n), whole), (fourier.rfftfreq(d, n), range(n // 2 + 1))):
        within(found, np.array([acb(k * lowest) for k in exact], object))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_transform_of_one_infinite_entry_has_infinite_limits(dtype: str) -> None:
    spec = specs.read(ROOT / "specs" / "dct.yaml", runs.LAW_NAMES)
    case = cases.find(spec, "dct/A:1/B:1/N:1/n:2/axis:0/norm:ortho/orthogonalize:true")
    arrays = {"x": np.full((1, 1, 1), np.inf, dtype)}
    (answer,) = Oracle(spec, replace(case, dtype=dtype), arrays).values.values()
    assert answer.limits is not None
    assert np.isposinf(answer.limits()[0]).all()
