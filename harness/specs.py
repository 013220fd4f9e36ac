"""YAML -> Spec: or exactly what is wrong, with line and column.

A spec is untrusted text: it is bounded, it is read without recursion, it names code but never runs any. All that is
wrong with a file is reported at once, and a file that is wrong harms no other.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import itertools
import keyword
import os
import pkgutil
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.expressions import ALWAYS, Expression, ExpressionError, parse
from harness.model import GIVEN, NONE, CandidateSpec, Input, Invalid, Known, Law, Output, Spec, Status, Value

#: Largest spec file, in bytes.
MAX_BYTES = 1 << 20
#: Most nodes a spec may have, aliases expanded.
MAX_NODES = 200_000
#: Deepest nesting of lists and mappings, aliases expanded.
MAX_DEPTH = 40
#: Most aliases in a file.
MAX_ALIASES = 100
#: Longest number, in characters.
MAX_DIGITS = 300
#: Most names bound in search of points that satisfy ``where``; beyond, the search says nothing.
MAX_BOUND = 200_000
#: Most errors reported of one file, and most names compared in search of the nearest.
MAX_ERRORS = 100
MAX_NAMES = 1000

LIBRARIES = ("numpy", "scipy", "torch")
MODELS = ("multilinear", "fft", "formula", "exact")
ALGORITHMS = ("conventional", "fft", "winograd", "3m", "low-precision-accumulation", "blocked", "strassen")
FLOATS = ("float16", "bfloat16", "float32", "float64", "longdouble")
COMPLEX = ("complex64", "complex128", "clongdouble")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8")
DTYPES = (*FLOATS, *COMPLEX, *INTEGERS)
#: A dtype that follows the case's: the same, or its real or complex partner.
RELATIVE = ("same", "real", "complex")
#: Axes that every spec has.
AXES = ("dtype", "layout", "fill")
#: What a condition on a case may name besides: the grid it is of, and the precondition it violates.
MARKS = ("grid", "invalid")
#: What a deviation may be known to be.
EXPLAINED = tuple(s for s in get_args(Status) if s not in ("conforms", "known", "fixed"))


class SpecError(Exception):
    """One thing that is wrong in one file; its text is one line, ``path:line:column: message``."""

    def __init__(self, path: str, line: int, column: int, message: str) -> None:
        super().__init__(path, line, column, message)
        self.path, self.line, self.column, self.message = path, line, column, message

    def __str__(self) -> str:
        return _printable(f"{self.path}:{self.line}:{self.column}: {self.message}")


class SpecErrors(Exception):
    """Everything that is wrong in one file, in the order of its lines."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        unique = {(e.line, e.column, e.message): e for e in errors}
        self.errors = tuple(unique[key] for key in sorted(unique)[:MAX_ERRORS])
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class UnknownSpec(LookupError):
    """Names that stand for no spec, one line for each."""


def read(path: Path, laws: Collection[str] | None = None) -> Spec:
    """The spec in that file; ``laws`` are the names of all laws, unchecked where None. Raises SpecErrors."""
    given = str(path)
    source = _bytes(path)
    errors: list[SpecError] = []
    root = _Composer(given, errors).compose(_text(given, source))
    document = _validated(given, root, errors)
    if document is None:
        raise SpecErrors(errors)
    reader = _Reader(given, root, document, errors, laws)
    spec = reader.spec(hashlib.sha256(source).hexdigest())
    if not errors:
        reader.check_cases(spec)
    if errors:
        raise SpecErrors(errors)
    return spec


def read_all(
    places: Iterable[Path | str], laws: Collection[str] | None = None
) -> tuple[tuple[Spec, ...], tuple[SpecError, ...]]:
    """All specs of files and folders, beside all that is wrong in the others."""
    specs: dict[str, Spec] = {}
    errors: list[SpecError] = []
    for path in _files(map(Path, places)):
        try:
            spec = read(path, laws)
        except SpecErrors as found:
            errors.extend(found.errors)
            continue
        if spec.op in specs:
            message = f"op `{spec.op}` is already defined in {specs[spec.op].path}"
            errors.append(SpecError(spec.path, *_position(path, ("op",)), message))
        else:
            specs[spec.op] = spec
    return tuple(specs.values()), tuple(errors)


def find(names: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Paths of the specs so named (``conv2d``), of files and of folders; all of ``folder`` where nothing is named.

    Raises UnknownSpec with the nearest right names.
    """
    here = _specs_in(folder)
    known = {path.stem: path for path in here}
    found: list[Path] = []
    unknown: list[str] = []
    for name in names:
        path = Path(name)
        if name in known:
            found.append(known[name])
        elif path.is_dir() and _specs_in(path):
            found.extend(_specs_in(path))
        elif path.is_file():
            found.append(path)
        elif path.is_dir():
            unknown.append(f"no specs in `{_shown(name)}`")
        else:
            unknown.append(f"unknown spec `{_shown(name)}`{_nearest(name, known)}")
    if unknown:
        raise UnknownSpec("\n".join(unknown))
    return tuple(dict.fromkeys(found)) if found else here


def home() -> Path:
    """The folder of specs: the one here, else the one installed beside the package."""
    here = Path("specs")
    return here if here.is_dir() else Path(__file__).resolve().parents[1] / "specs"


def schema() -> dict[str, Any]:
    """JSON Schema of a spec, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_Document.model_json_schema()}


