"""What a definition holds -> arrays of an arithmetic: NumPy's arrays as NumPy has them, with assignment and views.

Arrays of an arithmetic never change, as derivatives go back through them. A definition holds handles: one says which
array it stands for now, in pieces where entries were assigned, and NumPy's calls on handles are calls on those arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from harness.definitions.terms import Terms, sum_of_products
from harness.dispatch import Recorded, refused
from harness.operations.primitives import scatter

Places = NDArray[np.intp]

#: Functions and methods whose results show the same entries, so that assigning to them assigns to what they show.
VIEWS = frozenset({"reshape", "transpose", "swapaxes", "ravel", "squeeze", "diagonal", "T", "mT"})


def _sums(now: Any, places: Places, values: Any) -> tuple[Places, Any]:
    """The places that are added to, and the sum at each of what stands there and of all that is added."""
    named = np.unique(places)
    terms = np.concatenate([np.ravel(now)[named], values])
    at = np.searchsorted(named, np.concatenate([named, places]))
    return named, scatter(terms, index=(at,), shape=named.shape)


class Handle(NDArrayOperatorsMixin):
    """An array of a definition: ``pieces`` are what was assigned, and ``where`` says of each entry which piece has it.

    ``given`` marks the inputs, which no definition may change.
    """

    def __init__(self, content: Any, given: bool = False) -> None:
        self._content, self.given = content, given
        self._pieces: list[Any] = []
        self._owner: Places | None = None
        self._place: Places | None = None
        self._version = 0

    # --- what it stands for ---

    @property
    def now(self) -> Any:
        """The array it stands for: of an arithmetic, or NumPy's own."""
        if self._content is None:
            self._content = self._taken(np.arange(self.size).reshape(self.shape))
        return self._content

    def _taken(self, places: Places) -> Any:
        """The entries at flat places, from the pieces that have them and no others."""
        assert self._owner is not None
        assert self._place is not None
        owners, inside = self._owner[places.ravel()], self._place[places.ravel()]
        used = np.unique(owners)
        if used.size == 0:
            return np.zeros(places.shape)
        if used.size == 1:
            return np.reshape(np.ravel(self._pieces[int(used[0])])[inside], places.shape)
        sizes = [np.size(self._pieces[int(k)]) for k in used]
        starts = np.zeros(len(self._pieces), np.intp)
        starts[used] = np.cumsum([0, *sizes[:-1]])
        line = np.concatenate([np.ravel(self._pieces[int(k)]) for k in used])
        return np.reshape(line[starts[owners] + inside], places.shape)

    @property
    def version(self) -> int:
        """How often entries were assigned."""
        return self._version

    def assign(self, places: Places, values: Any) -> None:
        """Entries at flat places from now on."""
        if self.given:
            raise refused("assignment to an input", "take a copy first, y = x.copy()")
        if not isinstance(values, Recorded) and isinstance(self._content, np.ndarray):
            self._content.reshape(-1)[places] = values
            self._version += 1
            return
        if self._owner is None:
            if isinstance(self._content, np.ndarray) and self._content.dtype.kind in "iub":
                raise refused("assigning numbers with errors to integers", "make the array of floats, np.zeros(shape)")
            self._pieces, size = [self._content], self.size
            self._owner, self._place = np.zeros(size, np.intp), np.arange(size)
            self._shape = tuple(self._content.shape)
        values = np.broadcast_to(values, places.shape)
        flat = places.ravel()
        assert self._place is not None
        self._owner[flat], self._place[flat] = len(self._pieces), np.arange(flat.size)
        self._pieces.append(values)
        self._content = None
        self._version += 1

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self._shape if self._content is None else tuple(self._content.shape)
        return shape

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.intp))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        if self._content is None:
            return np.result_type(*(p.dtype for p in self._pieces))
        dtype: np.dtype[Any] = self._content.dtype
        return dtype

    # --- entries ---

    def __getitem__(self, index: Any) -> Any:
        index = plain_index(index)
        if self._content is None:
            places = np.arange(self.size).reshape(self.shape)[index]
            found = self._taken(np.asarray(places))
            return View(self, lambda x: x[index], found) if _basic(index) else handled(found)
        found = self._content[index]
        if _basic(index) and not self.given and np.ndim(found):
            return View(self, lambda x: x[index], found)
        return handled(found)

    def __setitem__(self, index: Any, values: Any) -> None:
        places = np.arange(self.size).reshape(self.shape)[plain_index(index)]
        self.assign(np.asarray(places), _joined(values))

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a number")
        return (self[i] for i in range(self.shape[0]))

    # --- NumPy's protocols ---

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        mask = kwargs.pop("where", True) if method == "__call__" else True
        plain = [unwrapped(x) for x in inputs]
        if method == "at":
            return self._added_at(ufunc, inputs, plain)
        kwargs = {n: v for n, v in kwargs.items() if n not in ("dtype", "casting", "order", "subok")}
        found = getattr(ufunc, method)(*plain, **{n: unwrapped(v) for n, v in kwargs.items()})
        return handled(found) if out is None else _into(out[0], found, unwrapped(mask))

    def _added_at(self, ufunc: np.ufunc, inputs: Any, plain: Any) -> None:
        """``np.add.at`` as sums, in any order; its like one entry after the other, as some may be named twice."""
        target, index = inputs[0], plain_index(inputs[1])
        places = np.asarray(np.arange(target.size).reshape(target.shape)[index])
        lines = [np.ravel(np.broadcast_to(v, places.shape)) for v in plain[2:]]
        if ufunc is np.add and places.size and any(isinstance(x, Recorded) for x in (target.now, *lines)):
            target.assign(*_sums(target.now, places.ravel(), lines[0]))
            return
        for k, place in enumerate(places.ravel()):
            one = np.asarray([place])
            target.assign(one, ufunc(np.ravel(target.now)[one], *(v[k : k + 1] for v in lines)))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        kwargs = dict(kwargs)
        out = kwargs.pop("out", None)
        found = func(*unwrapped(args), **unwrapped(kwargs))
        if out is not None:
            return _into(out, found, True)
        if func.__name__ in VIEWS and args and args[0] is self and not self.given:
            return View(self, lambda x: func(x, *args[1:], **kwargs), found)
        return handled(found)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self.now, name)
        if not callable(found):
            return View(self, lambda x: getattr(x, name), found) if name in VIEWS and not self.given else handled(found)

        def method(*arguments: Any, **keywords: Any) -> Any:
            out = keywords.pop("out", None)
            result = found(*unwrapped(arguments), **unwrapped(keywords))
            if out is not None:
                return _into(out, result, True)
            if name in VIEWS and not self.given:
                return View(self, lambda x: getattr(x, name)(*arguments, **keywords), result)
            return handled(result)

        return method

    def copy(self, order: str = "C") -> Handle:
        """The same entries, to be changed on their own."""
        return Handle(self.now.copy())

    def fill(self, value: Any) -> None:
        """One number everywhere."""
        self[...] = value

    def sort(self, axis: int = -1, **keywords: Any) -> None:
        """The entries in rising order, in place."""
        self[...] = np.sort(self.copy(), axis=axis)

    def __sum_of_products__(self, terms: Terms, factors: Mapping[str, Any]) -> Any:
        return handled(sum_of_products(terms, **{n: unwrapped(f) for n, f in factors.items()}))

    def __gradients__(self, xs: Any) -> list[Any]:
        if not isinstance(self.now, Recorded):
            raise TypeError("a gradient of what depends on no input")
        found: Any = self.now
        return [handled(g) for g in found.__gradients__(unwrapped(xs))]

    def __settled__(self) -> Any:
        return self._by_itself("__settled__")

    def __stored__(self) -> Any:
        return self._by_itself("__stored__")

    def __held__(self) -> Any:
        return self._by_itself("__held__")

    def __confined__(self, low: float, high: float) -> Any:
        return self._by_itself("__confined__", low, high)

    def _by_itself(self, name: str, *arguments: Any) -> Any:
        """What an array says of itself; plain numbers say nothing."""
        return handled(getattr(self.now, name)(*arguments)) if hasattr(self.now, name) else self

    def __bool__(self) -> bool:
        return bool(self.now)

    def __float__(self) -> float:
        return float(self.now)

    def __int__(self) -> int:
        return int(self.now)

    def __index__(self) -> int:
        return int(plain_index(self))

    def __round__(self, digits: int | None = None) -> Any:
        return int(np.rint(self)) if digits is None else np.round(self, digits)

    def __floor__(self) -> int:
        return int(np.floor(self))

    def __ceil__(self) -> int:
        return int(np.ceil(self))

    def __trunc__(self) -> int:
        return int(self)

    def __complex__(self) -> complex:
        if isinstance(self.now, np.ndarray):
            return complex(self.now)
        raise refused("complex() of a number with an error", "leave it an array")

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(self.now, np.ndarray):
            return np.asarray(self.now, *arguments, **keywords)
        return self.now.__array__(*arguments, **keywords)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other)

    def __repr__(self) -> str:
        return f"array of shape {self.shape}"


