"""Definition, arrays -> value, error bound and derivatives: arithmetic that carries its own running error.

A ``Tracked`` array holds the value in the oracle's wide type, a bound on how far a right implementation in the judged
precision may be from it (three tiers, first order; Wilkinson's running error analysis, Higham 2002, section 3.3), and
how it came about. Definitions are plain NumPy programs; NumPy's own dispatch protocols bring them here. Each operation's
vjp is written in the same arithmetic, so gradients carry bounds and have derivatives themselves, to any order.

An operation and its error formula stand in the module of its theme: ``operators`` (``+ - * /``), ``functions`` (exp, erf,
powers), ``kinks`` (choices), ``moving``, ``sums``, ``products`` (sums of products) and ``fourier``. They are made of
``tracked``, the arrays, and ``roundings``, what one step is off by; ``origins`` takes a bound apart again. A new function
of NumPy's is a line of a table below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.arithmetic.fourier import fftn, numpy_fft, numpy_fftn
from harness.arithmetic.functions import cos, erf, exp, expm1, log, log1p, power, sin, sqrt, square, tanh
from harness.arithmetic.kinks import absolute, clip, largest, maximum, minimum, where
from harness.arithmetic.moving import (
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
from harness.arithmetic.operators import add, conj, divide, imag, multiply, negative, real, subtract
from harness.arithmetic.origins import Step, steps
from harness.arithmetic.products import contract
from harness.arithmetic.sums import mean, summed, total
from harness.arithmetic.tracked import Tracked, fit, leaf, lift
from harness.differentiation import jvp, vjp
from harness.dispatch import Table

__all__ = [
    "FUNCTIONS",
    "SPECIAL",
    "UFUNCS",
    "Step",
    "Tracked",
    "erf",
    "fftn",
    "jvp",
    "leaf",
    "lift",
    "reshape",
    "steps",
    "vjp",
]

UFUNCS: dict[Any, Callable[..., Tracked]] = {
    np.add: add,
    np.subtract: subtract,
    np.negative: negative,
    np.positive: lambda x: x,
    np.multiply: multiply,
    np.divide: divide,
    np.power: power,
    np.square: square,
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

#: SciPy's special functions by name, so that this room need not import them.
SPECIAL: dict[str, Callable[..., Tracked]] = {"erf": erf}

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: lambda x, axis=None, keepdims=False: total(x, axis, keepdims=keepdims),
    np.mean: lambda x, axis=None, keepdims=False: mean(x, axis, keepdims=keepdims),
    np.max: lambda x, axis=None, keepdims=False: largest(x, axis, keepdims=keepdims),
    np.argmax: lambda x, axis=None: np.argmax(x.value, axis=axis),
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
    np.fft.fft: numpy_fft,
    np.fft.fftn: numpy_fftn,
}

Tracked.table = Table(UFUNCS, SPECIAL, FUNCTIONS, take, contract, fit, summed)
