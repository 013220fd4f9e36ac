"""The wheel, installed in an environment of its own: the tutorial in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: A convolution whose kernel is turned round: a mistake that symmetric kernels hide.
LAYERS = """
import torch


def my_conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return torch.nn.functional.conv2d(input, weight.flip(-1), bias, stride, padding, dilation, groups)
"""

TEST = """
import numpy as np
def test_softmax(conforms):
    x = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    e = np.exp(x)
    conforms("softmax", e / e.sum(-1, keepdims=True), [x], {"dim": -1})
"""

#: A new op in under 15 lines.
SPEC = """op: mean_square
doc: The mean of the squares along the last axis.
inputs: {x: [N, M]}
outputs: {y: [N]}
sizes: {N: 3, M: [5, 8]}
dtype: [float64, float32]
error: {model: formula}
oracle: mean_square:formula
candidates: {numpy: mean_square:mine}
"""

FUNCTIONS = """
import numpy as np


def formula(x):
    return np.mean(x**2, axis=-1)


def mine(x):
    return (np.square(x).sum(-1) / x.dtype.type(x.shape[-1])).astype(x.dtype)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that has the wheel, and the other packages of this one."""
    folder = tmp_path_factory.mktemp("package")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    built = folder / "wheels"
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(built), str(ROOT)], check=True)
    (wheel,) = built.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    paths = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (site / "others.pth").write_text("\n".join(paths), encoding="utf-8")
    return python.parent


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "PYTEST"))}
    command = [str(installed / "python"), "-m", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_two_packages_and_a_licence_are_in_the_wheel(installed: Path) -> None:
    (wheel,) = (installed.parents[1] / "wheels").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info" not in n} == {"harness", "reference_impls"}
    assert {"harness/py.typed", "reference_impls/specs/conv2d.yaml"} <= set(names)
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_a_wrong_convolution_is_found_by_one_command_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    only = ("--only", "dtype=float32 fill=normal layout=contiguous stride=1 padding=0 N=2", "-j", "1")
    done = run(installed, tmp_path, "harness", "check", "conv2d", "layers:my_conv2d", *only)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("layers:my_conv2d is not conv2d (torch; ")
    assert "flipped along its last axis" in done.stdout


def test_a_test_of_five_lines_judges_a_result(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TEST, encoding="utf-8")
    done = run(installed, tmp_path, "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_op_is_a_few_lines_beside_its_functions(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mean_square.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "mean_square.py").write_text(FUNCTIONS, encoding="utf-8")
    done = run(installed, tmp_path, "harness", "run", "mean_square.yaml", "--out", "out", "-j", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(SPEC.splitlines()) < 15
