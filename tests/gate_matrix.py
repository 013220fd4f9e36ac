"""The entries of the kill matrix: every miniature with the law and the place that must catch it, every look-alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """An implementation by dotted path; ``law`` must catch it at the case ``op/at``, or it is ``right``."""

    op: str
    path: str
    law: str = ""
    at: str = ""
    library: str = "numpy"
    vjp: str | None = None
    algorithm: str = "conventional"
    right: bool = False
    dtypes: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The candidate's name: unique, and ending in the function that is wrong."""
        wrong = self.vjp if self.vjp and self.vjp.startswith("miniatures") else self.path
        return f"{self.op}.{wrong.split('.')[-1].split(':')[-1]}"


#: Right implementations with a vjp that wrong vjps are put beside.
CALLS = {
    "abs_rfft2": "reference_impls.abs_rfft2:abs_rfft2_numpy",
    "add_vector": "reference_impls.linear:add_vector",
    "avg_pool2d": "reference_impls.pooling:avg_pool2d",
    "batch_norm": "reference_impls.normalization:batch_norm",
    "circular_pad2d": "reference_impls.padding:circular_pad2d",
    "conv2d": "reference_impls.conv:conv2d_im2col",
    "convolve": "numpy:convolve",
    "fft": "numpy.fft:fft",
    "gelu": "reference_impls.activations:gelu",
    "irfft": "numpy.fft:irfft",
    "layer_norm": "reference_impls.normalization:layer_norm",
    "leaky_relu": "reference_impls.activations:leaky_relu",
    "linear": "reference_impls.linear:linear",
    "log_sigmoid": "reference_impls.activations:log_sigmoid",
    "max_pool2d": "reference_impls.pooling:max_pool2d",
    "relu": "reference_impls.activations:relu",
    "replicate_pad2d": "reference_impls.padding:replicate_pad2d",
    "rfft": "numpy.fft:rfft",
    "running_mean": "reference_impls.normalization:running_mean",
    "scipy_conv2d": "reference_impls.scipy_conv2d:scipy_conv2d_numpy",
    "sigmoid": "reference_impls.activations:sigmoid",
    "softmax": "reference_impls.activations:softmax",
    "swish": "reference_impls.activations:swish",
}


def of(op: str, family: str, library: str, rows: dict[str, tuple[str, str]]) -> Iterator[Entry]:
    """Entries of one op: function -> (law, place); a name ending in ``_vjp`` is a gradient beside the right value."""
    for name, (law, at) in rows.items():
        path = f"miniatures.{family}:{name}"
        if name.endswith("_vjp"):
            yield Entry(op, CALLS[op], law, at, library, path)
        else:
            yield Entry(op, path, law, at, library)


def family(name: str, library: str, rows: dict[str, dict[str, tuple[str, str]]]) -> Iterator[Entry]:
    """Entries of all ops of a family."""
    for op, found in rows.items():
        yield from of(op, name, library, found)


