"""Differential conformance tests of numerical operations.

``specs/x.yaml -> Spec -> Case -> arrays -> Candidate, Oracle -> law -> Equation -> Evidence -> Verdict -> run -> page``

The wings, and their rooms, in order; a module imports only from rooms above its own:

asking: what a candidate is asked to do, and what came of it

- asking: what a candidate is asked to do, and what came of it; hosts that hold candidates

language: text -> specs and cases

- expressions: text -> arithmetic over named sizes
- model: the nouns
- vocabulary: the words of specs and addresses
- subjects: what a row speaks of
- coding: columns of words <-> codes
- specs: YAML -> Spec, or exactly what is wrong
- cases: Spec -> Cases
- capabilities: Specs -> the table of what is judged

truth: a case -> what is right, and how far from it a right candidate may be

- bounds: precision, sizes of sums -> error bounds
- fills: Case -> arrays
- candidates: declaration, holder -> a candidate as the judge knows it
- offers: Verdicts -> cases inside what a candidate offers
- definitions: what a definition may say beyond NumPy
- dispatch: NumPy's calls -> primitives of an arithmetic
- operations: NumPy's functions -> programs of primitives, and every derivative
- differentiation: arrays, what they were computed from -> products with their Jacobian
- arithmetic: definition -> value, error and derivatives
- balls: definition -> enclosures
- language: definition -> the same with NumPy's names as definitions mean them
- ties: outputs, an input -> entries that share one maximum
- oracles: Case, arrays -> what is due
- summation: a definition's sums of products, what a candidate gives -> the order in which it adds them
- soundness: Spec -> what is wrong with its definition, before anybody is judged by it
- trying: a user's function, called a few times -> its library, and the params that it does not take

judging: what came of asking -> verdicts

- comparison: Equation -> Evidence
- chance: counts -> how likely chance makes them
- places: Evidence -> what its wrong entries have in common
- proofs: Evidence -> its proof
- bench: Case -> its inputs, draws of them, and what is due
- trial: Bench, candidate -> what laws ask for
- laws: Trial -> Equations
- reference: keys and words of specs -> the page that explains them
- builds: libraries as they are built and run here -> what the ledger asks about them
- ledger: known deviations
- rows: what came of asking, what comparing found -> flat rows
- judgement: Case, candidates -> Verdicts

running: tasks -> a run, and what is kept of it

- execution: tasks -> Verdicts, inline, isolated or on a cluster
- runs: specs -> a run
- store: Verdicts <-> file
- baseline: table <-> the small one that later runs are compared with
- diff: two tables -> what changed

telling: verdicts -> what a person reads

- explanation: row, what is due -> how its bound came about
- repro: Verdict -> a standalone script
- shrinking: Case -> a smaller one that breaks in the same way
- naming: Case, candidate that deviates -> the altered definition that it conforms to
- evidence: Verdicts -> what a page shows of the worst of them
- answer: rows -> levels and causes, what a person reads
- corpus: known defects of released libraries -> which are here
- report: table -> page, CSV, Markdown

doors: words -> all of the above

- api: a call in anybody's program -> what the harness says of it
- pytest_plugin: specs -> pytest items
- cli: words -> a run; the only door that prints
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api import (
        Answer,
        Bounded,
        Definition,
        assert_close_to_definition,
        assert_conforms,
        bound,
        check,
    )
    from harness.definitions.elementwise import elementwise

__all__ = [
    "Answer",
    "Bounded",
    "Definition",
    "assert_close_to_definition",
    "assert_conforms",
    "bound",
    "check",
    "elementwise",
]


#: Where each name stands: `elementwise` marks definitions, whose modules need nothing else of this package.
_HOMES = dict.fromkeys(__all__, "harness.api") | {"elementwise": "harness.definitions.elementwise"}


def __getattr__(name: str) -> Any:
    """The Python API, loaded when it is asked for: ``import harness`` alone loads nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module `harness` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)
