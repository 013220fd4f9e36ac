"""What a definition in torch holds: an array of a definition, with torch's methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from harness.dispatch import Recorded, refused
from harness.language.building import built
from harness.language.handles import Handle, handled, plain_index, unwrapped


class Size(tuple[int, ...]):
    """Lengths of axes, as ``torch.Size``."""

    __slots__ = ()

    def numel(self) -> int:
        """How many entries there are."""
        return int(np.prod(self, dtype=np.intp))


class Tensor(Handle):
    """A handle, or a plain array of whole numbers or truth values, with torch's methods."""

    #: Torch's functions and methods by name, tensor first; filled by ``table``.
    METHODS: Mapping[str, Callable[..., Any]] = {}

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.given = bool(getattr(inner, "given", False))

    @property
    def now(self) -> Any:
        return unwrapped(self.inner)

    @property
    def version(self) -> int:
        return int(getattr(self.inner, "version", 0))

    @property
    def shape(self) -> Any:
        return Size(np.shape(self.inner))

    @property
    def dtype(self) -> Any:
        return self.inner.dtype

    @property
    def T(self) -> Any:  # noqa: N802
        return tensor(self.inner.T)

    @property
    def mT(self) -> Any:  # noqa: N802
        return tensor(self.inner.mT)

    @property
    def H(self) -> Any:  # noqa: N802
        return tensor(np.conjugate(self.inner.mT))

    mH = H  # noqa: N815

    def size(self, dim: int | None = None) -> Any:  # type: ignore[override]  # torch's method, NumPy's number
        """The lengths of the axes, or of one."""
        return self.shape if dim is None else self.shape[dim]

    def sort(self, *arguments: Any, **keywords: Any) -> Any:
        """The entries in order and where they stood, as torch's method gives them."""
        return self.METHODS["sort"](self, *arguments, **keywords)

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def data(self) -> Tensor:
        return self

    def __getitem__(self, index: Any) -> Any:
        return tensor(self.inner[plain_index(index)])

    def __setitem__(self, index: Any, values: Any) -> None:
        if self.given:
            raise refused("assignment to an input", "take a copy first, y = x.clone()")
        plain = built(values) if isinstance(values, (list, tuple)) else values
        if isinstance(self.inner, Handle):
            self.inner[index] = plain
        else:
            self.inner[plain_index(index)] = unwrapped(plain)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        found = tensor(getattr(ufunc, method)(*map(held, inputs), **{n: held(v) for n, v in kwargs.items()}))
        if out is None:
            return found
        out[0][...] = found
        return out[0]

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return tensor(func(*held(args), **held(kwargs)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in ("real", "imag"):
            return tensor(getattr(np, name)(self.inner))
        known = self.METHODS.get(name)
        if known is None and name.endswith("_") and (known := self.METHODS.get(name[:-1])) is not None:
            return self._in_place(known)
        if known is None:
            raise refused(f"torch's method `{name}`", "write its formula with the functions of docs/language.md")
        program = known

        def method(*arguments: Any, **keywords: Any) -> Any:
            return program(self, *arguments, **keywords)

        return method

    def _in_place(self, program: Callable[..., Any]) -> Callable[..., Tensor]:
        def method(*arguments: Any, **keywords: Any) -> Tensor:
            self[...] = program(self, *arguments, **keywords)
            return self

        return method

    def __bool__(self) -> bool:
        if isinstance(self.inner, np.ndarray) and self.inner.size != 1:
            raise refused("`if` on a comparison of arrays", "write torch.where(condition, a, b)")
        return bool(self.inner)

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self.shape[0]))


def held(x: Any) -> Any:
    """Anything with handles and plain arrays in the place of tensors."""
    match x:
        case Tensor():
            return x.inner
        case tuple() if hasattr(x, "_fields"):
            return type(x)(*map(held, x))
        case tuple() | list():
            return type(x)(map(held, x))
        case dict():
            return {n: held(v) for n, v in x.items()}
    return x


def tensor(x: Any) -> Any:
    """What a call gave, as a definition in torch holds it."""
    match x:
        case Tensor():
            return x
        case Handle() | Recorded():
            return Tensor(handled(x))
        case np.ndarray() | np.generic():
            return Tensor(handled(np.asarray(x)))
        case tuple() if hasattr(x, "_fields"):
            return type(x)(*map(tensor, x))
        case tuple() | list():
            return type(x)(map(tensor, x))
    return x


def of_tensors(program: Callable[..., Any]) -> Callable[..., Any]:
    """A program on arrays as torch's function of tensors."""

    @wraps(program)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return tensor(program(*held(arguments), **held(keywords)))

    return call
