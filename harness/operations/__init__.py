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
from harness.dispatch import Recorded
from harness.operations import entries, kinks, linalg, moving, primitives, products, sums, transforms
from harness.operations.primitives import erf, erfc, summed

__all__ = ["DECIDED", "PROGRAMS", "SCIPY", "SPECIAL", "erf", "erfc", "primitives", "summed"]

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
    np.tan: primitives.tan,
    np.arcsin: primitives.arcsin,
    np.arccos: primitives.arccos,
    np.arctan: primitives.arctan,
    np.sinh: primitives.sinh,
    np.cosh: primitives.cosh,
    np.arcsinh: primitives.arcsinh,
    np.arccosh: primitives.arccosh,
    np.arctanh: primitives.arctanh,
    np.exp2: primitives.exp2,
    np.log2: primitives.log2,
    np.log10: primitives.log10,
    np.cbrt: primitives.cbrt,
    np.reciprocal: lambda x: 1 / x,
    np.sinc: entries.sinc,
    np.degrees: entries.degrees,
    np.rad2deg: entries.degrees,
    np.radians: entries.radians,
    np.deg2rad: entries.radians,
    np.remainder: entries.remainder,
    np.fmod: entries.fmod,
    np.floor_divide: lambda a, b: np.floor(a / b),
    np.divmod: entries.divmod_,
    np.modf: entries.modf,
    np.round: entries.rounded,
    np.around: entries.rounded,
    np.fix: lambda x, out=None: np.trunc(x),
    np.float_power: entries.power,
    np.fabs: lambda x: np.abs(x),
    np.copysign: entries.copysign,
    np.heaviside: entries.heaviside,
    np.angle: entries.angle,
    np.logaddexp2: entries.logaddexp2,
    np.interp: entries.interp,
    np.gradient: entries.gradient,
    np.logaddexp: primitives.logaddexp,
    np.hypot: primitives.hypot,
    np.arctan2: primitives.arctan2,
    np.sign: primitives.sign,
    np.floor: primitives.floor,
    np.ceil: primitives.ceil,
    np.trunc: primitives.trunc,
    np.rint: primitives.rint,
    np.copy: lambda x, order="K", subok=False: x,
    np.astype: entries.astype,
    np.zeros_like: entries.filled(0),
    np.ones_like: entries.filled(1),
    np.empty_like: entries.filled(0),
    np.full_like: lambda x, fill_value, *arguments, **keywords: entries.like(x, fill_value, *arguments, **keywords),
    np.conjugate: entries.conj,
    np.real: entries.real,
    np.imag: entries.imag,
    np.where: kinks.where,
    np.maximum: primitives.maximum,
    np.minimum: kinks.minimum,
    np.fmax: kinks.fmax,
    np.fmin: kinks.fmin,
    np.clip: kinks.clip,
    np.absolute: primitives.absolute,
    np.max: kinks.largest,
    np.min: kinks.smallest,
    np.amax: kinks.largest,
    np.amin: kinks.smallest,
    np.ptp: kinks.spread,
    np.select: kinks.select,
    np.nan_to_num: kinks.numbered,
    np.nansum: kinks.with_mask(sums.total),
    np.nanmean: kinks.with_mask(sums.mean),
    np.nanvar: kinks.with_mask(sums.variance),
    np.nanstd: kinks.with_mask(lambda x, *a, **k: np.sqrt(sums.variance(x, *a, **k))),
    np.nanprod: kinks.with_mask(sums.product),
    np.nanmax: kinks.without_nan(kinks.largest, -np.inf),
    np.nanmin: kinks.without_nan(kinks.smallest, np.inf),
    np.nancumsum: kinks.without_nan(sums.running_sum, 0.0),
    np.nancumprod: kinks.without_nan(sums.running(np.multiply), 1.0),
    np.sort: kinks.sort,
    np.partition: kinks.partition,
    np.quantile: kinks.quantile,
    np.percentile: kinks.percentile,
    np.median: kinks.median,
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
    np.diagflat: moving.diagflat,
    np.broadcast_arrays: moving.broadcast_all,
    np.meshgrid: moving.meshgrid,
    np.block: moving.block,
    np.insert: moving.insert,
    np.append: lambda x, values, axis=None: np.concatenate([x, values], axis=axis),
    np.unstack: moving.unstack,
    np.choose: moving.choose,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x, axis=None: x.size if axis is None else x.shape[axis],
    np.iscomplexobj: lambda x: x.dtype.kind == "c",
    np.isrealobj: lambda x: x.dtype.kind != "c",
    np.result_type: lambda *xs: np.result_type(*(getattr(x, "dtype", x) for x in xs)),
    np.can_cast: lambda x, to, casting="safe": np.can_cast(x.dtype, to, casting),
    np.common_type: lambda *xs: np.result_type(*(x.dtype for x in xs)).type,
    np.real_if_close: lambda x, tol=100: x,
    np.sum: sums.total,
    np.mean: sums.mean,
    np.var: sums.variance,
    np.std: sums.deviation,
    np.diff: sums.difference,
    np.prod: sums.product,
    np.cumprod: sums.running(np.multiply),
    np.cumsum: sums.running_sum,
    np.cumulative_sum: sums.cumulative(np.cumsum, 0.0),
    np.cumulative_prod: sums.cumulative(np.cumprod, 1.0),
    np.average: sums.average,
    np.ediff1d: moving.ediff,
    np.cov: sums.covariance,
    np.corrcoef: sums.correlations,
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
    np.vecdot: products.vecdot,
    np.matvec: products.matvec,
    np.vecmat: products.vecmat,
    np.convolve: linalg.convolve,
    np.correlate: linalg.correlate,
    np.cross: linalg.cross,
    np.vander: linalg.vander,
    np.polyval: linalg.polyval,
    np.trapezoid: linalg.trapezoid,
    np.linalg.solve: linalg.solve,
    np.linalg.inv: linalg.inverse,
    np.linalg.det: linalg.determinant,
    np.linalg.slogdet: linalg.sign_and_logarithm,
    np.linalg.cholesky: linalg.cholesky,
    np.linalg.norm: linalg.norm,
    np.linalg.vector_norm: linalg.vector_norm,
    np.linalg.matrix_norm: lambda x, /, *, keepdims=False, ord="fro": linalg.matrix_norm(x, keepdims=keepdims, ord=ord),
    np.linalg.matrix_power: linalg.power,
    np.linalg.multi_dot: linalg.multi_dot,
    np.linalg.matmul: products.matmul,
    np.linalg.outer: products.outer,
    np.linalg.tensordot: products.tensordot,
    np.linalg.vecdot: products.vecdot,
    np.linalg.cross: lambda a, b, /, *, axis=-1: linalg.cross(a, b, axis=axis),
    np.linalg.trace: lambda x, /, *, offset=0, dtype=None: products.trace(x, offset, -2, -1),
    np.linalg.diagonal: lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1),
    np.linalg.matrix_transpose: lambda x, /: np.swapaxes(x, -1, -2),
    np.fft.fft: transforms.over_one(transforms.numpy_fftn),
    np.fft.fft2: transforms.over_two(transforms.numpy_fftn),
    np.fft.fftn: transforms.numpy_fftn,
    np.fft.ifft: transforms.over_one(transforms.numpy_ifftn),
    np.fft.ifft2: transforms.over_two(transforms.numpy_ifftn),
    np.fft.ifftn: transforms.numpy_ifftn,
    np.fft.rfft: transforms.over_one(transforms.numpy_rfftn),
    np.fft.rfft2: transforms.over_two(transforms.numpy_rfftn),
    np.fft.rfftn: transforms.numpy_rfftn,
    np.fft.irfft: transforms.over_one(transforms.numpy_irfftn),
    np.fft.irfft2: transforms.over_two(transforms.numpy_irfftn),
    np.fft.irfftn: transforms.numpy_irfftn,
    np.fft.hfft: transforms.numpy_hfft,
    np.fft.ihfft: transforms.numpy_ihfft,
}

