"""A torch op -> the same op executed in another way, and the vector-Jacobian product executed that way too.

A variant takes the arguments of its op. What it switches holds during the call alone, so that autograd's later backward
would run without it: ``pulled_back`` gives the gradients under the same switch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, wraps
from importlib.util import find_spec
from shutil import which
from threading import RLock
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from reference_impls import cnn
from reference_impls.activations import torch_gelu
from reference_impls.normalization import torch_batch_norm
from reference_impls.pooling import torch_avg_pool2d, torch_max_pool2d

Op = Callable[..., Any]
Switch = Callable[[], AbstractContextManager[None]]

#: Memory formats by number of axes in which channels lie next to each other.
CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
#: Each compiled op may be specialised this often before torch gives up compiling it.
SPECIALISATIONS = 100_000
#: Switches belong to the process: one call at a time may have one on.
SWITCHING = RLock()


def cuda_available() -> bool:
    """Whether a CUDA device is there."""
    return torch.cuda.is_available()


def compiler_available() -> bool:
    """Whether ``torch.compile`` finds what it compiles CPU code with."""
    return any(which(name) for name in ("c++", "g++", "clang++", "cl"))


def compiler_for_cuda_available() -> bool:
    """Whether ``torch.compile`` finds a CUDA device and Triton."""
    return cuda_available() and find_spec("triton") is not None


def channels_last(op: Op) -> Op:
    """``op`` on images and filters laid out with the channels last."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        return op(*(_mapped(_with_channels_last, array) for array in arrays), **_named(_with_channels_last, params))

    return variant


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
    return _compiled(op, "inductor")


def traced(op: Op) -> Op:
    """``torch.compile(op)`` as far as the joint graph of forward and backward, executed by eager kernels."""
    return _compiled(op, "aot_eager")


def vmapped(op: Op) -> Op:
    """``op`` under ``torch.func.vmap``: one of two equal entries of a new leading axis."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        present = [number for number, array in enumerate(arrays) if isinstance(array, Tensor)]
        names = [name for name, value in params.items() if isinstance(value, Tensor)]
        tensors = [arrays[number] for number in present] + [params[name] for name in names]

        def once(*given: Any) -> Any:
            filled = dict(zip(present, given, strict=False))
            renamed = dict(zip(names, given[len(present) :], strict=True))
            return op(*(filled.get(number, array) for number, array in enumerate(arrays)), **{**params, **renamed})

        twice = torch.func.vmap(once, randomness="same")(*(torch.stack([tensor, tensor]) for tensor in tensors))
        return tuple(y[0] for y in twice) if isinstance(twice, tuple) else twice[0]

    return variant


def over_samples(op: Op) -> Op:
    """``op`` sample by sample: ``torch.func.vmap`` over the leading axis of the first input alone."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        if not arrays:
            name = next(iter(params))

            def one(x: Tensor) -> Any:
                return op(**{**params, name: x})

            return torch.func.vmap(one)(params[name])
        return torch.func.vmap(lambda x: op(x, *arrays[1:], **params))(arrays[0])

    return variant


def functionalized(op: Op) -> Op:
    """``op`` under ``torch.func.functionalize``: every mutation and view replaced."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        return torch.func.functionalize(lambda *given: op(*given, **params))(*arrays)

    return variant


def func_vjp(op: Op) -> Op:
    """``vjp(cotangent, *inputs, **params)`` of ``op`` by ``torch.func.vjp``."""

    def vjp(cotangent: Any, *arrays: Any, **params: Any) -> tuple[Any, ...]:
        present = [
            n for n, a in enumerate(arrays) if isinstance(a, Tensor) and (a.is_floating_point() or a.is_complex())
        ]

        def of(*given: Tensor) -> Any:
            filled = dict(zip(present, given, strict=True))
            return op(*(filled.get(number, array) for number, array in enumerate(arrays)), **params)

        pull = torch.func.vjp(of, *(arrays[number] for number in present))[1]
        gradients = dict(zip(present, pull(cotangent), strict=True))
        return tuple(gradients.get(number) for number in range(len(arrays)))

    return vjp


def on_cuda(op: Op) -> Op:
    """``op`` on the first CUDA device, arrays copied there and back. Raises NotImplementedError where there is none."""

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        if not cuda_available():
            raise NotImplementedError("there is no CUDA device")
        result = op(*(_mapped(_to_cuda, array) for array in arrays), **_named(_to_cuda, params))
        return tuple(y.cpu() for y in result) if isinstance(result, tuple) else result.cpu()

    return variant


@contextmanager
def without_mkldnn() -> Iterator[None]:
    """No oneDNN: torch's own CPU kernels."""
    onednn: Any = torch.backends.mkldnn
    before = onednn.enabled
    onednn.enabled = False
    try:
        yield
    finally:
        onednn.enabled = before


