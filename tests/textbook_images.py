"""Image ops as their textbooks sum them, entry after entry, in as many digits as `mpmath` is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mpf
from textbook_signals import Values, continued


def ndimage_convolve(image: Any, weights: Any, *, mode: str, cval: float, origin: Any) -> Values:
    o = (origin, origin) if isinstance(origin, int) else origin
    kh, kw = len(weights), len(weights[0])
    return [
        [
            sum(
                weights[a][b] * pixel(image, i - a + kh // 2 + o[0], j - b + kw // 2 + o[1], mode, cval)
                for a in range(kh)
                for b in range(kw)
            )
            for j in range(len(image[0]))
        ]
        for i in range(len(image))
    ]


def pixel(image: Any, i: int, j: int, mode: str, cval: float) -> Any:
    """An entry of an image continued along both axes."""
    row = continued([*image], i, mode, cval)
    return continued(row, j, mode, cval) if isinstance(row, list) else row


def bspline(d: Any, order: int) -> Any:
    """The B-spline at a distance: by the recursion of its definition."""
    match order:
        case 0:
            return mpf(-0.5 < d <= 0.5)
        case 1:
            return max(1 - abs(d), mpf(0))
    powers = ((mpf(1), 2), (mpf(-4), 1), (mpf(6), 0), (mpf(-4), -1), (mpf(1), -2))
    return sum(c * max(d + at, mpf(0)) ** 3 for c, at in powers) / 6


def prefiltered(row: list[Any], mode: str) -> list[Any]:
    """Coefficients of the cubic spline through the entries of an axis, as a linear system."""
    n = len(row)
    at = [[continued([*range(n)], i + s, mode, 0) for s in (-1, 0, 1)] for i in range(n)]
    system = mpmath.zeros(n)
    for i in range(n):
        for j, w in zip(at[i], (1, 4, 1), strict=True):
            system[i, int(j)] += mpf(w) / 6
    return list(mpmath.lu_solve(system, mpmath.matrix(row)))


def read(image: Any, row: Any, column: Any, order: int, mode: str, cval: float) -> Any:
    """The spline at a place, over all entries near it."""
    if mode == "constant" and not (0 <= row <= len(image) - 1 and 0 <= column <= len(image[0]) - 1):
        return mpf(cval)
    i, j = (int(mpmath.floor(p)) for p in (row, column))
    near = range(-2, 4)
    return sum(
        bspline(row - i - a, order) * bspline(column - j - b, order) * pixel(image, i + a, j + b, mode, cval)
        for a in near
        for b in near
        if bspline(row - i - a, order) * bspline(column - j - b, order)
    )


def shift(image: Any, *, shift: Any, order: int, mode: str, cval: float) -> Values:
    if order == 3:
        image = [prefiltered(row, mode) for row in image]
        image = [list(row) for row in zip(*(prefiltered(list(c), mode) for c in zip(*image, strict=True)), strict=True)]
    return [
        [read(image, i - mpf(shift[0]), j - mpf(shift[1]), order, mode, cval) for j in range(len(image[0]))]
        for i in range(len(image))
    ]


def zoom(image: Any, *, zoom: Any, mode: str, cval: float, grid_mode: bool) -> Values:
    def places(n: int, factor: float) -> list[Any]:
        m = round(n * factor)
        if grid_mode:
            return [(o + mpf(0.5)) * n / m - mpf(0.5) for o in range(m)]
        return [mpf(o) * (n - 1) / max(m - 1, 1) for o in range(m)]

    rows, columns = places(len(image), zoom[0]), places(len(image[0]), zoom[1])
    return [[read(image, i, j, 1, mode, cval) for j in columns] for i in rows]


def affine_transform(
    image: Any, *, matrix: Any, offset: Any, output_shape: Any, order: int, mode: str, cval: float
) -> Values:
    height, width = (len(image), len(image[0])) if output_shape is None else output_shape
    (a, b), (c, d) = ([mpf(v) for v in row] for row in matrix)
    e, f = (mpf(v) for v in offset)
    return [
        [read(image, a * i + b * j + e, c * i + d * j + f, order, mode, cval) for j in range(width)]
        for i in range(height)
    ]


def resized(x: Any, size: Any, weight: Callable[[int, int, int, int], Any]) -> Values:
    """``y[o, p] = sum of x[i, j] v(o, i) w(p, j)`` of every channel."""

    def one(image: Any) -> Values:
        h, w = len(image), len(image[0])
        rows = [[weight(o, i, h, size[0]) for i in range(h)] for o in range(size[0])]
        columns = [[weight(p, j, w, size[1]) for j in range(w)] for p in range(size[1])]
        return [
            [sum(a * b * image[i][j] for i, a in enumerate(v) for j, b in enumerate(u)) for u in columns] for v in rows
        ]

    return [[one(channel) for channel in image] for image in x]


def interpolate_bicubic(x: Any, *, size: Any, align_corners: bool) -> Values:
    a = mpf(-3) / 4

    def keys(d: Any) -> Any:
        d = abs(d)
        near = (a + 2) * d**3 - (a + 3) * d**2 + 1
        return near if d <= 1 else a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else mpf(0)

    def weight(o: int, i: int, n: int, m: int) -> Any:
        place = mpf(o) * (n - 1) / max(m - 1, 1) if align_corners else (o + mpf(0.5)) * n / m - mpf(0.5)
        return sum(keys(place - k) for k in range(-3, n + 3) if min(max(k, 0), n - 1) == i)

    return resized(x, size, weight)


def interpolate_antialias(x: Any, *, size: Any) -> Values:
    def triangle(o: int, i: int, n: int, m: int) -> Any:
        return max(1 - abs(i + mpf(0.5) - (o + mpf(0.5)) * n / m) / max(mpf(n) / m, 1), mpf(0))

    return resized(x, size, lambda o, i, n, m: triangle(o, i, n, m) / sum(triangle(o, k, n, m) for k in range(n)))


def affine_grid(theta: Any, *, size: Any, align_corners: bool) -> Values:
    def at(o: int, n: int) -> Any:
        return mpf(0) if n == 1 else mpf(2 * o - n + 1) / (n - 1 if align_corners else n)

    def point(maps: Any, i: int, j: int) -> list[Any]:
        return [row[0] * at(j, size[1]) + row[1] * at(i, size[0]) + row[2] for row in maps]

    return [[[point(maps, i, j) for j in range(size[1])] for i in range(size[0])] for maps in theta]


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def starts(n: int, k: int, s: int, ceil_mode: bool) -> list[int]:
    return [i for i in range(0, n, s) if i + k <= n or (ceil_mode and i + k - s < n)]


def lp_pool2d(x: Any, *, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Values:
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    p = mpf(norm_type)

    def norm(image: Any, i: int, j: int) -> Any:
        return sum(v ** int(p) for row in image[i : i + kh] for v in row[j : j + kw]) ** (1 / p)

    def one(image: Any) -> Values:
        columns = starts(len(image[0]), kw, sw, ceil_mode)
        return [[norm(image, i, j) for j in columns] for i in starts(len(image), kh, sh, ceil_mode)]

    return [[one(channel) for channel in image] for image in x]


def fractional_max_pool2d(x: Any, samples: Any, *, kernel_size: Any, output_size: Any) -> Values:
    (kh, kw), (rows, columns) = pair(kernel_size), pair(output_size)

    def begin(u: Any, n: int, k: int, m: int) -> list[int]:
        step = mpf(n - k) / max(m - 1, 1)
        return [int(mpmath.floor((o + u) * step) - mpmath.floor(u * step)) if o < m - 1 else n - k for o in range(m)]

    def one(image: Any, u: Any) -> Values:
        top, left = begin(u[1], len(image), kh, rows), begin(u[0], len(image[0]), kw, columns)
        return [[max(v for row in image[i : i + kh] for v in row[j : j + kw]) for j in left] for i in top]

    return [[one(channel, u) for channel, u in zip(*both, strict=True)] for both in zip(x, samples, strict=True)]


def max_unpool2d(x: Any, *, kernel_size: Any) -> Values:
    kh, kw = pair(kernel_size)

    def kept(image: Any, i: int, j: int) -> Any:
        top, left = i // kh * kh, j // kw * kw
        if top + kh > len(image) or left + kw > len(image[0]):
            return mpf(0)
        return (
            image[i][j] if image[i][j] == max(v for r in image[top : top + kh] for v in r[left : left + kw]) else mpf(0)
        )

    return [[[[kept(c, i, j) for j in range(len(c[0]))] for i in range(len(c))] for c in image] for image in x]


def deform_conv2d(
    x: Any, offset: Any, weight: Any, bias: Any = None, *, stride: Any, padding: Any, dilation: Any
) -> Values:
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = len(weight[0][0]), len(weight[0][0][0])

    def tap(image: Any, move: Any, i: int, j: int, a: int, b: int) -> list[Any]:
        t = 2 * (a * kw + b)
        row, column = i * sh - ph + a * dh + move[t][i][j], j * sw - pw + b * dw + move[t + 1][i][j]
        return [read(channel, row, column, 1, "grid-constant", 0.0) for channel in image]

    def one(image: Any, move: Any) -> Values:
        shape = range(len(move[0])), range(len(move[0][0]))
        taps = {
            (a, b, i, j): tap(image, move, i, j, a, b)
            for a in range(kh)
            for b in range(kw)
            for i in shape[0]
            for j in shape[1]
        }
        return [
            [
                [
                    sum(w[c][a][b] * taps[a, b, i, j][c] for c in range(len(w)) for a in range(kh) for b in range(kw))
                    + (bias[o] if bias else 0)
                    for j in shape[1]
                ]
                for i in shape[0]
            ]
            for o, w in enumerate(weight)
        ]

    return [one(image, move) for image, move in zip(x, offset, strict=True)]