#: Methods of ufuncs by what is the same.
PROGRAMS |= {
    (np.add, "reduce"): sums.total,
    (np.multiply, "reduce"): sums.product,
    (np.maximum, "reduce"): kinks.largest,
    (np.minimum, "reduce"): kinks.smallest,
    (np.logaddexp, "reduce"): lambda x, axis=0, keepdims=False: sums.log_sum_exp(x, axis, keepdims=keepdims),
    (np.add, "accumulate"): sums.running_sum,
    (np.multiply, "accumulate"): sums.running(np.multiply),
    (np.maximum, "accumulate"): sums.running(np.maximum),
    (np.minimum, "accumulate"): sums.running(np.minimum),
    (np.logaddexp, "accumulate"): sums.running(np.logaddexp),
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
        np.delete,
        np.permute_dims,
        np.matrix_transpose,
        np.lib.stride_tricks.sliding_window_view,
    )
}
PROGRAMS |= {
    function: moving.as_places_split(function)
    for function in (np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)
}
PROGRAMS |= {
    function: moving.as_places_join(function) for function in (np.hstack, np.vstack, np.dstack, np.column_stack)
}


def decided(function: Callable[..., Any]) -> Callable[..., Any]:
    """The program of a function with plain results: what the values alone say."""

    def program(*arguments: Any, **keywords: Any) -> Any:
        plain = [x.deciding() if isinstance(x, Recorded) else x for x in arguments]
        return function(*plain, **{n: x.deciding() if isinstance(x, Recorded) else x for n, x in keywords.items()})

    return program


