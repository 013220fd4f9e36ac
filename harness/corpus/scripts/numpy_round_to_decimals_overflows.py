import numpy as np

got = float(np.round(np.float64(1e306), 3))
print(f"expected 1e+306 (it is whole), got {got}")
raise SystemExit(got != 1e306)
