"""Where a time lies in its day, week, month and year, as sine and cosine, so that the end of each meets its start."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

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


class Part(NamedTuple):
    """The share that has passed, 0 … 1; the longest step between rows for which it says something; its whole length."""

    passed: Callable[[TimeArray], npt.NDArray[np.float64]]
    longest_step: np.timedelta64
    length: np.timedelta64


PARTS: Final = {
    "time_of_day": Part(_time_of_day, np.timedelta64(12, "h"), DAY),
    "day_of_week": Part(_day_of_week, np.timedelta64(3, "D"), 7 * DAY),
    "day_of_month": Part(_day_of_month, np.timedelta64(14, "D"), 31 * DAY),
    "time_of_year": Part(_time_of_year, np.timedelta64(184, "D"), 365 * DAY),
}


def fitting_parts(times: TimeArray) -> tuple[str, ...]:
    """The parts of the calendar that change from row to row and come again, by the usual step of ``times`` (rows,).

    >>> fitting_parts(np.arange("2024-01", "2025-01", dtype="datetime64[M]").astype("datetime64[us]"))
    ('time_of_year',)
    """
    usual = usual_step(times)
    return () if usual is None else tuple(name for name, part in PARTS.items() if usual <= part.longest_step)


def usual_step(times: TimeArray) -> np.timedelta64 | None:
    """The median time from one of ``times`` (rows,) to the next; None if there is but one."""
    steps = np.diff(np.unique(times[:LOOK_AT_ROWS]))
    return np.median(steps.astype(np.int64)).astype(np.int64).astype(steps.dtype) if len(steps) else None


def in_words(parts: Iterable[str]) -> str:
    """Such as "time of day, day of week"."""
    return ", ".join(part.replace("_", " ") for part in parts)


def calendar_features(times: TimeArray, parts: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Sine and cosine of each of ``parts`` for ``times`` (n,): (n, 2 · parts).

    >>> monday = np.array(["2024-01-01"], dtype="datetime64[us]")
    >>> calendar_features(monday, ("day_of_week",))
    array([[0., 1.]], dtype=float32)
    """
    turns = np.stack([PARTS[name].passed(times) for name in parts], axis=1)
    return np.stack(sine_and_cosine(turns), axis=2).reshape(len(times), -1).astype(np.float32)
