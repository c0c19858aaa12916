"""Which column is the time, which the target, which tells the series apart: guessed only where it is plain."""

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.decimals import is_ambiguous, to_numbers
from clearlstm.data.frames import Columns, Table, names_of
from clearlstm.data.keys import named, smallest_key, tell_apart
from clearlstm.data.listing import listed
from clearlstm.data.parts import check_clock, check_date, clock_beside, date_parts, is_clock
from clearlstm.data.times import BadTime, parse_times
from clearlstm.errors import DataError

TIME_NAMES = (
    "ds", "date", "datetime", "timestamp", "time", "day", "month", "week", "quarter", "year", "period", "step", "t",
)  # fmt: skip
TARGET_NAMES = (
    "y", "value", "target", "adj_close", "adj close", "close", "price", "sales", "demand", "load", "volume",
)  # fmt: skip
ID_NAMES = ("unique_id", "id", "ticker", "symbol", "series", "series_id", "item", "item_id", "store", "name")
PARTS_OF_TIME = ("hour", "hr", "minute", "time", "month", "day", "week", "quarter", "period")
"""Names of columns that often hold a part of the time, beside another of dates or years."""
FIRST_CELLS = 10
"""Cells that are looked at before all the others."""
MOST_STRAY_CELLS = 2
YEAR = re.compile(r"(1[89]|20|21)\d\d")
DECIMAL = re.compile(r"(?!\d{1,2}\.\d{4}$|\d{4}\.\d\d?$)[+-]?\d*[.,]\d*(e[+-]?\d+)?", re.IGNORECASE)
"""A number with a decimal sign that is no month, as 01.2015 may be one."""


def guess_columns(
    table: Table,
    *,
    time: str | None = None,
    target: str | None = None,
    id: str | Sequence[str] | None = None,  # noqa: A002
    others: Sequence[str] = (),
) -> tuple[Columns, list[str]]:
    """The columns that the user didn't name, and one sentence a guess. What isn't plain is asked for instead.

    ``others`` are columns that are none of them, such as covariates.
    """
    ids = names_of(id)
    for given in (time, target, *ids):
        if given is not None:
            table.raw(given)  # refuses a name that isn't there
    taken = {name for name in (time, target, *ids, *others) if name is not None}
    free = free_columns(table, taken)
    time_column = time or guess_time(table, perhaps_times(table, taken), ids)
    free = [name for name in free if name != time_column]
    if clock_beside(table, time_column, free) is not None:
        check_clock(table, time_column, free, ids or likely_id(table, free))
    target_column = target or _guess_target(table, free, time_column)
    free = [name for name in free if name != target_column]
    id_column = (ids if len(ids) > 1 else ids[0]) if ids else _guess_id(table, free, time_column)
    guesses = [("time", time, time_column), ("target", target, target_column), ("series", id, id_column)]
    guessed = [f"{what} = {name!r}" for what, given, name in guesses if given is None and name is not None]
    notes = [f"Columns guessed: {', '.join(guessed)}."] if guessed else []
    return Columns(time_column, target_column, id_column), notes


def free_columns(table: Table, taken: Collection[str]) -> list[str]:
    """The columns whose meaning can be guessed: not ``taken``, named, and of single values."""
    free = [name for name in table.frame.columns if name not in taken and not is_unnamed(name)]
    return [name for name in free if is_plain(table, name)]


def perhaps_times(table: Table, taken: Collection[str]) -> list[str]:
    """The same and the first column if it has no name, as pandas writes its index."""
    first = [name for name in table.frame.columns[:1] if is_unnamed(name) and name not in taken]
    return [name for name in first if is_plain(table, name)] + free_columns(table, taken)


def is_unnamed(name: str) -> bool:
    """Whether the header leaves a column without a name."""
    return str(name).startswith("Unnamed:")


