"""Times as people write them, read into datetime64[us] or, for series that are only numbered, int64."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.dates import read_dates
from clearlstm.data.zones import Clock, Zoned, split_offsets, zoned_from
from clearlstm.errors import DataError

TimeArray: TypeAlias = npt.NDArray[Any]
"""datetime64[us] or int64."""

TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[ap]m)?", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?\d{1,18}")
END_OF_DAY = re.compile(r"\b24:00")
MIDNIGHT = ", for 24:00 is 00:00 of the next day"
ZONE_BY_LETTERS = re.compile(r".*:\d\d(?:[.,]\d+)?(?: ?[ap]m)? ?(?![ap]m$)[a-z]{2,5}", re.IGNORECASE)
SINCE_1970: Final = (("s", "seconds"), ("ms", "milliseconds"), ("us", "microseconds"), ("ns", "nanoseconds"))
"""Units of numbers that count from the first of January 1970, each 1000 times as large as the one before."""
FIRST_SECOND, LAST_SECOND = 1_000_000_000, 4_000_000_000
"""The years 2001 to 2096: nobody numbers steps so far."""
TIME_DTYPE = np.dtype("datetime64[us]")


class BadTime(DataError):  # noqa: N818 - it stops at the public edge, which words it for the user
    """The value at ``position`` can't be read as a time; ``every``: no other can either."""

    def __init__(self, position: int, value: object, why: str, *, every: bool = False) -> None:
        super().__init__(f"{value!r} {why}")
        self.position, self.every = position, every


@dataclass(frozen=True)
class TimeReading:
    """How a column of times is read where its cells alone may not tell; None where that isn't known, or needn't be.

    dayfirst: 01/02/2015 is 1 February. months: whole numbers such as 201502 are months, or else numbers of steps.
    clock: what is counted by times that have a zone.
    """

    dayfirst: bool | None = None
    months: bool | None = None
    clock: Clock | None = None


PLAIN: Final = TimeReading()
"""Nothing is known, and nothing need be."""


class Times(NamedTuple):
    """The times of all rows, and ``notes`` on how they were read if that could be in doubt.

    zoned: the same with their zone, if they have one; ``values`` are then in UTC. doubt: why they can't be read without
    being told how. reading: how they were read.
    """

    values: TimeArray
    notes: tuple[str, ...] = ()
    doubt: str | None = None
    reading: TimeReading = PLAIN
    zoned: Zoned | None = None


def parse_times(raw: npt.NDArray[Any], reading: TimeReading = PLAIN) -> Times:
    """Read one column of times: dates, whole numbers, or text that holds either; ``reading`` tells what is known of it.

    Raises :class:`BadTime` at the first row that can't be read.
    """
    if raw.dtype.kind == "M":
        return Times(_without_gaps(raw, raw.astype(TIME_DTYPE)))
    if raw.dtype.kind in "iu":
        return _from_integers(raw, reading)
    if raw.dtype.kind in "fb":
        position = int(np.argmax(raw != np.floor(raw))) if raw.dtype.kind == "f" else 0
        raise BadTime(position, raw[position].item(), "is neither a date nor a whole number")
    text = pd.Series(raw, dtype=object).map(_text)
    if not text.map(lambda value: isinstance(value, str)).all():
        _refuse_cells(text, _is_undated, "is a time of day without a date")
        return _from_text(raw, text, reading)
    if text.str.fullmatch(WHOLE).all():
        return _from_integers(text.astype("int64").to_numpy(), reading)
    _refuse_cells(text, _is_undated, "is a time of day without a date")
    return _from_zoned_text(raw, text, reading)


def _text(value: Any) -> Any:
    """Texts without white space around them, and times with a zone as text, for each may have another."""
    if isinstance(value, str):
        return value.strip()
    return value.isoformat(" ") if getattr(value, "tzinfo", None) is not None else value


def _without_gaps(raw: npt.NDArray[Any], times: TimeArray) -> TimeArray:
    missing = np.isnat(times)
    if missing.any():
        position = int(np.argmax(missing))
        why = "is not a date" + MIDNIGHT * (END_OF_DAY.search(str(raw[position])) is not None)
        raise BadTime(position, _shown(raw[position]), why, every=bool(missing.all()))
    return times


def _shown(value: object) -> object:
    """An empty cell reads better than NaT."""
    return "" if value is None or value is pd.NaT or value != value or str(value) == "NaT" else value


def _is_undated(value: Any) -> bool:
    """A time of day alone would be read as one of today, and so as another one tomorrow."""
    return isinstance(value, str) and TIME_OF_DAY.fullmatch(value) is not None


def _refuse_cells(text: "pd.Series[Any]", is_bad: Callable[[Any], bool], why: str) -> None:
    bad = text.map(is_bad).to_numpy(bool)
    if bad.any():
        position = int(bad.argmax())
        raise BadTime(position, text.iloc[position], why, every=bool(bad.all()))


def _from_integers(numbers: npt.NDArray[Any], reading: TimeReading) -> Times:
    """Whole numbers count steps, unless all are dates such as 20240131, months such as 202401 or times since 1970."""
    if len(numbers) and numbers.max() > np.iinfo(np.int64).max:
        raise BadTime(int(np.argmax(numbers)), int(numbers.max()), "is too large a number")
    if len(numbers) and numbers.min() >= 19000101 and numbers.max() <= 21001231:
        dates = pd.to_datetime(pd.Series(numbers).astype(str), format="%Y%m%d", errors="coerce")
        if dates.notna().all():
            return Times(dates.to_numpy().astype(TIME_DTYPE), (f"{numbers[0]} was read as {dates.iloc[0]:%Y-%m-%d}",))
    numbers = numbers.astype(np.int64)
    if _may_be_months(numbers):
        return _from_months(numbers, reading.months)
    return (None if reading.months is False else _from_1970(numbers)) or Times(numbers)


