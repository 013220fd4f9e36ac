import torch

x = torch.zeros(1, 1, 65, 65).half()
x[0, 0, 32, 32] = 1
x.requires_grad_()
y = torch.nn.functional.max_pool2d(x, 63, stride=1, padding=31)
(got,) = torch.autograd.grad(y, x, torch.ones_like(y))
print(f"expected {float((y == 1).sum())} (a sum of ones), got {got.max().item()}")
raise SystemExit(got.max().item() != float((y == 1).sum()))