@contextmanager
def without_nnpack() -> Iterator[None]:
    """Neither oneDNN nor NNPACK."""
    with without_mkldnn(), torch.backends.nnpack.flags(enabled=False):
        yield


def threads(number: int) -> Switch:
    """That many threads inside of one op."""

    @contextmanager
    def switch() -> Iterator[None]:
        before = torch.get_num_threads()
        torch.set_num_threads(number)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    return switch


def matmul_precision(name: str) -> Switch:
    """``torch.set_float32_matmul_precision(name)``: highest, high (TF32) or medium (bfloat16) inside of products."""

    @contextmanager
    def switch() -> Iterator[None]:
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision(name)
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)

    return switch


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


def _compiled(op: Op, backend: str) -> Op:
    @cache
    def function() -> Op:
        import torch._dynamo

        limits: dict[str, Any] = {"recompile_limit": SPECIALISATIONS, "accumulated_recompile_limit": SPECIALISATIONS}
        made: Op = torch._dynamo.config.patch(limits)(torch.compile(op, backend=backend, dynamic=False, fullgraph=True))
        return made

    @wraps(op)
    def variant(*arrays: Any, **params: Any) -> Any:
        if backend == "inductor" and not compiler_available():
            raise NotImplementedError("there is no C++ compiler")
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            return function()(*arrays, **params)

    return variant


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


def _named(change: Callable[[Tensor], Tensor], params: dict[str, Any]) -> dict[str, Any]:
    return {name: _mapped(change, value) for name, value in params.items()}


def _with_channels_last(array: Tensor) -> Tensor:
    memory_format = CHANNELS_LAST.get(array.ndim)
    return array if memory_format is None else array.contiguous(memory_format=memory_format)


def _to_cuda(array: Tensor) -> Tensor:
    return array.to("cuda")


def _leaf(array: Tensor) -> Tensor:
    return array.detach().requires_grad_(array.is_floating_point() or array.is_complex())


def _tuple(outputs: Any) -> tuple[Any, ...]:
    return tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)


conv2d_channels_last = channels_last(F.conv2d)
conv3d_channels_last = channels_last(F.conv3d)
conv_transpose2d_channels_last = channels_last(F.conv_transpose2d)
max_pool2d_channels_last = channels_last(torch_max_pool2d)
avg_pool2d_channels_last = channels_last(torch_avg_pool2d)
batch_norm_channels_last = channels_last(torch_batch_norm)
group_norm_channels_last = channels_last(F.group_norm)

conv1d_without_mkldnn = within(without_mkldnn, F.conv1d)
conv2d_without_mkldnn = within(without_mkldnn, F.conv2d)
conv3d_without_mkldnn = within(without_mkldnn, F.conv3d)
conv_transpose2d_without_mkldnn = within(without_mkldnn, F.conv_transpose2d)
conv2d_without_nnpack = within(without_nnpack, F.conv2d)
linear_without_mkldnn = within(without_mkldnn, F.linear)
conv1d_without_mkldnn_vjp = pulled_back(F.conv1d, without_mkldnn)
conv2d_without_mkldnn_vjp = pulled_back(F.conv2d, without_mkldnn)
conv3d_without_mkldnn_vjp = pulled_back(F.conv3d, without_mkldnn)
conv_transpose2d_without_mkldnn_vjp = pulled_back(F.conv_transpose2d, without_mkldnn)
conv2d_without_nnpack_vjp = pulled_back(F.conv2d, without_nnpack)
linear_without_mkldnn_vjp = pulled_back(F.linear, without_mkldnn)

conv2d_one_thread = within(threads(1), F.conv2d)
conv2d_two_threads = within(threads(2), F.conv2d)
linear_one_thread = within(threads(1), F.linear)
linear_two_threads = within(threads(2), F.linear)
batch_norm_one_thread = within(threads(1), torch_batch_norm)
batch_norm_two_threads = within(threads(2), torch_batch_norm)
layer_norm_two_threads = within(threads(2), F.layer_norm)
fft2_one_thread = within(threads(1), torch.fft.fft2)
fft2_two_threads = within(threads(2), torch.fft.fft2)
conv2d_one_thread_vjp = pulled_back(F.conv2d, threads(1))
conv2d_two_threads_vjp = pulled_back(F.conv2d, threads(2))
linear_two_threads_vjp = pulled_back(F.linear, threads(2))
batch_norm_two_threads_vjp = pulled_back(torch_batch_norm, threads(2))

