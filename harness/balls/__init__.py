"""Definition, arrays -> enclosures: arrays of Arb's balls, entry by entry, only as asked.

The definitions that run on ``Tracked`` arrays run on these too, and so do their derivatives. Nothing is computed before
one entry is asked for, and then only what that entry needs; ``Work`` bounds how much that may be. A ball contains the
exact real number whatever was rounded on the way (Johansson 2017, IEEE Trans. Comput. 66(8)), so no error formula
stands here. At a kink the derivative is enclosed together with every other subgradient.

Here stands the forward rule of each primitive of ``harness.operations``, in modules of the names they have in
``harness.arithmetic``; ``enclosures`` are the arrays.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb

from harness.balls import fourier, kinks, linalg, moving, operators, sums
from harness.balls.enclosures import BITS, Balls, NoProof, Number, Work, digits, exactly, leaf, lift
from harness.differentiation import jvp, vjp
from harness.dispatch import Primitive, Table
from harness.operations import PROGRAMS, SPECIAL, primitives

__all__ = [
    "BITS",
    "Balls",
    "NoProof",
    "Number",
    "Work",
    "digits",
    "exactly",
    "jvp",
    "leaf",
    "lift",
    "vjp",
]

#: The forward rule of each primitive: the ball of an entry.
RULES: dict[Primitive, Callable[..., Balls]] = {
    primitives.add: operators.add,
    primitives.negative: operators.negative,
    primitives.multiply: operators.multiply,
    primitives.divide: operators.divide,
    primitives.conj: operators.conj,
    primitives.real: operators.real,
    primitives.imag: operators.imag,
    primitives.summed: operators.summed,
    primitives.exp: operators.method("exp"),
    primitives.expm1: operators.method("expm1"),
    primitives.log: operators.method("log"),
    primitives.log1p: operators.method("log1p"),
    primitives.tanh: operators.method("tanh"),
    primitives.sqrt: operators.method("sqrt"),
    primitives.sin: operators.method("sin"),
    primitives.cos: operators.method("cos"),
    primitives.erf: operators.method("erf"),
    primitives.erfc: operators.method("erfc"),
    primitives.erfinv: operators.method("erfinv"),
    primitives.tan: operators.method("tan"),
    primitives.arcsin: operators.method("asin"),
    primitives.arccos: operators.method("acos"),
    primitives.arctan: operators.method("atan"),
    primitives.sinh: operators.method("sinh"),
    primitives.cosh: operators.method("cosh"),
    primitives.arcsinh: operators.method("asinh"),
    primitives.arccosh: operators.method("acosh"),
    primitives.arctanh: operators.method("atanh"),
    primitives.exp2: operators.by(lambda z: (z * arb(2).log()).exp()),
    primitives.log2: operators.by(lambda z: z.log() / arb(2).log()),
    primitives.log10: operators.by(lambda z: z.log() / arb(10).log()),
    primitives.cbrt: operators.by(operators.cbrt),
    primitives.expit: operators.by(operators.expit),
    primitives.log_expit: operators.by(operators.log_expit),
    primitives.log_ndtr: operators.by(operators.log_ndtr),
    primitives.gammaln: operators.method("lgamma"),
    primitives.polygamma: operators.polygamma,
    primitives.solve: linalg.solve,
    primitives.determinant: linalg.determinant,
    primitives.stored: lambda x: x,
    primitives.two_over_root_pi: operators.two_over_root_pi,
    primitives.power: operators.power,
    primitives.logaddexp: operators.logaddexp,
    primitives.hypot: operators.hypot,
    primitives.arctan2: operators.arctan2,
    primitives.sign: kinks.steps(kinks.sign),
    primitives.floor: kinks.steps(lambda z: z.floor()),
    primitives.ceil: kinks.steps(lambda z: z.ceil()),
    primitives.trunc: kinks.steps(kinks.trunc),
    primitives.rint: kinks.steps(kinks.rint),
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
    primitives.nonzero_modulus: kinks.absolute,
    primitives.unknown_at_zero: lambda x: lift(0.0, x.work),
    primitives.one_off_zero: lambda x: lift(1.0, x.work),
    primitives.scatter: moving.scatter,
    primitives.concatenate: moving.concatenate,
    primitives.total: sums.total,
    primitives.running_total: sums.running_total,
    primitives.mean: sums.mean,
    primitives.contract: sums.contract,
    primitives.fftn: fourier.fftn,
}

Balls.table = Table(PROGRAMS, SPECIAL, RULES, moving.moved)
