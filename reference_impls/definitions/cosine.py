"""Discrete cosine and sine transforms of types 1 to 4: one Fourier transform of the even or odd continuation.

The real line is a circle of so many points that x and y lie at whole ones: x at its places, and mirrored at minus
those, with the sign turned for sines. Its Fourier transform at the places of y is y. All moves are exact.

| type | cosines | sines |
|---|---|---|
| 1 | ``cos(pi k n / (N - 1))``, the first and last x once | ``sin(pi (k + 1) (n + 1) / (N + 1))`` |
| 2 | ``cos(pi k (2 n + 1) / (2 N))`` | ``sin(pi (k + 1) (2 n + 1) / (2 N))`` |
| 3 | ``cos(pi (2 k + 1) n / (2 N))``, the first x once | ``sin(pi (2 k + 1) (n + 1) / (2 N))``, the last x once |
| 4 | ``cos(pi (2 k + 1) (2 n + 1) / (4 N))`` | ``sin(pi (2 k + 1) (2 n + 1) / (4 N))`` |

``y[k]`` is twice the sum over n of x[n] times that. The inverse of a type is its transposed one over the period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference_impls.definitions.fourier import OTHER_NORM, along, fit, fit_all, lengths

#: The type whose matrix is the transpose, and up to the scale the inverse.
TRANSPOSED = {1: 1, 2: 3, 3: 2, 4: 4}

#: Whether x and whether y lie half way between the steps.
HALF = {1: (False, False), 2: (True, False), 3: (False, True), 4: (True, True)}


@dataclass(frozen=True)
class Family:
    """What tells cosines from sines.

    ``first`` is the place of the first entry in whole steps, ``beyond`` what type 1 adds to N for its half period, and
    ``once`` the entries of x that a type counts once where it counts the others twice.
    """

    odd: bool
    first: int
    beyond: int
    once: Mapping[int, tuple[int, ...]]

    def places(self, half: bool, n: int) -> slice:
        """Where n entries lie: at steps, or at the odd ones of half as long steps."""
        return slice(1, 2 * n, 2) if half else slice(self.first, self.first + n)

    def points(self, type: int, n: int) -> int:
        """How many points the circle of a continuation has: twice its half period, doubled for each half step."""
        return 2 * (n + (self.beyond if type == 1 else 0)) << sum(HALF[type])


COSINE = Family(odd=False, first=0, beyond=-1, once={1: (0, -1), 2: (), 3: (0,), 4: ()})
SINE = Family(odd=True, first=1, beyond=1, once={1: (), 2: (), 3: (-1,), 4: ()})


def _forward(
    family: Family,
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    orthogonalize: bool | None = None,
) -> Any:
    where, sizes = lengths(x.shape, _several(s), _several(axes))
    even_out = norm == "ortho" if orthogonalize is None else orthogonalize
    y = fit_all(x, where, sizes)
    for axis in where:
        if even_out:
            y = _at(y, axis, family.once[type], np.sqrt(np.longdouble(2)))
        y = _continued(family, y, axis, type)
    y = np.fft.fftn(y, axes=where, norm=norm)
    for axis, n in zip(where, sizes, strict=True):
        y = y[along(axis, family.places(HALF[type][1], n))]
    if family.odd:
        y = y * 1j ** (len(where) % 4)
    y = y if x.dtype.kind == "c" else np.real(y)
    for axis in where:
        if even_out:
            y = _at(y, axis, family.once[TRANSPOSED[type]], 1 / np.sqrt(np.longdouble(2)))
    return y * _excess(norm, 2 ** (sum(HALF[type]) * len(where)))


def _excess(norm: Any, factor: int) -> Any:
    """What undoes the scale of so many times more points than the period has."""
    return {"forward": factor, "ortho": np.sqrt(np.longdouble(factor))}.get(norm, 1)


def _several(given: Any) -> Any:
    return (int(given),) if given is not None and np.ndim(given) == 0 else given


def _continued(family: Family, x: Any, axis: int, type: int) -> Any:
    """x at its places on the circle, zero between, and x (for sines -x) at minus its places but those counted once."""
    n = x.shape[axis]
    points = family.points(type, n)
    nothing = 2 * n
    source = np.full(points, nothing)
    place = np.arange(points)[family.places(HALF[type][0], n)]
    twice = np.ones(n, bool)
    twice[list(family.once[type])] = False
    source[-place[twice]] = n + np.flatnonzero(twice)
    source[place] = np.arange(n)
    both = np.concatenate([x, -x if family.odd else x], axis=axis)
    return fit(both, axis, nothing + 1)[along(axis, source)]


def _at(x: Any, axis: int, places: tuple[int, ...], factor: Any) -> Any:
    """The entries at some places multiplied with a factor."""
    for place in places:
        i = place % x.shape[axis]
        before, there, after = (x[along(axis, slice(*ends))] for ends in ((0, i), (i, i + 1), (i + 1, None)))
        x = np.concatenate([before, there * factor, after], axis=axis)
    return x


def _inverse(
    family: Family,
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: Any = None,
    orthogonalize: bool | None = None,
) -> Any:
    return _forward(family, x, TRANSPOSED[type], s, axes, OTHER_NORM[norm], orthogonalize)


def _along_one(
    transform: Any,
    x: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: Any = None,
    orthogonalize: bool | None = None,
) -> Any:
    return transform(x, type, n, axis, norm, orthogonalize)


#: ``(x, type, s, axes, norm, orthogonalize)``: along each of the axes.
dctn, idctn = partial(_forward, COSINE), partial(_inverse, COSINE)
dstn, idstn = partial(_forward, SINE), partial(_inverse, SINE)

#: ``(x, type, n, axis, norm, orthogonalize)``: along one axis.
dct, idct = partial(_along_one, dctn), partial(_along_one, idctn)
dst, idst = partial(_along_one, dstn), partial(_along_one, idstn)
