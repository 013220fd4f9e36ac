"""NumPy's functions in both arithmetics: value, bound, gradient and second order, each against mpmath's numbers.

The same NumPy call runs on arrays of mpmath's numbers, or a formula does where NumPy's own loops take no objects.
Derivatives are differences of those: their steps are so small, and digits so many, that they are exact beside any bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from flint import arb

from harness import arithmetic, balls, bounds
from harness.balls import Balls, Work, digits, exactly
from harness.dispatch import Move, Primitive
from harness.operations import PROGRAMS, primitives

WIDE = bounds.precision("longdouble")
F32 = bounds.precision("float32")

#: Decimal digits of mpmath's numbers, and the step of differences: truncation and cancellation leave 30 digits or more.
DIGITS, STEP = 150, mpmath.mpf(10) ** -40

Program = Callable[..., Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """A call of a NumPy function, the shapes of its inputs, and what it is of mpmath's numbers where that differs."""

    program: Program
    shapes: tuple[Shape, ...]
    exact: Program | None = None
    positive: bool = False

    def of_numbers(self, *xs: Any) -> Any:
        return np.asarray((self.exact or self.program)(*xs), dtype=object)


def each(function: Callable[..., Any]) -> Program:
    """A function of mpmath's, entry by entry."""
    return np.frompyfunc(function, function.__code__.co_argcount, 1)


