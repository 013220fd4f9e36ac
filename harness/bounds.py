"""Precision and the sizes of sums -> how far a right implementation may be from the exact answer.

Every bound comes in three tiers, stacked along a first axis of length 3, and the data decide which one judges:

- ``random``: data exchangeable with respect to the order of summation (i.i.d. fills);
- ``any``: probabilistic in the roundings alone, whatever the data (Higham and Mary 2019, SIAM J. Sci. Comput. 41(5));
- ``worst``: no assumption (Jeannerod and Rump 2013, SIAM J. Matrix Anal. Appl. 34(2): without restriction on n).

No tolerance is written here: each constant has a source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, log2, prod, sqrt
from typing import Any, Literal

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from harness.vocabulary import HALF

Array = NDArray[Any]

TIERS = ("random", "any", "worst")

#: Chance of one false alarm per judged tensor; lambda grows only with sqrt(-log(DELTA)).
DELTA = 1e-9

#: The unit roundoff of single precision, and its largest finite number.
SINGLE, LARGEST_SINGLE = 2.0**-24, float(np.finfo(np.float32).max)

#: The unit roundoff of double precision, in which Python keeps numbers.
DOUBLE = 2.0**-53

#: Error a library may make in exp, log, tanh and their kin, in units in the last place: what NumPy asks of its own
#: vectorised functions (NEP 38; SVML's documented maximum). Sleef's ``u10`` and ``u35`` functions in torch stay below.
TRANSCENDENTAL_ULPS = 4

#: Largest absolute error of the five-term approximation of erf (Abramowitz and Stegun 1964, 7.1.26), which vector
#: kernels take where this is the order of single precision's own roundings, and that alone.
POLYNOMIAL_ERF = 1.5e-7

#: Algorithms in which a sum of small integers is exact: plain multiplications and additions, in any order.
PLAIN = (
    "conventional",
    "blocked",
    "step-by-step",
    "low-precision-accumulation",
    "polynomial-erf",
    "flushes-subnormals",
    "goertzel",
)

#: What three products of bfloat16 parts leave out of one of singles, as part of its size: two parts have 16 bits, what
#: is beyond them in either factor is 2^-16 of it, and so is the product of the smaller parts, which is not made.
BF16X3 = 3 * 2.0**-16 * (1 + 2.0**-7)

#: Algorithms that round half types after every step, not at the end alone.
STEPWISE = ("step-by-step", "low-precision-accumulation")

#: Constant of the probabilistic FFT bound: rounding of twiddle factors and butterflies (Schatzman 1996, measured
#: constants of radix-2 to radix-13 butterflies lie below it).
FFT_CONSTANT = 1.5

#: Running sums that a window of two axes is put together of.
PREFIX_CORNERS = 4

#: Growth of F(4x4, 3x3) Winograd transforms: product of the maximal absolute row sums of its three matrices, per
#: axis (Barabasz et al. 2020, ACM Trans. Math. Softw. 46(4), section 3).
WINOGRAD_GROWTH = (10 * 1 * 19) ** 2


@dataclass(frozen=True)
class Precision:
    """The arithmetic a candidate works in, and the wider one its oracle works in.

    ``u`` is the unit roundoff of the stored type, ``u_compute`` of the accumulating one, ``u_given`` of the one in which
    a number of the params may be held; ``eta`` the smallest
    subnormal (smallest normal where the hardware flushes); ``largest`` the largest finite number; ``wide`` the
    oracle's real dtype with unit roundoff ``u_wide``; with ``fixed_order`` a chain of additions is added as it is
    written, and in any order else; of tied maxima any may take the gradient, or the ``first``; ``outputs`` is M of
    lambda = sqrt(2 ln(2 M / delta)).
    """

    dtype: str
    algorithm: str
    u: float
    u_compute: float
    eta: float
    largest: float
    wide: np.dtype[Any]
    u_wide: float
    complex: bool
    u_given: float
    fixed_order: bool = False
    ties: Literal["open", "first"] = "open"

    @property
    def reach(self) -> float:
        """The largest finite number of the accumulating type: beyond it, and not beyond ``largest``, sums overflow."""
        return LARGEST_SINGLE if self.u_compute < self.u else self.largest

    @property
    def digits(self) -> int:
        """Bits of the accumulating significand: integers up to 2**digits are exact in it."""
        return round(-log2(self.u_compute))

    @property
    def exact_sums(self) -> bool:
        """Whether sums of small integers are exact: true of any order of plain multiplications and additions."""
        return self.algorithm in PLAIN

    @property
    def smallest(self) -> float:
        """The smallest input that is not taken for zero."""
        return self.eta if self.algorithm == "flushes-subnormals" else 0.0

    @property
    def polynomial_erf(self) -> bool:
        """Whether erf is taken from its five-term approximation: in single precision alone."""
        return self.algorithm == "polynomial-erf" and self.u_compute >= SINGLE


#: Real type that each complex dtype is made of.
REAL = {"complex64": "float32", "complex128": "float64", "clongdouble": "longdouble"}

#: Complex dtype of each real one.
COMPLEX = {real: name for name, real in REAL.items()}


def finfo(dtype: str) -> Any:
    """``finfo`` of a dtype's real part, bfloat16 included."""
    name = REAL.get(dtype, dtype)
    return ml_dtypes.finfo(ml_dtypes.bfloat16) if name == "bfloat16" else np.finfo(name)


