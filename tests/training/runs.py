"""Small runs for the tests."""

from typing import Any

import numpy as np

from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray, IntArray
from clearlstm.training.batches import Batch

N, T, F = 40, 6, 2


def sequences(seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """x (40, 6, 2), and y (40, 1): a noisy mixture of the first day and the last."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, T, F))
    return x, x[:, 0, :1] - 0.5 * x[:, -1, 1:] + 0.1 * rng.normal(size=(N, 1))


def model(seed: int = 0, *, hidden_size: int = 4, **options: Any) -> Network:
    """A float64 model with a head of 1."""
    settings = {"dtype": "float64", "seed": seed, **options}
    return Network([LSTM(F, hidden_size, **settings)], head=1, seed=seed)


def weights(of: Network) -> dict[str, FloatArray]:
    """A copy of every parameter."""
    return {name: values.copy() for name, values in of.parameters.items()}


def assert_equal(result: Network, wanted: Network | dict[str, FloatArray]) -> None:
    """Equal to the bit, parameter by parameter."""
    expected = wanted.parameters if isinstance(wanted, Network) else wanted
    assert list(result.parameters) == list(expected)
    for name, values in result.parameters.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)


class Ragged:
    """Batches of different lengths T, as a source may give them; it says what it was asked for."""

    n_rows = N
    fingerprint = "ragged"

    def __init__(self, x: FloatArray, y: FloatArray) -> None:
        self._x, self._y = x, y
        self.asked: list[list[int]] = []

    def batch(self, rows: IntArray) -> Batch:
        self.asked.append([int(row) for row in rows])
        steps = 2 + len(self.asked) % 3
        return Batch(self._x[rows, :steps], self._y[rows])
