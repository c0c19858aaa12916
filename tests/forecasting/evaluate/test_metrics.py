"""Each metric on numbers that can be checked by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.forecasting.evaluate import metrics

Y, F = np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 1.0])


def test_by_hand() -> None:
    assert metrics.mae(Y, F) == pytest.approx(4 / 3)
    assert metrics.mase(Y, F, 2.0) == pytest.approx(2 / 3)
    assert metrics.mase(Y, F, np.array([1.0, 1.0, 3.0])) == pytest.approx(2 / 3)
    assert metrics.smape(Y, F) == pytest.approx(100 * (2 / 3 + 0 + 6 / 5) / 3)
    assert metrics.pinball(Y, F, 0.9) == pytest.approx((0.1 * 1 + 0 + 0.9 * 3) / 3)
    assert metrics.coverage(Y, np.array([1.0, 2.5, 0.0]), np.array([1.5, 3.0, 9.0])) == pytest.approx(2 / 3)
    assert metrics.mean_width(np.array([1.0, 2.0]), np.array([2.0, 5.0])) == 2.0


def test_smape_of_nothing_forecast_as_nothing_is_no_error() -> None:
    assert metrics.smape(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0
    assert metrics.smape(np.array([0.0]), np.array([1.0])) == 200


def test_rmsse_and_owa_by_hand() -> None:
    y = np.array([[1.0, 2.0], [3.0, 5.0]])
    forecast = np.array([[4.0, 6.0], [3.0, 5.0]])
    assert metrics.rmsse(y, forecast, np.array([[2.0], [1.0]])) == pytest.approx((np.sqrt(12.5) / 2 + 0) / 2)
    assert metrics.owa(8.0, 1.2, 10.0, 1.0) == pytest.approx((0.8 + 1.2) / 2)
    assert metrics.owa(10.0, 1.0, 10.0, 1.0) == 1
    assert metrics.owa(1.0, 1.0, 1.0, 0.0) is None


def test_naive_scales_by_hand() -> None:
    values = np.array([1.0, 3.0, np.nan, 4.0, 8.0, 8.0, 2.0, 2.0, 5.0])
    offsets = np.array([0, 6, 8, 9])
    mean, root = metrics.naive_scales(values, offsets)
    np.testing.assert_allclose(mean, [(2 + 4 + 0) / 3, 0, np.nan])
    np.testing.assert_allclose(root, [np.sqrt((4 + 16 + 0) / 3), 0, np.nan])
    np.testing.assert_allclose(metrics.naive_scales(values, offsets, 3)[0], [(3 + 5) / 2, np.nan, np.nan])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 4), st.integers(0, 99))
def test_scales_of_a_long_table_are_those_of_each_series_alone(lengths: list[int], season: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(sum(lengths)) < 0.2, np.nan, rng.normal(size=sum(lengths)))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    mean, root = metrics.naive_scales(values, offsets, season)
    for k, (a, b) in enumerate(pairwise(offsets)):
        changes = np.abs(values[a:b][season:] - values[a:b][:-season])
        changes = changes[~np.isnan(changes)]
        expected = (changes.mean(), np.sqrt((changes**2).mean())) if len(changes) else (np.nan, np.nan)
        np.testing.assert_allclose((mean[k], root[k]), expected)


def test_series_that_touch_zero() -> None:
    values = np.array([1.0, 2.0, 0.0, 1.0, -1.0, 1.0, -1.0, -2.0, np.nan, 3.0])
    assert metrics.touches_zero(values, np.array([0, 2, 4, 6, 8, 10])).tolist() == [False, True, True, False, False]


@given(st.lists(st.floats(-10, 10), min_size=5, max_size=60), st.floats(0.05, 0.95))
def test_no_constant_beats_the_quantile_on_its_own_pinball_loss(values: list[float], level: float) -> None:
    y = np.array(values)
    best = np.quantile(y, level, method="inverted_cdf")
    at_best = metrics.pinball(y, np.full(len(y), best), level)
    for other in (*y, best - 1, best + 1):
        assert at_best <= metrics.pinball(y, np.full(len(y), other), level) + 1e-9
