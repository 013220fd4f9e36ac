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
