import numpy as np
from scipy.ndimage import correlate1d

x = np.array([1e20, 0.0, 1e20])
expected = 1e-17 * x[0]
got = float(correlate1d(x, [1e-17, 1.0, 0.0], mode="constant")[1])
print(f"expected {expected}, got {got}")
raise SystemExit(got > 1.5 * expected)
