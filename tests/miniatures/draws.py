"""Wrong ways to draw at random, NumPy."""

import numpy as np

from reference_impls import initializers


def normal_of_no_seed(weight, mean=0.0, std=1.0, seed=0):
    """Fresh entropy at every call, whatever the seed."""
    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    return np.random.default_rng().normal(mean, std, weight.shape).astype(weight.dtype)


def normal_of_contents(weight, mean=0.0, std=1.0, seed=0):
    """What stands in the weight is mixed into the seed."""
    mixed = np.frombuffer(weight.tobytes(), np.uint8)
    return initializers.normal(weight, mean, std, [seed, *mixed[:64]])


def uniform_too_even(weight, low=0.0, high=1.0, seed=0):
    """One entry in each of n equal parts, shuffled: a Latin hypercube."""
    if high < low:
        raise ValueError(f"high is {high}, below low = {low}")
    rng, n = np.random.default_rng(seed), weight.size
    shares = (rng.permutation(n) + rng.random(n)) / n
    return (low + (high - low) * shares).reshape(weight.shape).astype(weight.dtype)


def uniform_of_24_bits(weight, low=0.0, high=1.0, seed=0):
    """Whole numbers below 2**24, divided: as many bits as float32 has, in float64 too."""
    if high < low:
        raise ValueError(f"high is {high}, below low = {low}")
    whole = np.random.default_rng(seed).integers(0, 1 << 24, weight.shape)
    return (low + (high - low) * (whole / (1 << 24))).astype(weight.dtype)


def uniform_of_16_bits(weight, low=0.0, high=1.0, seed=0):
    """The middles of 2**16 equal parts."""
    if high < low:
        raise ValueError(f"high is {high}, below low = {low}")
    whole = np.random.default_rng(seed).integers(0, 1 << 16, weight.shape)
    return (low + (high - low) * ((whole + 0.5) / (1 << 16))).astype(weight.dtype)


def normal_of_single(weight, mean=0.0, std=1.0, seed=0):
    """Drawn in float32, in float64 too."""
    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    drawn = np.random.default_rng(seed).standard_normal(weight.shape, np.float32)
    return (mean + std * drawn).astype(weight.dtype)


def normal_of_one_radius(weight, mean=0.0, std=1.0, seed=0):
    """Box and Muller's way, each radius serving two pairs: uncorrelated, but large ones stand together."""
    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    u, v, w = np.random.default_rng(seed).random((3, (weight.size + 3) // 4))
    radius, one, other = np.sqrt(-2 * np.log1p(-u)), 2 * np.pi * v, 2 * np.pi * w
    four = np.stack([np.cos(one), np.sin(one), np.cos(other), np.sin(other)], axis=1)
    drawn = (radius[:, None] * four).reshape(-1)[: weight.size]
    return (mean + std * drawn).reshape(weight.shape).astype(weight.dtype)


def normal_of_half_the_magnitudes(weight, mean=0.0, std=1.0, seed=0):
    """The second half has the magnitudes of the first, and signs of its own."""
    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    rng, half = np.random.default_rng(seed), (weight.size + 1) // 2
    first = rng.standard_normal(half)
    drawn = np.concatenate([first, first * rng.choice([-1.0, 1.0], half)])[: weight.size]
    return (mean + std * drawn).reshape(weight.shape).astype(weight.dtype)


def normal_of_one_bit(weight, mean=0.0, std=1.0, seed=0):
    """Of the seed one bit is looked at."""
    return initializers.normal(weight, mean, std, seed & 1)
