"""Text -> Expression: arithmetic over named sizes, parsed once, never ``eval``.

An expression sees only the names it is given, calls nothing and reaches no attribute; its text, its nesting and every
value it makes are bounded, so that one from an untrusted file can neither hang nor exhaust a run.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

#: Longest text of an expression, in characters.
MAX_LENGTH = 2000
#: Deepest nesting of an expression's syntax tree; a sum of that many terms is as deep.
MAX_DEPTH = 64
#: Largest integer an expression may make, in bits.
MAX_BITS = 1024
#: Most scalars a tuple, or characters a string, made by an expression may hold.
MAX_ITEMS = 4096

ALLOWED = "numbers, strings, names, arithmetic, comparisons, `and or not`, `a if b else c`, tuples and subscripts"

_Run = Callable[[Mapping[str, Any]], Any]


class ExpressionError(Exception):
    """An expression that cannot be read or evaluated; ``column`` counts from 1 within its text."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message, column)
        self.message = message
        self.column = column

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Expression:
    """A parsed expression: called with names' values it gives its value; equal where its text is equal.

    >>> parse("(H + 2*padding[0] - kH) // stride + 1")({"H": 7, "padding": 1, "kH": 3, "stride": 2})
    4
    """

    text: str
    names: frozenset[str] = field(compare=False, repr=False)
    splat: bool = field(compare=False, repr=False)
    _run: _Run = field(compare=False, repr=False)

    def __call__(self, names: Mapping[str, Any]) -> Any:
        """Its value where ``names`` are so; a splat gives a tuple. Raises ExpressionError where it has none."""
        try:
            return self._run(names)
        except ExpressionError:
            raise
        except KeyError as error:
            raise ExpressionError(f"unknown name `{error.args[0]}` in `{self.text}`") from None
        except (TypeError, ValueError, ArithmeticError, IndexError) as error:
            raise ExpressionError(f"`{self.text}` has no value: {error}") from None

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        return parse, (self.text,)


def parse(text: str | int | bool) -> Expression:
    """The expression of that text; ``*name`` as a whole is a splat. Raises ExpressionError with the column."""
    return _parse(str(text))


@lru_cache(maxsize=8192)
def _parse(given: str) -> Expression:
    if len(given) > MAX_LENGTH:
        raise ExpressionError(f"an expression of {len(given)} characters; at most {MAX_LENGTH} are allowed")
    text = given.strip()
    body = text.removeprefix("*")
    splat = body != text
    tree = _tree(body, before=given.find(text) + splat)
    found: set[str] = set()
    run = _Compiler(body, given.find(text) + splat, found).run(tree, 0)
    return Expression(text, frozenset(found), splat, _splat(run) if splat else run)


def _tree(body: str, before: int) -> ast.expr:
    if not body.strip():
        raise ExpressionError("an empty expression")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(body.lstrip(), mode="eval").body
    except SyntaxError as error:
        reason = (error.msg or "invalid syntax").partition(". ")[0]
        column = error.offset if error.lineno == 1 and error.offset else 1
        raise ExpressionError(f"`{_short(body)}` is not an expression: {reason}", before + max(column, 1)) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"`{_short(body)}` is not an expression", before + 1) from None


