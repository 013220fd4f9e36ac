import torch

p = torch.tensor([1 - 2.0**-24], requires_grad=True)
t = torch.tensor([1.0])
loss = torch.nn.functional.binary_cross_entropy(p, t, reduction="sum")
(g,) = torch.autograd.grad(loss, p, create_graph=True)
(got,) = torch.autograd.grad(g.sum(), p)
expected = 1 / p.item() ** 2
print(f"expected {expected}, got {got.item()}")
raise SystemExit(abs(got.item() - expected) > 0.1)
