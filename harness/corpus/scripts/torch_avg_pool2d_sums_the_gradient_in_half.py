import torch

x = torch.zeros(1, 1, 64, 64).half().requires_grad_()
y = torch.nn.functional.avg_pool2d(x, 63, stride=1, padding=31, divisor_override=1)
(got,) = torch.autograd.grad(y, x, torch.ones_like(y))
print(f"expected at least 3844.0 (a sum of ones), got {got.max().item()}")
raise SystemExit(got.max().item() < 3844)
