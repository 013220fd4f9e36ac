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

    @property
    def name(self) -> str:
        """The candidate's name: unique, and ending in the function that is wrong."""
        wrong = self.vjp if self.vjp and self.vjp.startswith("miniatures") else self.path
        return f"{self.op}.{wrong.split('.')[-1].split(':')[-1]}"


#: Right implementations with a vjp that wrong vjps are put beside.
CALLS = {
    "conv2d": "reference_impls.conv:conv2d_im2col",
}


def of(op: str, family: str, library: str, rows: dict[str, tuple[str, str]]) -> Iterator[Entry]:
    """Entries of one op: function -> (law, place); a name ending in ``_vjp`` is a gradient beside the right value."""
    for name, (law, at) in rows.items():
        path = f"miniatures.{family}:{name}"
        if name.endswith("_vjp"):
            yield Entry(op, CALLS[op], law, at, library, path)
        else:
            yield Entry(op, path, law, at, library)


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
    "cuts_weights_to_16_bits": ("agrees", "fill:integers_swapped"),
    "computes_double_in_single": ("agrees", "dtype:float64"),
    "computes_complex_in_single": ("agrees", "dtype:complex128"),
    "loses_a_faint_border_tap": ("agrees", "dtype:float64"),
    "loses_a_border_tap": ("agrees", "padding:1x2"),
    "drops_the_tail_of_columns": ("agrees", "W:17"),
    "drops_the_last_of_17_channels": ("agrees", "C_in:17"),
    "repeats_the_32nd_filter": ("agrees", "C_out:33"),
    "wrong_for_stride_three": ("agrees", "stride:3"),
    "wrong_for_tall_kernels": ("agrees", "kH:7"),
    "wrong_for_depthwise": ("agrees", "grid:depthwise/C_out:8/groups:4"),
    "wrong_for_wide_strides": ("agrees", "stride:3"),
    "wrong_for_pointwise": ("agrees", "kW:1"),
    "flushes_denormals": ("agrees", "fill:denormal"),
    "swallows_nan": ("agrees", "fill:nan"),
    "clips_infinity": ("agrees", "fill:inf"),
    "overflows_on_the_way": ("agrees", "fill:huge"),
    "adds_the_bias_first": ("agrees", ""),
    "loses_the_batch_of_none": ("shape", "N:0"),
    "squeezes_a_batch_of_one": ("shape", "N:1"),
    "squeezes_one_channel": ("shape", "C_out:1"),
    "rounds_shapes_up": ("shape", "stride:2x1"),
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
    "forgets_a_leftover_row_vjp": ("gradient", "stride:2"),
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
    "writes_to_upstream_vjp": ("pure", ""),
    "caches_the_upstream_vjp": ("gradient", ""),
    "transposed_upstream_vjp": ("gradient", ""),
}
CONV2D_TORCH = {
    "wrong_for_expanded": ("agrees", "layout:expanded"),
    "single_gradient": ("gradient", "dtype:float64"),
    "assumes_ones": ("gradient", ""),
    "assumes_contiguous_upstream": ("gradient", ""),
    "clips_upstream": ("gradient", ""),
    "drops_small_upstream": ("gradient", ""),
    "wipes_upstream": ("pure", ""),
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

MINIATURES: tuple[Entry, ...] = (
    *of("conv2d", "conv", "numpy", CONV2D),
    *of("conv2d", "conv", "torch", CONV2D_TORCH),
    *of("conv1d", "conv", "numpy", CONV1D),
    *of("conv3d", "conv", "numpy", CONV3D),
    *of("conv_transpose2d", "conv", "numpy", CONV_TRANSPOSE2D),
    *of("conv2d_circular", "conv", "numpy", {"wraps_once_too_far": ("agrees", "")}),
)

LOOKALIKES: tuple[Entry, ...] = ()
