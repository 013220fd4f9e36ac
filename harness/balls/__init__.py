"""Definition, arrays -> enclosures: arrays of Arb's balls, entry by entry, only as asked.

The definitions that run on ``Tracked`` arrays run on these too, and so do their derivatives. Nothing is computed before
one entry is asked for, and then only what that entry needs; ``Work`` bounds how much that may be. A ball contains the
exact real number whatever was rounded on the way (Johansson 2017, IEEE Trans. Comput. 66(8)), so no error formula
stands here. At a kink the derivative is enclosed together with every other subgradient.

The operations stand in modules of the names they have in ``harness.arithmetic``; ``enclosures`` are the arrays. A new function
of NumPy's is a line of a table below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from harness.balls.enclosures import BITS, Balls, NoProof, Number, Work, digits, exactly, leaf, lift
from harness.balls.fourier import fftn, numpy_fftn
from harness.balls.kinks import absolute, clip, largest, maximum, minimum, where
from harness.balls.moving import (
    broadcast,
    concatenate,
    expand_dims,
    flip,
    moveaxis,
    pad,
    reshape,
    roll,
    stack,
    take,
    transpose,
)
from harness.balls.operators import (
    add,
    conj,
    cos,
    divide,
    erf,
    exp,
    expm1,
    imag,
    log,
    log1p,
    multiply,
    negative,
    power,
    real,
    sin,
    sqrt,
    subtract,
    tanh,
)
from harness.balls.sums import contract, mean, total
from harness.differentiation import jvp, vjp
from harness.dispatch import NORMS, Table

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


def _fit(g: Balls, like: Balls) -> Balls:
    """A cotangent projected to the space of ``like``: broadcasting is a gather, which undoes itself."""
    return real(g) if like.kind != "c" else g


def _summed(parts: Sequence[Balls]) -> Balls:
    return reduce(add, parts)


UFUNCS: dict[Any, Callable[..., Balls]] = {
    np.add: add,
    np.subtract: subtract,
    np.negative: negative,
    np.positive: lambda x: x,
    np.multiply: multiply,
    np.divide: divide,
    np.power: power,
    np.square: lambda x: multiply(x, x),
    np.exp: exp,
    np.expm1: expm1,
    np.log: log,
    np.log1p: log1p,
    np.tanh: tanh,
    np.sqrt: sqrt,
    np.sin: sin,
    np.cos: cos,
    np.conjugate: conj,
    np.maximum: maximum,
    np.minimum: minimum,
    np.absolute: absolute,
}

#: SciPy's special functions by name.
SPECIAL: dict[str, Callable[..., Balls]] = {"erf": erf}

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: lambda x, axis=None, keepdims=False: total(x, axis, keepdims=keepdims),
    np.mean: lambda x, axis=None, keepdims=False: mean(x, axis, keepdims=keepdims),
    np.max: lambda x, axis=None, keepdims=False: largest(x, axis, keepdims=keepdims),
    np.where: where,
    np.clip: clip,
    np.reshape: reshape,
    np.transpose: transpose,
    np.broadcast_to: broadcast,
    np.concatenate: concatenate,
    np.stack: stack,
    np.expand_dims: expand_dims,
    np.moveaxis: moveaxis,
    np.pad: pad,
    np.flip: flip,
    np.roll: roll,
    np.real: real,
    np.imag: imag,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.fft.fft: lambda a, n=None, axis=-1, norm=None: fftn(a, (axis,), norm=NORMS[norm]),
    np.fft.fftn: numpy_fftn,
}

Balls.table = Table(UFUNCS, SPECIAL, FUNCTIONS, take, contract, _fit, _summed)