def _short(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= 60 else line[:57] + "..."


def _splat(run: _Run) -> _Run:
    def values(names: Mapping[str, Any]) -> tuple[Any, ...]:
        value = run(names)
        return tuple(value) if isinstance(value, (tuple, list)) else (value,)

    return values


_REFUSED: Mapping[type[ast.AST], str] = {
    ast.Call: "a call",
    ast.Attribute: "an attribute",
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Starred: "a star inside an expression",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
    ast.MatMult: "the operator `@`",
    ast.BitAnd: "the operator `&`",
    ast.BitOr: "the operator `|`",
    ast.BitXor: "the operator `^`",
    ast.LShift: "the operator `<<`",
    ast.RShift: "the operator `>>`",
    ast.Invert: "the operator `~`",
}


class _Compiler:
    """Syntax tree -> nested closures; collects the names on its way."""

    def __init__(self, body: str, before: int, found: set[str]) -> None:
        self.body, self.before, self.found = body.lstrip(), before + len(body) - len(body.lstrip()), found

    def run(self, node: ast.AST, depth: int) -> _Run:
        """The closure that evaluates ``node``."""
        if depth > MAX_DEPTH:
            raise self.error(node, f"an expression nested more than {MAX_DEPTH} deep")
        compiler = _COMPILERS.get(type(node))
        if compiler is None:
            raise self.refused(node)
        return compiler(self, node, depth + 1)

    def refused(self, node: ast.AST, at: ast.AST | None = None) -> ExpressionError:
        """What ``node`` is, and what is allowed."""
        there = _REFUSED.get(type(node), f"`{type(node).__name__}`")
        return self.error(at or node, f"{there} is not allowed in an expression; allowed are {ALLOWED}")

    def error(self, node: ast.AST, message: str) -> ExpressionError:
        """The message, at the column where ``node`` starts."""
        if getattr(node, "lineno", 1) != 1:
            return ExpressionError(message)
        line = self.body.encode("utf-8", "replace")
        characters = len(line[: getattr(node, "col_offset", 0)].decode("utf-8", "replace"))
        return ExpressionError(message, self.before + characters + 1)


def _constant(self: _Compiler, node: Any, depth: int) -> _Run:
    value = node.value
    if not isinstance(value, (int, float, str, type(None))):
        raise self.error(node, f"`{value!r}` is not allowed in an expression; allowed are {ALLOWED}")
    try:
        _bounded(value)
    except ValueError as error:
        raise self.error(node, str(error)) from None
    return lambda names: value


def _name(self: _Compiler, node: Any, depth: int) -> _Run:
    self.found.add(node.id)
    return operator.itemgetter(node.id)


def _tuple(self: _Compiler, node: Any, depth: int) -> _Run:
    items = [self.run(item, depth) for item in node.elts]
    return lambda names: _bounded(tuple([item(names) for item in items]))


def _binary(self: _Compiler, node: Any, depth: int) -> _Run:
    of = _BINARY.get(type(node.op))
    if of is None:
        raise self.refused(node.op, node)
    left, right = self.run(node.left, depth), self.run(node.right, depth)
    return lambda names: of(left(names), right(names))


def _unary(self: _Compiler, node: Any, depth: int) -> _Run:
    of = _UNARY.get(type(node.op))
    if of is None:
        raise self.refused(node.op, node)
    operand = self.run(node.operand, depth)
    return lambda names: of(operand(names))


def _logical(self: _Compiler, node: Any, depth: int) -> _Run:
    first, *rest = [self.run(value, depth) for value in node.values]
    stops = isinstance(node.op, ast.Or)

    def run(names: Mapping[str, Any]) -> Any:
        value = first(names)
        for term in rest:
            if bool(value) is stops:
                return value
            value = term(names)
        return value

    return run


def _compare(self: _Compiler, node: Any, depth: int) -> _Run:
    first = self.run(node.left, depth)
    links = [(_COMPARE[type(op)], self.run(right, depth)) for op, right in zip(node.ops, node.comparators, strict=True)]
    if len(links) == 1:
        of, second = links[0]
        return lambda names: of(first(names), second(names))

    def run(names: Mapping[str, Any]) -> bool:
        left = first(names)
        for of, operand in links:
            right = operand(names)
            if not of(left, right):
                return False
            left = right
        return True

    return run


def _conditional(self: _Compiler, node: Any, depth: int) -> _Run:
    test, body, orelse = (self.run(part, depth) for part in (node.test, node.body, node.orelse))
    return lambda names: body(names) if test(names) else orelse(names)


def _subscript(self: _Compiler, node: Any, depth: int) -> _Run:
    value, index = self.run(node.value, depth), self.run(node.slice, depth)
    return lambda names: _item(value(names), index(names))


def _slice(self: _Compiler, node: Any, depth: int) -> _Run:
    parts = [self.run(part or ast.Constant(None), depth) for part in (node.lower, node.upper, node.step)]
    return lambda names: slice(*[part(names) for part in parts])


_COMPILERS: Mapping[type[ast.AST], Callable[[_Compiler, Any, int], _Run]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _tuple,
    ast.List: _tuple,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logical,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
}


def _item(value: Any, index: Any) -> Any:
    """One entry of a tuple; a scalar is its own entry, so that ``stride[0]`` reads ``2`` and ``(2, 1)`` alike."""
    return value[index] if isinstance(value, (tuple, list)) else value


def _bounded(value: Any) -> Any:
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise ValueError(f"an integer of more than {MAX_BITS} bits")
    elif isinstance(value, (tuple, str)):
        if _items(value) > MAX_ITEMS:
            raise ValueError(f"more than {MAX_ITEMS} items")
    elif isinstance(value, complex):
        raise ValueError("a complex number")
    return value


def _items(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return 1 + sum(_items(v) if isinstance(v, (tuple, list, str)) else 1 for v in value)


def _arithmetic(of: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(left: Any, right: Any) -> Any:
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return _bounded(of(left, right))
        raise _operands(left, right)

    return run


def _operands(left: Any, right: Any) -> TypeError:
    return TypeError(f"an operator between {type(left).__name__} and {type(right).__name__}")


def _add(left: Any, right: Any) -> Any:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if numbers or (isinstance(left, tuple) and isinstance(right, tuple)):
        return _bounded(left + right)
    raise _operands(left, right)


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _bounded(left * right)
    if isinstance(right, tuple):
        left, right = right, left
    if not isinstance(left, tuple) or not isinstance(right, int):
        raise _operands(left, right)
    if _items(left) * right > MAX_ITEMS:
        raise ValueError(f"more than {MAX_ITEMS} items")
    return left * right


def _power(base: float, exponent: float) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        digits = base.bit_length() if base not in (-1, 0, 1) else 0
        if digits * abs(exponent) > 2 * MAX_BITS:
            raise ValueError(f"an integer of more than {MAX_BITS} bits")
    return base**exponent


def _is(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


_BINARY: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: _add,
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _multiply,
    ast.Div: _arithmetic(operator.truediv),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.Pow: _arithmetic(_power),
}
_UNARY: Mapping[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARE: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: _is,
    ast.IsNot: lambda left, right: not _is(left, right),
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}

#: The condition that always holds.
ALWAYS = parse("True")