conv2d_compiled = compiled(F.conv2d)
linear_compiled = compiled(F.linear)
gelu_compiled = compiled(torch_gelu)
softmax_compiled = compiled(F.softmax)
layer_norm_compiled = compiled(F.layer_norm)
sigmoid_compiled = compiled(torch.sigmoid)
swish_compiled = compiled(F.silu)
conv2d_traced = traced(F.conv2d)
linear_traced = traced(F.linear)
gelu_traced = traced(torch_gelu)
softmax_traced = traced(F.softmax)
layer_norm_traced = traced(F.layer_norm)
batch_norm_traced = traced(torch_batch_norm)
max_pool2d_traced = traced(torch_max_pool2d)

conv1d_vmapped = vmapped(F.conv1d)
conv2d_vmapped = vmapped(F.conv2d)
conv3d_vmapped = vmapped(F.conv3d)
conv_transpose2d_vmapped = vmapped(F.conv_transpose2d)
linear_vmapped = vmapped(F.linear)
max_pool2d_vmapped = vmapped(torch_max_pool2d)
avg_pool2d_vmapped = vmapped(torch_avg_pool2d)
batch_norm_vmapped = vmapped(torch_batch_norm)
layer_norm_vmapped = vmapped(F.layer_norm)
group_norm_vmapped = vmapped(F.group_norm)
softmax_vmapped = vmapped(F.softmax)
gelu_vmapped = vmapped(torch_gelu)
conv2d_over_samples = over_samples(F.conv2d)
linear_over_samples = over_samples(F.linear)
max_pool2d_over_samples = over_samples(torch_max_pool2d)
layer_norm_over_samples = over_samples(F.layer_norm)

conv2d_functionalized = functionalized(F.conv2d)
batch_norm_functionalized = functionalized(torch_batch_norm)
conv2d_func_vjp = func_vjp(F.conv2d)
linear_func_vjp = func_vjp(F.linear)
layer_norm_func_vjp = func_vjp(F.layer_norm)

linear_bfloat16_products = within(matmul_precision("medium"), F.linear)
linear_bfloat16_products_vjp = pulled_back(F.linear, matmul_precision("medium"))

conv2d_cuda = on_cuda(within(no_tf32, F.conv2d))
conv3d_cuda = on_cuda(within(no_tf32, F.conv3d))
conv_transpose2d_cuda = on_cuda(within(no_tf32, F.conv_transpose2d))
linear_cuda = on_cuda(within(no_tf32, F.linear))
max_pool2d_cuda = on_cuda(torch_max_pool2d)
avg_pool2d_cuda = on_cuda(torch_avg_pool2d)
batch_norm_cuda = on_cuda(torch_batch_norm)
layer_norm_cuda = on_cuda(F.layer_norm)
softmax_cuda = on_cuda(F.softmax)
gelu_cuda = on_cuda(torch_gelu)
fft2_cuda = on_cuda(torch.fft.fft2)
conv2d_tf32 = on_cuda(within(tf32, F.conv2d))
linear_tf32 = on_cuda(within(tf32, F.linear))
conv2d_cuda_vjp = pulled_back(conv2d_cuda, no_tf32)
linear_cuda_vjp = pulled_back(linear_cuda, no_tf32)
conv2d_tf32_vjp = pulled_back(conv2d_tf32, tf32)
linear_tf32_vjp = pulled_back(linear_tf32, tf32)

cnn_forward_without_mkldnn = within(without_mkldnn, cnn.torch_forward)
cnn_gradients_without_mkldnn = within(without_mkldnn, cnn.torch_gradients)
cnn_train_without_mkldnn = within(without_mkldnn, cnn.torch_train)
cnn_gradients_one_thread = within(threads(1), cnn.torch_gradients)
cnn_gradients_two_threads = within(threads(2), cnn.torch_gradients)
cnn_gradients_cuda = on_cuda(within(no_tf32, cnn.torch_gradients))
cnn_gradients_tf32 = on_cuda(within(tf32, cnn.torch_gradients))
