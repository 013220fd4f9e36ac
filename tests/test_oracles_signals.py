"""Definitions of signal and image ops: within their own bound of the textbook sum, written out in forty digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import textbook_images as images
import textbook_signals as signals
from mpmath import mpf

from harness import cases, fills, runs, specs
from harness.oracles import Oracle

ROOT = Path(__file__).parents[1]

#: Digits of the textbook sums: twice those of the definitions' widest arithmetic.
DIGITS = 40

Values = Any


def split(x: Any) -> Any:
    """A NumPy array as nested lists of exact numbers."""
    if x.ndim:
        return [split(row) for row in x]
    return mpmath.mpc(float(x.real), float(x.imag)) if np.iscomplexobj(x) else mpf(float(x))


#: Op -> its textbook sum, and cases beside the first one.
TEXTBOOK: dict[str, tuple[Callable[..., Values], tuple[str, ...]]] = {
    "istft": (signals.istft, ("W:5", "center:false", "normalized:true")),
    "spectrogram": (signals.spectrogram, ("W:5", "scaling:spectrum")),
    "csd": (signals.csd, ("W:5", "fs:4.0")),
    "coherence": (signals.coherence, ("W:5",)),
    "czt": (signals.czt, ("m:13", "start:-0.3", "step:0.01")),
    "zoom_fft": (signals.zoom_fft, ("fn:0.9x0.1", "endpoint:true", "fs:44.1")),
    "filtfilt": (signals.filtfilt, ("padtype:even", "padtype:none", "b:1.0x-0.5x0.25x0.125/L:17", "a:2.0x-0.5x0.25")),
    "firwin_filter": (signals.firwin_filter, ("window:blackman", "pass_zero:false", "cutoff:0.1x0.3x0.7", "numtaps:8")),
    "resample_poly": (signals.resample_poly, ("up:4/down:2", "K:4", "padtype:mean")),
    "decimate": (signals.decimate, ("n:7", "zero_phase:false", "q:3")),
    "savgol_filter": (signals.savgol_filter, ("deriv:2", "mode:wrap", "polyorder:0")),
    "detrend": (signals.detrend, ("bp:2x7", "type:constant")),
    "ndimage_convolve": (
        images.ndimage_convolve,
        ("mode:mirror", "mode:grid-wrap", "origin:-1", "mode:constant/cval:1.5"),
    ),
    "shift": (
        images.shift,
        ("mode:mirror", "order:0/shift:-7.25x0.25/mode:reflect", "order:3/mode:mirror", "order:3/mode:reflect"),
    ),
    "zoom": (images.zoom, ("mode:nearest/grid_mode:true", "zoom:3.25x0.34", "mode:reflect")),
    "affine_transform": (images.affine_transform, ("order:0", "mode:mirror", "output_shape:5x8")),
    "interpolate_bicubic": (images.interpolate_bicubic, ("align_corners:true", "size:2x3")),
    "interpolate_antialias": (images.interpolate_antialias, ("size:2x16", "size:9x8")),
    "affine_grid": (images.affine_grid, ("align_corners:true", "size:1x3")),
    "lp_pool2d": (images.lp_pool2d, ("norm_type:4.0", "ceil_mode:true", "kernel_size:3x2/stride:2x1/ceil_mode:true")),
    "fractional_max_pool2d": (images.fractional_max_pool2d, ("kernel_size:3x2", "output_size:3")),
    "max_unpool2d": (images.max_unpool2d, ("kernel_size:3x2",)),
    "deform_conv2d": (images.deform_conv2d, ("padding:1x2/dilation:2x1", "stride:2x1", "bias:none")),
}

WHERE = [(op, at) for op, (_, those) in TEXTBOOK.items() for at in ("", *those)]


def flat(values: Values) -> list[Any]:
    return [v for row in values for v in flat(row)] if isinstance(values, list) else [values]


def wide(x: np.longdouble) -> mpf:
    """A longdouble, exactly."""
    high = float(x)
    return mpf(high) + mpf(float(x - np.longdouble(high)))


@pytest.mark.parametrize(("op", "at"), WHERE, ids=lambda v: v or "first")
def test_a_definition_is_within_its_bound_of_the_textbook_sum(op: str, at: str) -> None:
    spec = specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)
    case = cases.find(spec, "/".join([op, *([at] if at else [])]))
    inputs = fills.arrays(spec, case, 0)
    answer = next(iter(Oracle(spec, case, inputs).values.values()))
    textbook = partial(TEXTBOOK[op][0], *(split(x) for x in inputs.values()), **case.params)
    with mpmath.workdps(DIGITS):
        exact, expected = flat(textbook()), answer.expected.ravel()
        assert len(exact) == expected.size
        assert np.isfinite(answer.error).all()
        for due, value, error in zip(exact, expected, answer.error[-1].ravel(), strict=True):
            off = abs(due - mpmath.mpc(wide(value.real), wide(value.imag)))
            assert off <= mpf(float(error)), f"expected {due} within {error}, got {value}"
