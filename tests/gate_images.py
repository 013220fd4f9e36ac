"""Entries of the kill matrix: images and filters."""

from __future__ import annotations

#: Right implementations with a vjp that wrong vjps are put beside.
CALLS = {
    "local_response_norm": "reference_impls.images:local_response_norm",
    "interpolate_nearest": "reference_impls.images:interpolate_nearest",
}

#: Family -> op -> function -> (law, place), as `gate_matrix.family` takes them.
WRONG = {
    "images": {
        "pixel_shuffle": {
            "shuffle_by_depth": ("agrees", ""),
            "shuffle_across": ("agrees", ""),
            "shuffle_dropping_channels": ("status", "invalid:channels-left"),
        },
        "pixel_unshuffle": {
            "unshuffle_cropping": ("status", "invalid:rows-left"),
            "unshuffle_of_view": ("pure", "downscale_factor:1"),
        },
        "local_response_norm": {
            "response_of_sum": ("agrees", ""),
            "response_from_after": ("agrees", "size:2"),
            "response_held_vjp": ("gradient", ""),
        },
        "interpolate_nearest": {
            "nearest_of_middles": ("agrees", ""),
            "nearest_rounded": ("agrees", ""),
            "nearest_once_vjp": ("gradient", ""),
        },
    },
}

#: (op, path below `lookalikes`): right in another way.
RIGHT = (
    ("pixel_shuffle", "images:shuffle_by_index"),
    ("pixel_unshuffle", "images:unshuffle_by_views"),
    ("local_response_norm", "images:response_by_logarithm"),
    ("interpolate_nearest", "images:nearest_by_matrix"),
)
