import torch

x = torch.tensor([[0.3, 0.4]], dtype=torch.float64, requires_grad=True)
y = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
# both sizes are at most eps = 1: the formula is x . y, its slope y
torch.nn.functional.cosine_similarity(x, y, eps=1.0).sum().backward()
print(f"expected {y.tolist()}, got {x.grad.tolist()}")
raise SystemExit(not torch.equal(x.grad, y))
