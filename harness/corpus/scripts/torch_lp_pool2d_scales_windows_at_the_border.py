import torch

x = torch.tensor([[[[1.0, 1.0, 3.0]]]])
got = torch.nn.functional.lp_pool2d(x, 1.0, (1, 2), ceil_mode=True)
print(f"expected [2.0, 3.0], the sums of each window, got {got.flatten().tolist()}")
raise SystemExit(got[..., 1].item() != 3.0)
