"""Verdict -> a standalone script that repeats it, bit for bit, with nothing of the harness.

The script imports NumPy, the candidate's own library and the candidate; inputs stand in it as bytes. Its last line is
the row's ``actual``; where the candidate raised, the script does; where its process ended, the script ends so too.
``text`` is what all scripts begin with, ``laws`` chooses among ``calls``, ``derivatives`` and
``mapping`` what each law adds.
"""

from __future__ import annotations

from harness.candidates import Candidate
from harness.model import Case, Spec, Verdict
from harness.repro import laws, text
from harness.repro.derivatives import by_autograd
from harness.trial import Bench, Trial

#: Laws whose rows come from the hand-written vjp where a candidate has one.
VJP_LAWS = frozenset({"gradient", "subsets", "upstream", "adjoint"})

#: Laws that look at a case's first call; the others come after it.
FIRST_CALL = frozenset({"status", "agrees", "shape", "dtype", "distribution"})


def script(spec: Spec, case: Case, candidate: Candidate, seed: int, row: Verdict) -> str:
    """A script that prints the row's ``actual`` (its worst entry, or what was raised)."""
    trial = Trial(Bench(spec, case, seed), candidate)
    parts = [
        text.head(spec, case, candidate, row),
        text.own(trial),
        text.placing(case.layout, trial.is_torch),
        text.SHOW,
        f"arrays = {text.literals(trial.arrays)}",
        text.call(trial),
        text.pull(trial) if row.under in VJP_LAWS and not by_autograd(trial) else "",
        *([] if row.under in FIRST_CALL or case.invalid else ["call(arrays)  # a fault may depend on an earlier call"]),
        *laws.lines(trial, row),
    ]
    return "\n".join(parts) + "\n"
