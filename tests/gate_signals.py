"""Entries of the kill matrix: spectra of pieces, smoothed and resampled signals, images moved, resized and pooled."""

from __future__ import annotations

#: Right implementations with a vjp that wrong vjps are put beside.
CALLS = {
    "ndimage_convolve": "reference_impls.signal:ndimage_convolve",
    "shift": "reference_impls.geometry:shift",
    "interpolate_bicubic": "reference_impls.bicubic:interpolate_bicubic",
    "affine_grid": "reference_impls.deformable:affine_grid",
    "lp_pool2d": "reference_impls.windows:lp_pool2d",
    "max_unpool2d": "reference_impls.windows:max_unpool2d",
}

#: Family -> op -> function -> (law, place), as `gate_matrix.family` takes them.
WRONG = {
    "spectra": {
        "istft": {
            "istft_over_window": ("agrees", ""),
            "istft_trimming_more": ("shape", "W:5"),
            "istft_unscaled": ("agrees", "normalized:true"),
        },
        "spectrogram": {
            "spectrogram_doubling_the_middle": ("agrees", ""),
            "spectrogram_of_windowed_mean": ("agrees", ""),
            "spectrogram_of_amplitude": ("agrees", ""),
        },
        "csd": {
            "csd_of_other_conjugate": ("agrees", ""),
            "csd_keeping_the_last": ("agrees", "W:5"),
            "csd_per_sample": ("agrees", "fs:4.0"),
        },
        "coherence": {
            "coherence_of_amplitude": ("agrees", ""),
            "coherence_of_one_segment": ("agrees", ""),
            "coherence_of_levelled_signals": ("agrees", ""),
        },
        "czt": {
            "czt_clockwise": ("agrees", ""),
            "czt_of_length": ("agrees", "m:5"),
            "czt_from_one": ("agrees", "start:0.125"),
        },
        "zoom_fft": {
            "zoom_to_the_end": ("agrees", ""),
            "zoom_in_nyquists": ("agrees", "fs:1.0"),
            "zoom_to_the_nearest": ("agrees", "fn:0.9x0.1"),
        },
    },
    "smoothing": {
        "filtfilt": {
            "filtfilt_from_rest": ("agrees", ""),
            "filtfilt_mirroring": ("agrees", ""),
            "filtfilt_of_order": ("agrees", ""),
        },
        "firwin_filter": {
            "firwin_periodic": ("agrees", ""),
            "firwin_unscaled": ("agrees", ""),
            "firwin_without_delay": ("agrees", ""),
        },
        "resample_poly": {
            "resample_poly_unscaled": ("agrees", ""),
            "resample_poly_with_delay": ("agrees", ""),
            "resample_poly_unreduced": ("agrees", "up:4/down:2"),
        },
        "decimate": {
            "decimate_unfiltered": ("agrees", ""),
            "decimate_dropping_the_rest": ("shape", "L:5"),
            "decimate_with_delay": ("agrees", ""),
        },
        "savgol_filter": {
            "savgol_of_unit_spacing": ("agrees", "deriv:1/delta:0.5"),
            "savgol_backwards": ("agrees", "deriv:1"),
            "savgol_to_the_ends": ("agrees", ""),
        },
        "detrend": {
            "detrend_by_mean": ("agrees", ""),
            "detrend_by_ends": ("agrees", ""),
            "detrend_one_further": ("agrees", "bp:5x"),
        },
    },
    "geometry": {
        "ndimage_convolve": {
            "convolve_unturned": ("agrees", ""),
            "convolve_off_centre": ("agrees", ""),
            "convolve_repeating": ("agrees", ""),
            "convolve_unturned_vjp": ("gradient", ""),
        },
        "shift": {
            "shift_back": ("agrees", ""),
            "shift_to_the_nearest": ("agrees", ""),
            "shift_into_the_fill": ("agrees", ""),
            "shift_back_vjp": ("gradient", ""),
        },
        "zoom": {
            "zoom_by_factor": ("agrees", ""),
            "zoom_cut_off": ("shape", "zoom:3.25x0.34"),
            "zoom_of_corners": ("agrees", "mode:nearest/grid_mode:true"),
        },
        "affine_transform": {
            "affine_of_inverse": ("agrees", ""),
            "affine_transposed": ("agrees", ""),
            "affine_to_the_border": ("agrees", ""),
        },
    },
    "windows": {
        "interpolate_bicubic": {
            "bicubic_of_half": ("agrees", ""),
            "bicubic_from_the_border": ("agrees", ""),
            "bicubic_of_other_corners": ("agrees", ""),
            "bicubic_resized_vjp": ("gradient", ""),
        },
        "interpolate_antialias": {
            "antialias_of_bilinear": ("agrees", ""),
            "antialias_losing_the_border": ("agrees", ""),
            "antialias_of_corners": ("agrees", ""),
        },
        "affine_grid": {
            "affine_grid_of_other_corners": ("agrees", ""),
            "affine_grid_of_rows": ("agrees", ""),
            "affine_grid_from_the_corner": ("agrees", "size:1x3"),
            "affine_grid_unsummed_vjp": ("gradient", ""),
        },
        "lp_pool2d": {
            "lp_of_mean": ("agrees", ""),
            "lp_of_whole_windows": ("agrees", "ceil_mode:true"),
            "lp_of_two": ("agrees", "norm_type:4.0"),
            "lp_rootless_vjp": ("gradient", ""),
        },
        "fractional_max_pool2d": {
            "fractional_across": ("agrees", ""),
            "fractional_in_windows": ("agrees", ""),
            "fractional_without_nan": ("agrees", "fill:nan"),
        },
        "max_unpool2d": {
            "unpool_filling": ("agrees", ""),
            "unpool_of_every_equal": ("agrees", "fill:integers_swapped"),
            "unpool_of_positive": ("agrees", "kernel_size:1"),
            "unpool_everywhere_vjp": ("gradient", ""),
        },
        "deform_conv2d": {
            "deform_across": ("agrees", ""),
            "deform_rows_first": ("agrees", ""),
            "deform_to_the_border": ("agrees", ""),
        },
    },
}

#: (op, path below `lookalikes`): right in another way.
RIGHT = (
    ("istft", "spectra:istft_piece_by_piece"),
    ("spectrogram", "spectra:spectrogram_by_matrix"),
    ("csd", "spectra:csd_by_matrix"),
    ("coherence", "spectra:coherence_by_matrix"),
    ("czt", "spectra:czt_by_horner"),
    ("zoom_fft", "spectra:zoom_by_horner"),
    ("filtfilt", "smoothing:filtfilt_in_extended"),
    ("firwin_filter", "smoothing:firwin_by_correlation"),
    ("resample_poly", "smoothing:resample_poly_by_places"),
    ("decimate", "smoothing:decimate_by_places"),
    ("savgol_filter", "smoothing:savgol_by_polynomials"),
    ("detrend", "smoothing:detrend_by_projection"),
    ("ndimage_convolve", "geometry:convolve_tap_by_tap"),
    ("shift", "geometry:shift_value_by_value"),
    ("zoom", "geometry:zoom_value_by_value"),
    ("affine_transform", "geometry:affine_value_by_value"),
    ("interpolate_bicubic", "windows:bicubic_in_extended"),
    ("interpolate_antialias", "windows:antialias_in_extended"),
    ("affine_grid", "windows:affine_grid_in_extended"),
    ("lp_pool2d", "windows:lp_of_scaled"),
    ("fractional_max_pool2d", "windows:fractional_by_view"),
    ("max_unpool2d", "windows:unpool_by_rank"),
    ("deform_conv2d", "windows:deform_by_matrices"),
)
