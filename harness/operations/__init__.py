"""NumPy's functions -> programs of primitives, once for every arithmetic; and each primitive's derivative, once.

To add a function of NumPy's:

- A function that only moves, leaves out or repeats entries is a name in one of the three lists below ``PROGRAMS``.
- Where it can be said with what is here, write a program in the module of its theme (``entries``, ``kinks``,
  ``moving``, ``sums``, ``products``, ``transforms``) and a line of ``PROGRAMS``. Value, bound, enclosure and derivatives follow.
- Otherwise it is a primitive: its derivative is one entry of ``primitives``, a program in the cotangent, the result and
  the operands; its error bound is one rule in ``harness.arithmetic``, its enclosure one in ``harness.balls``, each with
  a line of the table there. What only moves entries is a ``move``: no arithmetic needs a rule for it.

Derivatives of derivatives need nothing more. ``tests/test_operations.py`` holds each against mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.definitions.terms import sum_of_products
from harness.operations import entries, kinks, moving, primitives, products, sums, transforms
from harness.operations.primitives import erf, erfc, summed

__all__ = ["PROGRAMS", "SPECIAL", "erf", "erfc", "primitives", "summed"]

PROGRAMS: dict[Any, Callable[..., Any]] = {
    np.add: primitives.add,
    np.subtract: entries.subtract,
    np.negative: primitives.negative,
    np.positive: lambda x: x,
    np.multiply: primitives.multiply,
    np.divide: primitives.divide,
    np.power: entries.power,
    np.square: entries.square,
    np.exp: primitives.exp,
    np.expm1: primitives.expm1,
    np.log: primitives.log,
    np.log1p: primitives.log1p,
    np.tanh: primitives.tanh,
    np.sqrt: primitives.sqrt,
    np.sin: primitives.sin,
    np.cos: primitives.cos,
    np.logaddexp: primitives.logaddexp,
    np.hypot: primitives.hypot,
    np.arctan2: primitives.arctan2,
    np.sign: primitives.sign,
    np.floor: primitives.floor,
    np.ceil: primitives.ceil,
    np.trunc: primitives.trunc,
    np.rint: primitives.rint,
    np.copy: lambda x: x,
    np.astype: entries.astype,
    np.zeros_like: lambda x, dtype=None, shape=None: entries.like(x, 0, dtype, shape),
    np.ones_like: lambda x, dtype=None, shape=None: entries.like(x, 1, dtype, shape),
    np.full_like: lambda x, fill_value, dtype=None, shape=None: entries.like(x, fill_value, dtype, shape),
    np.conjugate: entries.conj,
    np.real: entries.real,
    np.imag: entries.imag,
    np.where: kinks.where,
    np.maximum: primitives.maximum,
    np.minimum: kinks.minimum,
    np.clip: kinks.clip,
    np.absolute: primitives.absolute,
    np.max: kinks.largest,
    np.min: kinks.smallest,
    np.ptp: kinks.spread,
    np.tril: kinks.tril,
    np.triu: kinks.triu,
    np.reshape: moving.reshape,
    np.transpose: moving.transpose,
    np.broadcast_to: moving.broadcast,
    np.ndarray.__getitem__: moving.take,
    np.concatenate: moving.concatenate,
    np.stack: moving.stack,
    np.expand_dims: moving.expand_dims,
    np.moveaxis: moving.moveaxis,
    np.pad: moving.pad,
    np.flip: moving.flip,
    np.roll: moving.roll,
    np.diag: moving.diag,
    np.take_along_axis: moving.take_along_axis,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.sum: sums.total,
    np.mean: sums.mean,
    np.var: sums.variance,
    np.std: sums.deviation,
    np.diff: sums.difference,
    np.prod: sums.product,
    np.cumprod: sums.running_product,
    np.cumsum: sums.running_sum,
    sum_of_products: sums.contract,
    np.matmul: products.matmul,
    np.dot: products.dot,
    np.inner: products.inner,
    np.vdot: products.vdot,
    np.outer: products.outer,
    np.tensordot: products.tensordot,
    np.einsum: products.einsum,
    np.kron: products.kron,
    np.trace: products.trace,
    np.fft.fft: transforms.over_one(transforms.numpy_fftn),
    np.fft.fft2: transforms.over_two(transforms.numpy_fftn),
    np.fft.fftn: transforms.numpy_fftn,
    np.fft.ifft: transforms.over_one(transforms.numpy_ifftn),
    np.fft.ifft2: transforms.over_two(transforms.numpy_ifftn),
    np.fft.ifftn: transforms.numpy_ifftn,
    np.fft.rfft: transforms.over_one(transforms.numpy_rfftn),
    np.fft.rfft2: transforms.over_two(transforms.numpy_rfftn),
    np.fft.rfftn: transforms.numpy_rfftn,
}

PROGRAMS |= {
    function: moving.as_places_move(function)
    for function in (
        np.squeeze,
        np.swapaxes,
        np.ravel,
        np.tile,
        np.repeat,
        np.diagonal,
        np.take,
        np.fliplr,
        np.flipud,
        np.rot90,
        np.rollaxis,
        np.atleast_1d,
        np.atleast_2d,
        np.atleast_3d,
        np.fft.fftshift,
        np.fft.ifftshift,
    )
}
PROGRAMS |= {
    function: moving.as_places_split(function)
    for function in (np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)
}
PROGRAMS |= {
    function: moving.as_places_join(function) for function in (np.hstack, np.vstack, np.dstack, np.column_stack)
}

#: SciPy's special functions by name, so that this room need not import them.
SPECIAL: dict[str, Callable[..., Any]] = {"erf": erf, "erfc": erfc}
