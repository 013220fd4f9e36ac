"""A definition may be written in torch: each function is what torch's is, and what is not there is refused in one line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch_table
from torch.nn import functional
from torch.nn.functional import silu

from harness import api, arithmetic, bounds, language
from harness.dispatch import Refused
from harness.language.tensors import table

RNG = np.random.default_rng(7)
_A = RNG.standard_normal((4, 4))
INPUTS: dict[str, Any] = {
    "x": RNG.standard_normal((3, 4)),
    "y": RNG.standard_normal((3, 4)),
    "p": RNG.uniform(0.1, 0.9, (3, 4)),
    "q": RNG.uniform(1.1, 2.9, (3, 4)),
    "r": RNG.uniform(0.1, 0.9, (3, 4)),
    "w": RNG.standard_normal((4, 3)),
    "v": RNG.standard_normal(4),
    "a": _A,
    "s": _A @ _A.T + np.eye(4),
    "z": RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4)),
    "i": np.array([2, 0, 1]),
    "m": RNG.random((3, 4)) < 0.6,
}


def definition(source: str) -> Callable[..., Any]:
    """A function of the inputs as an author writes it."""
    names: dict[str, Any] = {"torch": torch, "F": functional, "math": math, "c": RNG_CONSTANT, "__name__": "author"}
    exec(f"def f({', '.join(INPUTS)}):\n" + "".join(f"    {line}\n" for line in source.splitlines()), names)
    found: Callable[..., Any] = names["f"]
    return found


RNG_CONSTANT = np.random.default_rng(8).standard_normal((3, 4))


def agrees(source: str) -> None:
    actual = definition(source)(*(torch.from_numpy(x.copy()) for x in INPUTS.values()))
    api.assert_close_to_definition(actual, api.Definition(definition(source)), *INPUTS.values())


@pytest.mark.filterwarnings("ignore:torch.cholesky is deprecated")
@pytest.mark.parametrize("expression", [*torch_table.FUNCTIONS, *torch_table.METHODS])
def test_an_expression_in_torch_is_what_torch_computes(expression: str) -> None:
    agrees(f"return {expression}")


@pytest.mark.parametrize("program", torch_table.PROGRAMS, ids=range(len(torch_table.PROGRAMS)))
def test_a_program_in_torch_is_what_torch_computes(program: str) -> None:
    agrees(program)


def test_every_function_and_method_stands_in_an_expression() -> None:
    text = "\n".join([*torch_table.FUNCTIONS, *torch_table.METHODS, *torch_table.PROGRAMS])
    words = set(re.findall(r"\w+", text)) | {word.rstrip("_") for word in re.findall(r"\.(\w+_)\(", text)}
    names = {name for functions in table.MODULES.values() for name in functions} | set(table.METHODS)
    assert names - words == set()


def judged(function: Callable[..., Any], *arrays: Any) -> Any:
    given = [language.given(arithmetic.leaf(x, bounds.precision("float64"))) for x in arrays]
    return language.unwrapped(language.speaking(function)(*given))


def by_methods(q: Any, k: Any) -> Any:
    return (q @ k.transpose(-2, -1)).softmax(-1)


def by_an_imported_function(q: Any) -> Any:
    return silu(q)


def in_numpy(q: Any) -> Any:
    return np.sum(q.transpose(1, 0), axis=0)


def test_a_definition_of_methods_alone_or_of_an_imported_function_is_in_torch() -> None:
    q, k = INPUTS["x"][None], INPUTS["y"][None]
    assert judged(by_methods, q, k).shape == (1, 3, 3)
    assert judged(by_an_imported_function, q).shape == (1, 3, 4)


def test_a_definition_in_numpy_keeps_the_meaning_of_numpys_methods() -> None:
    assert judged(in_numpy, INPUTS["x"]).shape == (3,)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("return torch.svd(x)[1]", "torch.svd is not there"),
        ("return F.conv2d(x[None, None], x[None, None])", "torch.nn.functional.conv2d is not there"),
        ("return torch.abs(x).geqrf()", "torch's method `geqrf` is not there"),
        ("x[0] = 1.0\nreturn torch.abs(x)", "take a copy first, y = x.clone()"),
        ("return torch.abs(x) if x > 0 else y", "torch.where"),
        ("return F.cross_entropy(x, r)", "torch.log_softmax"),
    ],
)
def test_what_is_not_there_is_refused_with_what_to_write(source: str, said: str) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        judged(definition(source), *INPUTS.values())
