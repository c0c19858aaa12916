"""sigmoid, tanh and exp of every number of an array: for losses, and for the nets that the reference runs."""

from clearlstm.kernels.activations import exp, sigmoid, tanh
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.vector import lanes_of, load, start, store
from clearlstm.shapes import FloatArray

# One function that takes the other would read better, but Numba keeps no compiled code of such a one.


@Kernel
def sigmoid_of(z: FloatArray, out: FloatArray) -> None:
    """Out = sigmoid(z), both (n,)."""
    before = flush()
    V = lanes_of(start(z))
    for at in range(0, z.size, V):
        store(start(out), at, sigmoid(load(start(z), at, z.size - at)), z.size - at)
    restore(before)


@Kernel
def tanh_of(z: FloatArray, out: FloatArray) -> None:
    """Out = tanh(z), both (n,)."""
    before = flush()
    V = lanes_of(start(z))
    for at in range(0, z.size, V):
        store(start(out), at, tanh(load(start(z), at, z.size - at)), z.size - at)
    restore(before)


@Kernel
def exp_of(y: FloatArray, out: FloatArray) -> None:
    """Out = exp(y) for y ≤ 0, both (n,)."""
    before = flush()
    V = lanes_of(start(y))
    for at in range(0, y.size, V):
        store(start(out), at, exp(load(start(y), at, y.size - at)), y.size - at)
    restore(before)
