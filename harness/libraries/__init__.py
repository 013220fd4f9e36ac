"""Arrays <-> NumPy, SciPy and torch, behind one small face: the only room that imports torch.

A library wraps our arrays in its own type, unwraps what comes back, and differentiates. Torch is imported when the
first of its functions is called, never when this package is.
"""
