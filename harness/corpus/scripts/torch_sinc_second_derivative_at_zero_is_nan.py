import math

import torch

got = torch.autograd.functional.hessian(torch.sinc, torch.tensor(0.0)).item()
print(f"expected {-(math.pi**2) / 3}, got {got}")
raise SystemExit(got != got)
