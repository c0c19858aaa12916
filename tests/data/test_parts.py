"""Times in parts are asked for in one column; what only looks like a part is left alone."""

from typing import Any

import pandas as pd
import pytest

from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.guess import guess_columns
from clearlstm.data.wide import lengthened
from clearlstm.errors import DataError

DAYS = pd.date_range("2023-12-20", periods=60)
HOURS = pd.date_range("2023-12-20", periods=240, freq="h")
PARTS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}


def table(times: pd.DatetimeIndex, **columns: Any) -> Table:
    """Columns of texts: those of format strings are times written so."""
    texts = {name: times.strftime(one) if isinstance(one, str) else one for name, one in columns.items()}
    return Table.of(pd.DataFrame(texts | {"y": [f"{k}.5" for k in range(len(times))]}), "f.csv", lines=True)


@pytest.mark.parametrize(
    ("times", "columns", "message"),
    [
        (DAYS, {"year": "%Y", "month": "%m", "day": "%d"}, "three columns, 'year', 'month' and 'day': write them in"),
        (HOURS, PARTS, "'month', 'day' and 'hour': write them in one, such as 2015-02-03 04:00"),
        (DAYS, {"Year": "%Y", "Month": "%b", "Date of month": "%d"}, "'Year', 'Month' and 'Date of month': write"),
        (DAYS[:12], {"Month": "%m", "Year": "%y"}, "'Year' and 'Month': write both in one, such as 2015-02"),
        (DAYS, {"Month": "%m", "Day_of_month": "%d"}, r"two columns \(and the year in none\), 'Month' and 'Day_of_mon"),
        (DAYS, {"year": "%Y", "day_of_year": "%j"}, "'year' and 'day_of_year': write both in one, such as 2015-02-03"),
        (DAYS[::7], {"year": "%G", "week": "%V"}, "'year' and 'week': write both in one, such as 2015-W07"),
        (HOURS, {"Date": "%d.%m.%Y", "Time": "%H:%M:%S"}, "'Date' and 'Time': write both in one, such as 2015-02-03 0"),
        (HOURS, {"Date": "%Y-%m-%d", "Hour": "%H"}, "two columns, 'Date' and 'Hour': write both in one"),
    ],
)
def test_a_time_in_parts_is_asked_for_in_one_column(
    times: pd.DatetimeIndex, columns: dict[str, str], message: str
) -> None:
    """And no part is advised as an id."""
    for guess in (guess_columns, lengthened):
        with pytest.raises(DataError, match=message) as error:
            guess(table(times, **columns))
        assert "--id" not in str(error.value)


def test_parts_are_no_ids_where_the_time_is_named() -> None:
    for given in ({"time": "day"}, {"time": "day", "target": "y"}):
        with pytest.raises(DataError, match="'year', 'month', 'day' and 'hour': write them in one"):
            guess_columns(table(HOURS, **PARTS), **given)
    with pytest.raises(DataError, match=r"has 20 twice .*stand in 'year', 'month', 'day' and 'hour': write them"):
        read_panel(table(HOURS, **PARTS), Columns("day", "y", ("month",)))
    with pytest.raises(DataError, match=r"has 2023-12-20 twice .*stand in 'date' and 'hour': write both in one"):
        read_panel(table(HOURS, date="%Y-%m-%d", hour="%H"), Columns("date", "y"))
    frame = pd.DataFrame({"ds": HOURS.normalize(), "hour": HOURS.hour, "y": 1.5})
    with pytest.raises(DataError, match=r"has 2023-12-20 twice .*stand in 'ds' and 'hour': write both in one"):
        read_panel(Table.of(frame), Columns("ds", "y"))


def test_a_part_that_no_name_tells_is_no_id_either() -> None:
    halves = pd.date_range("2024-01-01", periods=480, freq="30min")
    period = (halves.hour * 2 + halves.minute // 30 + 1).astype(str)
    with pytest.raises(DataError, match="write 'period', a part of the time, and 'date' in one column") as error:
        guess_columns(table(halves, date="%Y-%m-%d", period=period), target="y")
    assert "--id" not in str(error.value)


def test_what_only_looks_like_a_part_is_none() -> None:
    assert guess_columns(table(DAYS, date="%Y-%m-%d", hour=["7", "9", "9"] * 20), target="y")[0].time == "date"
    two = DAYS[:30].repeat(2)
    peaks = table(two, date="%Y-%m-%d", shop=["a", "b"] * 30, hour=["7", "9"] * 30)
    assert guess_columns(peaks, target="y")[0] == Columns("date", "y", "shop")
    assert guess_columns(table(HOURS, date="%Y-%m-%d", hour="%H"), id="hour")[0].id == "hour"
    assert guess_columns(table(DAYS, day="%Y-%m-%d", month="%m"), target="y")[0].time == "day"
