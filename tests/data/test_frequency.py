"""What comes after the last row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.frequency import Frequency, given_frequency, infer_frequency
from clearlstm.errors import DataError, InputError


def times(*args: object, **how: object) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return pd.date_range(*args, **how).to_numpy().astype("datetime64[us]")  # type: ignore[call-overload, no-any-return]


def infer(moments: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> tuple[str, tuple[int, ...], list[str]]:
    frequency = infer_frequency(moments, np.array([0, len(moments)]))
    after = [str(time)[:16].replace("T00:00", "") for time in frequency.after(moments[-1], 3)]
    return frequency.words, frequency.seasons, after


@pytest.mark.parametrize(
    ("start", "periods", "freq", "words", "seasons", "after"),
    [
        ("2024-01-01", 40, "D", "a day", (7,), ["2024-02-10", "2024-02-11", "2024-02-12"]),
        ("2024-01-01", 30, "h", "an hour", (24, 168), ["2024-01-02T06:00", "2024-01-02T07:00", "2024-01-02T08:00"]),
        (
            "2024-01-01",
            9,
            "30min",
            "30 minutes",
            (48, 336),
            ["2024-01-01T04:30", "2024-01-01T05:00", "2024-01-01T05:30"],
        ),
        ("2024-01-07", 9, "W", "a week", (52,), ["2024-03-10", "2024-03-17", "2024-03-24"]),
        ("2023-01-01", 13, "MS", "a month", (12,), ["2024-02-01", "2024-03-01", "2024-04-01"]),
        ("2023-01-31", 13, "ME", "a month", (12,), ["2024-02-29", "2024-03-31", "2024-04-30"]),
        ("2020-03-31", 8, "QE", "a quarter", (4,), ["2022-03-31", "2022-06-30", "2022-09-30"]),
        ("2001-01-01", 9, "YS", "a year", (), ["2010-01-01", "2011-01-01", "2012-01-01"]),
        ("2000-12-31", 9, "YE", "a year", (), ["2009-12-31", "2010-12-31", "2011-12-31"]),
        ("2024-01-01", 9, "45s", "45 seconds", (), None),
    ],
)
def test_regular_rows(
    start: str, periods: int, freq: str, words: str, seasons: tuple[int, ...], after: list[str] | None
) -> None:
    result = infer(times(start, periods=periods, freq=freq))
    assert result[:2] == (words, seasons)
    assert after is None or result[2] == after


def test_days_without_weekends_go_on_with_weekdays_holidays_or_not() -> None:
    weekdays = times("2024-01-01", periods=60, freq="B")
    trading = weekdays[~np.isin(np.arange(60), [3, 17, 40])]
    frequency = infer_frequency(trading, np.array([0, len(trading)]))
    assert "weekday" in frequency.words
    friday = np.datetime64("2024-03-22")
    assert [str(time)[:10] for time in frequency.after(friday, 3)] == ["2024-03-25", "2024-03-26", "2024-03-27"]


def test_other_days_off_are_respected_too() -> None:
    every = times("2024-01-01", periods=60, freq="D")
    open_days = every[pd.DatetimeIndex(every).day_of_week != 0]
    frequency = infer_frequency(open_days, np.array([0, len(open_days)]))
    assert "no Monday" in frequency.words
    sunday = np.datetime64("2024-03-03")
    assert str(frequency.after(sunday, 1)[0])[:10] == "2024-03-05"


def test_last_trading_days_are_months() -> None:
    ends = pd.date_range("2023-01-31", periods=14, freq="BME").to_numpy().astype("datetime64[us]")
    words, seasons, after = infer(ends)
    assert words == "a month (on the last weekday of the month)"
    assert seasons == (12,)
    assert after[0] == "2024-03-29"


@given(st.integers(1, 50), st.integers(-1000, 1000), st.integers(1, 6))
def test_numbered_rows(step: int, start: int, h: int) -> None:
    numbers = start + step * np.arange(5)
    after = infer_frequency(numbers, np.array([0, 5])).after(numbers[-1], h)
    assert after.tolist() == [start + step * (5 + k) for k in range(h)]


def test_the_step_from_one_series_to_the_next_is_none() -> None:
    two = np.concatenate([times("2024-01-01", periods=5, freq="h"), times("1999-01-01", periods=5, freq="h")])
    assert infer_frequency(two, np.array([0, 5, 10])).words == "an hour"


def test_irregular_rows_are_refused_with_the_remedy() -> None:
    gaps = np.cumsum([1, 5, 2, 9, 3, 7, 11]).astype("timedelta64[h]")
    with pytest.raises(DataError, match=r"irregular.*Give freq"):
        infer_frequency(np.datetime64("2024-01-01T00:00:00.000000") + gaps, np.array([0, 7]))


def test_single_rows_have_no_distance() -> None:
    with pytest.raises(DataError, match="no series has two rows"):
        infer_frequency(times("2024-01-01", periods=2, freq="D"), np.array([0, 1, 2]))


@pytest.mark.parametrize(
    ("freq", "numbered", "message"),
    [
        ("nonsense", False, "not a pandas alias"),
        (3, False, "the times are dates"),
        ("D", True, "the times are whole numbers"),
        (0, True, "at least 1"),
        ("0D", False, "doesn't go forward in time"),
        ("-1h", False, "doesn't go forward in time"),
    ],
)
def test_a_given_frequency_that_does_not_fit_is_refused(freq: str | int, numbered: bool, message: str) -> None:
    moments = np.arange(5) if numbered else times("2024-01-01", periods=5, freq="D")
    with pytest.raises(InputError, match=message):
        given_frequency(freq, moments)


def test_a_given_frequency_is_obeyed() -> None:
    frequency = given_frequency("W-FRI", times("2024-01-01", periods=5, freq="D"))
    assert str(frequency.after(np.datetime64("2024-01-05"), 1)[0])[:10] == "2024-01-12"
    assert frequency.seasons == (52,)


def test_gaps_in_a_regular_grid_are_seen_and_holidays_are_not() -> None:
    hours = np.delete(times("2024-01-01", periods=20, freq="h"), [5, 6, 11])
    assert np.flatnonzero(infer_frequency(hours, np.array([0, 17])).skips(hours)).tolist() == [4, 8]
    months = np.delete(times("2023-01-01", periods=20, freq="MS"), 7)
    assert np.flatnonzero(infer_frequency(months, np.array([0, 19])).skips(months)).tolist() == [6]
    weekdays = np.delete(times("2024-01-01", periods=40, freq="B"), 7)
    assert not infer_frequency(weekdays, np.array([0, 39])).skips(weekdays).any()
    assert not given_frequency("B", weekdays).skips(weekdays).any()


@pytest.mark.parametrize("freq", ["D", "2D", "h", "30min", "W-WED", "MS", "ME", "QS", "YE", "BMS", "SMS"])
def test_gaps_are_seen_whoever_says_the_frequency(freq: str) -> None:
    whole = times("2023-01-04", periods=40, freq=freq)
    assert not given_frequency(freq, whole).skips(whole).any()
    broken = np.delete(whole, [7, 20, 21])
    assert np.flatnonzero(given_frequency(freq, broken).skips(broken)).tolist() == [6, 18]


@pytest.mark.parametrize("freq", [None, "B"])
def test_more_than_two_weeks_without_a_row_are_no_holidays(freq: str | None) -> None:
    weekdays = times("2024-01-01", periods=80, freq="B")
    for missing, gaps in ((9, []), (15, [29])):
        broken = np.delete(weekdays, range(30, 30 + missing))
        offsets = np.array([0, len(broken)])
        frequency = infer_frequency(broken, offsets) if freq is None else given_frequency(freq, broken)
        assert np.flatnonzero(frequency.skips(broken)).tolist() == gaps


def test_a_future_beyond_the_last_time_there_is_is_refused() -> None:
    last = np.iinfo(np.int64).max
    assert given_frequency(2, np.array([1])).after(last - 4, 2).tolist() == [last - 2, last]
    with pytest.raises(DataError, match=f"3 steps after {last - 4} there is no time"):
        given_frequency(2, np.array([1])).after(last - 4, 3)
    days = np.arange("9999-11-01", "9999-12-31", dtype="datetime64[D]").astype("datetime64[us]")
    every_day = infer_frequency(days, np.array([0, len(days)]))
    assert every_day.after(days[-1], 1) == np.datetime64("9999-12-31")
    offsets = [given_frequency(freq, days) for freq in ("D", "B", "C", "W", "MS", "ME", "QE", "YS", "36h")]
    months = Frequency(pd.DateOffset(months=1), "a month")
    for frequency in (every_day, months, *offsets):
        with pytest.raises(DataError, match="9999-12-30 there is no time"):
            frequency.after(days[-1], 3)


@pytest.mark.parametrize("first", ["1500-01-01", "2300-01-01"])
def test_times_that_nanoseconds_cannot_hold(first: str) -> None:
    """As climate models and histories have them."""
    for step in ("D", "h"):
        rows = np.datetime64(first, "us") + np.arange(60) * np.timedelta64(1, step)
        following = infer_frequency(rows, np.array([0, 60])).after(rows[-1], 2)
        np.testing.assert_array_equal(following, rows[-1] + np.arange(1, 3) * np.timedelta64(1, step))


@pytest.mark.parametrize(
    ("rows", "step", "apart"),
    [
        ("D", "D", None),
        ("D", "MS", "a day"),
        ("MS", "D", "31 days"),
        ("h", "D", "an hour"),
        ("D", "h", "a day"),
        ("B", "B", None),
        ("B", "D", None),
        ("D", "B", None),
        ("ME", "MS", None),
        ("W", "B", "a week"),
    ],
)
def test_rows_that_do_not_lie_a_step_apart(rows: str, step: str, apart: str | None) -> None:
    moments = times("2024-01-03", periods=40, freq=rows)
    assert given_frequency(step, moments).misfit(moments, np.array([0, 40])) == apart


def test_what_tells_of_no_step_and_what_tells_of_another_kind() -> None:
    days, weekdays = times("2024-01-01", periods=4), given_frequency("B", times("2024-01-05", periods=1))
    assert weekdays.misfit(days, np.arange(5)) is None
    over_a_weekend = times("2024-01-05", periods=2, freq="3D")
    assert weekdays.misfit(over_a_weekend, np.array([0, 2])) is None
    assert weekdays.misfit(np.array([1, 3, 5]), np.array([0, 3])) == "2"


def test_series_of_another_step_among_many() -> None:
    days, months, hours = (times("2024-01-03", periods=9, freq=freq) for freq in ("D", "MS", "h"))
    few = months[:3]
    moments = np.concatenate([days, months, few, days, hours])
    offsets = np.cumsum([0, 9, 9, 3, 9, 9])
    assert given_frequency("D", days).strangers(moments, offsets).tolist() == [1, 4]
