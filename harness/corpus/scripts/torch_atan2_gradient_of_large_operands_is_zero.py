import torch

x = torch.tensor([1e20], requires_grad=True)
(got,) = torch.autograd.grad(torch.atan2(x, torch.tensor([1e20])), x)
print(f"expected about 5e-21, got {got.item()}")
raise SystemExit(got.item() == 0)
