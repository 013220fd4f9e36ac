import numpy as np
from scipy.special import softmax

try:
    got = str(softmax(np.zeros((2, 0)), axis=1).shape)
except ValueError as error:
    got = f"ValueError: {error}"
print(f"expected (2, 0), got {got}")
raise SystemExit(got != "(2, 0)")
