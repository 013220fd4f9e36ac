"""An ONNX node or model -> a function of NumPy arrays, run by the reference evaluator or by ONNX Runtime."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any

import numpy as np
import onnx
from onnx import helper

#: What runs a model: a function from its bytes to one that takes the inputs by name.
Backend = Callable[[bytes], Callable[[dict[str, Any]], list[Any]]]

#: The version of the operators.
OPSET = 20


@cache
def reference(model: bytes) -> Callable[[dict[str, Any]], list[Any]]:
    """ONNX's own evaluator, in NumPy."""
    from onnx.reference import ReferenceEvaluator

    return partial(ReferenceEvaluator(onnx.load_from_string(model)).run, None)


@cache
def runtime(model: bytes) -> Callable[[dict[str, Any]], list[Any]]:
    """ONNX Runtime, on the processor and in one thread. Raises NotImplementedError for types it has no kernel of."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise NotImplementedError(str(error)) from None
    return partial(session.run, None)


def node(backend: Backend, operator: str, inputs: list[Any], outputs: int = 1, **attributes: Any) -> Any:
    """One operator on arrays; an input that is None is left out, of the last ones their names, too: those crash ONNX Runtime."""
    while inputs[-1] is None:
        inputs = inputs[:-1]
    names = ["" if x is None else f"x{k}" for k, x in enumerate(inputs)]
    results = [f"y{k}" for k in range(outputs)]
    there = {n: np.array(x, x.dtype.newbyteorder("="), order="C") for n, x in zip(names, inputs, strict=True) if n}
    if backend is runtime and any(x.size == 0 for x in there.values()):
        raise NotImplementedError("ONNX Runtime 1.32 ends its process as it reads a model of empty arrays")
    kinds = {n: helper.np_dtype_to_tensor_dtype(x.dtype) for n, x in there.items()}
    first = next(iter(kinds.values()))
    graph = helper.make_graph(
        [helper.make_node(operator, names, results, **attributes)],
        operator,
        [helper.make_tensor_value_info(n, kinds[n], list(x.shape)) for n, x in there.items()],
        [helper.make_tensor_value_info(n, first, None) for n in results],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    found = [np.asarray(y) for y in backend(model.SerializeToString())(there)]
    return found[0] if outputs == 1 else tuple(found)


def file(path: str, backend: Backend = runtime) -> Callable[..., Any]:
    """The function that a model file is: its inputs by position."""
    with open(path, "rb") as stream:
        content = stream.read()
    names = [i.name for i in onnx.load_from_string(content).graph.input]

    def call(*inputs: Any) -> Any:
        found = backend(content)(dict(zip(names, inputs, strict=True)))
        return found[0] if len(found) == 1 else tuple(found)

    return call


def _pair(value: Any) -> list[int]:
    return [int(v) for v in (value if isinstance(value, (tuple, list)) else (value, value))]


def conv2d(
    backend: Backend, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """``Conv``."""
    if isinstance(padding, str):
        raise NotImplementedError("pads by name")
    return node(
        backend,
        "Conv",
        [input, weight, bias],
        strides=_pair(stride),
        pads=_pair(padding) * 2,
        dilations=_pair(dilation),
        group=int(groups),
    )


def softmax(backend: Backend, input: Any, dim: int) -> Any:
    """``Softmax``."""
    return node(backend, "Softmax", [input], axis=int(dim))


def gelu(backend: Backend, input: Any, approximate: str) -> Any:
    """``Gelu``. Raises NotImplementedError for what the reference evaluator computes in float32 whatever it is given."""
    if backend is reference and approximate == "none" and input.dtype.itemsize > 4:
        raise NotImplementedError("the reference evaluator's Erf gives float32")
    return node(backend, "Gelu", [input], approximate=approximate)


def layer_norm(backend: Backend, input: Any, weight: Any, bias: Any, normalized_shape: Any, eps: float) -> Any:
    """``LayerNormalization`` over the last axes."""
    if input.ndim <= len(normalized_shape):
        raise NotImplementedError("an axis before those that are normalised")
    if input.dtype.itemsize > 4 and float(np.float32(eps)) != float(eps):
        raise NotImplementedError("the attribute epsilon is a float32")
    scale = np.ones(normalized_shape, input.dtype) if weight is None else weight
    axis = -len(normalized_shape)
    return node(backend, "LayerNormalization", [input, scale, bias], axis=axis, epsilon=float(eps))


def fft(backend: Backend, a: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """``DFT``, whose complex numbers are pairs on a last axis of their own."""
    if norm not in (None, "backward"):
        raise NotImplementedError("DFT scales its inverse alone")
    length = a.shape[axis] if n is None else n
    rest = max(length - a.shape[axis], 0)
    x = np.pad(np.moveaxis(a, axis, -1)[..., :length], [(0, 0)] * (a.ndim - 1) + [(0, rest)])
    real = np.float32 if a.dtype.itemsize <= 4 * (1 + np.iscomplexobj(a)) and a.dtype.kind in "fc" else np.float64
    pairs = np.stack([x.real, x.imag], axis=-1).astype(real)
    last = np.array(a.ndim - 1, np.int64)
    found = np.moveaxis(node(backend, "DFT", [pairs, np.array(length, np.int64), last]), a.ndim - 1, axis % a.ndim)
    return found[..., 0] + 1j * found[..., 1]


def _by(function: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    """An operator by one backend, with the operator's own arguments."""

    @wraps(function)
    def call(*arguments: Any, **params: Any) -> Any:
        return function(backend, *arguments, **params)

    whole = inspect.signature(function)
    call.__signature__ = whole.replace(parameters=list(whole.parameters.values())[1:])  # type: ignore[attr-defined]
    return call


reference_conv2d, runtime_conv2d = _by(conv2d, reference), _by(conv2d, runtime)
reference_fft, runtime_fft = _by(fft, reference), _by(fft, runtime)
reference_gelu, runtime_gelu = _by(gelu, reference), _by(gelu, runtime)
reference_softmax, runtime_softmax = _by(softmax, reference), _by(softmax, runtime)
reference_layer_norm, runtime_layer_norm = _by(layer_norm, reference), _by(layer_norm, runtime)
