"""What may be done to an array: a closed union. Values only; nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass

#: Bits of significand of the formats that arrays are rounded to.
FORMATS = {"float32": 24, "TF32": 11, "float16": 11, "bfloat16": 8}


class Inapplicable(Exception):
    """The change means nothing for the array: it has no such axis, no imaginary part."""


@dataclass(frozen=True)
class Negated:
    """Every entry with the other sign."""


@dataclass(frozen=True)
class Conjugated:
    """Every entry's complex conjugate."""


@dataclass(frozen=True)
class Real:
    """The real part alone."""


@dataclass(frozen=True)
class Absolute:
    """Every entry's absolute value."""


@dataclass(frozen=True)
class Squared:
    """Every entry times itself."""


@dataclass(frozen=True)
class Whole:
    """Every entry cut to an integer."""


@dataclass(frozen=True)
class Nearest:
    """Every entry rounded to the nearest integer."""


@dataclass(frozen=True)
class Filled:
    """One number everywhere."""

    value: float


@dataclass(frozen=True)
class Scaled:
    """Every entry times a number."""

    factor: float


@dataclass(frozen=True)
class Shifted:
    """Every entry plus a number."""

    by: float


@dataclass(frozen=True)
class Clipped:
    """Every entry cut to an interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Flipped:
    """Backwards along axes; along all where none is named."""

    axes: tuple[int, ...]


@dataclass(frozen=True)
class Rolled:
    """Moved along an axis, the last entries first."""

    axis: int
    by: int


@dataclass(frozen=True)
class Halved:
    """Moved along an axis by half its length, rounded down."""

    axis: int


@dataclass(frozen=True)
class Mirrored:
    """Along an axis, the entry n in the place of the entry -n."""

    axis: int


@dataclass(frozen=True)
class Transposed:
    """The last two axes exchanged."""


@dataclass(frozen=True)
class TransposedWhereSquare:
    """The last two axes exchanged where they have one length."""


@dataclass(frozen=True)
class Reversed:
    """All axes in the reverse order."""


@dataclass(frozen=True)
class Squeezed:
    """An axis of length one left out."""

    axis: int


@dataclass(frozen=True)
class Flat:
    """All entries along one axis."""


@dataclass(frozen=True)
class Extended:
    """An axis of length one more where there are none."""


@dataclass(frozen=True)
class Regrouped:
    """Along an axis, groups of entries taken for what runs through the groups."""

    axis: int
    groups: int


@dataclass(frozen=True)
class Rounded:
    """To the nearest number of a narrower format."""

    to: str


@dataclass(frozen=True)
class Truncated:
    """The bits cut off that a narrower format lacks."""

    to: str


@dataclass(frozen=True)
class NanReplaced:
    """A number for NaN."""

    by: float


@dataclass(frozen=True)
class InfinityReplaced:
    """The largest finite number for infinity: of one sign, or with a sign of 0 of both."""

    sign: int = 0


@dataclass(frozen=True)
class Flushed:
    """Zero of the same sign for subnormal numbers."""


@dataclass(frozen=True)
class Unsigned:
    """Zero for minus zero."""


Change = (
    Negated
    | Conjugated
    | Real
    | Absolute
    | Squared
    | Whole
    | Nearest
    | Filled
    | Scaled
    | Shifted
    | Clipped
    | Flipped
    | Rolled
    | Halved
    | Mirrored
    | Transposed
    | TransposedWhereSquare
    | Reversed
    | Squeezed
    | Flat
    | Extended
    | Regrouped
    | Rounded
    | Truncated
    | NanReplaced
    | InfinityReplaced
    | Flushed
    | Unsigned
)

#: Changes that leave every entry as it is and put it elsewhere.
MOVES = (
    Flipped,
    Rolled,
    Halved,
    Mirrored,
    Transposed,
    TransposedWhereSquare,
    Reversed,
    Squeezed,
    Flat,
    Extended,
    Regrouped,
)
