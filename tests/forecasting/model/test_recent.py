"""The size of recent errors: by hand, from the past alone, and what it does for intervals where storms come and go."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data.windows import Rows
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.problem import Problem
from clearlstm.forecasting.model.recent import recent_sizes
from clearlstm.shapes import FloatArray
from tests.forecasting.series import walks


def fitted(frame: pd.DataFrame, h: int = 3, **more: Any) -> LSTMForecaster:
    return LSTMForecaster(h, 8, hidden_size=3, max_steps=10, season_length=(), **more).fit(frame)


def asked(frame: pd.DataFrame, h: int = 3) -> tuple[ForecastModel, Problem, FloatArray]:
    f = fitted(frame, h)
    assert f.model_.calibration is not None
    assert f.model_.calibration.usual is not None
    return f.model_, f.model_.problem(f.panel_), f.model_.calibration.usual


def by_hand(problem: Problem, row: int, usual: FloatArray) -> float:
    h, series = problem.settings.h, int(problem.known.series(np.array([row]))[0])
    first, total, n = problem.panel.offsets[series], 0.0, 0
    for j in range(1, 17):
        origin = row - j * max(1, h // 4)
        if origin < first:
            break
        base = problem.base_says(np.array([origin]))[0]
        for k in range(1, h + 1):
            error = abs(problem.z[origin + k] - base[k - 1]) if origin + k <= row else np.nan
            if np.isfinite(error):
                total += error / problem.sizes.target[series, k - 1] / usual[k - 1]
                n += 1
    return float(np.sqrt((h + total) / (h + n)))


@pytest.mark.filterwarnings("ignore:missing values")
@pytest.mark.parametrize("h", [1, 3, 9])
def test_it_is_what_the_formula_says_at_the_start_of_a_series_and_beside_gaps(h: int) -> None:
    frame = walks(200)
    frame.loc[[30, 31, 260], "y"] = np.nan
    _, problem, usual = asked(frame, h)
    rows = np.array([0, 1, 5, 33, 60, 199, 200, 203, 262, 399])
    expected = [by_hand(problem, int(row), usual) for row in rows]
    np.testing.assert_allclose(recent_sizes(problem, rows, usual), expected, rtol=1e-12)
    assert recent_sizes(problem, np.array([0]), usual).tolist() == [1.0]  # nothing is known there


def test_it_looks_at_nothing_that_comes_later() -> None:
    frame = walks(200)
    model, _, usual = asked(frame)
    changed = frame.copy()
    changed.loc[121:199, "y"] *= 5
    rows: Rows = np.array([120, 121])
    before, after = (recent_sizes(model.problem(fitted(one).panel_), rows, usual) for one in (frame, changed))
    assert before[0] == after[0]
    assert before[1] < after[1]


def test_parts_of_the_rows_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    _, problem, usual = asked(walks(200))
    rows = np.arange(20, 180)
    whole = recent_sizes(problem, rows, usual)
    monkeypatch.setattr("clearlstm.forecasting.model.recent.CELLS_AT_ONCE", 7)
    np.testing.assert_array_equal(recent_sizes(problem, rows, usual), whole)


def test_an_error_there_never_was_is_nothing_to_measure_by() -> None:
    _, problem, usual = asked(walks(200))
    rows = np.array([150])
    assert recent_sizes(problem, rows, np.zeros_like(usual)).tolist() == [1.0]


def storms(seed: int) -> pd.DataFrame:
    """A walk whose steps are four times as large in every other stretch of 150 days."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=1500) * np.where(np.arange(1500) // 150 % 2 == 1, 4.0, 1.0)
    return pd.DataFrame({"unique_id": "one", "ds": np.arange(1500), "y": 1000 + np.cumsum(steps)})


def held(storm: bool, found: pd.DataFrame) -> float:
    """The share of 80 % intervals that hold, in storms or in calm."""
    some = found[(found["cutoff"] // 150 % 2 == 1) == storm]
    return float(((some["y"] >= some["LSTM-lo-80"]) & (some["y"] <= some["LSTM-hi-80"])).mean())


def test_intervals_follow_storm_and_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    def backtest() -> pd.DataFrame:
        f = LSTMForecaster(3, 8, hidden_size=3, max_steps=10, season_length=(), level=(80,))
        found = [f.cross_validation(storms(seed), n_windows=300, step_size=1) for seed in range(3)]
        return pd.DataFrame(pd.concat(found))

    following = backtest()
    for module in ("model.net", "fit.calibrating"):
        monkeypatch.setattr(
            f"clearlstm.forecasting.{module}.recent_sizes", lambda _problem, rows, _usual: np.ones(len(rows))
        )
    fixed = backtest()
    width = following["LSTM-hi-80"] - following["LSTM-lo-80"]
    storm = following["cutoff"] // 150 % 2 == 1
    assert width[storm].mean() > 1.5 * width[~storm].mean()
    gaps = [held(False, one) - held(True, one) for one in (following, fixed)]
    assert gaps[0] < gaps[1] - 0.03
    np.testing.assert_array_equal(following["LSTM"], fixed["LSTM"])
