"""NumPy's function -> why definitions have it not, and what to write in its place, in one line."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.dispatch import ELSEWHERE, Refused, refused

#: What to write where a function has no bound, or its result is no array of numbers.
INSTEAD: dict[Any, str] = {
    np.linalg.svd: "singular vectors have no bound without a gap; write what you need of A as a formula",
    np.linalg.svdvals: "singular values have no rule yet; write the norm that you need as a formula",
    np.linalg.eig: "eigenvectors have no bound without a gap; give the eigenvalues as an input",
    np.linalg.eigh: "eigenvectors have no bound without a gap; give the eigenvalues as an input",
    np.linalg.eigvals: "eigenvalues have no rule yet; give them as an input",
    np.linalg.eigvalsh: "eigenvalues have no rule yet; give them as an input",
    np.linalg.qr: "its columns' signs are open; write Gram-Schmidt or np.linalg.cholesky",
    np.linalg.lstsq: "write the normal equations, np.linalg.solve(A.T @ A, A.T @ b)",
    np.linalg.pinv: "write np.linalg.solve(A.T @ A, A.T)",
    np.linalg.cond: "write np.linalg.norm(A, 1) * np.linalg.norm(np.linalg.inv(A), 1)",
    np.linalg.matrix_rank: "a rank is no number with an error; let it be a param",
    np.linalg.tensorinv: "reshape to matrices and write np.linalg.inv",
    np.linalg.tensorsolve: "reshape to matrices and write np.linalg.solve",
    np.roots: "roots have no rule; give them as an input",
    np.unique: "how many there are depends on the data; let the shape come from sizes",
    np.apply_over_axes: "give the function all axes at once",
    np.resize: "write np.tile and np.reshape",
    np.isclose: "a definition has no tolerance; compare exactly",
    np.allclose: "a definition has no tolerance; compare exactly",
    np.nextafter: "a definition has no precision",
    np.spacing: "a definition has no precision",
    np.frexp: "a definition has no precision; write log2 and exp2",
    np.save: "a definition reads and writes no files",
    np.savez: "a definition reads and writes no files",
    np.savetxt: "a definition reads and writes no files",
}


def lacking(what: Any) -> Refused:
    """The refusal of a function, or of what a text names."""
    if isinstance(what, str):
        return refused(f"numpy.{what}", ELSEWHERE)
    module = str(getattr(what, "__module__", "numpy")).replace("numpy.lib", "numpy").partition("._")[0]
    name = f"{module}.{getattr(what, '__name__', what)}"
    return refused(name, INSTEAD.get(what, ELSEWHERE))
