import numpy as np
from scipy.fft import dct

x = np.array([1.0, 2.0, 3.0])
expected = dct(x, 2, norm="ortho", orthogonalize=False) + 0j
got = dct(x + 0j, 2, norm="ortho", orthogonalize=False)
print(f"expected {expected.tolist()}, got {got.tolist()}")
raise SystemExit(not np.array_equal(got, expected))
