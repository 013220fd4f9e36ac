import torch

x = -9.0
expected = x * 0.5 * torch.special.erfc(torch.tensor(-x / 2**0.5, dtype=torch.float64)).item()
got = torch.nn.functional.gelu(torch.tensor([x], dtype=torch.float64)).item()
print(f"expected {expected}, got {got}")
raise SystemExit(abs(got - expected) > 0.01 * abs(expected))
