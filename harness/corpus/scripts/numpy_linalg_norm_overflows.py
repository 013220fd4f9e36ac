import numpy as np

got = np.linalg.norm([3e200, 4e200])
print(f"expected 5e+200, got {got}")
raise SystemExit(bool(np.isinf(got)))
