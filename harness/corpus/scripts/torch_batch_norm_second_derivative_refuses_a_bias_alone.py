import torch

x, u = (torch.randn(4, 3, requires_grad=True) for _ in range(2))
bias = torch.randn(3, requires_grad=True)
y = torch.nn.functional.batch_norm(x, None, None, None, bias, training=True)
g = torch.autograd.grad(y, [x, bias], u, create_graph=True)
try:
    got = torch.autograd.grad(g[0].sum() + g[1].sum(), u) and "a gradient"
except RuntimeError as error:
    got = f"RuntimeError: {error}".splitlines()[0]
print(f"expected a gradient, got {got}")
raise SystemExit(got != "a gradient")
