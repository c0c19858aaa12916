"""Frames of every library say the same, and come back in their own; lazy ones are collected, and their size is told."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clearlstm.data.frames import Table
from clearlstm.errors import ClearLSTMWarning, DataError, InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.forecasting.series import walks

FRAME = walks(60)


def duckdb_relation(frame: pd.DataFrame) -> Any:
    rows = pytest.importorskip("duckdb").from_df(frame)
    return rows.project("* REPLACE (ds::DATE AS ds, y::DECIMAL(18, 6) AS y)")


def polars_frame(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("polars").from_pandas(frame)


def arrow_table(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


def dask_frame(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("dask.dataframe").from_pandas(frame, npartitions=2)


def modin_frame(frame: pd.DataFrame) -> Any:
    return import_module("modin.pandas").DataFrame(frame)


EAGER: dict[str, Callable[[pd.DataFrame], Any]] = {"polars": polars_frame, "pyarrow": arrow_table}
if find_spec("modin"):  # it holds pandas back at old releases, so a clone and CI are without
    EAGER["modin"] = modin_frame
LAZY: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "polars": (lambda frame: polars_frame(frame).lazy(), "polars"),
    "narwhals": (lambda frame: nw.from_native(polars_frame(frame).lazy()), "polars"),
    "duckdb": (duckdb_relation, "pandas"),
    "dask": (dask_frame, "pandas"),
}


def forecaster() -> LSTMForecaster:
    return LSTMForecaster(2, 6, hidden_size=3, max_steps=5, season_length=(), level=(80,))


def library_of(frame: Any) -> str:
    return str(nw.from_native(frame).implementation.value)


def values(frame: Any) -> Any:
    return nw.from_native(frame, eager_only=True)["LSTM"].to_numpy()


@pytest.mark.parametrize("library", EAGER)
def test_what_comes_back_is_of_the_library_that_went_in(library: str) -> None:
    frame = EAGER[library](FRAME)
    f = forecaster().fit(frame)
    assert library_of(f.predict()) == library_of(f.cross_validation(frame, n_windows=2)) == library
    np.testing.assert_array_equal(values(f.predict()), values(forecaster().fit(FRAME).predict()))


@pytest.mark.parametrize("library", LAZY)
def test_lazy_frames_are_collected_and_their_size_is_told(library: str) -> None:
    make, comes_back = LAZY[library]
    message = r"the data frame is a lazy frame of \w+, and was collected: 120 rows, 3 columns, \d+\.\d MB"
    with pytest.warns(ClearLSTMWarning, match=message):
        f = forecaster().fit(make(FRAME))
    forecasts = f.predict()
    assert library_of(forecasts) == comes_back
    assert nw.from_native(forecasts).columns == ["unique_id", "ds", "LSTM", "LSTM-lo-80", "LSTM-hi-80"]
    np.testing.assert_allclose(values(forecasts), values(forecaster().fit(FRAME).predict()), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:the data frame is a lazy frame")
def test_every_method_takes_them_and_rows_to_come_too() -> None:
    pl = pytest.importorskip("polars")
    frame = FRAME.assign(offer=np.tile([0.0, 1.0, 0.0], 40))
    f = LSTMForecaster(2, 6, hidden_size=3, max_steps=5, season_length=(), futr_exog="offer")
    f.cross_validation(polars_frame(frame).lazy(), n_windows=2)
    f.fit(polars_frame(frame).lazy())
    future = f.make_future_dataframe().lazy().with_columns(offer=pl.lit(1.0))
    with pytest.warns(ClearLSTMWarning, match="X_df is a lazy frame of polars, and was collected: 4 rows, 3 columns"):
        known = f.predict(X_df=future)
    assert isinstance(known, pl.DataFrame)
    new = FRAME.groupby("unique_id").tail(1).assign(ds=lambda rows: rows["ds"] + pd.Timedelta(days=1), offer=0.0)
    f.update(duckdb_relation(new))
    assert f.panel_.times.max() == new["ds"].max()


def test_types_of_duckdb_are_read_as_what_they_are() -> None:
    connection = pytest.importorskip("duckdb").connect()
    connection.execute("SET TimeZone = 'UTC'")
    relation = connection.sql(
        "SELECT (TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) HOUR) AS ds, (i * i)::HUGEINT AS y, "
        "CASE WHEN i % 7 > 0 THEN i % 2 = 0 END AS open, ['dry', 'wet'][1 + i % 2]::ENUM('dry', 'wet') AS weather "
        "FROM range(80) rows(i)"
    )
    with pytest.warns(ClearLSTMWarning) as caught:
        f = LSTMForecaster(2, 6, id_col=None, hist_exog=("open", "weather"), hidden_size=3, max_steps=5).fit(relation)
    assert any("80 rows, 4 columns" in str(one.message) for one in caught)
    assert f.panel_.values[:4].tolist() == [0, 1, 4, 9]
    np.testing.assert_array_equal(f.panel_.covariates["open"].values[:3], [np.nan, 0, 1])
    assert f.panel_.covariates["weather"].texts()[:3].tolist() == ["dry", "wet", "dry"]
    assert f.predict()["ds"].astype(str).tolist() == ["2024-01-04 08:00:00+00:00", "2024-01-04 09:00:00+00:00"]


def test_a_lazy_frame_that_fails_is_a_clear_error() -> None:
    duckdb, pl = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    with duckdb.connect() as connection:
        relation = connection.sql("SELECT CAST('x' || i AS INTEGER) AS y, i AS ds FROM range(3) rows(i)")
        with pytest.raises(
            DataError, match="data frame is a lazy frame of duckdb, which can't be computed: Conversion"
        ):
            forecaster().fit(relation)
    with pytest.raises(DataError, match=r"a lazy frame of polars, which can't be computed: .*nowhere\.csv"):
        forecaster().fit(pl.scan_csv("nowhere.csv"))
    with pytest.raises(DataError, match="the data frame has no rows"):
        forecaster().fit(polars_frame(FRAME[:0]).lazy())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (FRAME["y"], "the data are a Series; a frame of pandas, polars, pyarrow or Modin, a DuckDB relation or"),
        (FRAME.to_numpy(), "the data are a ndarray; a frame"),
        ("sales.csv", "the data are a str; .*: read the file first, with pandas.read_csv for instance"),
    ],
)
def test_what_is_no_frame(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Table.of(given)