def guess_time(table: Table, free: Sequence[str], ids: Sequence[str] = ()) -> str:
    """The column of times among ``free``, if it is plain; not a part of a date of which other columns hold the rest.

    One without a name is taken if it holds dates, or if it counts and no other could be meant.
    """
    index = [name for name in free if is_unnamed(name)]
    readable = [name for name in free if reads_as_times(table, name)]
    chosen = by_name(readable, TIME_NAMES)
    parts = date_parts(table, [*free, *ids]).values()
    dated = [name for name in readable if name not in parts and not reads_as_numbers(table, name)]
    if len(dated) == 1 and (chosen is None or chosen in parts or dated == index):
        return chosen if chosen in dated else dated[0]
    check_date(table, chosen, [*free, *ids])
    if chosen is not None:
        return chosen
    if dated:
        raise DataError(f"{_not_plain(table)}: name it (time_col, --time)")
    _check_years_across(table)
    begun = [name for name in free if not reads_as_numbers(table, name) and begins_with_times(table, name)]
    named = by_name(free, TIME_NAMES)
    if named is not None or len(begun) == 1:
        return named or begun[0]  # reading it in full will name the row that is wrong
    if index and index[0] in readable and _counts_up(table, index[0]):
        return index[0]
    if readable and len(table.frame.columns) > 1:
        raise DataError(
            f"{_not_plain(table)}: name it (time_col, --time), or add one that counts 1, 2, 3, … if none does"
        )
    raise DataError(
        f"no column of {table.source} holds times (it has {listed(table.frame.columns)}): add one of dates, or one "
        "that counts 1, 2, 3, …, or name the one that is meant (time_col, --time)"
    )


def _not_plain(table: Table) -> str:
    return f"it isn't plain which column of {table.source} holds the times (it has {listed(table.frame.columns)})"


def _counts_up(table: Table, column: str) -> bool:
    numbers = to_numbers(table.first_cells(column))
    return bool(numbers.is_monotonic_increasing and numbers.is_unique)


def _check_years_across(table: Table) -> None:
    """Refuse a table with a column for each year, as the World Bank and Eurostat publish them."""
    years = [year for name in table.frame.columns if YEAR.fullmatch(year := str(name).strip())]
    if len(years) > 2 and 2 * len(years) > len(table.frame.columns):
        raise DataError(
            f"{table.source} has a column for each year ({listed(years)}): turn it, so that the years stand in one "
            "column and each series in another (a spreadsheet pastes transposed, pandas has .T)"
        )


def _guess_target(table: Table, free: Sequence[str], time: str) -> str:
    if list(table.frame.columns) == [time]:
        raise DataError(
            f"{table.source} has no column but {time!r}: a forecast needs a column of times and one of numbers. If "
            f"{time!r} is what to forecast, add a column that counts 1, 2, 3, …"
        )
    numeric = [name for name in free if reads_as_numbers(table, name)]
    numeric = [name for name in numeric if name.strip().lower() not in PARTS_OF_TIME] or numeric
    chosen = by_name(numeric, TARGET_NAMES) or by_name(free, TARGET_NAMES)
    if chosen is not None:
        return chosen
    if len(numeric) == 1:
        return numeric[0]
    if not numeric:
        raise DataError(
            f"{table.source} has no column of numbers to forecast (it has {listed(table.frame.columns)}"
            f"{_almost_numbers(table, free)}): add one, or name the one that is meant (target_col, --target)"
        )
    wide = "; or take each as a series of its own (--wide, in pandas melt)" if tell_apart(table, [time]) else ""
    raise DataError(
        f"{table.source} has several columns of numbers ({listed(numeric)}): name the one to forecast "
        f"(target_col, --target){wide}"
    )


def _almost_numbers(table: Table, free: Sequence[str]) -> str:
    """The first column whose cells have more than a number in them, such as a unit."""
    for name in free:
        first = table.first_cells(name).astype(str).iloc[:1].tolist()
        if first and any(sign.isdigit() for sign in first[0]):
            return f"; {name!r} holds {first[0]!r}, and a cell has to hold a number alone"
    return ""


