import numpy as np

got = complex(np.log1p(np.complex128(1e-20 + 1e-10j)))
print(f"expected about {1e-20 + 1e-20 / 2} + 1e-10j, got {got}")
raise SystemExit(got.real == 0)
