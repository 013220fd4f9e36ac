"""The autograd Functions that torch ships as test data -> plain functions of tensors, one per entry.

``torch/testing/_internal/autograd_function_db.py`` is read alone: the test machinery that it imports needs a package
that is seldom there, and switches torch's global flags off for the whole process. ``functions()`` raises
ModuleNotFoundError where this torch has no such file, and the adapters with it.

What each entry is meant to be stands in its adapter's docstring. Not all of them are it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

from torch import Tensor

#: The file, and the parts of torch's test machinery that stand-ins are put in place of while it is read.
FILE = "torch.testing._internal.autograd_function_db"
MACHINERY = ("torch.testing._internal.opinfo", "torch.testing._internal.opinfo.core")


def functions() -> Mapping[str, Callable[..., Any]]:
    """Name of the entry -> the function it applies."""
    return {entry.name.removesuffix("AutogradFunction"): entry.op for entry in _module().autograd_function_db}


def numpy_cube(input: Tensor) -> tuple[Tensor, Tensor]:
    """``(x**3, 3 x**2)`` by NumPy, both differentiable."""
    cube, slope = functions()["NumpyCube"](input)
    return cube, slope


def cube_gen_vmap(input: Tensor) -> tuple[Tensor, Tensor]:
    """``(x**3, 3 x**2)`` by torch, both differentiable."""
    cube, slope = functions()["CubeGenVmap"](input)
    return cube, slope


def numpy_cube_not_composable(input: Tensor) -> Tensor:
    """``x**3`` by NumPy, differentiable once."""
    return _one("NumpyCubeNotComposable", input)


def numpy_exp(input: Tensor) -> Tensor:
    """``exp(x)`` by NumPy in place, on a copy."""
    return _one("NumpyExpMarkDirty", input)


def numpy_mul(input: Tensor, other: Tensor) -> Tensor:
    """``x y`` by NumPy, broadcast."""
    return _one("NumpyMul", input, other)


def mul_gen_vmap(input: Tensor, other: Tensor) -> Tensor:
    """``x y`` by torch, broadcast."""
    return _one("MulGenVmap", input, other)


def numpy_sort(input: Tensor, dim: int = -1) -> tuple[Tensor, Tensor, Tensor]:
    """``(x sorted, the permutation, its inverse)`` by NumPy; the first is differentiable."""
    result, index, inverse = functions()["NumpySort"](input, dim)
    return result, index, inverse


def sort_gen_vmap(input: Tensor, dim: int = -1) -> tuple[Tensor, Tensor, Tensor]:
    """``(x sorted, the permutation, its inverse)`` by torch; the first is differentiable."""
    result, index, inverse = functions()["SortGenVmap"](input, dim)
    return result, index, inverse


def numpy_take_sorted(input: Tensor, dim: int = -1) -> Tensor:
    """``x`` sorted along ``dim``: taken by the permutation that sorts it."""
    _, index, inverse = functions()["NumpySort"](input.detach(), dim)
    return _one("NumpyTake", input, index, inverse, dim)


def select(input: Tensor, idx: int = 0) -> Tensor:
    """``x[idx]``."""
    return _one("Select", input, idx)


def select_gen_vmap(input: Tensor, idx: int = 0) -> Tensor:
    """``x[idx]``, its vmap rule generated."""
    return _one("SelectGenVmap", input, idx)


def select_default(input: Tensor) -> Tensor:
    """``x[2]``: the index is a default argument."""
    return _one("ForwardHasDefaultArgs", input)


def identity_scale_grad(input: Tensor) -> Tensor:
    """``x``."""
    return _one("ScaleGradGenVmap", input)


def identity_zero_gradients(input: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """``(x, y)``."""
    first, second = functions()["ZeroGradientsGenVmap"](input, other)
    return first, second


def _one(name: str, *args: Any) -> Tensor:
    output: Tensor = functions()[name](*args)
    return output


@cache
def _module() -> ModuleType:
    spec = importlib.util.find_spec(FILE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"this torch has no {FILE}")
    alone = importlib.util.spec_from_file_location("torch_autograd_function_db", spec.origin)
    if alone is None or alone.loader is None:
        raise ModuleNotFoundError(f"{spec.origin} cannot be read as a module")
    module = importlib.util.module_from_spec(alone)
    with _stand_ins():
        alone.loader.exec_module(module)
    return module


@contextmanager
def _stand_ins() -> Iterator[None]:
    """In place of the machinery: modules in which OpInfo and SampleInput only keep what they are given."""
    before = {name: sys.modules.get(name) for name in MACHINERY}
    for name in MACHINERY:
        stand_in: Any = ModuleType(name)
        stand_in.OpInfo, stand_in.SampleInput = _Entry, SimpleNamespace
        sys.modules[name] = stand_in
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


class _Entry:
    """The name and the function of one entry."""

    def __init__(self, name: str, op: Callable[..., Any], **_: Any) -> None:
        self.name, self.op = name, op
