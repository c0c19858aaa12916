from dataclasses import replace

import numpy as np
import pandas as pd

from clearlstm.data.covariates import Covariate
from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.panel import Panel


def panel() -> Panel:
    days = pd.date_range("2024-01-01", periods=10, freq="D")
    early = pd.DataFrame({"unique_id": "early", "ds": days, "y": np.arange(10.0)})
    late = pd.DataFrame({"unique_id": "late", "ds": days[6:], "y": np.arange(4.0)})
    return read_panel(Table.of(pd.concat([late, early])), Columns("ds", "y", "unique_id"))


def test_until_holds_no_later_row() -> None:
    cut = panel().until(np.datetime64("2024-01-05"))
    assert cut.lengths.tolist() == [5, 0]
    assert cut.times.max() == np.datetime64("2024-01-05")
    assert cut.values.tolist() == [0, 1, 2, 3, 4]


def test_last_rows() -> None:
    series = panel()
    assert series.last_rows(np.datetime64("2024-01-05")).tolist() == [4, -1]
    assert series.last_rows(np.datetime64("2024-01-08")).tolist() == [7, 11]


def test_future_follows_each_series_own_end() -> None:
    future = panel().future(2)
    assert future.shape == (2, 2)
    assert [str(day)[:10] for day in future[0]] == ["2024-01-11", "2024-01-12"]


def test_skipped_rows_are_named() -> None:
    days = pd.date_range("2024-01-01", periods=30, freq="D").delete([4, 5, 9])
    frame = pd.DataFrame({"unique_id": "A", "ds": days, "y": 1.0})
    series = read_panel(Table.of(frame), Columns("ds", "y", "unique_id"))
    assert series.skipped_rows() == [("A", 2, np.datetime64("2024-01-04"))]
    assert panel().skipped_rows() == []


def test_series_are_taken_with_all_that_belongs_to_them() -> None:
    series = panel()
    rows = np.arange(14)
    colour = Covariate(rows % 2, ("blue", "red"))
    ahead = {"colour": Covariate(np.array([0, 1, 1, 0]), ("blue", "red"))}
    series = replace(series, weight=rows.astype(np.float64), covariates={"colour": colour}, ahead=ahead)
    late = series.take(np.array([1, 0]))
    assert late.ids.tolist() == ["late", "early"]
    assert late.lengths.tolist() == [4, 10]
    assert late.values.tolist() == [0, 1, 2, 3, *range(10)]
    assert late.weight is not None
    assert late.weight.tolist() == [10, 11, 12, 13, *range(10)]
    assert late.covariates["colour"].texts().tolist() == ["blue", "red"] * 7
    assert late.ahead["colour"].texts().tolist() == ["red", "blue", "blue", "red"]
    assert late.times[0] == np.datetime64("2024-01-07")
    assert series.until(np.datetime64("2024-01-05")).ahead == {}


def test_the_rows_to_come_are_put_after_their_series() -> None:
    series = panel()
    now = {"x": Covariate(np.arange(14.0)), "kind": Covariate(np.repeat([0, 1], [10, 4]), ("a", "b"))}
    long = replace(series, covariates=now, ahead={"x": Covariate(np.array([100.0, 101, 200, 201]))}).extended()
    assert long.lengths.tolist() == [12, 6]
    np.testing.assert_array_equal(long.values, [*range(10), np.nan, np.nan, 0, 1, 2, 3, np.nan, np.nan])
    assert long.covariates["x"].values.tolist() == [*range(10), 100, 101, 10, 11, 12, 13, 200, 201]
    assert "".join(long.covariates["kind"].texts()) == "a" * 12 + "b" * 6
    assert long.times[10:12].tolist() == series.future(2)[0].tolist()
    assert series.values.tolist() == [*range(10), 0, 1, 2, 3]  # the short one is left as it was


def test_covariates_join_by_name() -> None:
    one, other = (
        Covariate.of_texts(np.array(["b", "a"], dtype=object)),
        Covariate.of_texts(np.array(["c", "a"], dtype=object)),
    )
    assert Covariate.joined([one, other]).texts().tolist() == ["b", "a", "c", "a"]
    assert Covariate.joined([one, Covariate(np.array([3.0, 2.5]))]).texts().tolist() == ["b", "a", "3", "2.5"]
    assert Covariate.joined([Covariate(np.array([1.0])), Covariate(np.array([2.0]))]).values.tolist() == [1, 2]
