from scipy.fft import hfft

try:
    got = f"{hfft([1.0, 2.0], n=0)}"
except ValueError as error:
    got = f"ValueError: {error}"
print(f"expected ValueError as of fft(x, n=0), got {got}")
raise SystemExit(not got.startswith("ValueError"))
