import torch

got = torch.linspace(-3e38, 3e38, 3).tolist()
print(f"expected [-3e+38, 0.0, 3e+38], got {got}")
raise SystemExit(got[1] != 0)
