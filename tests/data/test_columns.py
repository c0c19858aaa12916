"""Columns that take less memory than arrays answer what arrays do; long tables are read into them, and read alike."""

import copy
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data import columns
from clearlstm.data.columns import Column, SharedTimes, Widened
from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.panel import Panel
from clearlstm.errors import DataError

LONG = Columns("ds", "y", "unique_id")
DAYS = np.datetime64("2024-01-01", "us") + np.arange(30) * np.timedelta64(1, "D")


def test_float32_reads_as_float64() -> None:
    numbers = np.array([0.1, np.nan, -3], np.float32)
    column = Widened(numbers)
    np.testing.assert_array_equal(column[np.array([[2, 0]])], numbers[[[2, 0]]].astype(np.float64))
    np.testing.assert_array_equal(np.asarray(column) * column, numbers.astype(np.float64) ** 2)
    assert column[1:].dtype == column.dtype == np.float64
    assert (len(column), column.shape, column[:1].max()) == (3, (3,), np.float64(np.float32(0.1)))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10)), min_size=1, max_size=6), st.data())
def test_shared_times_are_the_times(parts: list[tuple[int, int]], data: st.DataObject) -> None:
    times = np.concatenate([DAYS[start : start + n] for start, n in parts])
    ends = np.cumsum([n for _, n in parts])
    shared = SharedTimes.of(times, ends - [n for _, n in parts], ends)
    if shared is None:  # with days between that no series has, a later one need not be whole among the others
        assert len(np.unique(times)) < np.ptp(times) / np.timedelta64(1, "D") + 1
        return
    np.testing.assert_array_equal(shared, times)
    n = len(times)
    rows = np.array(data.draw(st.lists(st.integers(-n, n - 1), max_size=8)), np.int64)
    begin, end = data.draw(st.integers(0, n)), data.draw(st.integers(-n, n))
    np.testing.assert_array_equal(shared[rows], times[rows])
    np.testing.assert_array_equal(shared[begin:end], times[begin:end])
    np.testing.assert_array_equal(shared[times > DAYS[5]], times[times > DAYS[5]])
    np.testing.assert_array_equal(shared > DAYS[5], times > DAYS[5])
    assert (shared[-1], shared.max(), shared.min(), shared.dtype) == (times[-1], times.max(), times.min(), times.dtype)


@pytest.mark.parametrize(
    "times",
    [
        np.array([0, 1, 3, 0, 2, 3]),
        np.array([0, 1, 2, 1, 0, 2]),
        np.array([0, 1, 2, 0, 1, 1]),
        np.array(["2024-01-01", "2024-01-02", "NaT"] * 2, "datetime64[D]"),
        np.random.default_rng(0).permutation(3 * 2 * columns.MOST_EXTENSIONS),
    ],
)
def test_times_that_are_not_shared_or_not_in_order_are_not_taken(times: npt.NDArray[Any]) -> None:
    begins = np.arange(0, len(times), 3)
    assert SharedTimes.of(times, begins, begins + 3) is None


@pytest.mark.parametrize(
    "column", [Widened(np.ones(3, np.float32)), SharedTimes(DAYS, np.zeros(1, int), np.array([0, 3]))]
)
def test_columns_are_copied_and_pickled(column: Column) -> None:
    for other in (copy.deepcopy(column), pickle.loads(pickle.dumps(column))):
        np.testing.assert_array_equal(other, column)


@pytest.fixture
def every_table_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "PLAIN_ROWS", 0)


def staggered() -> pd.DataFrame:
    """Series of other lengths and starts, of float32; their ids aren't in order."""
    days = pd.date_range("2024-01-01", periods=40)
    parts = [("B", days[5:]), ("A", days[:30]), ("C", days)]
    y = np.random.default_rng(0).normal(size=105).astype(np.float32)
    ids = np.repeat([name for name, _ in parts], [len(part) for _, part in parts])
    return pd.DataFrame({"unique_id": ids, "ds": np.concatenate([part for _, part in parts]), "y": y})


def assert_alike(one: Panel, other: Panel) -> None:
    for name in ("ids", "times", "values", "offsets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype
    assert (one.frequency, one.notes, one.skipped_rows()) == (other.frequency, other.notes, other.skipped_rows())


FRAMES = {
    "as it is": lambda frame: frame,
    "ids as categories": lambda frame: frame.astype({"unique_id": "category"}),
    "ids in order": lambda frame: frame.sort_values(["unique_id", "ds"]),
    "interleaved": lambda frame: frame.sort_values("ds", kind="stable"),
    "backwards": lambda frame: frame[::-1],
    "a row is missing": lambda frame: frame.drop(index=12),
    "a value is missing": lambda frame: frame.assign(y=frame["y"].where(frame.index != 7)),
    "float64": lambda frame: frame.astype({"y": "float64"}),
    "microseconds": lambda frame: frame.astype({"ds": "datetime64[us]"}),
    "with a zone": lambda frame: frame.assign(ds=frame["ds"].dt.tz_localize("Europe/Berlin")),
    "times as text": lambda frame: frame.assign(ds=frame["ds"].astype(str)),
}


@pytest.mark.parametrize("form", FRAMES)
def test_long_tables_are_read_as_short_ones_are(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = FRAMES[form](staggered())
    short = read_panel(Table.of(frame), LONG)
    monkeypatch.setattr(columns, "PLAIN_ROWS", 0)
    long = read_panel(Table.of(frame), LONG)
    assert_alike(long, short)
    assert isinstance(long.values, Widened) == (form != "float64")
    plain = form in ("interleaved", "backwards", "a row is missing", "with a zone", "times as text")
    assert isinstance(long.times, SharedTimes) != plain


@pytest.mark.usefixtures("every_table_is_long")
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_long_tables_of_other_libraries(library: str) -> None:
    frame = staggered()
    if library == "polars":
        other: Any = pytest.importorskip("polars").from_pandas(frame)
    else:
        other = pytest.importorskip("pyarrow").Table.from_pandas(frame)
    panel = read_panel(Table.of(other), LONG)
    assert_alike(panel, read_panel(Table.of(frame), LONG))
    assert isinstance(panel.times, SharedTimes)


@pytest.mark.usefixtures("every_table_is_long")
def test_what_is_wrong_in_a_long_table_is_said_with_its_row() -> None:
    frame = staggered()
    twice = frame.assign(ds=frame["ds"].where(frame.index != 3, frame["ds"][2]))
    with pytest.raises(DataError, match="series 'B' has two rows for 2024-01-08"):
        read_panel(Table.of(twice), LONG)
    with pytest.raises(DataError, match="is not finite, in row 50"):
        read_panel(Table.of(frame.assign(y=frame["y"].where(frame.index != 50, np.inf))), LONG)
    with pytest.raises(DataError, match="'unique_id' is empty in row 33"):
        read_panel(Table.of(frame.assign(unique_id=frame["unique_id"].where(frame.index != 33))), LONG)
    with pytest.raises(DataError, match="is not a date"):
        read_panel(Table.of(frame.assign(ds=frame["ds"].where(frame.index != 9))), LONG)


def test_the_frame_may_change_after_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "PLAIN_ROWS", 0)
    frame = staggered().sort_values(["unique_id", "ds"], ignore_index=True)
    panel = read_panel(Table.of(frame), LONG)
    before = panel.values[:5], panel.times[:5]
    frame["y"].to_numpy()[:] = 0
    frame["ds"].to_numpy()[:] = frame["ds"][0]
    np.testing.assert_array_equal(panel.values[:5], before[0])
    np.testing.assert_array_equal(panel.times[:5], before[1])
