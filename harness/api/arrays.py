"""Anybody's array -> NumPy's."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from harness import bounds

#: Dtypes that have a precision, by their names.
PRECISE = ("float16", "bfloat16", "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble")


def plain(x: Any) -> NDArray[Any]:
    """The array as NumPy's: torch's tensors without their graph, JAX's and others' as they offer themselves."""
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        if str(x.dtype) == "torch.bfloat16":
            return np.asarray(x.float().numpy().astype(ml_dtypes.bfloat16))
        x = x.resolve_conj().resolve_neg().numpy() if hasattr(x, "resolve_conj") else x.numpy()
    if not hasattr(x, "__array__") and hasattr(x, "__dlpack__"):
        x = np.from_dlpack(x)
    return np.asarray(x)


def dtype_name(x: NDArray[Any]) -> str:
    """A dtype's name as specs write it."""
    return {"float128": "longdouble", "complex256": "clongdouble"}.get(x.dtype.name, x.dtype.name)


def judged_dtype(arrays: list[NDArray[Any]], actual: list[NDArray[Any]]) -> str:
    """The precision a call is judged in: the coarsest of its floating arrays; float64 where there is none.

    It is complex where any of them is.
    """
    names = [n for n in map(dtype_name, [*arrays, *actual]) if n in PRECISE]
    if not names:
        return "float64"
    coarsest = max(names, key=lambda n: bounds.precision(n).u)
    real = bounds.REAL.get(coarsest, coarsest)
    complexes = {r: c for c, r in bounds.REAL.items()}
    return complexes.get(real, real) if any(n in bounds.REAL for n in names) else real
