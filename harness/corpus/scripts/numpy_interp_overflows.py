import numpy as np

got = float(np.interp(1.5, [1.0, 2.0], [-1.7e308, 1.7e308]))
print(f"expected 0.0, got {got}")
raise SystemExit(got != 0)
