"""Rows in any order -> the sorted table of verdicts, its repeated words as codes; the table -> CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import numpy
import pandas

from harness.coding import CODED, categories
from harness.model import COLUMNS
from harness.store.file import FLOATS, KEY, MEASURED, PIECE_ROWS

#: What a CSV quotes.
_QUOTED = re.compile('[",\r\n]')


class _Words:
    """A column of words, each kept once and numbered as it is met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._pieces: list[numpy.ndarray] = []

    def add(self, values: Sequence[str]) -> None:
        numbers = self._numbers
        codes = [numbers.setdefault(word, len(numbers)) for word in values]
        self._pieces.append(numpy.array(codes, dtype=numpy.int32))

    def column(self) -> pandas.Series:
        codes = numpy.concatenate(self._pieces or [numpy.zeros(0, dtype=numpy.int32)])
        return pandas.Series(categories(codes, list(self._numbers)))


class _Values:
    """A column of floats, or of texts of which few are alike."""

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype
        self._pieces: list[pandas.Series] = []

    def add(self, values: Sequence[Any]) -> None:
        self._pieces.append(pandas.Series(values, dtype=self._dtype))

    def column(self) -> pandas.Series:
        return pandas.concat(self._pieces or [pandas.Series([], dtype=self._dtype)], ignore_index=True)


def table(pieces: Iterable[Sequence[Sequence[Any]]]) -> pandas.DataFrame:
    """The rows of a store, given in pieces as columns, as a table, sorted."""
    columns = [_Words() if name in CODED else _Values("float64" if name in FLOATS else "str") for name in COLUMNS]
    for piece in pieces:
        for column, values in zip(columns, piece, strict=True):
            column.add(values)
    columns.reverse()
    found = {name: columns.pop().column() for name in COLUMNS}  # one at a time: pieces are let go of
    order = _order(found)
    for name in COLUMNS:
        found[name] = found[name].take(order).reset_index(drop=True)
    return pandas.DataFrame(found, copy=False)


def _order(columns: dict[str, pandas.Series]) -> numpy.ndarray:
    """The rows in order, those that share a key by what was measured."""
    codes = [columns[name].cat.codes.to_numpy() for name in KEY]
    order = numpy.lexsort(codes[::-1])
    if not len(order):
        return order
    alike = numpy.logical_and.reduce([one[order[1:]] == one[order[:-1]] for one in codes])
    if alike.any():
        edges = numpy.flatnonzero(numpy.diff(numpy.concatenate([[False], alike, [False]]).astype(numpy.int8)))
        shared = order[numpy.concatenate([[False], alike]) | numpy.concatenate([alike, [False]])]
        measured = zip(*(columns[name].take(shared).tolist() for name in MEASURED), strict=True)
        of = dict(zip(shared.tolist(), (tuple(map(_comparable, row)) for row in measured), strict=True))
        for first, last in zip(edges[::2], edges[1::2] + 1, strict=True):
            order[first:last] = sorted(order[first:last].tolist(), key=of.__getitem__)
    return order


def _comparable(value: Any) -> tuple[bool, Any]:
    """What is not a number comes first."""
    return (value == value, value if value == value else 0)


def write_csv(verdicts: pandas.DataFrame, file: TextIO) -> None:
    """Write a table as CSV, floats in their shortest exact form."""
    file.write(",".join(COLUMNS) + "\n")
    columns = [verdicts[name] for name in COLUMNS]
    for at in range(0, len(verdicts), PIECE_ROWS):
        pieces = (column.iloc[at : at + PIECE_ROWS] for column in columns)
        texts = [
            list(map(repr, piece.tolist())) if name in FLOATS else _fields(piece)
            for name, piece in zip(COLUMNS, pieces, strict=True)
        ]
        file.writelines(f"{line}\n" for line in map(",".join, zip(*texts, strict=True)))


def _fields(column: pandas.Series) -> list[str]:
    """A column's texts as a CSV has them; of coded ones each word is looked at once."""
    if isinstance(column.dtype, pandas.CategoricalDtype):
        codes, words = column.cat.codes.to_numpy(), column.cat.categories
        there, codes = numpy.unique(codes, return_inverse=True)
        fields: list[str] = numpy.array(_quoted(words.take(there).tolist()), dtype=object)[codes].tolist()
        return fields
    return _quoted(column.tolist())


def _quoted(texts: list[str]) -> list[str]:
    """The texts, those in quotes that would be taken apart otherwise."""
    if not _QUOTED.search("".join(texts)):
        return texts
    return ['"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text for text in texts]
