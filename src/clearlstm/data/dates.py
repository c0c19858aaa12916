"""Dates in text: ISO, weeks, months, and 01/02/2015, of which the regular rows tell which number is the day."""

import datetime
import re
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Texts: TypeAlias = "pd.Series[Any]"
Dates: TypeAlias = "pd.Series[pd.Timestamp]"

MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEK: Final = re.compile(r"(\d{4})[- ]?W(\d{1,2})(?:-?([1-7]))?", re.IGNORECASE)
NAMED_MONTH: Final = re.compile(r"([A-Z]{3,9})\.?[-/ ']*(\d{4}|\d{2})|(\d{4})[-/ ]*([A-Z]{3,9})\.?", re.IGNORECASE)
NUMBERED_MONTH: Final = re.compile(r"(\d{1,2})[./-]((?:1[89]|2[01])\d\d)")  # 3.1415 is none
MONTH_AFTER_M: Final = re.compile(r"(\d{4})[- ]?M(\d{1,2})", re.IGNORECASE)
QUARTER: Final = re.compile(r"(\d{4})[- ]?Q([1-4])", re.IGNORECASE)
DAY: Final = re.compile(r"(\d{1,2})([./\- ])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,]+(.*))?")
DOTTED: Final = re.compile(r"^\d+\.")
YEAR_FIRST: Final = re.compile(r"\d{4}")
PIVOT: Final = 69
"""A year of two digits from here on is one of the last century, as in Python and POSIX."""
CLEAR: Final = 2.0
"""How many times better one reading fills a regular grid than the other, where it is taken without asking."""


class DatesRead(NamedTuple):
    """Dates (rows,), NaT where none could be read; how they were read, or why that is in doubt.

    ``dayfirst`` is None where it makes no difference.
    """

    dates: Dates
    note: str | None = None
    doubt: str | None = None
    dayfirst: bool | None = None

    @property
    def whole(self) -> bool:
        """Whether all rows were read."""
        return bool(self.dates.notna().all())


def read_dates(text: Texts, dayfirst: bool | None = None) -> DatesRead:
    """Cells of text, or of dates that pandas knows, as dates: the first way of reading that takes all rows.

    If none does, the one that takes most of them.
    """
    ways: list[Callable[[Texts], DatesRead]] = [lambda cells: DatesRead(_read(cells, format="ISO8601"))]
    if text.map(lambda cell: isinstance(cell, str)).all():
        ways += [_weeks, _months, lambda cells: _days(cells, dayfirst)]
    ways.append(lambda cells: _general(cells, dayfirst))
    results = []
    for way in ways:
        results.append(way(text))
        if results[-1].whole:
            return results[-1]
    return max(results, key=lambda result: int(result.dates.notna().sum()))


def _read(text: Texts, **how: Any) -> Dates:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns that it guesses; the guesses are compared here
        try:
            return pd.to_datetime(text, errors="coerce", **how)
        except ValueError:  # mixed time zones are raised even when coercing
            return pd.Series(pd.NaT, index=text.index)


def _as_iso(text: Texts, to_iso: Callable[[str], str]) -> Dates:
    """The cells as dates, each distinct one made ISO text first; NaT for those that aren't of the form."""
    iso = {}
    for cell in text.unique():
        try:
            iso[cell] = to_iso(cell)
        except (ValueError, AttributeError):  # AttributeError: no match has no groups
            iso[cell] = ""
    changed = text.map(iso)
    dates = _read(changed, format="ISO8601")
    return dates if dates.notna().all() else _read(changed)  # with "1:30 PM", for instance


def _weeks(text: Texts) -> DatesRead:
    """ISO weeks, 2015-W07 or 2015W07, by their Mondays; 2015-W07-3 is a day."""
    dates = _as_iso(text, _week)
    first, date = text.iloc[0], dates.iloc[0]
    by_day = pd.isna(date) or len(first) > len("2015-W07")
    return DatesRead(dates, None if by_day else f"{first!r} was read as {_long(date)}, its Monday")


def _week(cell: str) -> str:
    year, week, day = WEEK.fullmatch(cell).groups("1")  # type: ignore[union-attr]  # see _as_iso
    return datetime.date.fromisocalendar(int(year), int(week), int(day)).isoformat()


def _months(text: Texts) -> DatesRead:
    """Jan 2015, 2015 January, 01/2015, 2015M01, 2015 Q1; Jan-15 only where several months show that 15 is no day."""
    dates = _as_iso(text, _month)
    first, date = text.iloc[0], dates.iloc[0]
    if pd.isna(date) or f"{date:%Y}" in first:
        return DatesRead(dates)
    if dates.dt.month.nunique() == 1:
        doubt = f"{first!r} may be {date:%B %Y} or a day of any {date:%B}: write years of four digits"
        return DatesRead(dates, doubt=doubt)
    return DatesRead(dates, f"{first!r} was read as {date:%B %Y}")


