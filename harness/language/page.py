"""The functions of NumPy and SciPy -> the page that says which a definition may use, and what to write for others."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from harness.dispatch import COMPARISONS, METHODS
from harness.language.names import BUILDERS, MAKERS, OF_MATH
from harness.language.tensors.table import METHODS as METHODS_OF_TENSORS
from harness.language.tensors.table import MODULES as MODULES_OF_TORCH
from harness.operations import DECIDED, PROGRAMS, SCIPY, SPECIAL
from harness.operations.refusals import INSTEAD

_HEAD = """\
# The language of definitions

Printed by `harness list language --format markdown`, from the tables that run definitions. A definition is a NumPy program
on its inputs: every function below takes all arguments that NumPy's takes, as a function and where NumPy has one as a method;
value, error bound, enclosure and derivatives of any order follow. What is computed from sizes and params alone may use all of
NumPy.

- Operators, comparisons, `if` on a comparison, loops, lists that become arrays by `np.array` or `np.stack`.
- Assignment to entries of what the definition made: `y = np.zeros(n); y[i] = ...`, `y[i] += ...`, `out=y`, views as NumPy has
  them. An input is copied first: `y = x.copy()`.
- A definition may be written in torch, with the functions and methods listed below, each as torch documents it; it is read as
  torch where it names torch, or methods that only tensors have.
- `@harness.elementwise` on a function of numbers in plain Python, with `math`.
- A chain of `+` and `-`, also times a number, is one sum, in any order; `error: {model: formula, order: fixed}` says that its
  order is the one written.
- Another formula that is as right: `definition.legal = (other,)`; `legal_values` and `legal_slopes` for values and derivatives
  alone.

What a definition may not say is refused in one line, with the definition's file and line and what to write in its place.
"""

#: What the list of torch's methods leaves out, as it is a function, too.
_METHODS_ALONE = sorted(name for name in METHODS_OF_TENSORS if name not in MODULES_OF_TORCH["torch"])

_MODULES = ("numpy", "numpy.linalg", "numpy.fft")


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([_HEAD, *_there(), *_elsewhere(), *_torch(), *_refused()])


def _public(module: str) -> dict[str, Any]:
    found = importlib.import_module(module)
    return {name: getattr(found, name) for name in sorted(found.__all__) if callable(getattr(found, name))}


def _listed(names: list[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _there() -> Iterator[str]:
    yield "## NumPy"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for module in _MODULES:
        names = [n for n, f in _public(module).items() if _known(f) and f not in DECIDED]
        yield f"| `{module}` | {_listed(names)} |"
    plain = [n for n, f in _public("numpy").items() if (_known(f) and f in DECIDED) or f in COMPARISONS]
    yield f"| plain results, decided by the values | {_listed(plain)} |"
    made = sorted(f.__name__ for f in (*MAKERS, *BUILDERS))
    yield f"| makers of arrays that may be assigned to | {_listed(made)} |"
    own = {*METHODS, "sum", "reshape", "transpose", "copy", "item", "fill", "sort"}
    yield f"| methods | {_listed(sorted(own))} |"
    methods = sorted({f"{key[0].__name__}.{key[1]}" for key in PROGRAMS if isinstance(key, tuple)})
    yield f"| methods of ufuncs, beside `outer` and `at` | {_listed(methods)} |"
    yield ""


def _known(function: Any) -> bool:
    return not isinstance(function, type) and function in PROGRAMS


def _elsewhere() -> Iterator[str]:
    yield "## SciPy and math"
    yield ""
    yield "| | |"
    yield "|---|---|"
    special = sorted({*SPECIAL, *(name for module, name in SCIPY if module == "scipy.special")})
    yield f"| `scipy.special` | {_listed(special)} |"
    for module in ("scipy.linalg", "scipy.signal", "scipy.fft"):
        yield f"| `{module}` | {_listed(sorted(name for m, name in SCIPY if m == module))} |"
    yield f"| `math` | {_listed(sorted({*OF_MATH, 'erf', 'erfc', 'gamma', 'lgamma'}))} |"
    yield ""


def _torch() -> Iterator[str]:
    yield "## torch"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for module, functions in MODULES_OF_TORCH.items():
        beyond = [name for name in functions if module == "torch" or name not in MODULES_OF_TORCH["torch"]]
        if beyond:
            yield f"| `{module}` | {_listed(sorted(beyond))} |"
    yield f"| methods, beside the functions, also with `_` | {_listed(_METHODS_ALONE)} |"
    yield ""


def _refused() -> Iterator[str]:
    yield "## What to write instead"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for function, instead in sorted(INSTEAD.items(), key=lambda pair: _name(pair[0])):
        yield f"| `{_name(function)}` | {instead} |"


def _name(function: Any) -> str:
    home = next(
        (m for m in _MODULES if getattr(importlib.import_module(m), function.__name__, None) is function), "numpy"
    )
    return f"{home.replace('numpy', 'np')}.{function.__name__}"