def mp_var(x: Any, axis: Any, less: Any, keepdims: bool = False) -> Any:
    mean = x.sum(axis=axis, keepdims=True) * (mpmath.mpf(1) / (x.size // x.sum(axis=axis).size))
    count = x.size // x.sum(axis=axis).size
    return ((x - mean) ** 2).sum(axis=axis, keepdims=keepdims) * (mpmath.mpf(1) / (count - less))


mp_sqrt = each(lambda x: mpmath.sqrt(x))
INDICES = np.array([[2, 0, 2], [1, 1, 0]])

SAMPLES: dict[str, Sample] = {
    "matmul": Sample(lambda a, b: a @ b, ((3, 4), (4, 2))),
    "matmul of stacks": Sample(lambda a, b: a @ b, ((2, 1, 3, 4), (5, 4, 2))),
    "matmul of a vector": Sample(lambda a, b: np.matmul(a, b), ((4,), (2, 4, 3))),
    "matmul with a vector": Sample(lambda a, b: np.matmul(a, b), ((2, 3, 4), (4,))),
    "dot": Sample(lambda a, b: np.dot(a, b), ((2, 3), (4, 3, 2))),
    "dot of vectors": Sample(lambda a, b: np.dot(a, b), ((5,), (5,))),
    "inner": Sample(lambda a, b: np.inner(a, b), ((2, 3), (4, 3))),
    "vdot": Sample(lambda a, b: np.vdot(a, b), ((2, 3), (2, 3)), lambda a, b: (a * b).sum()),
    "outer": Sample(lambda a, b: np.outer(a, b), ((3,), (2, 2))),
    "tensordot": Sample(lambda a, b: np.tensordot(a, b), ((2, 3, 4), (3, 4, 2))),
    "tensordot over axes": Sample(lambda a, b: np.tensordot(a, b, ([0, 2], [1, 0])), ((3, 2, 4), (4, 3, 2))),
    "kron": Sample(lambda a, b: np.kron(a, b), ((2, 3), (3, 2))),
    "trace": Sample(lambda a: np.trace(a, 1), ((3, 4),)),
    "einsum of three": Sample(lambda a, b, c: np.einsum("ij,jk,kl->il", a, b, c), ((2, 3), (3, 4), (4, 2))),
    "einsum with dots": Sample(lambda a, b: np.einsum("...ij,...j", a, b), ((2, 3, 4), (2, 4))),
    "einsum of a diagonal": Sample(lambda a: np.einsum("iij->ji", a) * 3, ((3, 3, 2),)),
    "einsum to a number": Sample(lambda a, b: np.einsum("ij,ij", a, b), ((2, 3), (2, 3))),
    "min": Sample(lambda x: np.min(x, axis=1), ((3, 4),)),
    "ptp": Sample(lambda x: np.ptp(x, axis=0), ((4, 2),)),
    "var": Sample(lambda x: np.var(x, axis=1), ((3, 4),), lambda x: mp_var(x, 1, 0)),
    "var with ddof": Sample(
        lambda x: np.var(x, axis=(0, 2), ddof=1, keepdims=True), ((3, 4, 2),), lambda x: mp_var(x, (0, 2), 1, True)
    ),
    "std with correction": Sample(
        lambda x: np.std(x, axis=0, correction=1), ((4, 2),), lambda x: mp_sqrt(mp_var(x, 0, 1))
    ),
    "squeeze": Sample(lambda x: np.squeeze(x, 1) * x[:, 0], ((3, 1, 2),)),
    "swapaxes": Sample(lambda x: np.swapaxes(x, 0, 2) * 3, ((2, 3, 4),)),
    "ravel": Sample(lambda x: np.ravel(x)[1:] * x.ravel()[:-1], ((2, 3),)),
    "diff": Sample(lambda x: np.diff(x, 2, axis=0), ((5, 2),)),
    "tile": Sample(lambda x: np.tile(x, (2, 3)) ** 2, ((2, 2),)),
    "repeat": Sample(lambda x: np.repeat(x, [1, 3, 2], axis=1) ** 2, ((2, 3),)),
    "split": Sample(lambda x: np.multiply(*np.split(x, 2, axis=1)), ((2, 4),)),
    "array_split": Sample(lambda x: np.array_split(x, 3)[0] * np.array_split(x, 3)[2][0], ((5, 2),)),
    "tril": Sample(lambda x: np.tril(x, 1) * x, ((3, 4),)),
    "triu": Sample(lambda x: np.triu(x, -1) * x, ((2, 4, 3),)),
    "diagonal": Sample(lambda x: np.diagonal(x, 1) * 3, ((3, 4),)),
    "diag": Sample(lambda x: np.diag(x, -1) * 3, ((3,),)),
    "like": Sample(lambda x: x * np.full_like(x, 3) + np.ones_like(x) - np.zeros_like(x), ((4,),)),
    "sign": Sample(lambda x: np.sign(x) * x / 7, ((5,),), each(lambda x: abs(x) / 7)),
    "floor": Sample(lambda x: np.floor(3 * x) * x / 7, ((5,),), each(lambda x: mpmath.floor(3 * x) * x / 7)),
    "ceil": Sample(lambda x: np.ceil(3 * x) * x / 7, ((5,),), each(lambda x: mpmath.ceil(3 * x) * x / 7)),
    "trunc": Sample(
        lambda x: np.trunc(3 * x) * x / 7,
        ((5,),),
        each(lambda x: (mpmath.floor(3 * x) if x > 0 else mpmath.ceil(3 * x)) * x / 7),
    ),
    "rint": Sample(lambda x: np.rint(3 * x) * x / 7, ((5,),), each(lambda x: mpmath.nint(3 * x) * x / 7)),
    "logaddexp": Sample(
        lambda a, b: np.logaddexp(a, b), ((3, 2), (2,)), each(lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)))
    ),
    "arctan2": Sample(lambda a, b: np.arctan2(a, b), ((3, 2), (2,)), each(lambda a, b: mpmath.atan2(a, b))),
    "hypot": Sample(lambda a, b: np.hypot(a, b), ((3, 2), (2,)), each(lambda a, b: mpmath.sqrt(a * a + b * b))),
    "astype": Sample(lambda x: np.astype(x, x.dtype).copy() * x, ((4,),), lambda x: x * x),
    "x ** y": Sample(lambda x, y: x**y, ((3, 2), (2,)), each(lambda x, y: x**y), positive=True),
    "x ** 1.5": Sample(lambda x: x**1.5, ((4,),), each(lambda x: x ** mpmath.mpf(1.5)), positive=True),
    "take": Sample(lambda x: np.take(x, INDICES, axis=1) ** 2, ((2, 3),)),
    "take of all": Sample(lambda x: np.take(x, [5, 0, 0]) ** 2, ((2, 3),)),
    "take_along_axis": Sample(lambda x: np.take_along_axis(x, INDICES, axis=1) ** 2, ((2, 3),)),
    "cumsum": Sample(lambda x: np.cumsum(x, axis=1), ((2, 5, 2),)),
    "cumsum of all": Sample(lambda x: np.cumsum(x), ((2, 3),)),
    "prod": Sample(lambda x: np.prod(x, axis=(0, 2)), ((3, 2, 2),)),
    "prod of all": Sample(lambda x: np.prod(x), ((5,),)),
    "cumprod": Sample(lambda x: np.cumprod(x, axis=1), ((2, 4),)),
    "fliplr": Sample(lambda x: np.fliplr(x) * x, ((2, 3),)),
    "flipud": Sample(lambda x: np.flipud(x) * x, ((2, 3),)),
    "rot90": Sample(lambda x: np.rot90(x) * 3, ((2, 3),)),
    "roll": Sample(lambda x: np.roll(x, (1, -2), (0, 1)) * x, ((2, 3),)),
    "roll of all": Sample(lambda x: np.roll(x, 2) * x, ((2, 3),)),
    "hstack": Sample(lambda a, b: np.hstack([a, b]) ** 2, ((2, 3), (2, 1))),
    "vstack": Sample(lambda a, b: np.vstack([a, b]) ** 2, ((3,), (2, 3))),
    "column_stack": Sample(lambda a, b: np.column_stack([a, b]) ** 2, ((3,), (3, 2))),
    "atleast_2d": Sample(lambda a: np.atleast_2d(a) @ a, ((3,),)),
}


