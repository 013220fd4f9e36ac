"""A function of numbers -> the definition that is it, entry by entry."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Elementwise:
    """A definition on arrays, from a function of numbers in plain Python: ``if``, loops and ``math`` as anywhere."""

    function: Callable[..., Any]
    #: It goes through the entries one by one, which takes long where there are many.
    by_entries: ClassVar[bool] = True

    @property
    def __signature__(self) -> inspect.Signature:
        """How the function of numbers is called."""
        return inspect.signature(self.function)

    def __call__(self, *arrays: Any, **params: Any) -> Any:
        """The function at every entry; the arrays broadcast."""
        shape = np.broadcast_shapes(*(np.shape(x) for x in arrays))
        lines = [np.ravel(np.broadcast_to(x, shape)) for x in arrays]
        found = [self.function(*(line[i] for line in lines), **params) for i in range(int(np.prod(shape)))]
        if not found:
            return np.zeros(shape)
        several = isinstance(found[0], tuple)
        outputs = zip(*found, strict=True) if several else [found]
        made = tuple(np.reshape(_stacked(list(y), lines), shape) for y in outputs)
        return made if several else made[0]


def _stacked(found: list[Any], lines: list[Any]) -> Any:
    """Numbers as one line, of which some may be constants."""
    if all(np.isscalar(y) for y in found):
        return np.ravel(lines[0]) * 0.0 + np.array(found)
    return np.stack([np.reshape(y, ()) if np.ndim(y) else y for y in found])


def elementwise(function: Callable[..., Any]) -> Elementwise:
    """``@elementwise``: the decorated function is given numbers and params, and defines an op entry by entry."""
    return Elementwise(function)
