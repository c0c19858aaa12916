"""Activation functions and their slopes, by name.

Sigmoid and tanh are the LSTM's own (Hochreiter & Schmidhuber 1997). The others occur in models made elsewhere, such as
older Keras models with ``hard_sigmoid`` gates.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from clearlstm.cell.arithmetic import NUMPY, Arithmetic, sigmoid
from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray


class Activation(NamedTuple):
    """A function of the pre-activation z, and its slope given z and y = value(z)."""

    value: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray, FloatArray], FloatArray]


def _hard_sigmoid(z: FloatArray) -> FloatArray:
    return np.asarray(np.clip(0.2 * z + 0.5, 0, 1))


def _between(z: FloatArray, low: float, high: float) -> FloatArray:
    return ((z > low) & (z < high)).astype(z.dtype)


ACTIVATIONS: Final[dict[str, Activation]] = {
    "sigmoid": Activation(sigmoid, lambda z, y: y * (1 - y)),
    "tanh": Activation(np.tanh, lambda z, y: 1 - y * y),
    "relu": Activation(lambda z: np.maximum(z, 0), lambda z, y: (z > 0).astype(z.dtype)),
    # Keras 2 and ONNX: clip(z / 5 + 1/2); Keras 3: clip(z / 6 + 1/2).
    "hard_sigmoid": Activation(_hard_sigmoid, lambda z, y: 0.2 * _between(z, -2.5, 2.5)),
    "hard_sigmoid_6": Activation(lambda z: np.clip(z / 6 + 0.5, 0, 1), lambda z, y: _between(z, -3, 3) / 6),
    "linear": Activation(lambda z: z.copy(), lambda z, y: np.ones_like(z)),
}


def activation(name: str, by: Arithmetic = NUMPY) -> Activation:
    """The activation called ``name``, computed ``by`` an arithmetic.

    An unknown name is an :class:`InputError` that lists the known ones.
    """
    if name not in ACTIVATIONS:
        raise InputError(f"activation {name!r} is not known: use one of {', '.join(sorted(ACTIVATIONS))}")
    function = ACTIVATIONS[name]
    return function._replace(value=getattr(by, name)) if name in by._fields else function
