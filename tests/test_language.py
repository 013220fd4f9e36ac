"""The language of definitions is NumPy: every expression of the table, every public function, each refusal in one line."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.linalg
import scipy.special
from language_table import EXPRESSIONS, STATEMENTS

from harness import arithmetic, bounds, language
from harness.arithmetic import Tracked
from harness.definitions import derivatives
from harness.dispatch import Refused

F64 = bounds.precision("float64")
RNG = np.random.default_rng(3)

_A = RNG.standard_normal((3, 3))
INPUTS: dict[str, Any] = {
    "x": RNG.standard_normal((3, 4)),
    "y": RNG.standard_normal((3, 4)),
    "A": _A @ _A.T + np.eye(3),
    "v": RNG.standard_normal(4),
    "p": RNG.uniform(0.1, 0.9, (3, 4)),
    "z": RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4)),
}
PLAIN: dict[str, Any] = {
    "i": np.array([2, 0]),
    "m": RNG.random((3, 4)) < 0.5,
    "v0": np.array([-1.0, 0.0, 1.5]),
    "v1": np.array([2.0, 0.5, 1.0]),
}


def definition(source: str) -> Callable[..., Any]:
    """A function of the inputs as an author writes it."""
    names: dict[str, Any] = {"np": np, "scipy": scipy, "math": math, "__name__": "author"}
    exec(f"def f({', '.join([*INPUTS, *PLAIN])}):\n" + "".join(f"    {line}\n" for line in source.splitlines()), names)
    found: Callable[..., Any] = names["f"]
    return found


def fresh(arrays: dict[str, Any]) -> list[Any]:
    """Copies: some functions write into what they are given."""
    return [a.copy() for a in arrays.values()]


def judged(source: str) -> Any:
    given = [language.given(arithmetic.leaf(a, F64)) for a in INPUTS.values()]
    return language.unwrapped(language.speaking(definition(source))(*given, *fresh(PLAIN)))


def agrees(source: str) -> None:
    expected = definition(source)(*fresh(INPUTS), *fresh(PLAIN))
    found = arithmetic.lift(judged(source), F64)
    assert isinstance(found, Tracked)
    assert found.shape == np.shape(expected)
    error = 0.0 if found.error is None else found.error[-1]
    with np.errstate(invalid="ignore"):
        off = np.where(found.value == expected, 0, np.abs(found.value - expected))
    assert np.all(off <= error)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_of_a_textbook_gives_numpys_value_within_its_bound(expression: str) -> None:
    agrees(f"return {expression}")


@pytest.mark.parametrize("statements", STATEMENTS)
def test_statements_of_a_textbook_give_numpys_value_within_its_bound(statements: str) -> None:
    agrees(f"{statements}\nreturn y")


#: Arguments that one or another of NumPy's functions takes, tried in turn.
CALLS: tuple[tuple[str, ...], ...] = (
    *(("x",), ("A",), ("v",), ("p",), ("x", "y"), ("A", "x"), ("v", "v"), ("x", "0"), ("x", "1"), ("A", "2")),
    *(("[x, y]",), ("[A, x, v]",), ("x", "i"), ("x", "[0, 1]"), ("x", "(4, 3)"), ("m", "x", "y"), ("x", "v0", "v1")),
    *(("'ij,j', x, v",), ("v", "0", "1.0"), ("x", "0", "1"), ("x", "np.argsort(x)", "1"), ("[m]", "[x]")),
    *(("i", "[v[0], v[1], v[2]]"), ("m", "x"), ("[m[0, :3]] * 0 + [v]",), ("x", "0.0", "'f'"), ("z",), ("A", "A")),
)


def outcomes(name: str) -> Iterator[Exception | None]:
    """What comes of calls of a function with arguments that NumPy takes: what was raised, None where it works."""
    for arguments in CALLS:
        source = f"return {name}({', '.join(arguments)})"
        try:
            with np.errstate(all="ignore"):
                definition(source)(*fresh(INPUTS), *fresh(PLAIN))
        except Exception:
            continue
        try:
            judged(source)
        except Exception as error:
            yield error
        else:
            yield None


#: What reads or writes files and memory, of which arrays with errors have none.
MEMORY = (np.save, np.savez, np.savez_compressed, np.savetxt, np.from_dlpack, np.frombuffer, np.mintypecode)

WALKED = {
    f"{module}.{name}": getattr(importlib.import_module(module), name)
    for module in ("numpy", "numpy.fft", "numpy.linalg")
    for name in sorted(importlib.import_module(module).__all__)
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [n for n, f in WALKED.items() if callable(f) and not isinstance(f, type)])
def test_a_public_function_of_numpy_works_or_is_refused_in_one_line(name: str) -> None:
    if WALKED[name] in MEMORY:
        return
    came = list(outcomes(name.replace("numpy.", "np.", 1)))
    assert not came or None in came or isinstance(came[0], Refused)
    assert all("\n" not in str(e) and len(str(e)) < 250 for e in came if isinstance(e, Refused))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("return np.linalg.svd(x)[0]", "numpy.linalg.svd is not there for definitions: "),
        ("x[0] = 1\nreturn x", "assignment to an input is not there for definitions: take a copy first"),
        ("return z.astype(int)", "astype(int64) of a number with an error"),
        ("return v[x[0, 0]]", "an index with an error is not there for definitions: write int(i)"),
        ("return float(x[0, 0])", "float() of a number with an error"),
        ("return np.arange(3)[np.floor(x[0])]", "plain array"),
        ("return np.array(x.__array__())", "use NumPy's functions in the place of what asks for one"),
        (
            "import scipy.fft\nreturn scipy.fft.fft(x)",
            "scipy.fft.fft is not there for definitions: write np.fft.fft, or ",
        ),
        (
            "import scipy.ndimage\nreturn scipy.ndimage.uniform_filter(x, 3)",
            "scipy.ndimage.uniform_filter is not there",
        ),
        ("return x.tobytes()", "the method or attribute `tobytes` of an array"),
        ("return np.pad(x, 1, mode='linear_ramp')", "numpy.pad with mode 'linear_ramp'"),
        ("return np.linalg.norm(x, 2)", "singular values"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(source: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        judged(source)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("function", "made"),
    [
        (derivatives.settled, ""),
        (derivatives.held, ""),
        (derivatives.stored, "stored"),
        (lambda x: derivatives.confined(x, 0.0, 1.0), "confined"),
    ],
    ids=["settled", "held", "stored", "confined"],
)
def test_what_a_definition_says_of_a_number_reaches_the_arithmetic(function: Callable[..., Any], made: str) -> None:
    half = bounds.computing(bounds.precision("float16"))
    x = arithmetic.leaf(np.array([0.25, 0.75]), half)
    found = language.unwrapped(language.speaking(lambda x: function(np.sqrt(x)))(language.given(x)))
    assert isinstance(found, Tracked)
    assert found.step == made


def added_at(x: np.ndarray, index: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Entries added where an index repeats."""
    y = x.copy()
    np.add.at(y, index, values)
    return y


def test_entries_that_are_added_at_one_place_are_one_sum_in_any_order() -> None:
    p = bounds.precision("float32")
    start, index = np.array([1e4, 3.0]), np.zeros(4001, int)
    values = np.random.default_rng(0).standard_normal(index.size)
    x, index = arithmetic.leaf(np.float32(start), p), np.append(index, 1)
    values = np.append(values, 0.5).astype(np.float32)
    given = (language.given(x), index, language.given(arithmetic.leaf(values, p)))
    y = language.unwrapped(language.speaking(added_at)(*given))
    one_by_one = added_at(np.float32(start), index, values)
    at_last = np.float32(start) + added_at(np.zeros(2, np.float32), index, values)
    for found in (one_by_one, at_last):
        assert np.all(np.abs(found - y.value) <= y.error)
    assert abs(one_by_one - at_last)[0] > p.u * abs(y.value[0])
