"""A SQLite file, whole or not -> the records on its pages, without SQLite (sqlite.org/fileformat2.html)."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def records(path: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Row number and values of every row on every leaf of a table (sqlite.org/fileformat2.html, sections 1.6, 2.1)."""
    pages = _pages(path)
    for number, page in pages.items():
        start = 100 if number == 1 else 0
        if page[start : start + 1] != b"\x0d":
            continue
        for n in range(int.from_bytes(page[start + 3 : start + 5])):
            cell = int.from_bytes(page[start + 8 + 2 * n : start + 10 + 2 * n])
            with contextlib.suppress(IndexError, ValueError, KeyError, struct.error):
                length, at = _varint(page, cell)
                row, at = _varint(page, at)
                yield row, _values_of(_payload(pages, page, at, length))


def _pages(path: Path) -> dict[int, bytes]:
    """The pages by number, those committed to the write-ahead log (section 4) over those of the file."""
    content = path.read_bytes()
    size = int.from_bytes(content[16:18])
    size = 65536 if size == 1 else size if size >= 512 and not size & (size - 1) else 4096
    pages = {n // size + 1: content[n : n + size] for n in range(0, len(content), size)}
    with contextlib.suppress(OSError):
        log = path.with_name(path.name + "-wal").read_bytes()
        waiting: dict[int, bytes] = {}
        for at in range(32, len(log) - 23 - size, 24 + size):
            if log[at + 8 : at + 16] != log[16:24]:
                break
            waiting[int.from_bytes(log[at : at + 4])] = log[at + 24 : at + 24 + size]
            if int.from_bytes(log[at + 4 : at + 8]):
                pages.update(waiting)
                waiting = {}
    return pages


def _payload(pages: Mapping[int, bytes], page: bytes, at: int, length: int) -> bytes:
    """The bytes of a row, gathered from its overflow pages where it is long (section 1.6)."""
    size = len(next(iter(pages.values())))
    most, least = size - 35, (size - 12) * 32 // 255 - 23
    if length <= most:
        return _cut(page, at, length)
    here = least + (length - least) % (size - 4)
    payload = _cut(page, at, here if here <= most else least)
    following = int.from_bytes(_cut(page, at + len(payload), 4))
    while following and len(payload) < length:
        payload += _cut(pages[following], 4, min(length - len(payload), size - 4))
        following = int.from_bytes(pages[following][:4])
    return _cut(payload, 0, length)


def _values_of(payload: bytes) -> tuple[Any, ...]:
    """The values of a record (section 2.1)."""
    head, at = _varint(payload, 0)
    kinds = []
    while at < head:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds:
        size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind] if kind < 10 else (kind - 12) // 2
        raw = _cut(payload, at, size)
        at += size
        if kind >= 12:
            values.append(raw.decode() if kind % 2 else raw)
        elif kind == 7:
            values.append(struct.unpack(">d", raw)[0])
        else:
            values.append({0: None, 8: 0, 9: 1}[kind] if kind in (0, 8, 9) else int.from_bytes(raw, signed=True))
    return tuple(values)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(9):
        byte = raw[at + n]
        if n == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    raise ValueError("a number without an end")


def _cut(raw: bytes, at: int, length: int) -> bytes:
    piece = raw[at : at + length]
    if len(piece) != length:
        raise IndexError("beyond the end")
    return piece
