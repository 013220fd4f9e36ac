"""Spec -> what of it no machine can judge, refused with its count before anything is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from harness.cases.addresses import CaseError, axes, numbers
from harness.model import Case, Spec, Value

#: Most cases that are crossed of one grid.
MOST_CASES = 1_000_000

#: Most numbers that the inputs of one case may have together: 64 GiB of double precision.
MOST_NUMBERS = 2**33

#: The largest size of an axis that is looked at no closer.
SMALL = 1_000


def refuse_many(spec: Spec, thorough: bool) -> None:
    """Raises CaseError where a grid that is crossed whole has more cases than can be planned."""
    base = axes(spec)
    crossed: dict[str, Mapping[str, Sequence[Value]]] = {name: spec.grids[name] for name in spec.crossed}
    if thorough:
        crossed |= {"": base, **spec.grids}
    for name, changed in crossed.items():
        count = prod(len(changed.get(axis, values[:1] if name else values)) for axis, values in base.items())
        if count > MOST_CASES:
            grid = f"grid `{name}`" if name else "grid"
            told = f"the {grid} of `{spec.op}` has {count:,} cases where all its values are crossed"
            raise CaseError(f"{spec.path}: {told}; at most {MOST_CASES:,} can be planned: name fewer values")


def refuse_huge(spec: Spec, found: Iterable[Case]) -> None:
    """Raises CaseError where the inputs of a case have more numbers than a machine holds."""
    for case in found:
        if any(isinstance(size, int) and size > SMALL for size in case.sizes.values()) and not case.invalid:
            count = numbers(spec, case)
            if count > MOST_NUMBERS:
                told = f"the inputs of `{case.id}` have {count:,} numbers"
                raise CaseError(f"{spec.path}: {told}; at most {MOST_NUMBERS:,} can be held: name smaller sizes")
