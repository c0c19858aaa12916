"""Empty cells of covariates: masked as missing targets are, and never a number that no one gave."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from safetensors.numpy import save_file

from clearlstm.data.files import read_file
from clearlstm.errors import ClearLSTMWarning, DataError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.network.storage import DIGEST, HEADER, digest_of, read_tensors
from tests.forecasting.model.test_covariates import ALL, H, fitted, table, to_come
from tests.forecasting.series import walk

pytestmark = pytest.mark.filterwarnings("ignore:empty cells in column")


def with_holes(*names: str, share: float = 0.2, **more: Any) -> pd.DataFrame:
    """The table of the other tests, in which cells of ``names`` are empty here and there."""
    frame, rng = table(**more), np.random.default_rng(7)
    for name in names:
        empty = rng.random(len(frame)) < share
        frame[name] = frame[name].astype(object).where(~empty, None)
    return frame


def cells(*values: Any) -> "pd.Series[Any]":
    return pd.Series(values, dtype=object)


def inputs(f: LSTMForecaster, frame: Any, row: int) -> dict[str, npt.NDArray[np.float32]]:
    """The window that ends with ``row``, by the names of its inputs, (T,) each."""
    problem = f.model_.problem(f.read(frame))
    return dict(zip(problem.input_names, problem.x(np.array([row]))[0].T, strict=True))


def test_a_missing_number_enters_as_the_mean_and_an_input_says_so() -> None:
    frame = with_holes("past")
    f = fitted(frame, hist_exog="past")
    row = int(np.flatnonzero(frame["past"].isna())[10])
    x, window = inputs(f, frame, row), frame["past"].iloc[row - 5 : row + 1]
    assert x["past known"].tolist() == window.notna().astype(float).tolist()
    assert f.model_.encoding is not None
    scale = f.model_.encoding.scales["past"]
    expected = ((window.astype(float) - scale.mean) / scale.size).fillna(0.0)
    np.testing.assert_allclose(x["past"], expected, rtol=1e-6)
    first = frame["ds"] < frame["ds"].iloc[50]
    assert scale.mean == pytest.approx(frame["past"][first].astype(float).mean(), rel=0.1)


def test_before_a_series_begins_nothing_is_known_of_it() -> None:
    frame = with_holes("past")
    x = inputs(fitted(frame, hist_exog="past"), frame, 82)  # the third row of the second series
    assert x["past known"][:3].tolist() == [0, 0, 0]
    assert x["past known"][3:].tolist() == frame["past"].iloc[80:83].notna().astype(float).tolist()


def test_a_missing_category_is_none_of_the_known_ones() -> None:
    frame = with_holes("weather")
    f = fitted(frame, hist_exog="weather")
    row = int(np.flatnonzero(frame["weather"].isna())[10])
    x = inputs(f, frame, row)
    assert [name for name in x if name.startswith("weather")] == ["weather = dry", "weather = rain", "weather = snow"]
    for name in ("dry", "rain", "snow"):
        assert x[f"weather = {name}"].tolist() == (frame["weather"].iloc[row - 5 : row + 1] == name).tolist()


def test_steps_to_come_may_lack_what_the_fit_lacked_too() -> None:
    frame, future = with_holes("promo", "weather"), to_come(table())
    f = fitted(frame, futr_exog=("promo", "weather"))
    partly = future.assign(promo=cells(True, None, True, None), weather=cells(None, "rain", None, "rain"))
    for lacking in (partly, future.assign(promo=None)):
        assert np.isfinite(f.predict(X_df=lacking)["LSTM"]).all()
    row = int(np.flatnonzero(frame["promo"][1:].isna())[10])  # the step after it
    x = inputs(f, frame, row)
    assert x["promo, 1 step ahead"][-1] == 0
    assert x["promo known, 1 step ahead"].tolist() == [0, 0, 0, 0, 0, 0]
    assert x["promo known, 2 steps ahead"][-1] == float(pd.notna(frame["promo"][row + 2]))


@pytest.mark.parametrize("name", ["promo", "weather"])
def test_what_was_never_missing_in_fitting_is_asked_for(name: str) -> None:
    """Of such a number the net knows nothing: taking the mean in silence might be far off."""
    f = fitted(table(), **ALL)
    future = to_come(table())
    future[name] = future[name].astype(object).where(future.index != 3, None)
    with pytest.raises(
        DataError, match=f"'{name}' is empty in series 'B' at 2024-03-22, and was in no row .*: fill it in"
    ):
        f.predict(X_df=future)
    f = fitted(table(), hist_exog="past")
    last = table().assign(past=lambda frame: frame["past"].where(frame.index != 159))
    with pytest.raises(DataError, match="'past' is empty in series 'B' at 2024-03-20"):
        f.predict(last)
    with pytest.raises(DataError, match="'past' is empty in series 'A' at 2024-03-21"):
        f.update(walk("A", 1, start="2024-03-21").assign(past=np.nan))
    assert f.panel_.times.max() == np.datetime64("2024-03-20")


def test_gaps_after_the_rows_trained_on_are_said_and_leave_the_net_as_it_is() -> None:
    frame = table()
    whole = fitted(frame, hist_exog="past")
    late = frame.assign(past=frame["past"].where(frame["ds"] < frame["ds"].iloc[78]))
    with pytest.warns(ClearLSTMWarning, match="never empty in the rows that were trained on, .*: 'past'; what that"):
        f = fitted(late, hist_exog="past")
    one, other = f.model_.network.parameters, whole.model_.network.parameters
    assert all(np.array_equal(one[name], other[name]) for name in other)
    x = inputs(f, late, 79)
    assert x["past"][-2:].tolist() == [0, 0]
    assert "past known" not in x


@pytest.mark.filterwarnings("ignore:never empty in the rows")
def test_cross_validation_goes_on_where_a_column_ends() -> None:
    frame = table()
    ends = frame.assign(past=frame["past"].where(frame["ds"] < frame["ds"].iloc[70]))
    cv = LSTMForecaster(H, 6, hidden_size=4, max_steps=5, season_length=(), hist_exog="past").cross_validation(
        ends, n_windows=8
    )
    assert np.isfinite(cv["LSTM"]).all()


@pytest.mark.filterwarnings("ignore:never changed in the rows")
def test_a_column_that_begins_late_is_scaled_by_what_there_is() -> None:
    frame = table()
    begins = frame.assign(past=frame["past"].where(frame["ds"] > frame["ds"].iloc[60]))
    f = fitted(begins, hist_exog="past")
    assert np.abs(inputs(f, begins, 79)["past"]).max() < 4


def test_empty_cells_are_named_with_what_becomes_of_them() -> None:
    frame = with_holes("past", "weather")
    counts = frame[["past", "weather"]].isna().sum()
    message = (
        rf"empty cells in column 'past' \({counts['past']} rows\); 'weather' \({counts['weather']} rows\): a number"
    )
    with pytest.warns(ClearLSTMWarning, match=message):
        fitted(frame, hist_exog=("past", "weather"))


def test_static_columns_may_lack_too() -> None:
    frame = table(names="ABC")
    frame["kind"] = frame["kind"].where(frame["unique_id"] != "C", None)
    frame["area"] = frame["area"].where(frame["unique_id"] != "C")
    f = fitted(frame, static=("kind", "area"))
    x = inputs(f, frame, 200)
    assert {name: float(x[name][0]) for name in ("kind = shop", "kind = web", "area", "area known")} == {
        "kind = shop": 0,
        "kind = web": 0,
        "area": 0,
        "area known": 0,
    }
    f.predict()
    partly = frame.assign(area=frame["area"].where(frame.index != 3))
    with pytest.raises(DataError, match="'area' is static, but changes within series 'A'"):
        fitted(partly, static="area")


def test_texts_polars_and_arrow_say_the_same(tmp_path: Path) -> None:
    frame, future = with_holes("past", "weather", "promo"), to_come(table())
    options: dict[str, Any] = {"hist_exog": ("past", "weather"), "futr_exog": "promo"}
    expected = fitted(frame, **options).predict(X_df=future)["LSTM"].tolist()
    numeric = frame.assign(promo=frame["promo"].astype(float))
    numeric.to_csv(tmp_path / "holes.csv", index=False, float_format="%.17g")
    future.assign(promo=future["promo"].astype(float)).to_csv(tmp_path / "next.csv", index=False)
    texts = fitted(read_file(tmp_path / "holes.csv"), **options).predict(X_df=read_file(tmp_path / "next.csv"))
    np.testing.assert_allclose(texts["LSTM"], expected, rtol=1e-12)
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    columns = {name: frame[name].to_list() for name in frame}
    ahead = {name: future[name].to_list() for name in future}
    assert fitted(pl.DataFrame(columns), **options).predict(X_df=pl.DataFrame(ahead))["LSTM"].to_list() == expected
    assert fitted(pa.table(columns), **options).predict(X_df=pa.table(ahead))["LSTM"].to_pylist() == expected


def test_categories_of_pandas_with_gaps() -> None:
    frame = with_holes("weather", "promo")
    size = frame["promo"].map({True: 1, False: 2})
    whole = frame.assign(size=size.fillna(1).astype(int).astype("category"))
    lacking = frame.assign(size=size.astype("Int64").astype("category"), weather=frame["weather"].astype("category"))
    names = {"hist_exog": ("weather", "size")}
    for each in (whole, lacking):
        x = inputs(fitted(each, **names), each, 40)
        assert [name for name in x if name.startswith("size")] == ["size = 1", "size = 2"]
    assert x["size = 1"].tolist() == (size.iloc[35:41] == 1).tolist()


def test_after_saving_and_with_new_rows_it_is_the_same(tmp_path: Path) -> None:
    frame = with_holes("past", "promo", n=90)
    old, new = frame[frame["ds"] < "2024-03-26"], frame[frame["ds"] >= "2024-03-26"]
    future = to_come(frame).assign(promo=cells(None, True, None, True))
    f = fitted(old, hist_exog="past", futr_exog="promo")
    f.save(tmp_path / "f.safetensors")
    g = LSTMForecaster.load(tmp_path / "f.safetensors")
    expected = f.update(new).predict(X_df=future)
    pd.testing.assert_frame_equal(g.update(new).predict(X_df=future), expected, check_exact=True)


def test_without_gaps_nothing_is_added_and_older_files_say_the_same(tmp_path: Path) -> None:
    """A file from before there were gaps has none of their fields."""
    f, future = fitted(table(), **ALL), to_come(table())
    assert not any(name.split(",")[0].endswith(" known") for name in f.model_.problem(f.panel_).input_names)
    path = tmp_path / "f.safetensors"
    f.save(path)
    expected = f.predict(X_df=future)
    _without(path, "gaps", "late_gaps", "has_gaps")
    pd.testing.assert_frame_equal(LSTMForecaster.load(path).predict(X_df=future), expected, check_exact=True)


def _without(path: Path, *fields: str) -> None:
    """Write the file anew without ``fields``, wherever they stand."""
    tensors, description = read_tensors(path)
    removed: list[str] = []

    def cleaned(node: Any) -> Any:
        if isinstance(node, dict):
            removed.extend(set(node) & set(fields))
            return {key: cleaned(item) for key, item in node.items() if key not in fields}
        return [cleaned(item) for item in node] if isinstance(node, list) else node

    text = json.dumps(cleaned(description))
    assert set(removed) == set(fields)
    save_file(tensors, path, {HEADER: text, DIGEST: digest_of(text, tensors)})


def test_announcements_that_are_partly_unknown_still_help() -> None:
    """Level noise, and 10 more on days that are announced, but for every fifth, of which nothing is known."""
    rng, n = np.random.default_rng(0), 900
    promo = rng.random(n) < 0.5
    frame = walk("A", n).assign(y=50 + 10 * promo + rng.normal(0, 1.0, n))
    frame["promo"] = pd.Series(promo, dtype=object).where(rng.random(n) < 0.8, None)
    f = LSTMForecaster(1, 6, futr_exog="promo", hidden_size=8, max_steps=500, learning_rate=1e-2, season_length=())
    f.fit(frame)
    day = pd.DataFrame({"unique_id": ["A"], "ds": [frame["ds"].max() + pd.Timedelta(days=1)]})
    with_it, without, unknown = (f.predict(X_df=day.assign(promo=cells(one)))["LSTM"][0] for one in (True, False, None))
    assert with_it - without > 5
    assert without + 1 < unknown < with_it - 1
