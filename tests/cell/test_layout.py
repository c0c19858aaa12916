"""Gate orders: Keras's documented equations, and there and back. Torch's and ONNX's are run in other files here."""

import numpy as np
import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import GATES, gate_slice, reorder, split_gates
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close, make_case
from tests.orders import KERAS_GATES, ONNX_GATES, TORCH_GATES


def test_keras_order_follows_its_equations() -> None:
    """Keras cuts ``x·kernel + h·recurrent_kernel + bias`` into four: input, forget, cell and output, in this order."""
    case = make_case(11, N=3, T=1, F=2, H=4)
    x, h, c, H = case.x[:, 0], case.h_0, case.c_0, 4
    kernel, recurrent, bias = case.normal(2, 4 * H), case.normal(H, 4 * H), case.normal(4 * H)

    def sigmoid(z: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-z)))

    z0, z1, z2, z3 = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
    c_new = sigmoid(z1) * c + sigmoid(z0) * np.tanh(z2)
    ours = LSTMWeights(*(reorder(array, KERAS_GATES, GATES) for array in (kernel, recurrent, bias)))
    found = reference.step(x, h, c, ours)
    assert_close("c", found.c, c_new, 1e-14)
    assert_close("h", found.h, sigmoid(z3) * np.tanh(c_new), 1e-14)


@pytest.mark.parametrize("order", [TORCH_GATES, KERAS_GATES, ONNX_GATES])
def test_reorder_there_and_back(order: tuple[str, ...]) -> None:
    packed = np.arange(24.0).reshape(2, 12)
    there = reorder(packed, GATES, order)
    for gate in GATES:
        np.testing.assert_array_equal(there[:, gate_slice(gate, 3, order)], packed[:, gate_slice(gate, 3)])
    np.testing.assert_array_equal(reorder(there, order, GATES), packed)
    assert not np.shares_memory(there, packed)


def test_split_gates_gives_views() -> None:
    packed = np.zeros((2, 8))
    split_gates(packed)["i"][:] = 1
    np.testing.assert_array_equal(packed[0], [0, 0, 1, 1, 0, 0, 0, 0])
