import torch

got = torch.round(torch.tensor(1e38), decimals=3).item()
print(f"expected about 1e+38 (it is whole), got {got}")
raise SystemExit(got == float("inf"))
