import numpy as np
from scipy.ndimage import shift

x = np.array([0.0, 1.1, 0.2, 1.3])
got = np.abs(shift(x, 0, order=3, mode="reflect") - x).max()
print(f"expected the samples that the spline goes through, off by some 1e-16, got them off by {got}")
raise SystemExit(bool(got > 1e-6))
