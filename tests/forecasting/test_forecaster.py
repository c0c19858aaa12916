"""The forecaster as its users meet it."""

import copy
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import ClearLSTMWarning, DataError, InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.forecasting.series import seasonal, walk, walks

FAST: dict[str, Any] = {"hidden_size": 4, "max_steps": 15, "season_length": ()}
INTERVALS = ["LSTM-lo-80", "LSTM-hi-80", "LSTM-lo-95", "LSTM-hi-95"]


def forecaster(h: int = 2, input_size: int | None = 6, **more: Any) -> LSTMForecaster:
    return LSTMForecaster(h, input_size, **(FAST | more))


def test_columns_ids_and_future_dates() -> None:
    out = forecaster().fit(walks(60)).predict()
    assert out.columns.tolist() == ["unique_id", "ds", "LSTM", *INTERVALS]
    assert out["unique_id"].tolist() == ["A", "A", "B", "B"]
    assert out["ds"].dt.strftime("%m-%d").tolist() == ["03-01", "03-02"] * 2
    for lo, hi in (
        ("LSTM-lo-95", "LSTM-lo-80"),
        ("LSTM-lo-80", "LSTM"),
        ("LSTM", "LSTM-hi-80"),
        ("LSTM-hi-80", "LSTM-hi-95"),
    ):
        assert (out[lo] <= out[hi]).all()


def test_polars_in_polars_out_and_the_same_numbers() -> None:
    pl = pytest.importorskip("polars")
    frame = walks(60)
    polars = pl.DataFrame({name: frame[name].to_list() for name in frame})
    one, other = forecaster().fit(frame).predict(), forecaster().fit(polars).predict()
    assert isinstance(other, pl.DataFrame)
    assert other["LSTM"].to_list() == one["LSTM"].tolist()
    assert isinstance(forecaster().cross_validation(polars, n_windows=3), pl.DataFrame)


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    frame = walks(80)
    first = forecaster(seed=1).fit(frame).predict()
    pd.testing.assert_frame_equal(first, forecaster(seed=1).fit(frame).predict())
    one, other = (forecaster(seed=seed).fit(frame).model_.network.parameters for seed in (1, 2))
    assert not np.array_equal(one["net0.layer0.forward.W"], other["net0.layer0.forward.W"])


def test_names_of_columns_are_the_caller_s() -> None:
    frame = walks(60).rename(columns={"unique_id": "ticker", "ds": "date", "y": "close"})
    names: dict[str, Any] = {"id_col": "ticker", "time_col": "date", "target_col": "close"}
    assert forecaster(**names).fit(frame).predict().columns[:2].tolist() == ["ticker", "date"]
    cv = forecaster(**names).cross_validation(frame, n_windows=2)
    assert cv.columns[:4].tolist() == ["ticker", "cutoff", "date", "close"]


def test_a_table_of_one_series_needs_no_ids() -> None:
    out = forecaster(id_col=None).fit(walk("A", 60).drop(columns="unique_id")).predict()
    assert out.columns[0] == "ds"


def test_several_columns_may_tell_series_apart(tmp_path: Path) -> None:
    parts = [
        walk("A", 60, seed=k).assign(store=store, item=item)
        for k, (store, item) in enumerate([["x", "a"], ["x", "b"], ["y", "a"]])
    ]
    frame = pd.concat(parts, ignore_index=True).assign(promo=1.0 * (np.arange(180) % 7 == 0))
    joined = frame.assign(unique_id=frame["store"] + frame["item"])
    history = frame["ds"] < "2024-02-28"
    options: dict[str, Any] = {"futr_exog": "promo"}
    expected = forecaster(**options).fit(joined[history]).predict(X_df=joined[~history])
    fitted = forecaster(id_col=["store", "item"], **options).fit(frame[history].drop(columns="unique_id"))
    out = fitted.predict(X_df=frame[~history])
    assert out.columns.tolist()[:3] == ["store", "item", "ds"]
    np.testing.assert_array_equal(out["store"] + out["item"], expected["unique_id"])
    np.testing.assert_array_equal(out["LSTM"], expected["LSTM"])
    fitted.save(tmp_path / "f.safetensors")
    loaded = LSTMForecaster.load(tmp_path / "f.safetensors")
    pd.testing.assert_frame_equal(loaded.predict(X_df=frame[~history]), out)
    windows = loaded.like(futr_exog=()).cross_validation(frame, n_windows=2)
    assert windows.columns.tolist()[:4] == ["store", "item", "cutoff", "ds"]


