import numpy as np
from scipy.fft import fft

x = np.ones(4, np.float16)
try:
    got = fft(x.astype(">f2")).tolist()
except Exception as error:
    got = f"{type(error).__name__}: {error}"
print(f"expected {fft(x).tolist()}, got {got}")
raise SystemExit(got != fft(x).tolist())
