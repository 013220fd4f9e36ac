import torch

x = torch.randn(4096, 1).half()
bias = torch.zeros(1).half().requires_grad_()
y = torch.nn.functional.layer_norm(x, (1,), None, bias)
(got,) = torch.autograd.grad(y, bias, torch.ones_like(y))
print(f"expected 4096.0 (4096 ones), got {got.item()}")
raise SystemExit(got.item() != 4096)
