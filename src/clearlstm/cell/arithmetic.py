"""What the reference computes with, besides + − × ÷.

Its own is NumPy's. There a product's last bits depend on the BLAS and a tanh's on the processor, which a specification
can bear. Where the reference runs a user's net (peepholes, other activations), ``clearlstm.kernels`` lends it an
arithmetic whose bits are the same everywhere.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from clearlstm.shapes import FloatArray

Product = Callable[[FloatArray, FloatArray], FloatArray]
"""Of (…, K) and (K, M)."""


class Arithmetic(NamedTuple):
    """A product of matrices, sigmoid and tanh of every number."""

    product: Product
    sigmoid: Callable[[FloatArray], FloatArray]
    tanh: Callable[[FloatArray], FloatArray]


def sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + exp(−z)), without overflow: sigmoid(−20) is 2.06e-9 and sigmoid(−1000) is 0."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


NUMPY: Final = Arithmetic(np.matmul, sigmoid, np.tanh)
