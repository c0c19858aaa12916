"""The statistical baselines: what the library itself says, and what happens where it can't."""

import sys
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config

from clearlstm.errors import ClearLSTMWarning, InputError, MissingExtraError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model import statsforecast_baselines
from clearlstm.forecasting.model.simple_forecasts import named_forecast
from clearlstm.forecasting.model.statsforecast_baselines import auto_forecasts, choose_models
from tests.forecasting.series import as_panel, seasonal, walk, walks

pytest.importorskip("statsforecast")

from statsforecast.models import AutoARIMA, AutoETS, AutoTheta


@pytest.mark.parametrize("model", [AutoETS, AutoARIMA, AutoTheta])
def test_each_window_is_what_the_model_says_of_the_rows_up_to_it(model: Any) -> None:
    panel = as_panel(walks(40))
    rows = np.array([29, 69, 79])
    result, failed, _ = auto_forecasts([model.__name__], panel, rows, 3, 1)
    for row, text in zip(rows, result[model.__name__], strict=True):
        history = panel.values[(0 if row < 40 else 40) : row + 1]
        np.testing.assert_allclose(text, model(season_length=1).forecast(y=history, h=3)["mean"], rtol=1e-10)
    assert not failed[model.__name__].any()


def test_the_season_reaches_the_model() -> None:
    panel = as_panel(seasonal(60))
    text = auto_forecasts(["AutoETS"], panel, np.array([59]), 12, 12)[0]["AutoETS"]
    assert np.ptp(text) > 10  # a wave of amplitude 10


def test_gaps_are_filled_and_what_cannot_be_fitted_is_the_last_value_and_counted() -> None:
    frame = walk("A", 40)
    frame.loc[[0, 20], "y"] = np.nan
    panel = as_panel(frame)
    result, failed, _ = auto_forecasts(["AutoETS"], panel, np.array([2, 39]), 2, 1)
    assert result["AutoETS"][0].tolist() == [panel.values[2]] * 2
    assert np.isfinite(result["AutoETS"][1]).all()
    assert failed["AutoETS"].tolist() == [True, False]


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
    panel = as_panel(walks(30))
    assert choose_models("AutoETS", panel, 1).names == ("AutoETS",)
    assert choose_models(["AutoETS", "AutoETS", "AutoTheta"], panel, 1).names == ("AutoETS", "AutoTheta")
    with pytest.raises(InputError, match="baselines holds 'Prophet'; what can be asked for is AutoETS, "):
        choose_models(["Prophet"], panel, 1)


def test_by_default_those_that_take_seconds_and_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = as_panel(seasonal(60)), as_panel(walk("A", 20_000))
    assert choose_models("auto", short, 12) == (("AutoETS", "AutoTheta"), True, {})
    names, once, slow = choose_models("auto", long, 1)
    assert (names, once) == (("AutoETS",), True)
    assert slow["AutoTheta"] > statsforecast_baselines.MOST_SECONDS
    monkeypatch.setattr(statsforecast_baselines, "find_spec", lambda _: None)
    assert choose_models("auto", short, 12).names == ()


@pytest.mark.parametrize("model", [AutoETS, AutoTheta])
def test_fitted_once_it_says_later_what_follows_with_the_same_parameters(model: Any) -> None:
    panel = as_panel(walks(60))
    rows = np.array([29, 89, 35, 119])  # the second series has the rows from 60 on
    result = auto_forecasts([model.__name__], panel, rows, 3, 1, once=True).forecasts[model.__name__]
    for first, later in ((0, 2), (1, 3)):
        start = 60 * first
        fitted = model(season_length=1).fit(y=panel.values[start : rows[first] + 1])
        np.testing.assert_allclose(result[first], fitted.predict(h=3)["mean"], rtol=1e-10)
        onward = fitted.forward(y=panel.values[start : rows[later] + 1], h=3)["mean"]
        np.testing.assert_allclose(result[later], onward, rtol=1e-10)


