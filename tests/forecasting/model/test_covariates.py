"""Covariates: what the net is shown of them, that it uses them, and that none comes from a time it can't know."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import ClearLSTMWarning, DataError, InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.forecasting.series import walk

H = 2
FAST: dict[str, Any] = {"hidden_size": 4, "max_steps": 10, "season_length": ()}


def table(n: int = 80, names: str = "AB") -> pd.DataFrame:
    """Two walks with numbers and categories beside them."""
    rng = np.random.default_rng(0)
    parts = []
    for k, name in enumerate(names):
        frame = walk(name, n, k)
        frame["past"] = rng.normal(100, 20, n)
        frame["promo"] = rng.integers(0, 2, n).astype(bool)
        frame["weather"] = rng.choice(["dry", "rain", "snow"], n)
        frame["kind"] = "shop" if name == "A" else "web"
        frame["area"] = 10.0 + 5 * k
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def to_come(frame: pd.DataFrame, h: int = H) -> pd.DataFrame:
    """The h rows after those of ``frame``, for each series."""
    last = frame["ds"].max()
    days = pd.date_range(last, periods=h + 1, freq="D")[1:]
    ids = frame["unique_id"].unique()
    rows = pd.DataFrame({"unique_id": np.repeat(ids, h), "ds": np.tile(days, len(ids))})
    return rows.assign(promo=[True, False] * (len(rows) // 2), weather="rain")


ALL: dict[str, Any] = {
    "hist_exog": ("past",),
    "futr_exog": ("promo", "weather"),
    "static": ("kind", "area"),
    "calendar": ("day_of_week",),
}


def fitted(frame: Any, **more: Any) -> LSTMForecaster:
    return LSTMForecaster(H, 6, **(FAST | more)).fit(frame)


def test_every_input_stands_where_its_name_says() -> None:
    frame = table()
    f = fitted(frame, **ALL)
    problem = f.model_.problem(f.panel_)
    row = 80 + 40  # in the second series
    x = dict(zip(problem.input_names, problem.x(np.array([row]))[0].T, strict=True))
    window = frame.iloc[row - 5 : row + 1]
    train = frame[frame["ds"] < frame["ds"].iloc[f.model_.n_training // 2]]  # roughly; the exact part is tested below
    assert train["past"].mean() == pytest.approx(100, abs=10)
    scale = f.model_.encoding.scales["past"] if f.model_.encoding else None
    assert scale is not None
    np.testing.assert_allclose(x["past"], (window["past"] - scale.mean) / scale.size, rtol=1e-5)
    for name in ("dry", "rain", "snow"):
        assert x[f"weather = {name}"].tolist() == (window["weather"] == name).tolist()
        for k in (1, 2):
            ahead = f"weather = {name}, {k} step{'s' * (k > 1)} ahead"
            assert x[ahead].tolist() == [0, 0, 0, 0, 0, float(frame["weather"][row + k] == name)]
    assert set(x["kind = web"]) == {1}
    assert set(x["kind = shop"]) == {0}
    np.testing.assert_allclose(x["area"], 1)  # of 10 and 15: (15 − 12.5) / 2.5
    np.testing.assert_allclose(x["sine of day of week"], np.sin(2 * np.pi * window["ds"].dt.day_of_week / 7), atol=1e-6)


def test_scales_come_from_the_training_part_alone() -> None:
    frame = table()
    late = frame["ds"] >= frame["ds"].iloc[70]
    wild = frame.assign(past=np.where(late, 1e6, frame["past"]))
    one, other = (fitted(f, hist_exog="past").model_.encoding for f in (frame, wild))
    assert one is not None
    assert one == other


@pytest.mark.parametrize("columns", [{"hist_exog": ("past",)}, {"futr_exog": ("promo",)}])
def test_what_is_not_yet_known_at_an_origin_reaches_no_window(columns: dict[str, Any]) -> None:
    frame = table()
    f = fitted(frame, **columns)
    problem = f.model_.problem(f.panel_)
    row = 40
    known_until = row + (H if "futr_exog" in columns else 0)
    name = next(iter(columns.values()))[0]
    later = frame.assign(**{name: np.where(frame.index > known_until, ~frame[name].astype(bool), frame[name])})
    changed = f.model_.problem(f.read(later))
    np.testing.assert_array_equal(changed.x(np.array([row])), problem.x(np.array([row])))
    assert (changed.x(np.array([row + 1])) != problem.x(np.array([row + 1]))).any()


def test_padding_holds_no_covariates_of_another_series() -> None:
    f = fitted(table(), **ALL)
    problem = f.model_.problem(f.panel_)
    x = problem.x(np.array([82]))[0]  # the third row of the second series
    names = np.array(problem.input_names)
    static = np.isin(names, ["kind = shop", "kind = web", "area"])
    assert (x[:3, ~static] == 0).all()
    weather = np.isin(names, ["weather = dry", "weather = rain", "weather = snow"])
    assert (x[3:, weather].sum(axis=1) == 1).all()


def test_a_promotion_that_is_known_ahead_is_forecast() -> None:
    """Level noise, and 10 more on days that are announced: without the announcement the error is twice as large."""
    rng, n = np.random.default_rng(0), 900
    promo = rng.random(n) < 0.3
    frame = walk("A", n).assign(y=50 + 10 * promo + rng.normal(0, 1, n), promo=promo)
    how: dict[str, Any] = {"hidden_size": 8, "max_steps": 600, "learning_rate": 1e-2, "season_length": ()}
    known = LSTMForecaster(H, 6, futr_exog="promo", **how).fit(frame)
    unknown = LSTMForecaster(H, 6, **how).fit(frame)
    errors = []
    for f in (known, unknown):
        problem = f.model_.problem(f.read(frame))
        rows = problem.origins(H)[-150:]
        future = problem.panel.values[rows[:, None] + np.arange(1, H + 1)]
        errors.append(np.abs(future - f.model_.quantiles(problem, rows)[:, :, 2]).mean())
    assert errors[0] < 0.6 * errors[1]
    days = to_come(frame).drop(columns=["unique_id", "weather"]).assign(unique_id="A")
    out = known.predict(X_df=days)
    assert out["LSTM"][0] - out["LSTM"][1] > 5  # promotion on the first day, none on the second


def test_polars_give_the_same() -> None:
    pl = pytest.importorskip("polars")
    frame, future = table(), to_come(table())
    expected = fitted(frame, **ALL).predict(X_df=future)
    polars = pl.DataFrame({name: frame[name].to_list() for name in frame})
    given = pl.DataFrame({name: future[name].to_list() for name in future})
    assert fitted(polars, **ALL).predict(X_df=given)["LSTM"].to_list() == expected["LSTM"].tolist()


def test_text_and_categories_give_the_same() -> None:
    frame, future = table(), to_come(table())
    expected = fitted(frame, **ALL).predict(X_df=future)
    categorical = frame.assign(weather=frame["weather"].astype("category"), kind=frame["kind"].astype("category"))
    np.testing.assert_array_equal(fitted(categorical, **ALL).predict(X_df=future)["LSTM"], expected["LSTM"])


def test_rows_to_come_may_stand_in_any_order_among_others() -> None:
    frame, future = table(), to_come(table())
    f = fitted(frame, **ALL)
    expected = f.predict(X_df=future)
    more = pd.concat([to_come(frame, 6).assign(weather="dry").iloc[H:6], future, future.assign(unique_id="other")])
    more = more.drop_duplicates(["unique_id", "ds"], keep="last").sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(f.predict(X_df=more), expected)
    pd.testing.assert_frame_equal(f.predict(frame, X_df=future), expected)
    f.predict(X_df=future.assign(promo=~future["promo"]))


def test_a_table_of_one_series_needs_no_ids() -> None:
    frame, future = (one.drop(columns="unique_id") for one in (table(names="A"), to_come(table(names="A"))))
    out = fitted(frame, id_col=None, futr_exog="promo").predict(X_df=future)
    assert out["ds"].tolist() == future["ds"].tolist()
    with pytest.raises(DataError, match="has no row for series 'y' at 2024-03-22"):
        fitted(frame, id_col=None, futr_exog="promo").predict(X_df=future.iloc[:1])


def test_a_new_series_brings_its_own_covariates() -> None:
    f = fitted(table(), **ALL)
    new = table(names="B").assign(unique_id="NEW")
    out = f.predict(new, X_df=to_come(new))
    assert out["unique_id"].tolist() == ["NEW"] * H
    assert np.isfinite(out["LSTM"]).all()


def test_cross_validation_reads_the_rows_to_come_from_the_table() -> None:
    frame = table()
    cv = LSTMForecaster(H, 6, **FAST, **ALL).cross_validation(frame, n_windows=3)
    assert len(cv) == 3 * 2 * H
    cutoff = cv["cutoff"].min()
    after = frame.assign(past=np.where(frame["ds"] > cutoff, 0, frame["past"]))
    again = LSTMForecaster(H, 6, **FAST, **ALL).cross_validation(after, n_windows=3)
    first = cv["cutoff"] == cutoff
    pd.testing.assert_frame_equal(again[first][["LSTM"]], cv[first][["LSTM"]])


Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.iloc[1:], r"X_df has no row for series 'A' at 2024-03-21; .* \(1 of 4 are"),
        (lambda f: f.iloc[:2], "X_df has no row for series 'B' at 2024-03-21"),
        (lambda f: f.iloc[:0], "X_df has no rows"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), "X_df has several rows for series 'B' at 2024-03-22"),
        (lambda f: f.assign(weather="hail"), "'weather' holds the category 'hail', which was never seen in fitting"),
        (lambda f: f.assign(promo=None), "'promo' is empty in series 'A' at 2024-03-21, and was in no row that"),
        (lambda f: f.assign(promo="often"), "'promo' holds 'often' and held numbers when it was fitted"),
        (lambda f: f.drop(columns="promo"), "X_df has no column 'promo'"),
        (lambda f: f.assign(ds=range(4)), "holds int64, and that of the history"),
    ],
)
def test_rows_to_come_that_can_t_be_used(change: Change, message: str) -> None:
    f = fitted(table(), **ALL)
    with pytest.raises(DataError, match=message):
        f.predict(X_df=change(to_come(table())))


def test_rows_to_come_are_asked_for_and_not_taken_in_vain() -> None:
    with pytest.raises(InputError, match="X_df is needed: the 2 rows to come of each series, with promo, weather"):
        fitted(table(), **ALL).predict()
    with pytest.raises(InputError, match="X_df is given, but the forecaster has no futr_exog"):
        fitted(table()).predict(X_df=to_come(table()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hist_exog": "pats"}, "has no column 'pats'"),
        ({"static": "past"}, "'past' is static, but changes within series 'A'"),
        ({"hist_exog": "ds2"}, "holds datetime64.* a covariate holds numbers or categories"),
        ({"hist_exog": "holes"}, "'holes' is empty in every row that there is to learn from: leave it out"),
        ({"hist_exog": "each"}, "'each' has 160 categories"),
    ],
)
def test_columns_that_can_t_be_used(arguments: dict[str, Any], message: str) -> None:
    frame = table()
    frame["ds2"], frame["each"] = frame["ds"], [f"n{k}" for k in range(len(frame))]
    frame["holes"] = np.nan
    with pytest.raises(DataError, match=message):
        fitted(frame, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hist_exog": ("past",), "futr_exog": ("past",)}, "futr_exog holds 'past', which hist_exog names too"),
        ({"static": "y"}, "static holds 'y', which target_col names too"),
        ({"static": 3}, "static is 3; names of columns are needed"),
        ({"static": (3,)}, "static holds 3; names of columns are needed"),
        ({"calendar": "weekday"}, "calendar holds 'weekday'; use True, False or some of 'time_of_day'"),
    ],
)
def test_names_that_cannot_be_meant(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fitted(table(), **arguments)


def test_numbered_rows_have_no_calendar() -> None:
    frame = table().assign(ds=np.tile(np.arange(80), 2))
    with pytest.raises(InputError, match="calendar is asked for, but the times are whole numbers"):
        fitted(frame, calendar=True)


def test_a_number_far_beyond_those_of_the_fit_is_refused() -> None:
    frame = table()
    f = fitted(frame.assign(promo=frame["past"]), futr_exog=("promo",))
    with pytest.raises(DataError, match=r"column 'promo' holds 1e\+60, too far from the values .* \(mean 1"):
        f.predict(X_df=to_come(frame).assign(promo=1e60))


def test_rows_to_come_are_made_to_be_filled_in() -> None:
    frame = table()
    f = fitted(frame, futr_exog=("promo", "weather"))
    rows = f.make_future_dataframe()
    pd.testing.assert_frame_equal(rows, to_come(frame)[["unique_id", "ds"]], check_dtype=False)
    filled = rows.assign(promo=[True, False] * 2, weather="rain")
    pd.testing.assert_frame_equal(f.predict(X_df=filled), f.predict(X_df=to_come(frame)))
    assert f.make_future_dataframe(h=5)["ds"].nunique() == 5
    later = frame[frame["unique_id"] == "B"].assign(ds=lambda f: f["ds"] + pd.Timedelta(days=30))
    assert f.make_future_dataframe(later)["ds"].min() == later["ds"].max() + pd.Timedelta(days=1)
    with pytest.raises(InputError, match="h is 0"):
        f.make_future_dataframe(h=0)


def test_a_new_kind_of_series_is_none_of_the_known_ones_and_that_is_said() -> None:
    frame = table()
    f = fitted(frame, static=("kind", "area"))
    new = frame[frame["unique_id"] == "A"].assign(unique_id="N", kind="van")
    with pytest.warns(ClearLSTMWarning, match="column 'kind' holds 'van', never seen in fitting"):
        out = f.predict(new)
    assert np.isfinite(out["LSTM"]).all()
    problem = f.model_.problem(f.read(new))
    x = dict(zip(problem.input_names, problem.x(np.array([40]))[0].T, strict=True))
    assert not x["kind = shop"].any()
    assert not x["kind = web"].any()


def test_a_column_that_never_changes_where_the_net_learns_is_named() -> None:
    frame = table()
    late = frame["ds"] >= frame["ds"].iloc[79]
    still = frame.assign(promo=late, weather=np.where(late, "rain", "dry"), area=3.0)
    names = r"never changed in the rows that were trained on: 'promo', 'weather', 'area'; "
    with pytest.warns(ClearLSTMWarning, match=names):
        fitted(still, hist_exog=("past", "promo", "weather"), static=("kind", "area"))