@pytest.mark.filterwarnings("ignore:too few windows")
def test_forecasts_go_on_where_nanoseconds_end() -> None:
    days = pd.date_range("2262-04-01", periods=11)  # of the type that ends on April 11th of that year
    table = pd.DataFrame({"ds": days, "y": np.arange(11.0)})
    result = forecaster(input_size=3, id_col=None).fit(table).predict()
    assert [str(day)[:10] for day in result["ds"]] == ["2262-04-12", "2262-04-13"]


def test_history_that_was_never_fitted_is_forecast_too() -> None:
    fitted = forecaster().fit(walks(60))
    new = fitted.predict(walk("NEW", 60, seed=9))
    assert new["unique_id"].tolist() == ["NEW", "NEW"]
    assert np.isfinite(new[["LSTM", *INTERVALS]].to_numpy()).all()


def test_the_unit_does_not_matter() -> None:
    cents = walks(80).assign(y=lambda frame: frame["y"] * 100)
    one, other = forecaster().fit(walks(80)).predict(), forecaster().fit(cents).predict()
    np.testing.assert_allclose(other["LSTM"], 100 * one["LSTM"], rtol=1e-4)


def test_pickles_and_copies_predict_the_same() -> None:
    fitted = forecaster().fit(walks(60))
    expected = fitted.predict()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(fitted)).predict(), expected)
    pd.testing.assert_frame_equal(copy.deepcopy(fitted).predict(), expected)


def test_fewer_steps_than_were_fitted_are_their_first() -> None:
    fitted = forecaster(4).fit(walks(60))
    whole = fitted.predict()
    first = whole.groupby("unique_id").head(3).reset_index(drop=True)
    pd.testing.assert_frame_equal(fitted.predict(h=3), first)
    pd.testing.assert_frame_equal(fitted.predict(h=4), whole)
    assert len(fitted.predict(model="Naive", h=1)) == 2
    with pytest.raises(InputError, match="h is 5; the forecaster was fitted for 4 steps: ask for fewer"):
        fitted.predict(h=5)
    with pytest.raises(InputError, match="h is 0"):
        fitted.predict(h=0)


def test_arguments_are_read_and_set_as_scikit_learn_does() -> None:
    sklearn = pytest.importorskip("sklearn.base")
    fitted = forecaster(level=[90]).fit(walks(60))
    copied = sklearn.clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert copied.get_params()["max_steps"] == 15
    assert not copied.fitted
    np.testing.assert_array_equal(copied.fit(walks(60)).predict()["LSTM"], fitted.predict()["LSTM"])
    assert fitted.set_params(h=3, seed=1) is fitted
    assert (fitted.h, fitted.seed) == (3, 1)
    with pytest.raises(InputError, match="there is no argument 'horizon'; there are h, input_size"):
        fitted.set_params(h=4, horizon=3)
    assert fitted.h == 3


# --- what was asked is obeyed or refused ---


def test_defaults_adapt_to_short_series_and_arguments_do_not() -> None:
    short = walk("A", 44)
    assert forecaster(5, None).fit(short).model_.settings.input_size == 19
    assert forecaster(5, None).fit(walk("A", 300)).model_.settings.input_size == 20
    assert forecaster(5, 20).fit(short).model_.settings.input_size == 20
    message = "series 'A' has 19 rows; input_size 60 and h 5 need at least 65: lower input_size or give more data"
    with pytest.raises(DataError, match=message):
        forecaster(5, 60).fit(walk("A", 19))


@pytest.mark.parametrize(
    ("lengths", "h", "season", "expected"),
    [
        ((300,), 5, (), 20),
        ((300,), 24, (), 48),
        ((300,), 5, (7, 30), 20),
        ((300,), 5, (30,), 60),
        ((300, 31), 5, (), 13),
        ((300, 6), 5, (), 20),  # shorter than a horizon and a change: it has no say
        ((*[200] * 20, 31), 5, (), 20),  # the shortest tenth hasn't either
    ],
)
def test_the_window_that_is_chosen(lengths: tuple[int, ...], h: int, season: tuple[int, ...], expected: int) -> None:
    frame = pd.concat([walk(f"{k}", n, k) for k, n in enumerate(lengths)])
    f = forecaster(h, None, season_length=season)
    assert f.settings(f.read(frame)).input_size == expected


