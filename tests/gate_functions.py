"""Entries of the kill matrix: further losses, indexing, numbers of few bits and composed layers."""

from __future__ import annotations

#: Right implementations with a vjp that wrong vjps are put beside.
CALLS = {
    "l1_loss": "reference_impls.criteria:l1_loss",
    "smooth_l1_loss": "reference_impls.criteria:smooth_l1_loss",
    "cosine_similarity": "reference_impls.criteria:cosine_similarity",
    "focal_loss": "reference_impls.criteria:focal_loss",
    "dice_loss": "reference_impls.criteria:dice_loss",
    "gather": "reference_impls.indexing:gather",
    "scatter_add": "reference_impls.indexing:scatter_add",
    "index_add": "reference_impls.indexing:index_add",
    "cumprod": "reference_impls.indexing:cumprod",
    "logcumsumexp": "reference_impls.indexing:logcumsumexp",
    "bilinear": "reference_impls.blocks:bilinear",
    "dequantize": "reference_impls.quantization:dequantize",
    "dropout": "reference_impls.dropping:dropout",
}

#: Family -> op -> function -> (law, place), as `gate_matrix.family` takes them.
WRONG = {
    "dropping": {
        "dropout": {
            "dropout_unscaled": ("mask", ""),
            "dropout_of_keeping": ("mask", "p:0.1"),
            "dropout_of_rows": ("mask", ""),
            "dropout_of_columns": ("mask", ""),
            "dropout_of_no_seed": ("mask", ""),
            "dropout_of_one_seed": ("mask", ""),
            "dropout_of_contents": ("mask", ""),
            "dropout_in_turn": ("mask", "p:0.1"),
            "dropout_always": ("mask", "training:false"),
            "dropout_unscaled_vjp": ("mask", ""),
            "dropout_redrawn_vjp": ("mask", ""),
        },
    },
    "criteria": {
        "l1_loss": {
            "l1_mean_of_batch": ("agrees", ""),
            "l1_of_roots": ("agrees", ""),
            "l1_same_sign_vjp": ("gradient", ""),
            "l1_unreduced_vjp": ("gradient", ""),
        },
        "smooth_l1_loss": {
            "smooth_l1_as_huber": ("agrees", "beta:0.5"),
            "smooth_l1_of_one": ("agrees", "beta:0.5"),
            "smooth_l1_dividing_by_zero": ("agrees", "beta:0.0"),
            "smooth_l1_flat_vjp": ("gradient", "beta:0.5"),
        },
        "margin_ranking_loss": {
            "ranking_backwards": ("agrees", ""),
            "ranking_less_margin": ("agrees", ""),
            "ranking_mean_of_late": ("agrees", ""),
            "ranking_broadcasting": ("status", "invalid:targets-of-two-axes"),
        },
        "triplet_margin_loss": {
            "triplet_of_squares": ("agrees", ""),
            "triplet_never_swapped": ("agrees", "swap:true/reduction:none"),
            "triplet_without_eps": ("agrees", ""),
            "triplet_of_any_margin": ("status", "invalid:margin-zero"),
        },
        "cosine_similarity": {
            "cosine_of_product": ("agrees", "N:2/M:2/dim:0/eps:3.0/dtype:float32/layout:strided"),
            "cosine_plus_eps": ("agrees", ""),
            "cosine_of_rows": ("shape", "dim:0"),
            "cosine_held_vjp": ("gradient", ""),
        },
        "cosine_embedding_loss": {
            "embedding_unclamped": ("agrees", ""),
            "embedding_margin_for_both": ("agrees", "margin:0.25"),
            "embedding_eps_within": ("agrees", ""),
        },
        "focal_loss": {
            "focal_alpha_for_all": ("agrees", ""),
            "focal_of_single_alpha": ("agrees", "alpha:0.3"),
            "focal_of_clipped": ("agrees", "fill:moderate"),
            "focal_of_probabilities": ("agrees", ""),
            "focal_held_vjp": ("gradient", ""),
            "focal_of_mean": ("agrees", "reduction:mean"),
        },
        "dice_loss": {
            "dice_of_squares": ("agrees", ""),
            "dice_without_two": ("agrees", ""),
            "dice_of_batch": ("agrees", ""),
            "dice_of_rounded": ("agrees", ""),
            "dice_above_vjp": ("gradient", ""),
        },
    },
    "indexing": {
        "gather": {
            "gather_from_the_end": ("status", "invalid:index-below"),
            "gather_of_last": ("status", "invalid:index-beyond"),
            "gather_always_columns": ("agrees", "dim:0"),
            "gather_once_vjp": ("gradient", "K:17"),
        },
        "scatter_add": {
            "scatter_buffered": ("agrees", ""),
            "scatter_instead": ("agrees", ""),
            "scatter_in_place": ("pure", ""),
            "scatter_whole_vjp": ("gradient", "extra:1"),
        },
        "index_add": {
            "index_add_buffered": ("agrees", ""),
            "index_add_without_alpha": ("agrees", "alpha:-0.5"),
            "index_add_in_float32": ("agrees", ""),
            "index_add_unscaled_vjp": ("gradient", "alpha:-0.5"),
        },
        "cumprod": {
            "cumprod_by_logarithms": ("agrees", ""),
            "cumprod_exclusive": ("agrees", ""),
            "cumprod_dividing_vjp": ("gradient", "fill:zeros"),
        },
        "logcumsumexp": {
            "logcumsumexp_naive": ("agrees", "fill:offset"),
            "logcumsumexp_below_the_top": ("agrees", "fill:moderate"),
            "logcumsumexp_softmax_vjp": ("gradient", ""),
        },
    },
    "quantization": {
        "quantize_affine": {
            "quantize_away": ("agrees", "fill:simple"),
            "quantize_wrapping": ("agrees", "scale:0.001"),
            "quantize_zero_within": (
                "agrees",
                "grid:ties/N:8/M:33/zero_point:-5/quant_min:-8/dtype:float64/fill:simple",
            ),
            "quantize_symmetric": ("agrees", "fill:wide"),
        },
        "dequantize": {
            "dequantize_wrapping": ("agrees", ""),
            "dequantize_scaled_first": ("agrees", ""),
            "dequantize_by_columns": ("agrees", "M:3/dtype:float64"),
            "dequantize_unshifted_vjp": ("gradient", ""),
        },
        "cast_float8": {
            "float8_twice_rounded": ("agrees", "fill:decades"),
            "float8_flushed": ("agrees", ""),
            "float8_of_480": ("agrees", "fill:wide"),
            "float8_ties_away": (
                "agrees",
                "fill:values_1.0625_1.1875_-1.125_-1.375_17_19_-0.0029296875_464_480_1000000",
            ),
        },
        "mxfp4": {
            "mxfp4_scaled_up": ("agrees", ""),
            "mxfp4_ties_away": ("agrees", "fill:values_7_0.25_0.75_-1.25_1.75_-2.5_3.5_5"),
            "mxfp4_of_rows": ("agrees", "fill:wide"),
            "mxfp4_of_any_length": ("status", "invalid:block-left"),
        },
    },
    "blocks": {
        "bilinear": {
            "bilinear_transposed": ("agrees", "N:4/J:4/O:4/layout:strided"),
            "bilinear_in_single": ("agrees", ""),
            "bilinear_needs_bias": ("agrees", "bias:none"),
            "bilinear_of_sums_vjp": ("gradient", ""),
        },
        "separable_conv2d": {
            "separable_regrouped": ("agrees", ""),
            "separable_flipped": ("agrees", ""),
            "separable_bias_first": ("agrees", ""),
            "separable_of_one_step": ("shape", "stride:2x1"),
        },
        "weight_standardized_conv2d": {
            "standardized_unbiased": ("agrees", ""),
            "standardized_eps_outside": ("agrees", ""),
            "standardized_by_channel": ("agrees", ""),
            "standardized_in_place": ("pure", ""),
        },
        "newton_schulz": {
            "schulz_of_rows": ("agrees", ""),
            "schulz_plus_eps": ("agrees", "eps:3.0"),
            "schulz_in_bfloat16": ("agrees", ""),
            "schulz_one_more": ("agrees", ""),
        },
    },
}

