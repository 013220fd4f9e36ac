import torch

x = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
(slope,) = torch.autograd.grad(torch.nn.functional.softplus(x, threshold=1.0), x, create_graph=True)
(got,) = torch.autograd.grad(slope, x)
expected = slope.item() * (1 - slope.item())  # the slope is the logistic function there, not 1
print(f"expected {expected}, got {got.item()}")
raise SystemExit(got.item() == 0)
