"""Arrays <-> those of NumPy, SciPy and torch, in any layout, with their dtypes and modes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Call = Callable[..., Any]

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


class NotOffered(Exception):
    """A library or candidate that cannot do something by its nature, and says so: a reason, never an accusation."""


class NotAnArray(Exception):
    """Something came back that is no array of the library."""


class NoGradient(Exception):
    """The result does not depend on the inputs as far as the library knows."""


# --- layouts: the same values, placed otherwise in memory -----------------------------------------------------------


def _poison(x: Array) -> Any:
    return np.nan if x.dtype.kind in "fc" or x.dtype == BFLOAT16 else 0


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
    if x.ndim and x.shape[0] > 1:
        return np.broadcast_to(x[:1].copy(), x.shape)
    return x.copy()


def _repeated(x: Array) -> Array:
    if x.ndim and x.shape[-1] > 1:
        return np.broadcast_to(x[..., :1].copy(), x.shape)
    return x.copy()


def _unaligned(x: Array) -> Array:
    if x.itemsize == 1:
        raise NotOffered("single bytes are always aligned")
    view = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def _swapped(x: Array) -> Array:
    if x.dtype == BFLOAT16:
        raise NotOffered("bfloat16 has one byte order")
    return x.astype(x.dtype.newbyteorder(">"))


#: Each layout as a function of a contiguous array to a fresh one of the same values.
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": lambda x: np.array(x, order="C"),
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


@dataclass(frozen=True)
class Mode:
    """A way to call: what is made of the inputs before, and the context in which the call is."""

    prepared: Callable[[Sequence[Any]], list[Any]]
    context: Callable[[], AbstractContextManager[Any]]


class NumPy:
    """NumPy and what builds on its arrays."""

    name = "numpy"
    layouts = ("transposed", "strided", "offset", "channels_last", "negative", "swapped", "unaligned")

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh array of the same values in a layout. Raises NotOffered where the layout does not apply."""
        return LAYOUTS[layout](x)

    def unwrap(self, x: Any) -> Array:
        """The returned array itself. Raises NotAnArray for anything else, also for what only derives from it."""
        if type(x) is np.ndarray or isinstance(x, np.generic):
            return np.asarray(x)
        raise NotAnArray(f"returned {described(x)} where a NumPy array is due")

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

    def spread(self, x: Array) -> Any:
        """An array whose entries are all one number in memory, of which all entries of x are."""
        return np.broadcast_to(x.reshape(-1)[:1].copy().reshape((1,) * x.ndim), x.shape)

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in an array's place."""
        x[...] = values

    def modes(self) -> dict[str, Mode]:
        """Ways to call that must not change a value: NumPy has none."""
        return {}


