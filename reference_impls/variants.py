"""A torch op -> the same op executed in another way, and the vector-Jacobian product executed that way too.

A variant takes the arguments of its op. What it switches holds during the call alone, so that autograd's later backward
would run without it: ``pulled_back`` gives the gradients under the same switch.

Two ways of execution are no candidates: channels lying last is a layout of every op's cases, and ``vmap`` is a law.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, wraps
from shutil import which
from threading import RLock
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from reference_impls.activations import torch_gelu
from reference_impls.normalization import torch_batch_norm
from reference_impls.pooling import torch_max_pool2d

Op = Callable[..., Any]
Switch = Callable[[], AbstractContextManager[None]]

#: Each compiled op may be specialised this often before torch gives up compiling it.
SPECIALISATIONS = 100_000
#: Switches belong to the process: one call at a time may have one on.
SWITCHING = RLock()


def cuda_available() -> bool:
    """Whether a CUDA device is there."""
    return torch.cuda.is_available()


def mkldnn_available() -> bool:
    """Whether this torch has oneDNN, without which there is nothing to switch off."""
    onednn: Any = torch.backends.mkldnn
    return bool(onednn.is_available())


def compiler_available() -> bool:
    """Whether ``torch.compile`` finds what it compiles CPU code with."""
    return any(which(name) for name in ("c++", "g++", "clang++", "cl"))


def within(switch: Switch, op: Op) -> Op:
    """``op`` while ``switch`` is on."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        with SWITCHING, switch():
            return op(*arrays, **params)

    return variant


def pulled_back(op: Op, switch: Switch) -> Op:
    """``vjp(cotangent, *inputs, **params)`` of ``op``, forward and backward both while ``switch`` is on."""

    def vjp(cotangent: Any, *arrays: Any, **params: Any) -> tuple[Any, ...]:
        with SWITCHING, switch(), torch.enable_grad():
            leaves = [_mapped(_leaf, array) for array in arrays]
            outputs = [y for y in _tuple(op(*leaves, **params)) if y is not None and y.requires_grad]
            wanted = [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.requires_grad]
            gradients = iter(torch.autograd.grad(outputs, wanted, _tuple(cotangent), allow_unused=True))
            return tuple(next(gradients) if any(leaf is w for w in wanted) else None for leaf in leaves)

    return vjp


def compiled(op: Op) -> Op:
    """``torch.compile(op)`` by its default backend, specialised to each shape."""

    @cache
    def function() -> Op:
        import torch._dynamo
        import torch._inductor.config

        limits: dict[str, Any] = {"recompile_limit": SPECIALISATIONS, "accumulated_recompile_limit": SPECIALISATIONS}
        here: dict[str, Any] = {"compile_threads": 1}  # in this process: a worker starts no others
        made: Op = torch._dynamo.config.patch(limits)(torch.compile(op, dynamic=False, fullgraph=True))
        return torch._inductor.config.patch(here)(made)  # type: ignore[no-any-return]

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return function()(*arrays, **params)

    return variant


def on_cuda(op: Op) -> Op:
    """``op`` on the first CUDA device, arrays copied there and back. Raises NotImplementedError where there is none."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        if not cuda_available():
            raise NotImplementedError("there is no CUDA device")
        there = {name: _mapped(_to_cuda, value) for name, value in params.items()}
        result = op(*(_mapped(_to_cuda, array) for array in arrays), **there)
        return tuple(y.cpu() for y in result) if isinstance(result, tuple) else result.cpu()

    return variant


@contextmanager
def without_mkldnn() -> Iterator[None]:
    """No oneDNN: torch's own CPU kernels."""
    onednn: Any = torch.backends.mkldnn
    with onednn.flags(enabled=False):
        yield


@contextmanager
def two_threads() -> Iterator[None]:
    """Two threads inside of one op."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def tf32() -> Iterator[None]:
    """Products and convolutions of float32 on CUDA by TF32: 10 bits of the significand."""
    with _tf32(True):
        yield


@contextmanager
def no_tf32() -> Iterator[None]:
    """Products and convolutions of float32 on CUDA by float32."""
    with _tf32(False):
        yield


@contextmanager
def _tf32(allowed: bool) -> Iterator[None]:
    products: Any = torch.backends.cuda.matmul
    convolutions: Any = torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    products.allow_tf32 = convolutions.allow_tf32 = allowed
    try:
        yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before


def _mapped(change: Callable[[Tensor], Tensor], array: Any) -> Any:
    return change(array) if isinstance(array, Tensor) else array


def _to_cuda(array: Tensor) -> Tensor:
    return array.to("cuda")


def _leaf(array: Tensor) -> Tensor:
    return array.detach().requires_grad_(array.is_floating_point() or array.is_complex())


def _tuple(outputs: Any) -> tuple[Any, ...]:
    return tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)


conv2d_without_mkldnn = within(without_mkldnn, F.conv2d)
conv2d_without_mkldnn_vjp = pulled_back(F.conv2d, without_mkldnn)
conv2d_two_threads = within(two_threads, F.conv2d)
conv2d_two_threads_vjp = pulled_back(F.conv2d, two_threads)
batch_norm_two_threads = within(two_threads, torch_batch_norm)

gelu_compiled = compiled(torch_gelu)
softmax_compiled = compiled(F.softmax)

conv2d_cuda = on_cuda(within(no_tf32, F.conv2d))
conv2d_cuda_vjp = pulled_back(conv2d_cuda, no_tf32)
conv2d_tf32 = on_cuda(within(tf32, F.conv2d))
conv2d_tf32_vjp = pulled_back(conv2d_tf32, tf32)
linear_cuda = on_cuda(within(no_tf32, F.linear))
linear_cuda_vjp = pulled_back(linear_cuda, no_tf32)
linear_tf32 = on_cuda(within(tf32, F.linear))
linear_tf32_vjp = pulled_back(linear_tf32, tf32)
max_pool2d_cuda = on_cuda(torch_max_pool2d)
batch_norm_cuda = on_cuda(torch_batch_norm)
layer_norm_cuda = on_cuda(F.layer_norm)
softmax_cuda = on_cuda(F.softmax)
