"""The words of specs and addresses: those there are, and the form of those an author chooses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from harness.asking import registry
from harness.model import Status

LIBRARIES = tuple(registry.LIBRARIES)
#: What the bound of a right implementation is mainly made of.
MODELS: Mapping[str, str] = {
    "multilinear": "sums of products of the inputs: convolutions, linear layers",
    "fft": "a discrete Fourier transform along whole axes",
    "formula": "step by step through the definition, one rounding each; also of sums and transforms within it",
    "exact": "every step is exact: any difference is wrong",
}
#: The half types.
HALF = ("float16", "bfloat16")
#: In which order a chain of additions may be added.
ORDERS = ("any", "fixed")
#: How a candidate computes, where that decides what it may be off by.
ALGORITHMS: Mapping[str, str] = {
    "conventional": "each result is a sum of its products, in any order; half types compute in float32 and round once",
    "fft": "by transforms of both operands: small in norm, not in each entry",
    "winograd": "by minimal filtering, F(4, 3): small in norm",
    "3m": "complex products of three real ones: small in the absolute value, not in each part",
    "step-by-step": "half types are rounded after every step; sums accumulate in float32",
    "low-precision-accumulation": "half types are rounded after every step, and accumulate in themselves",
    "blocked": "as conventional, over parts that are put together",
    "polynomial-erf": "as conventional, with erf from five terms in single precision: off by up to 1.5e-7 anywhere",
    "flushes-subnormals": "as conventional, with subnormal numbers taken for zeros",
    "bf16x3": "single precision by three products of bfloat16 parts: off by about 2^-14 of each product's size",
    "prefix-sums": "windows' sums as differences of running sums: small in norm",
    "goertzel": "transforms by a recurrence of second order: off by some N^2 roundings of the sum of magnitudes",
    "strassen": "products of matrices by Strassen: small in norm",
}
#: Algorithms of which the errors are small beside the largest results, and not beside each.
IN_NORM = ("fft", "winograd", "strassen", "prefix-sums", "goertzel")
FLOATS = ("float16", "bfloat16", "float32", "float64", "longdouble")
COMPLEX = ("complex64", "complex128", "clongdouble")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8")
DTYPES = (*FLOATS, *COMPLEX, *INTEGERS)
#: Dtypes that a case may have: they have a precision. An input or output may have any of its own.
JUDGED = (*FLOATS, *COMPLEX)
LAYOUTS: Mapping[str, str] = {
    "contiguous": "rows one after the other",
    "transposed": "the axes in the reverse order in memory",
    "strided": "every second entry of a longer last axis",
    "offset": "from the fourth entry of a longer buffer on",
    "channels_last": "the second axis last in memory",
    "expanded": "one entry of the first axis seen at every place of it",
    "repeated": "one entry of the last axis seen at every place of it",
    "negative": "every axis backwards (NumPy)",
    "swapped": "the other byte order (NumPy)",
    "unaligned": "from an odd address on (NumPy)",
}
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
    "simple",
    "taps",
    "denormal",
    "huge",
    "nan",
    "inf",
    "negative_zero",
    "edges",
    "lowest",
    "specials_swapped",
    "moderate",
    "decades",
    "spread",
    "runs",
    "outside",
    "patterns",
    "finite_patterns",
)
#: How a fill begins that is the entries themselves, as `values_1_0_-0.5`: those of one input after the other, over again
#: where they are too few. What shrinking ends in is an address so.
VALUES = "values_"
#: Where the entries of an input lie: what a fill gives is taken there.
DOMAINS: Mapping[str, str] = {
    "real": "anywhere",
    "positive": "above 0",
    "nonnegative": "from 0 on",
    "unit": "from 0 to 1",
    "signed_unit": "from -1 to 1",
    "binary": "0 or 1",
    "xavier": "as a layer's weights begin: scaled by sqrt(2 / (fan in + fan out))",
    "near_one": "about 1, as scales of norms begin",
    "near_zero": "about 0, as shifts of norms begin",
}
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


#: The file of a run, in the folder that a run is written to.
RUN_FILE = "run.sqlite"


def counted(number: int, noun: str) -> str:
    """So many of them, in words.

    >>> counted(1, "case"), counted(1234, "case")
    ('1 case', '1,234 cases')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def ordinal(number: int) -> str:
    """The number of a place in a row.

    >>> ordinal(2), ordinal(13), ordinal(21)
    ('2nd', '13th', '21st')
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


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
