"""The shape of a spec's document: every key it may have, and what may stand there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.expressions import ALWAYS, Expression, ExpressionError, parse
from harness.model import Law, Value
from harness.specs.errors import shown
from harness.specs.nodes import Loc


def _due(there: Any, due: str) -> PydanticCustomError:
    return _wrong(f"`{shown(there)}` where {due} is due")


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
            raise _wrong(f"the value `{shown(one)}` stands twice")
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
LawDocument = Annotated[
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


class InputDocument(_Strict):
    shape: list[_Expression]
    domain: _Text = "real"
    dtype: _Text = "same"
    differentiable: bool = True


class OutputDocument(_Strict):
    shape: _Shape | None = None
    dtype: _Text = "same"
    differentiable: bool = True


class ErrorDocument(_Strict):
    model: _Text


class UnsupportedDocument(_Strict):
    when: _Expression
    because: _Text


class CandidateDocument(_Strict):
    call: _Text
    vjp: _Text | None = None
    library: _Text | None = None
    algorithm: _Text = "conventional"
    dtypes: _Texts | None = None
    needs: _Text | None = None
    unsupported: list[UnsupportedDocument] = Field(default_factory=list)
    exempt: dict[str, _Text] = Field(default_factory=dict)


class KnownDocument(_Strict):
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


class InvalidDocument(_Strict):
    name: _Text
    because: _Text
    sizes: dict[str, _Value] = Field(default_factory=dict)
    params: dict[str, _Value] = Field(default_factory=dict)
    shapes: dict[str, list[_Expression]] = Field(default_factory=dict)
    dtypes: dict[str, _Text] = Field(default_factory=dict)


_InputForm = Annotated[
    Annotated[list[_Expression], Tag("list")] | Annotated[InputDocument, Tag("mapping")],
    _either("a list of sizes, or a mapping with `shape`,"),
]
_OutputForm = Annotated[
    Annotated[list[_Expression], Tag("list")]
    | Annotated[_Any, Tag("text")]
    | Annotated[OutputDocument, Tag("mapping")],
    _either("a list of sizes, `any`, or a mapping with `shape`,"),
]
_CandidateForm = Annotated[
    Annotated[_Text, Tag("text")] | Annotated[CandidateDocument, Tag("mapping")],
    _either("`module:attribute`, or a mapping with `call`,"),
]


class Document(_Strict):
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
    invalid: list[InvalidDocument] = Field(default_factory=list)
    error: ErrorDocument
    oracle: _Text
    laws: list[LawDocument] = Field(default_factory=list)
    exempt: dict[str, _Text] = Field(default_factory=dict)
    candidates: dict[str, _CandidateForm] = Field(default_factory=dict)
    known: list[KnownDocument] = Field(default_factory=list)
    renamed: dict[str, _Text] = Field(default_factory=dict)


_PARTS: Mapping[str, type[BaseModel]] = {
    "inputs": InputDocument,
    "outputs": OutputDocument,
    "error": ErrorDocument,
    "candidates": CandidateDocument,
    "known": KnownDocument,
    "invalid": InvalidDocument,
}
#: Stands in for a required field that is missing or wrong, so that the rest can be checked as well.
STAND_INS: Mapping[str, Any] = {
    "op": "op",
    "doc": "doc",
    "inputs": {},
    "outputs": {"output": "any"},
    "dtype": "float64",
    "error": {"model": "exact"},
    "oracle": "module:attribute",
}


def schema() -> dict[str, Any]:
    """JSON Schema of a spec, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}


def fields(loc: Loc) -> Collection[str]:
    """The keys that may stand beside the one at that address."""
    if len(loc) == 1:
        return Document.model_fields
    if loc[0] == "candidates" and "unsupported" in loc[2:-1]:
        return UnsupportedDocument.model_fields
    return _PARTS[str(loc[0])].model_fields
