"""Columns of words <-> codes: a word that stands in many rows is kept once, sorted among the words of its column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
import pandas

#: The columns of a table of verdicts whose words stand in many rows.
CODED = ("op", "case", "candidate", "law", "subject", "scenario", "status", "grade", "at", "blame", "known", "notes")


def categories(codes: numpy.ndarray, words: list[str]) -> pandas.Categorical:
    """A coded column of distinct words in any order and the code of each row."""
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = numpy.empty(len(words), dtype=numpy.int32)
    rank[order] = numpy.arange(len(words), dtype=numpy.int32)
    return pandas.Categorical.from_codes(rank[codes], categories=_index([words[at] for at in order]))


def _index(words: list[str]) -> pandas.Index:
    return pandas.Index(words, dtype="str" if words else object)


def coded(column: pandas.Series) -> pandas.Series:
    """A column of words, coded; one that is so already is not copied. What is missing is the empty word."""
    if isinstance(column.dtype, pandas.CategoricalDtype):
        return column
    codes, words = pandas.factorize(column.fillna("").astype(str))
    return pandas.Series(categories(codes, [str(word) for word in words]), index=column.index)


def plain(table: pandas.DataFrame) -> pandas.DataFrame:
    """The table with its words written out in every row."""
    return pandas.DataFrame({name: written_out(table[name]) for name in table}, copy=False)


def written_out(column: pandas.Series) -> pandas.Series:
    """A column with its words written out in every row; one that is so already is not copied."""
    return column.astype(str) if isinstance(column.dtype, pandas.CategoricalDtype) else column


def valued(column: pandas.Series, numbers: Mapping[Any, int], otherwise: int) -> numpy.ndarray:
    """The number of each row's word, ``otherwise`` where it has none. Shape ``(len(column),)``, int8."""
    codes, words = pandas.factorize(column)
    found = numpy.array([*(numbers.get(word, otherwise) for word in words), otherwise], dtype=numpy.int8)
    return found[codes]


def relabelled(column: pandas.Series, names: Mapping[str, str]) -> pandas.Series:
    """A coded column whose words are called as ``names`` says; several words may come to be one."""
    called = [names.get(word, word) for word in column.cat.categories]
    place = {word: at for at, word in enumerate(dict.fromkeys(called))}
    codes = numpy.array([place[word] for word in called], dtype=numpy.int32)[column.cat.codes]
    return pandas.Series(categories(codes, list(place)), index=column.index)


def alike(one: pandas.Series, other: pandas.Series) -> tuple[pandas.Series, pandas.Series]:
    """Two columns, coded by the same words, of which the empty one is one."""
    words = _index(sorted({*one.cat.categories, *other.cat.categories, ""}))
    return one.cat.set_categories(words), other.cat.set_categories(words)


def constant(word: str, like: pandas.Series, index: pandas.Index) -> pandas.Series:
    """A column of one word, coded as another column is."""
    codes = numpy.full(len(index), like.cat.categories.get_loc(word), dtype=numpy.int32)
    return pandas.Series(pandas.Categorical.from_codes(codes, categories=like.cat.categories), index=index)
