"""How far apart the rows are, and so what times come next."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data import columns
from clearlstm.data.anchors import anchored, first_stray, fitting_alias, keeping_day, on_weekdays
from clearlstm.data.times import TIME_DTYPE, TimeArray, format_time
from clearlstm.data.windows import Rows, blocks_of_series, thinned
from clearlstm.errors import DataError, InputError

DAY = np.timedelta64(1, "D")
MIN_TELLING = 6
"""Rows of a series that tell its step."""
LAST_TIME = np.datetime64("9999-12-31T23:59:59.999999", "us")
"""Where Python's own dates end. Some of pandas' offsets go on, most raise errors of several kinds."""
SHORTEST_MONTH, LONGEST_MONTH = 28, 31
HOLIDAYS: Final = 15 * DAY
"""So long nobody may have worked; weekdays that lie further apart have others missing between them."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Frequency:
    """The distance from one row to the next: ``offset`` is a whole number or a pandas offset.

    ``words`` says it, as in "a step is a row: a month"; ``seasons`` are the numbers of steps in the plain seasons that
    go with it, such as (12,) for months and (24, 168) for hours.
    """

    offset: Any
    words: str
    seasons: tuple[int, ...] = ()
    skips_days: bool = False
    """Some days of the week never occur, so neither do they in the future."""
    months: int = 0
    """The step in months, if it is one of whole months."""
    day: int = 0
    """The day of the month that such steps keep to, or the last of a shorter month; 0 leaves it to the offset."""

    def after(self, last: Any, h: int) -> TimeArray:
        """The ``h`` times that follow ``last``, (h,); a :class:`DataError` where there is no such time."""
        try:
            if isinstance(self.offset, int):
                return np.array([int(last) + step * self.offset for step in range(1, h + 1)], dtype=np.int64)
            times = self._dates_after(np.datetime64(last), h)
            if (times > LAST_TIME).any() or (times <= last).any():  # some of pandas' offsets begin anew
                raise OverflowError
            return times
        except (OverflowError, ValueError, TypeError, NotImplementedError) as error:  # of pandas, beyond LAST_TIME
            raise DataError(
                f"{h} steps after {format_time(last)} there is no time that can be computed with: correct the times"
            ) from error

    def _dates_after(self, last: np.datetime64, h: int) -> TimeArray:
        if self.day:
            return keeping_day(last.astype(TIME_DTYPE), self.months * np.arange(1, h + 1), self.day)
        offset = self._to_the_microsecond()
        start = anchored(pd.Timestamp(last), offset)
        return np.array([(start + step * offset).to_datetime64() for step in range(1, h + 1)], dtype=TIME_DTYPE)

    def _to_the_microsecond(self) -> Any:
        """The offset; in the nanoseconds of pandas 2, distances would end in the year 2262."""
        return self.offset.as_unit("us") if isinstance(self.offset, pd.Timedelta) else self.offset

    def misfit(self, times: TimeArray, offsets: npt.NDArray[np.int64]) -> str | None:
        """How far apart the rows are, in words, if that is not this step; None if it is, or if nothing tells.

        It isn't if most rows are closer together than 0.6 steps, or all further apart than 1.5. ``times`` (rows,) are
        in order within each of the ``offsets``.
        """
        rows = np.flatnonzero(_inside(times, offsets))
        if not len(rows):
            return None
        gaps = np.diff(times)[rows]
        numbered = times.dtype.kind == "i"
        words = f"{_most_common(gaps)}" if numbered else _span(_most_common(gaps))
        if isinstance(self.offset, int) != numbered:
            return words
        distances, nearest = gaps.astype(np.int64), times[rows[np.argmin(gaps)]]
        usual = self._usual(times[0])
        here = int((self.after(nearest, 1)[0] - nearest).astype(np.int64))  # from a Friday, a weekday is three days
        fits = np.median(distances) >= 0.6 * usual and distances.min() <= 1.5 * max(usual, here)
        return None if fits else words

    def stray(self, times: TimeArray) -> Any:
        """The first of ``times`` (rows,) that isn't on a day of this step, such as the last of a month; else None."""
        return first_stray(self.offset, times)

    def strangers(self, times: TimeArray, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The series of 6 rows or more that have another step: all further apart than 1.9 of these, or nearer than 0.6.

        ``times`` (rows,) are in order within each of the ``offsets``.
        """
        long = np.flatnonzero(np.diff(offsets) >= MIN_TELLING)
        if not len(long):
            return long
        usual, begins, ends = self._usual(times[0]), offsets[long], offsets[long + 1]
        strange = [
            _strange(times[begins[part][0] : ends[part][-1]], begins[part], ends[part], usual)
            for part in blocks_of_series(begins, ends)
        ]
        return long[np.concatenate(strange)]

    def _usual(self, start: Any) -> float:
        """The mean length of a step, in whole numbers or microseconds."""
        ahead = self.after(start, 13).astype(np.int64)
        return float(ahead[-1] - ahead[0]) / 12

    def skips(self, times: TimeArray) -> npt.NDArray[np.bool_]:
        """Between which neighbours of ``times`` (n,) rows are missing, (n − 1,): more than a step apart.

        Holidays are no gap: weekdays are only missing where two weeks of them are.
        """
        if self.months:
            return np.diff(times.astype("datetime64[M]").astype(np.int64)) > self.months
        if isinstance(self.offset, (int, pd.Timedelta)):
            step = self.offset if isinstance(self.offset, int) else self.offset.to_timedelta64()
            return np.asarray(np.diff(times) > step)
        if len(times) < 2:
            return np.zeros(0, dtype=bool)
        gaps = np.diff(times)
        missing = gaps.astype(np.int64) > 1.5 * self._usual(times[0])
        if self.skips_days or isinstance(self.offset, (pd.offsets.BusinessDay, pd.offsets.BusinessHour)):
            missing &= gaps > HOLIDAYS
        return np.asarray(missing)

    def sentence(self) -> str:
        """What a step is, for the user."""
        return f"A step is a row: {self.words}."


def _strange(times: TimeArray, begins: Rows, ends: Rows, usual: float) -> npt.NDArray[np.bool_]:
    """Which series, (S,), lie otherwise apart than ``usual``; ``times`` are those of the rows from begins[0] on."""
    distances = np.append(np.diff(times).astype(np.int64), 0)
    bounds = np.stack([begins, ends - 1], axis=1).ravel() - begins[0]  # from each first row to each last one
    nearest, furthest = (extreme.reduceat(distances, bounds)[::2] for extreme in (np.minimum, np.maximum))
    return np.asarray((nearest > 1.9 * usual) | (furthest < 0.6 * usual))


def evenly_chosen(times: TimeArray, offsets: Rows) -> tuple[TimeArray, Rows]:
    """Times and offsets of some series of a long table, evenly chosen, enough to tell the step; of others, of all.

    Those chosen have about :data:`~.columns.PLAIN_ROWS` rows together.
    """
    if not columns.is_long(len(times)):
        return times, offsets
    chosen = thinned(np.arange(len(offsets) - 1), columns.PLAIN_ROWS / len(times))
    parts = [times[offsets[k] : offsets[k + 1]] for k in chosen]
    if not parts:
        return times, offsets
    return np.concatenate(parts), np.concatenate([[0], np.cumsum([len(part) for part in parts])])


def given_frequency(freq: str | int, times: TimeArray) -> Frequency:
    """The frequency that the user named: a pandas alias for dates, a whole number for numbered rows."""
    numbered = times.dtype.kind == "i"
    if isinstance(freq, int) and not isinstance(freq, bool):
        if not numbered:
            raise InputError(
                f"freq is {freq}, but the times are dates: give a pandas alias such as 'D', 'B', 'MS' or '30min'"
            )
        if freq < 1:
            raise InputError(f"freq is {freq}; it must be at least 1")
        return Frequency(freq, f"{freq} apart")
    if numbered:
        raise InputError(f"freq is {freq!r}, but the times are whole numbers: give a whole number, or leave it out")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # pandas 2 tells of names that pandas 3 drops
            offset = pd.tseries.frequencies.to_offset(str(freq))
    except ValueError as error:
        raise InputError(
            f"freq {freq!r} is not a pandas alias: use for instance 'D', 'B', 'W', 'MS', 'h', '30min'"
        ) from error
    if offset.n < 1:
        raise InputError(
            f"freq {freq!r} doesn't go forward in time: use for instance 'D', 'B', 'W', 'MS', 'h', '30min'"
        )
    return Frequency(offset, f"freq {freq!r}", _alias_seasons(offset))


def alias_remedy(given: Frequency, times: TimeArray) -> str:
    """What to do where the ``times`` (rows,) aren't on the days of a frequency that was given."""
    alias = fitting_alias(given.offset, times)
    return "leave freq out" if alias is None else f"leave freq out, or give {alias!r}"


def _alias_seasons(offset: Any) -> tuple[int, ...]:
    if isinstance(offset, pd.offsets.Day):
        return _fixed_seasons(offset.n * DAY)
    if isinstance(offset, pd.tseries.offsets.Tick):
        return _fixed_seasons(np.timedelta64(offset.nanos, "ns"))
    if isinstance(offset, pd.offsets.Week):
        return _fixed_seasons(offset.n * 7 * DAY)
    months = {"M": 12, "Q": 4}.get(offset.rule_code[0])
    return (months,) if months is not None and offset.n == 1 else ()


def infer_frequency(times: TimeArray, offsets: npt.NDArray[np.int64]) -> Frequency:
    """Infer the step from all series together; ``times`` (rows,) in time order within each of the ``offsets``."""
    inside = _inside(times, offsets)
    gaps = np.diff(times)[inside]
    if not len(gaps):
        raise DataError("no series has two rows, so the time from one row to the next isn't known: give freq")
    if times.dtype.kind == "i":
        return _integer_frequency(gaps)
    common = _most_common(gaps)
    share = float(np.mean(gaps == common))
    if common == DAY:
        return _daily(times)
    months = _months_apart(times, inside, steady=share > 0.9)
    if months is not None:
        return months
    if share < 0.5:
        raise DataError(
            f"the rows are irregular: the most common distance, {_span(common)}, is that of {share:.0%} of them. "
            "Give freq (a pandas alias such as 'D' or 'h'), or bring the rows to one distance"
        )
    return Frequency(pd.Timedelta(common), _span(common), _fixed_seasons(common))


def _inside(times: TimeArray, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which neighbours of ``times`` (rows,) belong to the same series, (rows − 1,)."""
    inside = np.ones(max(len(times) - 1, 0), dtype=bool)
    inside[offsets[1:-1] - 1] = False
    return inside


def _most_common(gaps: npt.NDArray[Any]) -> Any:
    distinct, counts = np.unique(gaps, return_counts=True)
    return distinct[np.argmax(counts)]


def _integer_frequency(gaps: npt.NDArray[Any]) -> Frequency:
    common = int(_most_common(gaps))
    return Frequency(common, f"{common} apart, numbered" if common > 1 else "numbered one by one")


def _daily(times: TimeArray) -> Frequency:
    """Every day, or only the weekdays that occur (fewer than two weeks don't tell)."""
    seen = np.isin(np.arange(7), _weekday(times))
    if seen.all() or len(np.unique(times.astype("datetime64[D]"))) < 10:
        return Frequency(pd.Timedelta(DAY), "a day", (7,) if seen.all() else ())
    mask = "".join("1" if day else "0" for day in seen)
    offset = pd.offsets.CustomBusinessDay(weekmask=mask)
    if mask == "1111100":
        return Frequency(offset, "a weekday (the data have no weekends, so the forecast has none)", skips_days=True)
    missing = ", ".join(name for name, day in zip(WEEKDAYS, seen, strict=True) if not day)
    return Frequency(offset, f"a day; the data have no {missing}, so the forecast has none", skips_days=True)


def _weekday(times: TimeArray) -> npt.NDArray[np.int64]:
    """Monday is 0; day 0 of the calendar, 1970-01-01, was a Thursday."""
    return np.asarray((times.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def _months_apart(times: TimeArray, inside: npt.NDArray[np.bool_], steady: bool) -> Frequency | None:
    """Steps of whole months: the same day of each, the last of each, the first or last weekday, or some day of each.

    ``steady`` rows are a fixed number of days apart, so only the same day of each month makes them months.
    """
    month = times.astype("datetime64[M]")
    day = (times.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64) + 1
    apart = np.diff(month.astype(np.int64))[inside]
    common = int(_most_common(apart))
    same_day = len(np.unique(day)) == 1
    if common < 1 or np.mean(apart == common) < 0.9 or (steady and not same_day):
        return None
    offset, keeps, where = _days_of_months(times, month, day, common)
    words = {1: "a month", 3: "a quarter", 12: "a year"}.get(common, f"{common} months") + where
    return Frequency(offset, words, {1: (12,), 3: (4,)}.get(common, ()), months=common, day=keeps)


def _days_of_months(
    times: TimeArray, month: TimeArray, day: npt.NDArray[np.int64], common: int
) -> tuple[Any, int, str]:
    """On which days the rows of the months lie: an offset, the day to keep to if that can't, and words."""
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    if (day == length).all():
        return pd.offsets.MonthEnd(common), 0, ""
    latest = int(day.max())
    if (day == np.minimum(latest, length)).all():
        return pd.DateOffset(months=common), latest if latest > SHORTEST_MONTH else 0, ""
    weekdays = on_weekdays(month, times.astype("datetime64[D]"))
    if weekdays is not None:
        return weekdays[0](common), 0, f" ({weekdays[1]})"
    return pd.offsets.MonthEnd(common), LONGEST_MONTH, " (on varying days; the forecast takes the last)"


def _fixed_seasons(step: Any) -> tuple[int, ...]:
    """A day and a week of hours or minutes, a week of days, a year of weeks."""
    if step == DAY:
        return (7,)
    if step == 7 * DAY:
        return (52,)
    steps_a_day = DAY / step
    whole = steps_a_day == int(steps_a_day)
    return (int(steps_a_day), 7 * int(steps_a_day)) if whole and 4 <= steps_a_day <= 288 else ()


def _span(gap: Any) -> str:
    """A fixed distance in words."""
    seconds = pd.Timedelta(gap).total_seconds()
    for unit, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}s" if count > 1 else f"an {unit}" if unit == "hour" else f"a {unit}"
    return f"{seconds:g} seconds"


def list_times(times: Iterable[Any], limit: int = 3) -> str:
    """The first few times, for messages."""
    shown = list(times)
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return ", ".join(format_time(time) for time in shown[:limit]) + more
