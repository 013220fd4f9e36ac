import numpy as np
from scipy.ndimage import zoom

got = zoom(np.ones(8), 3.25, order=1, mode="constant", cval=9.0)[-1]
print(f"expected 1.0, the last entry, got {got}, the fill value")
raise SystemExit(got != 1.0)
