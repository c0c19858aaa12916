"""Naive2 against M4's definition written as loops, and its decomposition against statsmodels."""

import numpy as np
import numpy.typing as npt
import pytest

from clearlstm.forecasting.model.baselines import last_known_rows
from clearlstm.forecasting.model.naive2 import is_seasonal, naive2, seasonal_indices

pytest.importorskip("statsmodels")

from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

Values = npt.NDArray[np.float64]


def wave(n: int, season: int, strength: float, seed: int = 0) -> Values:
    """A positive series with a trend and a season, the noisier the weaker the season."""
    t = np.arange(n)
    season_part = 1 + strength * np.sin(2 * np.pi * t / season)
    return np.asarray((50 + 0.1 * t) * season_part * np.exp(np.random.default_rng(seed).normal(0, 0.1, n)))


@pytest.mark.parametrize(("n", "season"), [(120, 12), (41, 4), (70, 7), (36, 12)])
def test_the_indices_are_those_of_statsmodels(n: int, season: int) -> None:
    y = np.stack([wave(n, season, 0.3, seed) for seed in range(3)])
    expected = [seasonal_decompose(one, model="multiplicative", period=season).seasonal[:season] for one in y]
    np.testing.assert_allclose(seasonal_indices(y, season), expected, rtol=1e-10)


@pytest.mark.parametrize("season", [4, 7, 12])
def test_a_season_is_found_by_m4_s_test_on_statsmodels_autocorrelations(season: int) -> None:
    series = [wave(60, season, strength, seed) for strength in (0.0, 0.03, 0.06, 0.1, 0.3) for seed in range(20)]
    expected = []
    for y in series:
        r = acf(y, nlags=season, fft=False)[1:]
        expected.append(abs(r[-1]) > 1.645 * np.sqrt((1 + 2 * np.sum(r[:-1] ** 2)) / len(y)))
    assert 10 < sum(expected) < 90  # the cases are of both kinds
    np.testing.assert_array_equal(is_seasonal(np.stack(series), season), expected)


def one_by_one(y: Values, h: int, season: int) -> Values:
    """Naive2 of one history, step by step as M4's benchmark does it."""
    index = np.ones(season)
    if season > 1 and len(y) >= 3 * season and (y > 0).all() and is_seasonal(y[None], season)[0]:
        index = seasonal_decompose(y, model="multiplicative", period=season).seasonal[:season]
    adjusted = y / index[np.arange(len(y)) % season]
    return np.asarray(adjusted[-1] * index[np.arange(len(y), len(y) + h) % season])


def test_every_window_of_a_panel_is_forecast_as_if_it_were_alone() -> None:
    parts = [wave(60, 12, 0.3), wave(90, 12, 0.0, 1), wave(50, 12, 0.4, 2) - 50, wave(30, 12, 0.3, 3)]
    values, offsets = np.concatenate(parts), np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    rows = np.array([59, 50, 35, 149, 100, 199, 229, 200, 40])
    result = naive2(values, last_known_rows(values, offsets), offsets, rows, 14, 12)
    for row, text in zip(rows, result, strict=True):
        start = offsets[np.searchsorted(offsets, row, side="right") - 1]
        np.testing.assert_allclose(text, one_by_one(values[start : row + 1], 14, 12), rtol=1e-10)
    assert np.ptp(result[0]) > 1  # the first history has a season
    assert np.ptp(result[5]) == 0  # values ≤ 0 have no multiplicative one


def test_gaps_count_as_the_last_known_value_and_a_start_without_values_as_no_history() -> None:
    y = wave(60, 4, 0.3)
    y[20:23] = np.nan
    filled = np.where(np.isnan(y), y[19], y)
    values, offsets = np.concatenate([[5.0], np.full(3, np.nan), y]), np.array([0, 1, 64])
    result = naive2(values, last_known_rows(values, offsets), offsets, np.array([63, 2]), 5, 4)
    np.testing.assert_allclose(result[0], one_by_one(filled, 5, 4), rtol=1e-10)
    assert np.isnan(result[1]).all()
