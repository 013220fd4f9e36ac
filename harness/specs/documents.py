"""The shape of a spec's document: every key it may have, and what may stand there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.expressions import ALWAYS, Expression, ExpressionError, parse
from harness.model import Law, Promise, Value
from harness.specs.errors import shown
from harness.specs.nodes import Loc
from harness.vocabulary import ALGORITHMS, DOMAINS, DTYPES, EXPLAINED, JUDGED, LIBRARIES, MODELS, ORDERS, RELATIVE


def _due(there: Any, due: str) -> PydanticCustomError:
    return _wrong(f"`{shown(there)}`, expected {due}")


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
        raise _due(value, "a value, or a list of values")
    return tuple(_value(v) for v in value) if isinstance(value, list) else value


def _values(value: Any) -> tuple[Value, ...]:
    values = tuple(_value(v) for v in value) if isinstance(value, list) else (_value(value),)
    if not values:
        raise _wrong("an axis without values, expected at least one")
    seen: set[str] = set()
    for one in values:
        if repr(one) in seen:
            raise _wrong(f"the value `{shown(one)}` stands twice")
        seen.add(repr(one))
    return values


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(v, str) for v in values):
        raise _due(value, "a name, or a list of names")
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
    raise _due(value, "a law, or `law: input`")


def _form(value: Any) -> str | None:
    return next(
        (form for kind, form in ((list, "list"), (dict, "mapping"), (str, "text")) if isinstance(value, kind)), None
    )


def _either(due: str) -> Discriminator:
    return Discriminator(_form, custom_error_type="form", custom_error_message=due)


def _any_shape(value: Any) -> None:
    if value != "any":
        raise _due(value, "a list of sizes, or `any`")


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


def _one_of(words: Iterable[str]) -> Any:
    """The schema of a word; whether it is one is checked in ``reading``, which knows its place."""
    return WithJsonSchema({"enum": list(words)})


_Dtype = Annotated[str, PlainValidator(_filled), _one_of(DTYPES)]
_InputDtype = Annotated[str, PlainValidator(_filled), _one_of((*RELATIVE, *DTYPES))]
_Domain = Annotated[
    str,
    PlainValidator(_filled),
    WithJsonSchema({"anyOf": [{"enum": list(DOMAINS)}, {"type": "string", "pattern": r".+\.\..+"}]}),
]
_Model = Annotated[str, PlainValidator(_filled), _one_of(MODELS)]
_Order = Annotated[str, PlainValidator(_filled), _one_of(ORDERS)]
_Library = Annotated[str, PlainValidator(_filled), _one_of(LIBRARIES)]
_Algorithm = Annotated[str, PlainValidator(_filled), _one_of(ALGORITHMS)]
_Status = Annotated[str, PlainValidator(_filled), _one_of(EXPLAINED)]
_Dtypes = Annotated[
    tuple[str, ...],
    PlainValidator(_texts),
    WithJsonSchema({"anyOf": [{"enum": list(JUDGED)}, {"type": "array", "items": {"enum": list(JUDGED)}}]}),
]
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
    _either("a list of sizes, or `any`"),
]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True, use_attribute_docstrings=True)


class InputDocument(_Strict):
    """One array that goes in; a list of sizes alone stands for its shape."""

    shape: list[_Expression]
    """Sizes, as expressions over `sizes`, `params` and `let`; `"*name"` puts in all of a list."""
    domain: _Domain = "real"
    """Where its entries lie: a word, or for integers the first and the last, as `0..V-1`, over `sizes`, `params`, `let`."""
    dtype: _InputDtype = "same"
    """The case's (`same`), its real or complex partner, or always the one named."""
    differentiable: bool = True
    """Whether it has a gradient."""


class OutputDocument(_Strict):
    """One array that comes out; a list of sizes, or `any`, alone stands for its shape."""

    shape: _Shape | None = None
    """Sizes as of an input, held against the definition's; absent or `any`: as the definition says."""
    dtype: _InputDtype = "same"
    """The case's (`same`), its real or complex partner, or always the one named."""
    differentiable: bool = True
    """Whether it has a gradient."""


