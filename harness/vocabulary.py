"""The words of specs and addresses: those there are, and the form of those an author chooses."""

from __future__ import annotations

import re
from typing import get_args

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from harness.model import Status

LIBRARIES = ("numpy", "scipy", "torch")
MODELS = ("multilinear", "fft", "formula", "exact")
ALGORITHMS = ("conventional", "fft", "winograd", "3m", "low-precision-accumulation", "blocked", "strassen")
FLOATS = ("float16", "bfloat16", "float32", "float64", "longdouble")
COMPLEX = ("complex64", "complex128", "clongdouble")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8")
DTYPES = (*FLOATS, *COMPLEX, *INTEGERS)
LAYOUTS = (
    "contiguous",
    "transposed",
    "strided",
    "offset",
    "channels_last",
    "expanded",
    "repeated",
    "negative",
    "swapped",
    "unaligned",
)
FILLS = (
    "normal",
    "positive",
    "cancelling",
    "wide",
    "offset",
    "zeros",
    "zeros_swapped",
    "constant",
    "integers",
    "integers_swapped",
    "taps",
    "denormal",
    "huge",
    "nan",
    "inf",
    "negative_zero",
    "edges",
    "lowest",
    "specials_swapped",
)
#: How a fill begins that is the entries themselves, as `values_1_0_-0.5`: those of one input after the other, over again
#: where they are too few. What shrinking ends in is an address so.
VALUES = "values_"
DOMAINS = ("real", "positive", "nonnegative", "unit", "binary", "xavier", "near_one", "near_zero")
#: A dtype that follows the case's: the same, or its real or complex partner.
RELATIVE = ("same", "real", "complex")
#: Axes that every spec has.
AXES = ("dtype", "layout", "fill")
#: What a condition on a case may name besides: the grid it is of, and the precondition it violates.
MARKS = ("grid", "invalid")
#: What a deviation may be known to be.
EXPLAINED = tuple(s for s in get_args(Status) if s not in ("conforms", "known", "fixed"))

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def is_fill(word: str) -> bool:
    """Whether it names a fill, or is one that is the entries themselves."""
    if not word.startswith(VALUES):
        return word in FILLS
    try:
        return bool([complex(text) for text in word.removeprefix(VALUES).split("_")])
    except ValueError:
        return False


def versions_of(text: str) -> dict[str, SpecifierSet]:
    """Versions by library, of text such as ``torch<2.14 and numpy>=2,<2.5``. Raises ValueError where it is none."""
    found = {}
    for part in text.split(" and "):
        wanted = Requirement(part)
        if wanted.name not in LIBRARIES or not wanted.specifier:
            raise ValueError(part)
        found[wanted.name] = wanted.specifier
    return found
