"""Long tables of any library of frames, checked and made a :class:`Panel`."""

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.cells import is_missing, notes_on_commas, numbers, read_covariate, weights_of
from clearlstm.data.columns import SharedTimes, Widened, as_array, is_long
from clearlstm.data.frequency import Frequency, alias_remedy, evenly_chosen, given_frequency, infer_frequency
from clearlstm.data.ids import Ids, Runs, read_runs
from clearlstm.data.keys import named, smallest_key
from clearlstm.data.lazy import eager
from clearlstm.data.listing import listed
from clearlstm.data.panel import Panel
from clearlstm.data.parts import to_join
from clearlstm.data.times import (
    PLAIN,
    TIME_DTYPE,
    BadTime,
    TimeArray,
    TimeReading,
    Times,
    format_time,
    parse_times,
    time_texts,
)
from clearlstm.data.zones import Clock, Zoned, clock_for, in_zone, is_known, zone_notes
from clearlstm.errors import DataError, InputError

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

MONTH_NAMES = re.compile(r"month|monat|mois|period|date|yyyy|^ym$", re.IGNORECASE)
"""Names of columns in which 201502 is a month, and not the number of a step."""

LOOK_AT_ROWS = 200

TIMES_READ = (
    "Dates such as 2024-01-31, times such as 2024-01-31 12:30, months, weeks and quarters such as 2024-01, 2024-W05 "
    "and 2024-Q1, and whole numbers that count steps"
)


@dataclass(frozen=True)
class Columns:
    """The names of the columns that matter; ``id`` is None for a table of a single series, and may be several."""

    time: str
    target: str
    id: str | tuple[str, ...] | None = None
    covariates: tuple[str, ...] = ()
    weight: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The columns that tell series apart: none, one or several."""
        return names_of(self.id)


def is_path(given: Any) -> bool:
    """Whether it names a file instead of holding data."""
    return isinstance(given, (str, os.PathLike))


def names_of(given: Any) -> tuple[str, ...]:
    """One name, several or none, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given or ())


class Melted(NamedTuple):
    """The wide table that a long one was made of: its ``columns`` stand in ``value``, one below the other."""

    table: "Table"
    columns: tuple[str, ...]
    value: str


