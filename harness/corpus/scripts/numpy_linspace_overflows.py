import numpy as np

got = np.linspace(-1.7e308, 1.7e308, 3).tolist()
print(f"expected [-1.7e+308, 0.0, 1.7e+308], got {got}")
raise SystemExit(got[1] != 0)
