"""What every activation keeps to; test_golden.py holds their values and slopes to torch's."""

import numpy as np
import pytest

from clearlstm.cell.activations import ACTIVATIONS, activation
from clearlstm.cell.arithmetic import sigmoid
from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray

Z = np.array([-30.0, -2.4, -0.3, 0.2, 2.6, 25.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_number_type_is_kept_and_the_argument_left_alone(name: str, dtype: type) -> None:
    z: FloatArray = Z.astype(dtype)
    y = activation(name).value(z)
    assert y.dtype == dtype
    assert activation(name).slope(z, y).dtype == dtype
    y[:] = 99
    np.testing.assert_array_equal(z, Z.astype(dtype))


def test_the_table_of_the_lesson() -> None:
    z = np.array([-10.0, -2.0, 0.0, 2.0, 10.0])
    assert [f"{y:.5f}" for y in sigmoid(z)] == ["0.00005", "0.11920", "0.50000", "0.88080", "0.99995"]
    assert [f"{y:.3f}" for y in np.tanh(z)] == ["-1.000", "-0.964", "0.000", "0.964", "1.000"]


def test_sigmoid_far_out() -> None:
    far = sigmoid(np.array([-1000.0, -20.0, 1000.0, np.inf, -np.inf, np.nan]))
    np.testing.assert_allclose(far, [0, np.exp(-20) / (1 + np.exp(-20)), 1, 1, 0, np.nan], rtol=1e-15)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="'swish' is not known: use one of hard_sigmoid, hard_sigmoid_6, linear, relu"):
        activation("swish")