CONV2D = {
    "pads_before_only": ("agrees", "padding:1x2"),
    "swaps_padding": ("shape", "padding:1x2"),
    "swaps_stride": ("shape", "stride:2x1"),
    "ignores_dilation_across": ("agrees", "dilation:1x2"),
    "transposes_groups": ("agrees", "groups:2"),
    "permutes_outputs_of_groups": ("agrees", "groups:2"),
    "adds_bias_twice": ("agrees", ""),
    "fails_without_batch": ("status", "N:0"),
    "flips_the_kernel": ("agrees", ""),
    "transposes_the_kernel": ("agrees", "kH:2"),
    "accumulates_in_half": ("agrees", "dtype:float16"),
    "cuts_inputs_to_tf32": ("agrees", "fill:integers"),
    "cuts_weights_to_bfloat16": ("agrees", "fill:integers_swapped"),
    "cuts_weights_to_16_bits": ("agrees", ""),
    "computes_double_in_single": ("agrees", "dtype:float64"),
    "computes_complex_in_single": ("agrees", "dtype:complex128"),
    "loses_a_faint_border_tap": ("agrees", "dtype:float64"),
    "loses_a_border_tap": ("agrees", "padding:1x2"),
    "drops_the_tail_of_columns": ("agrees", "W:17/kW:4"),
    "drops_the_last_of_17_channels": ("agrees", "C_in:17"),
    "repeats_the_32nd_filter": ("agrees", "C_out:33"),
    "wrong_for_stride_three": ("agrees", "stride:3"),
    "wrong_for_tall_kernels": ("agrees", "kH:7"),
    "wrong_for_depthwise": ("agrees", "grid:depthwise/C_out:8/groups:4"),
    "wrong_for_wide_strides": ("agrees", "stride:3"),
    "wrong_for_pointwise": ("agrees", "kW:1"),
    "truncates_half": ("agrees", "dtype:float16"),
    "flushes_denormals": ("agrees", "bias:none/fill:denormal"),
    "swallows_nan": ("agrees", "fill:nan"),
    "clips_infinity": ("agrees", "fill:inf"),
    "overflows_on_the_way": ("agrees", "fill:huge"),
    "adds_the_bias_first": ("agrees", ""),
    "loses_the_batch_of_none": ("shape", "N:0"),
    "squeezes_a_batch_of_one": ("shape", "N:1"),
    "squeezes_one_channel": ("shape", "C_out:1"),
    "rounds_shapes_up": ("shape", "stride:3"),
    "returns_single_for_double": ("dtype", "dtype:float64"),
    "returns_double_for_single": ("dtype", ""),
    "promotes_half": ("dtype", "dtype:float16"),
    "drops_imaginary_parts": ("agrees", "dtype:complex64"),
    "conjugates_the_weight": ("agrees", "dtype:complex64"),
    "accepts_any_groups": ("status", "invalid:groups-do-not-divide"),
    "accepts_other_channels": ("status", "invalid:channels-differ"),
    "accepts_a_long_bias": ("status", "invalid:bias-too-long"),
    "accepts_a_large_kernel": ("status", "invalid:kernel-too-large"),
    "accepts_negative_padding": ("status", "invalid:padding-negative"),
    "accepts_stride_zero": ("status", "invalid:stride-zero"),
    "refuses_many_groups": ("status", "grid:depthwise/C_out:8/groups:4"),
    "scales_its_weight_in_place": ("pure", ""),
    "pads_in_place": ("pure", "padding:1x2"),
    "returns_its_buffer": ("pure", ""),
    "caches_by_shape": ("repeatable", ""),
    "caches_by_address": ("repeatable", ""),
    "adds_to_its_scratch": ("repeatable", ""),
    "shares_scratch_between_threads": ("repeatable", ""),
    "wrong_beside_the_main_thread": ("repeatable", ""),
    "dithers": ("repeatable", ""),
    "seeds_the_global_generator": ("pure", ""),
    "wrong_for_channels_last": ("layout", ""),
    "reads_memory_in_order": ("layout", ""),
    "ignores_negative_strides": ("layout", ""),
    "ignores_byte_order": ("layout", ""),
    "reads_past_its_end": ("layout", ""),
    "writes_past_its_end": ("layout", ""),
    "forgets_a_leftover_row_vjp": ("gradient", "stride:3"),
    "one_wrong_pixel_vjp": ("gradient", "grid:image/C_in:8/C_out:4/H:16/W:16/kW:3/dtype:float64"),
    "single_vjp": ("gradient", "dtype:float64"),
    "tf32_vjp": ("gradient", ""),
    "no_conjugate_vjp": ("gradient", "dtype:complex64"),
    "conjugated_weight_vjp": ("gradient", "dtype:complex64"),
    "mean_bias_vjp": ("gradient", ""),
    "assumes_ones_vjp": ("gradient", ""),
    "groups_of_weight_vjp": ("gradient", "groups:2"),
    "no_dilation_vjp": ("gradient", "dilation:1x2"),
    "no_input_vjp": ("gradient", "groups:2"),
    "writes_to_upstream_vjp": ("upstream", ""),
    "caches_the_upstream_vjp": ("gradient", "fill:positive"),
    "transposed_upstream_vjp": ("upstream", ""),
}
CONV2D_TORCH = {
    "wrong_for_expanded": ("agrees", "layout:expanded"),
    "single_gradient": ("gradient", "dtype:float64"),
    "assumes_ones": ("gradient", ""),
    "assumes_contiguous_upstream": ("upstream", ""),
    "clips_upstream": ("gradient", ""),
    "drops_small_upstream": ("gradient", ""),
    "wipes_upstream": ("upstream", ""),
    "second_order_for_strided": ("second", "layout:transposed"),
    "second_order_sign": ("second", ""),
    "detached_second_order": ("second", ""),
    "doubled_tangent": ("forward", ""),
    "expanded_gradient": ("gradient", "layout:expanded"),
    "unsummed_gradient": ("backward", ""),
    "double_gradient": ("backward", ""),
    "unconjugated_gradient": ("gradient", "dtype:complex64"),
    "lone_bias_without_gradient": ("subsets", "dtype:float64"),
    "lone_weight_fails": ("subsets", ""),
    "empty_batch_without_gradient": ("gradient", "N:0"),
    "wrong_under_vmap": ("vmap", ""),
    "sets_the_default_dtype": ("pure", "dtype:float64"),
    "wrong_for_conj_views": ("layout", "dtype:complex64"),
    "wrong_for_neg_views": ("layout", ""),
    "wrong_for_channels_last_in_torch": ("layout", ""),
    "adds_to_its_input": ("pure", ""),
}
CONV1D = {
    "same_pads_before": ("agrees", "K:4/padding:same"),
    "same_forgets_dilation": ("agrees", "dilation:3"),
    "cuts_long_signals": ("agrees", "L:65"),
    "first_block_of_channels": ("agrees", "grid:C_in65/C_in:65"),
}
CONV3D = {
    "swaps_depth_dilation": ("agrees", "dilation:1x1x2"),
    "forgets_depth_padding": ("agrees", "padding:1x0x2"),
}
CONV_TRANSPOSE2D = {
    "pads_output_before": ("agrees", "grid:extra/stride:3x2/output_padding:2x1/dtype:float64"),
    "ignores_output_padding": ("shape", "grid:extra/stride:3x2/output_padding:2x1/dtype:float64"),
    "unflipped_transposed": ("agrees", ""),
    "biases_output_padding": ("agrees", "grid:extra/stride:3x2/output_padding:2x1/dtype:float64"),
    "cross_groups_transposed": ("agrees", "groups:2"),
}

