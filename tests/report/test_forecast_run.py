"""How far is forecast where nobody says, on which origins that is judged, and what the page shows of it."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from clearlstm.data.frames import Columns, Table
from clearlstm.data.source import Source, example_source
from clearlstm.forecasting.evaluate.verdict import in_short
from clearlstm.forecasting.settings import usual_horizon
from clearlstm.report.forecast_data import forecast_data
from clearlstm.report.forecast_run import compare, findings, forecaster_for, origins_for
from tests.forecasting.series import walk

QUICK = {"max_steps": 8, "hidden_size": 3, "calendar": False}


def source(rows: int, freq: str) -> Source:
    table = Table.of(walk("A", rows, freq=freq), "a table")
    return Source(table, Columns("ds", "y", "unique_id"), "a table", None, "value", [])


@pytest.mark.parametrize(
    ("rows", "freq", "season", "h"),
    [
        (144, "MS", None, 12),
        (47, "MS", None, 5),  # a season must come round three times before it
        (40, "D", None, 7),
        (100, "B", None, 5),
        (60, "QS", None, 4),
        (200, "h", None, 24),
        (144, "MS", 6, 6),
        (144, "MS", (1, 12), 12),
        (144, "MS", 1, 5),
    ],
)
def test_a_season_is_forecast_where_nobody_says_how_far(rows: int, freq: str, season: Any, h: int) -> None:
    forecaster, panel = forecaster_for(source(rows, freq), {"season_length": season})
    assert forecaster.h == h
    assert forecaster_for(source(rows, freq), {"season_length": season, "h": 3})[0].h == 3
    assert forecaster.settings(panel).h == h


def test_the_bundled_prices_are_forecast_a_week_and_the_load_a_day_ahead() -> None:
    panels = [forecaster_for(example_source(name), {})[1] for name in ("prices", "load")]
    assert [usual_horizon(panel) for panel in panels] == [5, 48]


def test_origins_lie_a_horizon_apart_and_closer_where_fewer_than_ten_would_fit() -> None:
    assert origins_for(*forecaster_for(source(144, "MS"), {})) == (28, 2)
    assert origins_for(*forecaster_for(source(144, "MS"), {"h": 5})) == (11, 5)
    assert origins_for(*forecaster_for(source(2000, "B"), {})) == (160, 5)
    assert origins_for(*forecaster_for(source(10_000, "B"), {})) == (260, 5)
    assert origins_for(*forecaster_for(source(20, "B"), {})) == (8, 1)
    months = forecaster_for(source(144, "MS"), {})
    assert origins_for(*months, 20) == (20, 5)
    assert origins_for(*months, 5, 3) == (5, 3)


def test_what_is_advised_stands_beside_what_is_shown_with_each_interval() -> None:
    noise = source(240, "B")
    frame = walk("A", 240, freq="B").assign(y=np.random.default_rng(0).normal(100, 10, 240))
    noise = noise._replace(table=Table.of(frame, "noise"))
    forecaster, panel = forecaster_for(noise, {"h": 2, **QUICK})
    assert compare(forecaster, noise, 40, 2, required=True, baselines=()) is None
    forecaster.fit(noise.table).predict()
    data = forecast_data(
        findings(forecaster, noise, panel, why_not=None, warnings=()), datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert "se the mean of all values so far: the LSTM's errors are" in data["verdict"]["headline"]
    advised = data["series"][0]["forecast"]["advised"]
    assert advised == {"name": "HistoricMean", "median": pytest.approx([frame["y"].mean()] * 2)}
    models = {model["name"]: model for model in data["comparison"]["models"]}
    duel = forecaster.comparison_.duel("Naive")
    assert models["Naive"]["interval"] == duel.interval
    assert models["Naive"]["short"] == in_short(duel)
    assert models["LSTM"]["interval"] is None
