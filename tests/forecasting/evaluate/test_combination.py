"""The weights of a combination: near equal, by what was known, and never by what came later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.forecasting.evaluate.combination import Combination, combine_in_turn, moved_to

IDS = np.array(["a", "b"], dtype=object)


def test_with_nothing_known_all_count_the_same() -> None:
    np.testing.assert_allclose(Combination.of(("LSTM", "AutoETS"), IDS).weights(np.array([0, 1, -1])), 0.5)


def test_the_better_counts_more_and_most_in_its_own_series() -> None:
    seen = Combination.of(("LSTM", "AutoETS"), IDS).seen(np.array([0, 1]), np.array([[1.0, 3.0], [1.0, 1.0]]), 1)
    own, other, unknown = seen.weights(np.array([0, 1, -1]))[:, 0]
    assert own > unknown > other > 0.5
    # by hand: r̄ = ((2/3, 4/3) + 1) / 2, r̃ of the first series = ((1/2, 3/2) + 5 r̄) / 6, weights ∝ r̃⁻⁸
    usual = (np.array([2 / 3, 4 / 3]) + 1) / 2
    shares = ((np.array([0.5, 1.5]) + 5 * usual) / 6) ** -8.0
    assert own == pytest.approx(shares[0] / shares.sum(), abs=1e-8)


def test_of_equal_forecasts_it_is_exactly_that() -> None:
    y = np.random.default_rng(0).normal(size=(2, 3))
    known = Combination.of(("LSTM", "AutoETS"), IDS).seen(np.array([0]), np.array([[1.0, 3.0]]), 1)
    np.testing.assert_array_equal(known.mean(np.array([0, 1]), {"LSTM": y, "AutoETS": y}), y)


@given(st.integers(0, 1000), st.integers(1, 4))
def test_what_comes_later_has_no_part_in_it(seed: int, horizon: int) -> None:
    rng = np.random.default_rng(seed)
    cutoffs, series = np.repeat(np.arange(6), 2), np.tile([0, 1], 6)
    forecasts = {name: rng.normal(size=(12, 2)) for name in ("LSTM", "AutoETS")}
    errors, start = rng.random((12, 2)), Combination.of(("LSTM", "AutoETS"), IDS)
    changed = errors.copy()
    changed[cutoffs + horizon > 3] = rng.random((int((cutoffs + horizon > 3).sum()), 2))
    times = (series, cutoffs, cutoffs + horizon)
    one, other = (combine_in_turn(start, forecasts, these, *times)[0] for these in (errors, changed))
    np.testing.assert_array_equal(one[cutoffs <= 3], other[cutoffs <= 3])


def test_quantiles_follow_the_median_by_a_factor_or_a_shift() -> None:
    quantiles = np.array([[[1.0, 2.0, 4.0]], [[-1.0, 2.0, 4.0]]])
    moved = moved_to(quantiles, np.array([[3.0], [1.0]]), np.array([True, False]))
    np.testing.assert_allclose(moved, [[[1.5, 3.0, 6.0]], [[-2.0, 1.0, 3.0]]])
    assert moved_to(quantiles, np.array([[3.0], [1.0]]), np.array([True, False]), nonnegative=True)[1, 0, 0] == 0
