"""Further array libraries, each judged as a candidate."""

from __future__ import annotations

from typing import Any

import pytest

import harness

CASES = 12

#: The ops that every library is judged on.
OPS = ("conv2d", "fft", "gelu", "softmax", "layer_norm")


def test_the_strict_array_api_is_a_library() -> None:
    xp = pytest.importorskip("array_api_strict", reason="the strict array API is not installed")

    def softmax(input: Any, dim: int) -> Any:
        e = xp.exp(input - xp.max(input, axis=dim, keepdims=True))
        return e / xp.sum(e, axis=dim, keepdims=True)

    def wrong(input: Any, dim: int) -> Any:
        e = xp.exp(input - xp.max(input))
        return e / xp.sum(e, axis=-1, keepdims=True)

    assert harness.check("softmax", softmax, library="array_api_strict", cases=CASES)
    assert harness.check("softmax", wrong, library="array_api_strict", cases=CASES).red


@pytest.mark.parametrize("backend", ["reference", "runtime"])
@pytest.mark.parametrize("op", OPS)
@pytest.mark.filterwarnings("ignore")
def test_onnx_operators_are_judged(op: str, backend: str) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    from reference_impls import onnx_models

    function = getattr(onnx_models, f"{backend}_{op}")
    only = "" if op == "fft" else "dtype=float32"
    answer = harness.check(op, function, library="numpy", cases=CASES, only=only)
    assert not answer.fault
    assert any(row.law == "agrees" for row in answer.rows)


@pytest.mark.parametrize("op", OPS)
def test_the_strict_array_api_is_right(op: str) -> None:
    pytest.importorskip("array_api_strict", reason="the strict array API is not installed")
    from reference_impls import in_array_api

    only = "approximate=tanh" if op == "gelu" else ""  # the array API has no error function
    assert harness.check(op, getattr(in_array_api, op), library="array_api_strict", cases=CASES, only=only)