class ErrorDocument(_Strict):
    """The error of right implementations."""

    model: _Model
    """The words by which reports tell the bound, which the steps of the definition give in any case."""
    order: _Order = "any"
    """`any`: a chain of additions, as `a - b + c`, is one sum; `fixed`: it is added in the order that is written."""


class UnsupportedDocument(_Strict):
    """Cases a candidate does not claim to take."""

    when: _Expression
    """An expression over `sizes`, `params`, `let`, optional inputs, `dtype`, `layout`, `fill`, `grid`, `invalid`."""
    because: _Text
    """The reason."""


class CandidateDocument(_Strict):
    """One implementation; `module:attribute` alone stands for its call."""

    call: _Text
    """`module:attribute`, called with the inputs and params."""
    vjp: _Text | None = None
    """`module:attribute` of its hand-written gradient, `vjp(cotangent, *inputs, **params)`: a gradient per input."""
    library: _Library | None = None
    """Whose arrays it takes; absent: what its name begins with, as in `numpy.direct`."""
    algorithm: _Algorithm = "conventional"
    """How it computes, where the bound depends on it."""
    dtypes: _Dtypes | None = None
    """The dtypes it takes; absent: all."""
    needs: _Text | None = None
    """A module that must be there, or `module:attribute` of a function that says whether it can run; else it is left out."""
    python: _Text | None = None
    """Another interpreter that holds it, with NumPy and its library installed: a path; absent: this one."""
    unsupported: list[UnsupportedDocument] = Field(default_factory=list)
    """Cases it does not claim to take."""
    exempt: dict[str, _Text] = Field(default_factory=dict)
    """Laws it need not keep, each with the reason."""
    promises: tuple[Promise, ...] = ()
    """What it promises beyond the op: `bits`, that a row is the same to the last bit whatever rows stand beside it."""


class KnownDocument(_Strict):
    """A deviation that is known and explained; red once it matches nothing, or what it matches conforms."""

    by: _Texts
    """Candidates."""
    law: _Texts
    """Laws they break."""
    because: _Text
    """The reason, in a sentence."""
    when: _Expression = Field(default_factory=lambda: ALWAYS)
    """The cases, as under `unsupported`; absent: all."""
    subject: _Texts = ()
    """What the rows speak of: `output y`, `input x`, `gradient of x`, `tangent of y`, `state`; absent: anything."""
    scenario: _Texts = ()
    """Under which scenario, as rows tell it: `late`, `transposed`; absent: any."""
    see: _Text | None = None
    """A link to where it was reported."""
    status: _Status | None = None
    """The status of the rows; absent: any."""
    versions: _Text | None = None
    """The versions that have it, as `torch<2.14 and numpy>=2`; absent: all."""
    probe: _Text | None = None
    """`module:function` without arguments that says whether this build of the libraries has it; absent: all have."""
    expires: _Text | None = None
    """The date after which it no longer counts, as 2027-01-01."""
    sometimes: bool = False
    """Whether one case that deviates is enough; where none does, the run tells it and is not red."""
    nondeterministic: bool = False
    """Whether it is another number in each process: no margin is told and no script repeats it."""


class InvalidDocument(_Strict):
    """A call that violates one precondition, which every candidate must refuse by raising."""

    name: _Text
    """What it is called in the ids of cases, as `invalid:name`."""
    because: _Text
    """The precondition."""
    sizes: dict[str, _Value] = Field(default_factory=dict)
    """Sizes in the place of the first case's."""
    params: dict[str, _Value] = Field(default_factory=dict)
    """Params in the place of the first case's."""
    shapes: dict[str, list[_Expression]] = Field(default_factory=dict)
    """Shapes of inputs in the place of their own."""
    dtypes: dict[str, _Dtype] = Field(default_factory=dict)
    """Dtypes of inputs in the place of their own."""
    values: dict[str, _Expression] = Field(default_factory=dict)
    """Numbers in the place of inputs' first entries."""


