"""Images convolved, moved, resized and mapped affinely, right in another way."""

from __future__ import annotations

import numpy as np

#: How ``numpy.pad`` continues an image, by scipy.ndimage's names.
PADS = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "grid-wrap": "wrap",
    "constant": "constant",
    "grid-constant": "constant",
}


def _padded(input, before, after, mode, cval):
    end = {"constant_values": cval} if PADS[mode] == "constant" else {}
    return np.pad(input.astype(np.longdouble), list(zip(before, after, strict=True)), mode=PADS[mode], **end)


def convolve_tap_by_tap(input, weights, mode="reflect", cval=0.0, origin=0):
    """Padded by NumPy, tap after tap, in extended precision."""
    origins = [origin] * input.ndim if isinstance(origin, int) else list(origin)
    middle = [k // 2 + o for k, o in zip(weights.shape, origins, strict=True)]
    if input.ndim != weights.ndim or not all(0 <= m < k for m, k in zip(middle, weights.shape, strict=True)):
        raise ValueError("both have the same number of axes, and the middle lies within")
    longer = _padded(input, [k - 1 - m for m, k in zip(middle, weights.shape, strict=True)], middle, mode, cval)
    y = np.zeros(input.shape, np.longdouble)
    for tap in np.ndindex(weights.shape):
        at = tuple(slice(k - 1 - t, k - 1 - t + n) for t, k, n in zip(tap, weights.shape, input.shape, strict=True))
        y += longer[at] * weights[tap]
    return y.astype(input.dtype)


def _between(longer, margin, place, order):
    """One value of a padded image, in extended precision."""
    found = np.longdouble(0)
    corner = np.floor(place + (0.5 if order == 0 else 0)).astype(int)
    share = place - corner
    for step in np.ndindex(*((1, 1) if order == 0 else (2, 2))):
        weight = 1 if order == 0 else np.prod([s if k else 1 - s for k, s in zip(step, share, strict=True)])
        i, j = corner + step + margin
        found += longer[i, j] * weight
    return found


def _read(input, places, order, mode, cval):
    """An image at places (rows, columns, 2), value after value."""
    if order == 3:
        raise NotImplementedError("lines between neighbours alone")
    last = np.array(input.shape) - 1
    margin = int(max(np.ceil(np.max(np.abs(places), initial=0)), *input.shape)) + 2
    longer = _padded(input, [margin] * 2, [margin] * 2, mode, cval)
    y = np.empty(places.shape[:2], input.dtype)
    for at in np.ndindex(y.shape):
        beyond = mode == "constant" and ((places[at] < 0).any() or (places[at] > last).any())
        y[at] = cval if beyond else _between(longer, margin, places[at], order)
    return y


def shift_value_by_value(input, shift, order=1, mode="constant", cval=0.0):
    """Padded by NumPy, value after value."""
    if len(shift) != 2:
        raise ValueError("an image has two axes")
    places = np.moveaxis(np.indices(input.shape), 0, -1) - np.array(shift, np.longdouble)
    return _read(input, places, order, mode, cval)


def zoom_value_by_value(input, zoom, mode="constant", cval=0.0, grid_mode=False):
    """Padded by NumPy, value after value."""
    if len(zoom) != 2 or mode not in PADS:
        raise ValueError("an image has two axes, and a mode a name")
    lines = []
    for n, factor in zip(input.shape, zoom, strict=True):
        m = round(n * factor)
        o = np.arange(m).astype(np.longdouble)
        lines.append((2 * o + 1) * n / (2 * m) - 0.5 if grid_mode else o * (n - 1) / max(m - 1, 1))
    return _read(input, np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1), 1, mode, cval)


def affine_value_by_value(input, matrix, offset=(0.0, 0.0), output_shape=None, order=1, mode="constant", cval=0.0):
    """Padded by NumPy, value after value."""
    if len(offset) != 2:
        raise ValueError("an image has two axes")
    o = np.moveaxis(np.indices(input.shape if output_shape is None else output_shape), 0, -1)
    places = o @ np.array(matrix, np.longdouble).T + np.array(offset, np.longdouble)
    return _read(input, places, order, mode, cval)
