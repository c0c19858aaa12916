import numpy as np
import pandas as pd

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
    found = panel()
    assert found.last_rows(np.datetime64("2024-01-05")).tolist() == [4, -1]
    assert found.last_rows(np.datetime64("2024-01-08")).tolist() == [7, 11]


def test_future_follows_each_series_own_end() -> None:
    future = panel().future(2)
    assert future.shape == (2, 2)
    assert [str(day)[:10] for day in future[0]] == ["2024-01-11", "2024-01-12"]


def test_skipped_rows_are_named() -> None:
    days = pd.date_range("2024-01-01", periods=30, freq="D").delete([4, 5, 9])
    frame = pd.DataFrame({"unique_id": "A", "ds": days, "y": 1.0})
    found = read_panel(Table.of(frame), Columns("ds", "y", "unique_id"))
    assert found.skipped_rows() == [("A", 2, np.datetime64("2024-01-04"))]
    assert panel().skipped_rows() == []
