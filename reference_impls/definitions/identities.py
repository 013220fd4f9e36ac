"""What follows from the definitions: pairs of results, or of results and inputs, that must be equal.

Each is a generator ``identity(call, arrays, **params)`` of pairs. ``arrays`` are the inputs by name; ``call(arrays)``
gives what a candidate returns for such inputs. Nothing is yielded where an identity says nothing of the params.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

Call = Callable[[Mapping[str, Any]], Any]
Pairs = Iterator[tuple[Any, Any]]

_PI = np.arctan2(np.longdouble(0), np.longdouble(-1))


def each_alone(call: Call, arrays: Mapping[str, Any], **params: Any) -> Pairs:
    """The first axis of the first input is a batch: an entry alone gives its entry of the result."""
    name, x = next(iter(arrays.items()))
    if x.ndim < 2 or x.shape[0] < 2:
        return
    whole = call(arrays)
    outputs = whole if isinstance(whole, tuple) else (whole,)
    for i in (0, x.shape[0] - 1):
        alone = call({**arrays, name: x[i : i + 1]})
        for y, z in zip(outputs, alone if isinstance(alone, tuple) else (alone,), strict=True):
            yield z, y[i : i + 1]


def _spatial(value: Any, axes: int) -> tuple[int, ...] | None:
    if isinstance(value, str):
        return None
    return (value,) * axes if isinstance(value, int) else tuple(value)


def reversed_images(
    call: Call, arrays: Mapping[str, Any], *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, **params: Any
) -> Pairs:
    """Image and kernel reversed along every axis of space give the result reversed, where windows fit exactly."""
    (first, x), (second, w) = list(arrays.items())[:2]
    axes = tuple(range(2, x.ndim))
    given = [_spatial(v, len(axes)) for v in (stride, padding, dilation)]
    if any(v is None for v in given):
        return
    for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], *given, strict=True):  # type: ignore[arg-type]
        if (n + 2 * p - d * (k - 1) - 1) % s:
            return
    moved = call({**arrays, first: np.flip(x, axes), second: np.flip(w, axes)})
    yield moved, np.flip(call(arrays), axes)


def translated_images(
    call: Call, arrays: Mapping[str, Any], *, stride: Any = 1, padding: Any = 0, **params: Any
) -> Pairs:
    """Columns put before the image move the result to the right: what does not see the left border is the same."""
    name, x = next(iter(arrays.items()))
    axes = x.ndim - 2
    steps, widths = _spatial(stride, axes), _spatial(padding, axes)
    if steps is None or widths is None or x.size == 0:
        return
    step, seen = steps[-1], -(-widths[-1] // steps[-1])
    before = x[..., :1] + np.zeros((*x.shape[:-1], step))
    still, moved = call(arrays), call({**arrays, name: np.concatenate([before, x], axis=-1)})
    if moved.shape[-1] == still.shape[-1] + 1 and seen < still.shape[-1]:
        yield moved[..., seen + 1 :], still[..., seen:]


def _line(x: Any, n: Any, axis: int) -> Any:
    """The signal along the last axis, cut or filled with zeros to the length of the transform."""
    line = np.moveaxis(x, axis, -1)
    length = line.shape[-1] if n is None else n
    if length <= line.shape[-1]:
        return line[..., :length]
    return np.pad(line, [(0, 0)] * (line.ndim - 1) + [(0, length - line.shape[-1])])


def _power(norm: Any, length: int) -> Any:
    """What the sum of squares of a transform is, in sums of squares of its signal."""
    return {None: length, "backward": length, "ortho": 1, "forward": 1 / np.longdouble(length)}[norm]


def parseval(call: Call, arrays: Mapping[str, Any], *, n: Any = None, axis: int = -1, norm: Any = None) -> Pairs:
    """The transform keeps the sum of squares, but for its scale."""
    x = _line(next(iter(arrays.values())), n, axis)
    y = np.moveaxis(call(arrays), axis, -1)
    if x.size == 0:
        return
    yield _squares(y), _squares(x) * _power(norm, y.shape[-1])


def _squares(x: Any) -> Any:
    return np.sum(x.real * x.real + x.imag * x.imag, axis=-1)


def round_trip(call: Call, arrays: Mapping[str, Any], *, n: Any = None, axis: int = -1, norm: Any = None) -> Pairs:
    """The inverse transform, as it is defined, brings the signal back."""
    x = _line(next(iter(arrays.values())), n, axis)
    y = np.moveaxis(call(arrays), axis, -1)
    if x.size == 0:
        return
    length = np.longdouble(y.shape[-1])
    scale = {None: length, "backward": length, "ortho": np.sqrt(length), "forward": np.longdouble(1)}[norm]
    yield np.conj(np.fft.fft(np.conj(y))), x * scale


def delayed(call: Call, arrays: Mapping[str, Any], *, n: Any = None, axis: int = -1, norm: Any = None) -> Pairs:
    """A signal turned by one place has the transform turned in phase: ``exp(-2 pi i k / N) Y[k]``."""
    name, x = next(iter(arrays.items()))
    length = x.shape[axis]
    if n is not None or x.size == 0:
        return
    k = np.arange(length, dtype=np.longdouble)
    angle = 2 * _PI * k / length
    moved = np.moveaxis(call({**arrays, name: np.roll(x, 1, axis)}), axis, -1)
    yield moved, np.moveaxis(call(arrays), axis, -1) * (np.cos(angle) - 1j * np.sin(angle))


def reversed_lines(call: Call, arrays: Mapping[str, Any], *, mode: Any = "full", **params: Any) -> Pairs:
    """Both signals reversed give the result reversed, where the mode keeps no side more than the other."""
    if mode not in ("full", "valid"):
        return
    yield call({name: np.flip(x) for name, x in arrays.items()}), np.flip(call(arrays))


def exchanged(call: Call, arrays: Mapping[str, Any], *, mode: Any = "full", **params: Any) -> Pairs:
    """Convolution does not know which of its signals comes first."""
    (a, x), (b, y) = list(arrays.items())[:2]
    if mode == "full":
        yield call({**arrays, a: y, b: x}), call(arrays)


def sums_to_one(call: Call, arrays: Mapping[str, Any], *, dim: int = -1, **params: Any) -> Pairs:
    """Probabilities along an axis sum to one."""
    y = call(arrays)
    if y.size:
        total = np.sum(y, axis=dim)
        yield total, np.ones(total.shape)