class Truths(np.ndarray[Any, Any]):
    """What comparisons of several numbers give: an ``if`` cannot ask them all at once."""

    def __bool__(self) -> bool:
        if self.size != 1:
            instead = "write np.where(condition, a, b), or put @harness.elementwise on a function of numbers"
            raise refused("`if` on a comparison of arrays", instead)
        return bool(self.item())


class View(Handle):
    """A handle that shows entries of another: what is assigned to either is seen in both."""

    def __init__(self, parent: Handle, move: Callable[[Any], Any], found: Any) -> None:
        super().__init__(found)
        self.parent, self._move, self._seen = parent, move, parent.version

    @property
    def now(self) -> Any:
        if self._seen != self.parent.version:
            self._content, self._seen = self._move(self.parent.now), self.parent.version
        return self._content

    def assign(self, places: Places, values: Any) -> None:
        of_parent = self._move(np.arange(self.parent.size).reshape(self.parent.shape))
        self.parent.assign(np.asarray(of_parent).reshape(-1)[places], values)

    @property
    def version(self) -> int:
        return self.parent.version


def _into(target: Any, found: Any, mask: Any) -> Any:
    """What ``out=`` makes of a result: assigned where the mask holds."""
    if not isinstance(target, Handle):
        raise refused("`out=` of a plain array", "make it by np.zeros or np.empty in the definition itself")
    target[...] = handled(found) if mask is True else np.where(mask, handled(found), target)
    return target