#: Functions with plain results, such as places and truth values.
DECIDED: frozenset[Callable[..., Any]] = frozenset(
    (
        *(np.argmax, np.argmin, np.argsort, np.nanargmax, np.nanargmin, np.searchsorted, np.nonzero, np.flatnonzero),
        *(np.argwhere, np.count_nonzero, np.any, np.all, np.isneginf, np.isposinf, np.iscomplex, np.isreal),
        *(np.array_equal, np.tril_indices_from, np.triu_indices_from, np.lexsort, np.array_equiv),
        *(np.array_repr, np.array_str, np.array2string, np.isin, np.may_share_memory, np.shares_memory),
        *(np.diag_indices_from, np.min_scalar_type, np.digitize, np.histogram, np.histogram_bin_edges),
        np.argpartition,
    )
)
PROGRAMS |= {function: decided(function) for function in DECIDED}

#: SciPy's special functions that are ufuncs, by name, so that this room need not import them.
SPECIAL: dict[str, Callable[..., Any]] = {
    "erf": erf,
    "erfc": erfc,
    "erfinv": primitives.erfinv,
    "expit": primitives.expit,
    "log_expit": primitives.log_expit,
    "logit": entries.logit,
    "ndtr": entries.ndtr,
    "log_ndtr": primitives.log_ndtr,
    "gammaln": primitives.gammaln,
    "loggamma": primitives.gammaln,
    "gamma": entries.gamma,
    "psi": entries.digamma,
    "digamma": entries.digamma,
    "xlogy": entries.xlogy,
    "xlog1py": entries.xlog1py,
    "entr": entries.entr,
    "rel_entr": entries.rel_entr,
    "kl_div": entries.kl_div,
    "exp2": primitives.exp2,
    "cbrt": primitives.cbrt,
}

#: SciPy's functions that do not ask their arguments, by module and name: a definition finds these in their place.
_OF_SCIPY: dict[tuple[str, str], Callable[..., Any]] = {
    ("scipy.special", "logsumexp"): sums.log_sum_exp,
    ("scipy.special", "softmax"): sums.softmax,
    ("scipy.special", "log_softmax"): sums.log_softmax,
    ("scipy.special", "polygamma"): entries.polygamma,
    ("scipy.special", "sinc"): entries.sinc,
    ("scipy.signal", "lfilter"): linalg.lfilter,
    ("scipy.signal", "convolve"): lambda a, v, mode="full", method="auto": linalg.convolve(a, v, mode),
    ("scipy.linalg", "solve"): lambda a, b, **keywords: linalg.solve(a, b),
    ("scipy.linalg", "solve_triangular"): linalg.solve_triangular,
    ("scipy.linalg", "inv"): lambda a, **keywords: linalg.inverse(a),
    ("scipy.linalg", "det"): lambda a, **keywords: linalg.determinant(a),
    ("scipy.linalg", "norm"): lambda a, ord=None, axis=None, keepdims=False: linalg.norm(a, ord, axis, keepdims),
    ("scipy.linalg", "cholesky"): lambda a, lower=False, **keywords: linalg.cholesky(a, upper=not lower),
}
SCIPY: dict[tuple[str, str], Callable[..., Any]] = _OF_SCIPY | {
    ("scipy.fft", str(function.__name__)): program
    for function, program in PROGRAMS.items()
    if getattr(function, "__module__", "") == "numpy.fft"
}
