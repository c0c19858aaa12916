"""Each metric on numbers that can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.forecasting import metrics

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


def test_naive_scale() -> None:
    history = np.array([1.0, 3.0, np.nan, 4.0, 8.0, 8.0])
    assert metrics.naive_scale(history) == pytest.approx((2 + 4 + 0) / 3)
    assert metrics.naive_scale(history, season=3) == pytest.approx((3 + 5) / 2)
    assert metrics.naive_scale(np.full(5, 2.0)) == 0
    assert np.isnan(metrics.naive_scale(np.array([1.0])))


@given(st.lists(st.floats(-10, 10), min_size=5, max_size=60), st.floats(0.05, 0.95))
def test_no_constant_beats_the_quantile_on_its_own_pinball_loss(values: list[float], level: float) -> None:
    y = np.array(values)
    best = np.quantile(y, level, method="inverted_cdf")
    at_best = metrics.pinball(y, np.full(len(y), best), level)
    for other in (*y, best - 1, best + 1):
        assert at_best <= metrics.pinball(y, np.full(len(y), other), level) + 1e-9
