"""Alteration, what a definition is given -> that, altered: params, inputs, upstream gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.model import Case, Value
from harness.naming import arrays as changed
from harness.naming.alterations import (
    InputAbsent,
    InputChanged,
    InputRegrouped,
    InputReplaced,
    InputsChanged,
    InputsSwapped,
    OfInputs,
    OfParam,
    ParamEntriesSwapped,
    ParamIgnored,
    ParamIgnoredAlong,
    ParamOff,
    ParamTaken,
    ParamTwisted,
    Twist,
)
from harness.naming.changes import Inapplicable
from harness.naming.quantities import groups
from harness.naming.samples import Sample

Array = NDArray[Any]


def params(alteration: OfParam, case: Case) -> Case:
    """The case with a param's value altered. Raises Inapplicable."""
    value = case.params[alteration.param]
    match alteration:
        case ParamIgnored(_, instead):
            new = instead
        case ParamIgnoredAlong(_, axis, instead):
            if not isinstance(value, tuple) or len(value) <= axis:
                raise Inapplicable
            new = tuple(instead if n == axis else v for n, v in enumerate(value))
        case ParamEntriesSwapped(_, i, j):
            if not isinstance(value, tuple) or len(value) <= j:
                raise Inapplicable
            new = tuple(value[{i: j, j: i}.get(n, n)] for n in range(len(value)))
        case ParamOff(_, by):
            if not isinstance(value, float):
                raise Inapplicable
            new = value + by
        case ParamTwisted(_, twist):
            new = twisted(value, twist)
        case ParamTaken(_, taken, instead):
            new = instead if same(value, taken) else value
    if same(new, value):
        raise Inapplicable
    return replace(case, params={**case.params, alteration.param: new})


def same(a: Value, b: Value) -> bool:
    """Whether two values of a param are one: of one type, and equal."""
    return type(a) is type(b) and bool(a == b)


def twisted(value: Value, twist: Twist) -> Value:
    """What a twist makes of a param's value. Raises Inapplicable."""
    if isinstance(value, tuple):
        return _twisted_tuple(value, twist)
    if isinstance(value, bool):
        if twist is Twist.OPPOSITE:
            return not value
        raise Inapplicable
    if not isinstance(value, int | float) or twist not in _NUMBERS:
        raise Inapplicable
    if isinstance(value, int) and twist not in _INTEGERS:
        raise Inapplicable
    try:
        new = _NUMBERS[twist](value)
    except ValueError:
        raise Inapplicable from None
    return int(new) if isinstance(value, int) else new


_NUMBERS: Mapping[Twist, Callable[[Any], Any]] = {
    Twist.NEGATED: lambda v: -v,
    Twist.ABSOLUTE: abs,
    Twist.COMPLEMENT: lambda v: 1 - v,
    Twist.MORE: lambda v: v + 1,
    Twist.LESS: lambda v: v - 1,
    Twist.SQUARED: lambda v: v * v,
    Twist.ROOT: sqrt,
    Twist.DOUBLED: lambda v: 2 * v,
    Twist.HALVED: lambda v: v / 2,
    Twist.SINGLE: lambda v: float(np.float32(v)),
}

_INTEGERS = frozenset({Twist.NEGATED, Twist.ABSOLUTE, Twist.MORE, Twist.LESS, Twist.DOUBLED})


def _twisted_tuple(value: tuple[Value, ...], twist: Twist) -> Value:
    match twist:
        case Twist.REVERSED:
            return value[::-1]
        case Twist.SIDES:
            if len(value) % 2 or any(isinstance(v, tuple) for v in value):
                raise Inapplicable
            return tuple(v for n in range(0, len(value), 2) for v in (value[n + 1], value[n]))
        case Twist.FIRST | Twist.LAST if value:
            return (value[0 if twist is Twist.FIRST else -1],) * len(value)
        case Twist.MORE | Twist.LESS | Twist.NEGATED | Twist.COMPLEMENT | Twist.ABSOLUTE | Twist.SINGLE:
            return tuple(twisted(v, twist) for v in value)
        case _:
            raise Inapplicable


# --- inputs ---------------------------------------------------------------------------------------------------------


def inputs(
    alteration: OfInputs,
    sample: Sample,
    arrays: Mapping[str, Array],
) -> dict[str, Array]:
    """The inputs, altered. Raises Inapplicable."""
    there = dict(arrays)
    match alteration:
        case InputAbsent(name):
            if name not in there:
                raise Inapplicable
            return {n: x for n, x in there.items() if n != name}
        case InputsSwapped(a, b):
            if a not in there or b not in there:
                raise Inapplicable
            return {**there, a: there[b], b: there[a]}
        case InputReplaced(name, by):
            if name not in there or by not in there or there[name].shape != there[by].shape:
                raise Inapplicable
            return {**there, name: there[by]}
        case InputChanged(name, change):
            if name not in there:
                raise Inapplicable
            new = {**there, name: changed.array(there[name], change)}
        case InputsChanged(names, change):
            new = {n: changed.array(x, change) if n in names else x for n, x in there.items()}
        case InputRegrouped(name, axis, count, within):
            if name not in there:
                raise Inapplicable
            new = {**there, name: changed.array(there[name], groups(there[name], axis, count, within, sample))}
    if all(identical(new[n], x) for n, x in there.items()):
        raise Inapplicable
    return new


def identical(x: Array, y: Array) -> bool:
    return x.shape == y.shape and x.tobytes() == y.tobytes()


def upstream(sample: Sample) -> Mapping[str, Array]:
    """The upstream gradients or the tangents of a sample. Raises Inapplicable where only values are asked for."""
    match sample.level:
        case "gradients":
            return sample.trial.due.cotangents
        case "forward":
            return sample.trial.due.tangents
        case _:
            raise Inapplicable
