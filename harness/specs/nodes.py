"""YAML 1.2, core schema -> nodes with marks: every value with where it stands, without recursion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.specs.errors import SpecError, SpecErrors, shown
from harness.specs.files import decode, read_bytes
from harness.vocabulary import NAME

#: Most nodes a spec may have, aliases expanded.
MAX_NODES = 200_000
#: Deepest nesting of lists and mappings, aliases expanded.
MAX_DEPTH = 40
#: Most aliases in a file.
MAX_ALIASES = 100
#: Longest number, in characters.
MAX_DIGITS = 300

#: The address of a value: keys and positions, from the root.
Loc = tuple[str | int, ...]


@dataclass(slots=True)
class Node:
    """A value with where it stands; ``inset`` is the column of a scalar's text, where that is one stretch of a line."""

    line: int
    column: int
    value: Any = None
    inset: int | None = None
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1
    height: int = 1
    anchor: str | None = None
    key: tuple[str, tuple[int, int]] | None = None

    @property
    def mark(self) -> tuple[int, int]:
        return self.line, self.column

    def at(self, loc: Sequence[str | int]) -> Node:
        """The node at that address; a step that leads nowhere is left out."""
        node = self
        for step in loc:
            node = node.children.get(step) or node.children.get(f"{step}?") or node
        return node

    def rename(self, name: str, right: str) -> bool:
        """Gives a child another name, where it is there and the name is free."""
        if name not in self.keys or right in self.keys or not NAME.fullmatch(right):
            return False
        self.children[right] = self.children.pop(name)
        self.keys[right] = self.keys.pop(name)
        self.value[right] = self.value.pop(name)
        return True

    def key_at(self, loc: Sequence[str | int]) -> tuple[int, int]:
        """Where the key stands that the last step of that address names."""
        node = self.at(loc[:-1])
        return node.keys.get(str(loc[-1])) or node.keys.get(f"{loc[-1]}?") or self.at(loc).mark


def within(node: Node, column: int) -> tuple[int, int]:
    """Line and column of a place within a scalar's text; the node's own where its text is not one stretch."""
    if column and node.inset is not None:
        return node.line, node.inset + column - 1
    return node.mark


def position(path: Path, loc: Loc) -> tuple[int, int]:
    """Line and column of a field of a file that was read before; its start where it has changed since."""
    root = _reread(path)
    return root.at(loc).mark if root else (1, 1)


def key_position(path: Path, loc: Loc) -> tuple[int, int]:
    """Line and column of the key of such a field."""
    root = _reread(path)
    return root.key_at(loc) if root else (1, 1)


def _reread(path: Path) -> Node | None:
    try:
        return Composer(str(path), []).compose(decode(str(path), read_bytes(path)))
    except SpecErrors:
        return None


def _unreadable(error: yaml.MarkedYAMLError, text: str, line: int, column: int) -> str:
    """What is wrong with text that is no YAML, and what to do about it."""
    problem = error.problem or error.context or "unreadable"
    here = "".join(text.splitlines()[line - 1 : line])
    match problem:
        case "found character that cannot start any token":
            if here[: column - 1].strip() or here[column - 1 : column] != "\t":
                return f"text cannot begin with `{shown(here[column - 1 : column])}`; put it in quotes"
            return "a tab; indent by spaces"
        case "mapping values are not allowed in this context":
            causes = "a `:` within a value, a line that is indented too far, or one before it without `: `"
            return f"{causes}; put text with `: ` in quotes"
        case "could not find expected ':'" if error.context_mark:
            return f"line {error.context_mark.line + 1} has no `: `, expected `key: value`"
        case "did not find expected key" | "did not find expected <document start>":
            return "a line that is not indented as those beside it"
        case _ if problem.startswith("did not find expected ','") and error.context_mark:
            at = f"line {error.context_mark.line + 1}, column {error.context_mark.column + 1}"
            return f"expected {problem.removeprefix('did not find expected ')} here; what opens at {at} is not closed"
    return problem


_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def _scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2: ``no`` is text, ``1e-5`` a float, ``010`` ten."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "+-.0123456789":
        return text
    if special := _SPECIAL.fullmatch(text):
        return float("nan") if special[1] is None else float(f"{special[1]}inf")
    numeric, whole = _FLOAT.fullmatch(text), _INT.fullmatch(text)
    if (numeric or whole) and len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; at most {MAX_DIGITS} are allowed")
    if whole:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text) if numeric else text


