"""Values <-> frames of bytes: a header of JSON, then raw buffers. Nothing that is read can execute.

A frame is ``magic, length of header, length of buffers`` (``FRAME``), the header in UTF-8, the buffers one after the
other. The header is ``{"arrays": [[dtype, shape, start, bytes], ...], "value": ...}``; in the value an array is ``{"$array":
number}``, a tuple ``{"$tuple": [...]}``, one of the registered dataclasses ``{"$type": name, field: ...}``. docs/protocol.md
is the reference.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

import numpy as np

try:
    import ml_dtypes
except ImportError:  # a host of another interpreter may lack it: two bytes as they are then stand for a bfloat16
    ml_dtypes = None

#: The version of the protocol: a host of another one is refused.
VERSION = 1

#: The head of a frame: four bytes that no text begins with, the lengths of header and buffers.
FRAME = struct.Struct("<4sQQ")
MAGIC = b"\x93HA" + bytes([VERSION])

#: Bytes of a header beyond which a frame is refused.
MOST_HEADER = 2**26

BFLOAT16: np.dtype[Any] = np.dtype("V2") if ml_dtypes is None else np.dtype(ml_dtypes.bfloat16)

#: Kinds of entries that cross.
KINDS = "biufc"


class WireError(Exception):
    """What came is no frame of this protocol."""


#: Fields whose values hold tuples at any depth, which JSON has not.
_DEEP = frozenset({"keywords", "vjp_keywords", "notes"})


class Codec:
    """Encodes and decodes values of some registered dataclasses."""

    def __init__(self, types: Iterable[type]) -> None:
        self._types = {t.__name__: t for t in types}
        self._fields = {t: tuple(f.name for f in dataclasses.fields(t) if f.init) for t in self._types.values()}

    def encode(self, value: Any) -> list[Any]:
        """The frame of a value, as pieces to be written one after the other. Raises WireError."""
        buffers = _Buffers()

        def plain(x: Any) -> Any:
            if isinstance(x, (np.ndarray, np.generic)):
                return buffers.placed(x)
            if (names := self._fields.get(type(x))) is not None:
                return {"$type": type(x).__name__} | {name: _field(name, getattr(x, name)) for name in names}
            if isinstance(x, Mapping):
                return dict(x)
            raise WireError(f"expected a value of the protocol, got {type(x).__name__}")

        try:
            tree = json.dumps(_deep(value), default=plain, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise WireError(str(error)) from error
        header = f'{{"arrays":{json.dumps(buffers.described)},"value":{tree}}}'.encode()
        return [FRAME.pack(MAGIC, len(header), buffers.size), header, *buffers.pieces]

    def decode(self, header: bytes, body: bytes) -> Any:
        """The value of a frame; its arrays are read-only views of ``body``. Raises WireError."""
        try:
            return self._decoded(header, body)
        except WireError:
            raise
        except Exception as error:
            raise WireError(f"{type(error).__name__}: {error}") from error

    def _decoded(self, header: bytes, body: bytes) -> Any:
        read = json.loads(header)
        there = [_array(described, body) for described in read["arrays"]]
        types = self._types

        def value(plain: Any) -> Any:
            kind = type(plain)
            if kind is list:
                return [value(v) for v in plain]
            if kind is not dict:
                return plain
            if "$array" in plain:
                return there[plain["$array"]]
            if "$tuple" in plain:
                return tuple([value(v) for v in plain["$tuple"]])
            name = plain.pop("$type", None)
            fields = {k: value(v) for k, v in plain.items()}
            return fields if name is None else types[name](**fields)

        return value(read["value"])


class _Buffers:
    """The arrays of a frame, each once."""

    def __init__(self) -> None:
        self.described: list[list[Any]] = []
        self.pieces: list[Any] = []
        self.size = 0
        self._kept: list[Any] = []
        self._places: dict[int, dict[str, int]] = {}

    def placed(self, x: Any) -> dict[str, int]:
        """What stands for an array in the header."""
        known = self._places.get(id(x))
        if known is None:
            text, flat = _dtype_text(x.dtype), np.ascontiguousarray(x)
            self._kept.append(x)
            self.pieces.append(flat.reshape(-1).view(np.uint8).data if flat.size else b"")
            known = self._places[id(x)] = {"$array": len(self.described)}
            self.described.append([text, x.shape, self.size, flat.nbytes])
            self.size += flat.nbytes
        return known


def _field(name: str, value: Any) -> Any:
    """A field's value, its tuples told apart from lists."""
    return _deep(value) if name in _DEEP or type(value) in (tuple, list) else value


def _deep(value: Any) -> Any:
    if isinstance(value, tuple):
        return {"$tuple": [_deep(v) for v in value]}
    if isinstance(value, list):
        return [_deep(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _deep(v) for k, v in value.items()}
    return value


def head(raw: bytes) -> tuple[int, int]:
    """The lengths of header and buffers. Raises WireError where it is no frame's head."""
    magic, header, body = FRAME.unpack(raw)
    if magic != MAGIC:
        raise WireError(f"expected a frame of protocol {VERSION}, got {magic!r}")
    if header > MOST_HEADER:
        raise WireError(f"expected a header of at most {MOST_HEADER} bytes, got {header}")
    return header, body


def _dtype_text(dtype: np.dtype[Any]) -> str:
    if dtype == BFLOAT16:
        return "bfloat16"
    if dtype.kind not in KINDS:
        raise WireError(f"expected numbers, got an array of {dtype}")
    return dtype.str


def _array(described: Any, body: bytes) -> Any:
    text, shape, start, size = described
    dtype = BFLOAT16 if text == "bfloat16" else np.dtype(text)
    if dtype != BFLOAT16 and dtype.kind not in KINDS:
        raise WireError(f"expected numbers, got an array of {text}")
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != size or start < 0 or start + size > len(body):
        raise WireError(f"expected {prod(shape) * dtype.itemsize} bytes of {text} {tuple(shape)}, got {size}")
    return np.frombuffer(body, dtype, count=prod(shape), offset=start).reshape(shape)