def importable(spec: Spec) -> tuple[SpecError, ...]:
    """What the spec's dotted paths name that is not there; imports nothing, opens neither NumPy, SciPy nor torch."""
    paths: list[tuple[str, tuple[str, ...]]] = [(spec.oracle, ("oracle",))]
    for candidate in spec.candidates:
        if candidate.needs is None:
            paths.append((candidate.call, ("candidates", candidate.name, "call")))
            paths.extend([(candidate.vjp, ("candidates", candidate.name, "vjp"))] if candidate.vjp else [])
    wrong = [(message, loc) for dotted, loc in paths if (message := _absent(dotted))]
    return tuple(SpecError(spec.path, *_position(Path(spec.path), loc), message) for message, loc in wrong)


# Words of messages.


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shown(value: Any) -> str:
    match value:
        case None:
            text = "null"
        case "":
            text = '""'
        case bool():
            text = str(value).lower()
        case list() | tuple():
            text = f"[{', '.join(map(_shown, value[:8]))}{', ...' if len(value) > 8 else ''}]"
        case dict():
            text = "{" + ", ".join(f"{_shown(k)}: ..." for k in itertools.islice(value, 4)) + "}"
        case _:
            text = str(value)
    text = _printable(text)
    return text if len(text) <= 60 else text[:57] + "..."


def _nearest(name: str, names: Iterable[str]) -> str:
    known = sorted(set(itertools.islice(names, MAX_NAMES)))
    lower = {n.lower(): n for n in known}
    near = [lower[name.lower()]] if name.lower() in lower else difflib.get_close_matches(name[:80], known, 1)
    near = near or [lower[n] for n in difflib.get_close_matches(name[:80].lower(), lower, 1)]
    if near:
        return f"; did you mean `{_shown(near[0])}`?"
    return f"; known are {', '.join(map(_shown, known))}" if 0 < len(known) <= 20 else ""


# Files.


def _specs_in(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file()))
    except OSError:
        return ()


def _files(places: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path for place in places for path in (_specs_in(place) if place.is_dir() else [place])))


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise _alone(str(path), "not a file")
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise _alone(str(path), f"cannot be read: {reason}") from None
    if len(source) > MAX_BYTES:
        raise _alone(str(path), f"a file of more than {MAX_BYTES} bytes; a spec is smaller")
    return source


#: Characters that YAML 1.2 (5.1) excludes.
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(path: str, source: bytes) -> str:
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8", "replace")
        raise _alone(path, f"byte 0x{source[error.start]:02x} is not UTF-8", *_after(before)) from None
    if control := _CONTROL.search(text):
        message = f"the control character U+{ord(control[0]):04X}; a spec is text"
        raise _alone(path, message, *_after(text[: control.start()]))
    return text.removeprefix("\ufeff")


def _after(text: str) -> tuple[int, int]:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _alone(path: str, message: str, line: int = 1, column: int = 1) -> SpecErrors:
    return SpecErrors([SpecError(path, line, column, message)])


def _position(path: Path, loc: tuple[str, ...]) -> tuple[int, int]:
    """Line and column of a field of a file that was read before; its start where it has changed since."""
    try:
        root = _Composer(str(path), []).compose(_text(str(path), _bytes(path)))
    except SpecErrors:
        return 1, 1
    return root.at(loc).mark


# YAML 1.2, core schema: parser events -> nodes with marks.


@dataclass(slots=True)
class _Node:
    """A value with where it stands; ``inset`` is the column of a scalar's text, where that is one stretch of a line."""

    line: int
    column: int
    value: Any = None
    inset: int | None = None
    children: dict[str | int, _Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1
    height: int = 1
    anchor: str | None = None
    key: tuple[str, tuple[int, int]] | None = None

    @property
    def mark(self) -> tuple[int, int]:
        return self.line, self.column

    def at(self, loc: Sequence[str | int]) -> _Node:
        """The node at that address; a step that leads nowhere is left out."""
        node = self
        for step in loc:
            node = node.children.get(step) or node.children.get(f"{step}?") or node
        return node

    def rename(self, name: str, right: str) -> bool:
        """Gives a child another name, where it is there and the name is free."""
        if name not in self.keys or right in self.keys or not _NAME.fullmatch(right):
            return False
        self.children[right] = self.children.pop(name)
        self.keys[right] = self.keys.pop(name)
        self.value[right] = self.value.pop(name)
        return True

    def key_at(self, loc: Sequence[str | int]) -> tuple[int, int]:
        """Where the key stands that the last step of that address names."""
        node = self.at(loc[:-1])
        return node.keys.get(str(loc[-1])) or node.keys.get(f"{loc[-1]}?") or self.at(loc).mark


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


class _Composer:
    """Parser events -> one tree of nodes, without recursion; bounds what aliases make of a file."""

    def __init__(self, path: str, errors: list[SpecError]) -> None:
        self.path, self.errors = path, errors
        self.open: list[_Node] = []
        self.anchors: dict[str, _Node] = {}
        self.root: _Node | None = None
        self.aliases = self.nodes = 0

    def compose(self, text: str) -> _Node:
        """The root of the file's only document. Raises SpecErrors."""
        try:
            for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                self.take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = f"not YAML: {error.problem or error.context}"
            raise self.stop(message, *(mark.line + 1, mark.column + 1) if mark else (1, 1)) from None
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
                self.add(self.scalar(event, _Node(line, column, anchor=event.anchor)))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self.refuse_tag(event)
                value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                self.open.append(_Node(line, column, value, anchor=event.anchor))
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
            raise self.stop(f"the tag `{_shown(tag)}` is refused; values are plain", line, column)

    def scalar(self, event: Any, node: _Node) -> _Node:
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

    def alias(self, name: str | None, line: int, column: int) -> _Node:
        """The node an alias stands for."""
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise self.stop(f"more than {MAX_ALIASES} aliases", line, column)
        if name is None or name not in self.anchors:
            message = (
                f'the alias `*{_shown(name)}` has no anchor before it; a splat stands in quotes: "*{_shown(name)}"'
            )
            raise self.stop(message, line, column)
        return self.anchors[name]

    def add(self, node: _Node, line: int = 0, column: int = 0) -> None:
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
                message = f"the key `{_shown(key)}` stands twice; first at line {parent.keys[key][0]}"
                self.errors.append(SpecError(self.path, *mark, message))
            else:
                self.put(parent, key, node)
                parent.keys[key] = mark
                parent.value[key] = node.value
        self.bounded(parent, line, column)

    def named(self, node: _Node, line: int, column: int) -> str:
        """The name that a mapping's key is."""
        if isinstance(node.value, (list, dict)):
            raise self.stop("a list or mapping as a key, where a name is due", line, column)
        return node.value if isinstance(node.value, str) else _shown(node.value)

    def put(self, parent: _Node, key: str | int, node: _Node) -> None:
        """A child under its parent, which grows by it."""
        parent.children[key] = node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)

    def bounded(self, node: _Node, line: int, column: int) -> None:
        """Refuses what is too deep or too large once aliases are expanded."""
        self.nodes += 1
        if len(self.open) + node.height - 1 > MAX_DEPTH:
            raise self.stop(f"nested more than {MAX_DEPTH} deep", line, column)
        if max(self.nodes, node.size) > MAX_NODES:
            raise self.stop(f"more than {MAX_NODES} nodes, aliases expanded", line, column)


