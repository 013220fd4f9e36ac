"""Specs: a good file gives its Spec; a bad one gives one line for each thing that is wrong, and harms no other."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import specs
from harness.expressions import ALWAYS, parse
from harness.model import CandidateSpec, Input, Known, Law, Output, Spec
from harness.specs import SpecError, SpecErrors, UnknownSpec, find, importable, read, read_all, schema

SMALL = """\
op: scale
doc: Multiply by a number.
inputs: {x: [N]}
outputs: {y: [N]}
sizes: {N: 3}
dtype: float64
error: {model: multilinear}
oracle: definitions:scale
"""

WHOLE = """\
op: conv2d
doc: Cross-correlate a batch of images with a bank of filters.
see: https://example.org/conv2d
inputs:
  input:  [N, C_in, H, W]
  weight: [C_out, C_in // groups, kH, kW]
  bias?:  [C_out]
  target: {shape: [N], domain: unit, dtype: int64, differentiable: false}
outputs:
  output: [N, C_out, H_out, W_out]
  rest: any
  state: {shape: ["*tail"], dtype: complex, differentiable: false}
sizes:  {N: 2, C_in: 4, C_out: 8, H: 7, W: 9, kH: 3, kW: [1, 2], tail: [[8], [3, 4], []]}
params: {stride: [1, [2, 1]], padding: [0, 1], dilation: [1, 2], groups: [1, 2], mode: [null, same, true, 1e-3]}
dtype:  [float64, float32]
let:
  H_out: (H + 2*padding[0] - dilation[0]*(kH - 1) - 1) // stride[0] + 1
  W_out: (W + 2*padding[1] - dilation[1]*(kW - 1) - 1) // stride[1] + 1
where: C_in % groups == 0 and H_out > 0
sweep:  {groups: 4, N: [0, 1], layout: [transposed, channels_last], fill: [integers], dtype: [float16], bias: none}
combine: [[dtype, N], [layout, stride]]
grids:
  post64: {C_in: [3, 2], stride: [1, 2], bias: none, dtype: float32}
invalid:
  - {name: groups-do-not-divide, because: Groups divide channels., params: {groups: 3}, shapes: {weight: [C_out, 3]}}
  - {name: integer-weight, because: Weights are real., dtypes: {weight: int64}, sizes: {tail: [1, 2]}}
error: {model: multilinear}
oracle: definitions.conv:conv2d
laws: [linear: input, linear: weight, shift_equivariant]
exempt: {layout: Told elsewhere.}
candidates:
  torch: torch.nn.functional:conv2d
  mine:
    call: conv:conv2d
    vjp: conv:vjp
    library: numpy
    algorithm: fft
    dtypes: [float64]
    needs: nothing
    unsupported: [{when: N == 0 and fill == 'huge', because: Empty.}]
    exempt: {repeatable: Random.}
  scipy.correlate: conv:correlate
known:
  - {by: scipy.correlate, law: agrees, when: N == 0, because: No empty batch.}
  - by: [mine, scipy.correlate]
    law: agrees
    because: Rounds.
    subject: output output
    see: a link
    status: timed out
    versions: "torch>=2.4,<2.14"
    probe: conv:rounds
    expires: 2027-01-01
    sometimes: true
renamed: {old: new}
"""


def written(folder: Path, text: str | bytes, name: str = "x.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def wrong(folder: Path, text: str | bytes, laws: set[str] | None = None) -> list[str]:
    """What is said of a file, each line without the file's folder."""
    path = written(folder, text)
    with pytest.raises(SpecErrors) as error:
        read(path, laws)
    lines = str(error.value).splitlines()
    assert lines == [str(e) for e in error.value.errors]
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{folder}/") for line in lines]


def test_a_small_spec_needs_eight_lines(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    spec = read(path)
    assert spec.inputs == (Input("x", (parse("N"),)),)
    assert spec.outputs == (Output("y", (parse("N"),)),)
    assert (spec.op, spec.see, spec.where, spec.candidates) == ("scale", "", ALWAYS, ())
    assert (spec.sizes, spec.params, spec.dtypes) == ({"N": (3,)}, {}, ("float64",))
    assert spec.path == str(path)
    assert spec.digest == hashlib.sha256(SMALL.encode()).hexdigest()


def test_every_field_arrives_in_the_spec(tmp_path: Path) -> None:
    spec = read(written(tmp_path, WHOLE))
    assert [(i.name, i.optional) for i in spec.inputs] == [
        ("input", False),
        ("weight", False),
        ("bias", True),
        ("target", False),
    ]
    assert spec.input("weight").shape == tuple(map(parse, ("C_out", "C_in // groups", "kH", "kW")))
    assert spec.input("target") == Input("target", (parse("N"),), False, "unit", "int64", False)
    assert spec.outputs[1:] == (Output("rest", None), Output("state", (parse("*tail"),), "complex", False))
    assert spec.sizes["tail"] == ((8,), (3, 4), ())
    assert spec.params["stride"] == (1, (2, 1))
    assert spec.params["mode"] == (None, "same", True, 0.001)
    assert spec.sweep["groups"] == (4,)
    assert spec.sweep["bias"] == ("none",)
    assert list(spec.let) == ["H_out", "W_out"]
    assert spec.combine == (("dtype", "N"), ("layout", "stride"))
    assert spec.grids == {"post64": {"C_in": (3, 2), "stride": (1, 2), "bias": ("none",), "dtype": ("float32",)}}
    assert spec.invalid[0].shapes == {"weight": (parse("C_out"), parse("3"))}
    assert spec.invalid[1].dtypes == {"weight": "int64"}
    assert spec.invalid[1].sizes == {"tail": (1, 2)}
    assert spec.laws == (Law("linear", "input"), Law("linear", "weight"), Law("shift_equivariant"))
    assert spec.candidates[0] == CandidateSpec("torch", "torch.nn.functional:conv2d", library="torch")
    assert spec.candidates[1] == CandidateSpec(
        name="mine",
        call="conv:conv2d",
        vjp="conv:vjp",
        library="numpy",
        algorithm="fft",
        dtypes=("float64",),
        needs="nothing",
        unsupported=((parse("N == 0 and fill == 'huge'"), "Empty."),),
        exempt={"repeatable": "Random."},
    )
    assert spec.candidates[2].library == "scipy"
    line = WHOLE.splitlines().index("  - by: [mine, scipy.correlate]") + 1
    assert spec.known[1] == Known(
        by=("mine", "scipy.correlate"),
        law=("agrees",),
        because="Rounds.",
        when=ALWAYS,
        subject=("output",),
        see="a link",
        status="timed out",
        versions="torch>=2.4,<2.14",
        probe="conv:rounds",
        expires="2027-01-01",
        sometimes=True,
        line=line,
    )
    assert spec.renamed == {"old": "new"}
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_a_parameter_of_one_integer_may_be_subscripted_everywhere(tmp_path: Path) -> None:
    spec = read(written(tmp_path, WHOLE))
    names = {"H": 7, "padding": 1, "dilation": (1, 2), "kH": 3, "stride": 2}
    assert spec.let["H_out"](names) == 4


#: What stands in WHOLE, what to put there instead, and the lines that must come of it.
WRONG = [
    ("oracle:", "orcale:", ["{line}:1: unknown field `orcale`; did you mean `oracle`?"]),
    ("let:", "leet:", ["{line}:1: unknown field `leet`; did you mean `let`?"]),
    ("renamed:", "zzz: 1\nrenamed:", ["{line}:1: unknown field `zzz`; known are *"]),
    ("op: conv2d\n", "", ["1:1: missing field `op`"]),
    ("op: conv2d", "op: 3", ["1:5: `3`, expected text"]),
    (
        "op: conv2d",
        "op: a b",
        ["1:5: the op `a b` is no name, expected ASCII letters, digits and _, and no Python keyword"],
    ),
    ("op: conv2d", 'op: ""', ['1:5: `""`, expected text']),
    ("N: 2,", "N: -1,", ["{line}:13: `-1`, expected a size: a whole number of at least 0, or a list of such"]),
    (
        "N: 2,",
        "N: [1, 2.5],",
        ["{line}:17: `2.5`, expected a size: a whole number of at least 0, or a list of such"],
    ),
    ("N: 2,", "N: [],", ["{line}:13: an axis without values, expected at least one"]),
    ("N: 2,", "N: {a: 1},", ["{line}:13: `{{a: ...}}`, expected a value, or a list of values"]),
    ("N: 2,", "N: [2, 2],", ["{line}:13: the value `2` stands twice"]),
    ("N: 2,", "N: 2, N: 3,", ["{line}:16: the key `N` stands twice; first at line 13"]),
    (
        "N: 2,",
        "N: 2, stride: 3,",
        ["14:10: the name `stride` is already a size; take it out of `sizes`: shapes and domains may name params"],
    ),
    ("N: 2,", "N: 2, fill: 3,", ["{line}:16: the name `fill` is already taken by every spec"]),
    (
        "  target:",
        "  grid:",
        ["{line}:3: the name `grid` is already taken by every spec; call it otherwise: inputs are given by position"],
    ),
    (
        "N: 2,",
        "N: 2, lambda: 3,",
        ["{line}:16: the size `lambda` is no name, expected ASCII letters, digits and _, and no Python keyword"],
    ),
    (
        "C_in // groups",
        "C_inn // groups",
        ["{line}:19: unknown name `C_inn` in `C_inn // groups`; did you mean `C_in`?"],
    ),
    ("C_in // groups", "1 + C_inn", ["{line}:23: unknown name `C_inn` in `1 + C_inn`; did you mean `C_in`?"]),
    ("C_in // groups", "C_in.real", ["{line}:19: an attribute is not allowed in an expression; allowed are *"]),
    ("C_in // groups", '"f(C_in)"', ["{line}:20: a call is not allowed in an expression; allowed are *"]),
    ("C_in // groups", "(C_in", ["{line}:19: `(C_in` is not an expression: '(' was never closed"]),
    ("C_in // groups", "C_in / groups", ["{line}:19: `C_in / groups` gives `4.0`, expected a size"]),
    ("C_in // groups", "C_in - 9", ["{line}:19: `C_in - 9` gives `-5`, expected a size"]),
    ("C_in // groups", "{a: 1}", ["{line}:19: `{{a: ...}}`, expected an expression"]),
    (
        "[C_out, C_in // groups",
        "[*shape, C_in // groups",
        ['{line}:12: the alias `*shape` has no anchor before it; a splat stands in quotes: "*shape"'],
    ),
    ("[N, C_in, H, W]", "5", ["{line}:11: `5`, expected a list of sizes, or a mapping with `shape`"]),
    ("{shape: [N], domain", "{shap: [N], domain", ["{line}:12: unknown field `shap`; did you mean `shape`?"]),
    ("domain: unit", "domain: positiv", ["{line}:32: unknown domain `positiv`; did you mean `positive`?"]),
    ("dtype: int64", "dtype: int63", ["{line}:45: unknown dtype `int63`; did you mean `int64`?"]),
    ("differentiable: false", "differentiable: no", ["{line}:68: `no`, expected true or false"]),
    ("rest: any", "rest: same", ["{line}:9: `same`, expected a list of sizes, or `any`"]),
    ("rest: any", "rest: 3", ["{line}:9: `3`, expected a list of sizes, `any`, or a mapping with `shape`"]),
    ("[float64, float32]", "[float64, float31]", ["{line}:19: unknown dtype `float31`; did you mean `float32`?"]),
    ("[float64, float32]", "[float64, int64]", ["{line}:19: dtype int64: a grid's dtype is a floating type; write *"]),
    ("dtype: [float16], bias", "dtype: [bool], bias", ["{line}:*: dtype bool: a grid's dtype is a floating type; *"]),
    ("bias: none, dtype: float32", "bias: none, dtype: uint8", ["{line}:*: dtype uint8: a grid's dtype is a *"]),
    ("[float64, float32]", "[]", ["{line}:9: `[]`, expected a name, or a list of names"]),
    ("where: C_in", "where: H_outt", ["{line}:8: unknown name `H_outt` in *; did you mean `H_out`?"]),
    ("where: C_in % groups", "where: 9", ["{line}:8: no case satisfies `9 == 0 and H_out > 0`"]),
    (
        "where: C_in % groups",
        "where: C_in % 0",
        ["{line}:8: `C_in % 0 == 0 and H_out > 0` has no value: *modulo by zero"],
    ),
    ("where: C_in", "where: '*C_in'\n#", ["{line}:8: the splat `*C_in` outside a shape"]),
    ("{groups: 4,", "{gruops: 4,", ["{line}:10: unknown axis `gruops`; did you mean `groups`?"]),
    ("[transposed", "[3", ["{line}:41: `3`, expected a layout's name"]),
    ("bias: none}\ncombine", "bias: no}\ncombine", ["{line}:111: `no`, expected given or none"]),
    ("[dtype, N]", "[dtype]", ["{line}:11: `[dtype]`, expected two or more different axes"]),
    ("[dtype, N]", "[N, N]", ["{line}:11: `[N, N]`, expected two or more different axes"]),
    ("[dtype, N]", "[dtype, KW]", ["{line}:19: unknown axis `KW`; did you mean `kW`?"]),
    ("bias: none, dtype: float32", "bias: null", ["{line}:48: `null`, expected given or none"]),
    ("C_in: [3, 2]", "C_inn: 3", ["{line}:12: unknown axis `C_inn`; did you mean `C_in`?"]),
    ("C_in: [3, 2]", "groups: 3", ["{line}:11: no case of the grid `post64` satisfies *"]),
    ("post64", "post 64", ["{line}:3: the grid `post 64` is no name, expected ASCII letters, digits, _ . -"]),
    (
        "params: {groups: 3}, shapes: {weight: [C_out, 3]}",
        "params: {groups: 0}",
        ["{line}:5: `C_in // groups` has no value: *give it under `shapes`"],
    ),
    ("params: {groups: 3}", "params: {group: 3}", ["{line}:77: unknown param `group`; did you mean `groups`?"]),
    ("shapes: {weight:", "shapes: {wieght:", ["{line}:98: unknown input `wieght`; did you mean `weight`?"]),
    ("[C_out, 3]", "[C_outt, 3]", ["{line}:107: unknown name `C_outt` in `C_outt`; did you mean `C_out`?"]),
    ("dtypes: {weight: int64}", "dtypes: {weight: i8}", ["{line}:73: unknown dtype `i8`*"]),
    ("sizes: {tail: [1, 2]}", "sizes: {tail: -1}", ["{line}:95: `-1`, expected a size*"]),
    ("integer-weight", "groups-do-not-divide", ["{line}:12: `groups-do-not-divide`, expected a new name of *"]),
    (
        "dtypes: {weight: int64}, sizes: {tail: [1, 2]}",
        "params: {}",
        ["{line}:5: `integer-weight` violates nothing, expected sizes, params, shapes, dtypes or values"],
    ),
    ("because: Weights are real., ", "", ["{line}:5: missing field `because`"]),
    (
        "model: multilinear",
        "model: multiliner",
        ["{line}:16: unknown error model `multiliner`; did you mean `multilinear`?"],
    ),
    (
        "{model: multilinear}",
        "multilinear",
        ["{line}:8: `multilinear`, expected a mapping (`key: value`, a blank after the colon)"],
    ),
    (
        "oracle: definitions.conv:conv2d",
        "oracle: definitions.conv.conv2d",
        [
            "{line}:9: `definitions.conv.conv2d`, expected module:attribute; did you mean `definitions.conv:conv2d`?",
        ],
    ),
    ("linear: input", "linear: inptu", ["{line}:16: unknown input `inptu`; did you mean `input`?"]),
    ("linear: input", "[linear]", ["{line}:8: `[linear]`, expected a law, or `law: input`"]),
    ("linear: input", "lin ear: input", ["{line}:8: the law `lin ear` is no name"]),
    ("layout: Told elsewhere.", "layout: null", ["{line}:18: `null`, expected text"]),
    ("  torch: torch", "  troch: torch", ["{line}:3: unknown library `troch`; begin the name with one of *"]),
    ("library: numpy", "library: scipi", ["{line}:5: unknown library `scipi`; did you mean `scipy`?"]),
    ("algorithm: fft", "algorithm: ffft", ["{line}:16: unknown algorithm `ffft`; did you mean `fft`?"]),
    ("dtypes: [float64]", "dtypes: [half]", ["{line}:14: unknown dtype `half`*"]),
    ("call: conv:conv2d", "cal: conv:conv2d", ["{line}:5: unknown field `cal`; did you mean `call`?"]),
    ("vjp: conv:vjp", "vjp: vjp", ["{line}:10: `vjp`, expected module:attribute"]),
    ("fill == 'huge'", "fil == 'huge'", ["{line}:37: unknown name `fil` in *; did you mean `fill`?"]),
    ("[{when: N", "[{whn: N", ["{line}:20: unknown field `whn`; did you mean `when`?"]),
    (
        "scipy.correlate: conv:correlate",
        "scipy.correlate: [a]",
        ["{line}:20: `[a]`, expected `module:attribute`, or a mapping*"],
    ),
    ("by: scipy.correlate", "by: scipy.corelate", ["{line}:10: unknown candidate `scipy.corelate`; did you mean *"]),
    (
        "by: [mine, scipy.correlate]",
        "by: [mine, numpy.correlate]",
        ["{line}:16: unknown candidate `numpy.correlate`; did you mean `scipy.correlate`?"],
    ),
    ("by: [mine, scipy.correlate]", "by: []", ["{line}:9: `[]`, expected a name, or a list of names"]),
    ("sometimes: true", "sometimes: yes", ["{line}:16: `yes`, expected true or false"]),
    ("status: timed out", "status: timedout", ["{line}:13: unknown status `timedout`; did you mean `timed out`?"]),
    (
        "probe: conv:rounds",
        "cpu: x86",
        ["{line}:5: `cpu` is gone: name a `probe`, a function that says whether this build has the behaviour"],
    ),
    ("probe: conv:rounds", "probe: rounds", ["{line}:12: `rounds`, expected module:attribute"]),
    ("expires: 2027-01-01", "expires: soon", ["{line}:14: `soon`, expected a date, such as 2027-01-01"]),
    ('"torch>=2.4,<2.14"', "2.14", ["{line}:15: `2.14`, expected text"]),
    (
        '"torch>=2.4,<2.14"',
        "'2.14'",
        ["{line}:15: `2.14`, expected versions, such as *"],
    ),
    (
        '"torch>=2.4,<2.14"',
        "torch<2.14, numpy>=2",
        ["{line}:15: `torch<2.14, numpy>=2`, expected versions, such as *"],
    ),
    ('"torch>=2.4,<2.14"', "mxnet<1", ["{line}:15: `mxnet<1`, expected versions, such as *"]),
    (
        "renamed: {old: new}",
        "renamed: 3",
        ["{line}:10: `3`, expected a mapping (`key: value`, a blank after the colon)"],
    ),
    (
        "op: conv2d",
        "op: !!python/object:os.system x",
        ["1:5: the tag `!!python/object:os.system` is refused; values are plain"],
    ),
    ("op: conv2d", "op: !x y", ["1:5: the tag `!x` is refused; values are plain"]),
    ("inputs:\n", "inputs: !!map\n", ["{line}:9: the tag `!!map` is refused; values are plain"]),
    ("op: conv2d", "op: conv2d\n[a]: x", ["2:1: a list or mapping as a key, expected a name"]),
    (
        "op: conv2d",
        "op: [conv2d",
        ["2:4: not YAML: expected ',' or ']' here; what opens at line 1, column 5 is not closed"],
    ),
    ("op: conv2d", "\top: conv2d", ["1:1: not YAML: a tab; indent by spaces"]),
    ("op: conv2d", "op: @conv2d", ["1:5: not YAML: text cannot begin with `@`; put it in quotes"]),
    ("op: conv2d", "op: it: is", ["1:7: not YAML: a `:` within a value, a line that is indented too far, or *"]),
    ("op: conv2d", "op conv2d", ["2:4: not YAML: a `:` within a value, a line that is indented too far, or one be*"]),
    ("doc: Cross", "doc Cross", ["{next}:1: not YAML: line {line} has no `: `, expected `key: value`"]),
    ("op: conv2d", " op: conv2d", ["2:1: not YAML: a line that is not indented as those beside it"]),
    ("\n  rest: any", "\n   rest: any", ["{next}:4: not YAML: a line that is not indented as those beside it"]),
    ("\n  rest: any", "\n rest: any", ["{next}:2: not YAML: a line that is not indented as those beside it"]),
    ("\nsizes: ", "\n  sizes: ", ["{next}:3: `sizes` stands within `outputs`; it is a key of the spec, to be *"]),
    ("op: conv2d", "op: conv2d\n---\na: b", ["2:1: a second document; a file holds one spec"]),
    ("op: conv2d", 'op: "\\ud800"', ["1:8: not YAML: found invalid Unicode character escape code"]),
    ("op: conv2d", "op: \x07", ["1:5: the control character U+0007; a spec is text"]),
    ("op: conv2d", "op: \0", ["1:5: the control character U+0000; a spec is text"]),
    ("doc: Cross", "doc: é\x1b", ["2:7: the control character U+001B; a spec is text"]),
    ("N: 2,", f"N: {'9' * 400},", ["{line}:13: a number of 400 characters; at most 300 are allowed"]),
    ("N: 2,", f"N: {'9' * 40},", ["{line}:13: `9999*"]),
]


@pytest.mark.parametrize(("there", "instead", "lines"), WRONG, ids=[f"{a}-{b}"[:50] for a, b, _ in WRONG])
def test_what_is_wrong_is_told_in_one_line_at_its_place(
    tmp_path: Path, there: str, instead: str, lines: list[str]
) -> None:
    assert there in WHOLE
    line = WHOLE[: WHOLE.index(there)].count("\n") + 1
    told = wrong(tmp_path, WHOLE.replace(there, instead, 1))
    patterns = [
        re.escape(due.format(line=line, next=line + 1) if "{" in due else due).replace(r"\*", ".*") for due in lines
    ]
    assert len(told) == len(patterns), told
    for one, pattern in zip(told, patterns, strict=True):
        assert re.fullmatch(rf"(x\.yaml:)?{pattern}", one.removeprefix("x.yaml:")), one


RAW = [
    (b"", "1:1: an empty file; a spec is a mapping with at least `op`"),
    (b"# only a comment\n", "1:1: an empty file; a spec is a mapping with at least `op`"),
    (b"- a\n- b\n", "1:1: `[a, b]`, expected a mapping"),
    (b"conv2d", "1:1: `conv2d`, expected a mapping"),
    (b"\xff\xfeo\0p\0", "1:1: byte 0xff is not UTF-8"),
    (b"op: a\ndoc: caf\xe9\n", "2:9: byte 0xe9 is not UTF-8"),
    (b"[" * 900, "1:41: nested more than 40 deep"),
    (b"? " * 1000, "1:81: nested more than 40 deep"),
    (b"- " * 1000, "1:81: nested more than 40 deep"),
    (b"{a: " * 1000, "1:161: nested more than 40 deep"),
    (b"&a [*a]", '1:5: the alias `*a` has no anchor before it; a splat stands in quotes: "*a"'),
    (b"a: &x 1\nb: [" + b"*x," * 101 + b"]", "2:305: more than 100 aliases"),
    (b"x" * (specs.MAX_BYTES + 1), "1:1: a file of more than 1048576 bytes; a spec is smaller"),
    (b"[" + b"a," * 200_001 + b"]", "1:400000: more than 200000 nodes, aliases expanded"),
    (b"%YAML 3.0\n---\na: b", "1:1: not YAML: found incompatible YAML document"),
]


@pytest.mark.parametrize(("raw", "line"), RAW, ids=[ascii(raw[:20]) for raw, _ in RAW])
def test_a_file_that_is_no_mapping_at_all_gives_one_line(tmp_path: Path, raw: bytes, line: str) -> None:
    assert wrong(tmp_path, raw) == [f"x.yaml:{line}"]


@pytest.mark.parametrize("width", [2, 10])
def test_an_alias_bomb_is_refused_before_it_expands(tmp_path: Path, width: int) -> None:
    rows = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, 100 // width))]
    (line,) = wrong(tmp_path, "\n".join(rows))
    assert line.endswith(("nodes, aliases expanded", "deep"))


def test_aliases_within_bounds_are_welcome(tmp_path: Path) -> None:
    text = SMALL.replace("{x: [N]}", "{x: &shape [N]}").replace("{y: [N]}", "{y: *shape}")
    assert read(written(tmp_path, text)).outputs[0].shape == (parse("N"),)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = (
        WHOLE.replace("oracle:", "orcale:")
        .replace("C_in // groups", "C_inn // groups")
        .replace("differentiable: false", "differentiable: 3")
        .replace("float16", "float17")
        .replace("by: [mine, scipy.correlate]", "by: [mine, yours]")
        .replace("[dtype, N]", "[dtype, M]")
    )
    told = wrong(tmp_path, text)
    assert [re.search(r": ([^`]*`\w+`)", line)[1] for line in told if re.search(r": ([^`]*`\w+`)", line)] == [
        "unknown name `C_inn`",
        "`3`",
        "`3`",
        "unknown dtype `float17`",
        "unknown axis `M`",
        "unknown field `orcale`",
        "unknown candidate `yours`",
    ]


def test_a_grid_without_cases_is_searched_within_bounds(tmp_path: Path) -> None:
    sizes = ", ".join(f"s{i}: [1, 2, 3, 4]" for i in range(40))
    spec = SMALL.replace("{N: 3}", f"{{N: 3, {sizes}}}")
    for where in ("s1 > 9", "s1 // 0 > 9"):
        read(written(tmp_path, f"{spec}where: {where}\n"))


def test_a_point_without_shapes_is_no_case_and_others_may_be(tmp_path: Path) -> None:
    text = SMALL.replace("{x: [N]}", "{x: [N - 2]}").replace("{N: 3}", "{N: [1, 3]}")
    assert read(written(tmp_path, text)).sizes == {"N": (1, 3)}
    assert wrong(tmp_path, text.replace("[1, 3]", "[1, 0]")) == ["x.yaml:3:14: `N - 2` gives `-1`, expected a size"]


def test_the_count_of_lines_is_bounded(tmp_path: Path) -> None:
    assert len(wrong(tmp_path, SMALL + "".join(f"f{i}: 1\n" for i in range(5000)))) <= specs.MAX_ERRORS


def test_laws_are_checked_where_they_are_told(tmp_path: Path) -> None:
    laws = {"linear", "agrees", "layout", "repeatable"}
    told = wrong(tmp_path, WHOLE.replace("layout: Told", "layuot: Told"), laws)
    assert [line.partition(": ")[2] for line in told] == [
        "unknown law `shift_equivariant`; known are agrees, layout, linear, repeatable",
        "unknown law `layuot`; did you mean `layout`?",
    ]


SCALARS = [
    ("no", "no"),
    ("on", "on"),
    ("y", "y"),
    ("1e-5", 1e-5),
    ("1e3", 1e3),
    ("010", 10),
    ("0o10", 8),
    ("0x1F", 31),
    ("1_000", "1_000"),
    ("1:30", "1:30"),
    ("2027-01-01", "2027-01-01"),
    (".5", 0.5),
    ("-.inf", float("-inf")),
    ("+12", 12),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("TRUE", True),
    ("false", False),
    ("'1'", "1"),
    ('"true"', "true"),
    ("-", "-"),
    (".", "."),
    ("0b1", "0b1"),
    ("=", "="),
]


@pytest.mark.parametrize(
    ("text", "value"), [s for s in SCALARS if s[0] != "-"], ids=[s[0] for s in SCALARS if s[0] != "-"]
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    spec = read(written(tmp_path, SMALL + f"params: {{p: [{text}]}}\n"))
    assert spec.params == {"p": (value,)}
    assert type(spec.params["p"][0]) is type(value)


def test_a_bad_spec_harms_no_other(tmp_path: Path) -> None:
    written(tmp_path, SMALL, "a.yaml")
    written(tmp_path, SMALL.replace("oracle", "orcale"), "b.yaml")
    written(tmp_path, b"\xff", "c.yaml")
    written(tmp_path, SMALL.replace("scale", "other", 1), "d.yaml")
    written(tmp_path, SMALL, "e.yaml")
    written(tmp_path, "no spec", "f.txt")
    good, bad = read_all([tmp_path, tmp_path / "missing.yaml"])
    assert [spec.op for spec in good] == ["scale", "other"]
    assert [str(error).removeprefix(f"{tmp_path}/") for error in bad] == [
        "b.yaml:8:1: unknown field `orcale`; did you mean `oracle`?",
        "c.yaml:1:1: byte 0xff is not UTF-8",
        f"e.yaml:1:5: op `scale` is already defined in {tmp_path / 'a.yaml'}",
        "missing.yaml:1:1: cannot be read: No such file or directory",
    ]


def test_an_error_is_a_value_that_travels(tmp_path: Path) -> None:
    error = pickle.loads(pickle.dumps(SpecError("a\nb", 1, 2, "what\x1b")))
    assert (error.path, error.line, error.column, error.message) == ("a\nb", 1, 2, "what\x1b")
    assert str(error) == "a\\nb:1:2: what\\x1b"


def test_names_files_and_folders_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = written(tmp_path, SMALL, "scale.yaml")
    two = written(tmp_path, SMALL, "shift.yaml")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find([], tmp_path) == (one, two)
    assert find(["shift", str(one), "shift"], tmp_path) == (two, one)
    assert find([str(tmp_path)], tmp_path / "nowhere") == (one, two)
    with pytest.raises(UnknownSpec) as error:
        find(["scael", "scale", "empty", "zzz"], tmp_path)
    assert str(error.value).splitlines() == [
        "unknown spec `scael`; did you mean `scale`?",
        "no specs in `empty`",
        "unknown spec `zzz`; known are scale, shift",
    ]


def test_the_schema_knows_every_field_and_form() -> None:
    document = schema()
    assert set(document["properties"]) >= {"op", "inputs", "sizes", "known", "renamed"}
    assert set(document["required"]) == {"op", "doc", "inputs", "outputs", "dtype", "error", "oracle"}
    assert document["additionalProperties"] is False


MODULE = '''\
"""A module of one's own."""
from math import sqrt as root

LIMIT: int = 3


def scale(x):
    inner = x
    return inner


class Scale:
    def apply(self): ...


if LIMIT:
    late = scale
'''


@pytest.fixture
def own_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "path"
    (folder / "own_package" / "inner").mkdir(parents=True)
    written(folder, MODULE, "own_module.py")
    written(folder, "from own_module import *\n", "own_star.py")
    written(folder, "def (\n", "own_broken.py")
    written(folder / "own_package", "raise RuntimeError\n", "__init__.py")
    written(folder / "own_package", MODULE, "leaf.py")
    written(folder / "own_package" / "inner", MODULE, "deep.py")
    monkeypatch.syspath_prepend(folder)
    return folder


PATHS = [
    ("own_module:scale", ""),
    ("own_module:Scale.apply", ""),
    ("own_module:LIMIT", ""),
    ("own_module:root", ""),
    ("own_module:late", ""),
    ("own_star:anything", ""),
    ("own_package.leaf:scale", ""),
    ("own_package.inner.deep:scale", ""),
    ("own_package:leaf", ""),
    ("math:sqrt", ""),
    ("torch.nn.functional:conv2d", ""),
    ("scipy.signal:correlate2d", ""),
    ("own_module:scael", "the module `own_module` has no `scael`; did you mean `scale`?"),
    ("own_module:inner", "the module `own_module` has no `inner`"),
    ("own_modul:scale", "no module `own_modul`, which `own_modul:scale` names; did you mean `own_module`?"),
    (
        "own_package.laef:scale",
        "no module `own_package.laef`, which `own_package.laef:scale` names; did you mean `own_package.leaf`?",
    ),
    (
        "torch.nn.functionl:conv2d",
        "no module `torch.nn.functionl`, which `torch.nn.functionl:conv2d` names; did you mean `torch.nn.functional`?",
    ),
    ("own_module.scale:x", "no module `own_module.scale`, which `own_module.scale:x` names"),
    ("own_broken:x", "the module `own_broken` is not Python: own_broken.py:1:5: invalid syntax"),
]


@pytest.mark.parametrize(("dotted", "message"), PATHS, ids=[dotted for dotted, _ in PATHS])
def test_a_dotted_path_is_checked_without_importing_it(
    tmp_path: Path, own_modules: Path, dotted: str, message: str
) -> None:
    text = SMALL.replace("definitions:scale", dotted) + f"candidates:\n  numpy: {dotted}\n  torch: {{call: {dotted}}}\n"
    path = written(tmp_path, text)
    before = set(sys.modules)
    told = [str(error).removeprefix(f"{path}:") for error in importable(read(path))]
    assert not {name for name in set(sys.modules) - before if name.startswith(("own_", "torch", "scipy"))}
    due = [f"8:9: {message}", f"10:10: {message}", f"11:17: {message}"] if message else []
    assert told == due


def test_what_a_candidate_needs_may_be_absent(tmp_path: Path) -> None:
    text = SMALL.replace("definitions:scale", "math:sqrt")
    text += "candidates: {numpy.jax: {call: no_such_module:f, needs: no_such_module}}\n"
    assert importable(read(written(tmp_path, text))) == ()


def test_reading_imports_no_numerical_library(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    program = (
        "import sys; from pathlib import Path; from harness.specs import importable, read;"
        f"importable(read(Path({str(path)!r})));"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'torch', 'scipy', 'pandas')))"
    )
    root = Path(specs.__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    assert subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, check=False).returncode == 0


TOKENS = st.sampled_from(
    (
        *(
            "op",
            "inputs",
            ":",
            ": ",
            "\n",
            "  ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "*a",
            "&a ",
            "!!x ",
            "N",
            "1e-5",
            "?",
            "|",
        ),
        *(">", "'", '"', "#", "---\n", "...", "%", "\t", "\0", "é", "\ufeff", "\u2028", "null", "-1", "9" * 30, "<<"),
        *("let", "where"),
    )
)


def judged(path: Path) -> None:
    """A file gives a Spec, or errors of one line each with a place in the file."""
    try:
        spec, errors = read(path), ()
    except SpecErrors as error:
        spec, errors = None, error.errors
    assert isinstance(spec, Spec) != bool(errors)
    for one in errors:
        assert re.fullmatch(r".*:\d+:\d+: .+", str(one))
        assert len(str(one).splitlines()) == 1


@given(st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_spec_gives_a_spec_or_lines(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([SMALL, WHOLE]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 8))
        text = text[:start] + data.draw(TOKENS | st.text(max_size=3)) + text[end:]
    judged(written(tmp_path, text.encode("utf-8", "replace")))


@given(st.binary(max_size=200) | st.lists(TOKENS, max_size=40).map(lambda parts: "".join(parts).encode()))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_spec_or_lines(tmp_path: Path, raw: bytes) -> None:
    judged(written(tmp_path, raw))


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["N", "x", "float64"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(specs.schema()["properties"])), JUNK))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_field_gives_a_spec_or_lines(tmp_path: Path, fields: dict[str, object]) -> None:
    judged(written(tmp_path, yaml.safe_dump(fields, allow_unicode=True).encode("utf-8", "replace")))
