"""Names of assets -> the environment that pages are written in."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
import markupsafe

from harness.model import visible
from harness.report.atlas import state
from harness.report.counts import level, short
from harness.report.headline import instant
from harness.report.words import GRADE_WORDS, palette
from harness.vocabulary import counted


@cache
def asset(name: str) -> str:
    """The text of one file beside the page's template."""
    return (files("harness.report") / "assets" / name).read_text(encoding="utf-8")


def _link(**terms: str) -> str:
    """A fragment that opens the view of these terms."""
    return "#" + urlencode({name: text for name, text in terms.items() if text})


def _term(field: str, value: str) -> str:
    """A term of the query language, quoted where its value needs it."""
    plainly = value and not any(sign.isspace() or sign in '",' for sign in value)
    inner = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{field}:{value}" if plainly else f'{field}:"{inner}"'


def foreign(text: Any) -> markupsafe.Markup:
    """Text that somebody else wrote: isolated, so that it turns no word of the page around, its control characters shown."""
    return markupsafe.Markup("<bdi>{}</bdi>").format(visible(str(text)))


def templates() -> jinja2.Environment:
    """The environment that pages are written in."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(asset), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "foreign": foreign,
        "visible": lambda text: visible(str(text)),
        "short": short,
        "level": level,
        "counted": counted,
        "thousands": lambda n: f"{n:,}",
        "moment": instant,
    }
    environment.globals["style"] = lambda: markupsafe.Markup(palette() + asset("page.css"))
    environment.globals |= {
        "link": _link,
        "term": _term,
        "infinity": float("inf"),
        "state": state,
        "grade_words": GRADE_WORDS,
    }
    return environment
