"""Functions entry by entry that are right in another way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.special

from reference_impls import elementwise as right


def other(says: str, formula: Callable) -> Callable:
    """A function by another formula, in extended precision, rounded once."""

    def function(*inputs, **params):
        with np.errstate(all="ignore"):
            y = formula(*(x.astype(np.longdouble) for x in inputs), **params)
            return np.asarray(y).astype(inputs[0].dtype)

    function.__doc__ = says
    return function


def in_parts(function: Callable) -> Callable:
    """The halves of the last axis one after the other, in a result that lies column by column."""

    def op(*inputs, **params):
        with np.errstate(all="ignore"):
            xs = np.broadcast_arrays(*inputs)
            if not xs[0].ndim:
                return function(*(np.array(x) for x in xs), **params)
            half = xs[0].shape[-1] // 2
            parts = [function(*(np.array(x[..., s]) for x in xs), **params) for s in (slice(half), slice(half, None))]
            return np.array(np.concatenate(parts, axis=-1).astype(xs[0].dtype), order="F")

    op.__doc__ = "The halves of the last axis one after the other, in a result that lies column by column."
    return op


sqrt_in_extended = other("In extended precision.", np.sqrt)
rsqrt_in_extended = other("In extended precision.", lambda x: 1 / np.sqrt(x))
reciprocal_in_parts = in_parts(np.reciprocal)
exp2_by_exp = other("``exp(x log 2)``.", lambda x: np.exp(x * np.log(np.longdouble(2))))
expm1_in_parts = in_parts(np.expm1)
log_by_log2 = other("``log2(x) log 2``.", lambda x: np.log2(x) * np.log(np.longdouble(2)))
log2_by_log = other("``log(x) / log 2``.", lambda x: np.log(x) / np.log(np.longdouble(2)))
log10_by_log = other("``log(x) / log 10``.", lambda x: np.log(x) / np.log(np.longdouble(10)))
log1p_in_parts = in_parts(np.log1p)
sin_in_parts = in_parts(np.sin)
cos_in_extended = other("In extended precision.", np.cos)
tan_by_quotient = other("``sin(x) / cos(x)``.", lambda x: np.sin(x) / np.cos(x))
sinh_in_extended = other("In extended precision.", np.sinh)
cosh_in_parts = in_parts(np.cosh)
tanh_by_expm1 = other(
    "``-e / (e + 2)`` with ``e = expm1(-2 |x|)``.",
    lambda x: np.copysign(-np.expm1(-2 * np.abs(x)) / (np.expm1(-2 * np.abs(x)) + 2), x),
)
asin_in_parts = in_parts(np.arcsin)
acos_by_angle = other("The angle of a point on the circle.", lambda x: np.arctan2(np.sqrt((1 - x) * (1 + x)), x))
atan_by_angle = other("The angle of (1, x).", lambda x: np.arctan2(x, np.ones_like(x)))
atan2_in_parts = in_parts(np.arctan2)
hypot_in_extended = other("In extended precision.", np.hypot)
pow_in_extended = other("In extended precision.", np.power)
erf_in_parts = in_parts(right.scipy_erf)
erfc_of_parts = in_parts(
    lambda x: right._rounded(np.where(x < 0, 2 - scipy.special.erfc(np.abs(x)), scipy.special.erfc(x)), x)
)
erfinv_in_parts = in_parts(right.scipy_erfinv)
lgamma_in_parts = in_parts(right.scipy_lgamma)
softplus_in_extended = other(
    "In extended precision.",
    lambda x, beta, threshold: np.where(x * beta > threshold, x, np.logaddexp(0, x * beta) / beta),
)
mish_in_extended = other("In extended precision.", lambda x: x * np.tanh(np.logaddexp(0, x)))
hardswish_in_parts = in_parts(right.hardswish)
elu_in_extended = other(
    "In extended precision.", lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
)
selu_in_extended = other(
    "In extended precision.",
    lambda x: (
        np.longdouble(right.SELU_SCALE)
        * np.where(x > 0, x, np.longdouble(right.SELU_ALPHA) * np.expm1(np.minimum(x, 0)))
    ),
)