@lru_cache(maxsize=64)
def precision(dtype: str, algorithm: str = "conventional", fixed_order: bool = False) -> Precision:
    """The precision of a dtype under an algorithm. Half types accumulate in float32 unless the algorithm says not."""
    facts = finfo(dtype)
    u = 2.0 ** -(facts.nmant + 1)
    half = REAL.get(dtype, dtype) in HALF
    compute = SINGLE if half and algorithm != "low-precision-accumulation" else u
    # Intel's and AMD's bfloat16 dot products treat subnormals as zero (Intel SDM, VDPBF16PS), and so do whole libraries.
    flushed = dtype == "bfloat16" or algorithm == "flushes-subnormals"
    eta = float(facts.smallest_normal if flushed else facts.smallest_subnormal)
    wide = np.dtype(np.longdouble) if REAL.get(dtype, dtype) in ("float64", "longdouble") else np.dtype(np.float64)
    return Precision(
        dtype,
        algorithm,
        u,
        compute,
        eta,
        float(facts.max),
        wide,
        2.0 ** -(np.finfo(wide).nmant + 1),
        dtype in REAL,
        u,
        fixed_order,
    )


def effective(algorithm: str, dtype: str) -> str:
    """The algorithm as far as it matters in a dtype: of half types alone it is told when they are rounded."""
    half = REAL.get(dtype, dtype) in HALF
    return algorithm if half or algorithm not in STEPWISE else "conventional"


@lru_cache(maxsize=64)
def computing(p: Precision) -> Precision:
    """The precision of the steps between inputs and result: half types compute in single, unless they round each step."""
    if p.u == p.u_compute or p.algorithm in STEPWISE:
        return p
    facts = np.finfo(np.float32)
    eta = float(facts.smallest_normal if p.dtype == "bfloat16" else facts.smallest_subnormal)
    return replace(p, u=p.u_compute, eta=eta, largest=LARGEST_SINGLE)


def wider(dtype: str) -> str:
    """The dtype that the oracle of a judged dtype works in."""
    real = "longdouble" if REAL.get(dtype, dtype) in ("float64", "longdouble") else "float64"
    return next(c for c, r in REAL.items() if r == real) if dtype in REAL else real


def sharp_enough(p: Precision) -> bool:
    """Whether this machine's widest type is wider than the judged one (false for float64 where longdouble is it)."""
    return p.u_wide <= p.u / 16


