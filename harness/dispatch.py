"""NumPy's calls -> primitives of an arithmetic, and what each array was computed from.

Definitions are plain NumPy programs. NumPy's protocols, operators and methods of an array end here and go on to a
program of ``harness.operations``, which is made of primitives. A primitive calls the forward rule that the array's
arithmetic has for it, and the result remembers its origin: the primitive, its operands and its params.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import inf, prod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from harness.definitions.terms import Terms, sum_of_products

#: What is answered with plain booleans.
COMPARISONS = frozenset(
    {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isfinite, np.isnan, np.isinf}
    | {np.signbit, np.logical_and, np.logical_or, np.logical_not, np.logical_xor}
)

#: Programs that take constants as they were given, to tell them from arrays.
TELL_CONSTANTS = frozenset({np.power})

#: The vjp of a primitive in one operand: ``(g, y, *operands, **params)`` -> a cotangent, before it is fitted.
Vjp = Callable[..., Any]


class Refused(TypeError, AttributeError):
    """What a definition may not say, and what to write in its place."""


class TooLong(Exception):
    """A definition takes more steps at the sizes of a case than it may."""


_left = [inf]


@contextmanager
def at_most(steps: float) -> Iterator[None]:
    """While only so many primitives may be applied. Raises TooLong at the next."""
    before, _left[0] = _left[0], steps
    try:
        yield
    finally:
        _left[0] = before


def _step() -> None:
    _left[0] -= 1
    if _left[0] < 0:
        raise TooLong


def refused(what: str, instead: str) -> Refused:
    """The refusal of something, in one line."""
    return Refused(f"{what} is not there for definitions: {instead}")


def _is_numpys(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] == "numpy"


def _asking() -> str:
    """The function of another library, as ``scipy.fft.fft``, that a definition called and that asks for a plain array."""
    told, frame = "", sys._getframe(2)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        top = module.partition(".")[0]
        if top == "scipy" and not frame.f_code.co_name.startswith("_"):
            public = [part for part in module.split(".") if not part.startswith("_")]
            told = ".".join([*public, frame.f_code.co_name])
        elif top not in ("harness", "numpy", "scipy"):
            break
        frame = frame.f_back  # type: ignore[assignment]
    return told


#: What is said of a function that no reason is known of.
ELSEWHERE = "write its formula with the functions of docs/language.md"


@dataclass(frozen=True, eq=False)
class Primitive:
    """An operation that every arithmetic has a forward rule for. ``vjp`` gives its derivative in each operand."""

    name: str
    vjp: Callable[[int], Vjp]

    def __call__(self, *operands: Any, **params: Any) -> Any:
        """The forward rule of the operands' arithmetic, and where its result comes from."""
        _step()
        like = first(operands)
        lifted = tuple(like.lifted(x) for x in operands)
        return self.computed(like, lifted, params).since(Origin(self, lifted, params))

    def computed(self, like: Recorded, operands: tuple[Recorded, ...], params: Mapping[str, Any]) -> Recorded:
        """What the forward rule gives. Raises what the arithmetic raises where it has none."""
        if self not in like.table.rules:
            raise like.lacking(self.name)
        result: Recorded = like.table.rules[self](*operands, **params)
        return result


@dataclass(frozen=True, eq=False)
class Move(Primitive):
    """A primitive that moves entries and computes none: ``move`` does it to a plain array."""

    move: Callable[..., Any]

    def computed(self, like: Recorded, operands: tuple[Recorded, ...], params: Mapping[str, Any]) -> Recorded:
        moved: Recorded = like.table.moved(operands[0], partial(self.move, **params))
        return moved


@dataclass(frozen=True, eq=False)
class Flat(Primitive):
    """A primitive that is constant between its jumps: a cotangent ends there."""

    def __call__(self, *operands: Any, **params: Any) -> Any:
        _step()
        like = first(operands)
        return self.computed(like, tuple(like.lifted(x) for x in operands), params).since(Origin(self, (), params))


