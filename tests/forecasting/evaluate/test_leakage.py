"""Leaks that were planted are found, and what is innocent is left alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from clearlstm.data.panel import Panel
from clearlstm.errors import ClearLSTMWarning
from clearlstm.forecasting.evaluate.leakage import foreseeing, foresight, repeated_windows
from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.forecasting.series import as_panel, seasonal, walk, walks

Values = npt.NDArray[np.float64]
PANEL = as_panel(walks(300, 3))


def shifted(panel: Panel, steps: int) -> Values:
    """The target ``steps`` rows later, in each series."""
    parts = [pd.Series(panel.values[panel.rows(k)]).shift(-steps) for k in range(len(panel))]
    return np.concatenate([part.to_numpy(np.float64) for part in parts])


def by_series(change: Callable[["pd.Series[float]"], "pd.Series[float]"]) -> Values:
    parts = [change(pd.Series(PANEL.values[PANEL.rows(k)])) for k in range(3)]
    return np.concatenate([part.to_numpy(np.float64) for part in parts])


@pytest.mark.parametrize(
    ("name", "covariate", "lead"),
    [
        ("tomorrow's value", shifted(PANEL, 1), 1),
        ("the value in 3 steps", shifted(PANEL, 3), 3),
        ("tomorrow's change", shifted(PANEL, 1) - PANEL.values, 1),
        ("a centred mean", by_series(lambda y: y.rolling(7, center=True).mean()), 3),
        ("whether it will rise", (shifted(PANEL, 1) > PANEL.values).astype(float), 1),
        ("tomorrow's value, blurred", shifted(PANEL, 1) + np.random.default_rng(0).normal(0, 0.6, 900), 1),
    ],
)
def test_a_covariate_that_knows_the_future_is_suspected(name: str, covariate: Values, lead: int) -> None:
    result = foresight(PANEL, covariate, 5)
    assert result is not None
    assert result.lead == lead
    assert abs(result.ahead) > 0.7 > 2 * result.chance
    (suspicion,) = foreseeing(PANEL, name, covariate, 5)
    assert suspicion.what == f"{name!r} may know the future"
    assert f"{result.ahead:.2f} with the target's change {lead} step" in suspicion.evidence
    assert f"by chance: up to {result.chance:.2f}" in suspicion.evidence


@pytest.mark.parametrize(
    "covariate",
    [
        PANEL.values,
        shifted(PANEL, -1),
        by_series(lambda y: y.rolling(7).mean()),
        by_series(lambda y: y.diff()),
        np.random.default_rng(0).normal(size=900),
        np.random.default_rng(1).normal(size=900).cumsum(),
        np.tile(np.sin(2 * np.pi * np.arange(300) / 12), 3),
        np.tile(np.arange(300.0), 3),
        np.ones(900),
        np.full(900, np.nan),
    ],
)
def test_the_past_noise_and_the_calendar_are_not(covariate: Values) -> None:
    assert foreseeing(PANEL, "x", covariate, 5) == []


def test_a_season_that_both_share_is_no_foresight() -> None:
    panel, t = as_panel(seasonal()), np.arange(240)
    for ahead in range(12):
        assert foreseeing(panel, "wave", np.sin(2 * np.pi * (t + ahead) / 12), 3, (12,)) == []
        assert foreseeing(panel, "month", ((t + ahead) % 12).astype(float), 3, (12,)) == []


def test_known_ahead_only_the_target_itself_is_too_good() -> None:
    rng = np.random.default_rng(0)
    changes = np.diff(PANEL.values, prepend=PANEL.values[0])
    cause = np.cumsum(changes + rng.normal(0, 0.5 * changes.std(), 900))
    assert abs(getattr(foresight(PANEL, cause, 5, known_ahead=True), "ahead", 0.0)) > 0.8
    assert foreseeing(PANEL, "weather", cause, 5, known_ahead=True) == []
    (suspicion,) = foreseeing(PANEL, "the target in euros", 0.9 * PANEL.values, 5, known_ahead=True)
    assert "at the same time" in suspicion.evidence


def test_pure_noise_passes_for_foresight_about_as_rarely_as_said() -> None:
    rng = np.random.default_rng(3)
    panel = as_panel(walks(150, 1))
    result = [foresight(panel, rng.normal(size=150), 3) for _ in range(300)]
    above = [one is not None and abs(one.ahead) > one.chance for one in result]
    assert sum(above) <= 3


def test_short_series_say_nothing() -> None:
    short = as_panel(walks(40, 2))
    assert foresight(short, shifted(short, 1), 5) is None


# --- windows of the test that stand in the training part ---


def copied(rows: int = 15, scale: float = 1.0) -> Panel:
    """Series A holds, from row 275 on, what series B holds from row 50 on."""
    frame = walks(300, 3)
    values = frame["y"].to_numpy(copy=True)
    values[275 : 275 + rows] = scale * values[350 : 350 + rows]
    return as_panel(frame.assign(y=values))


def repeated(panel: Panel, rows: Any, first_cutoff: int = 270) -> list[Any]:
    return repeated_windows(panel, np.asarray(rows), panel.times[first_cutoff], 8, 3)


def test_copied_rows_are_found_and_named() -> None:
    (suspicion,) = repeated(copied(), [280, 282, 284, 286, 580])
    assert "3 of the 5 windows compared, 11 rows each" in suspicion.evidence
    assert "'A' at 2024-10-09, which is 'B' at 2024-02-27" in suspicion.evidence


def test_what_only_resembles_is_left_alone() -> None:
    assert repeated(as_panel(walks(300, 3)), [280, 282, 580]) == []
    assert repeated(copied(rows=10), [282]) == []  # a window has 11
    assert repeated(copied(scale=1 + 1e-12), [282]) == []
    assert repeated(copied(), [282], first_cutoff=20) == []  # the original lies in the test too


@pytest.mark.parametrize("rate", [0.1, 0.5, 3.0])
def test_counts_that_coincide_by_chance_are_left_alone(rate: float) -> None:
    rng = np.random.default_rng(0)
    panel = as_panel(pd.concat([walk(f"{k}", 400).assign(y=rng.poisson(rate, 400).astype(float)) for k in range(20)]))
    rows = np.concatenate([np.arange(300, 395) + 400 * k for k in range(20)])
    for before, after in ((4, 1), (12, 3)):
        assert repeated_windows(panel, rows, panel.times[299], before, after) == []


def test_series_that_stand_still_or_repeat_their_season_are_left_alone() -> None:
    still = walk("A", 300).assign(y=np.repeat([1.0, 2.0, 3.0], 100))
    wave = walk("B", 300).assign(y=np.tile(np.random.default_rng(0).normal(size=12), 25))
    panel = as_panel(pd.concat([still, wave]))
    assert repeated_windows(panel, np.array([280, 580]), panel.times[250], 8, 3, (12,)) == []
    assert len(repeated_windows(panel, np.array([580]), panel.times[250], 8, 3)) == 1  # a season that nobody named


def test_a_backtest_warns_of_them() -> None:
    frame = walks(120, 2)
    values = frame["y"].to_numpy(copy=True)
    values[90:120] = values[130:160]
    f = LSTMForecaster(2, 6, hidden_size=2, max_steps=2, season_length=())
    with pytest.warns(ClearLSTMWarning, match="rows of the test stand in the training part too: .* Remove the dup"):
        f.cross_validation(frame.assign(y=values), n_windows=10)
    assert len(f.suspicions_) == 1


def test_a_backtest_warns_of_a_covariate_that_knows_the_future_and_names_no_other() -> None:
    frame = walks(120, 2)
    frame["tomorrow"] = frame.groupby("unique_id")["y"].shift(-1).fillna(100.0)
    frame["yesterday"] = frame.groupby("unique_id")["y"].shift(1).fillna(100.0)
    frame["kind"] = frame["unique_id"].str.lower()
    f = LSTMForecaster(
        2, 6, hidden_size=2, max_steps=2, season_length=(), hist_exog=("tomorrow", "yesterday"), static=("kind",)
    )
    with pytest.warns(ClearLSTMWarning, match="'tomorrow' may know the future: .* Check that its values are known"):
        f.cross_validation(frame, n_windows=5)
    assert [one.what for one in f.suspicions_] == ["'tomorrow' may know the future"]