class Torch:
    """torch tensors and their derivatives."""

    name = "torch"
    layouts = ("transposed", "strided", "offset", "channels_last", "conj_view", "neg_view")

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh tensor of the same values in a layout. Raises NotOffered where the layout does not apply."""
        import torch

        if layout in ("negative", "swapped", "unaligned"):
            raise NotOffered(f"torch has no {layout} layout")
        if layout == "conj_view":
            if x.dtype.kind != "c":
                raise NotOffered("conjugate views are complex")
            return torch.conj(self.wrap(np.conj(x)))
        if layout == "neg_view":
            if x.dtype.kind not in "fc" and x.dtype != BFLOAT16:
                raise NotOffered("negated views are of floating point numbers")
            return torch._neg_view(self.wrap(-x))
        if layout == "expanded" and x.ndim and x.shape[0] > 1:
            return _tensor(x[:1].copy()).expand(x.shape)
        if layout == "repeated" and x.ndim and x.shape[-1] > 1:
            return _tensor(x[..., :1].copy()).expand(x.shape)
        placed = LAYOUTS[layout](x)
        tensor = _tensor(placed)
        tensor.placed = placed
        return tensor

    def unwrap(self, x: Any) -> Array:
        """The tensor's values as an array. Raises NotAnArray for anything else."""
        import torch

        if not isinstance(x, torch.Tensor):
            raise NotAnArray(f"returned {described(x)} where a torch tensor is due")
        plain: Any = x.detach().resolve_conj().resolve_neg().cpu()
        if plain._is_zerotensor():  # what forward mode gives where nothing moves: a tensor without memory
            plain = torch.zeros(plain.shape, dtype=plain.dtype)
        if plain.dtype is torch.bfloat16:
            return np.asarray(plain.contiguous().view(torch.int16).numpy().view(BFLOAT16))
        return np.asarray((plain.to(torch.complex64) if plain.dtype is torch.complex32 else plain).numpy())

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two tensors have the same storage."""
        if not (a.numel() and b.numel()):
            return False
        return bool(a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr())

    def surroundings(self, x: Any) -> bytes:
        """The bytes of the whole buffer that ``wrap`` made a tensor of."""
        return NumPy().surroundings(x.placed)

    def freeze(self, x: Any) -> None:
        """Nothing: tensors cannot be made read-only."""

    def spread(self, x: Array) -> Any:
        """A tensor whose entries are all one number in memory, of which all entries of x are."""
        return self.wrap(x.reshape(-1)[:1].reshape(())).expand(x.shape)

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in a tensor's place."""
        x.detach().copy_(self.wrap(values))

    def modes(self) -> dict[str, Mode]:
        """Ways to call that must not change a value: while gradients are recorded of leaves and results, and without."""
        import torch

        def leaves(xs: Sequence[Any]) -> list[Any]:
            return [x.requires_grad_(_has_slope(x)) for x in xs]

        def parameters(xs: Sequence[Any]) -> list[Any]:
            return [torch.nn.Parameter(x, _has_slope(x)) for x in xs]

        return {
            "with gradients": Mode(leaves, nullcontext),
            "of results": Mode(lambda xs: [x.clone() for x in leaves(xs)], nullcontext),
            "of parameters": Mode(parameters, torch.no_grad),
            "without gradients": Mode(list, torch.no_grad),
            "in inference mode": Mode(list, torch.inference_mode),
        }


def marks(x: Any) -> dict[str, Any]:
    """What an array is besides its numbers, which a call that is given it may not change either."""
    if isinstance(x, np.ndarray):
        return {"shape": x.shape, "strides": x.strides, "dtype": str(x.dtype)}
    found = {"shape": tuple(x.shape), "strides": x.stride(), "version": x._version}
    return found | {"need of a gradient": x.requires_grad, "hooks": bool(x._backward_hooks)}


def _has_slope(x: Any) -> bool:
    return bool(x.is_floating_point() or x.is_complex())


def _tensor(x: Array) -> Any:
    import torch

    return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16) if x.dtype == BFLOAT16 else torch.from_numpy(x)


def library(name: str) -> NumPy | Torch:
    """The library of that name; SciPy speaks NumPy's arrays."""
    return Torch() if name == "torch" else NumPy()


def dtype_name(x: Any) -> str:
    """The dtype of an array or tensor as specs write it."""
    return str(x.dtype).removeprefix("torch.")


def described(x: Any) -> str:
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    return "None" if x is None else f"{type(x).__module__}.{type(x).__qualname__}".removeprefix("builtins.")


#: What torch says where a kernel or derivative does not exist for a dtype or function, rather than going wrong.
_MISSING = re.compile(
    r"not implemented for '|is not implemented for|not supported for|forward AD|forward-mode|jvp|"
    r"does not support automatic differentiation|Unsupported dtype|unsupported scalarType|not currently implemented|"
    r"only supports? |setup_context|generate_vmap_rule|expected scalar type|array type .* not supported|"
    r"unsupported ScalarType|more than one element of the written-to tensor|is not (?:currently )?supported"
)


def is_missing(error: BaseException) -> bool:
    """Whether an exception says that something does not exist, rather than that it went wrong."""
    return isinstance(error, NotImplementedError) or (
        isinstance(error, (RuntimeError, TypeError)) and bool(_MISSING.search(str(error)))
    )
