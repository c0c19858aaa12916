"""Times with a zone: instants, given back in their zone; days are days, however many hours they have."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data.calendar import calendar_features
from clearlstm.data.frame_style import FrameStyle
from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.panel import Panel
from clearlstm.data.zones import Clock
from clearlstm.errors import DataError

BERLIN = "Europe/Berlin"
COLUMNS = Columns("ds", "y")


def table(cells: Any) -> Table:
    return Table.of(pd.DataFrame({"ds": cells, "y": np.arange(len(cells), dtype=float)}))


def read(cells: Any, **how: Any) -> Panel:
    return read_panel(table(cells), COLUMNS, **how)


def following(given: Table, h: int = 2) -> Any:
    """The next times, in the caller's kind of frame."""
    panel = read_panel(given, COLUMNS)
    style = FrameStyle.of(given, COLUMNS, panel.reading.clock)
    return style.build(panel.ids.repeat(h), {"ds": panel.future(h)[0]}, times=("ds",))["ds"]


def offsets(times: pd.DatetimeIndex) -> list[str]:
    return [time.isoformat() for time in times]


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
@pytest.mark.parametrize("end", ["2024-03-31", "2024-10-27"])
def test_hours_across_a_change_of_summer_time(unit: Any, end: str) -> None:
    hours = pd.date_range(end, periods=40, freq="h", tz=BERLIN, unit=unit)
    result = following(table(hours[:2]))
    assert result.dtype == hours.dtype
    assert result.tolist() == hours[2:4].tolist()
    panel = read(hours)
    assert panel.frequency.words == "an hour"
    assert panel.reading.clock == Clock(BERLIN, "utc")
    assert panel.notes == (f"Column 'ds': its times are in {BERLIN}, and so are the forecasts.",)
    assert following(table(hours)).tolist() == [hours[-1] + pd.Timedelta(k, "h") for k in (1, 2)]


@pytest.mark.parametrize("end", ["2024-03-30", "2024-10-26"])
def test_a_day_of_23_or_25_hours_is_a_day(end: str) -> None:
    days = pd.date_range(end=end, periods=20, freq="D", tz=BERLIN)
    panel = read(days)
    assert panel.frequency.words == "a day"
    assert panel.notes == ()
    expected = pd.date_range(end, periods=4, freq="D", tz=BERLIN)[1:]
    assert following(table(days), 3).tolist() == expected.tolist()


def test_months_and_halves_of_days_keep_to_the_clock_on_the_wall() -> None:
    months = pd.date_range("2023-01-01", periods=20, freq="MS", tz=BERLIN)
    assert following(table(months)).tolist() == [months[-1] + pd.DateOffset(months=k) for k in (1, 2)]
    halves = pd.date_range("2024-03-20", periods=40, freq="12h").tz_localize(BERLIN)
    assert following(table(halves))[0] == pd.Timestamp("2024-04-09", tz=BERLIN)


@pytest.mark.parametrize(("offset", "zone"), [("+02:00", "UTC+02:00"), ("Z", "UTC"), ("-0330", "UTC-03:30")])
def test_text_with_one_offset_comes_back_with_it(offset: str, zone: str) -> None:
    result = following(table([f"2020-04-06T{hour}:00:00{offset}" for hour in (11, 12, 13)]))
    assert str(result[0])[:16] == "2020-04-06 14:00"
    assert str(result.dt.tz) == zone


def test_text_with_several_offsets_is_instants_with_the_last_offset() -> None:
    hours = pd.date_range("2020-03-29", periods=20, freq="h", tz=BERLIN)
    panel = read(offsets(hours))
    assert panel.notes == ("Column 'ds': it has several offsets from UTC (+01:00, +02:00): its times are compared as "
                           "instants, and forecasts have that of the last row, +02:00.",)  # fmt: skip
    assert following(table(offsets(hours)))[0].isoformat() == "2020-03-29T21:00:00+02:00"
    objects = pd.Series([time.to_pydatetime() for time in hours], dtype=object)
    assert following(table(objects))[0].isoformat() == "2020-03-29T21:00:00+02:00"


