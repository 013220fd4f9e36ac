import numpy as np
from scipy.ndimage import correlate

x = np.broadcast_to(np.float64(1.0), (4,))
expected = correlate(x.copy(), np.ones(3), mode="constant")
got = correlate(x, np.ones(3), mode="constant")
print(f"expected {expected.tolist()}, got {got.tolist()}")
raise SystemExit(not np.array_equal(got, expected))
