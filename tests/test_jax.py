"""JAX behind the Protocol of libraries: values, all derivatives, maps, and its own convention of complex gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cases, runs, specs, trying
from harness.asking.hosts import Hosts, Limits, Wanted
from harness.candidates import Holder
from harness.model import RED, CandidateSpec, Verdict

ROOT = Path(__file__).resolve().parents[1]

OPS = """
import jax
import jax.numpy as jnp


def softmax(input, dim):
    return jax.nn.softmax(input, axis=dim)


def detached(input, dim):
    return jax.lax.stop_gradient(jax.nn.softmax(input, axis=dim))


def text(input, dim):
    return str(input)


def multiply(x, y):
    return x * y


def conjugated(x, y):
    return jnp.conj(x) * y


def linear(input, weight, bias):
    product = jnp.matmul(input, jnp.swapaxes(weight, 0, 1))
    return product if bias is None else product + bias
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """Hosts of a folder with some JAX functions."""
    place = tmp_path_factory.mktemp("jax")
    (place / "in_jax.py").write_text(OPS, encoding="utf-8")
    with closing(Hosts("", Limits(), str(place))) as kept:
        yield kept


def judged(hosts: Hosts, op: str, name: str, address: str) -> list[Verdict]:
    def held(given: CandidateSpec) -> Holder:
        return hosts.holder(Wanted(given.call, "", "jax"))

    spec = specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)
    algorithm = "step-by-step" if address.endswith("16") else "conventional"  # XLA on CPU stores each step
    candidate = CandidateSpec("jax", f"in_jax:{name}", library="jax", algorithm=algorithm)
    spec = replace(spec, candidates=(candidate,), known=())
    judge = runs.ready(spec, held)
    return [r for r in judge.verdicts(cases.find(spec, address), 0, lambda *_: None) if r.candidate == "jax"]


@pytest.mark.parametrize(
    ("op", "name", "address"),
    [
        ("softmax", "softmax", "softmax"),
        ("softmax", "softmax", "softmax/dtype:float32"),
        ("softmax", "softmax", "softmax/dtype:bfloat16"),
        ("linear", "linear", "linear"),
        ("linear", "linear", "linear/dtype:complex128"),
        ("linear", "linear", "linear/bias:none/dtype:complex64"),
    ],
)
def test_a_right_function_conforms_under_every_law(hosts: Hosts, op: str, name: str, address: str) -> None:
    rows = judged(hosts, op, name, address)
    assert [f"{r.law} {r.of}: {r.message}" for r in rows if r.status in RED] == []
    laws = {r.law for r in rows if r.status in ("conforms", "not believed")}
    assert laws >= {"agrees", "repeatable", "gradient", "upstream", "forward", "adjoint", "second", "vmap"}


def test_a_gradient_that_is_stopped_is_wrong(hosts: Hosts) -> None:
    rows = judged(hosts, "softmax", "detached", "softmax")
    assert {r.law for r in rows if r.status in RED} >= {"gradient", "forward", "second"}
    assert {r.status for r in rows if r.law == "agrees"} == {"conforms"}


def tried(hosts: Hosts, name: str) -> tuple[str, str]:
    """The library that a softmax of the folder is taken to be of, and how that is known."""

    def held(given: CandidateSpec) -> Holder:
        return hosts.holder(Wanted(given.call, "", given.library))

    spec = specs.read(ROOT / "specs" / "softmax.yaml", runs.LAW_NAMES)
    return trying.library(spec, CandidateSpec(name, f"in_jax:{name}"), held, 0)


def test_a_function_of_jax_is_asked_with_its_arrays_unsaid(hosts: Hosts) -> None:
    assert tried(hosts, "softmax") == ("jax", "called with JAX arrays, it returned JAX arrays")


def test_what_returns_no_arrays_of_any_library_says_which_were_tried(hosts: Hosts) -> None:
    _, said = tried(hosts, "text")
    assert said == "called with NumPy arrays and torch tensors and JAX arrays, it returned none of that kind"
