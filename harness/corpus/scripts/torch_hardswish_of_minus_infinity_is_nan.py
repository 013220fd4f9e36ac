import torch

got = torch.nn.functional.hardswish(torch.tensor([-float("inf")])).item()
print(f"expected 0.0 as of every number below -3, got {got}")
raise SystemExit(got != got)
