"""Steps that fall on certain days: the last of a month, its last weekday, a Saturday."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

MOST: Final = 0.8
"""The share of rows that lies on the days of a step which fits. Others are holidays, moved to another day."""
MONTHLY: Final = (pd.offsets.MonthEnd, pd.offsets.MonthBegin, pd.offsets.BMonthEnd, pd.offsets.BMonthBegin)
QUARTERLY: Final = (pd.offsets.QuarterEnd, pd.offsets.QuarterBegin, pd.offsets.BQuarterEnd, pd.offsets.BQuarterBegin)
YEARLY: Final = (pd.offsets.YearEnd, pd.offsets.YearBegin, pd.offsets.BYearEnd, pd.offsets.BYearBegin)
DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS: Final = ("DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV")


def is_anchored(offset: Any) -> bool:
    """Whether a pandas offset leads to certain days of the week, month or year only."""
    if isinstance(offset, pd.offsets.Week):
        return getattr(offset, "weekday", None) is not None
    return isinstance(offset, MONTHLY + QUARTERLY + YEARLY)


def anchored(start: pd.Timestamp, offset: Any) -> pd.Timestamp:
    """The day of ``offset`` next to ``start``, before or after it: from there a step is a whole one.

    >>> anchored(pd.Timestamp("2024-03-28"), pd.offsets.BMonthEnd())  # the day before Good Friday
    Timestamp('2024-03-29 00:00:00')
    """
    if not is_anchored(offset) or offset.is_on_offset(start):
        return start
    before: pd.Timestamp = offset.rollback(start)
    after: pd.Timestamp = offset.rollforward(start)
    return before if start - before < after - start else after


def first_stray(offset: Any, times: npt.NDArray[Any]) -> Any:
    """The first of ``times`` (rows,) that is on no day of ``offset``, if many of them aren't; else None."""
    if not is_anchored(offset):
        return None
    days = np.unique(times.astype("datetime64[D]"))
    on = np.array([offset.is_on_offset(pd.Timestamp(day)) for day in days])
    return None if on.mean() >= MOST else days[np.argmin(on)]


def fitting_alias(offset: Any, times: npt.NDArray[Any]) -> str | None:
    """The pandas alias of the same length as ``offset`` on whose days the ``times`` (rows,) are, if there is one."""
    for name in _aliases(offset):
        alias = f"{offset.n}{name}" if offset.n > 1 else name
        if first_stray(pd.tseries.frequencies.to_offset(alias), times) is None:
            return alias
    return None


def _aliases(offset: Any) -> list[str]:
    if isinstance(offset, pd.offsets.Week):
        return [f"W-{day}" for day in DAYS]
    if isinstance(offset, MONTHLY):
        return ["MS", "ME", "BMS", "BME"]
    kinds = ("QS", "QE", "BQS", "BQE") if isinstance(offset, QUARTERLY) else ("YS", "YE", "BYS", "BYE")
    return [f"{kind}-{month}" for kind in kinds for month in MONTHS]


def on_weekdays(months: npt.NDArray[Any], days: npt.NDArray[Any]) -> tuple[type[Any], str] | None:
    """The offset of months' last or first weekdays, in words too, if most ``days`` (rows,) of ``months`` are such."""
    last = (months + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    if np.mean(days == np.busday_offset(last, 0, roll="backward")) >= MOST:
        return pd.offsets.BMonthEnd, "on the last weekday of the month"
    if np.mean(days == np.busday_offset(months.astype("datetime64[D]"), 0, roll="forward")) >= MOST:
        return pd.offsets.BMonthBegin, "on the first weekday of the month"
    return None


def keeping_day(last: Any, months: npt.NDArray[np.int64], day: int) -> npt.NDArray[Any]:
    """The times so many ``months`` (n,) after ``last``, on that day, or the last one of a month that is shorter.

    >>> keeping_day(np.datetime64("2024-01-30", "us"), np.array([1, 2]), 30).astype("datetime64[D]")
    array(['2024-02-29', '2024-03-30'], dtype='datetime64[D]')
    """
    month = last.astype("datetime64[M]") + months
    ends = (month + 1).astype("datetime64[D]") - 1
    days = np.minimum(month.astype("datetime64[D]") + (day - 1), ends)
    return np.asarray(days.astype(last.dtype) + (last - last.astype("datetime64[D]")))
