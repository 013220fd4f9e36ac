"""Options that several commands share."""

from __future__ import annotations

import click

from harness.asking.registry import LIBRARIES
from harness.cli import judging
from harness.vocabulary import ALGORITHMS

_POSITIVE = click.FloatRange(min=0, min_open=True)

workers = click.option(
    "-j",
    "--workers",
    type=click.IntRange(0),
    default=None,
    help="Worker processes; 0 judges in this process. [default: cores]",
)
seed = click.option("--seed", type=int, default=0, show_default=True, help="Of all inputs.")
only = click.option(
    "--only", default="", metavar="'AXIS=VALUE ...'", help="Judge these alone: op=conv2d dtype=float16 candidate=torch."
)
timeout = click.option(
    "--timeout",
    type=_POSITIVE,
    default=judging.TIMEOUT,
    show_default=True,
    help="Seconds a candidate may take at a case.",
)
memory = click.option(
    "--memory", type=_POSITIVE, default=judging.MEMORY, show_default=True, help="GiB a worker may take."
)
spec = click.option("--spec", default="", metavar="FILE", help="The case's spec, where its op's name does not find it.")
library = click.option(
    "--library",
    type=click.Choice(sorted(LIBRARIES)),
    default=None,
    help="Whose arrays it takes; by default it is called once with each kind.",
)
vjp = click.option(
    "--vjp", default=None, metavar="MODULE:ATTR", help="Its hand-written vjp(cotangent, *inputs, **params)."
)
algorithm = click.option(
    "--algorithm",
    default="conventional",
    show_default=True,
    help=f"How it computes: {', '.join(name for name in ALGORITHMS if name != 'conventional')}.",
)
offers = click.option(
    "--offers", default="", metavar="SELECTION", help='The cases it takes, as "dtype=float32,float64 groups=1".'
)
outputs = click.option("--outputs", default="", metavar="NAMES", help="The outputs it returns, where they are not all.")
promises = click.option(
    "--promises", default="", metavar="bits", help="A row has the same bits whatever rows stand beside it."
)
python = click.option(
    "--python", default="", metavar="PATH", help="The interpreter that holds it; this one by default."
)
