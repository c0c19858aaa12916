"""The statistical baselines: what the library itself says, and what happens where it can't."""

import sys
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config

from clearlstm.errors import ClearLSTMWarning, InputError, MissingExtraError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.simple_forecasts import check_baselines, named_forecast
from clearlstm.forecasting.model.statsforecast_baselines import auto_forecasts
from tests.forecasting.series import as_panel, seasonal, walk, walks

pytest.importorskip("statsforecast")

from statsforecast.models import AutoARIMA, AutoETS, AutoTheta


@pytest.mark.parametrize("model", [AutoETS, AutoARIMA, AutoTheta])
def test_each_window_is_what_the_model_says_of_the_rows_up_to_it(model: Any) -> None:
    panel = as_panel(walks(40))
    rows = np.array([29, 69, 79])
    result, failed = auto_forecasts([model.__name__], panel, rows, 3, 1)
    for row, text in zip(rows, result[model.__name__], strict=True):
        history = panel.values[(0 if row < 40 else 40) : row + 1]
        np.testing.assert_allclose(text, model(season_length=1).forecast(y=history, h=3)["mean"], rtol=1e-10)
    assert failed == {model.__name__: 0}


def test_the_season_reaches_the_model() -> None:
    panel = as_panel(seasonal(60))
    text = auto_forecasts(["AutoETS"], panel, np.array([59]), 12, 12)[0]["AutoETS"]
    assert np.ptp(text) > 10  # a wave of amplitude 10


def test_gaps_are_filled_and_what_cannot_be_fitted_is_the_last_value_and_counted() -> None:
    frame = walk("A", 40)
    frame.loc[[0, 20], "y"] = np.nan
    panel = as_panel(frame)
    result, failed = auto_forecasts(["AutoETS"], panel, np.array([2, 39]), 2, 1)
    assert result["AutoETS"][0].tolist() == [panel.values[2]] * 2
    assert np.isfinite(result["AutoETS"][1]).all()
    assert failed == {"AutoETS": 1}


def test_two_processes_say_the_same_to_the_bit() -> None:
    panel, rows = as_panel(walks(30)), np.tile(np.arange(20, 29), 4)
    one = auto_forecasts(["AutoTheta"], panel, rows, 2, 1)[0]["AutoTheta"]
    with parallel_config(backend="loky", n_jobs=2):
        two = auto_forecasts(["AutoTheta"], panel, rows, 2, 1)[0]["AutoTheta"]
    np.testing.assert_array_equal(one, two)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(MissingExtraError, match=r"AutoETS come from statsforecast.*install 'clearlstm\[baselines\]'"):
        auto_forecasts(["AutoETS"], as_panel(walks(30)), np.array([29]), 2, 1)


def test_what_can_be_asked_for() -> None:
    assert check_baselines("AutoETS") == ("AutoETS",)
    assert check_baselines(["AutoETS", "AutoETS", "AutoTheta"]) == ("AutoETS", "AutoTheta")
    with pytest.raises(InputError, match="baselines holds 'Prophet'; what can be asked for is AutoETS, "):
        check_baselines(["Prophet"])


def test_one_by_name_from_the_end_of_every_series() -> None:
    panel = as_panel(seasonal(60))
    y = panel.values
    np.testing.assert_array_equal(named_forecast(panel, (12,), "SeasonalNaive", 3), y[None, 48:51])
    np.testing.assert_array_equal(named_forecast(panel, (12, 24), "SeasonalNaive-24", 3), y[None, 36:39])
    short = as_panel(seasonal(8))
    np.testing.assert_array_equal(named_forecast(short, (12,), "SeasonalNaive", 2), [[short.values[-1]] * 2])
    assert named_forecast(panel, (), "AutoTheta", 2).shape == (1, 2)
    with pytest.raises(InputError, match=r"there is no baseline 'SeasonalNaive' here; .* Naive, Naive2, Drift"):
        named_forecast(panel, (), "SeasonalNaive", 2)


def test_they_stand_in_the_table_and_failures_are_said() -> None:
    f = LSTMForecaster(2, 6, hidden_size=2, max_steps=2, season_length=())
    cv = f.cross_validation(walks(40), n_windows=3, baselines=("AutoTheta",))
    assert cv.columns[-1] == "AutoTheta"
    assert "AutoTheta" in f.comparison_.to_frame()["model"].tolist()
    f = LSTMForecaster(1, 2, hidden_size=2, max_steps=2, season_length=())
    with pytest.warns(ClearLSTMWarning) as caught:
        f.cross_validation(walk("A", 12), n_windows=8, baselines=["AutoETS"])
    assert any("AutoETS could not be fitted in" in str(one.message) for one in caught)
