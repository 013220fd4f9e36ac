"""What a reader may not know -> what it means, in the order in which it is met."""

from __future__ import annotations

#: What a reader may not know, in the order in which it is met.
WORDS = (
    ("candidate", "An implementation that claims to be the op."),
    ("oracle", "The right answer, computed from the op's definition in more digits than any candidate has."),
    ("bound", "How far rounding alone can bring a right implementation from the right answer, derived for each entry."),
    ("margin", "The error in units of its bound: up to 1 is right, above 1 no order of roundings explains it."),
    ("ulps", "The error in units in the last place of the unrounded value."),
    ("law", "What must hold of every candidate: of values, gradients, dtypes, memory, repeated calls; listed below."),
    ("conforms", "The law holds there: what was compared lies within its bound."),
    (
        "deviates, fails",
        "Something else than expected came back; no result came where one is expected, or the reverse.",
    ),
    ("crashed, timed out", "The candidate ended its process, or did not answer."),
    ("known", "Wrong, and listed in the spec with a reason. It is red again once it is wrong in another way."),
    (
        "not believed, doubted",
        "Within its bound, and a wrong answer would be, too: the right one is constant, or smaller than its bound. No evidence.",
    ),
    (
        "inconclusive",
        "The oracle could not decide, a witness objects, or the candidate was asked no more: it had ended or hung too often.",
    ),
    (
        "unsupported, not offered",
        "Not asked: the spec, the user, the library or the candidate itself says that it is not offered, or what it needs"
        " is not here.",
    ),
    ("not judged", "Cases of which no row decides anything: all are inconclusive or not believed."),
    (
        "without a result",
        "Of the wrong and known cases those at which no result came: an exception, an end of the process, silence.",
    ),
    (
        "grade",
        "Which bound was met: of random roundings, of data in any order, of the worst roundings, of a norm;"
        " whether digits are lost by a formula that cancels.",
    ),
    ("consequence", "Wrong where the value at the same case is wrong too: folded under it."),
    ("vjp, jvp", "Vector-Jacobian and Jacobian-vector product: reverse and forward mode."),
    ("kill matrix", "Wrong candidates written on purpose, and which laws find them."),
)

#: What is said of laws that relate two calls of a candidate.
BITS = (
    "Same bits: two answers were compared, and all their bits are the same. Other bits: they differ, and both are within the"
    " bound. Right: within the bound, and nobody compared bits. Not asked: no case asks that of this candidate."
)
