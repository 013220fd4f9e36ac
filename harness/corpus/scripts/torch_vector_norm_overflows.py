import torch

got = torch.linalg.vector_norm(torch.tensor([3e200, 4e200], dtype=torch.float64)).item()
print(f"expected 5e+200, got {got}")
raise SystemExit(got == float("inf"))
