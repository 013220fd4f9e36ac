import torch

x = torch.randn(1, 3, 4, 5, dtype=torch.float64, requires_grad=True)
g = torch.randn(1, 3, 4, 5, dtype=torch.float64)
y = torch.nn.functional.instance_norm(x)
(expected,) = torch.autograd.grad(y, x, g, retain_graph=True)
(got,) = torch.autograd.grad(y, x, g.contiguous(memory_format=torch.channels_last))
print(f"expected {expected.flatten()[1].item()}, got {got.flatten()[1].item()}")
raise SystemExit(bool((got - expected).abs().max() > expected.abs().max() / 4))
