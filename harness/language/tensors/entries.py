"""torch's functions entry by entry, comparisons among them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from harness.dispatch import Recorded
from harness.language.building import by_program
from harness.language.handles import unwrapped
from harness.operations import SPECIAL

A = Any


def of_scipy(name: str) -> Callable[..., A]:
    """SciPy's special function of that name."""

    def function(*arguments: Any) -> A:
        return by_program(getattr(import_module("scipy.special"), name), _lifting(SPECIAL[name]))(*arguments)

    return function


def _lifting(program: Callable[..., Any]) -> Callable[..., Any]:
    def lifted(*plain: Any) -> Any:
        one = next(x for x in plain if isinstance(x, Recorded))
        return program(*map(one.lifted, plain))

    return lifted


erf, erfc, erfinv, lgamma = of_scipy("erf"), of_scipy("erfc"), of_scipy("erfinv"), of_scipy("gammaln")
sigmoid, logit_, log_ndtr, ndtr = of_scipy("expit"), of_scipy("logit"), of_scipy("log_ndtr"), of_scipy("ndtr")
digamma, xlogy, xlog1py, entr = of_scipy("psi"), of_scipy("xlogy"), of_scipy("xlog1py"), of_scipy("entr")
log_expit = of_scipy("log_expit")


def add(x: A, other: A, *, alpha: Any = 1) -> A:
    return np.add(x, other if alpha == 1 else np.multiply(other, alpha))


def sub(x: A, other: A, *, alpha: Any = 1) -> A:
    return np.subtract(x, other if alpha == 1 else np.multiply(other, alpha))


def rsub(x: A, other: A) -> A:
    return np.subtract(other, x)


def div(x: A, other: A, *, rounding_mode: str | None = None) -> A:
    quotient = np.divide(x, other)
    return quotient if rounding_mode is None else {"floor": np.floor, "trunc": np.trunc}[rounding_mode](quotient)


def rsqrt(x: A) -> A:
    return 1 / np.sqrt(x)


def clamp(x: A, min: Any = None, max: Any = None) -> A:
    above = x if min is None else np.maximum(x, min)
    return above if max is None else np.minimum(above, max)


def clamp_min(x: A, min: Any) -> A:
    return np.maximum(x, min)


def clamp_max(x: A, max: Any) -> A:
    return np.minimum(x, max)


def round_(x: A, *, decimals: int = 0) -> A:
    return np.round(x, decimals)


def frac(x: A) -> A:
    return x - np.trunc(x)


def lerp(x: A, end: A, weight: A) -> A:
    return x + weight * (end - x)


def addcmul(x: A, tensor1: A, tensor2: A, *, value: Any = 1) -> A:
    return x + value * tensor1 * tensor2


def addcdiv(x: A, tensor1: A, tensor2: A, *, value: Any = 1) -> A:
    return x + value * tensor1 / tensor2


def logit(x: A, eps: Any = None) -> A:
    return logit_(x if eps is None else clamp(x, eps, 1 - eps))


def masked_fill(x: A, mask: A, value: Any) -> A:
    return np.where(np.asarray(unwrapped(mask), dtype=bool), value, x)


def where(condition: A, *choices: Any) -> A:
    plain = unwrapped(condition)
    return np.where(plain, *choices) if choices else tuple(np.nonzero(plain))


def complex_(real: A, imag: A) -> A:
    return real + 1j * imag


def polar(abs: A, angle: A) -> A:
    return abs * np.cos(angle) + 1j * (abs * np.sin(angle))


def view_as_complex(x: A) -> A:
    return x[..., 0] + 1j * x[..., 1]


def view_as_real(x: A) -> A:
    return np.stack([np.real(x), np.imag(x)], axis=-1)


def logical_not(x: A) -> A:
    return np.logical_not(np.asarray(unwrapped(x), dtype=bool))


def nonzero(x: A) -> A:
    return np.argwhere(x)


def heaviside(x: A, values: A) -> A:
    return np.heaviside(x, values)


def softplus(input: A, beta: Any = 1, threshold: Any = 20) -> A:
    scaled = input * beta
    return np.where(np.greater(scaled, threshold), input, np.logaddexp(0, scaled) / beta)


def relu(input: A, inplace: bool = False) -> A:
    return np.maximum(input, 0)


def relu6(input: A, inplace: bool = False) -> A:
    return np.minimum(np.maximum(input, 0), 6)


def leaky_relu(input: A, negative_slope: Any = 0.01, inplace: bool = False) -> A:
    return np.maximum(input, 0) + negative_slope * np.minimum(input, 0)


def elu(input: A, alpha: Any = 1.0, inplace: bool = False) -> A:
    return np.maximum(input, 0) + alpha * np.expm1(np.minimum(input, 0))