def test_the_season_is_the_frequency_s_own_unless_given() -> None:
    frame = seasonal(120)
    for rows, given, expected in ((120, None, (12,)), (120, 6, (6,)), (120, (), ()), (37, None, ())):
        f = LSTMForecaster(2, 4, hidden_size=2, max_steps=3, season_length=given)
        assert f.settings(f.read(frame.head(rows))).seasons == expected
    with pytest.raises(InputError, match="season_length is 119; the longest series has 120 rows"):
        forecaster(season_length=119).fit(frame)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"h": 0}, "h is 0"),
        ({"input_size": 2.5}, "input_size is 2.5"),
        ({"level": (80, 100)}, "level holds 100"),
        ({"level": 0.9}, r"level holds 0\.9, below 1 %; levels are percentages: did you mean 90\?"),
        ({"level": (80, 0.95)}, r"did you mean 95\?"),
        ({"level": 0}, "level holds 0; levels are percentages from 1 to below 100"),
        ({"level": "high"}, "level holds 'h'"),
        ({"hidden_size": -1}, "hidden_size is -1"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"validation_share": 1.0}, "validation_share is 1.0"),
        ({"seed": -1}, "seed is -1"),
        ({"season_length": 0}, "season_length is 0"),
        ({"freq": "sometimes"}, "freq 'sometimes' is not a pandas alias"),
        ({"level": None}, "level holds None"),
        ({"season_length": 2.5}, r"season_length is 2\.5"),
        ({"target_col": "LSTM"}, "target_col is 'LSTM', which is the name of a column of the result"),
        ({"time_col": "cutoff"}, "time_col is 'cutoff', which"),
        ({"id_col": "LSTM-lo-80"}, "id_col is 'LSTM-lo-80', which"),
        ({"id_col": ["unique_id", "LSTM"]}, "id_col is 'LSTM', which"),
        ({"id_col": ["unique_id", "ds"]}, "time_col is 'ds', which is named before it"),
        ({"id_col": ["unique_id", 3]}, "id_col is 3; the name of a column is needed"),
        ({"id_col": 3}, "id_col is 3; the name of a column is needed"),
    ],
)
def test_arguments_that_cannot_be_meant(argument: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        forecaster(**argument).fit(walks(60))


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"n_windows": "3", "refit": True}, "n_windows is '3'"),
        ({"n_windows": 3, "refit": "often"}, "refit is 'often'"),
        ({"n_windows": 3, "refit": 0}, "refit is 0"),
        ({"n_windows": 3, "step_size": 1.5}, r"step_size is 1\.5"),
    ],
)
def test_windows_that_cannot_be_meant(argument: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        forecaster().cross_validation(walks(60), **argument)


def test_one_level_may_be_any_kind_of_number() -> None:
    for level in (90, 90.0, np.int64(90), np.float32(90)):
        assert "LSTM-lo-90" in forecaster(level=level, max_steps=1).fit(walks(60)).predict()


def test_predict_before_fit_and_a_checkpoint_that_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="isn't fitted yet"):
        forecaster().predict()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="no folder can be made there"):
        forecaster(checkpoint=tmp_path / "file").fit(walks(60))


def test_too_few_windows_to_validate_on_leave_the_base_and_say_so() -> None:
    with pytest.warns(
        ClearLSTMWarning, match=r"too few windows to hold some back for validation.*a mean of 12 simple forecasts"
    ):
        fitted = forecaster().fit(walks(12))
    out = fitted.predict()
    assert fitted.model_.history is None
    np.testing.assert_array_equal(out["LSTM"], fitted.predict(model="Base")["Base"])
    assert (out["LSTM-lo-80"] < out["LSTM-hi-80"]).all()


# --- series that can't be modelled don't stop the rest ---


def troubled() -> pd.DataFrame:
    holes = walk("holes", 60, 3)
    holes.loc[[10, 57, 59], "y"] = np.nan
    constant = walk("constant", 60).assign(y=7.0)
    stopped = walk("stopped", 60, 6)
    stopped.loc[52:, "y"] = np.nan
    short = walk("short", 5, 5, start="2024-02-25")
    return pd.concat([walk("fine", 60), holes, constant, stopped, short, walk("tiny", 3, 5, start="2024-02-27")])


