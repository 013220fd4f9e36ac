import torch

got = torch.lgamma(torch.tensor([4.05e36])).item()
expected = torch.lgamma(torch.tensor([4.05e36], dtype=torch.float64)).item()
print(f"expected {expected:.5g} (the largest number is {torch.finfo(torch.float32).max:.5g}), got {got}")
raise SystemExit(got == float("inf"))
