"""What is dropped at random: the chance of it, and what the entries that are kept become."""

from __future__ import annotations

from typing import Any

from reference_impls.definitions.images import zero_of


def kept(input: Any, *, p: float = 0.5, training: bool = True, seed: int = 0) -> Any:
    """``x / (1 - p)`` in training, x elsewhere (Srivastava et al. 2014, inverted)."""
    if not training or p in (0, 1):
        return input * 1.0
    return input * (1 / (zero_of(input) + 1 - p))


def chance(*, p: float = 0.5, training: bool = True, **_: Any) -> float:
    """How likely an entry is dropped."""
    return p if training else 0.0