def test_each_gets_the_stated_rule_and_a_warning_that_names_it() -> None:
    with pytest.warns(ClearLSTMWarning, match=r"missing values in series 'holes' \(3\); 'stopped' \(8\)"):
        fitted = forecaster().fit(troubled())
    with pytest.warns(ClearLSTMWarning) as caught:
        out = fitted.predict()
    text = " ".join(str(warning.message) for warning in caught)
    assert set(fitted.forecast_.fallbacks) == {"constant", "stopped", "tiny"}
    assert "'constant' is constant" in text
    assert "'stopped' has fewer than 2 values among its last 6 rows" in text
    assert "'tiny' has too few values to measure its changes by" in text
    last = troubled().dropna().groupby("unique_id")["y"].last()
    for series_id in ("constant", "stopped", "tiny"):
        assert out.query("unique_id == @series_id")["LSTM"].tolist() == pytest.approx([last[series_id]] * 2)
    assert (out.query("unique_id == 'constant'")[INTERVALS] == 7.0).all(axis=None)
    stopped = out.query("unique_id == 'stopped'")
    assert (stopped["LSTM-hi-95"] - stopped["LSTM-lo-95"] > stopped["LSTM-hi-80"] - stopped["LSTM-lo-80"]).all()
    modelled = out.query("unique_id in ['holes', 'short']")
    assert np.isfinite(modelled[["LSTM", *INTERVALS]].to_numpy()).all()
    assert (modelled["LSTM-lo-80"] < modelled["LSTM-hi-80"]).all()


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_series_alone_is_forecast_as_it_is_among_others(
    value: float, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    constant = walk("still", 60).assign(y=value)
    fitted = forecaster().fit(constant)
    assert not recwarn.list  # nothing else is wrong than what predict says, as it does among others
    with pytest.warns(ClearLSTMWarning, match="last known value, with intervals from their own changes: .*constant"):
        out = fitted.predict()
    assert (out[["LSTM", *INTERVALS]] == value).all(axis=None)
    with pytest.warns(ClearLSTMWarning, match="constant"):
        among = forecaster().fit(pd.concat([constant, walk("fine", 60)])).predict()
    pd.testing.assert_frame_equal(among.query("unique_id == 'still'").reset_index(drop=True), out)
    fitted.save(tmp_path / "still.safetensors")
    with pytest.warns(ClearLSTMWarning, match="constant"):
        pd.testing.assert_frame_equal(LSTMForecaster.load(tmp_path / "still.safetensors").predict(), out)
    with pytest.raises(DataError, match="no series changes before the cutoffs, so there is no forecast to compare"):
        forecaster().cross_validation(constant, n_windows=3)


def test_a_series_without_any_value_is_said_to_have_no_forecast() -> None:
    with pytest.warns(ClearLSTMWarning) as caught:
        out = forecaster().fit(pd.concat([walk("fine", 60), walk("empty", 60).assign(y=np.nan)])).predict()
    assert "'empty' has no value at all, so its forecast is empty" in str(caught[-1].message)
    assert out.query("unique_id == 'empty'")["LSTM"].isna().all()


def test_the_others_are_forecast_as_if_the_troubled_were_not_there() -> None:
    with pytest.warns(ClearLSTMWarning):
        among = forecaster().fit(pd.concat([walk("fine", 60), walk("still", 60).assign(y=7.0)])).predict()
    alone = forecaster().fit(walk("fine", 60)).predict()
    np.testing.assert_array_equal(among["LSTM"][:2], alone["LSTM"])


def test_numbers_that_stand_for_missing_ones_are_asked_about() -> None:
    frame = walk("A", 60)
    low, high = frame["y"].min(), frame["y"].max()
    frame.loc[[7, 20], "y"] = -9999.0
    expected = re.escape(f"-9999 stands in 2 of the rows, far from all other values ({low:g} to {high:g}): where")
    with pytest.warns(ClearLSTMWarning, match=expected):
        forecaster().fit(frame)


def test_round_nines_among_their_like_are_no_question() -> None:
    frame = walk("A", 60)
    frame["y"] = 20 * (frame["y"] - frame["y"].iloc[7]) - 999
    with warnings.catch_warnings():
        warnings.simplefilter("error", ClearLSTMWarning)
        forecaster().fit(frame)


def test_rows_that_are_missing_in_a_regular_grid_are_named() -> None:
    with pytest.warns(ClearLSTMWarning, match=r"rows are missing in series 'A' \(1, the first after 2024-01-10\)"):
        forecaster().fit(walk("A", 60).drop(index=[10, 11]))


def test_a_value_that_has_no_logarithm_after_fitting_is_no_silent_number() -> None:
    fitted = forecaster().fit(walks(60))
    later = walk("A", 60)
    later.loc[58, "y"] = -1.0
    with pytest.warns(ClearLSTMWarning, match="'A' has values ≤ 0, unlike before"):
        out = fitted.predict(later)
    assert out["LSTM"].tolist() == pytest.approx([later["y"].iloc[-1]] * 2)


def test_no_warning_and_no_note_where_nothing_is_wrong(recwarn: pytest.WarningsRecorder) -> None:
    forecaster().fit(walks(60)).predict()
    assert not recwarn.list


# --- rolling origins ---


def test_windows_in_which_a_price_falls_to_0_are_compared_too() -> None:
    frame = walks(80)
    frame.loc[79, "y"] = 0.0  # the last row of A; the fit sees positive values only
    out = forecaster().cross_validation(frame, n_windows=2)
    assert len(out) == 2 * 2 * 2
    assert (out.query("y == 0")["LSTM"] > 0).tolist() == [True]


def test_cross_validation_takes_the_last_cutoffs_a_horizon_apart() -> None:
    frame = walks(80)
    cv = forecaster(3).cross_validation(frame, n_windows=5)
    baselines = ["Naive", "Naive2", "Drift", "HistoricMean", "Base"]
    assert cv.columns.tolist() == ["unique_id", "cutoff", "ds", "y", "LSTM", *INTERVALS, *baselines]
    days = np.sort(frame["ds"].unique())
    assert sorted(cv["cutoff"].unique()) == [days[80 - 1 - 3 * k] for k in range(5, 0, -1)]
    merged = cv.merge(frame, on=["unique_id", "ds"])
    assert (merged["y_x"] == merged["y_y"]).all()
    at_cutoff = cv.merge(frame.rename(columns={"ds": "cutoff", "y": "last"}), on=["unique_id", "cutoff"])
    assert (at_cutoff["Naive"] == at_cutoff["last"]).all()
    assert (cv["ds"] > cv["cutoff"]).all()


def test_seasonal_naive_stands_beside_where_there_is_a_season() -> None:
    cv = forecaster(2, season_length=12).cross_validation(seasonal(), n_windows=3)
    frame = seasonal().set_index("ds")["y"]
    assert cv["SeasonalNaive"].tolist() == [frame[day - pd.DateOffset(months=12)] for day in cv["ds"]]
    two = forecaster(2, season_length=(12, 24)).cross_validation(seasonal(), n_windows=3)
    assert {"SeasonalNaive-12", "SeasonalNaive-24"} <= set(two.columns)


def test_a_wave_that_repeats_itself_exactly_is_compared_by_its_steps() -> None:
    f = forecaster(season_length=7, max_steps=1)
    wave = walk("A", 84).assign(y=np.tile([1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0], 12))
    out = f.cross_validation(wave, n_windows=5)
    assert out["LSTM"].tolist() == out["SeasonalNaive"].tolist() == out["y"].tolist()
    assert f.comparison_.duel("SeasonalNaive").judgement == "is equivalent to"


@pytest.mark.parametrize("refit", [False, 2, True])
def test_nothing_after_a_cutoff_reaches_its_forecast(refit: bool | int) -> None:
    """Change every row after the first cutoff: the forecasts from that cutoff stay what they were, to the bit."""
    frame = walks(80)
    before = forecaster().cross_validation(frame, n_windows=4, refit=refit)
    cutoff = before["cutoff"].min()
    wild = frame.assign(y=np.where(frame["ds"] > cutoff, frame["y"] * 50 + 3, frame["y"]))
    after = forecaster().cross_validation(wild, n_windows=4, refit=refit)
    models = ["LSTM", *INTERVALS, "Naive", "Drift"]
    first_before, first_after = (one[one["cutoff"] == cutoff][models].reset_index(drop=True) for one in (before, after))
    pd.testing.assert_frame_equal(first_before, first_after)
    assert not before[before["cutoff"] > cutoff]["Naive"].equals(after[after["cutoff"] > cutoff]["Naive"])


def test_a_fit_sees_no_row_after_its_cutoff_and_there_are_as_many_as_asked() -> None:
    seen: list[tuple[int, int, Any]] = []

    def note(number: int, of: int, panel: Any) -> None:
        seen.append((number, of, panel.times.max()))

    cv = forecaster().cross_validation(walks(80), n_windows=5, refit=2, on_fit=note)
    cutoffs = np.sort(cv["cutoff"].unique())
    assert [(number, of) for number, of, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    assert [last for *_, last in seen] == [cutoffs[0], cutoffs[2], cutoffs[4]]


def test_series_that_start_late_or_end_early_are_compared_where_they_can_be() -> None:
    frame = pd.concat([walks(80), walk("late", 6, 7, start="2024-03-15"), walk("early", 30, 8)])
    with pytest.warns(ClearLSTMWarning, match="not compared, .* series 'early'; 'late'"):
        cv = forecaster().cross_validation(frame, n_windows=4)
    assert set(cv["unique_id"]) == {"A", "B"}


def test_windows_that_do_not_fit_are_refused_with_the_number_that_does() -> None:
    with pytest.raises(DataError, match=r"50 windows 2 apart leave 0 rows .* lower n_windows \(to 26 at most\)"):
        forecaster().cross_validation(walks(60), n_windows=50)
    with pytest.warns(ClearLSTMWarning, match="too few windows to hold some back"):
        forecaster().cross_validation(walks(60), n_windows=26)


def test_where_there_is_something_to_learn_it_is_learnt() -> None:
    """Noise around a level: the last value is the wrong forecast, and its error is √2 as large as it need be."""
    frame = walk("A", 600)
    frame["y"] = 50 + np.random.default_rng(0).normal(0, 1, 600)
    f = LSTMForecaster(2, 6, hidden_size=8, max_steps=400, learning_rate=5e-3, season_length=(), seed=0)
    f.cross_validation(frame, n_windows=100)
    assert f.comparison_.duel("Naive").judgement == "beats"
    assert f.comparison_.duel("Naive").skill == pytest.approx(1 - 1 / np.sqrt(2), abs=0.08)


# --- checkpoints ---


def test_a_finished_fit_is_not_made_again(tmp_path: Path) -> None:
    frame = walks(80)
    one = forecaster(checkpoint=tmp_path)
    expected = one.fit(frame).predict()
    files = sorted(one.checkpoints_)
    assert len(files) == 2  # with the calendar and without
    assert all(re.fullmatch(r"fit-[0-9a-f]{16}\.safetensors", file.name) for file in files)
    stamps = [file.stat().st_mtime_ns for file in files]
    again = forecaster(checkpoint=tmp_path).fit(frame)
    pd.testing.assert_frame_equal(again.predict(), expected)
    assert [file.stat().st_mtime_ns for file in files] == stamps


def test_other_data_or_settings_have_another_checkpoint(tmp_path: Path) -> None:
    forecaster(checkpoint=tmp_path).fit(walks(80))
    forecaster(checkpoint=tmp_path, hidden_size=5).fit(walks(80))
    forecaster(checkpoint=tmp_path).fit(walks(81))
    assert len(list(tmp_path.iterdir())) == 6  # with the calendar and without
    forecaster(checkpoint=tmp_path, calendar=False).fit(walks(80))
    assert len(list(tmp_path.iterdir())) == 7


def test_a_history_goes_on_in_the_steps_of_the_fit_and_says_if_it_has_others() -> None:
    both = pd.concat([walk(name, 80, seed=k, freq="B") for k, name in enumerate("AB")])
    f = LSTMForecaster(2, 6, hidden_size=4, max_steps=5).fit(both)
    with pytest.warns(ClearLSTMWarning, match="'N' is constant"):
        alone = f.predict(walk("N", 1, start="2024-01-05"))  # a Friday: one row tells of no step
    assert alone["ds"].astype(str).tolist() == ["2024-01-08", "2024-01-09"]
    with pytest.warns(ClearLSTMWarning, match="mostly 31 days apart, those of the fit a weekday"):
        monthly = f.predict(walk("M", 30, freq="MS"))
    assert monthly["ds"].astype(str).tolist() == ["2026-07-01", "2026-08-01"]
