import math

import torch

n = torch.arange(34)  # 34 = 2 * 17; with lengths of small prime factors it is right
x = ((7 * n**2) % 31 - 15).double()
angles = -2 * math.pi * torch.outer(n, n).remainder(34).double() / 34
due = torch.complex(x @ torch.cos(angles), x @ torch.sin(angles))
error = (torch.fft.fft(x.to(due.dtype)) - due).norm() / due.norm() / 2.0**-53
print(f"expected a relative error of a few roundings, got one of {error:.0f}")
raise SystemExit(error.item() > 10)
