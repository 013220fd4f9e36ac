import torch

x = torch.tensor(1.0625 + 2**-40, dtype=torch.float64)  # above the middle of 1 and 1.125
got = x.to(torch.float8_e4m3fn).item()
print(f"expected 1.125, got {got}")
raise SystemExit(got != 1.125)
