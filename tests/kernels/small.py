"""The smallest kernel that is one of clearlstm's all the same: sigmoid and tanh of many numbers."""

import numpy as np

from clearlstm.kernels import activations
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.vector import REGISTER_BYTES, load, start, store
from clearlstm.shapes import FloatArray


@Kernel
def both(z: FloatArray, sigmoid: FloatArray, tanh: FloatArray, width: int) -> None:
    for k in range(0, z.size, width):
        values = load(start(z), k, z.size - k)
        store(start(sigmoid), k, activations.sigmoid(values), z.size - k)
        store(start(tanh), k, activations.tanh(values), z.size - k)


def sigmoid_and_tanh(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    sigmoid, tanh = np.empty_like(z), np.empty_like(z)
    both(z, sigmoid, tanh, REGISTER_BYTES // z.itemsize)
    return sigmoid, tanh