_InputForm = Annotated[
    Annotated[list[_Expression], Tag("list")] | Annotated[InputDocument, Tag("mapping")],
    _either("a list of sizes, or a mapping with `shape`"),
]
_OutputForm = Annotated[
    Annotated[list[_Expression], Tag("list")]
    | Annotated[_Any, Tag("text")]
    | Annotated[OutputDocument, Tag("mapping")],
    _either("a list of sizes, `any`, or a mapping with `shape`"),
]
_CandidateForm = Annotated[
    Annotated[_Text, Tag("text")] | Annotated[CandidateDocument, Tag("mapping")],
    _either("`module:attribute`, or a mapping with `call`,"),
]


class Document(_Strict):
    """What an op means, and what must hold of every candidate that claims to be it."""

    op: _Text
    """Its name, by which commands find its file where that is called the same."""
    doc: _Text
    """What it computes, in a sentence."""
    see: _Text = ""
    """A link to what defines it."""
    inputs: dict[str, _InputForm]
    """The arrays that go in, in their order; `name?` is one that may be absent."""
    outputs: dict[str, _OutputForm]
    """The arrays that come out, in their order."""
    sizes: dict[str, _Values] = Field(default_factory=dict)
    """Lengths of axes by name: a value, or a list that the grid runs through."""
    params: dict[str, _Values] = Field(default_factory=dict)
    """Keyword arguments by name: a value, or a list that the grid runs through. A list as a value is `[[1, 2]]`."""
    dtype: _Dtypes
    """The dtypes that the grid runs through, floating or complex; the first is the first case's."""
    let: dict[str, _Expression] = Field(default_factory=dict)
    """Names for expressions over what stands above, read from top to bottom."""
    where: _Expression = Field(default_factory=lambda: ALWAYS)
    """What must hold of a case; others are left out of every grid."""
    sweep: dict[str, _Values] = Field(default_factory=dict)
    """Further values by axis (a size, param, optional input, `dtype`, `layout` or `fill`): one axis at a time departs from
    the first case."""
    combine: list[_Texts] = Field(default_factory=list)
    """Lists of axes whose values of `sweep` are crossed with each other in a thorough run; any run puts every two values
    of all axes together."""
    grids: dict[str, dict[str, _Values]] = Field(default_factory=dict)
    """Further grids by name, each axis with its values: every two of them are put together, all are crossed in a thorough
    run."""
    crossed: _Texts = ()
    """The grids of which any run asks every point."""
    invalid: list[InvalidDocument] = Field(default_factory=list)
    """Calls that must be refused."""
    error: ErrorDocument
    """What a right implementation may be off by."""
    oracle: _Text
    """`module:attribute` of the definition."""
    mistakes: dict[str, _Text] = Field(default_factory=dict)
    """Mistakes that implementations make, by what such a one does: `module:attribute` of the definition that does it, called
    as the oracle is. A candidate that deviates and conforms to one is named so."""
    laws: list[LawDocument] = Field(default_factory=list)
    """A list of laws beside the implied ones, as `[linear: input, integers]` (see `harness list laws`)."""
    exempt: dict[str, _Text] = Field(default_factory=dict)
    """Laws that no candidate need keep, each with the reason."""
    candidates: dict[str, _CandidateForm] = Field(default_factory=dict)
    """The implementations by name, each beginning with its library: `torch`, `numpy.direct`."""
    known: list[KnownDocument] = Field(default_factory=list)
    """The ledger: deviations that are known and explained."""
    renamed: dict[str, _Text] = Field(default_factory=dict)
    """The op, axes, and beginnings of ids that have another name now, old to new, which comparisons of runs follow."""


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


#: Keys that there were, with what to write instead.
GONE: Mapping[str, Mapping[str, str]] = {
    "known": {"cpu": "`cpu` is gone: name a `probe`, a function that says whether this build has the behaviour"}
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
