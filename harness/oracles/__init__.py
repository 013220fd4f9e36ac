"""Case, arrays -> what is due: values, derivatives, and how far from them a right implementation may be.

- answers: what is due, entry by entry, and several of it as one
- formulas: dotted path -> the definition, and formulas that are as right
- entrywise: whether a definition is a function of each entry by itself
- overflows: where a definition's steps leave the range of numbers, though its result is one
- oracle: a definition at a case's inputs -> answers
"""

from harness.oracles.answers import Answer, combined, paired
from harness.oracles.entrywise import entrywise
from harness.oracles.formulas import defaults, definition, signature, spoken
from harness.oracles.oracle import Oracle, OracleError, TooManySteps

__all__ = [
    "Answer",
    "Oracle",
    "OracleError",
    "TooManySteps",
    "combined",
    "defaults",
    "definition",
    "entrywise",
    "paired",
    "signature",
    "spoken",
]
