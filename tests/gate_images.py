"""Entries of the kill matrix: images and filters."""

from __future__ import annotations

#: Right implementations with a vjp that wrong vjps are put beside.
CALLS = {
    "local_response_norm": "reference_impls.images:local_response_norm",
    "interpolate_nearest": "reference_impls.images:interpolate_nearest",
    "interpolate_bilinear": "reference_impls.resizing:interpolate_bilinear",
    "adaptive_avg_pool2d": "reference_impls.resizing:adaptive_avg_pool2d",
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
        "interpolate_bilinear": {
            "bilinear_of_other_corners": ("agrees", ""),
            "bilinear_beyond_the_border": ("agrees", "size:10x12"),
            "bilinear_flat_vjp": ("gradient", ""),
        },
        "adaptive_avg_pool2d": {
            "adaptive_apart": ("agrees", ""),
            "adaptive_needs_both": ("shape", "output_size:nonex4"),
            "adaptive_unshared_vjp": ("gradient", ""),
        },
        "interpolate_area": {"area_of_bilinear": ("agrees", ""), "area_in_half": ("agrees", "")},
        "adaptive_max_pool2d": {
            "adaptive_last_of_equals": ("agrees", "fill:zeros"),
            "adaptive_max_without_nan": ("agrees", "fill:nan"),
        },
        "grid_sample": {
            "sample_of_other_corners": ("agrees", ""),
            "sample_across": ("agrees", ""),
            "sample_cut_off": ("agrees", "mode:nearest"),
        },
    },
    "filters": {
        "lfilter": {
            "lfilter_adding": ("agrees", ""),
            "lfilter_undivided": ("agrees", ""),
            "lfilter_in_single": ("agrees", ""),
        },
        "sosfilt": {
            "sosfilt_of_first": ("agrees", "sos:0.25x0.5x0.25x1.0x-0.5x0.125+1.0x-0.75x0.5x1.0x0.25x0.5"),
            "sosfilt_accepting_any": ("status", "invalid:leading-coefficient"),
        },
        "upfirdn": {"upfirdn_backwards": ("agrees", ""), "upfirdn_from_second": ("agrees", "down:2")},
        "medfilt": {"medfilt_to_the_ends": ("agrees", ""), "medfilt_of_even": ("status", "invalid:even")},
        "hilbert": {"hilbert_doubling_the_middle": ("agrees", ""), "hilbert_conjugated": ("agrees", "")},
        "stft": {"stft_unscaled": ("agrees", "normalized:true"), "stft_without_last": ("shape", "")},
        "resample": {"resample_plain_middle": ("agrees", "num:6"), "resample_unscaled": ("agrees", "num:5")},
        "welch": {"welch_doubling_the_middle": ("agrees", ""), "welch_of_spectrum": ("agrees", "")},
        "uniform_filter": {"uniform_from_before": ("agrees", "size:2"), "uniform_repeating": ("agrees", "")},
        "gaussian_filter": {
            "gaussian_of_density": ("agrees", ""),
            "gaussian_of_four": ("agrees", "truncate:2.0"),
            "gaussian_without_its_half": ("agrees", "sigma:0.5/truncate:3.0"),
        },
        "median_filter": {
            "median_of_lower": ("agrees", "size:2"),
            "median_at_zero": ("agrees", "mode:constant/cval:1.5"),
        },
    },
}

#: (op, path below `lookalikes`): right in another way.
RIGHT = (
    ("pixel_shuffle", "images:shuffle_by_index"),
    ("pixel_unshuffle", "images:unshuffle_by_views"),
    ("local_response_norm", "images:response_by_logarithm"),
    ("interpolate_nearest", "images:nearest_by_matrix"),
    ("interpolate_bilinear", "images:bilinear_in_extended"),
    ("adaptive_avg_pool2d", "images:adaptive_by_windows"),
    ("interpolate_area", "images:area_by_windows"),
    ("adaptive_max_pool2d", "images:adaptive_max_by_sorting"),
    ("grid_sample", "images:sample_by_rows"),
    ("lfilter", "filters:lfilter_in_extended"),
    ("sosfilt", "filters:sosfilt_in_extended"),
    ("upfirdn", "filters:upfirdn_by_parts"),
    ("medfilt", "filters:medfilt_by_partition"),
    ("hilbert", "filters:hilbert_by_matrix"),
    ("stft", "filters:stft_piece_by_piece"),
    ("resample", "filters:resample_by_kernel"),
    ("welch", "filters:welch_in_extended"),
    ("uniform_filter", "filters:uniform_columns_first"),
    ("gaussian_filter", "filters:gaussian_columns_first"),
    ("median_filter", "filters:median_by_partition"),
)