def gamma(n: Any, u: float) -> Any:
    """``n u / (1 - n u)``: the worst relative error of n roundings; inf where ``n u >= 1``."""
    nu = np.asarray(n, dtype=np.float64) * u
    if (nu < 1).all():
        return nu / (1 - nu)
    return np.where(nu < 1, nu / np.where(nu < 1, 1 - nu, 1), np.inf)


def lam(outputs: int) -> float:
    """``lambda``: how many standard deviations M roundings stay within, but for a chance of ``DELTA``."""
    return sqrt(2 * log(2 * max(outputs, 1) / DELTA))


def summation(p: Precision, y: Array, total: Array, root: Array, length: Any) -> Array:
    """Bound of a sum of products, (3, *shape): from its value, ``S = sum |.|``, ``sqrt(Q) = sqrt(sum |.|^2)`` and K.

    Is inf where the order of summation decides whether the accumulating type overflows. Where the spacing of a partial
    sum may pass the size of its terms, roundings are no longer random: ``any`` is ``worst`` there (stagnation; Higham
    and Mary 2020, SIAM J. Sci. Comput. 42(5), section 1).
    """
    k, u = np.asarray(length, dtype=np.float64), p.u_compute
    if p.complex:
        k, u = 2 * k, sqrt(2) * u
    with np.errstate(all="ignore"):
        tiers = _roundings(y, total, root, k, u, (k + 1) * u * total)
        tiers += (k + 1) * p.eta + gamma(k + 1, p.u_wide) * total
        return _unless_overflown(p, y, total, tiers)


def additions(p: Precision, y: Array, total: Array, root: Array, k: Any) -> Array:
    """Bound of k additions in the stored type, in any order, (3, *shape), of terms as they are; as `summation` else."""
    with np.errstate(all="ignore"):
        return _unless_overflown(p, y, total, _roundings(y, total, root, k, p.u, gamma(k, p.u) * total))


def _roundings(y: Array, total: Array, root: Array, k: Any, u: float, worst: Array) -> Array:
    scale, size = lam(y.size), np.abs(y).astype(np.float64)
    typical = np.where(2 * k * u < 1, np.minimum(scale * np.sqrt(k) * u * total, worst), worst)
    random = np.minimum(scale * u * np.hypot(np.sqrt(k / 3 + 1) * size, np.sqrt(k / 6 + 1) * root), worst)
    tiers = np.empty((3, *np.shape(worst)))
    tiers[0], tiers[1], tiers[2] = random, typical, worst
    return tiers


def _unless_overflown(p: Precision, y: Array, total: Array, tiers: Array) -> Array:
    """Zero of operands that are not finite: no order of summation makes another kind of them."""
    found: Array = np.where(~np.isfinite(y), 0.0, np.where(_overflows(p, y, total), np.inf, tiers))
    return found


def _overflows(p: Precision, y: Array, total: Array) -> Array:
    """Where some order of summation has a partial sum beyond the largest number: all of one sign come first."""
    size = np.abs(y).astype(np.float64)
    one_sign = total if p.complex else (total + np.where(np.isfinite(size), size, total)) / 2
    found: Array = ~np.isfinite(total) | (one_sign * (1 + 2 * p.u_compute) >= p.reach / (2 if p.complex else 1))
    return found


def transform_growth(n: int) -> float:
    """``t`` of a transform of length n: butterflies' depth, summed over the prime factors of n.

    A prime p <= 13 is one butterfly (log2 p deep); a longer one is convolved (Bluestein, Rader): three transforms
    of about twice its length, or summed directly.
    """
    t, rest, p = 0.0, n, 2
    while rest > 1:
        while rest % p == 0:
            t += log2(p) if p <= 13 else min(p, chirp_growth(p))
            rest //= p
        p = p + 1 if p * p <= rest else max(rest, p + 1)
    return t


def chirp_growth(n: int) -> float:
    """``t`` of Bluestein's algorithm: three transforms of the next power of two from 2 n - 1 on, three products."""
    return 3 * np.ceil(log2(max(2 * n - 1, 1))) + 3.0 if n > 1 else 0.0


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


