"""Dropout that is right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls.dropping import refuse, scaled


def dropout_by_coins(input, p=0.5, training=True, seed=0):
    """A coin for each entry, by the binomial distribution of one throw, and a product with the scale."""
    refuse(p)
    if not training:
        return input.copy()
    coins = np.random.RandomState(seed + 77).binomial(1, 1 - p, input.shape)
    scale = 1 / (1 - p) if p < 1 else 0.0
    return np.where(coins == 1, input * input.dtype.type(scale), input.dtype.type(0))


def dropout_by_single(input, p=0.5, training=True, seed=0):
    """Numbers of single precision, drawn for the transposed array."""
    drawn = np.random.Generator(np.random.Philox(seed)).random(input.shape[::-1], dtype=np.float32).T
    return scaled(input, p, training, drawn < np.float32(1 - p))
