"""The attack gate in small: its table is what it claims to be, and a few attacks are tried."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import attack_gate
import pytest
from attack_gate import Broken, Checked, Found, Killed, Passed, Refused, Unjudged
from attack_table import ATTACKS, HONEST, Attack

#: Tried here, one of a kind; ``tox -e attacks`` tries all.
FEW = (
    "internals.silences_margins",
    "reads.callers",
    "later.thread_finishes",
    "spoofs.unpickled",
    "refusals.torch_words",
    "gradients.detached",
    "tampering.patches_connections",
    "at_import.exits.sigmoid",
)
RIGHT = ("honest.workspace", "honest.talks")


def picked(names: tuple[str, ...]) -> list[Attack]:
    """Entries by name. Raises KeyError."""
    by_name = {a.name: a for a in (*ATTACKS, *HONEST)}
    return [by_name[n] for n in names]


def wrong_ends(names: tuple[str, ...]) -> dict[str, str]:
    """The entries whose check ended as it must not, and how."""
    done = attack_gate.gate(picked(names), min(os.cpu_count() or 1, 4))
    return {one.attack.name: f"{one.word}: {one.ending}" for one in done if not one.due}


def test_there_are_enough_of_both() -> None:
    assert len(ATTACKS) >= 50
    assert len(HONEST) >= 12


def test_names_are_unique() -> None:
    assert max(Counter(a.name for a in (*ATTACKS, *HONEST)).values()) == 1


@pytest.mark.parametrize("attack", [*ATTACKS, *HONEST], ids=lambda a: a.name)
def test_an_attack_says_how_it_cheats_and_where_that_is_known_from(attack: Attack) -> None:
    said = attack_gate.says(attack)
    assert said.endswith(".")
    assert attack.right == attack.path.startswith("attacks.honest:")
    assert attack.right or any(mark in said for mark in (";", ":"))


def test_a_check_that_ends_with_no_code_of_its_own_is_broken() -> None:
    red = {"candidate": "a:b", "law": "agrees", "case": "sigmoid", "message": "", "status": "deviates"}
    assert attack_gate.ending(0, [red], "") == Passed(1)
    assert attack_gate.ending(1, [red], "") == Found(red)
    assert attack_gate.ending(1, [], "nothing") == Unjudged("nothing")
    assert attack_gate.ending(3, [red], "") == Broken("exit code 3", "")
    assert attack_gate.ending(-9, [red], "") == Killed(9)
    assert attack_gate.ending(2, [], "no values") == Refused("no values")
    assert attack_gate.ending(None, [red], "") == Broken("no end", "")


def test_only_what_cannot_be_imported_may_be_refused() -> None:
    assert not Checked(ATTACKS[0], Refused(""), 0.0).due
    assert Checked(picked(("at_import.exits.sigmoid",))[0], Refused(""), 0.0).due
    assert Checked(ATTACKS[0], Killed(9), 0.0).due
    assert not Checked(HONEST[0], Killed(9), 0.0).due


def test_a_look_alike_that_is_refused_is_accused() -> None:
    assert Checked(HONEST[0], Passed(1), 0.0).due
    assert not Checked(HONEST[0], Refused(""), 0.0).due
    assert not Checked(ATTACKS[0], Passed(1), 0.0).due


def test_attacks_that_write_files_find_no_copy_here(monkeypatch: pytest.MonkeyPatch) -> None:
    from attacks.plain import copies

    monkeypatch.syspath_prepend(str(attack_gate.ROOT))
    assert list(copies()) == []


def test_a_copy_is_marked_and_goes_away() -> None:
    with attack_gate.copy() as root:
        assert (root / attack_gate.MARK).is_file()
        assert (root / "specs" / "sigmoid.yaml").is_file()
        assert not root.is_relative_to(Path(attack_gate.ROOT))
    assert not root.exists()


def test_a_few_attacks_do_not_pass() -> None:
    assert wrong_ends(FEW) == {}


def test_a_few_look_alikes_are_not_accused() -> None:
    assert wrong_ends(RIGHT) == {}