def dft(x: Any, n: int, axis: int, turn: int, scale: Any) -> Any:
    """The transform of an axis cut or filled to n entries, each as real part plus twice the imaginary one."""
    k = np.arange(n)
    angles = turn * 2 * mpmath.pi * (k[:, None] * k) * (mpmath.mpf(1) / n)
    matrix = each(lambda a: mpmath.cos(a) + 2 * mpmath.sin(a))(angles) * scale
    lines = np.moveaxis(x, axis, 0)[:n]
    return np.moveaxis(np.tensordot(matrix[:, : lines.shape[0]], lines, 1), 0, axis)


def parts(y: Any) -> Any:
    """Real part plus twice the imaginary one."""
    return np.real(y) + 2 * np.imag(y)


SAMPLES |= {
    "fft": Sample(lambda x: parts(np.fft.fft(x, 6)), ((2, 4),), lambda x: dft(x, 6, 1, -1, 1)),
    "ifft": Sample(lambda x: parts(np.fft.ifft(x, axis=0)), ((5, 2),), lambda x: dft(x, 5, 0, 1, mpmath.mpf(1) / 5)),
    "ifft ortho": Sample(
        lambda x: parts(np.fft.ifft(x, norm="ortho")), ((4,),), lambda x: dft(x, 4, 0, 1, mpmath.mpf(1) / 2)
    ),
    "rfft": Sample(lambda x: parts(np.fft.rfft(x, 5)), ((2, 7),), lambda x: dft(x, 5, 1, -1, 1)[:, :3]),
    "ifftn over one": Sample(
        lambda x: parts(np.fft.ifftn(x, (3,), (1,), "forward")), ((2, 4),), lambda x: dft(x, 3, 1, 1, 1)
    ),
    "fftshift": Sample(lambda x: np.fft.fftshift(x, 1) * 3, ((2, 5),), lambda x: np.roll(x, 2, 1) * 3),
}


def entrywise(function: Callable[..., Any], exact: Callable[..., Any], positive: bool = False) -> Sample:
    """A function entry by entry, and mpmath's of the same name."""
    return Sample(function, ((2, 3),), each(exact), positive)


