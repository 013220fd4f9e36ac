"""Laws by theme. A law is a generator Trial -> Equations whose docstring is what must hold.

A new kind of check is one function in the module of its theme and one line in ``LAWS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.comparison import Equation
from harness.laws import gradients, layouts, linearity, purity, values

LawFunction = Callable[..., Iterator[Equation]]

#: Every law by name, in the order of a table's rows.
LAWS: dict[str, LawFunction] = {
    "agrees": values.agrees,
    "shape": values.shape,
    "dtype": values.dtype,
    "pure": purity.pure,
    "repeatable": purity.repeatable,
    "layout": layouts.layout,
    "linear": linearity.linear,
    "gradient": gradients.gradient,
    "subsets": gradients.subsets,
    "upstream": gradients.upstream,
    "backward": gradients.backward,
    "forward": gradients.forward,
    "adjoint": gradients.adjoint,
    "second": gradients.second,
    "vmap": gradients.vmap,
    "gradcheck": gradients.gradcheck,
}

#: Laws that need a differentiable op, finite inputs and a candidate with a gradient.
DIFFERENTIAL = frozenset({"gradient", "subsets", "upstream", "backward", "forward", "adjoint", "second", "gradcheck"})

#: Laws of every op unless its spec or a candidate leaves them out by name.
IMPLIED = tuple(name for name in LAWS if name != "linear")


def statement(law: str) -> str:
    """What a law says: the first line of its docstring."""
    words: Any = "Valid calls return and invalid ones raise." if law == "status" else LAWS[law].__doc__
    return str(words).strip().splitlines()[0]