@dataclass(frozen=True)
class Table:
    """A frame to be read, and how to speak of its rows: "line 17 of prices.csv" or "row 15"."""

    frame: nw.DataFrame[Any]
    source: str = "the table"
    lines: bool = False
    notes: tuple[str, ...] = ()
    """What the caller should know of how it came about."""
    melted: Melted | None = None

    @classmethod
    def of(cls, frame: "IntoFrame", source: str = "the table", *, lines: bool = False) -> "Table":
        """Take a frame of any library that narwhals knows; a lazy one is collected, and a note tells its size."""
        try:
            table, notes = eager(frame, source)
        except TypeError as error:
            advice = ": read the file first, with pandas.read_csv for instance" if is_path(frame) else ""
            raise InputError(
                f"the data are a {type(frame).__name__}; a frame of pandas, polars, pyarrow or Modin, a DuckDB "
                f"relation or another lazy frame is needed{advice}"
            ) from error
        except nw.exceptions.DuplicateError as error:
            message = " ".join(str(error).split())
            raise DataError(f"{source} has columns of the same name: rename one of them ({message})") from error
        if not len(table):
            raise DataError(f"{source} has no rows: give one with data")
        return cls(table, source, lines, notes)

    def row(self, position: int) -> str:
        """How the user finds row ``position``, counted from 0."""
        if self.melted is not None:
            return self.melted.table.row(position % self.height)
        return f"line {position + 2} of {self.source}" if self.lines else f"row {position}"

    def column_at(self, column: str, position: int) -> str:
        """What the user calls ``column`` in row ``position``."""
        melted = self.melted
        return column if melted is None or column != melted.value else melted.columns[position // self.height]

    @property
    def height(self) -> int:
        """How many rows the user has given."""
        return len(self.frame if self.melted is None else self.melted.table.frame)

    def raw(self, column: str) -> npt.NDArray[Any]:
        """A column as NumPy has it; unknown names are refused."""
        return np.asarray(self._column(column).to_numpy())

    def first_cells(self, column: str) -> "pd.Series[Any]":
        """What is known in the first rows, as the column has it: enough to see what it may be."""
        raw = pd.Series(np.asarray(self.frame[column].head(LOOK_AT_ROWS).to_numpy()), dtype=object)
        return raw[~raw.map(is_missing).to_numpy(bool)]

    def cells(self, column: str, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Its cells in ``rows`` (n,)."""
        return np.asarray(self._column(column)[rows.tolist()].to_numpy())

    def labels(self, column: str, rows: slice) -> npt.NDArray[Any]:
        """What is the same in two of ``rows`` where their cells are: the cells, or the numbers of their categories."""
        series = self._column(column)
        native = series.to_native()
        if isinstance(native, pd.Series) and isinstance(native.dtype, pd.CategoricalDtype):
            return np.asarray(native.cat.codes.to_numpy()[rows])
        return np.asarray(series[rows].to_numpy())

    def _column(self, name: str) -> nw.Series[Any]:
        if name not in self.frame.columns:
            columns = listed(self.frame.columns)
            single = " (for a table of one series: id_col=None)" if name == "unique_id" else ""
            raise DataError(f"{self.source} has no column {name!r}; it has {columns}{single}{self._about_index()}")
        return self.frame[name]

    def _about_index(self) -> str:
        """Where a column might be that isn't there: pandas' index is none."""
        index = getattr(self.frame.to_native(), "index", None)
        if index is None or isinstance(index, pd.RangeIndex):
            return ""
        return " (the index is no column: reset_index() makes it one)"


def read_panel(
    table: Table,
    columns: Columns,
    freq: str | int | None = None,
    *,
    dayfirst: bool | None = None,
    like: Panel | None = None,
) -> Panel:
    """Check the columns, sort the rows by series and time, and find the frequency.

    It, and how times are read, is that of the panel ``like``, if there is one: of the table that this one goes with.
    Raises :class:`DataError` that names column and row where a cell can't be used. An empty target is a missing value.
    """
    reading = TimeReading(dayfirst, _counts_months(freq)) if like is None else like.reading_of_others
    runs = read_runs(table, columns)
    values, shared = numbers(table, columns.target, narrow=True), _shared_times(table, columns.time, runs)
    if shared is None:
        dated = read_times(table, columns.time, reading, like=like)
        order, notes = _sorted(table, columns, runs, dated)
        times = dated.values[order]
    else:
        dated, notes = Times(as_array(shared)), []
        times = dated.values
        order = _one_after_the_other(runs)
        _check_zone_alike(table, columns.time, dated, like)
    notes = [f"Column {columns.time!r}: {note}." for note in dated.notes] + _notes_on_cells(table, columns) + notes
    counts = np.bincount(runs.series, weights=np.diff(runs.bounds), minlength=len(runs.ids))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    values = values[order]
    weight = None if columns.weight is None else weights_of(table, columns.weight)[order]
    covariates = {name: read_covariate(table, name).at(order) for name in columns.covariates}
    frequency = _frequency(freq, times, offsets) if like is None else like.frequency
    if like is None:
        _check_one_step(runs.ids, times, offsets, frequency)
    values = as_array(Widened(values)) if values.dtype == np.float32 else values
    return Panel(runs.ids, times, values, offsets, frequency, tuple(notes), weight, covariates, reading=dated.reading)


def _notes_on_cells(table: Table, columns: Columns) -> list[str]:
    return notes_on_commas(table, (columns.target, *filter(None, [columns.weight]), *columns.covariates))


def _shared_times(table: Table, column: str, runs: Runs) -> SharedTimes | None:
    """The times of a long table's series, one after the other, if each stands in order and most have the same."""
    column_type = table.frame.schema.get(column)
    if not is_long(len(table.frame)) or not runs.together or getattr(column_type, "time_zone", None) is not None:
        return None
    raw = table.raw(column)
    if raw.dtype.kind != "M":
        return None
    at = np.argsort(runs.series)
    shared = SharedTimes.of(raw, runs.bounds[at], runs.bounds[at + 1])
    distinct = None if shared is None else shared.distinct.astype(TIME_DTYPE)
    if shared is None or distinct is None or not (distinct[1:] > distinct[:-1]).all():
        return None
    return shared.with_distinct(distinct)


def _one_after_the_other(runs: Runs) -> npt.NDArray[np.int64] | slice:
    """The rows of runs, one for each series, in the order of the ids."""
    if (np.diff(runs.series) > 0).all():
        return slice(None)
    bounds = runs.bounds[np.argsort(runs.series)], runs.bounds[np.argsort(runs.series) + 1]
    return np.concatenate([np.arange(begin, end) for begin, end in zip(*bounds, strict=True)])


def _sorted(
    table: Table, columns: Columns, runs: Runs, dated: Times
) -> tuple[npt.NDArray[np.int64] | slice, list[str]]:
    """The rows by series and time, and a note if they were in another order; a time that is there twice is refused."""
    series = runs.row_series
    order = _order(series, dated.values)
    _check_duplicates(table, columns, order, series, dated.values, runs.ids, dated.reading.clock)
    if isinstance(order, slice) or _in_time_order(series, dated.values):
        return order, []
    return order, ["The rows were not in order of time; they were sorted."]


def _counts_months(freq: str | int | None) -> bool | None:
    """Whether 201502 is a month or the number of a step, as far as ``freq`` tells."""
    return None if freq is None else isinstance(freq, str)


def _frequency(freq: str | int | None, times: TimeArray, offsets: npt.NDArray[np.int64]) -> Frequency:
    if freq is None:
        return infer_frequency(*evenly_chosen(times, offsets))
    times, offsets = evenly_chosen(times, offsets)
    given = given_frequency(freq, times)
    apart = given.misfit(times, offsets)
    if apart is not None:
        raise InputError(
            f"freq is {freq!r}, but the rows are mostly {apart} apart: leave freq out, or bring them to that distance"
        )
    stray = given.stray(times)
    if stray is not None:
        raise InputError(
            f"freq is {freq!r}, but the rows aren't on its days ({format_time(stray)} is not), so the first forecast "
            f"would not be a step after the last row: {alias_remedy(given, times)}"
        )
    return given


def _check_one_step(ids: Ids, times: TimeArray, offsets: npt.NDArray[np.int64], frequency: Frequency) -> None:
    """Refuse series whose rows lie otherwise apart than most: their forecasts would get the times of the others."""
    strangers = frequency.strangers(times, offsets)
    if len(strangers):
        k = strangers[0]
        rows = slice(offsets[k], offsets[k + 1])
        apart = frequency.misfit(times[rows], np.array([0, offsets[k + 1] - offsets[k]]))
        raise DataError(
            f"series {str(ids[k])!r} has rows {apart or 'otherwise'} apart, and most others {frequency.words} "
            f"({len(strangers)} of {len(ids)} series are like it): forecast series of each step by themselves"
        )


def _order(series: npt.NDArray[np.int64], times: TimeArray) -> npt.NDArray[np.int64] | slice:
    """The rows by series and time; if they stand so already, a slice of all: a long table is then not copied."""
    later, steps = times[1:] >= times[:-1], np.diff(series)
    return slice(None) if ((steps > 0) | ((steps == 0) & later)).all() else np.lexsort((times, series))


def _in_time_order(series: npt.NDArray[np.int64], times: TimeArray) -> bool:
    """Whether each series by itself already runs forward in time, however the series are interleaved."""
    order = np.argsort(series, kind="stable")
    forward = np.diff(times[order]).astype(np.int64) > 0
    return bool(np.all(forward | (np.diff(series[order]) > 0)))


def read_times(table: Table, column: str, reading: TimeReading = PLAIN, *, like: Panel | None = None) -> Times:
    """A column of times; what can't be read, or only by being told how, is refused with the row.

    Times with a zone are put on the clock of ``like``, or else on the one that suits them.
    """
    if reading.months is None and MONTH_NAMES.search(str(column)):
        reading = replace(reading, months=True)
    try:
        times = _parse(table, column, reading)
    except BadTime as error:
        if error.every and len(table.frame) > 1:
            where = table.row(error.position)
            raise DataError(
                f"no cell of column {column!r} is read as a time: {error} ({where}). {TIMES_READ} are read: "
                "write it like one of them, or name another column (time_col, --time)"
            ) from error
        at_end = error.position >= table.height - 2
        end = "It stands at the end: if it is a total or a remark, remove it. " if at_end else ""
        raise DataError(
            f"column {column!r}: {error} ({table.row(error.position)}). {end}Dates such as 2024-01-31, times such as "
            "2024-01-31 12:30 or whole numbers are read: correct the row or remove it"
        ) from error
    if times.doubt is not None:
        raise DataError(f"column {column!r}: {times.doubt}")
    _check_zone_alike(table, column, times, like)
    if times.zoned is None:
        return times
    clock = reading.clock or clock_for(times.zoned)
    notes = times.notes if like is not None else (*times.notes, *zone_notes(times.zoned, clock))
    return times._replace(values=clock.times(times.zoned), notes=notes, reading=replace(times.reading, clock=clock))


def _parse(table: Table, column: str, reading: TimeReading) -> Times:
    zone = getattr(table.frame.schema[column], "time_zone", None) if column in table.frame.columns else None
    if zone is None:
        return parse_times(table.raw(column), reading)
    if not is_known(zone):
        raise DataError(
            f"column {column!r} has the time zone {zone}, which isn't known by that name: convert it to one such as "
            "Europe/Berlin or UTC (pandas: .dt.tz_convert('UTC'), polars: .dt.convert_time_zone('UTC'))"
        )
    utc = table.frame[column].dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
    times = parse_times(np.asarray(utc), reading)
    return times._replace(zoned=Zoned(times.values, in_zone(times.values, zone), zone))


def _check_zone_alike(table: Table, column: str, times: Times, like: Panel | None) -> None:
    """Refuse times with a zone after a history without, and the other way round: no one could say which come first."""
    if like is None:
        return
    dated = like.times.dtype.kind == times.values.dtype.kind == "M"
    if dated and (times.zoned is None) != (like.reading.clock is None):
        had, has = (
            ("have no time zone", "have one") if like.reading.clock is None else ("have a time zone", "have none")
        )
        raise DataError(
            f"the times of the fitted table {had}, those in column {column!r} of {table.source} {has}: give them alike"
        )


def _check_duplicates(
    table: Table,
    columns: Columns,
    order: npt.NDArray[np.int64] | slice,
    series: npt.NDArray[np.int64],
    times: TimeArray,
    ids: Ids,
    clock: Clock | None,
) -> None:
    same = (np.diff(series[order]) == 0) & (times[order][1:] == times[order][:-1])
    if not same.any():
        return
    first = int(np.argmax(same))
    rows = sorted(np.arange(len(series))[order][first : first + 2].tolist())
    where = f"{table.row(rows[0])} and {table.row(rows[1])}"
    when = time_texts(times[rows[0]], clock).item()
    others = {columns.time, columns.target, columns.weight, *columns.covariates}
    free = [name for name in table.frame.columns if name not in others]
    joined = to_join(table, columns.time, [name for name in free if name not in columns.ids], columns.ids)
    if joined is not None:
        raise DataError(f"column {columns.time!r} has {when} twice ({where}): the times stand in {joined}")
    key = smallest_key(table, columns.time, free, columns.ids)
    remedy = f"if they belong to several series, name the columns that tell those apart {named(key)}" if key else ""
    if columns.id is None:
        remedy = remedy or "if the table holds several series, name the column that tells them apart (id_col, --id)"
        raise DataError(f"column {columns.time!r} has {when} twice ({where}): keep one of the rows, or, {remedy}")
    which = f"series {str(ids[series[rows[0]]])!r} has two rows for {when} ({where})"
    raise DataError(f"{which}: {remedy}; otherwise keep one of them" if key else f"{which}: keep one of them")