def unit(function: Callable[..., Any], exact: Callable[..., Any]) -> Sample:
    """A function of numbers between -1 and 1: of ``x / 4``."""
    return entrywise(lambda x: function(x / 4), lambda x: exact(x / 4))


def mp_inv(a: Any) -> Any:
    return np.array((mpmath.matrix(a.tolist()) ** -1).tolist(), dtype=object).reshape(a.shape)


SAMPLES |= {
    "tan": entrywise(lambda x: np.tan(x), lambda x: mpmath.tan(x)),
    "arcsin": unit(lambda x: np.arcsin(x), lambda x: mpmath.asin(x)),
    "arccos": unit(lambda x: np.arccos(x), lambda x: mpmath.acos(x)),
    "arctan": entrywise(lambda x: np.arctan(x), lambda x: mpmath.atan(x)),
    "sinh": entrywise(lambda x: np.sinh(x), lambda x: mpmath.sinh(x)),
    "cosh": entrywise(lambda x: np.cosh(x), lambda x: mpmath.cosh(x)),
    "arcsinh": entrywise(lambda x: np.arcsinh(x), lambda x: mpmath.asinh(x)),
    "arccosh": entrywise(lambda x: np.arccosh(1 + x), lambda x: mpmath.acosh(1 + x), positive=True),
    "arctanh": unit(lambda x: np.arctanh(x), lambda x: mpmath.atanh(x)),
    "exp2": entrywise(lambda x: np.exp2(x), lambda x: mpmath.mpf(2) ** x),
    "log2": entrywise(lambda x: np.log2(x), lambda x: mpmath.log(x, 2), positive=True),
    "log10": entrywise(lambda x: np.log10(x), lambda x: mpmath.log10(x), positive=True),
    "cbrt": entrywise(lambda x: np.cbrt(x), lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x))),
    "erfinv": unit(lambda x: scipy.special.erfinv(x), lambda x: mpmath.erfinv(x)),
    "erfc": entrywise(lambda x: scipy.special.erfc(x), lambda x: mpmath.erfc(x)),
    "expit": entrywise(lambda x: scipy.special.expit(x), lambda x: 1 / (1 + mpmath.exp(-x))),
    "log_expit": entrywise(lambda x: scipy.special.log_expit(x), lambda x: -mpmath.log(1 + mpmath.exp(-x))),
    "ndtr": entrywise(lambda x: scipy.special.ndtr(x), lambda x: mpmath.ncdf(x)),
    "log_ndtr": entrywise(lambda x: scipy.special.log_ndtr(x), lambda x: mpmath.log(mpmath.ncdf(x))),
    "gammaln": entrywise(lambda x: scipy.special.gammaln(x), lambda x: mpmath.loggamma(x), positive=True),
    "digamma": entrywise(lambda x: scipy.special.digamma(x), lambda x: mpmath.digamma(x), positive=True),
    "xlogy": Sample(
        lambda a, b: scipy.special.xlogy(a, b), ((2, 3), (3,)), each(lambda a, b: a * mpmath.log(b)), positive=True
    ),
    "solve": Sample(lambda a, b: np.linalg.solve(a, b), ((3, 3), (3, 2)), lambda a, b: mp_inv(a) @ b),
    "inv": Sample(lambda a: np.linalg.inv(a), ((3, 3),), mp_inv),
    "det": Sample(lambda a: np.linalg.det(a), ((3, 3),), lambda a: mpmath.det(mpmath.matrix(a.tolist()))),
    "norm": Sample(lambda x: np.linalg.norm(x, axis=1), ((2, 3),), lambda x: mp_sqrt((x * x).sum(axis=1))),
    "sort": Sample(lambda x: np.sort(x, axis=1) ** 2, ((2, 4),), lambda x: np.sort(x, axis=1) ** 2),
    "median": Sample(lambda x: np.median(x, axis=1), ((2, 4),), lambda x: np.sort(x, axis=1)[:, 1:3].sum(axis=1) / 2),
    "irfft": Sample(
        lambda x: np.fft.irfft(x + 0j, 4),
        ((2, 3),),
        lambda x: dft(np.concatenate([x, x[:, 1:2]], axis=1), 4, 1, 1, mpmath.mpf(1) / 4),
    ),
    "cross": Sample(lambda a, b: np.cross(a, b), ((2, 3), (3,)), lambda a, b: np.cross(a, b + a * 0)),
    "pad by reflection": Sample(lambda x: np.pad(x, 2, mode="reflect") * 3, ((3, 4),)),
}

