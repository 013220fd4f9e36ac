"""Table -> text that a browser unpacks fast: dictionary-encoded, typed, deflated, base64.

Layout before compression: the length of the manifest (uint32), the manifest (JSON), then blobs, each beginning at a
multiple of 8. A text column is codes into its own dictionary (one UTF-8 text and the lengths of its entries in UTF-16
units, as JavaScript counts); codes wider than a byte are stored as differences. A number column is one typed array.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy
import pandas

#: Deflate's effort; 6 is zlib's own choice between speed and size.
LEVEL = 6

#: Entries of a dictionary that are text of their own at once.
PIECE = 20_000

_ALIGNMENT = 8


def pack(columns: Mapping[str, pandas.Series], facts: Mapping[str, Any]) -> str:
    """The columns, and ``facts`` as JSON beside them, as one base64 text."""
    blobs = _Blobs()
    described = {name: _column(blobs, column) for name, column in columns.items()}
    rows = len(next(iter(columns.values()))) if columns else 0
    manifest = json.dumps({"rows": rows, "columns": described, "facts": plain(facts)}).encode()
    head = numpy.uint32(len(manifest)).tobytes() + manifest
    return base64.b64encode(b"".join(_deflated(blobs.after(head + bytes(-len(head) % _ALIGNMENT))))).decode()


def _deflated(parts: list[bytes]) -> Iterator[bytes]:
    """The parts one after the other, deflated; each is let go of once it is read."""
    packer = zlib.compressobj(LEVEL)
    parts.reverse()
    while parts:
        yield packer.compress(parts.pop())
    yield packer.flush()


def plain(value: Any) -> Any:
    """The value as JSON can say it: arrays as lists, what is not finite and what is complex as text."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case str() | bool() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case numpy.ndarray() | numpy.generic():
            return plain(value.tolist())
        case _:
            return str(value)


class _Blobs:
    """Bytes laid one after the other, each beginning where a typed array may."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0

    def after(self, head: bytes) -> list[bytes]:
        """The head and all bytes, which are held no longer here."""
        parts, self.parts = [head, *self.parts], []
        return parts

    def add(self, array: numpy.ndarray) -> list[int]:
        """Where the array's bytes begin and how many entries it has."""
        content = array.tobytes()
        padded = content + bytes(-len(content) % _ALIGNMENT)
        begin = self.length
        self.parts.append(padded)
        self.length += len(padded)
        return [begin, int(array.size)]


def _column(blobs: _Blobs, column: pandas.Series) -> dict[str, Any]:
    if column.dtype.kind in "fiu":
        array = column.to_numpy()
        return {"type": array.dtype.name, "at": blobs.add(array)}
    codes, entries = pandas.factorize(column, sort=True)
    narrow = codes.astype(_width(len(entries)))
    del codes
    text, lengths = _words(entries)
    if narrow.itemsize > 1:
        narrow = numpy.diff(narrow, prepend=narrow.dtype.type(0))
    return {
        "type": "text",
        "codes": narrow.dtype.name,
        "at": blobs.add(narrow),
        "lengths": blobs.add(lengths),
        "text": blobs.add(numpy.frombuffer(text, dtype=numpy.uint8)),
    }


def _words(entries: pandas.Index) -> tuple[bytes, numpy.ndarray]:
    """The entries as one text, and how long each is."""
    texts: list[bytes] = []
    lengths = numpy.empty(len(entries), dtype=numpy.uint32)
    for at in range(0, len(entries), PIECE):
        piece = list(map(_clean, entries[at : at + PIECE]))
        text = "".join(piece)
        texts.append(text.encode())
        lengths[at : at + len(piece)] = list(map(len if text.isascii() else _utf16, piece))
    return b"".join(texts), lengths


def _width(count: int) -> type[numpy.unsignedinteger[Any]]:
    if count <= 2**8:
        return numpy.uint8
    return numpy.uint16 if count <= 2**16 else numpy.uint32


def _clean(entry: Any) -> str:
    text = "" if entry is None or entry != entry else str(entry)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _utf16(word: str) -> int:
    return len(word) if word.isascii() else len(word.encode("utf-16-le")) // 2
