"""Zones and readings of dates go through a forecaster: into its file, to later tables, and back to the caller."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import DataError
from clearlstm.forecasting.forecaster import LSTMForecaster

BERLIN = "Europe/Berlin"


def fitted(cells: Any, **more: Any) -> LSTMForecaster:
    frame = pd.DataFrame({"ds": cells, "y": np.random.default_rng(0).normal(50, 1, len(cells))})
    return LSTMForecaster(2, 6, id_col=None, max_steps=3, hidden_size=4, season_length=(), **more).fit(frame)


def kept(forecaster: LSTMForecaster, tmp_path: Path) -> LSTMForecaster:
    forecaster.save(tmp_path / "f.safetensors")
    return LSTMForecaster.load(tmp_path / "f.safetensors")


def test_a_zone_comes_back_from_forecasts_backtests_and_files(tmp_path: Path) -> None:
    hours = pd.date_range("2024-10-24", periods=100, freq="h", tz=BERLIN)
    forecaster = fitted(hours, calendar=True)
    out = forecaster.predict()
    assert out["ds"].tolist() == [hours[-1] + pd.Timedelta(k, "h") for k in (1, 2)]
    frame = pd.DataFrame({"ds": hours, "y": forecaster.panel_.values})
    backtest = forecaster.cross_validation(frame, n_windows=2)
    assert backtest.dtypes[["cutoff", "ds"]].tolist() == [hours.dtype, hours.dtype]
    loaded = kept(forecaster, tmp_path)
    pd.testing.assert_frame_equal(loaded.predict(), out)
    as_text = pd.DataFrame({"ds": [time.isoformat() for time in out["ds"]], "y": 50.0})
    assert loaded.update(as_text).predict()["ds"][0] == hours[-1] + pd.Timedelta("3h")
    elsewhere = forecaster.predict(frame.assign(ds=hours.tz_convert("Asia/Tokyo")))
    assert str(elsewhere["ds"].dt.tz) == "Asia/Tokyo"
    assert elsewhere["ds"][0] == out["ds"][0]
    np.testing.assert_array_equal(elsewhere["LSTM"], out["LSTM"])
    with pytest.raises(DataError, match="give them alike"):
        forecaster.predict(frame.assign(ds=hours.tz_localize(None) + pd.to_timedelta(np.arange(100), "h")))


def test_a_naive_column_gives_the_same_bits_as_one_in_utc() -> None:
    hours = pd.date_range("2024-10-24", periods=100, freq="h")
    one, other = (fitted(times, calendar=True).predict() for times in (hours, hours.tz_localize("UTC")))
    np.testing.assert_array_equal(one["LSTM"], other["LSTM"])
    assert one["ds"].dtype == hours.dtype


def test_a_covariate_of_the_hours_to_come_is_found_by_instants() -> None:
    hours = pd.date_range("2024-10-24", periods=100, freq="h", tz=BERLIN)
    frame = pd.DataFrame({"ds": hours[:98], "y": np.arange(98.0) % 7, "open": np.arange(98) % 2})
    ahead = pd.DataFrame({"ds": hours[98:].tz_convert("UTC"), "open": [0, 1]})
    forecaster = LSTMForecaster(2, 6, id_col=None, futr_exog=["open"], max_steps=3, hidden_size=4, season_length=())
    assert forecaster.fit(frame).predict(X_df=ahead)["ds"].tolist() == hours[98:].tolist()


def test_a_day_first_guess_holds_for_the_rows_that_follow(tmp_path: Path) -> None:
    months = pd.date_range("2015-02-01", periods=62, freq="MS")
    loaded = kept(fitted(months[:60].strftime("%d/%m/%Y").tolist()), tmp_path)
    new = pd.DataFrame({"ds": [months[60].strftime("%d/%m/%Y")], "y": [50.0]})
    assert loaded.update(new).predict()["ds"][0] == months[61]


def test_the_thirtieth_is_kept_in_the_file(tmp_path: Path) -> None:
    ends = pd.date_range("2020-01-31", periods=49, freq="ME")
    thirtieth = pd.DatetimeIndex([end.replace(day=min(end.day, 30)) for end in ends])
    out = kept(fitted(thirtieth), tmp_path).predict()
    assert out["ds"].astype(str).tolist() == ["2024-02-29", "2024-03-30"]
