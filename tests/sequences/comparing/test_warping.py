"""Dynamic time warping, held to the recursion itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.sequences.comparing import warping
from clearlstm.sequences.inputs import read_sequences
from clearlstm.shapes import FloatArray

pytest.importorskip("dtaidistance", reason="dtaidistance, of the extra compare, isn't installed")


def by_recursion(one: FloatArray, other: FloatArray) -> float:
    """The cost of the cheapest path, from its definition."""
    cost = np.full((len(one) + 1, len(other) + 1), math.inf)
    cost[0, 0] = 0
    for i in range(len(one)):
        for j in range(len(other)):
            before = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
            cost[i + 1, j + 1] = ((one[i] - other[j]) ** 2).sum() + before
    return math.sqrt(float(cost[-1, -1]))


@given(st.integers(1, 3), st.integers(0, 1000))
def test_distances_are_those_of_the_recursion(n_features: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    draw = [rng.normal(3, 5, size=(rng.integers(1, 12), n_features)) for _ in range(9)]
    training, test = read_sequences(draw[:5]), read_sequences(draw[5:])
    mean, scale = training.values.mean(axis=0), training.values.std(axis=0)
    z = [(x - mean) / scale for x in draw]
    expected = np.array([[by_recursion(one, other) for other in z[:5]] for one in z[5:]])
    np.testing.assert_allclose(warping.distances(training, test), expected, rtol=1e-9)
    np.testing.assert_array_equal(warping.nearest(training, test), expected.argmin(axis=1))


def test_its_size_is_counted_before_it_is_begun() -> None:
    training, test = read_sequences([np.zeros((10, 2)), np.zeros((5, 2))]), read_sequences([np.zeros((4, 2))])
    assert warping.cells(training, test) == 15 * 4 * 2
