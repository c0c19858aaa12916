"""First values: how they are distributed, and that they are what was asked for."""

import numpy as np
import pytest

from clearlstm.network.lstm import LSTM
from clearlstm.network.parameters import uniform
from clearlstm.shapes import FloatArray


def recurrent_matrices(hidden_size: int, n: int) -> FloatArray:
    """The U of n nets, gate by gate, (4n, H, H)."""
    nets = [LSTM(1, hidden_size, dtype="float64", seed=seed) for seed in range(n)]
    return np.concatenate([np.split(net.parameters["layer0.forward.U"], 4, axis=1) for net in nets])


@pytest.mark.parametrize("hidden_size", [1, 2, 3, 7, 64, 200])
def test_recurrent_matrices_are_orthogonal(hidden_size: int) -> None:
    for U in recurrent_matrices(hidden_size, 2):
        np.testing.assert_allclose(U.T @ U, np.eye(hidden_size), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("hidden_size", "n"), [(2, 1000), (3, 500), (8, 100), (40, 6)])
def test_they_are_spread_as_a_uniform_draw_is(hidden_size: int, n: int) -> None:
    """An entry of a uniformly drawn one has mean 0, square 1/H and fourth power 3/(H(H + 2)) on average."""
    U = recurrent_matrices(hidden_size, n)
    H = hidden_size
    assert abs(U.mean()) < 5 / np.sqrt(U.size * H)
    assert (U**4).mean() * H * (H + 2) / 3 == pytest.approx(1, abs=0.05)
    # rotations and reflections are equally likely
    assert abs(np.sign(np.linalg.det(U)).mean()) < 5 / np.sqrt(len(U))


def test_uniform_numbers_fill_their_range() -> None:
    numbers = uniform(np.random.default_rng(0), 0.3, (10_000,))
    assert -0.3 <= numbers.min() < -0.299
    assert 0.299 < numbers.max() < 0.3
    np.testing.assert_allclose(numbers, np.random.default_rng(0).uniform(-0.3, 0.3, 10_000), rtol=0, atol=1e-16)
