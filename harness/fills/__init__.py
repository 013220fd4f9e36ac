"""Case -> arrays: the kinds of fill, and what they give in each input's dtype, domain and layout."""

from harness.fills.arrays import (
    DOMAINS,
    PRECISE,
    arrays,
    dtype,
    generator,
    like,
    literal,
    regime,
    xavier_scale,
)
from harness.fills.kinds import EVERY, EXTREME, FILLS, SPECIAL, WITHOUT_SLOPES, Array, Context, Rng

__all__ = [
    "DOMAINS",
    "EVERY",
    "EXTREME",
    "FILLS",
    "PRECISE",
    "SPECIAL",
    "WITHOUT_SLOPES",
    "Array",
    "Context",
    "Rng",
    "arrays",
    "dtype",
    "generator",
    "like",
    "literal",
    "regime",
    "xavier_scale",
]