#: (op, path below `lookalikes`): right in another way.
RIGHT = (
    ("dropout", "dropping:dropout_by_coins"),
    ("dropout", "dropping:dropout_by_single"),
    ("l1_loss", "criteria:l1_by_maximum"),
    ("smooth_l1_loss", "criteria:smooth_l1_by_clipping"),
    ("margin_ranking_loss", "criteria:ranking_by_cases"),
    ("triplet_margin_loss", "criteria:triplet_in_extended"),
    ("cosine_similarity", "criteria:cosine_of_units"),
    ("cosine_embedding_loss", "criteria:embedding_by_distance"),
    ("focal_loss", "criteria:focal_by_logarithm"),
    ("dice_loss", "criteria:dice_by_difference"),
    ("gather", "indexing:gather_flat"),
    ("scatter_add", "indexing:scatter_by_sorting"),
    ("index_add", "indexing:index_add_by_matrix"),
    ("cumprod", "indexing:cumprod_one_by_one"),
    ("logcumsumexp", "indexing:logcumsumexp_online"),
    ("quantize_affine", "quantization:quantize_clipped_first"),
    ("dequantize", "quantization:dequantize_by_table"),
    ("cast_float8", "quantization:float8_by_table"),
    ("mxfp4", "quantization:mxfp4_by_quotients"),
    ("bilinear", "blocks:bilinear_by_matrices"),
    ("separable_conv2d", "blocks:separable_by_one_kernel"),
    ("weight_standardized_conv2d", "blocks:standardized_as_difference"),
    ("newton_schulz", "blocks:schulz_in_extended"),
)
