"""An op's name, or a function -> a spec and a definition to start from, which run as they stand."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from harness.cli.refusals import refuse

_SPEC = """op: {op}
doc: One sentence that says what it computes.

inputs:
{inputs}
outputs:
  output: any                          # or its shape, as [N, M]

sizes:  {{N: 3, M: [5, 8]}}
params: {params}
dtype:  [float64, float32]

sweep:
  M:      [1, 2, 16, 17]
  layout: [transposed, strided, offset]
  fill:   [positive, moderate, wide, zeros]

error:  {{model: formula}}
oracle: {op}_definition:{op}             # what it is: a formula as a textbook writes it, in NumPy

candidates:                            # who claims to be it
{candidates}
"""

_DEFINITION = '''"""What {op} is."""

import numpy as np


def {op}({arguments}):
    """The formula: put yours here; docs/language.md says what it may use."""
{body}
'''


@dataclass(frozen=True)
class Start:
    """What is known of an op before its spec is written."""

    op: str
    inputs: Mapping[str, bool] = field(default_factory=lambda: {"input": False})
    params: Mapping[str, Any] = field(default_factory=dict)
    body: str = "    return input * (0.5 + 0.5 * np.tanh(input / 2))"
    candidates: Mapping[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> str:
        """The spec's text."""
        inputs = "\n".join(f"  {n}{'?' if optional else ''}: [N, M]" for n, optional in self.inputs.items())
        params = "{" + ", ".join(f"{n}: {_written(v)}" for n, v in self.params.items()) + "}"
        lines = self.candidates or {"numpy": f"{self.op}_definition:{self.op}"}
        candidates = "\n".join(f"  {name}: {call}" for name, call in lines.items())
        return _SPEC.format(op=self.op, inputs=inputs, params=params, candidates=candidates)

    @property
    def definition(self) -> str:
        """The definition's text."""
        keywords = [f"{n}={v!r}" for n, v in self.params.items()]
        named = [f"{n}=None" if optional else n for n, optional in self.inputs.items()]
        return _DEFINITION.format(op=self.op, arguments=", ".join([*named, *keywords]), body=self.body)


def _written(value: Any) -> str:
    """A param's value as YAML has it; a list as one value stands in a list."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case tuple() | list():
            return f"[[{', '.join(map(_written, value))}]]"
        case str():
            return f'"{value}"'
    return repr(value)


def start(op: str, source: str) -> None:
    """Write a spec and a definition; where stdout is no terminal the spec goes there, as in ``> specs/op.yaml``."""
    from harness import specs

    begun = _from(op, source) if source else Start(op)
    if wrong := specs.no_name(begun.op, "op"):
        refuse(wrong)
    known = [path for path in specs.find((), specs.home()) if path.stem == begun.op and path.stat().st_size]
    if known:
        refuse(f"`{begun.op}` has a spec, {known[0]}: expected the name of another op")
    if not sys.stdout.isatty():
        _put(Path(f"{begun.op}_definition.py"), begun.definition)
        click.echo(begun.spec, nl=False)
        return
    folder = Path("specs")
    folder.mkdir(exist_ok=True)
    _put(folder / f"{begun.op}.yaml", begun.spec)
    _put(folder / f"{begun.op}_definition.py", begun.definition)
    click.echo(f"`harness run {begun.op}` judges it", err=True)


def _put(path: Path, text: str) -> None:
    """Write a file that is not there yet."""
    if path.exists():
        refuse(f"{path} is there already")
    path.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path}", err=True)


def _from(op: str, source: str) -> Start:
    """What a function's signature says: inputs without defaults, optional ones that are None, params with the others."""
    from harness.asking.binding import load
    from harness.asking.imports import libraries_of

    sys.path.insert(0, str(Path.cwd()))
    if ":" not in source:
        refuse(f"--from {source}: expected MODULE:ATTR, as in my_package.layers:rms_norm")
    try:
        function = load(source)
        parameters = inspect.signature(function).parameters
    except (ImportError, TypeError, ValueError) as error:
        refuse(f"--from {source}: {error}")
    given = {n: p for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    inputs = {
        n: p.default is None for n, p in given.items() if p.default in (None, p.empty) and p.kind != p.KEYWORD_ONLY
    }
    params = {n: 1 if p.default is p.empty else p.default for n, p in given.items() if n not in inputs}
    name = op or source.rpartition(":")[2].rpartition(".")[2]
    library = "torch" if "torch" in libraries_of(source, str(Path.cwd())) else "numpy"
    candidates = {f"{library}.mine": source, "numpy": f"{name}_definition:{name}"}
    return Start(name, inputs, params, _body(function, library), candidates)


def _body(function: Callable[..., Any], library: str) -> str:
    """The lines of a NumPy function as a formula to start from; of others the first input, until a formula is there."""
    try:
        lines = inspect.getsource(function).splitlines()
    except (OSError, TypeError):
        lines = []
    text = textwrap.dedent("\n".join(lines))
    first = next(iter(inspect.signature(function).parameters))
    if library != "numpy" or not text.startswith("def "):
        return f"    return {first} * 1.0"
    inside = text.splitlines()[_length_of_head(text) :]
    return textwrap.indent(textwrap.dedent("\n".join(inside)), "    ") or f"    return {first} * 1.0"


def _length_of_head(text: str) -> int:
    """How many lines a function's head and docstring have."""

    function: Any = ast.parse(text).body[0]
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    return int(body[1 if documented else 0].lineno) - 1
