import torch

p, q = (torch.zeros(2, 3, requires_grad=True) for _ in range(2))
g = torch.arange(6.0).reshape(2, 3) - 2
p.grad, q.grad = g, g.t().contiguous().t()
for tensor in (p, q):
    torch.optim.Adam([tensor], fused=True).step()
print(f"expected {p.tolist()}, got {q.tolist()}")
raise SystemExit(not torch.equal(p, q))
