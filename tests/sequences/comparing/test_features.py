"""Rows of numbers from sequences of any lengths."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.sequences.comparing.features import MOST_POINTS, points_for, resampled, summaries
from clearlstm.sequences.inputs import read_sequences
from clearlstm.shapes import FloatArray


def drawn(lengths: list[int], n_features: int = 2, seed: int = 0) -> list[FloatArray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, n_features)) for n in lengths]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 30))
def test_points_are_numpy_s_interpolation(lengths: list[int], n_points: int) -> None:
    X = drawn(lengths)
    rows = resampled(read_sequences(X), n_points).reshape(len(X), n_points, 2)
    for x, row in zip(X, rows, strict=True):
        for k in range(2):
            expected = np.interp(np.linspace(0, len(x) - 1, n_points), np.arange(len(x)), x[:, k])
            np.testing.assert_allclose(row[:, k], expected, atol=1e-7)


def test_as_many_points_as_steps_are_the_steps_to_the_bit() -> None:
    X = np.random.default_rng(0).normal(size=(5, 84, 3))
    np.testing.assert_array_equal(resampled(read_sequences(X), 84), X.reshape(5, -1))


def test_points_for_the_longest_up_to_a_hundred() -> None:
    assert points_for(read_sequences(drawn([3, 24]))) == 24
    assert points_for(read_sequences(drawn([3, 1000]))) == MOST_POINTS


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_summaries_are_those_of_each_sequence_alone(lengths: list[int]) -> None:
    X = drawn(lengths)
    for x, row in zip(X, summaries(read_sequences(X)), strict=True):
        t = np.arange(len(x))
        slope = np.polyfit(t, x, 1)[0] if len(x) > 1 else np.zeros(2)
        step = np.abs(np.diff(x, axis=0)).mean(axis=0) if len(x) > 1 else np.zeros(2)
        parts = (x.mean(axis=0), x.std(axis=0), x.min(axis=0), x.max(axis=0), x[0], x[-1], slope, step, [len(x)])
        np.testing.assert_allclose(row, np.concatenate(parts), atol=1e-9)
