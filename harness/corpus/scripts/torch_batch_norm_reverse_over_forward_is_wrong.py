import torch
from torch.func import grad, jvp

torch.manual_seed(0)
x, v, w = (torch.randn(4, 2, dtype=torch.float64) for _ in range(3))


def f(x):
    return (w * torch.nn.functional.batch_norm(x, None, None, training=True)).sum()


_, expected = jvp(grad(f), (x,), (v,))
got = grad(lambda x: jvp(f, (x,), (v,))[1])(x)
print(f"expected {expected[0].tolist()} as by jvp of grad, got {got[0].tolist()}")
raise SystemExit(bool((got - expected).abs().max() > expected.abs().max() / 4))