ACTIVATIONS = {
    "sigmoid": {
        "sigmoid_by_growing_exponential": ("agrees", "fill:offset"),
        "sigmoid_saturating": ("agrees", "fill:wide"),
        "sigmoid_in_single": ("agrees", ""),
        "sigmoid_tail_of_four": ("agrees", ""),
        "sigmoid_tail_of_32": ("agrees", "M:33"),
        "sigmoid_tail_of_64": ("agrees", "M:65"),
        "sigmoid_row_of_17": ("agrees", "M:17"),
        "sigmoid_many_rows": ("agrees", "N:64"),
        "sigmoid_swallowing_nan": ("agrees", "fill:nan"),
        "sigmoid_of_a_scalar": ("status", "grid:scalar/N:1/M:1"),
        "sigmoid_of_three_axes": ("agrees", "rank:3"),
        "sigmoid_of_no_axes": ("shape", "rank:0"),
        "sigmoid_in_place": ("pure", ""),
        "sigmoid_over_memory": ("layout", ""),
        "sigmoid_table": ("agrees", ""),
        "sigmoid_constant_vjp": ("gradient", ""),
        "sigmoid_of_output_vjp": ("gradient", ""),
        "sigmoid_cancelling_vjp": ("gradient", ""),
        "sigmoid_wide_vjp": ("gradient", "dtype:float32"),
        "sigmoid_flat_vjp": ("gradient", ""),
    },
    "relu": {
        "relu_swallowing_nan": ("agrees", "fill:nan"),
        "relu_by_product": ("agrees", "fill:inf"),
        "relu_of_positives": ("pure", "fill:positive"),
        "relu_absolute": ("agrees", "fill:inf"),
        "relu_above_six": ("agrees", "fill:wide"),
        "relu_above_epsilon": ("agrees", "fill:denormal"),
        "relu_of_minus_one_vjp": ("gradient", ""),
        "relu_leaking_vjp": ("gradient", ""),
    },
    "leaky_relu": {
        "leaky_by_maximum": ("agrees", "negative_slope:1.5"),
        "leaky_fixed": ("agrees", "negative_slope:0.2"),
        "leaky_single_slope": ("agrees", ""),
        "leaky_zero_is_default": ("agrees", "negative_slope:0.0"),
        "leaky_fixed_vjp": ("gradient", "negative_slope:0.2"),
    },
    "log_sigmoid": {
        "log_of_sigmoid": ("agrees", "fill:wide"),
        "log_sigmoid_without_log1p": ("agrees", "fill:wide"),
        "log_sigmoid_vjp_of_sigmoid_vjp": ("gradient", ""),
    },
    "gelu": {
        "gelu_tanh_by_default": ("agrees", ""),
        "gelu_always_tanh": ("agrees", ""),
        "gelu_four_digits": ("agrees", "approximate:tanh"),
        "gelu_ten_digits": ("agrees", "approximate:tanh"),
        "gelu_of_sigmoid": ("agrees", ""),
        "gelu_without_density_vjp": ("gradient", ""),
        "gelu_exact_vjp": ("gradient", "approximate:tanh"),
    },
    "swish": {"swish_without_input_vjp": ("gradient", ""), "swish_hard": ("agrees", "")},
    "softmax": {
        "softmax_naive": ("agrees", "fill:offset"),
        "softmax_minus_global": ("agrees", "fill:wide"),
        "softmax_last_only": ("agrees", "dim:1"),
        "softmax_negative_axis": ("agrees", "dim:-2"),
        "softmax_over_two": ("agrees", "dim:0"),
        "softmax_long_rows": ("agrees", "K:1025"),
        "softmax_plus_epsilon": ("agrees", ""),
        "softmax_accepts_any_axis": ("status", "invalid:axis-out-of-range"),
        "softmax_swallows_nan": ("agrees", "fill:nan"),
        "softmax_diagonal_vjp": ("gradient", ""),
        "softmax_mean_vjp": ("gradient", ""),
        "softmax_last_vjp": ("gradient", "dim:1"),
    },
    "bce": {
        "bce_epsilon": ("agrees", "fill:edges"),
        "bce_weighted_mean": ("agrees", ""),
        "bce_shaped": ("shape", ""),
        "bce_sum_of_rows": ("agrees", ""),
    },
    "bce_with_logits": {
        "bce_naive_logits": ("agrees", "fill:wide"),
        "bce_pos_weight_everywhere": ("agrees", ""),
    },
}
SIGMOID_TORCH = {
    "sigmoid_float": ("backward", "dtype:float32"),
    "sigmoid_stacked": ("backward", ""),
    "sigmoid_kept": ("second", ""),
    "sigmoid_flipped": ("second", "layout:transposed"),
    "sigmoid_without_tangent": ("forward", ""),
    "sigmoid_detached": ("gradient", "M:1"),
    "sigmoid_over_transposed": ("layout", ""),
}
FOURIER = {
    "fft": {
        "fft_positive_exponent": ("agrees", ""),
        "fft_norm_of_input": ("agrees", "n:5/norm:ortho"),
        "fft_norm_of_odd": ("agrees", "n:5/norm:ortho"),
        "fft_forward_is_ortho": ("agrees", "norm:forward"),
        "fft_pads_before": ("agrees", "n:12"),
        "fft_crops_before": ("agrees", "n:5"),
        "fft_last_axis": ("agrees", "axis:0"),
        "fft_negative_axis": ("agrees", "axis:-3"),
        "fft_of_double": ("dtype", "dtype:complex64"),
        "fft_in_single": ("agrees", ""),
        "fft_single_twiddles": ("agrees", "N:13"),
        "fft_recurrent_twiddles": ("agrees", "grid:long/B:1/N:1009"),
        "fft_seven_is_eight": ("agrees", "N:7"),
        "fft_long": ("agrees", "grid:longest/B:1/N:65537/dtype:float32"),
        "fft_accepts_zero": ("status", "invalid:zero-length"),
        "fft_accepts_any_norm": ("status", "invalid:unknown-norm"),
        "fft_overwrites": ("pure", ""),
        "fft_view": ("pure", "N:1"),
        "fft_keeps_plans": ("agrees", "norm:forward"),
        "fft_no_conj_vjp": ("gradient", ""),
        "fft_real_vjp": ("gradient", ""),
        "fft_scaled_vjp": ("gradient", ""),
        "fft_forward_vjp": ("gradient", "norm:forward"),
    },
    "rfft": {
        "rfft_halved_nyquist": ("agrees", ""),
        "rfft_of_even": ("shape", "N:7"),
        "rfft_drops_imaginary": ("status", "invalid:complex"),
        "rfft_single_batch": ("agrees", "A:2"),
        "rfft_plain_vjp": ("gradient", ""),
        "rfft_even_vjp": ("gradient", "N:7"),
    },
    "irfft": {
        "irfft_default_odd": ("shape", ""),
        "irfft_keeps_imaginary_start": ("agrees", ""),
        "irfft_short": ("agrees", "n:5"),
        "irfft_unweighted_vjp": ("gradient", ""),
        "irfft_nyquist_vjp": ("gradient", ""),
        "irfft_imaginary_vjp": ("gradient", ""),
    },
    "hfft": {"hfft_without_conj": ("agrees", ""), "hfft_inverse_norm": ("agrees", "norm:forward")},
    "ihfft": {"ihfft_scaled": ("agrees", "")},
    "fftn": {
        "fftn_first_axes": ("shape", "s:4x7/axes:0x2"),
        "fftn_last_two": ("agrees", ""),
    },
    "rfftn": {"rfftn_first_axis": ("shape", "axes:2x1")},
    "irfftn": {"irfftn_unshaped": ("shape", "axes:2x1")},
    "rfft2": {"rfft2_transposed": ("shape", ""), "rfft2_ortho_of_half": ("agrees", "norm:ortho")},
    "fftshift": {
        "fftshift_odd": ("agrees", ""),
        "fftshift_first": ("agrees", ""),
    },
    "fftfreq": {"fftfreq_odd": ("agrees", "")},
    "dct": {
        "dct_ortho_first": ("agrees", "norm:ortho"),
        "dct_three_is_two": ("agrees", "type:3"),
        "dct_single": ("dtype", "dtype:float32"),
    },
    "abs_rfft2": {
        "abs_rfft2_smoothed": ("agrees", ""),
        "abs_rfft2_squares": ("agrees", "fill:huge"),
        "abs_rfft2_plain_vjp": ("gradient", ""),
        "abs_rfft2_phaseless_vjp": ("gradient", ""),
        "abs_rfft2_without_nyquist_vjp": ("gradient", ""),
    },
}
FOURIER_TORCH = {
    "fft": {"torch_fft_conjugated": ("gradient", ""), "torch_fft_second": ("second", "")},
    "rfft": {"torch_rfft_halved": ("gradient", "N:7")},
    "irfft": {"torch_irfft_conj_view": ("layout", "")},
    "abs_rfft2": {"torch_abs_rfft2_detached": ("second", "")},
}
SIGNAL = {
    "convolve": {
        "convolve_same_from_the_right": ("agrees", "mode:same"),
        "convolve_same_of_first": ("shape", "M:3/mode:same"),
        "convolve_valid_of_first": ("shape", "M:3/mode:valid"),
        "convolve_by_fft": ("agrees", "fill:integers"),
        "convolve_by_fft_when_long": ("agrees", "M:65"),
        "convolve_conjugated": ("agrees", "dtype:complex64"),
        "convolve_short_kernel": ("agrees", "K:9"),
        "convolve_accepts_empty": ("status", "invalid:empty-signal"),
        "convolve_swapped_vjp": ("gradient", ""),
        "convolve_unconjugated_vjp": ("gradient", "dtype:complex64"),
        "convolve_same_vjp": ("gradient", "mode:same"),
    },
    "correlate": {
        "correlate_unconjugated": ("agrees", "dtype:complex64"),
        "correlate_reversed": ("agrees", "K:16"),
        "correlate_in_double": ("dtype", "dtype:float32"),
        "correlate_from_scratch": ("agrees", "M:257"),
        "correlate_negative_strides": ("layout", ""),
    },
    "sp_convolve": {
        "sp_convolve_same_of_longer": ("shape", "grid:vectors/shape:9x/kernel:16x/mode:same"),
        "sp_convolve_auto": ("agrees", "mode:same"),
    },
    "sp_correlate": {"sp_correlate_unflipped": ("agrees", "")},
    "scipy_conv2d": {
        "layer_without_bias_sum_vjp": ("gradient", ""),
        "layer_single_vjp": ("gradient", ""),
        "layer_correlated_vjp": ("gradient", ""),
        "layer_convolving": ("agrees", ""),
        "layer_swaps_arguments": ("agrees", "kW:7"),
    },
    "reflect_pad2d": {"reflect_with_border": ("agrees", "")},
    "circular_pad2d": {
        "circular_swaps_sides": ("agrees", ""),
        "circular_returns_input": ("pure", "pad:0x0x0x0"),
        "circular_overwriting_vjp": ("gradient", ""),
    },
    "replicate_pad2d": {"replicate_corner_vjp": ("gradient", "pad:3x3x4x4")},
    "unfold": {"unfold_channel_minor": ("agrees", "")},
    "fold": {"fold_overwrites": ("agrees", "")},
}
SIGNAL_TORCH = {
    "scipy_conv2d": {"layer_scalar_bias_gradient": ("backward", ""), "layer_rolled_gradient": ("gradient", "")},
}
LAYERS = {
    "batch_norm": {
        "batch_eps": ("agrees", ""),
        "batch_eps_outside": ("agrees", ""),
        "batch_fixed_eps": ("agrees", "eps:0.001"),
        "batch_unbiased": ("agrees", ""),
        "batch_biased_state": ("agrees", ""),
        "batch_momentum": ("agrees", ""),
        "batch_one_pass": ("agrees", "dtype:float32/fill:offset"),
        "batch_updates_always": ("agrees", "training:false"),
        "batch_state_in_place": ("pure", ""),
        "batch_state_alias": ("pure", "training:false"),
        "batch_bias_needs_weight": ("agrees", "weight:none"),
        "batch_without_mean_vjp": ("gradient", ""),
        "batch_evaluating_vjp": ("gradient", "training:false"),
    },
    "layer_norm": {
        "layer_last_axis": ("agrees", "normalized_shape:3x4"),
        "layer_eps_default": ("agrees", ""),
        "layer_unbiased": ("agrees", "normalized_shape:2x"),
        "layer_tail": ("agrees", "normalized_shape:33x"),
        "layer_swallows_nan": (
            "agrees",
            "bias:none/normalized_shape:2x3x2/eps:1.0/layout:strided/fill:specials_swapped",
        ),
        "layer_half": ("agrees", "normalized_shape:33x/dtype:float16"),
        "layer_without_mean_vjp": ("gradient", ""),
    },
    "group_norm": {"group_transposed": ("agrees", ""), "group_as_layer": ("agrees", "num_groups:3")},
    "instance_norm": {"instance_of_batch": ("agrees", "N:5")},
    "channel_norm": {"channel_eps": ("agrees", ""), "channel_cancelling": ("agrees", "dtype:float32/fill:offset")},
    "max_pool2d": {
        "max_swallows_nan": ("agrees", "fill:nan"),
        "max_pads_with_zero": ("agrees", "padding:1"),
        "max_local_index": ("agrees", ""),
        "max_short_index": ("dtype", ""),
        "max_last_of_equals": ("agrees", ""),
        "max_without_ceiling": ("shape", "ceil_mode:true"),
        "max_stride_of_one": ("shape", ""),
        "max_undilated": ("agrees", "dilation:1x2"),
        "max_spreading_vjp": ("gradient", "stride:1"),
    },
    "avg_pool2d": {
        "average_of_padding": ("agrees", "padding:1/count_include_pad:false"),
        "average_without_override": ("agrees", "divisor_override:5"),
        "average_absolute_divisor": ("agrees", "divisor_override:-3"),
        "average_full_windows": ("agrees", "ceil_mode:true"),
        "average_in_half": ("agrees", ""),
        "average_unpadded_vjp": ("gradient", "padding:1/count_include_pad:false"),
    },
    "linear": {
        "linear_untransposed": ("agrees", "I:6"),
        "linear_blocked": ("agrees", "I:257"),
        "linear_tail": ("agrees", "O:17"),
        "linear_rows": ("agrees", "lead:17x"),
        "linear_empty_sum": ("agrees", "I:0"),
        "linear_vector": ("shape", "lead:empty"),
        "linear_conjugated_vjp": ("gradient", "dtype:complex64"),
        "linear_unreduced_vjp": ("gradient", "lead:2x3"),
    },
}
LAYERS_TORCH = {
    "batch_norm": {
        "torch_batch_channels_last": ("layout", ""),
        "torch_batch_second": ("second", "layout:transposed"),
    },
    "linear": {
        "linear_bfloat16": ("agrees", "dtype:bfloat16"),
        "linear_one_row": ("gradient", "lead:1x"),
        "linear_second": ("second", ""),
    },
}
CUSTOM = {
    "running_mean": {
        "state_by_other_momentum": ("agrees", ""),
        "state_before": ("agrees", ""),
        "state_itself": ("pure", ""),
        "state_hidden": ("repeatable", ""),
        "state_momentum_zero": ("agrees", "momentum:0.0"),
        "state_without_state_vjp": ("gradient", ""),
    },
    "running_mean_calls": {"calls_share_state": ("agrees", "")},
    "add_vector": {
        "add_mean_vjp": ("gradient", ""),
        "add_first_axis_vjp": ("gradient", "lead:2x3"),
        "add_in_place": ("pure", ""),
        "add_long_vector": ("status", "invalid:vector-too-long"),
    },
    "conv2d_weight": {
        "weight_without_dilation": ("agrees", "dilation:1x2"),
        "weight_groups": ("agrees", "groups:2"),
    },
    "adam_step": {
        "adam_uncorrected": ("agrees", ""),
        "adam_decoupled": ("agrees", "weight_decay:0.1"),
        "adam_eps_inside": ("agrees", ""),
        "adam_moments_in_place": ("pure", ""),
        "adam_signed_decay": ("agrees", "weight_decay:0.1"),
    },
}
CUSTOM_TORCH = {
    "running_mean": {"state_undefined_gradient": ("upstream", "")},
    "add_vector": {"add_in_double": ("dtype", "dtype:bfloat16")},
}
DRAWS = {
    "normal": {
        "normal_of_no_seed": ("distribution", ""),
        "normal_of_contents": ("distribution", ""),
        "normal_of_one_radius": ("distribution", ""),
        "normal_of_half_the_magnitudes": ("distribution", ""),
        "normal_of_one_bit": ("distribution", ""),
        "normal_of_single": ("distribution", "dtype:float64"),
    },
    "uniform": {
        "uniform_too_even": ("distribution", ""),
        "uniform_of_24_bits": ("distribution", "dtype:float64"),
        "uniform_of_16_bits": ("distribution", ""),
    },
}
MODES = {
    "multiply": {
        "product_overlapping": ("layout", "shape_other:4x"),
        "product_unaligned": ("layout", ""),
        "product_in_a_workspace": ("pure", ""),
        "product_as_matrix": ("status", ""),
    },
    "identity": {"identity_kept": ("repeatable", "")},
    "softmax": {"softmax_out_of_mode": ("pure", "invalid:axis-out-of-range")},
    "relu": {"relu_silent": ("pure", ""), "relu_in_another_place": ("pure", "")},
}
MODES_TORCH = {
    "swish": {
        "swish_without_gradients": ("repeatable", ""),
        "swish_consuming": ("gradient", ""),
        "swish_careless": ("gradient", ""),
        "swish_packed_upstream": ("second", ""),
        "swish_of_the_latest": ("gradient", ""),
        "swish_of_its_output": ("gradient", ""),
        "swish_clamped": ("upstream", ""),
        "swish_normalised": ("upstream", ""),
        "swish_hiding_nan": ("upstream", ""),
        "swish_scribbling": ("gradient", ""),
        "swish_rewriting": ("pure", ""),
        "swish_mapped_first": ("vmap", ""),
        "swish_mapped_mean": ("vmap", ""),
        "swish_slopes_in_reverse": ("vmap", ""),
        "swish_mapped_apart": ("vmap", ""),
        "swish_in_place_without_gradients": ("pure", ""),
        "swish_refusing_without_gradients": ("repeatable", ""),
        "swish_leaving_a_mode": ("pure", ""),
    },
    "multiply": {"product_of_one": ("gradient", "shape_other:4x")},
    "linear": {"linear_keeping_its_weight": ("gradient", "")},
    "add_vector": {"added_as_it_lies": ("upstream", "dtype:complex128")},
}

