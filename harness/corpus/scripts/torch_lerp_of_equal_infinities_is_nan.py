import torch

state = torch.tensor([float("inf")])
expected = state * 0.5 + 0.5 * torch.tensor([float("inf")])
got = state.clone().lerp_(torch.tensor([float("inf")]), 0.5)
print(f"expected {expected.item()}, got {got.item()}")
raise SystemExit(bool(got.isnan().item()))
