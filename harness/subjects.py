"""What a row speaks of: values of a closed union, and the text that stands for each in files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Whole:
    """The call as a whole."""


@dataclass(frozen=True)
class Output:
    """An output, by name."""

    name: str


@dataclass(frozen=True)
class Input:
    """An input, by name."""

    name: str


@dataclass(frozen=True)
class Gradient:
    """What reverse mode gives for an input, by the input's name, of first or second order."""

    name: str


@dataclass(frozen=True)
class Tangent:
    """What forward mode gives for an output, by the output's name."""

    name: str


@dataclass(frozen=True)
class State:
    """What all code of a process shares."""


@dataclass(frozen=True)
class Ledger:
    """An entry of a spec's ``known:``."""


#: The scenario of values at other sizes, dtypes and params than those of the case beside which they are asked for.
OTHER_KINDS = "of other kinds"

#: The scenario of values where params are left out.
BY_DEFAULT = "by default"

#: The scenario of values at other sizes, after another op's function was called with the same inputs.
SIBLINGS = "after another op"

#: The scenarios of values at other draws of a case's inputs: alone, put in the place of the inputs, beside them.
OTHERS, OVERWRITTEN, THREADS = "of other inputs", "of overwritten inputs", "in two threads"

#: The scenarios whose values are not those of the case's own inputs.
ELSEWHERE = frozenset({OTHER_KINDS, SIBLINGS, OTHERS, OVERWRITTEN, THREADS})

Subject = Whole | Output | Input | Gradient | Tangent | State | Ledger

_NAMED: dict[str, type[Output | Input | Gradient | Tangent]] = {
    "output ": Output,
    "input ": Input,
    "gradient of ": Gradient,
    "tangent of ": Tangent,
}
_ALONE: dict[str, Subject] = {"": Whole(), "state": State(), "ledger": Ledger()}
_SAID_ONCE: dict[str, Subject] = {"output": Output("output"), "input": Input("input")}
_WORDS = {kind: word for word, kind in _NAMED.items()} | {type(one): word for word, one in _ALONE.items()}

#: What stands for an entry of the ledger.
LEDGER = "ledger"


def text(subject: Subject) -> str:
    """What stands for a subject in a file: ``gradient of weight``; an output or input that is called so has one word."""
    match subject:
        case Output(name) | Input(name) if _SAID_ONCE.get(name) == subject:
            return name
        case Output(name) | Input(name) | Gradient(name) | Tangent(name):
            return _WORDS[type(subject)] + name
        case _:
            return _WORDS[type(subject)]


def said_now(text: str) -> str:
    """A subject's text as it is written now; older files say `output output` of an output of that name.

    >>> said_now("output output"), said_now("gradient of input")
    ('output', 'gradient of input')
    """
    first, _, rest = text.partition(" ")
    return first if first == rest and first in _SAID_ONCE else text


def subject(text: str) -> Subject:
    """The subject that a text stands for. Raises ValueError where it stands for none."""
    if text in _SAID_ONCE:
        return _SAID_ONCE[text]
    for word, kind in _NAMED.items():
        if text.startswith(word):
            return kind(text.removeprefix(word))
    if text not in _ALONE:
        raise ValueError(f"expected a subject such as `output y`, `gradient of x` or `state`, got `{text}`")
    return _ALONE[text]


def name(text: str) -> str:
    """The name of the input or output in a subject's text; empty where it names none."""
    match subject(text):
        case Output(name) | Input(name) | Gradient(name) | Tangent(name):
            return name
        case _:
            return ""
