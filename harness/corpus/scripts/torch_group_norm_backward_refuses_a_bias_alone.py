import torch

x, bias = (torch.randn(s, requires_grad=True) for s in ((2, 4, 3), (4,)))
y = torch.nn.functional.group_norm(x, 2, None, bias)
try:
    got = torch.autograd.grad(y.square().sum(), [x, bias]) and "gradients"
except Exception as error:
    got = f"{type(error).__name__}: {error}".splitlines()[0]
print(f"expected gradients, got {got}")
raise SystemExit(got != "gradients")
