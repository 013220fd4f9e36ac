import numpy as np

got = float(np.quantile([1.0, np.inf, np.inf], 0.75))
print(f"expected inf (both neighbours are), got {got}")
raise SystemExit(got != got)
