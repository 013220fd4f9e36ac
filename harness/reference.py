"""Every key of a spec and every word it may hold -> the page that says what each means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness import expressions, fills, laws, vocabulary
from harness.specs.documents import schema

#: The keys whose values are mappings of their own, with where such a mapping stands.
_PARTS = {
    "Document": "A spec",
    "InputDocument": "`inputs: {name: ...}`",
    "OutputDocument": "`outputs: {name: ...}`",
    "ErrorDocument": "`error:`",
    "InvalidDocument": "an entry of `invalid:`",
    "CandidateDocument": "`candidates: {name: ...}`",
    "UnsupportedDocument": "an entry of a candidate's `unsupported:`",
    "KnownDocument": "an entry of `known:`",
}

_HEAD = """\
# Specs: every key and every word

Printed by `harness schema --format markdown`, from what reads specs. Which of them to use when is told by
[adding_an_op.md](adding_an_op.md).
"""


def reference() -> str:
    """The page, in Markdown."""
    whole = schema()
    parts: Mapping[str, Any] = {**whole["$defs"], "Document": whole}
    keys = (line for name, place in _PARTS.items() for line in _part(parts[name], place))
    return "\n".join([_HEAD, *keys, *_words()])


def _part(part: Mapping[str, Any], place: str) -> Iterator[str]:
    due = part.get("required", ())
    yield from (f"## {place}", "", part["description"], "", "| key | | what it says |", "|---|---|---|")
    for name, field in part["properties"].items():
        yield f"| `{name}` | {'' if name not in due else 'required'} | {_cell(field['description'])} |"
    yield ""


def _words() -> Iterator[str]:
    filled = {name: make.__doc__ or "" for name, (make, _) in fills.FILLS.items()}
    stated = {name: laws.statement(name) for name in laws.LAWS}
    yield from _table("Fills", "What stands in the inputs.", filled)
    yield f"`{vocabulary.VALUES}1_0_-0.5` is the entries themselves, over again where they are too few."
    yield ""
    yield from _table("Layouts", "How the inputs lie in memory.", vocabulary.LAYOUTS)
    yield from _table("Domains", "Where an input's entries lie; fills are taken there.", vocabulary.DOMAINS)
    yield from _table("Error models", "What the bound is mainly made of.", vocabulary.MODELS)
    yield from _table("Algorithms", "How a candidate computes.", vocabulary.ALGORITHMS)
    yield from _table("Laws", "What must hold.", stated)
    judged, whole = (", ".join(f"`{name}`" for name in names) for names in (vocabulary.JUDGED, vocabulary.INTEGERS))
    yield from ("## Dtypes", "", f"Of a grid: {judged}. Of inputs and outputs also {whole}.", "")
    yield from ("## Expressions", "", f"One line of {expressions.ALLOWED}; no calls. Names stand for integers, texts,")
    yield from ("truth values and lists, as the case has them: `(H + 2 * padding[0] - kH) // stride + 1`.",)


def _table(title: str, about: str, words: Mapping[str, str]) -> Iterator[str]:
    yield from (f"## {title}", "", about, "", "| word | |", "|---|---|")
    yield from (f"| `{word}` | {_cell(meaning.strip().splitlines()[0])} |" for word, meaning in words.items())
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")