# The document's shape.


def _due(there: Any, due: str) -> PydanticCustomError:
    return _wrong(f"`{_shown(there)}` where {due} is due")


def _wrong(message: str, column: int = 0) -> PydanticCustomError:
    return PydanticCustomError("spec", "{message}", {"message": message, "column": column})


def _expression(value: Any) -> Expression:
    if not isinstance(value, (str, int, float)):
        raise _due(value, "an expression")
    try:
        return parse(str(value))
    except ExpressionError as error:
        raise _wrong(error.message, error.column) from None


def _value(value: Any) -> Value:
    if isinstance(value, dict):
        raise _due(value, "a value, or a list of values,")
    return tuple(_value(v) for v in value) if isinstance(value, list) else value


def _values(value: Any) -> tuple[Value, ...]:
    values = tuple(_value(v) for v in value) if isinstance(value, list) else (_value(value),)
    if not values:
        raise _wrong("an axis without values; at least one is due")
    seen: set[str] = set()
    for one in values:
        if repr(one) in seen:
            raise _wrong(f"the value `{_shown(one)}` stands twice")
        seen.add(repr(one))
    return values


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(v, str) for v in values):
        raise _due(value, "a name, or a list of names,")
    return tuple(values)


def _filled(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _due(value, "text")
    return value


def _law(value: Any) -> Law:
    match value:
        case str():
            return Law(value)
        case dict() if len(value) == 1 and all(isinstance(of, str) for of in value.values()):
            return Law(*next(iter(value.items())))
    raise _due(value, "a law, or `law: input`,")


def _form(value: Any) -> str | None:
    return next(
        (form for kind, form in ((list, "list"), (dict, "mapping"), (str, "text")) if isinstance(value, kind)), None
    )


def _either(due: str) -> Discriminator:
    return Discriminator(_form, custom_error_type="form", custom_error_message=due)


def _any_shape(value: Any) -> None:
    if value != "any":
        raise _due(value, "a list of sizes, or `any`,")


_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_NESTED = {"anyOf": [_SCALAR, {"type": "array"}]}
_Expression = Annotated[
    Expression, PlainValidator(_expression), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
_Value = Annotated[Any, PlainValidator(_value), WithJsonSchema(_NESTED)]
_Values = Annotated[tuple[Any, ...], PlainValidator(_values), WithJsonSchema(_NESTED)]
_Texts = Annotated[
    tuple[str, ...],
    PlainValidator(_texts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
_Text = Annotated[str, PlainValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1})]
_LawDocument = Annotated[
    Law,
    PlainValidator(_law),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "string"}},
            ]
        }
    ),
]
_Any = Annotated[None, PlainValidator(_any_shape), WithJsonSchema({"const": "any"})]
_Shape = Annotated[
    Annotated[list[_Expression], Tag("list")] | Annotated[_Any, Tag("text")],
    _either("a list of sizes, or `any`,"),
]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class _InputDocument(_Strict):
    shape: list[_Expression]
    domain: _Text = "real"
    dtype: _Text = "same"
    differentiable: bool = True


class _OutputDocument(_Strict):
    shape: _Shape | None = None
    dtype: _Text = "same"
    differentiable: bool = True


class _ErrorDocument(_Strict):
    model: _Text


class _UnsupportedDocument(_Strict):
    when: _Expression
    because: _Text


class _CandidateDocument(_Strict):
    call: _Text
    vjp: _Text | None = None
    library: _Text | None = None
    algorithm: _Text = "conventional"
    dtypes: _Texts | None = None
    needs: _Text | None = None
    unsupported: list[_UnsupportedDocument] = Field(default_factory=list)
    exempt: dict[str, _Text] = Field(default_factory=dict)


class _KnownDocument(_Strict):
    by: _Texts
    law: _Texts
    because: _Text
    when: _Expression = Field(default_factory=lambda: ALWAYS)
    about: _Texts = ()
    see: _Text | None = None
    status: _Text | None = None
    versions: _Text | None = None
    cpu: _Text | None = None
    expires: _Text | None = None
    sometimes: bool = False
    nondeterministic: bool = False


