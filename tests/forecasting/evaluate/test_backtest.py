"""Rolling origins: what stands on the same windows, and what decides a fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import DataError, InputError
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.simple_forecasts import named_forecast
from tests.forecasting.series import as_panel, seasonal, walk, walks

FAST: dict[str, Any] = {"hidden_size": 2, "max_steps": 2}


def test_every_baseline_forecasts_the_same_windows_from_the_rows_up_to_the_cutoff() -> None:
    """Each column equals what the baseline says of a table that ends at the cutoff."""
    frame = pd.concat([seasonal(90, seed=k).assign(unique_id=f"{k}") for k in range(2)], ignore_index=True)
    cv = LSTMForecaster(3, 8, season_length=12, **FAST).cross_validation(frame, n_windows=4, step_size=2)
    for cutoff, group in cv.groupby("cutoff"):
        past = as_panel(frame[frame["ds"] <= cutoff])
        for name in ("Naive", "SeasonalNaive", "Naive2", "Drift", "HistoricMean"):
            expected = named_forecast(past, (12,), name, 3).ravel()
            np.testing.assert_allclose(group.sort_values(["unique_id", "ds"])[name], expected, rtol=1e-9)


def test_the_base_stands_there_as_the_net_corrects_it() -> None:
    f = LSTMForecaster(2, 6, season_length=(), **FAST)
    cv = f.cross_validation(walks(120), n_windows=4, refit=2)
    assert f.comparison_.bases == (f.backtest_.bases[0],) * 2  # one a fit
    assert cv["Base"].to_numpy() == pytest.approx(cv["Naive"].to_numpy(), rel=0.05)
    line = walk("A", 120).assign(y=100 + np.arange(120) + np.random.default_rng(0).normal(0, 0.05, 120))
    cv = f.cross_validation(line, n_windows=4)
    assert (np.abs(cv["Base"] - cv["y"]) < 2.5).all()
    assert (np.abs(cv["Naive"] - cv["y"]) > 0.5).all()


def test_a_series_that_touches_zero_is_compared_but_has_no_smape() -> None:
    frame = pd.concat([walk("A", 80), walk("zeros", 80, 3).assign(y=lambda table: table["y"] - table["y"].min())])
    f = LSTMForecaster(2, 6, season_length=(), **FAST)
    f.cross_validation(frame, n_windows=4)
    assert (f.comparison_.n_series, f.comparison_.touching_zero) == (2, 1)
    away = f.backtest_.series == 0
    y, text = f.backtest_.y[away], f.backtest_.forecasts["Drift"][away]
    score = next(score for score in f.comparison_.scores if score.name == "Drift")
    assert score.smape == pytest.approx(np.mean(200 * np.abs(y - text) / (np.abs(y) + np.abs(text))))


def test_val_size_is_the_rows_that_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last val_size rows before the cutoff hold the targets of all validation windows, and no training targets."""
    f = LSTMForecaster(2, 6, season_length=(), interval_method="quantile", **FAST)
    seen: list[ForecastModel] = []

    def keep(*arguments: Any, **options: Any) -> ForecastModel:
        seen.append(fit_model(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr("clearlstm.forecasting.fit.refits.fit_model", keep)
    f.cross_validation(walks(100, 1), n_windows=3, val_size=15)
    # 100 rows, 3 windows of 2: 94 before the first cutoff, of which 15 decide: 14 windows of 2 targets
    assert 12 <= seen[0].n_validation <= 14  # a gap of h parts those that stop training from those after it
    assert seen[0].n_training > 60
    f.cross_validation(walks(100, 1), n_windows=3, val_size=40)
    assert 37 <= seen[1].n_validation <= 39


@pytest.mark.parametrize(
    ("val_size", "error", "message"),
    [
        (1, InputError, "val_size is 1; a window to validate on has h 2 rows"),
        (0, InputError, "val_size is 0; it must be a whole number of at least 1"),
        ("many", InputError, "val_size is 'many'"),
        (3, DataError, "val_size 3 leaves .* windows to train on and 2 to validate on; 16 and 8 are needed"),
        (90, DataError, "val_size 90 leaves 0 windows to train on"),
    ],
)
def test_a_val_size_that_cannot_be_is_refused(val_size: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LSTMForecaster(2, 6, season_length=(), **FAST).cross_validation(walks(100, 1), n_windows=3, val_size=val_size)


def test_names_of_baselines_cannot_be_columns() -> None:
    for name in ("Base", "Naive2", "HistoricMean", "AutoETS", "SeasonalNaive-12"):
        with pytest.raises(InputError, match=f"target_col is '{name}', which is the name of a column of the result"):
            LSTMForecaster(2, 6, target_col=name).fit(walks(60).rename(columns={"y": name}))


def test_what_is_recommended_is_chosen_before_what_its_record_is_taken_from() -> None:
    f = LSTMForecaster(2, 6, season_length=(), **FAST)
    f.cross_validation(walks(140), n_windows=30)
    result = f.comparison_.recommendation
    assert result is not None
    assert (result.n_deciding, result.n_later) == (15, 15)
    assert result.name in f.backtest_.forecasts
