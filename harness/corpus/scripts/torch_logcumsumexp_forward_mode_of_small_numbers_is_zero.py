import torch

x = torch.tensor([-40.0, 0.0], dtype=torch.float64)
_, tangent = torch.func.jvp(lambda z: torch.logcumsumexp(z, 0), (x,), (torch.ones_like(x),))
got = tangent[0].item()  # the first result is the first entry, of slope 1
print(f"expected 1.0, got {got}")
raise SystemExit(abs(got - 1) > 0.1)
