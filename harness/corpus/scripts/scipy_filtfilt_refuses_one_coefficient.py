from scipy.signal import filtfilt

try:
    got = f"{filtfilt([2.0], [1.0], [1.0, 2.0, 3.0, 4.0])}"
except ValueError as error:
    got = f"ValueError: {error}"
print(f"expected [4. 8. 12. 16.], got {got}")
raise SystemExit(got.startswith("ValueError"))