REMEMBERING = "miniatures.modes:swish_remembering"

#: What a bound wider than its reason hides: each a place of the grid where it does.
BOUNDS = {
    "layer_norm": {"layer_squares_overflow_in_half": ("agrees", "dtype:float16/fill:huge")},
    "group_norm": {"group_squares_overflow_in_half": ("agrees", "dtype:float16/fill:huge")},
    "instance_norm": {"instance_infinite_in_half": ("agrees", "dtype:float16/fill:huge")},
    "gelu": {
        "gelu_hyperbolic_in_half": ("agrees", "dtype:float16"),
        "gelu_nothing_below_6": ("agrees", "fill:wide"),
        "gelu_infinite_on_the_left": ("agrees", "fill:inf"),
    },
    "swish": {
        "swish_gate_in_half": ("agrees", "dtype:float16"),
        "swish_nothing_below_30": ("agrees", "fill:wide"),
        "swish_one_at_minus_infinity": ("agrees", "fill:inf"),
    },
    "softmax": {
        "softmax_powers_in_half": ("agrees", "dtype:float16"),
        "softmax_nothing_beside_infinity": ("agrees", "fill:inf"),
    },
    "sigmoid": {"sigmoid_nothing_below_37": ("agrees", "fill:wide"), "sigmoid_by_tanh": ("agrees", "fill:wide")},
    "max_pool2d": {
        "pool_whole_to_each_tie_vjp": ("gradient", "fill:constant"),
        "pool_half_to_each_tie_vjp": ("gradient", "fill:constant"),
        "pool_nothing_to_ties_vjp": ("gradient", "fill:constant"),
    },
}