def _from_1970(numbers: npt.NDArray[np.int64]) -> Times | None:
    """Times, if all numbers count one unit since 1970."""
    for k, (unit, words) in enumerate(SINCE_1970):
        if len(numbers) and numbers.min() >= FIRST_SECOND * pow(1000, k) and numbers.max() < LAST_SECOND * pow(1000, k):
            times = numbers.astype(f"datetime64[{unit}]").astype(TIME_DTYPE)
            return Times(times, (f"{numbers[0]} was read as {format_time(times[0])} UTC, {words} since 1970",))
    return None


def _may_be_months(numbers: npt.NDArray[np.int64]) -> bool:
    """Whether all are such as 201512: a year from 1800 to 2200, and a month."""
    if not len(numbers) or numbers.min() < 180001 or numbers.max() > 220012:
        return False
    month = numbers % 100
    return bool(((month >= 1) & (month <= 12)).all())


def _from_months(numbers: npt.NDArray[np.int64], months: bool | None) -> Times:
    """Months, if numbers of steps they can't be: 201512 is followed by 201601. Else that has to be known."""
    since_1970 = (numbers // 100 - 1970) * 12 + numbers % 100 - 1
    dates = since_1970.astype("datetime64[M]").astype(TIME_DTYPE)
    distinct = np.unique(numbers)
    over_a_year = len(distinct) > 2 and distinct[0] // 100 < distinct[-1] // 100
    if months is None and over_a_year and len(np.unique(np.diff(distinct))) > 1:
        months = True
    if months:
        month = pd.Timestamp(dates[0])
        return Times(dates, (f"{numbers[0]} was read as {month:%B %Y}",), reading=TimeReading(months=True))
    doubt = (
        f"{numbers[0]} may be the month {numbers[0] // 100}-{numbers[0] % 100:02} or the number of a step: give freq, "
        "'MS' for months or a whole number for steps, or write months such as 2015-02"
    )
    return Times(numbers, doubt=doubt if months is None else None, reading=TimeReading(months=False))


def _from_zoned_text(raw: npt.NDArray[Any], text: "pd.Series[Any]", reading: TimeReading) -> Times:
    """Text, with the offset from UTC in every cell or in none."""
    bare, has_offset, offsets = split_offsets(text)
    _refuse_cells(bare, _has_letters, "has letters for its zone, which several zones use: write the offset, as +01:00")
    if not has_offset.any():
        return _from_text(raw, text, reading)
    if not has_offset.all():
        odd = int(np.argmin(has_offset))
        raise BadTime(odd, raw[odd], "has no offset from UTC, and other rows have one: give them alike")
    result = _from_text(raw, bare, reading)
    zoned = zoned_from(result.values, offsets)
    return result._replace(values=zoned.utc, zoned=zoned)


def _has_letters(value: str) -> bool:
    return ZONE_BY_LETTERS.fullmatch(value) is not None


def _from_text(raw: npt.NDArray[Any], text: "pd.Series[Any]", reading: TimeReading) -> Times:
    result = read_dates(text, reading.dayfirst)
    whole = text.map(lambda cell: WHOLE.fullmatch(str(cell)) is not None).to_numpy(bool)
    if not result.whole and whole.sum() >= result.dates.notna().sum() and 2 * whole.sum() >= len(whole):
        position = int(np.argmin(whole))
        raise BadTime(position, _shown(raw[position]), "is neither a date nor a whole number")
    values = _without_gaps(raw, result.dates.to_numpy().astype(TIME_DTYPE))
    notes = () if result.note is None else (result.note,)
    return Times(values, notes, result.doubt, TimeReading(dayfirst=result.dayfirst))


def format_time(time: Any) -> str:
    """A time as people write it: no midnight, no needless seconds.

    >>> [format_time(time) for time in (np.datetime64("2024-03-01T00:00"), np.datetime64("2024-03-01T12:30"), 7)]
    ['2024-03-01', '2024-03-01 12:30', '7']
    """
    if not isinstance(time, np.datetime64):
        return str(time)
    text = str(time.astype("datetime64[s]")).replace("T", " ")
    return text.removesuffix(" 00:00:00") if text.endswith("00:00:00") else text.removesuffix(":00")


def time_texts(times: TimeArray, clock: Clock | None = None) -> npt.NDArray[np.object_]:
    """Times of any shape as people write them, on the clocks of their zone if they have one: texts of that shape.

    >>> time_texts(np.array(["2024-03-31T11:00"], dtype=TIME_DTYPE), Clock("Europe/Berlin", "utc")).tolist()
    ['2024-03-31 13:00']
    """
    times = np.asarray(times)
    distinct, where = np.unique(times.ravel(), return_inverse=True)
    offsets = [""] * len(distinct)
    if clock is not None:
        distinct, offsets = clock.wall(distinct), clock.offsets_in_doubt(distinct)
    texts = np.empty(len(distinct), dtype=object)
    texts[:] = [f"{format_time(time)} {offset}".rstrip() for time, offset in zip(distinct, offsets, strict=True)]
    return texts[where].reshape(times.shape)