class _InvalidDocument(_Strict):
    name: _Text
    because: _Text
    sizes: dict[str, _Value] = Field(default_factory=dict)
    params: dict[str, _Value] = Field(default_factory=dict)
    shapes: dict[str, list[_Expression]] = Field(default_factory=dict)
    dtypes: dict[str, _Text] = Field(default_factory=dict)


_InputForm = Annotated[
    Annotated[list[_Expression], Tag("list")] | Annotated[_InputDocument, Tag("mapping")],
    _either("a list of sizes, or a mapping with `shape`,"),
]
_OutputForm = Annotated[
    Annotated[list[_Expression], Tag("list")]
    | Annotated[_Any, Tag("text")]
    | Annotated[_OutputDocument, Tag("mapping")],
    _either("a list of sizes, `any`, or a mapping with `shape`,"),
]
_CandidateForm = Annotated[
    Annotated[_Text, Tag("text")] | Annotated[_CandidateDocument, Tag("mapping")],
    _either("`module:attribute`, or a mapping with `call`,"),
]


class _Document(_Strict):
    """What an op means, and what must hold of every candidate that claims to be it."""

    op: _Text
    doc: _Text
    see: _Text = ""
    inputs: dict[str, _InputForm]
    outputs: dict[str, _OutputForm]
    sizes: dict[str, _Values] = Field(default_factory=dict)
    params: dict[str, _Values] = Field(default_factory=dict)
    dtype: _Texts
    let: dict[str, _Expression] = Field(default_factory=dict)
    where: _Expression = Field(default_factory=lambda: ALWAYS)
    sweep: dict[str, _Values] = Field(default_factory=dict)
    combine: list[_Texts] = Field(default_factory=list)
    grids: dict[str, dict[str, _Values]] = Field(default_factory=dict)
    invalid: list[_InvalidDocument] = Field(default_factory=list)
    error: _ErrorDocument
    oracle: _Text
    laws: list[_LawDocument] = Field(default_factory=list)
    exempt: dict[str, _Text] = Field(default_factory=dict)
    candidates: dict[str, _CandidateForm] = Field(default_factory=dict)
    known: list[_KnownDocument] = Field(default_factory=list)
    renamed: dict[str, _Text] = Field(default_factory=dict)


_PARTS: Mapping[str, type[BaseModel]] = {
    "inputs": _InputDocument,
    "outputs": _OutputDocument,
    "error": _ErrorDocument,
    "candidates": _CandidateDocument,
    "known": _KnownDocument,
    "invalid": _InvalidDocument,
}
_DUE: Mapping[str, str] = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
}
#: Stands in for a required field that is missing or wrong, so that the rest can be checked as well.
_STAND_INS: Mapping[str, Any] = {
    "op": "op",
    "doc": "doc",
    "inputs": {},
    "outputs": {"output": "any"},
    "dtype": "float64",
    "error": {"model": "exact"},
    "oracle": "module:attribute",
}
#: How often a document is validated anew without what was wrong in it.
_ROUNDS = 4

_Loc = tuple[str | int, ...]


def _validated(path: str, root: _Node, errors: list[SpecError]) -> _Document | None:
    """The document, without what is wrong in it; None where nothing is left to check."""
    if not isinstance(root.value, dict):
        errors.append(SpecError(path, *root.mark, f"`{_shown(root.value)}` where a mapping is due"))
        return None
    value = root.value
    told: Collection[str] = ("extra_forbidden",)
    for _ in range(_ROUNDS):
        try:
            return _Document.model_validate(value)
        except ValidationError as error:
            problems = error.errors(include_url=False)[:MAX_ERRORS]
        rest = list(_misspelt(path, root, problems, errors))
        errors.extend(_problem(path, root, problem) for problem in rest if problem["type"] not in told)
        told = ("extra_forbidden", "missing")  # from now on, what is missing is what was left out as wrong
        for problem in rest:
            value = _without(value, problem["loc"], problem["type"] == "missing")
        value = {**_STAND_INS, **value}
    return None


def _misspelt(path: str, root: _Node, problems: Sequence[Any], errors: list[SpecError]) -> Iterator[Any]:
    """Reports unknown fields; one that is a missing field misspelt is taken for it. Yields what else is wrong."""
    meant: set[_Loc] = set()
    for problem in problems:
        *parent, name = problem["loc"]
        if problem["type"] == "extra_forbidden":
            near = _nearest(str(name), _fields(problem["loc"]))
            errors.append(SpecError(path, *root.key_at(problem["loc"]), f"unknown field `{_shown(name)}`{near}"))
            right = near.removeprefix("; did you mean `").removesuffix("`?")
            if near and root.at(parent).rename(str(name), right):
                meant |= {(*parent, name), (*parent, right)}
    yield from (problem for problem in problems if problem["loc"] not in meant)


def _problem(path: str, root: _Node, problem: Any) -> SpecError:
    loc, there = problem["loc"], root.at(problem["loc"])
    match problem["type"]:
        case "missing":
            return SpecError(path, *root.at(loc[:-1]).mark, f"missing field `{loc[-1]}`")
        case "spec":
            return SpecError(path, *_within(there, problem["ctx"]["column"]), problem["ctx"]["message"])
        case kind:
            due = _DUE.get(kind, problem["msg"])
            return SpecError(path, *there.mark, f"`{_shown(problem['input'])}` where {due} is due")


def _fields(loc: _Loc) -> Collection[str]:
    if len(loc) == 1:
        return _Document.model_fields
    if loc[0] == "candidates" and "unsupported" in loc[2:-1]:
        return _UnsupportedDocument.model_fields
    return _PARTS[str(loc[0])].model_fields


