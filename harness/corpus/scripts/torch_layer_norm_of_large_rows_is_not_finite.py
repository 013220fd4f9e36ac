import torch

x = torch.tensor([[3e38, 3e38, 3e38, 3e38, 3e38]])
got = torch.nn.functional.layer_norm(x, (5,))
print(f"expected zeros (a constant row), got {got.tolist()}")
raise SystemExit(not torch.equal(got, torch.zeros_like(got)))