def test_days_with_several_offsets_are_days_as_they_are_written() -> None:
    days = pd.date_range(end="2020-03-31", periods=10, freq="D", tz=BERLIN)
    panel = read(offsets(days))
    assert panel.frequency.words == "a day"
    assert "days are taken as they are written" in panel.notes[0]
    assert following(table(offsets(days)))[0].isoformat() == "2020-04-01T00:00:00+02:00"


def test_polars_comes_back_in_its_zone() -> None:
    pl = pytest.importorskip("polars")
    hours = pd.date_range("2024-03-31", periods=6, freq="h", tz=BERLIN)
    frame = pl.DataFrame({"ds": pl.Series(hours.tz_convert("UTC").tz_localize(None).to_list()), "y": [1.0] * 6})
    given = frame.with_columns(pl.col("ds").dt.replace_time_zone("UTC").dt.convert_time_zone(BERLIN))
    result = following(Table.of(given))
    assert result.dtype == given["ds"].dtype
    assert result.to_list()[0] == hours[-1] + pd.Timedelta("1h")
    for offset, zone in (("+02:00", "Etc/GMT-2"), ("+05:30", "UTC")):
        text = pl.DataFrame({"ds": [f"2020-04-06T1{k}:00:00{offset}" for k in range(3)], "y": [1.0] * 3})
        assert following(Table.of(text)).dtype == pl.Datetime("us", zone)


def test_the_hour_of_the_day_is_that_on_the_wall() -> None:
    hours = pd.date_range("2024-07-01", periods=30, freq="h", tz=BERLIN)
    panel = read(hours)
    np.testing.assert_array_equal(panel.wall_times, hours.tz_localize(None).to_numpy())
    assert calendar_features(panel.wall_times[:1], ("time_of_day",)).tolist() == [[0, 1]]


def test_later_tables_are_put_on_the_clock_of_the_first() -> None:
    days = pd.date_range(end="2024-03-30", periods=20, freq="D", tz=BERLIN)
    panel = read(days)
    assert read(["2024-03-30T23:00:00Z"], like=panel).times[0] == np.datetime64("2024-03-31")
    with pytest.raises(
        DataError, match=r"the times of the fitted table have a time zone, those in column 'ds' of .* have"
    ):
        read(["2024-03-31"], like=panel)
    with pytest.raises(DataError, match="fitted table have no time zone"):
        read(["2024-03-31T00:00Z"], like=read(["2024-03-29", "2024-03-30"]))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["2024-01-01T00:00Z", "2024-01-02T00:00"], r"'2024-01-02T00:00' has no offset from UTC.*\(row 1\)"),
        (["2024-01-01 00:00 CET", "2024-01-02 00:00 CET"], r"CET' has letters for its zone.*\+01:00.*\(row 0\)"),
        (pd.DatetimeIndex(["2024-01-01", None], tz=BERLIN), r"'' is not a date \(row 1\)"),
    ],
)
def test_what_cannot_be_placed_is_refused(cells: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(cells)


def test_hours_are_shown_as_the_clocks_on_the_wall_show_them() -> None:
    hours = pd.date_range("2024-10-26 22:00", periods=7, freq="h", tz=BERLIN)
    panel = read(hours)
    assert panel.zone == BERLIN
    assert panel.texts(panel.times).tolist() == [
        "2024-10-26 22:00",
        "2024-10-26 23:00",
        "2024-10-27",
        "2024-10-27 01:00",
        "2024-10-27 02:00 +02:00",
        "2024-10-27 02:00 +01:00",
        "2024-10-27 03:00",
    ]
    assert panel.text(panel.times[0]) == "2024-10-26 22:00"
    assert panel.texts(panel.times[:6].reshape(2, 3)).shape == (2, 3)


def test_no_zone_is_named_where_there_is_none_or_only_days() -> None:
    assert read(pd.date_range("2024-10-26", periods=4, freq="D", tz=BERLIN)).zone is None
    assert read(pd.date_range("2024-10-26", periods=4, freq="h")).zone is None
    assert read(np.arange(4)).zone is None
    assert read([f"2024-10-26T{hour:02}:00+05:30" for hour in range(4)]).zone == "+05:30"


def test_messages_speak_of_the_hours_on_the_wall() -> None:
    hours = pd.date_range("2024-06-01", periods=5, freq="h", tz=BERLIN)
    with pytest.raises(DataError, match="column 'ds' has 2024-06-01 04:00 twice"):
        read([*hours, hours[-1]])
