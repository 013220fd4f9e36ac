"""Other right ways to draw at random, NumPy and SciPy."""

import numpy as np
from scipy.special import ndtr


def normal_box_muller(weight, mean=0.0, std=1.0, seed=0):
    """Two uniform numbers make two normal ones: a radius and an angle."""
    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    half = (weight.size + 1) // 2
    u, v = np.random.Generator(np.random.Philox(seed)).random((2, half))
    radius, angle = np.sqrt(-2 * np.log1p(-u)), 2 * np.pi * v
    both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[: weight.size]
    return (mean + std * both).reshape(weight.shape).astype(weight.dtype)


def normal_polar(weight, mean=0.0, std=1.0, seed=0):
    """Points of the disc, stretched: Marsaglia's way, which rejects the corners of the square."""
    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    rng, found = np.random.default_rng(seed), np.empty(0)
    while found.size < weight.size:
        points = rng.uniform(-1, 1, (2, weight.size))
        square = (points * points).sum(axis=0)
        inside = (square < 1) & (square > 0)
        stretched = points[:, inside] * np.sqrt(-2 * np.log(square[inside]) / square[inside])
        found = np.append(found, stretched.T)
    return (mean + std * found[: weight.size]).reshape(weight.shape).astype(weight.dtype)


def uniform_mersenne_twister(weight, low=0.0, high=1.0, seed=0):
    """The generator of NumPy before 1.17."""
    if high < low:
        raise ValueError(f"high is {high}, below low = {low}")
    return (low + (high - low) * np.random.RandomState(seed).random_sample(weight.shape)).astype(weight.dtype)


def uniform_of_normal(weight, low=0.0, high=1.0, seed=0):
    """The distribution function of normal numbers."""
    if high < low:
        raise ValueError(f"high is {high}, below low = {low}")
    share = ndtr(np.random.default_rng(seed).standard_normal(weight.shape))
    return (low + (high - low) * share).astype(weight.dtype)
