import torch

x = torch.tensor([-50000.0], dtype=torch.float16)
t = torch.tensor([0.5], dtype=torch.float16, requires_grad=True)
weight = torch.tensor([2.0], dtype=torch.float16)
y = torch.nn.functional.binary_cross_entropy_with_logits(x, t, pos_weight=weight, reduction="none")
(got,) = torch.autograd.grad(y, t, torch.tensor([0.01], dtype=torch.float16))
print(f"expected about {0.01 * 50000 * 2 - 0.01 * 50000 + 500}, got {got.item()}")
raise SystemExit(not got.isfinite().item())