@dataclass(frozen=True, eq=False)
class Origin:
    """What an array was computed from: a primitive of operands."""

    primitive: Primitive
    operands: tuple[Recorded, ...]
    params: Mapping[str, Any]
    _kept: dict[Primitive, Any] = field(default_factory=dict, repr=False)

    def pulled(self, i: int, y: Recorded, g: Recorded) -> Any:
        """The cotangent of operand i for the cotangent g of the result y."""
        return self.primitive.vjp(i)(g, y, *self.operands, **self.params)

    def once(self, of: Primitive) -> Any:
        """Another primitive of the same operands, computed once."""
        if of not in self._kept:
            self._kept[of] = of(*self.operands, **self.params)
        return self._kept[of]


@dataclass(frozen=True)
class Table:
    """What one arithmetic has: the programs of NumPy's functions, a forward rule per primitive, one for all moves.

    ``special`` are SciPy's functions by name, so that SciPy need not be imported.
    """

    programs: Mapping[Any, Callable[..., Any]]
    special: Mapping[str, Callable[..., Any]]
    rules: Mapping[Primitive, Callable[..., Any]]
    moved: Callable[[Any, Callable[[Any], Any]], Any]


class Recorded(NDArrayOperatorsMixin):
    """An array of an arithmetic, with its ``origin`` (None of what was given); ``order`` grows."""

    table: ClassVar[Table]

    if TYPE_CHECKING:  # fields of one arithmetic, properties of the other

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def dtype(self) -> np.dtype[Any]: ...

        @property
        def origin(self) -> Origin | None: ...

        @property
        def order(self) -> int: ...

    def lifted(self, x: Any) -> Self:
        """Anything as an array of the same arithmetic."""
        raise NotImplementedError

    def since(self, origin: Origin) -> Self:
        """The same array, computed from something."""
        raise NotImplementedError

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """A comparison as plain booleans."""
        raise NotImplementedError

    def lacking(self, what: Any) -> Exception:
        """What to raise where there is no such function of NumPy, or the arithmetic has no rule for it."""
        raise NotImplementedError

    @property
    def parents(self) -> tuple[tuple[Self, Callable[[Self], Any]], ...]:
        """What it was computed from, each with its vjp."""
        if self.origin is None:
            return ()
        operands: Any = self.origin.operands
        return tuple((x, partial(self.origin.pulled, i, self)) for i, x in enumerate(operands))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def real(self) -> Self:
        return self._by(np.real)

    @property
    def imag(self) -> Self:
        return self._by(np.imag)

    @property
    def T(self) -> Self:  # noqa: N802
        return self._by(np.transpose)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Self:
        return self._by(np.ndarray.__getitem__, index)

    def __sum_of_products__(self, terms: Terms, factors: dict[str, Any]) -> Self:
        found: Self = self.table.programs[sum_of_products](terms, factors)
        return found

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if kwargs.get("out") is not None and any(x is not None for x in kwargs["out"]):
            raise refused(f"`out=` in numpy.{ufunc.__name__}", "take what the function returns")
        if method != "__call__":
            return self._by_method(ufunc, method, inputs, kwargs)
        known = self.table.programs.get(ufunc) or self.table.special.get(ufunc.__name__)
        if known is not None:
            return known(*(inputs if ufunc in TELL_CONSTANTS else map(self.lifted, inputs)))
        if ufunc in COMPARISONS:
            return self.compared(ufunc, inputs)
        raise self.lacking(ufunc.__name__)

    def _by_method(self, ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """``reduce``, ``accumulate`` and ``outer`` of a ufunc, by the function that is the same."""
        if method == "outer" and len(inputs) == 2:
            a, b = map(self.lifted, inputs)
            return ufunc(a.reshape((*a.shape, *(1,) * b.ndim)), b)
        known = self.table.programs.get((ufunc, method))
        if known is None:
            raise self.lacking(f"{ufunc.__name__}.{method}")
        axis = kwargs.get("axis", inputs[1] if len(inputs) > 1 else 0)
        return known(self.lifted(inputs[0]), axis=axis, **{n: v for n, v in kwargs.items() if n not in ("axis", "out")})

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        known = self.table.programs.get(func)
        if known is None:
            raise self.lacking(func)
        if kwargs.get("out") is not None:
            raise refused(f"`out=` in numpy.{func.__name__}", "take what the function returns")
        try:
            return known(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise
            raise refused(f"this way of calling numpy.{func.__name__}", str(error)) from None

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        asking = _asking()
        name = asking.rpartition(".")[2]
        known = (f for f in self.table.programs if getattr(f, "__name__", "") == name and callable(f))
        of_numpy = next((f"{f.__module__}.{name}".replace("numpy", "np", 1) for f in known if _is_numpys(f)), "")
        if of_numpy:
            raise refused(asking, f"write {of_numpy}, or import SciPy at the top of the definition's module")
        if asking:
            raise refused(asking, ELSEWHERE)
        raise refused(
            "a plain array of numbers with errors",
            "use NumPy's functions in the place of what asks for one (docs/language.md), or an array made by np.zeros here",
        )

    def __float__(self) -> float:
        raise refused(
            "float() of a number with an error", "use NumPy's functions, np.exp for math.exp, and leave it an array"
        )

    def __int__(self) -> int:
        whole: Any = np.trunc(self)  # NumPy's types do not know that the result is an array of this arithmetic
        return int(whole.deciding())

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __iter__(self) -> Iterator[Self]:
        if not self.shape:
            raise TypeError("iteration over a number")
        return (self[i] for i in range(self.shape[0]))

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return partial(self._by, METHODS[name])
        if name.startswith("_"):
            raise AttributeError(name)
        instead = "write np.lib.stride_tricks.sliding_window_view" if name == "strides" else ELSEWHERE
        raise refused(f"the method or attribute `{name}` of an array", instead)

    def deciding(self) -> Any:
        """The values as plain numbers, for what they alone decide."""
        raise NotImplementedError

    @property
    def jumps(self) -> bool:
        """Whether it was made by what is constant between its jumps, as ``floor``."""
        return self.origin is not None and isinstance(self.origin.primitive, Flat)

    @property
    def mT(self) -> Self:  # noqa: N802
        return self._by(np.swapaxes, -1, -2)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def flat(self) -> Iterator[Self]:
        return self.reshape(-1).__iter__()

    def reshape(self, *shape: Any, order: str = "C") -> Self:
        whole = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self._by(np.reshape, whole, order)

    def transpose(self, *order: Any) -> Self:
        axes = order[0] if len(order) == 1 and not isinstance(order[0], int) else order
        return self._by(np.transpose, axes or None)

    def sum(self, axis: Any = None, **keywords: Any) -> Self:
        return self._by(np.sum, axis, **keywords)

    def copy(self, order: str = "C") -> Self:
        return self

    def item(self, *index: int) -> Self:
        return self.reshape(-1)[index[0] if index else 0] if len(index) < 2 else self[index]

    def tolist(self) -> Any:
        return [x.tolist() for x in self] if self.shape else self

    def _by(self, function: Any, *arguments: Any, **keywords: Any) -> Self:
        if keywords.get("out") is not None:
            raise refused(f"`out=` in the method `{function.__name__}`", "take what the method returns")
        found: Self = self.table.programs[function](self, *arguments, **keywords)
        return found


#: Methods of arrays by NumPy's function of the same arguments.
METHODS: dict[str, Any] = {
    name: getattr(np, name)
    for name in (
        *("mean", "max", "min", "prod", "cumsum", "cumprod", "var", "std", "dot", "ravel", "squeeze", "swapaxes"),
        *("take", "repeat", "clip", "astype", "diagonal", "trace", "round", "argmax", "argmin", "argsort", "all"),
        *("any", "nonzero", "searchsorted", "compress"),
    )
} | {"conj": np.conjugate, "conjugate": np.conjugate, "flatten": np.ravel}


def first(operands: Sequence[Any]) -> Recorded:
    """The first that is an array of an arithmetic: it decides which one."""
    found = next((x for x in operands if isinstance(x, Recorded)), None)
    return found if found is not None else first([y for x in operands if isinstance(x, (list, tuple)) for y in x])


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """NumPy's ``axis`` as axes counted from the first."""
    if axis is None:
        return tuple(range(ndim))
    given: Sequence[int] = (int(axis),) if np.ndim(axis) == 0 else tuple(axis)
    return tuple(a % ndim for a in given)
