"""Definition -> the same with NumPy's names as definitions mean them: what it makes may hold numbers with errors.

A definition is a plain NumPy program. Its inputs are ``handles`` of arrays that carry errors and derivatives; most of
NumPy asks its arguments how to compute, and what does not (``np.zeros``, ``np.array``, SciPy's and ``math``'s
functions) a definition finds replaced: ``speaking`` gives a copy of it whose globals name the replacements. Nothing
outside the definition and the functions that it calls is changed.
"""

from __future__ import annotations

from harness.language.building import built
from harness.language.handles import Handle, given, handled, unwrapped
from harness.language.names import Literal, is_number, speaking
from harness.language.places import place

__all__ = ["Handle", "Literal", "built", "given", "handled", "is_number", "place", "speaking", "unwrapped"]
