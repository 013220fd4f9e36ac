"""torch's functions, methods and modules by name, as a definition in torch finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.dispatch import refused
from harness.language.handles import unwrapped
from harness.language.tensors import entries, layers, shapes, sums
from harness.language.tensors.tensor import Tensor, of_tensors

_MOVES = """reshape flatten unflatten squeeze unsqueeze transpose t permute movedim unbind split chunk tensor_split
repeat_interleave roll flip rot90 tril triu diag diagonal diag_embed narrow select index_select gather take take_along_dim
scatter scatter_add index_add index_copy clone numel"""
_SYNONYMS: dict[str, Callable[..., Any]] = {
    **{"swapaxes": shapes.transpose, "swapdims": shapes.transpose, "moveaxis": shapes.movedim},
    **{"adjoint": lambda x: np.conjugate(np.swapaxes(x, -1, -2)), "fliplr": np.fliplr, "flipud": np.flipud},
    **{"tile": shapes.repeat, "broadcast_to": shapes.expand, "ravel": np.ravel, "masked_select": lambda x, m: x[m]},
}
_JOINS = (
    "cat stack meshgrid zeros ones empty full arange linspace logspace eye as_tensor zeros_like ones_like full_like"
)
_WINDOWS = "tril_indices triu_indices hann_window hamming_window bartlett_window"


def _named(module: Any, names: str) -> dict[str, Callable[..., Any]]:
    return {name: getattr(module, name) for name in names.split()}


BOTH: Mapping[str, Callable[..., Any]] = {
    **entries.ENTRIES,
    **sums.SUMS,
    **_named(shapes, _MOVES),
    **_SYNONYMS,
}

#: What only tensors have.
METHODS: Mapping[str, Callable[..., Any]] = {
    **BOTH,
    **_named(shapes, "expand expand_as repeat unfold to type_as dim new_zeros new_ones new_full new_tensor"),
    **{"view": shapes.reshape, "view_as": lambda x, other: np.reshape(x, np.shape(other)), "ndimension": shapes.dim},
    **{"reshape_as": lambda x, other: np.reshape(x, np.shape(other)), "nelement": shapes.numel},
    **dict.fromkeys(("float", "double", "half", "bfloat16"), shapes.of_kind(np.float64)),
    **dict.fromkeys(("long", "int", "short"), shapes.of_kind(np.int64)),
    **{"bool": shapes.of_kind(np.bool_), "cfloat": shapes.of_kind(np.complex128), "cdouble": shapes.of_kind(complex)},
    **dict.fromkeys(("contiguous", "detach", "cpu", "requires_grad_", "item"), shapes.same),
    **{"copy": lambda x, other, **unused: other, "fill": lambda x, value: shapes.full_like(x, value)},
    **{"zero": lambda x: shapes.zeros_like(x)},
    **{"is_floating_point": lambda x: x.dtype.kind == "f", "is_complex": lambda x: x.dtype.kind == "c"},
    **{"index_put": lambda x, index, values: _put(x, index, values), "tolist": lambda x: unwrapped(x).tolist()},
}

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **BOTH,
    **_named(shapes, f"{_JOINS} {_WINDOWS}"),
    **{"concat": shapes.cat, "concatenate": shapes.cat, "tensor": shapes.as_tensor, "from_numpy": shapes.as_tensor},
    **{"empty_like": shapes.zeros_like, "hstack": np.hstack, "vstack": np.vstack, "dstack": np.dstack},
    **{"column_stack": np.column_stack, "broadcast_tensors": np.broadcast_arrays, "atleast_1d": np.atleast_1d},
    **{"atleast_2d": np.atleast_2d, "scalar_tensor": shapes.as_tensor, "is_tensor": lambda x: hasattr(x, "shape")},
    **{"block_diag": lambda *xs: _block_diagonal(xs)},
}

#: A module of torch's -> its functions by name.
MODULES: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "torch": {name: of_tensors(program) for name, program in _FUNCTIONS.items()},
    "torch.special": {name: of_tensors(p) for name, p in {**BOTH, **entries.SPECIALS}.items()},
    "torch.linalg": {name: of_tensors(p) for name, p in sums.OF_MATRICES.items()},
    "torch.fft": {name: of_tensors(p) for name, p in sums.TRANSFORMS.items()},
    "torch.nn.functional": {
        name: of_tensors(p) for name, p in {**BOTH, **entries.ACTIVATIONS, **layers.LAYERS}.items()
    },
    "torch.nn": {},
}

#: A dtype's name -> NumPy's, without its precision, which no definition has.
DTYPES: Mapping[str, Any] = {
    **dict.fromkeys(("float64", "float32", "float16", "bfloat16", "double", "float", "half"), np.dtype(np.float64)),
    **dict.fromkeys(("complex128", "complex64", "cdouble", "cfloat"), np.dtype(np.complex128)),
    **dict.fromkeys(("int64", "int32", "int16", "int8", "uint8", "long", "int", "short"), np.dtype(np.int64)),
    "bool": np.dtype(np.bool_),
}


def _put(x: Any, index: Any, values: Any) -> Any:
    y = x.copy()
    y[tuple(index)] = values
    return y


def _block_diagonal(xs: Any) -> Any:
    rows = [
        np.pad(x, ((0, 0), (sum(np.shape(y)[1] for y in xs[:i]), sum(np.shape(y)[1] for y in xs[i + 1 :]))))
        for i, x in enumerate(xs)
    ]
    return np.concatenate(rows, axis=0)


def lacking(name: str) -> Callable[..., Any]:
    """A function of torch's that definitions have not: it says so when it is called."""

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        raise refused(name, "write its formula, in torch or NumPy, with the functions of docs/language.md")

    return refuse


Tensor.METHODS = {name: of_tensors(program) for name, program in METHODS.items()}
