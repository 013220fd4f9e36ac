import numpy as np
from scipy.signal import correlate2d

small, large = np.array([[1 + 2j]]), np.array([[1j, 2.0], [3.0, 4j]])
expected = (small * np.conj(large))[::-1, ::-1]  # sum over k of in1[k + l] conj(in2[k])
got = correlate2d(small, large, mode="valid")
print(f"expected {expected.tolist()}, got {got.tolist()}")
raise SystemExit(not np.array_equal(got, expected))
