import torch

x = 1000 + torch.randn(1, 4, 8, 8)
x = x.contiguous(memory_format=torch.channels_last)
expected = torch.nn.functional.group_norm(x.double().contiguous(), 1).float()
got = torch.nn.functional.group_norm(x, 1)
off = (got - expected).abs().max().item() / expected.abs().max().item()
also = (torch.nn.functional.group_norm(x.contiguous(), 1) - expected).abs().max().item() / expected.abs().max().item()
print(f"expected an error as of contiguous input, {also:.1e} of the largest entry, got {off:.1e}")
raise SystemExit(off > 8 * also)
