"""Times as people write them, read into datetime64[us] or, for series that are only numbered, int64."""

import re
import warnings
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.errors import DataError

TimeArray: TypeAlias = npt.NDArray[Any]
"""datetime64[us] or int64."""

TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[ap]m)?", re.IGNORECASE)
TIME_DTYPE = np.dtype("datetime64[us]")


class BadTime(DataError):  # noqa: N818 - it stops at the public edge, which words it for the user
    """The value at ``position`` can't be read as a time."""

    def __init__(self, position: int, value: object, why: str) -> None:
        super().__init__(f"{value!r} {why}")
        self.position = position


class Times(NamedTuple):
    """The times of all rows, and a sentence on how they were read if that could be in doubt."""

    values: TimeArray
    note: str | None = None


def parse_times(raw: npt.NDArray[Any]) -> Times:
    """Read one column of times: dates, whole numbers, or text that holds either.

    Raises :class:`BadTime` at the first row that can't be read.
    """
    if raw.dtype.kind == "M":
        return Times(_without_gaps(raw, raw.astype(TIME_DTYPE)))
    if raw.dtype.kind in "iu":
        return _from_integers(raw)
    if raw.dtype.kind in "fb":
        position = int(np.argmax(raw != np.floor(raw))) if raw.dtype.kind == "f" else 0
        raise BadTime(position, raw[position].item(), "is neither a date nor a whole number")
    text = pd.Series(raw, dtype=object)
    _check_no_zone(text)
    _check_dated(text)
    if text.map(lambda value: isinstance(value, str)).all():
        text = text.str.strip()
        if text.str.fullmatch(r"[+-]?\d{1,18}").all():
            return _from_integers(text.astype("int64").to_numpy())
    return _from_text(raw, text)


def _without_gaps(raw: npt.NDArray[Any], times: TimeArray) -> TimeArray:
    missing = np.isnat(times)
    if missing.any():
        position = int(np.argmax(missing))
        raise BadTime(position, _shown(raw[position]), "is not a date")
    return times


def _shown(value: object) -> object:
    """An empty cell reads better than NaT."""
    return "" if value is None or value is pd.NaT or value != value or str(value) == "NaT" else value


def _check_no_zone(text: "pd.Series[Any]") -> None:
    zoned = text.map(lambda value: getattr(value, "tzinfo", None) is not None).to_numpy(bool)
    if zoned.any():
        position = int(np.argmax(zoned))
        raise BadTime(
            position, str(text.iloc[position]), "has a time zone: convert the times to one zone and remove it"
        )


def _check_dated(text: "pd.Series[Any]") -> None:
    """A time of day alone would be read as one of today, and so as another one tomorrow."""
    undated = text.map(lambda value: isinstance(value, str) and TIME_OF_DAY.fullmatch(value.strip()) is not None)
    if undated.any():
        position = int(undated.to_numpy(bool).argmax())
        raise BadTime(position, text.iloc[position], "is a time of day without a date")


def _from_integers(numbers: npt.NDArray[Any]) -> Times:
    """Whole numbers count steps, unless every one of them is a date such as 20240131."""
    if len(numbers) and numbers.max() > np.iinfo(np.int64).max:
        raise BadTime(int(np.argmax(numbers)), int(numbers.max()), "is too large a number")
    if len(numbers) and numbers.min() >= 19000101 and numbers.max() <= 21001231:
        dates = pd.to_datetime(pd.Series(numbers).astype(str), format="%Y%m%d", errors="coerce")
        if dates.notna().all():
            return Times(dates.to_numpy().astype(TIME_DTYPE), f"{numbers[0]} was read as {dates.iloc[0]:%Y-%m-%d}")
    return Times(numbers.astype(np.int64))


def _from_text(raw: npt.NDArray[Any], text: "pd.Series[Any]") -> Times:
    """ISO dates first; otherwise month first or day first, whichever reads every row."""
    readings = {
        "ISO": _read(text, format="ISO8601"),
        "month/day": _read(text),
        "day/month": _read(text, dayfirst=True),
    }
    whole = [name for name, dates in readings.items() if dates.notna().all()]
    if not whole:
        best = max(readings.values(), key=lambda dates: int(dates.notna().sum()))
        return Times(_without_gaps(raw, best.to_numpy()))
    dates = readings[whole[0]]
    zone = getattr(dates.dtype, "tz", None)
    if zone is not None:
        raise BadTime(0, raw[0], "has a time zone: convert the times to one zone and remove it")
    ambiguous = whole[0] == "month/day" and "day/month" in whole and not dates.equals(readings["day/month"])
    note = f"{raw[0]!r} was read as {dates.iloc[0]:%d %B %Y} (month first)" if ambiguous else None
    return Times(dates.to_numpy().astype(TIME_DTYPE), note)


def _read(text: "pd.Series[Any]", **how: Any) -> "pd.Series[pd.Timestamp]":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns that it guesses; the guesses are compared here
        try:
            return pd.to_datetime(text, errors="coerce", **how)
        except ValueError:  # mixed time zones are raised even when coercing
            return pd.Series(pd.NaT, index=text.index)


def format_time(time: Any) -> str:
    """A time as people write it: no midnight, no needless seconds.

    >>> [format_time(time) for time in (np.datetime64("2024-03-01T00:00"), np.datetime64("2024-03-01T12:30"), 7)]
    ['2024-03-01', '2024-03-01 12:30', '7']
    """
    if not isinstance(time, np.datetime64):
        return str(time)
    text = str(time.astype("datetime64[s]")).replace("T", " ")
    return text.removesuffix(" 00:00:00") if text.endswith("00:00:00") else text.removesuffix(":00")
