"""y = |rfft2(x)|, its true gradient, and the tutorial's wrong one.

``BadFFTFunction`` is the layer without parameters of PyTorch's tutorial on extensions with NumPy and SciPy: its
backward is ``irfft2`` of the upstream gradient, which is not the vector-Jacobian product, and has the wrong shape for
an odd last axis. ``AbsRFFT2Function`` has the same forward and the true backward.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, np.dtype[Any]]


class BadFFTFunction(torch.autograd.Function):
    """y = |rfft2(x)| with backward irfft2(g): wrong on purpose."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor) -> torch.Tensor:
        """|rfft2(x)| of a real matrix, in the dtype of the input; (H, W) gives (H, W // 2 + 1)."""
        magnitude = np.abs(np.fft.rfft2(input.detach().numpy()))
        return torch.as_tensor(magnitude, dtype=input.dtype)

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> torch.Tensor:
        """irfft2(g), which is not the gradient; an odd width comes back one column short."""
        return torch.as_tensor(np.fft.irfft2(grad_output.detach().numpy()), dtype=grad_output.dtype)


class AbsRFFT2Function(torch.autograd.Function):
    """y = |rfft2(x)| with backward Re(F^H (g z / |z|)), z = rfft2(x)."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor) -> torch.Tensor:
        """|rfft2(x)| of a real matrix, in the dtype of the input."""
        ctx.save_for_backward(input)
        return torch.as_tensor(abs_rfft2_numpy(_array(input)))

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> torch.Tensor:
        """The vector-Jacobian product; subgradient 0 where the magnitude is 0."""
        (input,) = ctx.saved_tensors
        (gradient,) = abs_rfft2_numpy_vjp(_array(grad_output), _array(input))
        return torch.as_tensor(gradient)


def incorrect_fft(input: torch.Tensor) -> torch.Tensor:
    """|rfft2(x)| with the gradient wrong on purpose."""
    result: torch.Tensor = BadFFTFunction.apply(input)
    return result


def abs_rfft2(input: torch.Tensor) -> torch.Tensor:
    """|rfft2(x)| with the right gradient, forward and backward in NumPy."""
    result: torch.Tensor = AbsRFFT2Function.apply(input)
    return result


def torch_abs_rfft2(input: torch.Tensor) -> torch.Tensor:
    """|rfft2(x)| by torch's own operations and their derivatives."""
    magnitude: torch.Tensor = torch.fft.rfft2(input).abs()
    return magnitude


def abs_rfft2_numpy(input: Array) -> Array:
    """|rfft2(x)| over the last two axes, in the dtype of the input."""
    return np.abs(np.fft.rfft2(input)).astype(input.dtype, copy=False)


def abs_rfft2_numpy_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """Re(F^H (g z / |z|)), z = rfft2(x): F^H pads the half spectrum with zeros and transforms backward, unscaled."""
    z = np.fft.rfft2(input)
    magnitude = np.abs(z)
    phase = np.divide(z, magnitude, out=np.zeros_like(z), where=magnitude != 0)
    spectrum = np.zeros(input.shape, z.dtype)
    spectrum[..., : z.shape[-1]] = cotangent * phase
    gradient = np.fft.ifft2(spectrum, norm="forward").real
    return (gradient.astype(input.dtype),)


def _array(tensor: torch.Tensor) -> Array:
    array: Array = tensor.detach().resolve_neg().numpy()
    return array
