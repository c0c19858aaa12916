"""``clearlstm predict`` on a forecaster that ``forecast --save`` left."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.report import forecast_run
from tests.cli.calls import call, numbers
from tests.forecasting.series import walk, walks

QUICK = ("--steps", "8", "--hidden", "3", "--window", "6", "--horizon", "2", "--no-backtest")
ROWS = 90


pytestmark = pytest.mark.usefixtures("own_folder")


def saved() -> dict[str, Any]:
    """Fit and save; what was forecast then."""
    frame = walks(ROWS + 10)
    known = frame.groupby("unique_id").head(ROWS)
    known.to_csv("known.csv", index=False)
    frame.groupby("unique_id").tail(12).to_csv("new.csv", index=False)
    return numbers("forecast", "known.csv", "--save", "model.safetensors", *QUICK)


def forecasts(*args: str) -> list[dict[str, Any]]:
    return list(numbers("predict", "model.safetensors", *args)["forecasts"])


def test_the_saved_forecaster_says_what_it_said_when_it_was_fitted() -> None:
    before = saved()
    assert "model.safetensors" in before["written"]
    assert forecasts() == before["forecasts"]


@pytest.mark.filterwarnings("default::clearlstm.errors.ClearLSTMWarning")  # as outside of pytest
def test_the_answer_stays_the_mean_with_the_statistical_models(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("statsforecast")
    walks(ROWS).to_csv("known.csv", index=False)
    command = ("forecast", "known.csv", "--save", "model.safetensors", *QUICK[:-1], "--windows", "12")
    before = numbers(*command, "--output", "before.csv")
    assert {one["model"] for one in before["forecasts"]} == {"Combined"}
    assert forecasts("--output", "after.csv") == before["forecasts"]
    assert Path("after.csv").read_bytes() == Path("before.csv").read_bytes()
    monkeypatch.setattr(forecast_run, "installed", lambda: False)
    result = call("predict", "model.safetensors", "--output", "alone.csv")
    assert result.exit_code == 0, result.output
    assert "its mean with AutoETS and AutoTheta, and those need the extra" in " ".join(result.stderr.split())
    assert pd.read_csv("alone.csv")["LSTM"].equals(pd.read_csv("before.csv")["LSTM"])


def test_other_histories_from_a_file() -> None:
    saved()
    walk("NEW", 40, 8).to_csv("other.csv", index=False)
    assert [one["id"] for one in forecasts("other.csv")] == ["NEW"]


def test_new_rows_move_the_forecast_on_and_can_be_kept() -> None:
    before = saved()
    updated = forecasts("--update", "new.csv", "--save", "later.safetensors")
    assert updated[0]["when"][0] > before["forecasts"][0]["when"][-1]
    assert numbers("predict", "later.safetensors")["forecasts"] == updated
    assert forecasts() == before["forecasts"]


def test_a_table_and_the_page() -> None:
    pytest.importorskip("pyarrow")
    saved()
    result = call("predict", "model.safetensors", "--output", "out.parquet")
    assert result.exit_code == 0, result.output
    assert "Written: out.parquet" in result.stdout
    assert "80 % interval" in result.stdout
    assert "Intervals: conformal, by " in result.stdout
    out = pd.read_parquet("out.parquet")
    assert out["unique_id"].tolist() == ["A", "A", "B", "B"]


def test_rows_to_come_are_asked_for_where_they_are_needed() -> None:
    frame = walks(60).assign(offer=lambda f: f["ds"].dt.day % 3)
    frame[frame["ds"] < "2024-02-20"].to_csv("known.csv", index=False)
    frame[frame["ds"] >= "2024-02-20"].drop(columns="y").to_csv("future.csv", index=False)
    args = ("forecast", "known.csv", "--futr-exog", "offer", "--future", "future.csv", "--save", "model.safetensors")
    result = call(*args, "--json", *QUICK)
    assert result.exit_code == 0, result.output
    assert forecasts("--future", "future.csv") == json.loads(result.stdout)["forecasts"]
    refused = call("predict", "model.safetensors")
    assert refused.exit_code == 2
    assert "offer" in refused.output


def test_a_forecaster_that_was_fitted_on_polars_writes_a_table_too() -> None:
    pl = pytest.importorskip("polars")

    frame = walks(60)
    polars = pl.DataFrame({name: frame[name].to_list() for name in frame})
    LSTMForecaster(2, 6, hidden_size=3, max_steps=4).fit(polars).save("model.safetensors")
    assert call("predict", "model.safetensors", "--output", "out.csv").exit_code == 0
    assert len(pd.read_csv("out.csv")) == 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("nowhere.safetensors",), "doesn't exist"),
        (("known.csv",), "not a whole safetensors file"),
        (("model.safetensors", "nowhere.csv"), "nowhere.csv doesn't exist"),
        (("model.safetensors", "--save", "later.safetensors"), "name them with --update"),
        (("model.safetensors", "--output", "model.safetensors"), "is the file that is read"),
        (("model.safetensors", "--future", "new.csv"), "X_df is given, but"),
        (("model.safetensors", "--update", "wrong.csv"), "no column 'y'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(args: tuple[str, ...], message: str) -> None:
    saved()
    pd.read_csv("new.csv").drop(columns="y").to_csv("wrong.csv", index=False)
    result = call("predict", *args)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output
