import torch

x = torch.tensor([100.0], requires_grad=True)
(slope,) = torch.autograd.grad(torch.nn.functional.mish(x), x, create_graph=True)
(got,) = torch.autograd.grad(slope, x)
print(f"expected 0.0, got {got.item()}")
raise SystemExit(bool(got.isnan()))
