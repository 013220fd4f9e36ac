"""Specs -> the table of what is judged: op, library, dtypes, orders of gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.asking import registry
from harness.model import STATUSES, CandidateSpec, Spec
from harness.vocabulary import LIBRARIES

HEAD: tuple[str, ...] = ("op", "library", "candidates", "dtypes", "gradients")


def capabilities(found: Iterable[Spec]) -> list[tuple[str, ...]]:
    """One row per op and library that has a candidate for it, in HEAD's columns."""
    return [_row(spec, library, given) for spec in found for library, given in _by_library(spec).items()]


def with_run(
    found: Iterable[Spec], tally: Mapping[tuple[str, str, str], int]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head and rows of the same table with a run's verdicts: ``tally`` counts (op, candidate, status)."""
    rows = []
    for spec in found:
        for library, given in _by_library(spec).items():
            counted = {s: sum(tally.get((spec.op, c.name, s), 0) for c in given) for s in STATUSES}
            said = ", ".join(f"{n} {status}" for status, n in counted.items() if n)
            rows.append((*_row(spec, library, given), said))
    return (*HEAD, "last run"), rows


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _by_library(spec: Spec) -> dict[str, tuple[CandidateSpec, ...]]:
    named = {name: tuple(c for c in spec.candidates if c.library == name) for name in LIBRARIES}
    return {name: given for name, given in named.items() if given}


def _row(spec: Spec, library: str, given: Sequence[CandidateSpec]) -> tuple[str, ...]:
    judged = _dtypes(spec)
    taken = [d for d in judged if any(_takes(c, d) for c in given)]
    names = [c.name.removeprefix(f"{library}.") for c in given]
    return spec.op, library, " ".join(names), " ".join(taken), _orders(spec, given)


def _dtypes(spec: Spec) -> list[str]:
    """Every dtype of the spec's grids and sweeps, each once."""
    grids = (grid.get("dtype", ()) for grid in spec.grids.values())
    return list(dict.fromkeys((*spec.dtypes, *spec.sweep.get("dtype", ()), *(d for g in grids for d in g))))


def _takes(given: CandidateSpec, dtype: str) -> bool:
    if given.dtypes is not None:
        return dtype in given.dtypes
    return dtype not in registry.LIBRARIES[given.library].lacks


def _orders(spec: Spec, given: Sequence[CandidateSpec]) -> str:
    """What is judged of derivatives by the best of some candidates: none, first, or first and second order."""
    differentiable = any(o.differentiable for o in spec.outputs) and any(i.differentiable for i in spec.inputs)
    if not differentiable:
        return "-"
    return max((_order(spec, c) for c in given), key=_ORDERS.index)


#: From the least to the most.
_ORDERS = ("none", "first", "first, second")


def _order(spec: Spec, given: CandidateSpec) -> str:
    left_out = {*spec.exempt, *given.exempt}
    if "gradient" in left_out or (not registry.LIBRARIES[given.library].differentiates and given.vjp is None):
        return "none"
    return "first" if not registry.LIBRARIES[given.library].differentiates or "second" in left_out else "first, second"
