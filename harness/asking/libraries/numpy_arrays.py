"""Arrays <-> NumPy's, in any layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.asking.libraries import Mode, Refusal, WrongKind, described
from harness.asking.outcomes import Array, Reason
from harness.asking.wire import BFLOAT16, KINDS

#: Modules that hosts have loaded before they are forked.
PRELOAD = ("numpy",)


def _poison(x: Array) -> Any:
    return np.nan if x.dtype.kind in "fc" or x.dtype == BFLOAT16 else 0


def _contiguous(x: Array) -> Array:
    return np.array(x, order="C")


def _transposed(x: Array) -> Array:
    return np.array(x.T, order="C").T


def _strided(x: Array) -> Array:
    buffer = np.full((*x.shape[:-1], 2 * x.shape[-1] + 1) if x.ndim else (3,), _poison(x), x.dtype)
    view = buffer[..., 1::2][..., : x.shape[-1]] if x.ndim else buffer[1:2].reshape(())
    view[...] = x
    return view


def _offset(x: Array) -> Array:
    buffer = np.full(x.size + 6, _poison(x), x.dtype)
    view = buffer[3 : 3 + x.size].reshape(x.shape)
    view[...] = x
    return view


def _negative(x: Array) -> Array:
    index: Any = (..., *(slice(None, None, -1),) * x.ndim)
    view: Array = np.array(x[index], order="C")[index]
    return view


def _channels_last(x: Array) -> Array:
    if x.ndim < 3:
        return np.array(x, order="C")
    return np.moveaxis(np.array(np.moveaxis(x, 1, -1), order="C"), -1, 1)


def _expanded(x: Array) -> Array:
    return np.broadcast_to(x[:1].copy(), x.shape) if x.ndim and x.shape[0] > 1 else x.copy()


def _repeated(x: Array) -> Array:
    return np.broadcast_to(x[..., :1].copy(), x.shape) if x.ndim and x.shape[-1] > 1 else x.copy()


def _unaligned(x: Array) -> Array:
    if x.itemsize == 1:
        raise Refusal(Reason.LAYOUT, "single bytes are always aligned")
    view = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def _swapped(x: Array) -> Array:
    if x.dtype == BFLOAT16:
        raise Refusal(Reason.LAYOUT, "bfloat16 has one byte order")
    return x.astype(x.dtype.newbyteorder(">"))


#: Each layout as a function of a contiguous array to a fresh one of the same values.
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": _contiguous,
    "transposed": _transposed,
    "strided": _strided,
    "offset": _offset,
    "channels_last": _channels_last,
    "expanded": _expanded,
    "negative": _negative,
    "repeated": _repeated,
    "swapped": _swapped,
    "unaligned": _unaligned,
}


class NumPy:
    """NumPy and what builds on its arrays."""

    name = "numpy"
    layouts: tuple[str, ...] = (
        "transposed",
        "strided",
        "offset",
        "channels_last",
        "negative",
        "swapped",
        "unaligned",
    )
    modes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    casting: tuple[tuple[str, str], ...] = ()
    derivatives = False
    lacks: tuple[str, ...] = ("bfloat16",)

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh array of the same values in a layout. Raises Refusal where the layout does not apply."""
        return LAYOUTS[layout](x)

    def unwrap(self, x: Any) -> Array:
        """The returned array itself. Raises WrongKind for anything else, also for what only derives from it."""
        if (type(x) is np.ndarray or isinstance(x, np.generic)) and (x.dtype.kind in KINDS or x.dtype == BFLOAT16):
            return np.asarray(x)
        if isinstance(x, np.ndarray) and type(x) is np.ndarray:
            raise WrongKind(f"returned an array of {x.dtype}, expected numbers")
        raise WrongKind(f"returned {described(x)}, expected a NumPy array")

    def dtype(self, x: Any) -> str:
        """An array's dtype as specs write it."""
        return str(x.dtype)

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two arrays overlap in memory."""
        return bool(np.shares_memory(a, b))

    def surroundings(self, x: Any) -> bytes:
        """The bytes of the whole buffer an array is a view into."""
        while isinstance(x.base, np.ndarray):
            x = x.base
        return bytes(x.tobytes())

    def freeze(self, x: Any) -> None:
        """Make an array read-only."""
        x.flags.writeable = False

    def thaw(self, x: Any) -> None:
        """Make it writable again."""
        x.flags.writeable = True

    def spread(self, x: Array) -> Any:
        """An array whose entries are all one number in memory, of which all entries of x are."""
        return np.broadcast_to(x.reshape(-1)[:1].copy().reshape((1,) * x.ndim), x.shape)

    def repeat(self, x: Array, count: int) -> Any:
        """An array of so many rows, each the first one of x at its place in memory."""
        return np.broadcast_to(x[:1].copy(), (count, *x.shape[1:]))

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in an array's place; a number of NumPy's, as a sum returns it, cannot change."""
        if not isinstance(x, np.generic):
            x[...] = values

    def marks(self, x: Any) -> dict[str, Any]:
        """Shape, strides and dtype."""
        return {"shape": x.shape, "strides": x.strides, "dtype": str(x.dtype)}

    def mode(self, name: str) -> Mode:
        """NumPy has no modes. Raises Refusal."""
        raise Refusal(Reason.LACKS, f"NumPy has no mode `{name}`")


LIBRARY = NumPy
