"""The kill matrix in small: its entries are what they claim to be, and a few of them are judged."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import gate
import pytest
from gate_matrix import LOOKALIKES, MINIATURES, Entry

#: Judged here, one or two of each family; ``tox -e gate`` judges all.
FEW = (
    "conv2d.cuts_inputs_to_tf32",
    "conv2d.one_wrong_pixel_vjp",
    "conv2d.loses_a_faint_border_tap",
    "conv2d.single_vjp",
    "conv2d.second_order_for_strided",
    "batch_norm.batch_eps",
    "sigmoid.sigmoid_tail_of_64",
    "relu.relu_of_positives",
    "softmax.softmax_naive",
    "softmax.softmax_accepts_any_axis",
    "fft.fft_of_double",
    "irfft.irfft_unweighted_vjp",
    "convolve.convolve_same_from_the_right",
    "running_mean.state_itself",
    "linear.linear_one_row",
    "max_pool2d.max_swallows_nan",
    "istft.istft_over_window",
    "detrend.detrend_one_further",
    "zoom.zoom_cut_off",
    "fft.fft_shares_plans",
    "affine_grid.affine_grid_unsummed_vjp",
)
RIGHT = (
    "fft.fft_by_kept_plans",
    "conv2d.kahan",
    "conv2d.by_fft",
    "linear.linear_ascending",
    "batch_norm.batch_norm_welford",
    "fft.fft_by_recursion",
    "czt.czt_by_horner",
    "affine_transform.affine_value_by_value",
)

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def test_a_miniature_is_killed_where_a_run_asks() -> None:
    """A kill at a case that nobody judges would say nothing of a check."""
    assert not [e.name for e in MINIATURES if gate._address(e) not in gate.every(e.op)]


def picked(names: tuple[str, ...]) -> list[Entry]:
    """Entries by name. Raises KeyError."""
    by_name = {e.name: e for e in (*MINIATURES, *LOOKALIKES)}
    return [by_name[n] for n in names]


def test_there_are_enough_of_both() -> None:
    assert len(MINIATURES) >= 150
    assert len(LOOKALIKES) >= 30


def test_names_are_unique() -> None:
    assert max(Counter(e.name for e in (*MINIATURES, *LOOKALIKES)).values()) == 1


@pytest.mark.parametrize("op", sorted({e.op for e in (*MINIATURES, *LOOKALIKES)}))
def test_every_entry_says_what_it_is_and_names_a_case(op: str) -> None:
    entries = [e for e in (*MINIATURES, *LOOKALIKES) if e.op == op]
    assert gate.chosen(op, entries)
    for entry in entries:
        assert gate.says(entry).endswith(".")
        assert entry.right or entry.law in {*gate.COLUMNS, "vmap"}


def test_a_few_miniatures_are_killed_by_the_law_that_must() -> None:
    found = gate.judged(picked(FEW), 0, gate.named)
    assert [f.entry.name for f in found if not f.as_named] == []


def test_a_few_look_alikes_are_not_accused() -> None:
    found = gate.judged(picked(RIGHT), 0, gate.named)
    assert all(f.judged for f in found)
    assert [f.entry.name for f in found if f.red] == []


def _names_of_modules(path: Path) -> Iterator[tuple[int, ModuleType, str]]:
    """The names that a file looks up in modules of the reference implementations, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reference_impls"):
            for alias in node.names:
                if importlib.util.find_spec(str(node.module)).submodule_search_locations is not None:
                    modules[alias.asname or alias.name] = importlib.import_module(f"{node.module}.{alias.name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.lineno, modules[node.value.id], node.attr


@pytest.mark.parametrize("folder", ["miniatures", "lookalikes"])
def test_entries_call_what_there_is(folder: str) -> None:
    """What raises because a function was renamed would be killed, and a right one accused, for nothing."""
    files = sorted((Path(__file__).parent / folder).glob("*.py"))
    found = [(path.name, *name) for path in files for name in _names_of_modules(path)]
    assert found
    assert [(file, line, name) for file, line, module, name in found if not hasattr(module, name)] == []