def selu(input: A, inplace: bool = False) -> A:
    return 1.0507009873554804934193349852946 * elu(input, 1.6732632423543772848170429916717)


def celu(input: A, alpha: Any = 1.0, inplace: bool = False) -> A:
    return np.maximum(input, 0) + alpha * np.expm1(np.minimum(input, 0) / alpha)


def gelu(input: A, approximate: str = "none") -> A:
    if approximate == "tanh":
        return 0.5 * input * (1 + np.tanh(np.sqrt(2 / np.pi) * (input + 0.044715 * input**3)))
    return input * ndtr(input)


def silu(input: A, inplace: bool = False) -> A:
    return input * sigmoid(input)


def mish(input: A, inplace: bool = False) -> A:
    return input * np.tanh(np.logaddexp(0, input))


def hardtanh(input: A, min_val: Any = -1.0, max_val: Any = 1.0, inplace: bool = False) -> A:
    return clamp(input, min_val, max_val)


def hardsigmoid(input: A, inplace: bool = False) -> A:
    return relu6(input + 3) / 6


def hardswish(input: A, inplace: bool = False) -> A:
    return input * relu6(input + 3) / 6


def softsign(input: A) -> A:
    return input / (1 + np.abs(input))


def tanhshrink(input: A) -> A:
    return input - np.tanh(input)


def softshrink(input: A, lambd: Any = 0.5) -> A:
    return np.maximum(input - lambd, 0) + np.minimum(input + lambd, 0)


def hardshrink(input: A, lambd: Any = 0.5) -> A:
    return np.where(np.greater(np.abs(input), lambd), input, 0)


def threshold(input: A, threshold: Any, value: Any, inplace: bool = False) -> A:
    return np.where(np.greater(input, threshold), input, value)


def _numpys(**names: str) -> dict[str, Callable[..., A]]:
    return {name: getattr(np, numpys) for name, numpys in names.items()}


_SAME = """abs absolute acos acosh asin asinh atan atan2 atanh arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil conj
copysign cos cosh deg2rad rad2deg exp exp2 expm1 floor floor_divide fmax fmin fmod float_power hypot log log10 log1p log2
logaddexp logaddexp2 maximum minimum multiply negative positive reciprocal remainder sign sin sinc sinh sqrt square tan tanh trunc
isfinite isinf isnan isneginf isposinf logical_and logical_or logical_xor greater greater_equal less less_equal not_equal
angle nan_to_num real imag isin isreal"""

ENTRIES: dict[str, Callable[..., A]] = {
    **_numpys(**{name: name for name in _SAME.split()}),
    **_numpys(mul="multiply", neg="negative", pow="power", fix="trunc", true_divide="divide", sgn="sign"),
    **_numpys(eq="equal", ne="not_equal", lt="less", le="less_equal", gt="greater", ge="greater_equal"),
    **{"add": add, "sub": sub, "subtract": sub, "rsub": rsub, "div": div, "divide": div, "rsqrt": rsqrt},
    **{"clamp": clamp, "clip": clamp, "clamp_min": clamp_min, "clamp_max": clamp_max, "round": round_, "frac": frac},
    **{"lerp": lerp, "addcmul": addcmul, "addcdiv": addcdiv, "masked_fill": masked_fill, "where": where},
    **{"complex": complex_, "polar": polar, "view_as_complex": view_as_complex, "view_as_real": view_as_real},
    **{"logical_not": logical_not, "nonzero": nonzero, "heaviside": heaviside, "erf": erf, "erfc": erfc},
    **{"erfinv": erfinv, "lgamma": lgamma, "digamma": digamma, "xlogy": xlogy, "sigmoid": sigmoid, "logit": logit},
    **{"relu": relu, "conj_physical": np.conjugate, "resolve_conj": lambda x: x},
}

#: What ``torch.special`` has beside them.
SPECIALS: dict[str, Callable[..., A]] = {
    **{"expit": sigmoid, "ndtr": ndtr, "log_ndtr": log_ndtr, "xlog1py": xlog1py, "entr": entr, "gammaln": lgamma},
    **{"psi": digamma},
}

#: What ``torch.nn.functional`` has beside them.
ACTIVATIONS: dict[str, Callable[..., A]] = {
    **{"softplus": softplus, "relu6": relu6, "leaky_relu": leaky_relu, "elu": elu, "selu": selu, "celu": celu},
    **{"gelu": gelu, "silu": silu, "mish": mish, "hardtanh": hardtanh, "hardsigmoid": hardsigmoid},
    **{"hardswish": hardswish, "softsign": softsign, "tanhshrink": tanhshrink, "softshrink": softshrink},
    **{"hardshrink": hardshrink, "threshold": threshold, "logsigmoid": log_expit},
}
