"""Expressions: what they compute, what they refuse, and that nothing in them is ever run."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.expressions import ALWAYS, MAX_LENGTH, Expression, ExpressionError, parse

SIZES = {"H": 7, "kH": 3, "padding": 1, "dilation": (1, 2), "stride": 2, "shape": (2, 3, 4), "mode": "same", "n": None}

VALUES = [
    ("(H + 2*padding[0] - dilation[0]*(kH - 1) - 1) // stride[0] + 1", 4),
    ("H % 2 == 1 and stride == 2", True),
    ("H > kH > stride", True),
    ("H > kH > H", False),
    ("not H", False),
    ("-H + +kH", -4),
    ("H / stride", 3.5),
    ("2 ** 10", 1024),
    ("H if n is None else n", 7),
    ("n is not None", False),
    ("stride is 2", True),
    ("n[0]", None),
    ("mode[0]", "same"),
    ("mode in ('same', 'valid')", True),
    ("kH not in [1, 2]", True),
    ("shape[-1]", 4),
    ("shape[1:]", (3, 4)),
    ("stride[1:]", 2),
    ("(H,) + shape", (7, 2, 3, 4)),
    ("(1,) * 3", (1, 1, 1)),
    ("3 * (1,)", (1, 1, 1)),
    ("[H, kH]", (7, 3)),
    ("shape == (2, 3, 4)", True),
    ("0 or kH", 3),
    ("0 and kH", 0),
    ("1.5e1", 15.0),
    ("*shape", (2, 3, 4)),
    ("*stride", (2,)),
    ("* shape[1:]", (3, 4)),
    ("  H  ", 7),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_an_expression_has_the_value_of_its_arithmetic(text: str, value: object) -> None:
    assert parse(text)(SIZES) == value


REFUSED = [
    ("f(H)", 1, "a call is not allowed"),
    ("H + f(H)", 5, "a call is not allowed"),
    ("  H + f(H)", 7, "a call is not allowed"),
    ("é + f(H)", 5, "a call is not allowed"),
    ("*f(H)", 2, "a call is not allowed"),
    ("H.real", 1, "an attribute is not allowed"),
    ("().__class__.__bases__[0]", 1, "an attribute is not allowed"),
    ("lambda: 1", 1, "a lambda is not allowed"),
    ("[x for x in shape]", 1, "a comprehension is not allowed"),
    ("{x for x in shape}", 1, "a comprehension is not allowed"),
    ("f'{H}'", 1, "an f-string is not allowed"),
    ("(x := 1)", 2, "an assignment is not allowed"),
    ("{1: 2}", 1, "a dictionary is not allowed"),
    ("{1, 2}", 1, "a set is not allowed"),
    ("H @ kH", 1, "the operator `@` is not allowed"),
    ("H << 9", 1, "the operator `<<` is not allowed"),
    ("~H", 1, "the operator `~` is not allowed"),
    ("(*shape, 1)", 2, "a star inside an expression is not allowed"),
    ("await H", 1, "`await` is not allowed"),
    ("b'x'", 1, "`b'x'` is not allowed"),
    ("1j", 1, "`1j` is not allowed"),
    ("...", 1, "`Ellipsis` is not allowed"),
    ("", 1, "an empty expression"),
    ("*", 1, "an empty expression"),
    ("H +", 4, "not an expression"),
    ("(H", 1, "'(' was never closed"),
    ("H kH", 1, "not an expression"),
    ("'\\d'", 1, "not an expression"),
    ("a\0b", 1, "not an expression"),
    ("\ud800", 1, "not an expression"),
    ("9" * 400, 1, "more than 1024 bits"),
    ("9" * (MAX_LENGTH + 1), 1, "characters; at most"),
    ("(" * 500, 201, "not an expression"),
    ("-" * 1500 + "1", 66, "nested more than"),
    ("+".join(["H"] * 500), 1, "nested more than"),
]


@pytest.mark.parametrize(("text", "column", "message"), REFUSED, ids=[ascii(text[:20]) for text, _, _ in REFUSED])
def test_what_is_not_arithmetic_is_refused_by_name_and_column(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    if message != "not an expression":
        assert error.value.column == column


WITHOUT_VALUE = [
    ("H // 0", "integer division or modulo by zero"),
    ("X + 1", "unknown name `X`"),
    ("shape[9]", "out of range"),
    ("shape['a']", "indices"),
    ("shape + 1", "an operator between tuple and int"),
    ("mode * 9", "an operator between str and int"),
    ("'%9d' % 1", "an operator between str and int"),
    ("mode < 1", "not supported"),
    ("1 in H", "not iterable"),
    ("-mode", "bad operand"),
    ("9**9**9", "more than 1024 bits"),
    ("2**1025", "more than 1024 bits"),
    ("2**1000 * 2**1000", "more than 1024 bits"),
    ("(-1)**0.5", "a complex number"),
    ("2.0**9999", "no value"),
    ("(1,) * 10**9", "more than 4096 items"),
    ("((1,) * 4000, (1,) * 4000)", "more than 4096 items"),
]


@pytest.mark.parametrize(("text", "message"), WITHOUT_VALUE, ids=[text for text, _ in WITHOUT_VALUE])
def test_what_has_no_value_says_why(text: str, message: str) -> None:
    expression = parse(text)
    with pytest.raises(ExpressionError) as error:
        expression(SIZES)
    assert message in str(error.value)


def test_an_expression_knows_its_names_and_its_text() -> None:
    expression = parse(" C_in // groups[0] + True ")
    assert expression.names == {"C_in", "groups"}
    assert str(expression) == "C_in // groups[0] + True"
    assert not expression.splat
    assert parse("*shape").splat
    assert parse("*shape").names == {"shape"}


def test_expressions_of_equal_text_are_equal_and_survive_pickling() -> None:
    expression = parse("H + 1")
    again = pickle.loads(pickle.dumps(expression))
    assert again == expression == parse("H + 1") != parse("1 + H")
    assert hash(again) == hash(expression)
    assert again({"H": 1}) == 2


def test_numbers_and_truth_values_are_expressions_too() -> None:
    assert parse(3)({}) == 3
    assert parse(True)({}) is True
    assert ALWAYS({}) is True
    assert parse(1) != parse(True)


def test_values_stay_bounded_when_they_feed_each_other() -> None:
    value: object = 1
    for _ in range(11):
        value = parse("(x, x)")({"x": value})
    with pytest.raises(ExpressionError, match="more than 4096 items"):
        parse("(x, x)")({"x": value})


NAMES = st.sampled_from(sorted(SIZES))
LEAVES = NAMES | st.integers(-9, 99).map(str) | st.sampled_from(["True", "None", "'same'", "(1, 2)", "()", "0.5"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(("+", "-", "*", "/", "//", "%", "**", "==", "<", "in", "is", "and", "or")), inner
        ).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} else {0[2]})".format),
        st.tuples(inner, inner).map("{0[0]}[{0[1]}]".format),
        inner.map("(not {})".format),
    ),
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=300, deadline=None)
def test_whatever_is_built_of_allowed_parts_has_a_value_or_says_why_not(text: str) -> None:
    start = time.perf_counter()
    message = ""
    try:
        parse(text)(SIZES)
    except ExpressionError as error:
        message = str(error)
    assert len(message.splitlines()) <= 1
    assert time.perf_counter() - start < 1


@given(st.text(max_size=60) | st.text("()[]*.,:=+-'\"\\ \nHk0f{}@lambda", max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_an_error_with_a_column(text: str) -> None:
    column, expression = 1, ALWAYS
    try:
        expression = parse(text)
    except ExpressionError as error:
        column = error.column
    assert 1 <= column <= len(text) + 2
    assert isinstance(expression, Expression)
    assert pickle.loads(pickle.dumps(expression)) == expression
