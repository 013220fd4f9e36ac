"""Arrays <-> those of a library that keeps the array API standard, by DLPack: array-api-strict, CuPy."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any

import numpy as np

from harness.asking.libraries import Mode, Refusal, WrongKind, described
from harness.asking.outcomes import Array, Reason

#: Modules that hosts have loaded before they are forked.
PRELOAD = ("numpy",)


class ArrayAPI:
    """A library of the standard: ``module`` is its namespace. What is a view and what a copy is the library's matter."""

    name = "array_api_strict"
    module = "array_api_strict"
    layouts: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    casting: tuple[tuple[str, str], ...] = ()
    derivatives = False
    lacks: tuple[str, ...] = ("float16", "bfloat16", "longdouble", "clongdouble")

    @cached_property
    def space(self) -> Any:
        """The namespace, imported when it is needed."""
        return importlib.import_module(self.module)

    @cached_property
    def kind(self) -> type:
        """The class of its arrays."""
        return type(self.space.asarray(np.zeros(1, np.float32)))

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh array of the same values. Raises Refusal for layouts: the standard has none."""
        if layout != "contiguous":
            raise Refusal(Reason.LAYOUT, f"the array API has no layout `{layout}`")
        return self.space.asarray(np.array(x, order="C"))

    def unwrap(self, x: Any) -> Array:
        """The returned array as NumPy's. Raises WrongKind for anything else."""
        if not isinstance(x, self.kind):
            raise WrongKind(f"returned {described(x)}, expected an array of {self.module}")
        given: Any = x
        return np.array(np.from_dlpack(given))

    def dtype(self, x: Any) -> str:
        """An array's dtype as specs write it."""
        return str(self.unwrap(x).dtype)

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two arrays overlap in memory."""
        return bool(np.shares_memory(np.from_dlpack(a), np.from_dlpack(b)))

    def surroundings(self, x: Any) -> bytes:
        """The bytes of an array: it is no view into a larger buffer."""
        return bytes(self.unwrap(x).tobytes())

    def freeze(self, x: Any) -> None:
        """The standard has no read-only arrays."""

    def thaw(self, x: Any) -> None:
        """The standard has no read-only arrays."""

    def spread(self, x: Array) -> Any:
        """An array whose entries are all the first of x."""
        return self.space.broadcast_to(self.wrap(x.reshape(-1)[:1].reshape((1,) * x.ndim)), x.shape)

    def repeat(self, x: Array, count: int) -> Any:
        """Raises Refusal: the standard has no array that repeats what is once in memory."""
        raise Refusal(Reason.LAYOUT, "the array API has no array that repeats what is once in memory")

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in an array's place."""
        x[...] = self.wrap(values)

    def marks(self, x: Any) -> dict[str, Any]:
        """Shape and dtype."""
        return {"shape": tuple(x.shape), "dtype": str(x.dtype)}

    def mode(self, name: str) -> Mode:
        """The standard has no modes. Raises Refusal."""
        raise Refusal(Reason.LACKS, f"{self.module} has no mode `{name}`")


LIBRARY = ArrayAPI
