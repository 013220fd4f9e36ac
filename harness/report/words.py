"""The signs, words, steps and colours that pages are drawn with: one table, which Python and JavaScript both read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.model import CONTROLS, KEY

#: Every status from worst to best, with the sign that stands for it where colour cannot.
SIGNS: Mapping[str, str] = {
    "crashed": "✖",
    "timed out": "◷",
    "fails": "!",
    "deviates": "✗",
    "fixed": "★",
    "known": "◆",
    "not believed": "≈",
    "inconclusive": "?",
    "unsupported": "○",
    "conforms": "✓",
}

#: What a grade is called where only its name stands.
GRADE_WORDS: Mapping[str, str] = {
    "random": "random bound",
    "any": "any-order bound",
    "worst": "worst-case bound",
    "norm-wise": "norm-wise bound",
    "cancels": "a formula that loses digits",
    "varies": "varies",
}

#: What each kind of change means.
MEANINGS: Mapping[str, str] = {
    "new": "wrong, and not there before",
    "regressed": "wrong, and was not, or worse than it was",
    "grew": "error at least four times larger",
    "reordered": "right, and its sums are added in another order",
    "no longer run": "judged before, not now",
    "fixed": "was wrong or known, is right",
    "added": "not there before, and right or known",
}

#: Margins between the steps of the colour scale: up to m4 right, from m5 wrong.
STEPS = (0.0, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e3, 1e6)

#: Colours by name, in light and in dark: m0 to m8 are the steps, and `on-m` is what is written on them.
COLOURS: Mapping[str, tuple[str, str]] = {
    "bg": ("#f8f8f5", "#121417"),
    "card": ("#ffffff", "#1a1d21"),
    "ink": ("#1b1e22", "#e8eaec"),
    "dim": ("#5a6068", "#9aa2ab"),
    "line": ("#e2e3de", "#2c3138"),
    "hover": ("#f1f2ed", "#22262c"),
    "accent": ("#3546b5", "#a5b1ff"),
    "accent-soft": ("#eceefb", "#252b47"),
    "good": ("#0d6653", "#5fd0b0"),
    "bad": ("#b1221a", "#ff8d80"),
    "worse": ("#8c1140", "#ff85b0"),
    "amber": ("#7a4a00", "#f0bd66"),
    "violet": ("#653a9b", "#c8a5f5"),
    "blue": ("#1b50b8", "#8ab4ff"),
    "m0": ("#edf6f2", "#18241f"),
    "m1": ("#dff0ea", "#182e27"),
    "m2": ("#cbe7dd", "#193a30"),
    "m3": ("#b0dccd", "#1b473a"),
    "m4": ("#8fcdb8", "#1f5846"),
    "m5": ("#ffdcae", "#64400f"),
    "m6": ("#ffbd94", "#763611"),
    "m7": ("#fb9c88", "#85291d"),
    "m8": ("#f2807a", "#9a1f2c"),
    "on-m": ("#14171a", "#f3f4f2"),
    "shadow": (
        "0 1px 2px rgb(20 23 26 / 6%), 0 4px 16px rgb(20 23 26 / 5%)",
        "0 1px 2px rgb(0 0 0 / 40%), 0 4px 16px rgb(0 0 0 / 25%)",
    ),
}


def palette() -> str:
    """The colours as CSS: of the system's theme, and of the one that a reader chose."""
    light, dark = (
        "".join(f" --{name}: {pair[n]};" for name, pair in COLOURS.items()) + f" color-scheme: {scheme};"
        for n, scheme in enumerate(("light", "dark"))
    )
    return (
        f":root {{{light} }}\n"
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{{dark} }} }}\n'
        f':root[data-theme="dark"] {{{dark} }}\n'
    )


def module() -> str:
    """The same for JavaScript, as a module."""
    tables = {"KEY": KEY, "SIGNS": SIGNS, "MEANINGS": MEANINGS, "STEPS": STEPS}
    told = [f"export const {name} = {json.dumps(table, ensure_ascii=False)};" for name, table in tables.items()]
    obeyed = f"// Characters that reverse or control what stands around them.\nexport const OBEYED = /[{CONTROLS}]/g;"
    return (
        "\n\n".join(
            ["// Written by bundle.py from words.py: the tables that Python and JavaScript share.", *told, obeyed]
        )
        + "\n"
    )
