"""An ONNX node or model -> a function of NumPy arrays, run by the reference evaluator or by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
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
    """One operator on arrays; an input that is None is left out."""
    names = ["" if x is None else f"x{k}" for k, x in enumerate(inputs)]
    results = [f"y{k}" for k in range(outputs)]
    there = {n: np.array(x, x.dtype.newbyteorder("="), order="C") for n, x in zip(names, inputs, strict=True) if n}
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
    """``Gelu``."""
    return node(backend, "Gelu", [input], approximate=approximate)


def layer_norm(backend: Backend, input: Any, weight: Any, bias: Any, eps: float) -> Any:
    """``LayerNormalization`` over the last axis."""
    scale = np.ones(input.shape[-1:], input.dtype) if weight is None else weight
    return node(backend, "LayerNormalization", [input, scale, bias], axis=-1, epsilon=float(eps))
