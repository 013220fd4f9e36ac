"""Right implementations that look like attacks: none may be accused."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from attacks.plain import sigmoid

WORKSPACE = {}
ANSWERS = {}


def workspace(input):
    """Scratch memory is kept between calls, and the result is a copy of it."""
    work = WORKSPACE.setdefault((input.shape, input.dtype), np.empty(input.shape, input.dtype))
    work[...] = sigmoid(input)
    return work.copy()


def memoised(input):
    """Answers are kept by everything that makes an input: bytes, shape, dtype; each caller gets a copy."""
    key = (input.tobytes(), input.shape, input.dtype)
    if key not in ANSWERS:
        ANSWERS[key] = sigmoid(input)
    return ANSWERS[key].copy()


def in_threads(input):
    """Rows are computed by a pool of threads that ends before the return."""
    if not input.ndim or not len(input):
        return sigmoid(input)
    with ThreadPoolExecutor(2) as pool:
        return np.stack(list(pool.map(sigmoid, input)))


def in_a_subprocess(input):
    """Another interpreter computes, and its answer is read from a pipe."""
    code = "import array, math, sys; x = array.array(sys.argv[1], sys.stdin.buffer.read()); "
    code += "sys.stdout.buffer.write(array.array(sys.argv[1], [1 / (1 + math.exp(-v)) for v in x]).tobytes())"
    x = input.astype(input.dtype.newbyteorder("="))
    words = [sys.executable, "-I", "-S", "-c", code, input.dtype.char]
    made = subprocess.run(words, input=x.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(made.stdout, x.dtype).reshape(input.shape).copy()


def in_a_fork(input):
    """A child computes, writes into a pipe and ends; the parent waits for it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, sigmoid(input).tobytes())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        y = np.frombuffer(pipe.read(), input.dtype).reshape(input.shape).copy()
    os.waitpid(child, 0)
    return y


def in_place_on_a_copy(input):
    """All steps happen in one array of its own."""
    y = input.astype(np.float64)
    with np.errstate(over="ignore"):
        np.negative(y, out=y)
        np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y).astype(input.dtype)


def draws_and_restores(input):
    """Draws from the global generators, and puts their states back."""
    kept, kept_torch = np.random.get_state(), torch.get_rng_state()
    np.random.seed(1)
    torch.manual_seed(1)
    order = np.random.permutation(input.size)
    np.random.set_state(kept)
    torch.set_rng_state(kept_torch)
    y = np.empty(input.size, input.dtype)
    y[order] = sigmoid(input.ravel()[order])
    return y.reshape(input.shape)


def column_by_column(input):
    """The result lies in Fortran's order."""
    return np.asfortranarray(sigmoid(input)).reshape(input.shape, order="F")


def every_second(input):
    """The result is every second entry of a longer array."""
    y = np.zeros((*input.shape, 2), input.dtype)
    y[..., 0] = sigmoid(input)
    return y[..., 0]


def read_only(input):
    """The result may not be written."""
    y = np.array(sigmoid(input))
    y.flags.writeable = False
    return y


def settings_restored(input):
    """Warnings, errors of NumPy and an environment variable are changed and put back."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        kept = os.environ.get("OMP_DYNAMIC")
        os.environ["OMP_DYNAMIC"] = "false"
        y = sigmoid(input)
        os.environ.pop("OMP_DYNAMIC") if kept is None else os.environ.update(OMP_DYNAMIC=kept)
    return y


def talks(input):
    """Says on stdout and stderr what it does."""
    print(f"sigmoid of {input.shape}")
    print("done", file=sys.stderr)
    return sigmoid(input)


def narrow(input):
    """Offers float64 alone, and says so for every other dtype before it looks at values."""
    if input.dtype != np.float64:
        raise NotImplementedError("float64 alone")
    return sigmoid(input)


def _scaled(factor, input):
    return torch.sigmoid(input * factor)


#: A partial object, which has no name of its own.
partial = functools.partial(_scaled, 1)


class ByHand(torch.autograd.Function):
    """A sigmoid whose derivative is written by hand, and has a derivative itself."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        """The value."""
        return torch.sigmoid(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        """What the derivatives need."""
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx, g):
        """``g y (1 - y)``."""
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)

    @staticmethod
    def jvp(ctx, t):
        """``t y (1 - y)``."""
        (y,) = ctx.saved_tensors
        return t * y * (1 - y)


def by_hand(input):
    """A custom function of torch's autograd, differentiable twice and forwards."""
    return ByHand.apply(input)


def through_double(input):
    """torch computes in double and rounds once."""
    return torch.sigmoid(input.double()).to(input.dtype)


def default_dtype_restored(input):
    """The default dtype is double during the call alone."""
    kept = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    y = 1 / (torch.tensor(1.0) + torch.exp(-input.double()))
    torch.set_default_dtype(kept)
    return y.to(input.dtype)


def in_a_view(input):
    """The result is a view into a larger tensor, transposed in memory."""
    return torch.stack([torch.sigmoid(input), input], dim=-1)[..., 0]
