"""Where a time lies in its day, week, month and year, as sine and cosine, so that the end of each meets its start."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from clearlstm.data.times import TimeArray
from clearlstm.elementary import sine_and_cosine

DAY = np.timedelta64(1, "D")
LOOK_AT_ROWS = 2**16


def _time_of_day(times: TimeArray) -> npt.NDArray[np.float64]:
    return np.asarray((times - times.astype("datetime64[D]")) / DAY)


def _day_of_week(times: TimeArray) -> npt.NDArray[np.float64]:
    """Monday is 0; day 0 of the calendar, 1970-01-01, was a Thursday."""
    return np.asarray((times.astype("datetime64[D]").astype(np.int64) + 3) % 7 / 7)


def _day_of_month(times: TimeArray) -> npt.NDArray[np.float64]:
    month = times.astype("datetime64[M]")
    return np.asarray(_days_since(times, month) / _days_since(month + np.timedelta64(1, "M"), month))


def _time_of_year(times: TimeArray) -> npt.NDArray[np.float64]:
    year = times.astype("datetime64[Y]")
    return np.asarray((times - year.astype(times.dtype)) / DAY / _days_since(year + np.timedelta64(1, "Y"), year))


def _days_since(times: TimeArray, start: TimeArray) -> npt.NDArray[np.int64]:
    return np.asarray((times.astype("datetime64[D]") - start.astype("datetime64[D]")).astype(np.int64))


# Each part's share that has passed, 0 … 1, and the longest step between rows for which it says something.
PARTS: Final[dict[str, tuple[Callable[[TimeArray], npt.NDArray[np.float64]], np.timedelta64]]] = {
    "time_of_day": (_time_of_day, np.timedelta64(12, "h")),
    "day_of_week": (_day_of_week, np.timedelta64(3, "D")),
    "day_of_month": (_day_of_month, np.timedelta64(14, "D")),
    "time_of_year": (_time_of_year, np.timedelta64(184, "D")),
}

CYCLES: Final[dict[str, np.timedelta64]] = {
    "time_of_day": np.timedelta64(1, "D"),
    "day_of_week": np.timedelta64(7, "D"),
    "day_of_month": np.timedelta64(31, "D"),
    "time_of_year": np.timedelta64(365, "D"),
}
"""How long each part takes to come round."""


def fitting_parts(times: TimeArray) -> tuple[str, ...]:
    """The parts of the calendar that change from row to row and come again, by the usual step of ``times`` (rows,).

    >>> fitting_parts(np.arange("2024-01", "2025-01", dtype="datetime64[M]").astype("datetime64[us]"))
    ('time_of_year',)
    """
    steps = np.diff(np.unique(times[:LOOK_AT_ROWS]))
    if not len(steps):
        return ()
    usual = np.median(steps.astype(np.int64)).astype(np.int64).astype(steps.dtype)
    return tuple(name for name, (_, longest) in PARTS.items() if usual <= longest)


def calendar_features(times: TimeArray, parts: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Sine and cosine of each of ``parts`` for ``times`` (n,): (n, 2 · parts).

    >>> monday = np.array(["2024-01-01"], dtype="datetime64[us]")
    >>> calendar_features(monday, ("day_of_week",))
    array([[0., 1.]], dtype=float32)
    """
    turns = np.stack([PARTS[name][0](times) for name in parts], axis=1)
    return np.stack(sine_and_cosine(turns), axis=2).reshape(len(times), -1).astype(np.float32)
