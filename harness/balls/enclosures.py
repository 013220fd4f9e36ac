"""Arrays of balls: made from exact numbers or from what computes one entry, and how much may be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Self

import numpy as np
from flint import acb, arb, ctx
from numpy.typing import NDArray

from harness.dispatch import Origin, Recorded

Array = NDArray[Any]

#: One entry: an ``arb`` or ``acb``.
Number = Any

#: Bits of the midpoints: three times longdouble's, so that cancellation of half of them still decides.
BITS = 192

_created = count()


class NoProof(Exception):
    """There is no enclosure, and why."""


@dataclass
class Work:
    """How many entries and terms may still be computed."""

    left: int

    def spend(self, n: int = 1) -> None:
        """Raises NoProof where that is more than is left."""
        if n > self.left:
            raise NoProof("too large")
        self.left -= n


@contextmanager
def digits() -> Iterator[None]:
    """The precision of every ball made inside."""
    with ctx.workprec(BITS):
        yield


def exactly(x: Any) -> Number:
    """The number a NumPy scalar of any floating type is, as a ball without radius."""
    if np.iscomplexobj(x):
        return acb(exactly(x.real), exactly(x.imag))
    high = float(x)
    if not isinstance(x, np.longdouble) or np.isinf(x) or np.isnan(x):
        return arb(high)
    mantissa, exponent = np.frexp(x)
    high = float(mantissa)
    return (arb(high) + arb(float(mantissa - np.longdouble(high)))) * arb(2) ** int(exponent)


@dataclass(frozen=True, eq=False)
class Balls(Recorded):
    """An array whose ``entry`` computes the ball at one flat place. ``value`` stands where all entries are exact."""

    shape: tuple[int, ...]
    kind: str
    work: Work
    entry: Callable[[int], Number]
    value: Array | None = None
    origin: Origin | None = None
    order: int = field(default_factory=lambda: next(_created))
    known: dict[int, Number] = field(default_factory=dict, repr=False)

    def at(self, place: int) -> Number:
        """The ball at one flat place. Raises NoProof."""
        if place not in self.known:
            self.work.spend()
            self.known[place] = self.entry(place)
        return self.known[place]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.clongdouble if self.kind == "c" else np.longdouble)

    def since(self, origin: Origin) -> Self:
        return replace(self, origin=origin)

    def lifted(self, x: Any) -> Balls:
        return lift(x, self.work)

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        from harness.balls.kinks import compared

        return compared(ufunc, [self.lifted(i) for i in operands])

    def lacking(self, what: Any) -> Exception:
        return NoProof(f"no {getattr(what, '__name__', what)} in ball arithmetic")

    def deciding(self) -> Any:
        if self.value is None:
            raise NoProof("a decision by what is not exact")
        return self.value


def leaf(value: Array, work: Work) -> Balls:
    """An input or a constant: exactly the numbers given."""
    wide = value.astype(np.clongdouble if np.iscomplexobj(value) else np.longdouble)
    return Balls(wide.shape, "c" if wide.dtype.kind == "c" else "f", work, _read(wide), value=wide)


def lift(x: Any, work: Work) -> Balls:
    """Anything as Balls."""
    return x if isinstance(x, Balls) else leaf(np.asarray(x), work)


def _read(value: Array) -> Callable[[int], Number]:
    flat = value.reshape(-1)
    return lambda i: exactly(flat[i])


def made(
    shape: tuple[int, ...],
    kind: str,
    work: Work,
    entry: Callable[[int], Number],
    value: Array | None = None,
) -> Balls:
    return Balls(shape, kind, work, entry if value is None else _read(value), value)


def added(terms: Iterable[Number]) -> Number:
    return sum(terms, arb(0))


def conjugate(z: Number) -> Number:
    return z.conjugate() if isinstance(z, acb) else z


def kind_of(*xs: Balls) -> str:
    return "c" if any(x.kind == "c" for x in xs) else "f"
