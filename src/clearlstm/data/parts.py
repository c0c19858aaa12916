"""Times that stand in several columns, such as year, month and day, or date and hour: they are asked for in one."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from clearlstm.data.dates import MONTHS
from clearlstm.data.keys import smallest_key, tell_apart
from clearlstm.data.times import TIME_OF_DAY, BadTime, parse_times
from clearlstm.errors import DataError

if TYPE_CHECKING:
    from clearlstm.data.frames import Table


class Part(NamedTuple):
    """A part of a time: what its column may be called, its least and largest number, a time down to it."""

    names: tuple[str, ...]
    least: int
    most: int
    written: str


PARTS: Final = {
    "year": Part(("year", "yr", "yyyy"), 0, 2500, "2015"),
    "quarter": Part(("quarter", "qtr"), 1, 4, "2015-Q1"),
    "month": Part(("month", "mon"), 1, 12, "2015-02"),
    "week": Part(("week",), 1, 53, "2015-W07"),
    "day": Part(("day", "dayofmonth", "dateofmonth", "dayofyear"), 1, 366, "2015-02-03"),
    "hour": Part(("hour", "hr"), 0, 24, "2015-02-03 04:00"),
    "minute": Part(("minute",), 0, 59, "2015-02-03 04:05"),
}
AFTER: Final = {
    "quarter": ("year",),
    "month": ("year",),
    "week": ("year",),
    "day": ("year", "month"),
    "hour": ("day",),
    "minute": ("hour",),
}
"""Of which larger parts each is a part."""
CLOCK_NAMES: Final = ("time", "timeofday", *PARTS["hour"].names)


def date_parts(table: "Table", names: Sequence[str]) -> dict[str, str]:
    """Columns that hold parts of a date, two or more that follow from one another: {"year": "Year", "month": "Mon"}."""
    columns = {part: name for part in PARTS for name in reversed(names) if _holds(table, name, part)}
    for finer, needless in (("month", "quarter"), ("day", "week")):
        if finer in columns:
            columns.pop(needless, None)
    parts = {
        part: name
        for part, name in columns.items()
        if any(part in AFTER.get(other, ()) or other in AFTER.get(part, ()) for other in columns)
    }
    return parts if {"year", "month", "day"} & set(parts) else {}


def check_date(table: "Table", chosen: str | None, names: Sequence[str]) -> None:
    """Refuse a table whose time would be a part of a date, where other columns of ``names`` hold the rest of it."""
    parts = date_parts(table, names)
    if parts and (chosen is None or chosen in parts.values()):
        without = "" if "year" in parts else " (and the year in none)"
        counted = {2: "two", 3: "three", 4: "four"}.get(len(parts), str(len(parts)))
        raise DataError(f"the times of {table.source} stand in {counted} columns{without}, {_joined(parts)}")


def check_clock(table: "Table", time: str, names: Sequence[str], ids: Sequence[str]) -> None:
    """Refuse dates that repeat beside a column with the time of day, if no others, nor ``ids``, account for that."""
    clock = clock_beside(table, time, names)
    if clock is None or tell_apart(table, [time, *ids]):
        return
    key = smallest_key(table, time, [clock, *(name for name in names if name != clock)], ids)
    if key is None or clock in key:
        raise DataError(f"the times of {table.source} stand in two columns, {_joined({'day': time, 'hour': clock})}")


def clock_beside(table: "Table", time: str, names: Sequence[str]) -> str | None:
    """The column of times of day, such as 04:00 or hours, beside a column of dates that have none."""
    clock = next((name for name in names if name != time and is_clock(table, name)), None)
    return clock if clock is not None and _is_by_day(table, time) else None


def to_join(table: "Table", time: str, names: Sequence[str], ids: Sequence[str]) -> str | None:
    """What to do about a ``time`` that is a part of one, of which other columns hold the rest; None if it isn't."""
    parts = date_parts(table, [time, *names, *ids])
    if time in parts.values():
        return _joined(parts)
    clock = clock_beside(table, time, names)
    return None if clock is None else _joined({"day": time, "hour": clock})


def _joined(parts: dict[str, str]) -> str:
    *names, last = map(repr, parts.values())
    one = "both" if len(parts) == 2 else "them"
    return f"{', '.join(names)} and {last}: write {one} in one, such as {PARTS[list(parts)[-1]].written}"


def _called(name: str) -> str:
    return re.sub(r"[\W_]", "", str(name).lower())


def _holds(table: "Table", column: str, part: str) -> bool:
    """Whether a column is called like a part of a time, and its cells, numbers or names of months, fit."""
    names, least, most, _ = PARTS[part]
    if _called(column) not in names:
        return False
    cells = table.first_cells(column)
    if part == "month" and len(cells) and cells.map(_is_month).all():
        return True
    numbers = pd.to_numeric(cells, errors="coerce")
    return bool(len(numbers) and (numbers.between(least, most) & (numbers % 1 == 0)).all())


def _is_month(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell.strip()) > 2 and any(m.startswith(cell.strip().lower()) for m in MONTHS)


def is_clock(table: "Table", column: str) -> bool:
    """Whether a column is called like a time of day, and its cells are some."""
    if _called(column) not in CLOCK_NAMES:
        return False
    cells = table.first_cells(column).map(lambda cell: str(cell).strip())
    return bool(len(cells) and cells.str.fullmatch(TIME_OF_DAY).all()) or _holds(table, column, "hour")


def _is_by_day(table: "Table", column: str) -> bool:
    """Whether the cells are dates without a time of day."""
    try:
        times = parse_times(table.first_cells(column).to_numpy()).values
    except BadTime:
        return False
    return times.dtype.kind == "M" and bool((times == times.astype("datetime64[D]")).all())
