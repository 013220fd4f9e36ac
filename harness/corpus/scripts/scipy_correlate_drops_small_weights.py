import numpy as np
from scipy.ndimage import correlate

got = correlate(np.full((3, 3), 1e20), np.full((1, 1), 1e-17))[1, 1]
print(f"expected {1e20 * 1e-17}, got {got}")
raise SystemExit(got == 0)
