"""Numbers -> their texts, with as many digits as it takes to tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TypeVar

#: Significant digits of a number beside others, at least, and those of the widest type.
FEWEST, MOST = 4, 36

T = TypeVar("T")


def apart(*numbers: float, fewest: int = FEWEST) -> list[str]:
    """Numbers in so few digits that different ones read differently, and none reads as an integer that is not one."""
    return [_told(x, {*numbers, float(round(x)) if isfinite(x) else x}, _of_float, fewest) for x in numbers]


def pair(actual: str, expected: str) -> tuple[str, str]:
    """Two numbers of a row with as many digits as it takes to tell them apart, and one more."""
    first, second = (_parts(text) for text in (actual, expected))
    if first is None or second is None:
        return actual, expected
    return _told(first, {first, second}, _of_parts, more=1), _told(second, {first, second}, _of_parts, more=1)


def _told(number: T, among: Collection[T], text: Callable[[T, int], str], fewest: int = FEWEST, more: int = 0) -> str:
    """A number in the fewest digits at which none of the others reads alike, and some more."""
    others = [x for x in among if text(x, MOST) != text(number, MOST)]
    digits = next(n for n in range(fewest, MOST + 1) if all(text(x, n) != text(number, n) for x in others))
    return text(number, digits + more)


def _of_float(x: float, digits: int) -> str:
    return f"{x:.{digits}g}"


def _parts(text: str) -> tuple[Decimal, Decimal] | None:
    """The real and the imaginary part of a number as rows write it; None of what is no number."""
    body = text.removesuffix("j")
    end = next((n for n in range(len(body) - 1, 0, -1) if body[n] in "+-" and body[n - 1] not in "eE"), 0)
    try:
        if body == text:
            return Decimal(text), Decimal(0)
        return Decimal(body[:end] or "0"), Decimal(body[end:])
    except InvalidOperation:
        return None


def _of_parts(number: tuple[Decimal, Decimal], digits: int) -> str:
    real, imag = (f"{part:.{digits}g}" if part.is_finite() else str(float(part)) for part in number)
    real, imag = _plain(real), _plain(imag)
    return real if number[1] == 0 else f"{real}{'' if imag[0] == '-' else '+'}{imag}j"


def _plain(text: str) -> str:
    """A number without the zeros that end its digits."""
    mantissa, e, exponent = text.partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + e + exponent
