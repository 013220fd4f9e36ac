import torch

try:
    y = torch.nn.functional.instance_norm(torch.zeros(0, 3, 4), weight=torch.ones(3))
    got = str(tuple(y.shape))
except Exception as error:
    got = f"{type(error).__name__}: {error}".splitlines()[0]
print(f"expected (0, 3, 4), got {got}")
raise SystemExit(got != "(0, 3, 4)")
