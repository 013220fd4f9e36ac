"""Arrays <-> NumPy's, for functions that SciPy offers or is needed for."""

from __future__ import annotations

from harness.asking.libraries.numpy_arrays import NumPy

#: Modules that hosts have loaded before they are forked; none of them starts a thread or computes anything.
PRELOAD = ("numpy", "scipy", "scipy.fft", "scipy.signal")


class SciPy(NumPy):
    """SciPy, which takes NumPy's arrays."""

    name = "scipy"


LIBRARY = SciPy
