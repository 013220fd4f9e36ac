"""Definition, arrays -> value, error bound and derivatives: arithmetic that carries its own running error.

A ``Tracked`` array holds the value in the oracle's wide type, a bound on how far a right implementation in the judged
precision may be from it (three tiers, first order; Wilkinson's running error analysis, Higham 2002, section 3.3), and
how it came about. Definitions are plain NumPy programs; NumPy's own dispatch protocols bring them here. Derivatives are
programs of ``harness.operations``, which run here too, so gradients carry bounds and have derivatives themselves.

Here stands the forward rule of each primitive, its value and its error formula, in the module of its theme:
``operators`` (``+ - * /``), ``functions`` (exp, erf), ``kinks`` (choices), ``moving``, ``sums``, ``products`` (sums of
products) and ``fourier``. They are made of ``tracked``, the arrays, and ``roundings``, what one step is off by;
``origins`` takes a bound apart again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.arithmetic import fourier, functions, kinks, linalg, moving, operators, products, special, sums
from harness.arithmetic.origins import Step, steps
from harness.arithmetic.tracked import Tracked, leaf, lift
from harness.differentiation import jvp, vjp
from harness.dispatch import Primitive, Table
from harness.operations import PROGRAMS, SPECIAL, erf, primitives
from harness.operations.moving import reshape
from harness.operations.transforms import fftn

__all__ = ["RULES", "Step", "Tracked", "erf", "fftn", "jvp", "leaf", "lift", "reshape", "steps", "vjp"]

#: The forward rule of each primitive: its value, and its error bound.
RULES: dict[Primitive, Callable[..., Tracked]] = {
    primitives.add: operators.add,
    primitives.negative: operators.negative,
    primitives.multiply: operators.multiply,
    primitives.divide: operators.divide,
    primitives.conj: operators.conj,
    primitives.real: operators.real,
    primitives.imag: operators.imag,
    primitives.summed: sums.summed,
    primitives.exp: functions.exp,
    primitives.expm1: functions.expm1,
    primitives.log: functions.log,
    primitives.log1p: functions.log1p,
    primitives.tanh: functions.tanh,
    primitives.sqrt: functions.sqrt,
    primitives.sin: functions.sin,
    primitives.cos: functions.cos,
    primitives.erf: functions.erf,
    primitives.erfc: functions.erfc,
    primitives.erfinv: functions.erfinv,
    primitives.tan: functions.tan,
    primitives.arcsin: functions.arcsin,
    primitives.arccos: functions.arccos,
    primitives.arctan: functions.arctan,
    primitives.sinh: functions.sinh,
    primitives.cosh: functions.cosh,
    primitives.arcsinh: functions.arcsinh,
    primitives.arccosh: functions.arccosh,
    primitives.arctanh: functions.arctanh,
    primitives.exp2: functions.exp2,
    primitives.log2: functions.log2,
    primitives.log10: functions.log10,
    primitives.cbrt: functions.cbrt,
    primitives.expit: special.expit,
    primitives.log_expit: special.log_expit,
    primitives.log_ndtr: special.log_ndtr,
    primitives.gammaln: special.gammaln,
    primitives.polygamma: special.polygamma,
    primitives.solve: linalg.solve,
    primitives.determinant: linalg.determinant,
    primitives.two_over_root_pi: functions.two_over_root_pi,
    primitives.power: functions.power,
    primitives.logaddexp: functions.logaddexp,
    primitives.hypot: functions.hypot,
    primitives.arctan2: functions.arctan2,
    primitives.sign: functions.steps(np.sign),
    primitives.floor: functions.steps(np.floor),
    primitives.ceil: functions.steps(np.ceil),
    primitives.trunc: functions.steps(np.trunc),
    primitives.rint: functions.steps(np.rint),
    primitives.where: kinks.where,
    primitives.maximum: kinks.maximum,
    primitives.share_of_first: kinks.share_of_first,
    primitives.largest: kinks.largest,
    primitives.share_of_largest: kinks.share_of_largest,
    primitives.sort: kinks.sort,
    primitives.tied: kinks.tied,
    primitives.absolute: kinks.absolute,
    primitives.sign_at: kinks.direction,
    primitives.direction: kinks.direction,
    primitives.nonzero_modulus: kinks.nonzero_modulus,
    primitives.unknown_at_zero: kinks.unknown_at_zero,
    primitives.one_off_zero: kinks.one_off_zero,
    primitives.confined: kinks.confined,
    primitives.stored: moving.stored,
    primitives.scatter: moving.scatter,
    primitives.concatenate: moving.concatenate,
    primitives.total: sums.total,
    primitives.running_total: sums.running_total,
    primitives.mean: sums.mean,
    primitives.contract: products.contract,
    primitives.fftn: fourier.fftn,
}

Tracked.table = Table(PROGRAMS, SPECIAL, RULES, moving.moved)
