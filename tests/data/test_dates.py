"""Dates as people write them: read rightly, or asked about; the guess is said."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.panel import Panel
from clearlstm.data.times import BadTime, parse_times
from clearlstm.errors import DataError, InputError

MONTHS = pd.date_range("2015-02-01", periods=30, freq="MS")


def read(cells: Any, freq: str | int | None = None, name: str = "ds", **how: Any) -> Panel:
    frame = pd.DataFrame({name: cells, "y": np.arange(len(cells), dtype=float)})
    return read_panel(Table.of(frame), Columns(name, "y"), freq, **how)


def following(cells: Any, freq: str | int | None = None, **how: Any) -> list[str]:
    panel = read(cells, freq, **how)
    return [str(time)[:10] for time in panel.future(2)[0]]


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%Y", "%d/%m/%Y 00:00"])
def test_the_reading_whose_rows_are_regular_is_taken_and_said(form: str) -> None:
    panel = read(MONTHS.strftime(form).to_numpy(object))
    np.testing.assert_array_equal(panel.times, MONTHS.to_numpy())
    assert "was read as 1 February 2015 (" in panel.notes[0]
    assert panel.frequency.words == "a month"
    assert following(MONTHS.strftime(form).to_numpy(object)) == ["2017-08-01", "2017-09-01"]


def test_gaps_and_several_series_do_not_hide_the_regular_reading() -> None:
    some = MONTHS.delete([3, 4, 11])
    frame = pd.DataFrame({"ds": list(some.strftime("%d/%m/%Y")) * 2, "id": ["a"] * 27 + ["b"] * 27, "y": 1.0})
    panel = read_panel(Table.of(frame), Columns("ds", "y", "id"))
    np.testing.assert_array_equal(panel.times, np.tile(some.to_numpy(), 2))


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y"])
def test_where_both_readings_are_regular_it_is_asked(form: str) -> None:
    year = MONTHS[:11].strftime(form).to_numpy(object)
    with pytest.raises(
        DataError, match=r"column 'ds': .* may be (1 Feb|2 Jan).* 2015 or (1 Feb|2 Jan).* 2015.*--monthfirst"
    ):
        read(year)
    assert following(year, dayfirst=form.startswith("%d")) == ["2016-01-01", "2016-02-01"]
    assert following(year, dayfirst=not form.startswith("%d")) == ["2015-01-13", "2015-01-14"]


def test_dots_are_never_american() -> None:
    year = MONTHS[:11].strftime("%d.%m.%Y").to_numpy(object)
    assert following(year) == ["2016-01-01", "2016-02-01"]
    with pytest.raises(DataError, match=r"'01\.13\.2015' is not a date"):
        read(["01.12.2015", "01.13.2015"])


def test_what_was_told_is_obeyed_and_what_is_plain_is_not_said() -> None:
    assert read(["13/04/2024", "14/04/2024"]).notes == ()
    assert read(["04/13/2024", "04/14/2024"]).times[0] == np.datetime64("2024-04-13")
    with pytest.raises(DataError, match="'04/13/2024' is not a date"):
        read(["04/12/2024", "04/13/2024"], dayfirst=True)
    assert read(["01/01/2010", "01/01/2011"]).frequency.words == "a year"


def test_later_tables_are_read_as_the_first_was() -> None:
    panel = read(MONTHS.strftime("%d/%m/%Y").to_numpy(object))
    assert read(["01/08/2017"], like=panel).times[0] == np.datetime64("2017-08-01")
    numbers = read(MONTHS.strftime("%Y%m").astype(int))
    assert read([201708], like=numbers).times[0] == np.datetime64("2017-08-01")
    assert read([201503], like=read([201501, 201502], freq=1)).times[0] == 201503


@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_that_turn_with_the_year_are_months(as_text: bool) -> None:
    numbers = MONTHS.strftime("%Y%m").to_numpy(object) if as_text else MONTHS.strftime("%Y%m").astype(int)
    panel = read(numbers)
    np.testing.assert_array_equal(panel.times, MONTHS.to_numpy())
    assert panel.notes == ("Column 'ds': 201502 was read as February 2015.",)
    assert following(numbers) == ["2017-08-01", "2017-09-01"]


def test_numbers_within_a_year_are_asked_about() -> None:
    year = np.arange(201501, 201513)
    with pytest.raises(DataError, match=r"201501 may be the month 2015-01 or the number of a step: give freq, 'MS'"):
        read(year)
    assert following(year, "MS") == ["2016-01-01", "2016-02-01"]
    assert following(year, name="Month") == ["2016-01-01", "2016-02-01"]
    assert following(year, 1) == ["201513", "201514"]
    with pytest.raises(DataError, match="may be the month"):
        read([201501, 201601, 201701])


def test_numbers_that_are_no_months_count_steps() -> None:
    assert read(np.arange(201501, 201530)).times[-1] == 201529
    assert read(np.arange(170001, 170010)).times[0] == 170001


@pytest.mark.parametrize(
    ("cells", "first", "after"),
    [
        (["2015-W52", "2015-W53", "2016-W01"], "2015-12-21", "2016-01-11"),
        (["2015W52", "2015W53", "2016W01"], "2015-12-21", "2016-01-11"),
        (["2015-W07-3", "2015-W07-4", "2015-W07-5"], "2015-02-11", "2015-02-14"),
        (["Nov-15", "Dec-15", "Jan-16"], "2015-11-01", "2016-02-01"),
        (["Nov 2015", "Dec 2015", "Jan 2016"], "2015-11-01", "2016-02-01"),
        (["2015 Nov", "2015 Dec", "2016 Jan"], "2015-11-01", "2016-02-01"),
        (["November 2015", "December 2015", "January 2016"], "2015-11-01", "2016-02-01"),
        (["11/2015", "12/2015", "01/2016"], "2015-11-01", "2016-02-01"),
        (["11.2015", "12.2015", "01.2016"], "2015-11-01", "2016-02-01"),
        (["2015-11", "2015-12", "2016-01"], "2015-11-01", "2016-02-01"),
        (["2015Q3", "2015Q4", "2016Q1"], "2015-07-01", "2016-04-01"),
        (["2015-02-01 1:30 PM", "2015-02-02 1:30 PM", "2015-02-03 1:30 PM"], "2015-02-01", "2015-02-04"),
    ],
)
def test_weeks_months_and_quarters(cells: list[str], first: str, after: str) -> None:
    panel = read(cells)
    assert str(panel.times[0])[:10] == first
    assert following(cells)[0] == after


@pytest.mark.parametrize("cell", ["2014-W53", "2015-W54", "Foo 2015", "13/2015", "01/15", "15-Jan"])
def test_what_is_no_date_is_refused(cell: str) -> None:
    with pytest.raises(BadTime, match="is not a date"):
        parse_times(np.array([cell, cell], dtype=object))


def test_a_month_with_a_year_of_two_digits_may_be_a_day() -> None:
    with pytest.raises(DataError, match=r"'Jan-15' may be January 2015 or a day.*four digits"):
        read(["Jan-15", "Jan-16", "Jan-17"])


@pytest.mark.parametrize(
    ("rows", "freq", "remedy"),
    [
        ("MS", "ME", "give 'MS'"),
        ("ME", "MS", "give 'ME'"),
        ("BME", "MS", "give 'BME'"),
        ("W-SAT", "W", "give 'W-SAT'"),
        ("W-MON", "W-SUN", "give 'W-MON'"),
        ("QE", "QS", "give 'QE-DEC'"),
        ("YS", "YE", "give 'YS-JAN'"),
    ],
)
def test_a_freq_on_other_days_than_the_rows_is_refused_with_the_remedy(rows: str, freq: str, remedy: str) -> None:
    cells = pd.date_range("2015-01-01", periods=30, freq=rows)
    with pytest.raises(InputError, match=rf"freq is '{freq}', but the rows aren't on its days.*{remedy}"):
        read(cells, freq)
    expected = pd.date_range(cells[-1], periods=3, freq=rows)[1:]
    for right in (None, remedy.split("'")[1]):
        assert following(cells, right) == [str(day)[:10] for day in expected]


def test_months_on_other_days() -> None:
    """Last and first weekdays; the 30th, and in February the last day; and days that vary, a month on."""
    for freq, after in (("BME", "2024-06-28"), ("BMS", "2024-06-03")):
        cells = pd.date_range("2023-01-01", periods=17, freq=freq)
        assert cells[-1].month == 5
        assert following(cells)[0] == after
    ends = pd.date_range("2023-01-31", periods=15, freq="ME")
    thirtieth = pd.DatetimeIndex([end.replace(day=min(30, end.day)) for end in ends])
    assert following(thirtieth) == ["2024-04-30", "2024-05-30"]
    assert following(thirtieth[:12]) == ["2024-01-30", "2024-02-29"]
    varying = pd.DatetimeIndex([end.replace(day=10 + k % 7) for k, end in enumerate(ends)])
    assert following(varying) == ["2024-04-30", "2024-05-31"]


def test_a_last_trading_day_before_a_holiday_is_followed_by_the_next_month() -> None:
    cells = pd.date_range("2023-01-01", periods=15, freq="BME").to_list()
    cells[-1] = pd.Timestamp("2024-03-28")  # the 29th was Good Friday
    for freq in (None, "BME"):
        assert following(cells, freq) == ["2024-04-30", "2024-05-31"]


def test_months_as_statistical_offices_write_them() -> None:
    for form in ("%YM%m", "%Y-M%m", "%YM%-m"):
        panel = read(MONTHS.strftime(form).to_numpy(object))
        np.testing.assert_array_equal(panel.times, MONTHS.to_numpy())
    for form in ("{}Q{}", "{}-Q{}", "{} Q{}"):
        quarters = [form.format(month.year, month.quarter) for month in MONTHS[2::3]]
        np.testing.assert_array_equal(read(np.array(quarters, dtype=object)).times, MONTHS[2::3].to_numpy())


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        (["1", "2", "3", "4", "5", "6", "x"], r"'x' is neither a date nor a whole number \(row 6\)"),
        (["1", "2", "", "4", "5"], r"'' is neither a date nor a whole number \(row 2\)"),
        (["59", "60", "61", "null", "null"], r"'null' is neither a date nor a whole number \(row 3\)"),
        (["01.01.2024 23:00", "01.01.2024 24:00"], r"24:00' is not a date, for 24:00 is 00:00 of the next day \(row 1"),
    ],
)
def test_the_cell_that_cannot_be_read_is_named_and_no_other(cells: list[Any], where: str) -> None:
    with pytest.raises(DataError, match=where):
        read(np.array(cells, dtype=object))


@pytest.mark.parametrize("cell", ["1-{:02}", "cycle {}", "{:02}:00"])
def test_a_column_of_which_no_cell_is_a_time_is_no_matter_of_a_row(cell: str) -> None:
    with pytest.raises(DataError, match=r"no cell of column 'ds' is read as a time: '.*2024-W05.*another") as error:
        read(np.array([cell.format(k) for k in range(1, 13)], dtype=object))
    assert "correct the row" not in str(error.value)
