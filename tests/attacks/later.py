"""Attacks that finish later, or return something that is no result yet."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from attacks.plain import sigmoid, zeros

#: Seconds after which the value is there: longer than a call takes.
LATER = 0.1


def thread_finishes(input):
    """Returns zeros that a thread fills with the right values later; gpu-mode's and SOL-ExecBench's side streams."""
    y, x = zeros(input), input.copy()
    threading.Timer(LATER, lambda: np.copyto(y, sigmoid(x))).start()
    return y


def torch_thread_finishes(input):
    """The same with tensors, in the memory below the graph; KernelBench's non-default streams."""
    y, x = zeros(input), input.detach().clone()
    threading.Timer(LATER, lambda: y.detach().copy_(torch.sigmoid(x))).start()
    return y


def next_call_finishes(input, _waiting=[]):  # noqa: B006 (the shared list is the attack)
    """Each call fills in the result of the one before; common sense: work is moved out of the timed call."""
    for y, x in _waiting:
        np.copyto(y, sigmoid(x))
    _waiting[:] = [(zeros(input), input.copy())]
    return _waiting[0][0]


def collector_finishes(input):
    """The value is computed when a helper object dies; common sense."""

    class Late:
        def __init__(self, y, x):
            self.y, self.x, self.me = y, x, self

        def __del__(self):
            np.copyto(self.y, sigmoid(self.x))

    y = zeros(input)
    Late(y, input.copy())
    return y


class Computes(np.ndarray):
    """An array of zeros that computes when it is looked at."""

    def _value(self):
        return sigmoid(self.due) if hasattr(self, "due") else np.asarray(self.view(np.ndarray))

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        """Computes with the right value in its own place."""
        return getattr(ufunc, method)(*(x._value() if isinstance(x, Computes) else x for x in inputs), **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        """The same for NumPy's functions."""
        return func(*(x._value() if isinstance(x, Computes) else x for x in args), **kwargs)

    def astype(self, *args, **kwargs):
        """The same for a conversion."""
        return self._value().astype(*args, **kwargs)

    def copy(self, *args, **kwargs):
        """The same for a copy."""
        return self._value().copy()


def lazy_array(input):
    """An array subclass that holds zeros and computes when compared; gpu-mode's lazily evaluated results."""
    y = zeros(input).view(Computes)
    y.due = input.copy()
    return y


class ComputesTensor(torch.Tensor):
    """A tensor of zeros that computes in whatever function is called on it."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """Every function gets the right value in place of the zeros."""
        plain = [torch.sigmoid(x.due) if isinstance(x, cls) and hasattr(x, "due") else x for x in args]
        with torch._C.DisableTorchFunctionSubclass():
            return func(*plain, **(kwargs or {}))


def lazy_tensor(input):
    """A tensor subclass that computes after the clock has stopped; KernelBench's and gpu-mode's lazy subclasses."""
    y = zeros(input).as_subclass(ComputesTensor)
    y.due = input
    return y


class Promise:
    """Something that becomes an array when asked."""

    def __init__(self, x):
        self.x, self.shape, self.dtype, self.ndim = x, x.shape, x.dtype, x.ndim

    def __array__(self, *args, **kwargs):
        """The right value, computed now."""
        return sigmoid(self.x)


def promise(input):
    """An object with ``__array__``, computed when the judge converts it; common sense."""
    return Promise(input.copy())


def generator(input):
    """A generator of rows: nothing runs until somebody iterates; common sense."""
    return (sigmoid(np.asarray(row)) for row in np.atleast_1d(input))


def mapped(input):
    """A ``map`` object; common sense."""
    return map(sigmoid, np.atleast_1d(input))


def future(input):
    """A future of a thread pool; common sense."""
    pool = ThreadPoolExecutor(1)
    return pool.submit(lambda: (time.sleep(LATER), sigmoid(input))[1])


def thread_spoils_input(input):
    """Right, and a thread changes the caller's input after the return; robust-kbench: inputs are modified."""
    y = sigmoid(input)
    if input.flags.writeable:
        threading.Timer(LATER, lambda: np.copyto(input, 0)).start()
        time.sleep(2 * LATER)
    return y


def in_the_input(input):
    """The result is written over the input and is the input; robust-kbench."""
    if not input.flags.writeable:
        return sigmoid(input)
    input[...] = sigmoid(input)
    return input