MINIATURES: tuple[Entry, ...] = (
    *family("bounds", "numpy", BOUNDS),
    *of("conv2d", "conv", "numpy", CONV2D),
    *of("conv2d", "conv", "torch", CONV2D_TORCH),
    *of("conv1d", "conv", "numpy", CONV1D),
    *of("conv3d", "conv", "numpy", CONV3D),
    *of("sort_values", "custom", "numpy", {"sort_nan_first": ("agrees", "fill:nan")}),
    *of("conv_transpose2d", "conv", "numpy", CONV_TRANSPOSE2D),
    *of("conv2d_circular", "conv", "numpy", {"wraps_once_too_far": ("agrees", "")}),
    *family("activations", "numpy", ACTIVATIONS),
    *of("sigmoid", "activations", "torch", SIGMOID_TORCH),
    *family("fourier", "numpy", FOURIER),
    *family("fourier", "torch", FOURIER_TORCH),
    *family("signal", "numpy", SIGNAL),
    *family("signal", "torch", SIGNAL_TORCH),
    *family("layers", "numpy", LAYERS),
    *family("layers", "torch", LAYERS_TORCH),
    *family("custom", "numpy", CUSTOM),
    *family("custom", "torch", CUSTOM_TORCH),
    *family("draws", "numpy", DRAWS),
    *family("modes", "numpy", MODES),
    *family("modes", "torch", MODES_TORCH),
    Entry("log_sigmoid", "miniatures.blind:log_sigmoid_above_threshold", "agrees", "fill:moderate", "torch"),
    Entry("layer_norm", "miniatures.blind:layer_norm_variance_floored", "agrees", "fill:spread"),
    Entry("bce", "reference_impls.losses:bce", "gradient", "fill:decades", "numpy", "miniatures.blind:bce_vjp_clamped"),
    Entry("softmax", "miniatures.blind:softmax_of_square", "agrees", "M:3/K:3"),
    Entry("conv2d", "miniatures.blind:conv2d_of_128_channels", "agrees", "C_in:128"),
    Entry("softmax", "miniatures.blind:softmax_of_sixteen_bits", "status", "N:1/M:1/K:65537/dtype:float32"),
    Entry("fft", "miniatures.blind:fft_with_roots_of_length", "repeatable", ""),
    Entry("adam_step", "miniatures.blind:adam_counts_in_default_dtype", "repeatable", "t:1001", "torch"),
    Entry(
        "avg_pool2d", "miniatures.blind:avg_pool2d_of_absolute_strides", "status", "invalid:stride-negative", "torch"
    ),
    Entry("conv2d", "miniatures.blind:conv2d_of_one_byte_order", "layout", ""),
    Entry("layer_norm", "miniatures.blind:layer_norm_reads_weights_as_input", "agrees", "dtype:float16"),
    Entry("swish", REMEMBERING, "gradient", "", "numpy", f"{REMEMBERING}_vjp"),
)