def _within(node: _Node, column: int) -> tuple[int, int]:
    """Line and column of a place within a scalar's text; the node's own where its text is not one stretch."""
    if column and node.inset is not None:
        return node.line, node.inset + column - 1
    return node.mark


def _without(value: Any, loc: _Loc, missing: bool) -> Any:
    """A copy of the document without what stands at that address, or without what lacks a field there."""
    return _removed(value, list(_steps(value, loc[:-1] if missing else loc)))


def _steps(value: Any, loc: _Loc) -> Iterator[str | int]:
    """The steps of an address that lead somewhere; those that name the form of a value do not."""
    for step in loc:
        present = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if present:
            value = value[step]
            yield step


def _removed(value: Any, steps: Sequence[str | int]) -> Any:
    if not steps:
        return value
    first, *rest = steps
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[first] = _removed(value[first], rest)
    else:
        del copy[first]
    return copy


# The document's meaning.

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_VERSION = r"\s*(?:[A-Za-z][\w.-]*\s*)?(?:==|!=|<=|>=|~=|<|>)\s*[0-9][\w.*+!-]*\s*"
_VERSIONS = re.compile(rf"\s*[A-Za-z][\w.-]*{_VERSION}(?:,{_VERSION})*", re.ASCII)


class _Reader:
    """Document -> Spec, with every check that needs more than one field."""

    def __init__(
        self, path: str, root: _Node, document: _Document, errors: list[SpecError], laws: Collection[str] | None
    ) -> None:
        self.path, self.root, self.document, self.errors, self.laws = path, root, document, errors, laws
        self.inputs = tuple(self.input(name) for name in document.inputs)
        self.outputs = tuple(self.output(name) for name in document.outputs)
        self.optional = dict.fromkeys(name[:-1] for name in self.written("inputs") if name.endswith("?"))
        self.sizes, self.params = self.written("sizes"), self.written("params")
        self.candidates = self.written("candidates")
        self.arrays = dict.fromkeys(name.removesuffix("?") for name in self.written("inputs"))
        self.axes = dict.fromkeys((*self.sizes, *self.optional, *self.params, *AXES))
        self.grid_names = self.axes.keys() - {"layout", "fill"}
        self.names = frozenset(self.grid_names | self.written("let").keys())
        self.case_names = self.names | set(AXES) | set(MARKS)
        self.budget = MAX_BOUND

    def written(self, part: str) -> dict[str, None]:
        """The names that a mapping of the file gives, in order, those with a wrong value included."""
        value = self.root.value.get(part)
        return dict.fromkeys(value if isinstance(value, dict) else ())

    def error(self, loc: _Loc, message: str, column: int = 0) -> None:
        """Something is wrong with the value at that address."""
        self.report(_within(self.root.at(loc), column), message)

    def key_error(self, loc: _Loc, message: str) -> None:
        """Something is wrong with the key at that address."""
        self.report(self.root.key_at(loc), message)

    def report(self, mark: tuple[int, int], message: str) -> None:
        """Something is wrong there. Raises SpecErrors where too much is."""
        self.errors.append(SpecError(self.path, *mark, message))
        if len(self.errors) >= MAX_ERRORS:
            raise SpecErrors(self.errors)

    def spec(self, digest: str) -> Spec:
        """The spec, all checks made."""
        d = self.document
        self.check_names()
        self.check_axes()
        self.check_expressions()
        self.among(d.error.model, MODELS, "error model", ("error", "model"))
        self.dotted(d.oracle, ("oracle",))
        return Spec(
            op=d.op,
            doc=d.doc,
            see=d.see,
            path=self.path,
            digest=digest,
            inputs=self.inputs,
            outputs=self.outputs,
            sizes=d.sizes,
            params=d.params,
            dtypes=d.dtype,
            let=d.let,
            where=d.where,
            sweep=d.sweep,
            combine=tuple(d.combine),
            grids=d.grids,
            invalid=self.invalid(),
            model=d.error.model,
            oracle=d.oracle,
            laws=self.added_laws(),
            exempt=self.exempt(d.exempt, ("exempt",)),
            candidates=tuple(self.candidate(name) for name in d.candidates),
            known=tuple(self.known(i) for i in range(len(d.known))),
            renamed=d.renamed,
        )

    def input(self, name: str) -> Input:
        """One input, short or long form."""
        form = self.document.inputs[name]
        long = form if isinstance(form, _InputDocument) else _InputDocument.model_construct(shape=form)
        if not _NAME.fullmatch(long.domain):
            self.error(("inputs", name, "domain"), f"the domain `{_shown(long.domain)}` is no name")
        self.among(long.dtype, (*RELATIVE, *DTYPES), "dtype", ("inputs", name, "dtype"))
        optional = name.endswith("?")
        return Input(name.removesuffix("?"), tuple(long.shape), optional, long.domain, long.dtype, long.differentiable)

    def output(self, name: str) -> Output:
        """One output, short or long form."""
        form = self.document.outputs[name]
        long = form if isinstance(form, _OutputDocument) else _OutputDocument.model_construct(shape=form)
        self.among(long.dtype, (*RELATIVE, *DTYPES), "dtype", ("outputs", name, "dtype"))
        return Output(name, None if long.shape is None else tuple(long.shape), long.dtype, long.differentiable)

    def check_names(self) -> None:
        """Every name is an identifier, and stands for one thing."""
        self.name(self.document.op, "op", self.root.at(("op",)).mark)
        if not self.written("outputs") and "outputs" in self.root.value:
            self.error(("outputs",), "no outputs; at least one is due")
        for name in self.written("outputs"):
            self.name(name, "output", self.root.key_at(("outputs", name)))
        given: dict[str, str] = dict.fromkeys((*AXES, *MARKS), "taken by every spec")
        for part, kind in (("inputs", "input"), ("sizes", "size"), ("params", "param"), ("let", "let")):
            for key in self.written(part):
                name = key.removesuffix("?") if part == "inputs" else key
                self.name(name, kind, self.root.key_at((part, key)))
                if name in given:
                    self.key_error((part, key), f"the name `{_shown(name)}` is already {given[name]}")
                given.setdefault(name, f"{'an' if kind == 'input' else 'a'} {kind}")

    def name(self, name: str, kind: str, mark: tuple[int, int]) -> None:
        """An identifier that an expression can name."""
        if not _NAME.fullmatch(name) or keyword.iskeyword(name):
            message = f"the {kind} `{_shown(name)}` is no name; letters, digits and _ are due, and no Python keyword"
            self.report(mark, message)

    def among(self, name: str, names: Collection[str], kind: str, loc: _Loc) -> bool:
        """Whether ``name`` is one of ``names``; where it is not, says so with the nearest one."""
        if name not in names:
            self.error(loc, f"unknown {kind} `{_shown(name)}`{_nearest(name, names)}")
        return name in names

    def dotted(self, path: str, loc: _Loc) -> None:
        """A dotted path is ``module:attribute``."""
        if not _DOTTED.fullmatch(path):
            module, _, attribute = path.rpartition(".")
            guess = f"{module}:{attribute}"
            hint = f"; did you mean `{guess}`?" if _DOTTED.fullmatch(guess) else ""
            self.error(loc, f"`{_shown(path)}` where module:attribute is due{hint}")

    def check_axes(self) -> None:
        """Every axis exists, and takes values of its kind."""
        d = self.document
        for name in d.sizes.keys() - set(AXES):
            self.axis_values(name, d.sizes[name], ("sizes", name))
        self.axis_values("dtype", d.dtype, ("dtype",))
        for axis, values in d.sweep.items():
            self.axis(axis, values, ("sweep", axis))
        for i, group in enumerate(d.combine):
            for axis in group:
                self.among(axis, self.axes, "axis", ("combine", i, group.index(axis)))
            if len(set(group)) < len(group) or len(group) < 2:
                self.error(("combine", i), f"`{_shown(group)}` where two or more different axes are due")
        for grid, axes in d.grids.items():
            if not _LABEL.fullmatch(grid):
                self.key_error(("grids", grid), f"the grid `{_shown(grid)}` is no name; letters, digits, _ . - are due")
            for axis, values in axes.items():
                self.axis(axis, values, ("grids", grid, axis))

    def axis(self, axis: str, values: tuple[Value, ...], loc: _Loc) -> None:
        """An axis that exists, with values of its kind."""
        if axis in self.axes:
            self.axis_values(axis, values, loc)
        else:
            self.key_error(loc, f"unknown axis `{_shown(axis)}`{_nearest(axis, self.axes)}")

    def axis_values(self, axis: str, values: tuple[Value, ...], loc: _Loc) -> None:
        """Values of an axis' kind: sizes whole, optional inputs given or none, dtypes known, other ones names."""
        for i, value in enumerate(values):
            if axis in AXES and not isinstance(value, str):
                self.error((*loc, i), f"`{_shown(value)}` where a {axis}'s name is due")
            elif axis == "dtype":
                self.among(value, DTYPES, "dtype", (*loc, i))
            elif axis in self.sizes and axis not in AXES:
                self.size(value, (*loc, i))
            elif axis in self.optional and value not in (GIVEN, NONE):
                self.error((*loc, i), f"`{_shown(value)}` where {GIVEN} or {NONE} is due")

    def size(self, value: Value, loc: _Loc) -> None:
        """A size is a whole number of at least 0, or a tuple of such."""
        flat = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 2**63 for v in flat):
            self.error(loc, f"`{_shown(value)}` where a size is due: a whole number of at least 0, or a list of such")

    def check_expressions(self) -> None:
        """Every name in an expression is a size, an optional input, a param, the dtype or a let."""
        d = self.document
        known = set(self.grid_names)
        for name, expression in d.let.items():
            for later in sorted((expression.names & self.names) - known):
                self.error(("let", name), f"`{later}` is used above its own line; let is read from top to bottom")
            self.names_in(expression, self.names, ("let", name))
            self.splat(expression, ("let", name))
            known.add(name)
        self.names_in(d.where, self.names | set(AXES), ("where",))
        self.splat(d.where, ("where",))
        for loc, expression in self.shapes({}):
            self.names_in(expression, self.names, loc)

    def shape_loc(self, part: str, name: str, i: int) -> _Loc:
        """The address of one entry of a shape, short or long form."""
        loc = (part, name, "shape", i)
        return loc if "shape" in self.root.at(loc[:2]).children else (part, name, i)

    def names_in(self, expression: Expression, names: Collection[str], loc: _Loc) -> None:
        """Reports every unknown name of an expression, at its column."""
        for name in sorted(expression.names - frozenset(names)):
            found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expression.text)
            message = f"unknown name `{_shown(name)}` in `{_shown(expression.text)}`{_nearest(name, names)}"
            self.error(loc, message, found.start() + 1 if found else 0)

    def splat(self, expression: Expression, loc: _Loc) -> None:
        """A splat stands in shapes only."""
        if expression.splat:
            self.error(loc, f"the splat `{_shown(expression.text)}` outside a shape")

    def invalid(self) -> tuple[Invalid, ...]:
        """The invalid calls; each violates something, by names that exist."""
        seen: set[str] = set()
        for i, one in enumerate(self.document.invalid):
            loc: _Loc = ("invalid", i)
            if not _LABEL.fullmatch(one.name) or one.name in seen:
                self.error((*loc, "name"), f"`{_shown(one.name)}` where a new name of letters, digits, _ . - is due")
            seen.add(one.name)
            if not (one.sizes or one.params or one.shapes or one.dtypes):
                self.error(loc, f"`{_shown(one.name)}` violates nothing; sizes, params, shapes or dtypes are due")
            kinds = [("sizes", self.sizes, "size"), ("params", self.params, "param")]
            kinds += [("shapes", self.arrays, "input"), ("dtypes", self.arrays, "input")]
            for part, names, kind in kinds:
                for name in getattr(one, part):
                    if name not in names:
                        message = f"unknown {kind} `{_shown(name)}`{_nearest(name, names)}"
                        self.key_error((*loc, part, name), message)
            for name, size in one.sizes.items():
                self.size(size, (*loc, "sizes", name))
            for name, dtype in one.dtypes.items():
                self.among(dtype, DTYPES, "dtype", (*loc, "dtypes", name))
            for name, shape in one.shapes.items():
                for j, expression in enumerate(shape):
                    self.names_in(expression, self.names, (*loc, "shapes", name, j))
        return tuple(
            Invalid(o.name, o.because, o.sizes, o.params, {n: tuple(s) for n, s in o.shapes.items()}, o.dtypes)
            for o in self.document.invalid
        )

    def law(self, name: str, loc: _Loc) -> None:
        """A law's name, one of those there are where they are told."""
        if self.laws is not None:
            self.among(name, self.laws, "law", loc)
        elif not _NAME.fullmatch(name):
            self.error(loc, f"the law `{_shown(name)}` is no name")

    def added_laws(self) -> tuple[Law, ...]:
        """The laws a spec adds, each of an input or output that exists, or of a function."""
        arrays = self.arrays | self.written("outputs")
        for i, law in enumerate(self.document.laws):
            loc: _Loc = ("laws", i)
            self.law(law.name, loc)
            if law.of and ":" not in law.of:
                self.among(law.of, arrays, "input", (*loc, law.name))
        return tuple(self.document.laws)

    def exempt(self, laws: Mapping[str, str], loc: _Loc) -> Mapping[str, str]:
        """Laws left out, each with its reason."""
        for name in laws:
            self.law(name, (*loc, name))
        return laws

    def candidate(self, name: str) -> CandidateSpec:
        """One candidate, short or long form."""
        loc: _Loc = ("candidates", name)
        form = self.document.candidates[name]
        long = form if isinstance(form, _CandidateDocument) else _CandidateDocument.model_construct(call=form)
        if not _LABEL.fullmatch(name):
            self.key_error(loc, f"the candidate `{_shown(name)}` is no name; letters, digits, _ . - are due")
        library = long.library or name.partition(".")[0]
        if library not in LIBRARIES:
            hint = (
                _nearest(library, LIBRARIES) if long.library else "; begin the name with one of " + ", ".join(LIBRARIES)
            )
            message = f"unknown library `{_shown(library)}`{hint}{'' if long.library else ', or say `library:`'}"
            self.key_error((*loc, "library") if long.library else loc, message)
        self.dotted(long.call, (*loc, "call"))
        if long.vjp:
            self.dotted(long.vjp, (*loc, "vjp"))
        self.among(long.algorithm, ALGORITHMS, "algorithm", (*loc, "algorithm"))
        for i, dtype in enumerate(long.dtypes or ()):
            self.among(dtype, DTYPES, "dtype", (*loc, "dtypes", i))
        for i, one in enumerate(long.unsupported):
            self.condition(one.when, (*loc, "unsupported", i, "when"))
        return CandidateSpec(
            name=name,
            call=long.call,
            vjp=long.vjp,
            library=library,
            algorithm=long.algorithm,
            dtypes=long.dtypes,
            needs=long.needs,
            unsupported=tuple((one.when, one.because) for one in long.unsupported),
            exempt=self.exempt(long.exempt, (*loc, "exempt")),
        )

    def condition(self, expression: Expression, loc: _Loc) -> None:
        """A condition on a case may name its layout, fill, grid and violated precondition as well."""
        self.names_in(expression, self.case_names, loc)
        self.splat(expression, loc)

    def known(self, i: int) -> Known:
        """One known deviation, by a candidate that exists."""
        one, loc = self.document.known[i], ("known", i)
        for j, name in enumerate(one.by):
            self.among(name, self.candidates, "candidate", (*loc, "by", j))
        for j, name in enumerate(one.law):
            self.law(name, (*loc, "law", j))
        self.condition(one.when, (*loc, "when"))
        if one.status is not None:
            self.among(one.status, EXPLAINED, "status", (*loc, "status"))
        if one.versions is not None and not _VERSIONS.fullmatch(one.versions):
            self.error((*loc, "versions"), f"`{_shown(one.versions)}` where versions are due, such as `torch<2.14`")
        if one.expires is not None and not _is_date(one.expires):
            self.error((*loc, "expires"), f"`{_shown(one.expires)}` where a date is due, such as 2027-01-01")
        return Known(**dict(one), line=self.root.at(loc).line)

    def check_cases(self, spec: Spec) -> None:
        """Every grid has a case, whose arrays have shapes."""
        base: dict[str, tuple[Value, ...]] = {
            **spec.sizes,
            **dict.fromkeys(self.optional, (GIVEN, NONE)),
            **spec.params,
        }
        base["dtype"] = spec.dtypes
        first = {axis: values[:1] for axis, values in base.items()} | {"layout": ("contiguous",), "fill": ("normal",)}
        self.check_grid(spec, {**first, **base}, ("where",))
        for name, axes in spec.grids.items():
            if not self.errors and self.budget > 0:
                self.check_grid(spec, {**first, **axes}, ("grids", name))

    def check_grid(self, spec: Spec, grid: Mapping[str, tuple[Value, ...]], loc: _Loc) -> None:
        """One case at least satisfies ``where``."""
        wrong: tuple[_Loc, str] | None = None
        for point in itertools.product(*grid.values()):
            if self.budget < 0:
                return
            self.budget -= len(grid) + len(spec.let)
            faults = self.faults(spec, dict(zip(grid, point, strict=True)))
            fault = next(faults, None)
            if fault is None:
                return
            wrong = wrong or (fault if fault[1] else None)
        which = f" of the grid `{_shown(loc[1])}`" if len(loc) > 1 else ""
        self.error(*(wrong or (loc, f"no case{which} satisfies `{_shown(spec.where.text)}`")))

    def faults(self, spec: Spec, names: dict[str, Value]) -> Iterator[tuple[_Loc, str]]:
        """Why a point of the grid is no case: without words where ``where`` alone says so."""
        loc: _Loc = ("where",)
        try:
            for name, expression in spec.let.items():
                loc = ("let", name)
                names[name] = expression(names)
            loc = ("where",)
            if not spec.where(names):
                yield loc, ""
            for loc, expression in self.shapes(names):
                value = expression(names)
                if not all(type(v) is int and v >= 0 for v in (value if expression.splat else (value,))):
                    yield loc, f"`{_shown(expression.text)}` gives `{_shown(value)}` where a size is due"
        except ExpressionError as error:
            yield loc, str(error)

    def shapes(self, names: Mapping[str, Value]) -> Iterator[tuple[_Loc, Expression]]:
        """Every entry of the shapes of inputs and outputs that are there, with its address."""
        for part, arrays in (("inputs", self.inputs), ("outputs", self.outputs)):
            for array in arrays:
                if names.get(array.name) != NONE or array.name not in self.optional:
                    for i, expression in enumerate(array.shape or ()):
                        yield self.shape_loc(part, array.name, i), expression


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# What a dotted path names, without importing it.


