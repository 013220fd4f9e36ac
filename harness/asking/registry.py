"""The libraries whose arrays candidates take: one literal table. Importing it imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A library: its module under `harness.asking.libraries`, what its arrays are called, whether it differentiates.

    ``lacks`` are dtypes that it does not have.
    """

    module: str
    arrays: str
    differentiates: bool
    lacks: tuple[str, ...] = ()


#: Every library by the name that specs use.
LIBRARIES: Mapping[str, Entry] = {
    "numpy": Entry("numpy_arrays", "NumPy arrays", differentiates=False, lacks=("bfloat16",)),
    "scipy": Entry("scipy_arrays", "NumPy arrays", differentiates=False, lacks=("bfloat16",)),
    "torch": Entry("torch_tensors", "torch tensors", differentiates=True),
    "array_api_strict": Entry(
        "array_api",
        "arrays of array_api_strict",
        differentiates=False,
        lacks=("float16", "bfloat16", "longdouble", "clongdouble"),
    ),
    "cupy": Entry("cupy_arrays", "CuPy arrays", differentiates=False, lacks=("bfloat16", "longdouble", "clongdouble")),
    "jax": Entry("jax_arrays", "JAX arrays", differentiates=True, lacks=("longdouble", "clongdouble")),
}
