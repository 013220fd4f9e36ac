"""Dropout gone wrong in one way each: which entries are dropped, what the others become, and where slopes go."""

from __future__ import annotations

import numpy as np

from reference_impls import dropping


def _drawn(x, seed, shape=None):
    return np.random.default_rng(seed).random(shape or x.shape)


def dropout_unscaled(input, p=0.5, training=True, seed=0):
    """The entries that are kept stay as they are."""
    y = dropping.dropout(input, p, training, seed)
    return np.where(y != 0, input, y)


def dropout_of_keeping(input, p=0.5, training=True, seed=0):
    """p is taken for the chance that an entry is kept."""
    return dropping.scaled(input, p, training, _drawn(input, seed) < p)


def dropout_of_rows(input, p=0.5, training=True, seed=0):
    """Whole rows are dropped."""
    return dropping.scaled(
        input, p, training, np.broadcast_to(_drawn(input, seed, (*input.shape[:-1], 1)) >= p, input.shape)
    )


def dropout_of_columns(input, p=0.5, training=True, seed=0):
    """The same entries of each row are dropped."""
    return dropping.scaled(input, p, training, np.broadcast_to(_drawn(input, seed, input.shape[-1:]) >= p, input.shape))


def dropout_of_no_seed(input, p=0.5, training=True, seed=0):
    """Fresh entropy at every call."""
    return dropping.scaled(input, p, training, np.random.default_rng().random(input.shape) >= p)


def dropout_of_one_seed(input, p=0.5, training=True, seed=0):
    """The seed is ignored."""
    return dropping.dropout(input, p, training, 0)


def dropout_of_contents(input, p=0.5, training=True, seed=0):
    """What stands in the input is mixed into the seed."""
    mixed = seed + int(np.abs(input.astype(np.float64)).sum() * 1e6 % 2**31) if np.isfinite(input).all() else seed
    return dropping.dropout(input, p, training, mixed)


def dropout_in_turn(input, p=0.5, training=True, seed=0):
    """Entries are dropped in turn, from a place that is drawn on."""
    at = (np.arange(input.size) + seed) * (1 - p)
    return dropping.scaled(input, p, training, (np.floor(at + 1 - p) > np.floor(at)).reshape(input.shape))


def dropout_always(input, p=0.5, training=True, seed=0):
    """Out of training entries are dropped, too."""
    return dropping.dropout(input, p, True, seed)


def dropout_unscaled_vjp(cotangent, input, p=0.5, training=True, seed=0):
    """Slopes are not scaled."""
    return dropout_unscaled(cotangent, p, training, seed)


def dropout_redrawn_vjp(cotangent, input, p=0.5, training=True, seed=0):
    """The backward pass drops other entries than the forward one."""
    return dropping.dropout(cotangent, p, training, seed + 1)