#: What is rounded nowhere.
EXACT = {"min"}


def inputs(sample: Sample) -> list[np.ndarray]:
    drawn = [np.random.default_rng(i).standard_normal(s).astype(np.float32) for i, s in enumerate(sample.shapes)]
    return [np.abs(x) + np.float32(0.25) for x in drawn] if sample.positive else drawn


def directions(sample: Sample) -> list[np.ndarray]:
    return [np.random.default_rng(20 + i).standard_normal(s) for i, s in enumerate(sample.shapes)]


def numbers(x: Any) -> Any:
    """An array as mpmath's numbers, exactly."""
    wide = np.asarray(x, dtype=np.longdouble)
    high = wide.astype(np.float64)
    pairs = zip(high.ravel().tolist(), (wide - high).astype(np.float64).ravel().tolist(), strict=True)
    found = np.empty(wide.size, dtype=object)
    found[:] = [mpmath.mpf(a) + mpmath.mpf(b) for a, b in pairs]
    return found.reshape(wide.shape)


@pytest.fixture(autouse=True)
def _many_digits() -> Any:
    with mpmath.workdps(DIGITS):
        yield


def errors(y: Any) -> Any:
    return np.zeros(y.shape) if y.error is None else np.broadcast_to(y.error[-1], y.shape)


def tracked(sample: Sample, p: bounds.Precision) -> tuple[list[Any], Any]:
    xs = [arithmetic.leaf(x, p) for x in inputs(sample)]
    return xs, sample.program(*xs)


def upstream(sample: Sample) -> np.ndarray:
    shape = tracked(sample, WIDE)[1].shape
    return np.random.default_rng(9).standard_normal(shape)


def assert_encloses(y: Any, found: Balls) -> None:
    for place, (value, error) in enumerate(zip(y.value.reshape(-1), errors(y).reshape(-1), strict=True)):
        with digits():
            ball = found.at(place)
            assert bool(abs(exactly(value) - ball) <= arb(float(error)) + ball.rad()), f"{value} is not in {ball}"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_value_is_within_its_bound_of_the_exact_one(name: str) -> None:
    sample = SAMPLES[name]
    _, y = tracked(sample, WIDE)
    exact = sample.of_numbers(*map(numbers, inputs(sample)))
    assert y.shape == exact.shape
    assert np.all(abs(numbers(y.value) - exact) <= numbers(errors(y)))


@pytest.mark.parametrize("name", SAMPLES)
def test_numpy_in_float32_is_within_the_bound_in_float32(name: str) -> None:
    sample = SAMPLES[name]
    _, y = tracked(sample, F32)
    exact = sample.of_numbers(*map(numbers, inputs(sample)))
    off = abs(numbers(np.asarray(sample.program(*inputs(sample)))) - exact)
    bound = numbers(errors(y))
    assert np.all(off <= bound)
    assert name in EXACT or np.any(off > 0), "nothing was rounded: the bound was not tried"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_gradient_is_within_its_bound_of_the_difference_of_exact_values(name: str) -> None:
    sample = SAMPLES[name]
    xs, y = tracked(sample, WIDE)
    g, vs = upstream(sample), directions(sample)
    found = arithmetic.vjp([y], [arithmetic.leaf(g, WIDE)], xs)
    assert_along(found, vs, (along(sample, g, vs, 1) - along(sample, g, vs, -1)) / (2 * STEP))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_second_derivative_is_within_its_bound_of_the_difference_of_exact_values(name: str) -> None:
    sample = SAMPLES[name]
    xs, y = tracked(sample, WIDE)
    g, vs = upstream(sample), directions(sample)
    first = arithmetic.vjp([y], [arithmetic.leaf(g, WIDE)], xs)
    moved = [(f, arithmetic.leaf(v, WIDE)) for f, v in zip(first, vs, strict=True) if f is not None]
    found = arithmetic.vjp([f for f, _ in moved], [v for _, v in moved], xs)
    middle = 2 * along(sample, g, vs, 0)
    assert_along(found, vs, (along(sample, g, vs, 1) - middle + along(sample, g, vs, -1)) / STEP**2)


