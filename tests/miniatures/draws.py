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
