import torch

got = torch.sigmoid(torch.tensor([-1000 + 1j])).item()
print(f"expected 0j, got {got}")
raise SystemExit(got != got)
