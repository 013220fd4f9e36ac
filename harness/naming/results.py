"""Alteration, results -> the results, altered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.naming import arrays as changed
from harness.naming.alterations import (
    OfResult,
    ResultChanged,
    ResultIsInput,
    ResultIsUpstream,
    ResultRegrouped,
    ResultScaled,
    ResultsSwapped,
)
from harness.naming.arguments import upstream
from harness.naming.changes import Inapplicable, Scaled
from harness.naming.quantities import groups, quantity
from harness.naming.samples import Sample
from harness.oracles import Answer

Array = NDArray[Any]
Answers = Mapping[str, Answer]


def results(alteration: OfResult, sample: Sample, due: Answers) -> Answers:
    """Answers, altered. Raises Inapplicable."""
    match alteration:
        case ResultChanged(name, change):
            return {**due, name: changed.answer(due[name], change)} if name in due else due
        case ResultScaled(name, by):
            if name not in due:
                return due
            return {**due, name: changed.answer(due[name], Scaled(quantity(by, sample)))}
        case ResultRegrouped(name, axis, count, within):
            if name not in due:
                return due
            change = groups(due[name].expected, axis, count, within, sample)
            return {**due, name: changed.answer(due[name], change)}
        case ResultsSwapped(a, b):
            if a not in due or b not in due:
                raise Inapplicable
            return {**due, a: due[b], b: due[a]}
        case ResultIsInput(name, given):
            return {**due, name: _itself(due, name, sample.trial.arrays, given)}
        case ResultIsUpstream(name, given):
            return {**due, name: _itself(due, name, upstream(sample), given)}


def _itself(due: Answers, name: str, arrays: Mapping[str, Array], given: str) -> Answer:
    """An array as it came. Raises Inapplicable where it is not there."""
    x, there = arrays.get(given), due.get(name)
    if x is None or there is None or x.dtype.kind in "iub":
        raise Inapplicable
    kind = np.result_type(there.p.wide, np.complex64) if x.dtype.kind == "c" else there.p.wide
    error = np.zeros((3, *x.shape))
    return Answer(x.astype(kind), error, there.p)