class Composer:
    """Parser events -> one tree of nodes, without recursion; bounds what aliases make of a file."""

    def __init__(self, path: str, errors: list[SpecError]) -> None:
        self.path, self.errors = path, errors
        self.open: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.root: Node | None = None
        self.aliases = self.nodes = 0

    def compose(self, text: str) -> Node:
        """The root of the file's only document. Raises SpecErrors."""
        try:
            for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                self.take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise self.stop(f"not YAML: {_unreadable(error, text, line, column)}", line, column) from None
        except (yaml.YAMLError, ValueError) as error:
            raise self.stop(f"not YAML: {error}", 1, 1) from None
        if self.root is None or self.root.value is None:
            raise self.stop("an empty file; a spec is a mapping with at least `op`", 1, 1)
        return self.root

    def stop(self, message: str, line: int, column: int) -> SpecErrors:
        """That error, with those found before it."""
        return SpecErrors([*self.errors, SpecError(self.path, line, column, message)])

    def take(self, event: Any) -> None:
        """One event: opens, closes or adds a node."""
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        match event:
            case yaml.ScalarEvent():
                self.add(self.scalar(event, Node(line, column, anchor=event.anchor)))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self.refuse_tag(event)
                value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                self.open.append(Node(line, column, value, anchor=event.anchor))
                self.bounded(self.open[-1], line, column)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.add(self.open.pop())
            case yaml.AliasEvent():
                self.add(self.alias(event.anchor, line, column), line, column)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise self.stop("a second document; a file holds one spec", line, column)

    def refuse_tag(self, event: Any) -> None:
        """A tag could name a type; values are plain."""
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            raise self.stop(f"the tag `{shown(tag)}` is refused; values are plain", line, column)

    def scalar(self, event: Any, node: Node) -> Node:
        """Text, number, truth value or null, by the core schema."""
        self.refuse_tag(event)
        plain = event.implicit[0]
        if event.start_mark.line == event.end_mark.line and event.style not in ("|", ">"):
            node.inset = node.column if plain else node.column + 1
        try:
            node.value = _scalar(event.value) if plain else event.value
        except ValueError as error:
            raise self.stop(str(error), node.line, node.column) from None
        return node

    def alias(self, name: str | None, line: int, column: int) -> Node:
        """The node an alias stands for."""
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise self.stop(f"more than {MAX_ALIASES} aliases", line, column)
        if name is None or name not in self.anchors:
            message = f'the alias `*{shown(name)}` has no anchor before it; a splat stands in quotes: "*{shown(name)}"'
            raise self.stop(message, line, column)
        return self.anchors[name]

    def add(self, node: Node, line: int = 0, column: int = 0) -> None:
        """A finished node, to the list or mapping that is open."""
        line, column = line or node.line, column or node.column
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent.value, list):
            self.put(parent, len(parent.value), node)
            parent.value.append(node.value)
        elif parent.key is None:
            parent.key = self.named(node, line, column), (line, column)
        else:
            (key, mark), parent.key = parent.key, None
            if key in parent.keys:
                message = f"the key `{shown(key)}` stands twice; first at line {parent.keys[key][0]}"
                self.errors.append(SpecError(self.path, *mark, message))
            else:
                self.put(parent, key, node)
                parent.keys[key] = mark
                parent.value[key] = node.value
        self.bounded(parent, line, column)

    def named(self, node: Node, line: int, column: int) -> str:
        """The name that a mapping's key is."""
        if isinstance(node.value, (list, dict)):
            raise self.stop("a list or mapping as a key, expected a name", line, column)
        return node.value if isinstance(node.value, str) else shown(node.value)

    def put(self, parent: Node, key: str | int, node: Node) -> None:
        """A child under its parent, which grows by it."""
        parent.children[key] = node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)

    def bounded(self, node: Node, line: int, column: int) -> None:
        """Refuses what is too deep or too large once aliases are expanded."""
        self.nodes += 1
        if len(self.open) + node.height - 1 > MAX_DEPTH:
            raise self.stop(f"nested more than {MAX_DEPTH} deep", line, column)
        if max(self.nodes, node.size) > MAX_NODES:
            raise self.stop(f"more than {MAX_NODES} nodes, aliases expanded", line, column)