@pytest.mark.parametrize("model", [AutoETS, AutoTheta])
def test_fitted_once_is_fitted_to_the_first_origin_that_is_compared(model: Any) -> None:
    y = seasonal(80)
    panel, rows = as_panel(y), np.array([19, 31, 43, 55, 67])
    forecasts = auto_forecasts([model.__name__], panel, rows, 12, 12, once=True, n_earlier=2).forecasts[model.__name__]
    fitted = model(season_length=12).fit(y=panel.values[:44])
    for row, forecast in zip(rows, forecasts, strict=True):
        np.testing.assert_allclose(forecast, fitted.forward(y=panel.values[: row + 1], h=12)["mean"], rtol=1e-10)


def test_a_history_too_short_for_the_library_fails_alone() -> None:
    panel, rows = as_panel(walks(40)), np.array([1, 29, 33])
    _, failed, _ = auto_forecasts(["AutoTheta"], panel, rows, 3, 1, once=True, n_earlier=1)
    assert not failed["AutoTheta"][1:].any()


def test_of_a_short_series_they_know_as_much_as_the_net() -> None:
    """Earlier origins, where the mean starts from, must not be what they are fitted to: 20 rows here, no two years."""
    frame = seasonal(80)
    f = LSTMForecaster(12, 24, hidden_size=2, max_steps=2, season_length=12)
    cv = f.cross_validation(frame, n_windows=2, baselines="auto")
    y = frame["y"].to_numpy()
    fitted = AutoETS(season_length=12).fit(y=y[:56])
    expected = np.concatenate([fitted.predict(h=12)["mean"], fitted.forward(y=y[:68], h=12)["mean"]])
    np.testing.assert_allclose(cv["AutoETS"], expected, rtol=1e-6)
    assert f.backtest_ is not None
    assert f.backtest_.unfitted == {}


def test_combined_leaves_out_from_the_first_window_on_what_was_far_off_before() -> None:
    rng = np.random.default_rng(0)
    wave = 100 + 10 * np.sin(2 * np.pi * np.arange(240) / 12) + 0.1 * rng.normal(size=240)
    frame = walk("A", 240).assign(y=wave)
    f = LSTMForecaster(12, 24, hidden_size=2, max_steps=2, season_length=(12, 5))
    cv = f.cross_validation(frame, n_windows=2, baselines=["AutoTheta"])  # of season 5: it can't know the wave
    errors = cv[["LSTM", "AutoTheta", "Combined"]].sub(cv["y"], axis=0).abs().groupby(cv["cutoff"]).mean()
    assert (errors["AutoTheta"] > 10 * errors["LSTM"]).all()
    assert (errors["Combined"] < 1.5 * errors["LSTM"]).all()


def test_combined_is_their_mean_and_forecasts_with_intervals() -> None:
    frame = walks(60)
    f = LSTMForecaster(2, 6, hidden_size=2, max_steps=2, season_length=())
    with pytest.raises(InputError, match="there is nothing to combine: run cross_validation"):
        f.fit(frame).predict(model="Combined")
    cv = f.cross_validation(frame, n_windows=3, baselines="auto")
    both = cv[["LSTM", "AutoETS", "AutoTheta"]]
    assert (cv["Combined"] <= both.max(axis=1) + 1e-9).all()
    assert (cv["Combined"] >= both.min(axis=1) - 1e-9).all()
    assert "Combined" in f.comparison_.to_frame()["model"].tolist()
    assert any(sentence.startswith("Combined is the mean") for sentence in f.verdict_.sentences)
    assert set(f.backtest_.seconds) == {"LSTM", "AutoETS", "AutoTheta"}
    answer = f.predict(model="Combined")
    assert list(answer.columns[2:5]) == ["Combined", "Combined-lo-80", "Combined-hi-80"]
    assert (answer["Combined-lo-95"] <= answer["Combined"]).all()
    combination = f.combination_
    assert combination is not None
    weights = combination.weights(np.array([0, 1]))
    parts = np.stack([f.predict()["LSTM"], *(f.predict(model=name)[name] for name in ("AutoETS", "AutoTheta"))], axis=1)
    np.testing.assert_allclose(answer["Combined"], (parts * np.repeat(weights, 2, axis=0)).sum(axis=1))
    np.testing.assert_allclose(answer["LSTM"], parts[:, 0])


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
