"""The calendar is tried on later rows: taken where it is surely better, left elsewhere, and what came of it is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.forecasting.forecaster import LSTMForecaster


def weekly(kind: str, n: int = 700, seed: int = 0) -> pd.DataFrame:
    """A day's value depends on its weekday, as the base can't know (no season is given), or is chance alone."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2023-01-02", periods=n)
    by_day = np.array([0.0, 3.0, -2.0, 5.0, 1.0, -6.0, -1.0])[days.dayofweek]
    y = 100 + rng.normal(size=n) + (by_day if kind == "weekly" else 0)
    return pd.DataFrame({"unique_id": kind, "ds": days, "y": y})


def forecaster(**more: Any) -> LSTMForecaster:
    options: dict[str, Any] = {"h": 2, "input_size": 3, "hidden_size": 8, "max_steps": 300, "season_length": ()}
    return LSTMForecaster(**(options | more))


def test_it_is_taken_where_it_makes_forecasts_surely_better_and_the_verdict_says_so() -> None:
    f = forecaster()
    f.fit(weekly("weekly"))
    trial = f.model_.calendar_trial
    assert trial is not None
    assert trial.used
    assert 0.2 < trial.gain < 1
    assert f.model_.settings.calendar == ("day_of_week", "day_of_month")
    f.cross_validation(weekly("weekly"), n_windows=5)
    assert "so the net looks at it" in str(f.verdict_)
    assert "% smaller with it" in str(f.verdict_)
    f.cross_validation(weekly("weekly"), n_windows=4, refit=2)
    assert "was tried at 2 fits; at all of them errors on later rows were surely smaller with it, so" in str(f.verdict_)


def test_where_there_is_nothing_in_it_the_net_is_the_one_that_never_saw_it() -> None:
    frame = weekly("chance")
    tried, never = forecaster().fit(frame), forecaster(calendar=False).fit(frame)
    trial = tried.model_.calendar_trial
    assert trial is not None
    assert not trial.used
    assert tried.model_.settings.calendar == ()
    pd.testing.assert_frame_equal(tried.predict(), never.predict(), check_exact=True)
    tried.cross_validation(frame, n_windows=5)
    assert "too little or too unsure for the net to look at it" in str(tried.verdict_)


def test_a_net_that_took_it_is_the_one_that_was_told_to_look_at_those_parts() -> None:
    frame = weekly("weekly")
    tried = forecaster(n_models=2).fit(frame)
    told = forecaster(n_models=2, calendar=tried.model_.settings.calendar).fit(frame)
    assert len(tried.model_.members) == 2
    assert told.model_.calendar_trial is None
    pd.testing.assert_frame_equal(tried.predict(), told.predict(), check_exact=True)


@pytest.mark.parametrize(
    ("times", "parts"),
    [
        (pd.date_range("2024-01-01", periods=400, freq="h"), ("time_of_day",)),
        (pd.date_range("2024-01-01", periods=600, freq="h"), ("time_of_day", "day_of_week")),
        (pd.date_range("2021-01-01", periods=1100), ("day_of_week", "day_of_month", "time_of_year")),
        (pd.date_range("2021-01-01", periods=300, freq="B"), ("day_of_week", "day_of_month")),
        (pd.date_range("2000-01-01", periods=300, freq="W"), ()),
        (pd.date_range("2000-01-01", periods=300, freq="MS"), ()),
        (np.arange(300), ()),
    ],
)
def test_parts_are_tried_that_came_round_three_times_where_rows_are_a_day_or_less_apart(
    times: Any, parts: tuple[str, ...]
) -> None:
    y = np.random.default_rng(0).normal(size=len(times))
    f = forecaster()
    settings = f.settings(f.read(pd.DataFrame({"unique_id": "a", "ds": times, "y": y})))
    assert settings.calendar_tried == parts
    assert settings.calendar == ()
    asked_for = forecaster(calendar=False)
    assert (
        asked_for.settings(asked_for.read(pd.DataFrame({"unique_id": "a", "ds": times, "y": y}))).calendar_tried == ()
    )


def test_too_few_later_rows_to_tell_gain_from_chance_are_no_trial() -> None:
    f = forecaster(h=14).fit(weekly("weekly", 120))
    assert f.model_.settings.calendar_tried
    assert f.model_.calendar_trial is None


def test_a_file_keeps_what_came_of_it(tmp_path: Path) -> None:
    f = forecaster().fit(weekly("weekly"))
    f.save(tmp_path / "f.safetensors")
    loaded = LSTMForecaster.load(tmp_path / "f.safetensors")
    assert loaded.model_.calendar_trial == f.model_.calendar_trial
    assert loaded.calendar is None
    pd.testing.assert_frame_equal(loaded.predict(), f.predict(), check_exact=True)


def test_weights_of_rows_count_in_the_trial() -> None:
    """Rows with the pattern reversed have no say where their weight is 0."""
    frame = weekly("weekly").assign(w=1.0)
    turned = frame.assign(unique_id="turned", y=200 - frame["y"], w=0.0)
    f = forecaster(weight_col="w").fit(pd.concat([frame, turned]))
    alone = forecaster(weight_col="w").fit(frame)
    assert f.model_.calendar_trial is not None
    assert alone.model_.calendar_trial is not None
    assert f.model_.calendar_trial.gain == pytest.approx(alone.model_.calendar_trial.gain, abs=0.15)
