import torch

got = torch.lerp(torch.tensor(-3e38), torch.tensor(3e38), 0.25).item()
print(f"expected about -1.5e+38, got {got}")
raise SystemExit(got == float("inf"))
