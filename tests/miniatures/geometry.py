"""Images convolved, moved, resized and mapped affinely, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import geometry, signal


def convolve_unturned(input, weights, mode="reflect", cval=0.0, origin=0):
    """A correlation."""
    turned, shifts = signal._flipped(input, weights, origin)
    return signal.ndimage_correlate(input, np.flip(turned), mode, cval, shifts)


def convolve_off_centre(input, weights, mode="reflect", cval=0.0, origin=0):
    """The middle of an even number of weights lies before."""
    _, shifts = signal._flipped(input, weights, origin)
    shifts = [o + (k % 2 == 0) for o, k in zip(shifts, weights.shape, strict=True)]
    return signal.ndimage_correlate(input, np.flip(weights), mode, cval, shifts)


def convolve_repeating(input, weights, mode="reflect", cval=0.0, origin=0):
    """The border is mirrored without being repeated."""
    return signal.ndimage_convolve(input, weights, "mirror" if mode == "reflect" else mode, cval, origin)


def convolve_unturned_vjp(cotangent, input, weights, mode="reflect", cval=0.0, origin=0):
    """The weights' gradient is that of the turned ones."""
    d_input, d_weights = signal.ndimage_convolve_vjp(cotangent, input, weights, mode, cval, origin)
    return d_input, np.flip(d_weights).copy()


def shift_back(input, shift, order=1, mode="constant", cval=0.0):
    """Moved the other way."""
    return geometry.shift(input, [-s for s in shift], order, mode, cval)


def shift_to_the_nearest(input, shift, order=1, mode="constant", cval=0.0):
    """Moved by whole entries."""
    return geometry.shift(input, [float(np.rint(s)) for s in shift], order, mode, cval)


def shift_into_the_fill(input, shift, order=1, mode="constant", cval=0.0):
    """Next to the border between its entries and the fill value."""
    return geometry.shift(input, shift, order, "grid-constant" if mode == "constant" else mode, cval)


def shift_back_vjp(cotangent, input, shift, order=1, mode="constant", cval=0.0):
    """The gradient is moved as the image is."""
    return (geometry.shift(cotangent, shift, order, mode, 0.0),)


def zoom_by_factor(input, zoom, mode="constant", cval=0.0, grid_mode=False):
    """Places are multiples of the factor's inverse."""
    geometry.zoom(input, zoom, mode, cval, grid_mode)
    places = [np.arange(round(n * f)) / f for n, f in zip(input.shape, zoom, strict=True)]
    pairs = [(p, (p < 0) | (p > n - 1)) for p, n in zip(places, input.shape, strict=True)]
    return geometry._resampled(input, pairs, 1, mode, cval)


def zoom_cut_off(input, zoom, mode="constant", cval=0.0, grid_mode=False):
    """Lengths are cut off, not rounded."""
    y = geometry.zoom(input, zoom, mode, cval, grid_mode)
    sizes = [max(int(n * f), 1) for n, f in zip(input.shape, zoom, strict=True)]
    return y[: sizes[0], : sizes[1]].copy()


def zoom_of_corners(input, zoom, mode="constant", cval=0.0, grid_mode=False):
    """grid_mode is ignored."""
    return geometry.zoom(input, zoom, mode, cval, False)


def affine_of_inverse(input, matrix, offset=(0.0, 0.0), output_shape=None, order=1, mode="constant", cval=0.0):
    """The matrix maps the image to the result."""
    inverse = np.linalg.inv(np.array(matrix))
    back = -inverse @ np.array(offset)
    return geometry.affine_transform(input, inverse, back, output_shape, order, mode, cval)


def affine_transposed(input, matrix, offset=(0.0, 0.0), output_shape=None, order=1, mode="constant", cval=0.0):
    """The matrix is transposed."""
    return geometry.affine_transform(input, np.array(matrix).T, offset, output_shape, order, mode, cval)


def affine_to_the_border(input, matrix, offset=(0.0, 0.0), output_shape=None, order=1, mode="constant", cval=0.0):
    """Beyond the image there is always its border."""
    geometry.affine_transform(input, matrix, offset, output_shape, order, mode, cval)
    return geometry.affine_transform(input, matrix, offset, output_shape, order, "nearest", cval)