def right(op: str, path: str, library: str = "numpy", algorithm: str = "conventional", vjp: str = "") -> Entry:
    """A look-alike: ``vjp`` names its gradient, in the same module."""
    module = f"lookalikes.{path.split(':')[0]}"
    gradient = f"{module}:{vjp}" if vjp else None
    # torch's own half kernels round more than once, which conv2d.yaml knows of.
    dtypes = ("float32", "float64", "complex64", "complex128") if (op, library) == ("conv2d", "torch") else None
    return Entry(op, f"lookalikes.{path}", "", "", library, gradient, algorithm, True, dtypes)


LOOKALIKES: tuple[Entry, ...] = (
    right("conv2d", "conv:tap_by_tap", vjp="reversed_order_vjp"),
    right("conv2d", "conv:reversed_order"),
    right("conv2d", "conv:bias_first"),
    right("conv2d", "conv:blocked", algorithm="blocked"),
    right("conv2d", "conv:pairwise", vjp="vjp_of_present"),
    right("conv2d", "conv:kahan"),
    right("conv2d", "conv:accumulated_in_double"),
    right("conv2d", "conv:accumulated_in_longdouble"),
    right("conv2d", "conv:random_order"),
    right("conv2d", "conv:by_fft", algorithm="fft"),
    right("conv2d", "conv:winograd", algorithm="winograd"),
    right("conv2d", "conv:three_products", algorithm="3m"),
    right("conv2d", "conv:channels_last_result"),
    right("conv2d", "conv:strided_result"),
    right("conv2d", "conv:other_exceptions"),
    right("conv2d", "conv:by_windows"),
    right("conv2d", "conv:torch_by_hand", "torch"),
    right("conv2d", "conv:torch_by_unfold", "torch"),
    right("conv2d", "conv:torch_as_transposed", "torch"),
    right("sigmoid", "others:sigmoid_by_parts"),
    right("sigmoid", "others:sigmoid_in_double"),
    right("sigmoid", "others:sigmoid_step_by_step", "torch", algorithm="step-by-step"),
    right("sigmoid", "others:sigmoid_transposed", algorithm="step-by-step"),
    right("swish", "others:swish_once", "torch", algorithm="step-by-step"),
    right("swish", "others:swish_mapped_last", "torch", algorithm="step-by-step"),
    right("gelu", "others:gelu_to_be_told", "numpy"),
    right("swish", "others:swish_by_slope", "torch", algorithm="step-by-step"),
    right("adam_step", "others:adam_reordered"),
    right("relu", "others:relu_by_where"),
    right("relu", "others:relu_negative_zero", vjp="relu_one_at_zero_vjp"),
    right("softmax", "others:softmax_by_logarithm"),
    right("softmax", "others:softmax_by_logsumexp", "torch", algorithm="step-by-step"),
    right("softmax", "others:softmax_by_reciprocal"),
    right("softmax", "others:softmax_by_powers_of_two"),
    right("gelu", "others:gelu_by_erfc"),
    right("log_sigmoid", "others:log_sigmoid_by_softplus"),
    right("batch_norm", "others:batch_norm_welford"),
    right("batch_norm", "others:batch_norm_folded"),
    right("layer_norm", "others:layer_norm_in_double"),
    right("group_norm", "others:group_norm_by_batch_norm", "torch", algorithm="step-by-step"),
    right("fft", "others:fft_by_matrix"),
    right("fft", "others:fft_by_bluestein"),
    right("fft", "others:fft_by_recursion"),
    right("fft", "others:fft_by_conjugates"),
    right("rfft", "others:rfft_by_fft"),
    right("rfft2", "others:rfft2_one_axis_each"),
    right("irfft", "others:irfft_by_fft"),
    right("fftshift", "others:fftshift_by_roll"),
    right("convolve", "others:convolve_by_correlation"),
    right("convolve", "others:convolve_by_toeplitz"),
    right("convolve", "others:convolve_by_declared_fft", algorithm="fft"),
    right("linear", "others:linear_by_einsum_of_double"),
    right("linear", "others:linear_columnwise"),
    right("avg_pool2d", "others:avg_pool_by_cumulative"),
    right("avg_pool2d", "others:avg_pool_by_reciprocal"),
    right("running_mean", "others:running_mean_incremental"),
    right("flatten", "others:flatten_by_copy", "torch"),
    right("normal", "draws:normal_box_muller"),
    right("normal", "draws:normal_polar"),
    right("uniform", "draws:uniform_mersenne_twister"),
    right("uniform", "draws:uniform_of_normal"),
    right("linear", "bounds:linear_smallest_first"),
    right("linear", "bounds:linear_ascending"),
    right("linear", "bounds:linear_signs_apart"),
    right("gelu", "bounds:gelu_by_its_tail"),
    right("softmax", "bounds:softmax_all_to_infinity"),
    right("swish", "bounds:swish_zero_at_minus_infinity"),
    right("gelu", "bounds:gelu_by_logistic"),
    right("adam_step", "bounds:adam_interpolated"),
    right("adam_step", "bounds:adam_by_reciprocal"),
    right("max_pool2d", "bounds:max_pool_as_it_is", vjp="ties_shared_equally_vjp"),
    right("fft", "others:fft_with_roots_of_length_and_dtype"),
    right("conv2d", "others:conv2d_of_any_byte_order"),
)
