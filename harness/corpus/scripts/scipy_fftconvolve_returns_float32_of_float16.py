import numpy as np
from scipy.signal import fftconvolve

x = np.ones(4, np.float16)
got = fftconvolve(x, x).dtype
print(f"expected float16 as of convolve(method='direct'), got {got}")
raise SystemExit(got != np.float16)
