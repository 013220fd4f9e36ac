"""Laws by theme. A law is a generator Trial -> Equations whose docstring is what must hold.

A law asks first and yields ``POSED``; what it asked is performed together with what the other laws asked, in the host,
while the judge computes what is due. Then it compares. A new kind of check is one function in the module of its theme and
one line in ``_MODULES``; what it asks of a candidate is a scenario of `harness.asking.scenarios`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.comparison import Equation
    from harness.model import Law
    from harness.trial import Posed, Trial

LawFunction = Callable[..., Iterator["Equation | Posed"]]

#: The module of every law, in the order of a table's rows.
_MODULES = {
    "agrees": "values",
    "shape": "values",
    "dtype": "values",
    "mixed": "promotion",
    "integers": "promotion",
    "pure": "purity",
    "repeatable": "purity",
    "layout": "layouts",
    "linear": "linearity",
    "identity": "identities",
    "invariance": "invariance",
    "summation": "summation",
    "vast": "invariance",
    "containers": "identities",
    "distribution": "distribution",
    "mask": "masks",
    "gradient": "gradients",
    "subsets": "gradients",
    "upstream": "gradients",
    "backward": "gradients",
    "forward": "forward",
    "adjoint": "forward",
    "second": "second",
    "vmap": "mapping",
    "gradcheck": "gradients",
}


@cache
def _loaded(name: str) -> LawFunction:
    law: LawFunction = getattr(importlib.import_module(f"harness.laws.{_MODULES[name]}"), name)
    return law


class _Laws(Mapping[str, LawFunction]):
    """Names -> laws, each module imported when the first of its laws is asked for."""

    def __getitem__(self, name: str) -> LawFunction:
        return _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


#: Every law by name; knowing their names imports no library.
LAWS = _Laws()

#: Laws that need a differentiable op, finite inputs and a candidate with a gradient.
DIFFERENTIAL = frozenset({"gradient", "subsets", "upstream", "backward", "forward", "adjoint", "second", "gradcheck"})

#: Laws of every op unless its spec or a candidate leaves them out by name.
IMPLIED = tuple(
    name
    for name in LAWS
    if name not in ("linear", "identity", "containers", "distribution", "mask", "mixed", "integers", "vast")
)


def posed(law: Law, trial: Trial) -> Iterator[Equation | Posed]:
    """A law's generator over a trial, not begun."""
    return LAWS[law.name](trial, **({"of": law.of} if law.of else {}))


def statement(law: str) -> str:
    """What a law says: the first line of its docstring."""
    words: Any = "Valid calls return and invalid ones raise." if law == "status" else LAWS[law].__doc__
    return str(words).strip().splitlines()[0].replace("``", "")
