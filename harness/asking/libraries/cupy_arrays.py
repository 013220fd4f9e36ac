"""Arrays <-> CuPy's, on the device and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.asking.libraries import WrongKind, described
from harness.asking.libraries.array_api import ArrayAPI
from harness.asking.outcomes import Array

#: Modules that hosts have loaded before they are forked: no device may be opened before that.
PRELOAD = ("numpy",)


class CuPy(ArrayAPI):
    """CuPy, whose arrays are copied to and from the device. No machine of the project has run it yet."""

    name = "cupy"
    module = "cupy"
    lacks: tuple[str, ...] = ("bfloat16", "longdouble", "clongdouble")

    def unwrap(self, x: Any) -> Array:
        """The returned array, copied from the device. Raises WrongKind for anything else."""
        if not isinstance(x, self.kind):
            raise WrongKind(f"returned {described(x)}, expected an array of cupy")
        return np.asarray(self.space.asnumpy(x))

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two arrays overlap in the device's memory."""
        return bool(self.space.shares_memory(a, b))


LIBRARY = CuPy