def _basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is Ellipsis or isinstance(i, (int, slice, np.integer)) for i in parts)


def plain_index(index: Any) -> Any:
    """An index without handles; what ``floor`` and its like made is a whole number that the values decide."""
    parts = index if isinstance(index, tuple) else (index,)
    plain = tuple(_whole(unwrapped(i)) for i in parts)
    return plain if isinstance(index, tuple) else plain[0]


def _whole(i: Any) -> Any:
    if not isinstance(i, Recorded):
        return i
    if not i.jumps:
        raise refused("an index with an error", "write int(i), or np.floor(i) for an array of them")
    return np.asarray(i.deciding()).astype(np.intp)


def handled(found: Any) -> Any:
    """What a call gave, as the definition holds it: handles for numbers, all else as it is."""
    match found:
        case Recorded():
            return Handle(found)
        case np.ndarray() if found.ndim and found.dtype.kind in "fc":
            return Handle(found)
        case np.ndarray() if found.ndim and found.dtype.kind == "b":
            return found.view(Truths)
        case tuple() if hasattr(found, "_fields"):
            return type(found)(*map(handled, found))
        case tuple() | list():
            return type(found)(map(handled, found))
    return found


def unwrapped(x: Any) -> Any:
    """What a definition holds, as arrays of the arithmetic."""
    match x:
        case Handle():
            return x.now
        case tuple() if hasattr(x, "_fields"):
            return type(x)(*map(unwrapped, x))
        case tuple() | list():
            return type(x)(map(unwrapped, x))
        case dict():
            return {n: unwrapped(v) for n, v in x.items()}
    return x


def _joined(values: Any) -> Any:
    """What is assigned, as an array: also a list of numbers, or lists of them."""
    return (
        np.stack([_joined(v) for v in values])
        if isinstance(values, (list, tuple)) and holds(values)
        else unwrapped(values)
    )


def holds(x: Any) -> bool:
    """Whether a list, or a list within it, has a handle."""
    return isinstance(x, Handle) or (isinstance(x, (list, tuple)) and any(map(holds, x)))


def given(x: Any) -> Any:
    """An input as a definition holds it."""
    return Handle(x, given=True) if isinstance(x, Recorded) else x
