"""Spec -> whether its definition is a function of each entry by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness import cases, fills
from harness.model import Case, Spec
from harness.oracles.answers import Array
from harness.oracles.oracle import Oracle, OracleError


def entrywise(spec: Spec) -> bool:
    """Whether, of the only input of the first case, each entry decides what stands in its place, and nothing else.

    Entries that change move their own results and no other, and entries that change places take their results along.
    """
    case = cases.nearest(spec)
    arrays = fills.arrays(spec, case, 0)
    if len(arrays) != 1:
        return False
    (x,) = arrays.values()
    other = fills.arrays(spec, case, 0, "others")
    kept = fills.generator(0, case.id, "kept").random(x.shape) < 0.5
    mixed = np.where(kept, x, next(iter(other.values())))
    try:
        first, second, turned = (_values(spec, case, y) for y in (x, mixed, np.flip(x)))
    except OracleError:
        return False
    return all(
        y.shape == x.shape
        and np.array_equal(y[kept], z[kept], True)
        and not np.array_equal(y, z, True)
        and np.array_equal(np.flip(y), t, True)
        for y, z, t in zip(first, second, turned, strict=True)
    )


def _values(spec: Spec, case: Case, x: Array) -> list[Array]:
    """The definition's outputs in extended precision, where no loop of a vector unit rounds in another way than the next."""
    (name,) = fills.arrays(spec, case, 0)
    wide = replace(case, dtype="float64")
    found = Oracle(spec, wide, {name: x.astype(np.float64)}).values
    return [answer.expected for answer in found.values()]
