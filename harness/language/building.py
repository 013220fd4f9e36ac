"""Lists, makers and functions that do not ask their arguments -> arrays of a definition."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from harness.dispatch import Recorded, refused
from harness.language.handles import Handle, handled, holds, unwrapped


def built(x: Any, dtype: Any = None, *arguments: Any, **keywords: Any) -> Any:
    """An array of a list, of lists and of numbers, some with errors."""
    if isinstance(x, Handle):
        return handled(np.asarray(x.now) if isinstance(x.now, np.ndarray) else x.now)
    if not holds(x):
        return np.array(x, dtype, *arguments, **keywords)
    return np.stack([built(y) for y in x])


class Brackets:
    """``numpy.r_`` or ``numpy.c_``: arrays, numbers and ranges in brackets, joined by ``join``, also with errors."""

    def __init__(self, of: Any, join: Callable[[list[Any]], Any]) -> None:
        self._of, self._join = of, join

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not any(map(holds, parts)):
            return self._of[key]
        if any(isinstance(part, str) for part in parts):
            raise refused(
                f"a text within numpy.{self._of.__class__.__name__[0].lower()}_", "write np.concatenate or np.stack"
            )
        return self._join([np.atleast_1d(built(p)) if holds(p) else np.r_[p] for p in parts])


def making(function: Any) -> Callable[..., Any]:
    """A maker of arrays whose entries may be numbers with errors."""

    @wraps(function)
    def make(*arguments: Any, **keywords: Any) -> Any:
        if function is np.full and any(holds(x) for x in (*arguments, *keywords.values())):
            return _full(*arguments, **keywords)
        return handled(function(*arguments, **keywords))

    return make


def _full(shape: Any, fill_value: Any, *unused: Any, **keywords: Any) -> Any:
    return handled(np.broadcast_to(unwrapped(fill_value), shape))


def by_program(function: Any, program: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does not ask its arguments: the program where one is a number with an error."""

    @wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        plain, named = unwrapped(arguments), unwrapped(keywords)
        if any(isinstance(x, Recorded) for x in (*plain, *named.values())):
            return handled(program(*plain, **named))
        return function(*plain, **named)

    return call
