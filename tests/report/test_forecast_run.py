"""How far is forecast where nobody says, on which origins that is judged, and what the page shows of it."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from clearlstm.data.frames import Columns, Table
from clearlstm.data.source import Source, example_source
from clearlstm.forecasting.evaluate.backtest import choose_cutoffs
from clearlstm.forecasting.evaluate.verdict import in_short
from clearlstm.forecasting.settings import usual_horizon
from clearlstm.report.answers_data import answers_data
from clearlstm.report.forecast_data import forecast_data, training_data
from clearlstm.report.forecast_run import compare, findings, forecaster_for, origins_for
from clearlstm.training.history import History, Validation
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
    assert origins_for(*forecaster_for(source(20, "B"), {})) == (4, 1)
    months = forecaster_for(source(144, "MS"), {})
    assert origins_for(*months, 20) == (20, 5)
    assert origins_for(*months, 5, 3) == (5, 3)


@pytest.mark.parametrize("freq", ["YS", "MS", "D"])
def test_no_more_origins_are_chosen_than_the_rows_have_room_for(freq: str) -> None:
    for rows in range(12, 90):
        forecaster, panel = forecaster_for(source(rows, freq), {})
        for given in (None, 2, 20)[: 3 if rows > 70 else 1]:
            n_windows, step_size = origins_for(forecaster, panel, given)
            if n_windows:
                choose_cutoffs(panel, forecaster.settings(panel), n_windows, step_size)


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


@pytest.mark.parametrize(("models", "log"), [(1, True), (2, False)])
def test_the_net_s_answers_are_followed_to_its_forecast(models: int, log: bool) -> None:
    transform = "log" if log else "none"
    forecaster, panel = forecaster_for(source(144, "MS"), {"h": 3, **QUICK, "n_models": models, "transform": transform})
    forecaster.fit(source(144, "MS").table).predict()
    [told] = answers_data(forecaster.model_, panel)
    forecast, middle = forecaster.forecast_, len(told["quantiles"]) // 2
    change = np.array(told["scaled"])[:, middle] * told["earned"] * told["size"]
    base = np.array(told["base"])
    assert told["log"] is log
    assert told["nets"] == models
    assert told["ds"] == panel.texts(forecast.times[0]).tolist()
    np.testing.assert_allclose(base * np.exp(change) if log else base + change, forecast.median[0], rtol=1e-12)
    np.testing.assert_array_equal(told["values"], forecast.quantiles[0])
    assert (np.diff(told["scaled"]) >= 0).all()
    if models == 1:
        x = forecaster.model_.problem(panel).x(panel.offsets[1:] - 1)
        answers = np.sort(forecaster.model_.network(x).reshape(3, -1), axis=1)
        np.testing.assert_allclose(told["scaled"], answers, rtol=1e-6)


@pytest.mark.parametrize(("h", "step"), [(2, 5), (5, 5), (5, 2), (1, 1)])
def test_each_row_of_the_comparison_has_what_was_said_from_the_last_origin_before_it(h: int, step: int) -> None:
    table = source(100, "D")
    forecaster, panel = forecaster_for(table, {"h": h, **QUICK})
    said = forecaster.cross_validation(table.table, n_windows=6, step_size=step)
    forecaster.fit(table.table).predict()
    data = forecast_data(findings(forecaster, table, panel, why_not=None, warnings=()), datetime.now(UTC))
    [shown] = data["comparison"]["series"]
    known = dict(zip(panel.texts(panel.times).tolist(), panel.values.tolist(), strict=True))
    assert shown["y"] == [known[day] for day in shown["ds"]]
    origins = sorted({str(day)[:10] for day in said["cutoff"].to_list()})
    last = {(str(a)[:10], str(b)[:10]): v for a, b, v in zip(said["cutoff"], said["ds"], said["LSTM"], strict=True)}
    for day, cutoff, value in zip(shown["ds"], shown["cutoff"], shown["forecasts"]["LSTM"], strict=True):
        before = max((origin for origin in origins if origin < day), default=None)
        expected = last.get((str(before), day))
        assert value == expected
        assert cutoff == (before if expected is not None else None)
    assert shown["ds"][0] == origins[0]
    assert len(shown["ds"]) == 5 * step + h + 1


def test_the_course_of_a_training_is_told_a_point_a_validation() -> None:
    losses = np.arange(1.0, 31.0)
    history = History(losses, tuple(Validation(10 * k, 5.0 - k) for k in (1, 2, 3)), "max_steps", 1.0)
    assert training_data(history) == {
        "curve": [
            {"step": 10, "loss": 5.5, "validation": 4.0},
            {"step": 20, "loss": 15.5, "validation": 3.0},
            {"step": 30, "loss": 25.5, "validation": 2.0},
        ],
        "best_step": 30,
        "steps": 30,
    }