def _absent(dotted: str) -> str:
    """What is missing of ``module:attribute``, with the nearest right name; empty where all is there."""
    module, _, attribute = dotted.partition(":")
    names = module.split(".")
    search: Any = None
    origin: str | None = None
    for i in range(len(names)):
        name = ".".join(names[: i + 1])
        found = _found(name, search)
        if found is None and name not in sys.modules:
            siblings = [".".join([*names[:i], m.name]) for m in pkgutil.iter_modules(search)]
            return f"no module `{name}`, which `{dotted}` names{_nearest_only(name, siblings)}"
        search = (found.submodule_search_locations if found else None) or ()
        origin = found.origin if found else None
    if names[0] in LIBRARIES or not origin or not origin.endswith(".py"):
        return ""
    return _absent_attribute(module, attribute.partition(".")[0], Path(origin), search)


def _found(name: str, search: Any) -> Any:
    """The module's spec by the import system's finders, its parent not imported; None where there is none."""
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        try:
            if find_spec and (spec := find_spec(name, search)):
                return spec
        except KeyError:
            return _namespace(name, search)
        except (ImportError, AttributeError, ValueError):
            continue
    return None


def _namespace(name: str, search: Iterable[str]) -> ModuleSpec:
    """A folder without ``__init__.py``, which the finders only look into once its parent is imported."""
    spec = ModuleSpec(name, None, is_package=True)
    folders = (Path(place) / name.rpartition(".")[2] for place in search)
    spec.submodule_search_locations = [str(folder) for folder in folders if folder.is_dir()]
    return spec