#: Above this many residue-class means the ``any`` tier of a transform is not refined: it is the worst one.
RESIDUE_CLASSES = 64


def transform(p: Precision, y: Array, axes: Sequence[int]) -> Array:
    """Bound of a discrete Fourier transform over ``axes``, (3, *shape), from its full output y.

    worst: ``2 u t ||y||_2``; random: ``c lambda u sqrt(t) rms(y)``; any: the same with the largest rms over the
    residue classes that hold the entry (Schatzman 1996, SIAM J. Sci. Comput. 17(5); Higham 2002, section 24.1).
    Bluestein's algorithm is a right way for any length: ``t`` is never below its growth.
    """
    lengths = [y.shape[a] for a in axes]
    t = sum(max(transform_growth(n), chirp_growth(n)) for n in lengths)
    if t == 0 or y.size == 0:
        return np.zeros((3, *y.shape))
    where = tuple(axes)
    with np.errstate(all="ignore"):
        power = (y.real**2 + y.imag**2).astype(p.wide)
        mean = np.sqrt(power.mean(axis=where, keepdims=True)).astype(np.float64)
        norm = sqrt(prod(lengths)) * mean
        if p.algorithm == "goertzel":
            return np.broadcast_to(_recurrence(p, prod(lengths), norm), (3, *y.shape))
        worst = np.broadcast_to(2 * p.u * t * norm, y.shape)
        unit = FFT_CONSTANT * lam(y.size) * p.u * sqrt(t)
        random = np.broadcast_to(unit * mean, y.shape)
        typical = np.minimum(unit * _largest_class_rms(power, where), worst)
        tiny = p.eta * prod(lengths)
        tiers: Array = np.stack([np.minimum(random, worst), typical, worst]) + tiny
        return tiers


def _recurrence(p: Precision, n: int, norm: Array) -> Array:
    """Bound of a transform by Goertzel's recurrence: each of n steps is off by 3 u of a state that grows to
    ``n sum |x|``, and reaches the result n times as large (Gentleman 1969, Comput. J. 12(2)); ``sum |x| <= ||y||``.
    """
    bound: Array = 3 * p.u * n**2 * norm * max(n, 1) + p.eta * n**2
    return bound


def transform_sizes(y: Array, axes: Sequence[int], at: tuple[int, ...]) -> dict[str, float]:
    """What the bound of one entry of a transform is made of: the depth t, rms(y) and the norm over its axes."""
    lengths = [y.shape[a] for a in axes]
    power = np.abs(y[tuple(slice(None) if i in axes else k for i, k in enumerate(at))]).astype(np.float64) ** 2
    t = sum(max(transform_growth(n), chirp_growth(n)) for n in lengths)
    return {"t": float(t), "rms": float(np.sqrt(power.mean())), "norm": float(np.sqrt(power.sum()))}


