"""No room decides by reading what another wrote for people."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[1] / "harness"

#: What holds words for people.
MESSAGES = frozenset({"message", "words", "because", "why", "said", "known", "doubt", "error", "reason", "detail"})

#: What takes a text apart, or looks into it.
LOOKING = frozenset({"startswith", "endswith", "find", "index", "count", "partition", "rpartition", "split", "rsplit"})
PATTERNS = frozenset({"search", "match", "fullmatch", "findall", "finditer", "split"})

#: Where a column of words is taken apart by the room that writes it: the number before an entry's reason.
WRITERS = {"ledger.py": "known", "repro/__init__.py": "known"}


def decisions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of everything that looks into words for people."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]) if _text(left) and _worded(
                right
            ):
                yield node.lineno, ast.unparse(node)
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]) if _words(left) and _text(
                right
            ):
                yield node.lineno, ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[_, *_]) if attr in LOOKING and _worded(
                value
            ):
                yield node.lineno, ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=ast.Name("re"), attr=attr), args=args) if attr in PATTERNS:
                if any(_worded(a) for a in args[1:]):
                    yield node.lineno, ast.unparse(node)


def _text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def _worded(node: ast.AST) -> bool:
    """Whether an expression is an error as text, or a column of words."""
    match node:
        case ast.Call(func=ast.Name("str"), args=[ast.Name(name)]):
            return name in MESSAGES
        case _:
            return _words(node)


def _words(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=attr):
            return attr in MESSAGES
        case ast.Subscript(slice=ast.Constant(str(name))):
            return name in MESSAGES
        case _:
            return False


@pytest.mark.parametrize(
    "line",
    [
        'if "read-only" in str(error): ...',
        'if "read-only" not in row.message: ...',
        're.search("x", row["message"])',
        'row.message.partition(": ")',
        'row.message == "shape"',
        'row["known"].startswith("3")',
    ],
)
def test_a_decision_by_words_is_seen(line: str) -> None:
    assert list(decisions(ast.parse(line)))


def test_nothing_is_decided_by_words() -> None:
    found = []
    for path in sorted(HARNESS.rglob("*.py")):
        room = path.relative_to(HARNESS).as_posix()
        for line, text in decisions(ast.parse(path.read_text(encoding="utf-8"))):
            if WRITERS.get(room, "\0") not in text:
                found.append(f"{room}:{line}: {text}")
    assert not found