def _month(cell: str) -> str:
    if numbered := NUMBERED_MONTH.fullmatch(cell):
        return f"{numbered[2]}-{int(numbered[1]):02}-01"
    if statistical := MONTH_AFTER_M.fullmatch(cell):
        return f"{statistical[1]}-{int(statistical[2]):02}-01"
    if quarter := QUARTER.fullmatch(cell):
        return f"{quarter[1]}-{3 * int(quarter[2]) - 2:02}-01"
    name, year, year_before, name_after = NAMED_MONTH.fullmatch(cell).groups()  # type: ignore[union-attr]
    return f"{_four_digits(year or year_before)}-{_month_number(name or name_after):02}-01"


def _month_number(name: str) -> int:
    """1 to 12 by an English name, whole or cut off after three letters or more."""
    return [month.startswith(name.lower()) for month in MONTHS].index(True) + 1


def _four_digits(year: str) -> str:
    return year if len(year) == 4 else f"{'20' if int(year) < PIVOT else '19'}{year}"


def _days(text: Texts, dayfirst: bool | None) -> DatesRead:
    """01/02/2015, 01-02-2015 or 01.02.15, with or without a time of day. With dots, the day is first."""
    day, month = _as_iso(text, _day_month), _as_iso(text, _month_day)
    dotted = dayfirst is None and text.str.contains(DOTTED).all()
    return _choose(text, day, month, True if dotted else dayfirst, given=dayfirst is not None)


def _day_month(cell: str) -> str:
    day, _, month, year, time = DAY.fullmatch(cell).groups("")  # type: ignore[union-attr]
    return f"{_four_digits(year)}-{int(month):02}-{int(day):02} {time}".rstrip()


def _month_day(cell: str) -> str:
    month, _, day, year, time = DAY.fullmatch(cell).groups("")  # type: ignore[union-attr]
    return f"{_four_digits(year)}-{int(month):02}-{int(day):02} {time}".rstrip()


def _general(text: Texts, dayfirst: bool | None) -> DatesRead:
    """Whatever else pandas takes for dates: 4 Mar 2024, March 4, 2024, 2015Q1."""
    texts = text.where(text.map(lambda cell: isinstance(cell, str)), "")
    rest = text.mask(texts.str.fullmatch(DAY).to_numpy(bool))  # those were read, or refused, already
    month = _read(rest)
    by_year = texts.str.match(YEAR_FIRST).to_numpy(bool)  # pandas would turn day and month even there
    day = _read(rest, dayfirst=True).mask(by_year, month)
    return _choose(text, day, month, dayfirst, given=dayfirst is not None)


def _choose(text: Texts, day: Dates, month: Dates, dayfirst: bool | None, *, given: bool) -> DatesRead:
    """The reading with the day first, or that with the month first: as given, or else the one that makes sense."""
    if day.equals(month):
        return DatesRead(day)
    if not given and dayfirst is None and not (day.notna().all() and month.notna().all()):
        dayfirst = bool(day.notna().sum() >= month.notna().sum())
        return DatesRead(day if dayfirst else month, dayfirst=dayfirst)
    first = int((day != month).to_numpy().argmax())
    sense = ""
    if dayfirst is None:
        by_day, by_month = filled(day), filled(month)
        if max(by_day, by_month) < CLEAR * min(by_day, by_month):
            return DatesRead(month, doubt=_doubt(text.iloc[first], day.iloc[first], month.iloc[first]))
        dayfirst, sense = by_day > by_month, ": so the rows are regular"
    dates = day if dayfirst else month
    unclear = not given and dates.notna().all() and (month if dayfirst else day).notna().all()
    order = f"{'day' if dayfirst else 'month'} first{sense}"
    note = f"{text.iloc[first]!r} was read as {_long(dates.iloc[first])} ({order})" if unclear else None
    return DatesRead(dates, note, dayfirst=dayfirst)


def _doubt(cell: Any, day: Any, month: Any) -> str:
    return (
        f"{cell!r} may be {_long(day)} or {_long(month)}, and the rows don't tell which: say whether the day comes "
        f"first (dayfirst=True or False, --dayfirst or --monthfirst), or write dates such as {day:%Y-%m-%d}"
    )


def _long(date: Any) -> str:
    return f"{date.day} {date:%B %Y}"


def filled(dates: Dates) -> float:
    """How much of a regular grid, of days, hours or months, the dates fill: 1 if no place of it is empty.

    >>> filled(pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"])))
    0.8
    """
    times = np.unique(dates.to_numpy().astype("datetime64[us]"))
    months = times.astype("datetime64[M]")
    same_day = len(np.unique(times - months.astype(times.dtype))) == 1
    by_month = _filled(months.astype(np.int64)) if same_day else 0.0
    return max(by_month, _filled(times.astype(np.int64)))


def _filled(numbers: npt.NDArray[np.int64]) -> float:
    if len(numbers) < 2:
        return 1.0
    distances, counts = np.unique(np.diff(numbers), return_counts=True)
    step = int(distances[np.argmax(counts)])
    return min(1.0, len(numbers) / ((int(numbers[-1]) - int(numbers[0])) / step + 1))
