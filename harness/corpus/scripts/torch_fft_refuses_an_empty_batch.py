import torch

try:
    got = str(tuple(torch.fft.fft(torch.zeros(0, 4)).shape))
except RuntimeError as error:
    got = f"RuntimeError: {error}"
print(f"expected (0, 4), got {got.splitlines()[0]}")
raise SystemExit(got != "(0, 4)")
