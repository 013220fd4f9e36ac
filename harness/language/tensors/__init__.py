"""Definitions written in torch: a tensor and torch's functions, each as a program of NumPy's functions.

- tensor: what such a definition holds: a handle with torch's methods
- shapes, entries, sums, products, layers: torch's functions by name
- table: all of them, and the modules that a definition finds them in
- speech: definition -> whether it is written in torch
"""
