"""The linear head: from the net's memory to the answer."""

from copy import copy
from typing import final

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.network.parameters import uniform
from clearlstm.shapes import FloatArray, check_dtype, check_positive, random_generator


@final
class Linear:
    """y = h W + b, with W (K, M) and b (M,).

    W starts uniform in ±1/√K, b at 0; ``zero`` starts W at 0 too, so that the first answer is b whatever the input.
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
        zero: bool = False,
    ) -> None:
        self.input_size = check_positive("input_size", input_size)
        self.output_size = check_positive("output_size", output_size)
        self.dtype = check_dtype(dtype)
        bound = 0.0 if zero else 1 / np.sqrt(self.input_size)
        rng = random_generator(seed)
        self.W = uniform(rng, bound, (self.input_size, self.output_size)).astype(self.dtype)
        self.b = np.zeros(self.output_size, self.dtype)

    def __call__(self, h: FloatArray) -> FloatArray:
        """h (..., K) to y (..., M)."""
        # y = h W + b
        return np.asarray(kernels.product(h, self.W) + self.b)

    def backward(self, h: FloatArray, dy: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """dh, dW and db from dy (..., M) at the input h (..., K)."""
        rows_h, rows_dy = h.reshape(-1, self.input_size), dy.reshape(-1, self.output_size)
        return kernels.product(dy, self.W.T), kernels.product(rows_h.T, rows_dy), rows_dy.sum(axis=0)

    def snapshot(self) -> "Linear":
        """The head with the weights that it has now: a trace must not change as training goes on."""
        same = copy(self)
        same.W, same.b = self.W.copy(), self.b.copy()
        return same

    def __repr__(self) -> str:
        return f"Linear({self.input_size}, {self.output_size}, dtype={self.dtype.name!r})"
