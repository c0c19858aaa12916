"""The baselines against their definitions, written as loops."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.forecasting.model.baselines import (
    drift,
    historic_mean,
    last_known_rows,
    naive,
    seasonal_lags,
    seasonal_naive,
)

Values = npt.NDArray[np.float64]


@st.composite
def panels(draw: st.DrawFn) -> tuple[Values, npt.NDArray[np.int64]]:
    lengths = draw(st.lists(st.integers(1, 15), min_size=1, max_size=4))
    cells = st.one_of(st.just(float("nan")), st.floats(-100, 100))
    values = np.array(draw(st.lists(cells, min_size=sum(lengths), max_size=sum(lengths))))
    return values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def past(values: Values, offsets: npt.NDArray[np.int64], row: int) -> Values:
    start = offsets[np.searchsorted(offsets, row, side="right") - 1]
    return values[start : row + 1]


@given(panels(), st.integers(1, 7))
def test_naive_repeats_the_last_known_value(panel: tuple[Values, npt.NDArray[np.int64]], h: int) -> None:
    values, offsets = panel
    result = naive(values, last_known_rows(values, offsets), np.arange(len(values)), h)
    for row in range(len(values)):
        known = past(values, offsets, row)
        known = known[~np.isnan(known)]
        np.testing.assert_array_equal(result[row], np.full(h, known[-1] if len(known) else np.nan))


@given(panels(), st.integers(1, 7))
def test_drift_goes_on_along_the_line_through_first_and_last(
    panel: tuple[Values, npt.NDArray[np.int64]], h: int
) -> None:
    values, offsets = panel
    if np.isnan(values).all():
        return
    result = drift(values, last_known_rows(values, offsets), offsets, np.arange(len(values)), h)
    for row in range(len(values)):
        y = past(values, offsets, row)
        steps = np.flatnonzero(~np.isnan(y))
        if not len(steps):
            assert np.isnan(result[row]).all()
            continue
        slope = (y[steps[-1]] - y[steps[0]]) / max(steps[-1] - steps[0], 1)
        np.testing.assert_allclose(result[row], [y[steps[-1]] + k * slope for k in range(1, h + 1)], atol=1e-9)


@given(st.integers(1, 40), st.integers(2, 12))
def test_seasonal_lags_point_to_the_last_season_at_the_same_phase(h: int, season: int) -> None:
    for k, lag in enumerate(seasonal_lags(h, season), start=1):
        assert -season < lag <= 0
        assert (k - lag) % season == 0


def test_seasonal_naive_repeats_the_last_season_and_needs_one() -> None:
    values, offsets = np.arange(20.0), np.array([0, 10, 20])
    known = last_known_rows(values, offsets)
    result = seasonal_naive(values, known, offsets, np.array([6, 9, 12, 13]), 5, 4)
    np.testing.assert_array_equal(result[0], [3, 4, 5, 6, 3])
    np.testing.assert_array_equal(result[1], [6, 7, 8, 9, 6])
    assert np.isnan(result[2]).any()  # series 1 has three rows at row 12: not a season
    np.testing.assert_array_equal(result[3], [10, 11, 12, 13, 10])


@given(panels(), st.integers(1, 4))
def test_the_historic_mean_is_that_of_the_known_values_so_far(
    panel: tuple[Values, npt.NDArray[np.int64]], h: int
) -> None:
    values, offsets = panel
    rows = np.random.default_rng(0).permutation(len(values))  # in any order, and so with series mixed
    result = historic_mean(values, offsets, rows, h)
    for row, text in zip(rows, result, strict=True):
        known = past(values, offsets, row)
        known = known[~np.isnan(known)]
        np.testing.assert_allclose(text, np.full(h, known.mean() if len(known) else np.nan), atol=1e-9)


def test_a_huge_series_does_not_blur_the_mean_of_its_neighbour() -> None:
    values = np.array([1e15, 3e15, 0.1, 0.2])
    assert historic_mean(values, np.array([0, 2, 4]), np.array([3]), 1)[0, 0] == pytest.approx(0.15, rel=1e-12)