def _guess_id(table: Table, free: Sequence[str], time: str) -> str | None:
    """Only looked for where times repeat: a table whose times don't is a single series."""
    raw = pd.Series(table.raw(time), dtype=object)
    repeats = bool(raw.duplicated().any())
    chosen = by_name(free, ID_NAMES)
    if not repeats:
        single = chosen is not None and (chosen == "unique_id" or table.frame[chosen].n_unique() == 1)
        return chosen if single else None
    likely = likely_id(table, free)
    if likely and tell_apart(table, (time, *likely)):
        return likely[0]
    check_date(table, time, [time, *free])
    return _guess_from_rows(table, free, time, likely[0] if likely else None)


def likely_id(table: Table, free: Sequence[str]) -> list[str]:
    """The column that is called like an id, or the only one of texts but for times of day."""
    chosen = by_name(free, ID_NAMES)
    if chosen is not None:
        return [chosen]
    text = [name for name in free if not reads_as_numbers(table, name) and not is_clock(table, name)]
    return text if len(text) == 1 else []


def _guess_from_rows(table: Table, free: Sequence[str], time: str, chosen: str | None) -> str | None:
    """The id where names don't tell it: a column of texts that tells all rows apart. What else might is asked for.

    Where nothing does, rows stand twice, and it is left at what was ``chosen``: reading says which rows they are.
    """
    key = smallest_key(table, time, free)
    if key is None:
        return chosen
    if len(key) == 1 and not reads_as_numbers(table, key[0]):
        return key[0]
    which = " and ".join(map(repr, key)) + " together" * (len(key) > 1)
    part = by_name(key, PARTS_OF_TIME)
    if part is not None:
        raise DataError(
            f"rows of {table.source} have the same {time!r} and are told apart by {which}, as far as they show: write "
            f"{part!r}, a part of the time, and {time!r} in one column, such as 2015-02-03 04:00"
        )
    raise DataError(
        f"the series of {table.source} are told apart by {which}, as far as its rows show: name what does {named(key)}"
    )


def by_name(free: Sequence[str], known: Sequence[str]) -> str | None:
    """The first of the ``known`` names that is there, whatever its capitals."""
    names = {name.strip().lower(): name for name in reversed(free)}
    return next((names[name] for name in known if name in names), None)


def is_plain(table: Table, column: str) -> bool:
    """Whether the cells are single values: no lists, no records."""
    return bool(table.first_cells(column).map(pd.api.types.is_scalar).all())


def reads_as_times(table: Table, column: str) -> bool:
    """Whether its first cells are dates, or numbers that can stand for times.

    One or two that are none don't hide a column of dates, such as a total below a table: reading it in full names them.
    """
    return begins_with_times(table, column) and _read_as_times(_cells_of_times(table, column))


def begins_with_times(table: Table, column: str) -> bool:
    """The same of the very first cells, which is soon seen."""
    return _read_as_times(_cells_of_times(table, column)[:FIRST_CELLS])


def _cells_of_times(table: Table, column: str) -> npt.NDArray[Any]:
    """The first cells, as the column has them; none of a column of numbers with fractions."""
    sample = table.first_cells(column).to_numpy()
    kind = np.asarray(table.frame[column].head(1).to_numpy()).dtype
    return sample[:0] if kind.kind in "fb" else sample if kind.kind == "O" else sample.astype(kind)


def _read_as_times(cells: npt.NDArray[Any]) -> bool:
    if not len(cells):
        return False
    if sum(isinstance(cell, str) and DECIMAL.fullmatch(cell.strip()) is not None for cell in cells) > MOST_STRAY_CELLS:
        return False
    for strays in range(1 + min(len(cells) // 4, MOST_STRAY_CELLS)):
        try:
            times = parse_times(cells).values
        except BadTime as error:
            cells = np.delete(cells, error.position)
        else:
            return not strays or times.dtype.kind == "M"
    return False


def reads_as_numbers(table: Table, column: str) -> bool:
    """Whether at least nine tenths of the cells are numbers: one slip of the pen shouldn't hide a column.

    A number of two meanings, 1,234, is one: where it is read in full the user is asked for the meaning.
    """
    sample = table.first_cells(column)
    if not len(sample) or sample.map(lambda value: isinstance(value, (bool, np.datetime64, pd.Timestamp))).any():
        return False
    return bool((to_numbers(sample).notna() | sample.map(is_ambiguous)).mean() >= 0.9)