def _largest_class_rms(power: Array, axes: Sequence[int]) -> Array:
    divisors = [_divisors(power.shape[a]) for a in axes]
    if prod(len(d) for d in divisors) > RESIDUE_CLASSES:
        return np.full(power.shape, np.inf)
    means = [power]
    for axis, ds in zip(axes, divisors, strict=True):
        means = [_class_means(m, axis, d) for m in means for d in ds]
    largest = np.zeros(power.shape, power.dtype)
    for m in means:
        classes = largest.reshape([k for n, d in zip(power.shape, m.shape, strict=True) for k in (n // d, d)])
        np.maximum(classes, m.reshape([k for d in m.shape for k in (1, d)]), out=classes)
    return np.sqrt(largest).astype(np.float64)


def _class_means(power: Array, axis: int, d: int) -> Array:
    """The mean over each class of indices that are equal modulo d, d dividing the axis."""
    n = power.shape[axis]
    if n == d:
        return power
    means: Array = power.reshape(*power.shape[:axis], n // d, d, *power.shape[axis + 1 :]).mean(axis=axis)
    return means


def three_products(p: Precision, total: Array, length: Any) -> Array:
    """Bound of a complex sum of products by three real ones, (3, *shape), from ``S = sum |.|`` and K.

    With a = sum x' w', b = sum x" w", c = sum (x' + x")(w' + w"), the result is a - b + i (c - a - b) (Higham 2002,
    section 23.2.4). Its real part is off by gamma_{K+1} S, its imaginary part by 3 gamma_{K+4} S, as
    ``(|x'| + |x"|)(|w'| + |w"|) <= 2 |x| |w|``: together by sqrt(10) gamma_{K+4} S.
    """
    k, u = np.asarray(length, dtype=np.float64) + 4, p.u_compute
    with np.errstate(all="ignore"):
        worst = sqrt(10) * gamma(k, u) * total
        typical = np.minimum(lam(total.size) * sqrt(10) * np.sqrt(k) * u * total, worst)
        tiers = np.stack([typical, typical, worst]).astype(np.float64) + 3 * k * p.eta
        return np.where(total > p.reach / 8, np.inf, tiers + gamma(k, p.u_wide) * total)


def by_bfloat16_parts(p: Precision, y: Array, total: Array, root: Array, length: Any) -> Array:
    """Bound of a sum of products of singles, each made of three products of bfloat16 parts."""
    lost = BF16X3 if p.u_compute >= SINGLE else 0.0
    return summation(p, y, total, root, 3 * np.asarray(length)) + lost * total


def norm_wise(p: Precision, factors: Sequence[Array], lengths: Array) -> Array:
    """Bound of a multilinear map by an algorithm that is stable in norm only, (3, *lengths.shape).

    fft: three transforms of the padded operands and Cauchy and Schwarz over the blocks; winograd: the growth of its
    transforms; prefix-sums: differences of sums of all that is before; strassen: Higham 2002, theorem 23.2 (the
    constant of the fully recursive form).
    """
    size = float(np.prod([max(np.sqrt(np.sum(np.abs(f.astype(np.longdouble)) ** 2)), 0.0) for f in factors]))
    entries = sum(f.size for f in factors) + lengths.size
    k = float(lengths.max(initial=1))
    if p.algorithm == "fft":
        length = 2 ** int(np.ceil(log2(max(entries, 2))))
        overflows = length * size > p.reach / 2  # of the inverse transform's sums, before they are divided
        depth = 3 * transform_growth(length) + 1
        bound, k = np.inf if overflows else 2 * p.u_compute * depth * size, max(k, depth)
    elif p.algorithm == "winograd":
        peak = float(np.prod([np.max(np.abs(f), initial=0.0) for f in factors]))
        bound = WINOGRAD_GROWTH * float(gamma(k + 1, p.u_compute)) * k * peak
    elif p.algorithm == "prefix-sums":
        total = float(np.prod([np.sum(np.abs(f), dtype=np.float64) for f in factors]))
        bound = PREFIX_CORNERS * entries * p.u_compute * total
    else:
        levels = max(1, int(np.ceil(log2(max(k, 2)))))
        bound = 6.0**levels * float(gamma(k + 1, p.u_compute)) * size
    # What a transform of one factor loses among the subnormals is multiplied with the others.
    sums = sum(float(np.sum(np.abs(f), dtype=np.float64)) for f in factors)
    if not np.isfinite(size * sums):
        return np.full((3, *lengths.shape), np.inf)  # what is not finite spreads over all that is transformed together
    return np.full((3, *lengths.shape), bound + p.eta * k * (1 + sums))


def stored(p: Precision, y: Array, error: Array) -> Array:
    """What rounding to the stored type adds where steps were kept wider: ``u (|y| + error) + eta``."""
    if p.u == p.u_compute:
        return error
    with np.errstate(all="ignore"):
        fits = y == y.astype(ml_dtypes.bfloat16 if p.dtype == "bfloat16" else p.dtype)
        rounding = np.where(fits & (error == 0), 0.0, p.u * (np.abs(y).astype(np.float64) + error) + p.eta)
    return error + rounding
