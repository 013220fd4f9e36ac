import torch

x = torch.randn(2, 4, 3, 3).contiguous(memory_format=torch.channels_last)


def f(x):
    return torch.nn.functional.group_norm(x, 2)


try:
    got = torch.func.jvp(f, (x,), (x,)) and "a tangent"
except RuntimeError as error:
    got = f"RuntimeError: {error}".splitlines()[0]
print(f"expected a tangent, got {got}")
raise SystemExit(got != "a tangent")
