import torch

x = torch.randn(5, 1, 4, 1, dtype=torch.float64).permute(3, 2, 1, 0).requires_grad_()
g = torch.randn(1, 4, 1, 5, dtype=torch.float64)
norm = torch.nn.functional.batch_norm
(expected,) = torch.autograd.grad(norm(x.contiguous(), None, None, training=True), x, g)
(got,) = torch.autograd.grad(norm(x, None, None, training=True), x, g)
print(f"expected {expected.flatten()[1].item()}, got {got.flatten()[1].item()}")
raise SystemExit(bool((got - expected).abs().max() > expected.abs().max() / 4))
