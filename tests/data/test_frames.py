"""Tables from pandas and polars; every kind of bad cell is one clear message."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data.frame_style import FrameStyle
from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.errors import DataError, InputError

LONG = Columns("ds", "y", "unique_id")


def table(n: int = 6, **columns: Any) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=n, freq="D")
    return pd.DataFrame({"unique_id": "A", "ds": days, "y": np.arange(n, dtype=float), **columns})


def test_rows_are_sorted_and_it_is_said() -> None:
    frame = table().iloc[[3, 0, 5, 1, 2, 4]]
    panel = read_panel(Table.of(frame), LONG)
    assert panel.values.tolist() == [0, 1, 2, 3, 4, 5]
    assert panel.notes == ("The rows were not in order of time; they were sorted.",)
    assert read_panel(Table.of(table()), LONG).notes == ()


def test_interleaved_series_that_run_forward_are_in_order() -> None:
    two = pd.concat([table(), table(unique_id="B")]).sort_values("ds", kind="stable")
    panel = read_panel(Table.of(two), LONG)
    assert panel.notes == ()
    assert panel.ids.tolist() == ["A", "B"]
    assert panel.offsets.tolist() == [0, 6, 12]


def test_missing_cells_are_missing_values_however_they_are_written() -> None:
    cells = ["1", "", " NA ", "nan", "null", "2.5e1"]
    panel = read_panel(Table.of(table(y=cells)), LONG)
    np.testing.assert_array_equal(panel.values, [1, np.nan, np.nan, np.nan, np.nan, 25])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"y": ["1", "2", "x3", "4", "5", "6"]}, r"column 'y' holds 'x3', which is not a number, in line 4 of f\.csv"),
        ({"y": ["1", "2", "1,234", "4", "5", "6"]}, r"'1,234'.*line 4.*decimals with a point"),
        ({"y": ["1", "2", "3", "inf", "5", "6"]}, r"column 'y' holds 'inf', which is not finite, in line 5"),
        ({"y": [1.0, 2, 3, -np.inf, 5, 6]}, r"column 'y' holds -inf, which is not finite, in line 5"),
        ({"y": [1.0, 2, 3, True, 5, "6"]}, r"column 'y' holds True, which is not a number, in line 5"),
        ({"y": pd.date_range("2024-01-01", periods=6)}, r"column 'y' holds datetime64.* values; numbers are needed"),
        ({"ds": ["2024-01-01", "2024-01-02", "soon", "2024-01-04", "2024-01-05", "2024-01-06"]},
         r"column 'ds': 'soon' is not a date \(line 4 of f\.csv\)"),
        ({"ds": ["2024-01-01", "", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06"]},
         r"'' is not a date \(line 3"),
        ({"ds": [1.0, 2.0, 3.5, 4.0, 5.0, 6.0]}, r"column 'ds': 3\.5 is neither a date nor a whole number \(line 4"),
        ({"ds": ["2024-01-01", "2024-01-02", "2024-01-01", "2024-01-04", "2024-01-05", "2024-01-06"]},
         r"series 'A' has two rows for 2024-01-01 \(line 2 of f\.csv and line 4 of f\.csv\): keep one"),
        ({"ds": ["09:00", "09:01", "09:02", "09:03", "09:04", "09:05"]},
         r"'09:00' is a time of day without a date \(line 2"),
        ({"unique_id": [["A"]] * 6}, "column 'unique_id' holds lists; ids are texts or numbers"),
        ({"unique_id": ["A", "A", "", "A", "A", "A"]}, r"column 'unique_id' is empty in line 4"),
        ({"unique_id": ["A", "A", None, "A", "A", "A"]}, r"column 'unique_id' is empty in line 4"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_with_its_column_row_and_remedy(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_panel(Table.of(table(**columns), "f.csv", lines=True), LONG)


def test_in_a_frame_rows_are_counted_from_0() -> None:
    with pytest.raises(DataError, match=r"in row 2: correct it"):
        read_panel(Table.of(table(y=[1.0, 2.0, np.inf, 4, 5, 6])), LONG)


def test_duplicates_in_a_table_of_one_series_hint_at_the_id_column() -> None:
    two = pd.concat([table(), table(unique_id="B")])
    with pytest.raises(DataError, match=r"2024-01-01 twice .*id_col='unique_id', --id unique_id"):
        read_panel(Table.of(two), Columns("ds", "y"))


def test_columns_that_are_not_there_and_tables_that_are_none() -> None:
    with pytest.raises(DataError, match=r"has no column 'close'; it has unique_id, ds, y"):
        read_panel(Table.of(table()), Columns("ds", "close"))
    with pytest.raises(DataError, match="has no rows"):
        Table.of(table().head(0))
    with pytest.raises(DataError, match="the table has columns of the same name: rename one"):
        Table.of(pd.concat([table(), table()[["y"]]], axis=1))
    with pytest.raises(InputError, match="the data are a list; a frame of pandas, polars, pyarrow or Modin,"):
        Table.of([1, 2, 3])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "first", "note"),
    [
        ([f"03/{day:02}/2024" for day in range(4, 17)], "2024-03-04", None),
        (["13/04/2024", "14/04/2024"], "2024-04-13", None),
        (["20240304", "20240305"], "2024-03-04", "was read as 2024-03-04"),
        (["2024-03-04 12:30", "2024-03-05 12:30"], "2024-03-04T12:30", None),
        (["4 Mar 2024", "5 Mar 2024"], "2024-03-04", None),
    ],
)
def test_dates_as_people_write_them(cells: list[str], first: str, note: str | None) -> None:
    panel = read_panel(Table.of(table(len(cells), ds=cells)), LONG, freq="D")
    assert panel.times[0] == np.datetime64(first)
    assert (note in " ".join(panel.notes)) if note else not panel.notes


def test_numbered_steps_stay_numbers() -> None:
    assert read_panel(Table.of(table(ds=["1", "2", "3", "4", "5", "6"])), LONG).times.tolist() == [1, 2, 3, 4, 5, 6]


POLARS = table().assign(unique_id=["B", "B", "A", "A", "A", "B"])


@pytest.mark.parametrize("unit", [None, "ms", "ns"])
def test_polars_in_polars_out_with_its_types(unit: str | None) -> None:
    pl = pytest.importorskip("polars")
    time_type = pl.Datetime(unit) if unit else pl.Date
    frame = pl.DataFrame(
        {
            "unique_id": pl.Series(["A"] * 6, dtype=pl.Categorical),
            "ds": pl.Series(table()["ds"].to_list()).cast(time_type),
            "y": [0, 1, 2, None, 4, 5],
        }
    )
    given = Table.of(frame)
    panel = read_panel(given, LONG)
    np.testing.assert_array_equal(panel.values, [0, 1, 2, np.nan, 4, 5])
    out = FrameStyle.of(given, LONG).build(np.array(["A", "A"], dtype=object), {"ds": panel.times[:2]}, times=("ds",))
    assert isinstance(out, pl.DataFrame)
    assert out["unique_id"].dtype == pl.Categorical
    assert out["ds"].dtype == time_type
    assert out["ds"].to_list() == frame["ds"].to_list()[:2]


def test_pandas_types_come_back_too() -> None:
    frame = table(unique_id=np.array([7, 7, 7, 7, 7, 7], dtype=np.int32)).astype({"ds": "datetime64[s]"})
    given = Table.of(frame)
    panel = read_panel(given, LONG)
    out = FrameStyle.of(given, LONG).build(panel.ids.repeat(2), {"ds": panel.times[:2]}, times=("ds",))
    assert dict(out.dtypes) == {"unique_id": np.dtype("int32"), "ds": np.dtype("datetime64[s]")}


def test_dates_written_as_numbers_come_back_as_dates() -> None:
    given = Table.of(table(ds=[20240130, 20240131, 20240201, 20240202, 20240203, 20240204]))
    panel = read_panel(given, LONG)
    out = FrameStyle.of(given, LONG).build(panel.ids.repeat(2), {"ds": panel.future(2)[0]}, times=("ds",))
    assert out["ds"].astype(str).tolist() == ["2024-02-05", "2024-02-06"]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "int8"])
def test_number_types_of_pandas(dtype: str) -> None:
    assert read_panel(Table.of(table(y=pd.Series(range(6), dtype=dtype))), LONG).values.tolist() == [0, 1, 2, 3, 4, 5]


def test_nullable_numbers_are_missing_values() -> None:
    cells = pd.Series([1, None, 3, 4, 5, 6], dtype="Int64")
    np.testing.assert_array_equal(read_panel(Table.of(table(y=cells)), LONG).values, [1, np.nan, 3, 4, 5, 6])


def test_numbers_too_large_to_be_squared_are_refused() -> None:
    for cells in ([1.0, 1e200, 3.0, 4.0, 5.0, 6.0], np.array([1, 10**400, 3, 4, 5, 6], dtype=object)):
        with pytest.raises(DataError, match=r"column 'y' holds 1.*, which is beyond ±1e\+100 .* in row 1"):
            read_panel(Table.of(table(y=cells)), LONG)


def test_cells_that_hold_lists_are_refused() -> None:
    lists = pd.Series([np.array([1.0, 2.0])] * 6)  # as they come from Parquet
    with pytest.raises(DataError, match=r"column 'y' holds \[1. 2.\], which is not a number"):
        read_panel(Table.of(table(y=lists)), LONG)


def test_times_that_no_int64_holds_are_refused() -> None:
    late = np.arange(6, dtype=np.uint64) + np.uint64(2**63)
    with pytest.raises(DataError, match="9223372036854775813 is too large a number"):
        read_panel(Table.of(table().assign(ds=late)), LONG)


def test_what_stands_in_the_index_is_no_column() -> None:
    with pytest.raises(DataError, match=r"no column 'ds'; it has unique_id, y \(.*reset_index\(\) makes it one\)"):
        read_panel(Table.of(table().set_index("ds")), LONG)
    with pytest.raises(DataError, match=r"no column 'when'; it has unique_id, ds, y$"):
        read_panel(Table.of(table()), Columns("when", "y", "unique_id"))


def test_series_of_different_steps_are_refused() -> None:
    months = table(20, unique_id="M").assign(ds=pd.date_range("2024-01-01", periods=20, freq="MS"))
    both = pd.concat([table(60), months])
    with pytest.raises(DataError, match=r"series 'M' has rows 31 days apart, and most others a day \(1 of 2"):
        read_panel(Table.of(both), LONG)


def test_a_freq_that_the_rows_do_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="freq is 'MS', but the rows are mostly a day apart"):
        read_panel(Table.of(table()), LONG, "MS")
    assert read_panel(Table.of(table()), LONG, "D").frequency.words == "freq 'D'"


def stores() -> pd.DataFrame:
    """Two stores with two items each, and 40 days of every one of them."""
    each = [table(40, unique_id=item).assign(store=store) for store in (2, 10) for item in ("b", "a")]
    return pd.concat(each, ignore_index=True).rename(columns={"unique_id": "item"})


STORES = Columns("ds", "y", ("store", "item"))


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_ids_of_several_columns_are_joined_and_go_back_as_their_own(kind: str) -> None:
    frame = stores() if kind == "pandas" else pytest.importorskip("polars").from_pandas(stores())
    panel = read_panel(Table.of(frame), STORES)
    assert panel.ids.tolist() == ["2 / a", "2 / b", "10 / a", "10 / b"]  # numbers in the order of numbers
    assert panel.lengths.tolist() == [40] * 4
    style = FrameStyle.of(Table.of(frame), STORES)
    back = style.build(panel.ids, {"n": np.arange(4)}, times=())
    assert type(back) is type(frame)
    assert (list(back["store"]), list(back["item"])) == ([2, 2, 10, 10], ["a", "b", "a", "b"])
    assert back["store"].dtype == frame["store"].dtype


def test_ids_that_could_not_be_taken_apart_again_are_refused() -> None:
    with pytest.raises(DataError, match=r"column 'item' holds 'a / b', and ' / ' is what joins"):
        read_panel(Table.of(stores().replace({"item": {"a": "a / b"}})), STORES)


def test_rows_of_several_series_under_one_id_are_not_called_duplicates_alone() -> None:
    with pytest.raises(
        DataError, match=r"two rows for .*id_col=\['item', 'store'\], --id item --id store\); otherwise"
    ):
        read_panel(Table.of(stores()), Columns("ds", "y", "item"))
    twice = pd.concat([stores(), stores().head(1)])
    with pytest.raises(DataError, match=r"series '2 / b' has two rows for 2024-01-01 .*: keep one of them$"):
        read_panel(Table.of(twice), STORES)