def _absent_attribute(module: str, attribute: str, source: Path, search: Any) -> str:
    try:
        modified = source.stat().st_mtime_ns
        if attribute in _plain_names(source, modified) or (search and _found(f"{module}.{attribute}", search)):
            return ""
        names = _names(source, modified)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the module `{module}` is not Python: {error}"
    except OSError as error:
        return f"the module `{module}` cannot be read: {error.strerror}"
    if names is None or attribute in names:
        return ""
    return f"the module `{module}` has no `{attribute}`{_nearest_only(attribute, names)}"


def _nearest_only(name: str, names: Iterable[str]) -> str:
    hint = _nearest(name, names)
    return hint if hint.startswith("; did") else ""


_DEFINES = re.compile(r"^(?:def|class|async def)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=[^=]", re.MULTILINE)


@lru_cache(maxsize=512)
def _plain_names(source: Path, modified: int) -> frozenset[str]:
    """What a file plainly defines at its left margin: found by a glance, to spare the syntax tree."""
    text = source.read_text("utf-8", errors="replace")
    return frozenset(def_ or value for def_, value in _DEFINES.findall(text))


@lru_cache(maxsize=512)
def _names(source: Path, modified: int) -> frozenset[str] | None:
    """What a file's syntax tree binds at module level; None where it cannot tell."""
    names: set[str] = set()
    for node in _module_level(ast.parse(source.read_bytes(), source.name).body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update(a.asname or a.name.partition(".")[0] for a in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Name(id="globals" | "setattr" | "exec" | "vars"):
                return None
    return None if names & {"*", "__getattr__"} else frozenset(names)


def _module_level(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Every node that runs on import, the bodies of functions and classes left out."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
