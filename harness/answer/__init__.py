"""Rows -> what a person reads of a candidate: levels, causes with their rules, one screen of text, one document."""

from __future__ import annotations

from harness.answer.causes import Cause, Name, Smallest, named
from harness.answer.document import document
from harness.answer.groups import Manner
from harness.answer.levels import WORDS, Level, Tally
from harness.answer.summary import Answer, Said, answer
from harness.answer.text import answered, causes_of, lines, told

__all__ = [
    "WORDS",
    "Answer",
    "Cause",
    "Level",
    "Manner",
    "Name",
    "Said",
    "Smallest",
    "Tally",
    "answer",
    "answered",
    "causes_of",
    "document",
    "lines",
    "named",
    "told",
]
