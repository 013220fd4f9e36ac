"""torch's functions that move entries, and those that make tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from harness.dispatch import refused
from harness.language.building import built, making
from harness.language.handles import Handle, handled, unwrapped

A = Any


def flat(given: Sequence[Any]) -> tuple[int, ...]:
    """Numbers given one by one or as one list, as torch takes lengths and axes."""
    one = given[0] if len(given) == 1 and isinstance(given[0], (tuple, list)) else given
    return tuple(int(n) for n in one)


def reshape(x: A, *shape: Any) -> A:
    return np.reshape(x, flat(shape))


def flatten(x: A, start_dim: int = 0, end_dim: int = -1) -> A:
    n, shape = np.ndim(x), np.shape(x)
    start, end = start_dim % max(n, 1), end_dim % max(n, 1)
    return np.reshape(x, (*shape[:start], -1, *shape[end + 1 :]))


def unflatten(x: A, dim: int, sizes: Any) -> A:
    shape = np.shape(x)
    dim %= len(shape)
    return np.reshape(x, (*shape[:dim], *sizes, *shape[dim + 1 :]))


def squeeze(x: A, dim: Any = None) -> A:
    shape = np.shape(x)
    dims = range(len(shape)) if dim is None else flat((dim,))
    named = {d % len(shape) for d in dims}
    return np.reshape(x, tuple(n for i, n in enumerate(shape) if n != 1 or i not in named))


def unsqueeze(x: A, dim: int) -> A:
    return np.expand_dims(x, dim)


def transpose(x: A, dim0: int, dim1: int) -> A:
    return np.swapaxes(x, dim0, dim1)


def t(x: A) -> A:
    return np.transpose(x)


def permute(x: A, *dims: Any) -> A:
    return np.transpose(x, flat(dims))


def movedim(x: A, source: Any, destination: Any) -> A:
    return np.moveaxis(x, source, destination)


def cat(tensors: Any, dim: int = 0) -> A:
    return np.concatenate(list(tensors), axis=dim)


def stack(tensors: Any, dim: int = 0) -> A:
    return np.stack([built(x) if isinstance(x, (int, float)) else x for x in tensors], axis=dim)


def unbind(x: A, dim: int = 0) -> tuple[A, ...]:
    along = np.moveaxis(x, dim, 0)
    return tuple(along[i] for i in range(along.shape[0]))


def split(x: A, split_size_or_sections: Any, dim: int = 0) -> tuple[A, ...]:
    n, step = np.shape(x)[dim], split_size_or_sections
    lengths = step if isinstance(step, (tuple, list)) else [min(step, n - i) for i in range(0, n, step)]
    along, ends = np.moveaxis(x, dim, 0), np.cumsum([0, *lengths])
    return tuple(np.moveaxis(along[a:b], 0, dim) for a, b in pairwise(ends))


def chunk(x: A, chunks: int, dim: int = 0) -> tuple[A, ...]:
    return split(x, max(1, -(-np.shape(x)[dim] // chunks)), dim)


def tensor_split(x: A, indices_or_sections: Any, dim: int = 0) -> tuple[A, ...]:
    return tuple(np.array_split(x, indices_or_sections, axis=dim))


def expand(x: A, *sizes: Any) -> A:
    wanted, shape = flat(sizes), np.shape(x)
    front = len(wanted) - len(shape)
    return np.broadcast_to(x, tuple(shape[i - front] if n == -1 else n for i, n in enumerate(wanted)))


def expand_as(x: A, other: A) -> A:
    return np.broadcast_to(x, np.shape(other))


def repeat(x: A, *repeats: Any) -> A:
    return np.tile(x, flat(repeats))


def repeat_interleave(x: A, repeats: Any, dim: int | None = None, **unused: Any) -> A:
    return np.repeat(x, repeats, axis=dim)


def roll(x: A, shifts: Any, dims: Any = None) -> A:
    return np.roll(x, shifts, axis=dims)


def flip(x: A, *dims: Any) -> A:
    return np.flip(x, flat(dims))


def rot90(x: A, k: int = 1, dims: Any = (0, 1)) -> A:
    return np.rot90(x, k, tuple(dims))


def tril(x: A, diagonal: int = 0) -> A:
    return np.tril(x, diagonal)


def triu(x: A, diagonal: int = 0) -> A:
    return np.triu(x, diagonal)


def diag(x: A, diagonal: int = 0) -> A:
    return np.diag(x, diagonal)


def diagonal(x: A, offset: int = 0, dim1: int = 0, dim2: int = 1) -> A:
    return np.diagonal(x, offset, dim1, dim2)


def diag_embed(x: A, offset: int = 0) -> A:
    n = np.shape(x)[-1] + abs(offset)
    y = handled(np.zeros((*np.shape(x)[:-1], n, n)))
    rows = np.arange(np.shape(x)[-1]) + max(-offset, 0)
    y[..., rows, rows + offset] = x
    return y


def narrow(x: A, dim: int, start: int, length: int) -> A:
    return np.moveaxis(np.moveaxis(x, dim, 0)[start : start + length], 0, dim)


def select(x: A, dim: int, index: int) -> A:
    return np.moveaxis(x, dim, 0)[index]


def index_select(x: A, dim: int, index: A) -> A:
    return np.take(x, index, axis=dim)


def gather(x: A, dim: int, index: A) -> A:
    places = np.asarray(unwrapped(index))
    cut = tuple(slice(None) if i == dim % places.ndim else slice(n) for i, n in enumerate(places.shape))
    return np.take_along_axis(x[cut], places, dim)


def take(x: A, index: A) -> A:
    return np.ravel(x)[index]


def take_along_dim(x: A, indices: A, dim: int | None = None) -> A:
    return np.take_along_axis(x, indices, dim)


def _places(index: A, dim: int) -> tuple[Any, ...]:
    where = np.asarray(unwrapped(index))
    grid: list[Any] = list(np.indices(where.shape))
    grid[dim % where.ndim] = where
    return tuple(grid)


def _cut(src: A, index: A) -> A:
    shape = np.shape(unwrapped(index))
    return src if np.ndim(unwrapped(src)) == 0 else src[tuple(slice(n) for n in shape)]


def scatter(x: A, dim: int, index: A, src: Any = None, value: Any = None) -> A:
    y = _copied(x)
    y[_places(index, dim)] = value if src is None else _cut(src, index)
    return y


def scatter_add(x: A, dim: int, index: A, src: A) -> A:
    y = _copied(x)
    np.add.at(y, _places(index, dim), _cut(src, index))
    return y


def index_add(x: A, dim: int, index: A, source: A, *, alpha: Any = 1) -> A:
    y = _copied(np.moveaxis(x, dim, 0))
    np.add.at(y, np.asarray(unwrapped(index)), np.moveaxis(source, dim, 0) * alpha)
    return np.moveaxis(y, 0, dim)


def index_copy(x: A, dim: int, index: A, source: A) -> A:
    y = _copied(np.moveaxis(x, dim, 0))
    y[np.asarray(unwrapped(index))] = np.moveaxis(source, dim, 0)
    return np.moveaxis(y, 0, dim)


def _copied(x: A) -> A:
    return x.copy()


def unfold(x: A, dimension: int, size: int, step: int) -> A:
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=dimension)
    return np.moveaxis(np.moveaxis(windows, dimension, 0)[::step], 0, dimension)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[A, ...]:
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    mode: Any = indexing
    return tuple(np.meshgrid(*given, indexing=mode))


#: torch's ways of padding by NumPy's names.
_PADS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: A, pad: Any, mode: str = "constant", value: Any = None) -> A:
    pairs = [(pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]
    widths = [(0, 0)] * (np.ndim(input) - len(pairs)) + pairs[::-1]
    inner = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(np.shape(input), widths, strict=True))
    wider = [(max(a, 0), max(b, 0)) for a, b in widths]
    filled = {"constant_values": value or 0} if mode == "constant" else {}
    way: Any = _PADS[mode]
    return np.pad(input[inner], wider, way, **filled)


def one_hot(tensor: A, num_classes: int = -1) -> A:
    if num_classes < 0:
        raise refused(
            "torch.nn.functional.one_hot without num_classes", "give the number of classes, a size or a param"
        )
    return (np.asarray(tensor)[..., None] == np.arange(num_classes)).astype(np.int64)


def to(x: A, *arguments: Any, **keywords: Any) -> A:
    """The same numbers: a definition has no precision and no device; a kind of number is kept."""
    kinds = [a for a in (*arguments, keywords.get("dtype")) if isinstance(a, (np.dtype, type))]
    kinds += [a.dtype for a in arguments if isinstance(a, (Handle, np.ndarray))]
    return _as(x, kinds[0]) if kinds else x


def _as(x: A, dtype: Any) -> A:
    return x if np.dtype(dtype).kind == x.dtype.kind else x.astype(dtype)


def type_as(x: A, other: A) -> A:
    return _as(x, other.dtype)


def of_kind(dtype: Any) -> Callable[..., A]:
    """A method as ``float()``."""
    return lambda x: _as(x, dtype)


def same(x: A, *unused: Any, **ignored: Any) -> A:
    """What a definition knows no difference of: memory, graphs, devices."""
    return x


def numel(x: A) -> int:
    return int(np.size(x))


def dim(x: A) -> int:
    return int(np.ndim(x))


def clone(x: A, **unused: Any) -> A:
    return x.copy()


# --- makers ---


def _maker(function: Any) -> Callable[..., A]:
    make = making(function)

    def made(*shape: Any, dtype: Any = None, **unused: Any) -> A:
        return make(flat(shape) if shape else flat((unused["size"],)), dtype=dtype or float)

    return made


zeros, ones, empty = _maker(np.zeros), _maker(np.ones), _maker(np.zeros)


def full(size: Any, fill_value: Any, *, dtype: Any = None, **unused: Any) -> A:
    return making(np.full)(flat((size,)), fill_value, dtype=dtype)


def arange(*bounds: Any, dtype: Any = None, **unused: Any) -> A:
    return handled(np.arange(*bounds, dtype=dtype))


def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, **unused: Any) -> A:
    return handled(np.linspace(start, end, steps))


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **unused: Any) -> A:
    return handled(np.logspace(start, end, steps, base=base))


def eye(n: int, m: int | None = None, *, dtype: Any = None, **unused: Any) -> A:
    return making(np.eye)(n, m, dtype=dtype or float)


def as_tensor(data: Any, dtype: Any = None, **unused: Any) -> A:
    return handled(built(data)) if dtype is None else _as(handled(built(data)), dtype)


def zeros_like(x: A, **unused: Any) -> A:
    return making(np.zeros)(np.shape(x))


def ones_like(x: A, **unused: Any) -> A:
    return making(np.ones)(np.shape(x))


def full_like(x: A, fill_value: Any, **unused: Any) -> A:
    return making(np.full)(np.shape(x), fill_value)


def new_zeros(x: A, *shape: Any, **unused: Any) -> A:
    return zeros(*shape)


def new_ones(x: A, *shape: Any, **unused: Any) -> A:
    return ones(*shape)


def new_full(x: A, size: Any, fill_value: Any, **unused: Any) -> A:
    return full(size, fill_value)


def new_tensor(x: A, data: Any, **unused: Any) -> A:
    return as_tensor(data)


def tril_indices(row: int, col: int, offset: int = 0, **unused: Any) -> A:
    return np.stack(np.tril_indices(row, offset, col))


def triu_indices(row: int, col: int, offset: int = 0, **unused: Any) -> A:
    return np.stack(np.triu_indices(row, offset, col))


def _window(function: Callable[[int], Any]) -> Callable[..., A]:
    def window(window_length: int, periodic: bool = True, **unused: Any) -> A:
        return handled(function(window_length + 1)[:-1] if periodic else function(window_length))

    return window


hann_window, hamming_window = _window(np.hanning), _window(np.hamming)
bartlett_window = _window(np.bartlett)