def along(sample: Sample, g: np.ndarray, vs: list[np.ndarray], steps: int) -> Any:
    """``<g, f(x + steps STEP v)>``, exactly."""
    moved = [numbers(x) + steps * STEP * numbers(v) for x, v in zip(inputs(sample), vs, strict=True)]
    return np.sum(sample.of_numbers(*moved) * numbers(g))


def assert_along(found: list[Any], vs: list[np.ndarray], exact: Any) -> None:
    total = slack = mpmath.mpf(0)
    for gradient, v in zip(found, vs, strict=True):
        if gradient is not None:
            assert gradient.shape == v.shape
            total += np.sum(numbers(gradient.value) * numbers(v))
            slack += np.sum(numbers(errors(gradient)) * abs(numbers(v)))
    # What differences leave out: of the order of the step's square, or of the digits that cancel.
    assert abs(total - exact) <= slack + STEP


@pytest.mark.parametrize("name", SAMPLES)
def test_balls_enclose_value_gradient_and_second_derivative(name: str) -> None:
    sample = SAMPLES[name]
    xs, y = tracked(sample, WIDE)
    work = Work(10**6)
    zs = [balls.leaf(x, work) for x in inputs(sample)]
    z = sample.program(*zs)
    assert_encloses(y, z)
    g, vs = upstream(sample), directions(sample)
    first = arithmetic.vjp([y], [arithmetic.leaf(g, WIDE)], xs)
    enclosed = balls.vjp([z], [balls.leaf(g, work)], zs)
    kept = [i for i, f in enumerate(first) if f is not None]
    for i in kept:
        assert_encloses(first[i], enclosed[i])
    second = arithmetic.vjp([first[i] for i in kept], [arithmetic.leaf(vs[i], WIDE) for i in kept], xs)
    again = balls.vjp([enclosed[i] for i in kept], [balls.leaf(vs[i], work) for i in kept], zs)
    for a, b in zip(second, again, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert_encloses(a, b)


@pytest.mark.parametrize("table", [arithmetic.Tracked.table, Balls.table], ids=["errors", "balls"])
def test_every_primitive_but_confined_has_a_forward_rule(table: Any) -> None:
    all_of_them = {p for p in vars(primitives).values() if isinstance(p, Primitive) and not isinstance(p, Move)}
    assert all_of_them - set(table.rules) <= {primitives.confined}


def test_a_step_that_the_error_reaches_is_left_open() -> None:
    third = arithmetic.lift(1 / 3, F32)
    y = np.floor(third * 3)
    assert y.value == 1 or y.value == 0
    assert np.all(np.abs(y.value - 1) <= y.error)
    assert np.all(np.abs(y.value - 0) <= y.error)


def test_the_angle_at_the_cut_is_open_by_a_whole_turn() -> None:
    a = arithmetic.lift(0.1, F32) * 3 - arithmetic.lift(0.3, F32)
    y = np.arctan2(a, arithmetic.leaf(np.array(-1.0), F32))
    assert np.all(y.error >= 2 * np.pi)


def test_what_may_not_be_said_is_refused() -> None:
    x = arithmetic.leaf(np.ones(3), F32)
    with pytest.raises(TypeError, match="int64"):
        np.astype(x * 1j, np.int64)
    with pytest.raises(ValueError, match="operands"):
        np.einsum("i,i", x)
    assert np.linalg.svd not in PROGRAMS
