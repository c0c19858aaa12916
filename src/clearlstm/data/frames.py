"""Long tables, pandas or polars, checked and made a :class:`Panel`."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.data.covariates import Covariate
from clearlstm.data.decimals import has_decimal_commas, is_ambiguous, to_numbers
from clearlstm.data.frequency import Frequency, alias_remedy, given_frequency, infer_frequency
from clearlstm.data.keys import named, smallest_key
from clearlstm.data.panel import Panel
from clearlstm.data.times import PLAIN, BadTime, TimeArray, TimeReading, Times, format_time, parse_times
from clearlstm.data.zones import Zoned, clock_for, in_zone, is_known, zone_notes
from clearlstm.errors import DataError, InputError

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

LARGEST = 1e100
"""Squares of larger numbers, and their sums, would soon be infinite."""
TWO_MEANINGS = "may have thousands or a decimal sign in it"
TOO_LARGE = f"is beyond ±{LARGEST:g} and can't be computed with"

MONTH_NAMES = re.compile(r"month|monat|mois|period|date|yyyy|^ym$", re.IGNORECASE)
"""Names of columns in which 201502 is a month, and not the number of a step."""

JOINED_BY = " / "
"""What stands between the parts of an id that several columns make up."""

MISSING_TEXT = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "<na>"})


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


def names_of(given: Any) -> tuple[str, ...]:
    """One name, several or none, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given or ())


@dataclass(frozen=True)
class Table:
    """A frame to be read, and how to speak of its rows: "line 17 of prices.csv" or "row 15"."""

    frame: nw.DataFrame[Any]
    source: str = "the table"
    lines: bool = False

    @classmethod
    def of(cls, frame: "IntoDataFrame", source: str = "the table", *, lines: bool = False) -> "Table":
        """Take a pandas or polars frame (or another that narwhals knows)."""
        try:
            table = nw.from_native(frame, eager_only=True)
        except TypeError as error:
            raise InputError(
                f"the data are a {type(frame).__name__}; a pandas or polars DataFrame is needed (lazy ones collected)"
            ) from error
        except nw.exceptions.DuplicateError as error:
            message = " ".join(str(error).split())
            raise DataError(f"{source} has columns of the same name: rename one of them ({message})") from error
        if not len(table):
            raise DataError(f"{source} has no rows: give one with data")
        return cls(table, source, lines)

    def row(self, position: int) -> str:
        """How the user finds row ``position``, counted from 0."""
        return f"line {position + 2} of {self.source}" if self.lines else f"row {position}"

    def raw(self, column: str) -> npt.NDArray[Any]:
        """A column as NumPy has it; unknown names are refused."""
        if column not in self.frame.columns:
            columns = ", ".join(map(str, self.frame.columns))
            raise DataError(f"{self.source} has no column {column!r}; it has {columns}{self._about_index()}")
        return np.asarray(self.frame[column].to_numpy())

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
    dated = read_times(table, columns.time, reading, like=like)
    values = numbers(table, columns.target)
    ids, series = read_ids(table, columns)
    order = _order(series, dated.values)
    _check_duplicates(table, columns, order, series, dated.values, ids)
    notes = [f"Column {columns.time!r}: {note}." for note in dated.notes]
    notes += _notes_on_commas(table, (columns.target, *filter(None, [columns.weight]), *columns.covariates))
    if not isinstance(order, slice) and not _in_time_order(series, dated.values):
        notes.append("The rows were not in order of time; they were sorted.")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(series, minlength=len(ids)))]).astype(np.int64)
    times = dated.values[order]
    weight = None if columns.weight is None else _weights(table, columns.weight)[order]
    covariates = {name: read_covariate(table, name).at(order) for name in columns.covariates}
    frequency = _frequency(freq, times, offsets) if like is None else like.frequency
    if like is None:
        _check_one_step(ids, times, offsets, frequency)
    return Panel(ids, times, values[order], offsets, frequency, tuple(notes), weight, covariates, reading=dated.reading)


def _counts_months(freq: str | int | None) -> bool | None:
    """Whether 201502 is a month or the number of a step, as far as ``freq`` tells."""
    return None if freq is None else isinstance(freq, str)


def _frequency(freq: str | int | None, times: TimeArray, offsets: npt.NDArray[np.int64]) -> Frequency:
    if freq is None:
        return infer_frequency(times, offsets)
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


def _check_one_step(
    ids: npt.NDArray[np.object_], times: TimeArray, offsets: npt.NDArray[np.int64], frequency: Frequency
) -> None:
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
        raise DataError(
            f"column {column!r}: {error} ({table.row(error.position)}). Dates such as 2024-01-31, times such as "
            "2024-01-31 12:30 or whole numbers are read: correct the row or remove it"
        ) from error
    if times.doubt is not None:
        raise DataError(f"column {column!r}: {times.doubt}")
    if like is not None:
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


def _check_zone_alike(table: Table, column: str, times: Times, like: Panel) -> None:
    """Refuse times with a zone after a history without, and the other way round: no one could say which come first."""
    dated = like.times.dtype.kind == times.values.dtype.kind == "M"
    if dated and (times.zoned is None) != (like.reading.clock is None):
        had, has = (
            ("have no time zone", "have one") if like.reading.clock is None else ("have a time zone", "have none")
        )
        raise DataError(
            f"the times of the fitted table {had}, those in column {column!r} of {table.source} {has}: give them alike"
        )


def numbers(table: Table, column: str) -> npt.NDArray[np.float64]:
    """A column as float64, missing cells as not-a-number; text and infinities are refused with their row."""
    raw = table.raw(column)
    if raw.dtype.kind not in "iufOUT":
        raise DataError(f"column {column!r} holds {raw.dtype.name} values; numbers are needed")
    if raw.dtype.kind in "iuf":
        values = raw.astype(np.float64)
        missing = np.isnan(values)
    else:
        text = pd.Series(raw, dtype=object)
        missing = text.map(is_missing).to_numpy(bool)
        endless = text.map(lambda value: isinstance(value, int) and abs(value) > LARGEST).to_numpy(bool)
        _refuse(table, column, raw, endless, TOO_LARGE)  # such an int need not fit into a float
        values = to_numbers(text.mask(missing)).to_numpy(np.float64, na_value=np.nan)
        booleans = text.map(lambda value: isinstance(value, bool)).to_numpy(bool)
        bad = (np.isnan(values) & ~missing) | booleans
        _refuse(table, column, raw, bad & text.map(is_ambiguous).to_numpy(bool), TWO_MEANINGS)
        _refuse(table, column, raw, bad, "is not a number")
        _refuse(table, column, raw, _perhaps_thousands(table, text), TWO_MEANINGS)
    _refuse(table, column, raw, np.isinf(values), "is not finite")
    _refuse(table, column, raw, np.abs(values) > LARGEST, TOO_LARGE)
    return values


def _notes_on_commas(table: Table, columns: tuple[str, ...]) -> list[str]:
    """What is said of columns whose commas are decimal signs."""
    return [f"Column {name!r}: commas were read as decimal signs." for name in columns if _by_comma(table.raw(name))]


def _by_comma(raw: npt.NDArray[Any]) -> bool:
    return raw.dtype.kind in "OUT" and has_decimal_commas(pd.Series(raw, dtype=object))


def _perhaps_thousands(table: Table, text: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Which cells (rows,) have a point that may mean thousands: 1.234, all through, where other columns have commas."""
    pointed = text.map(lambda value: isinstance(value, str) and "." in value).to_numpy(bool)
    doubtful = text.map(is_ambiguous).to_numpy(bool)
    if pointed.any() and (doubtful == pointed).all() and not has_decimal_commas(text):
        return pointed & any(_by_comma(table.raw(name)) for name in table.frame.columns)
    return np.zeros(len(text), bool)


def _weights(table: Table, column: str) -> npt.NDArray[np.float64]:
    weights = numbers(table, column)
    _refuse(table, column, table.raw(column), ~(weights >= 0), "is no weight")
    if not weights.any():
        raise DataError(f"column {column!r} holds nothing but 0, so no row would count: give some a weight above 0")
    return weights


def read_covariate(table: Table, column: str) -> Covariate:
    """A column as numbers, if all its cells are (True counts 1); else as categories. An empty cell is refused."""
    raw = table.raw(column)
    if raw.dtype.kind in "mM":
        raise DataError(f"column {column!r} holds {raw.dtype.name} values; a covariate holds numbers or categories")
    if raw.dtype.kind == "b":
        return Covariate(raw.astype(np.float64))
    text = pd.Series(raw, dtype=object)
    empty = np.isnan(raw) if raw.dtype.kind == "f" else text.map(is_missing).to_numpy(bool)
    if empty.any():
        raise DataError(
            f"column {column!r} is empty in {table.row(int(np.argmax(empty)))}; a covariate needs a value in every "
            "row: fill it in, or leave the column out"
        )
    categorical = table.frame.schema[column] in (nw.Categorical, nw.Enum)
    if categorical or (raw.dtype.kind in "OUT" and (to_numbers(text).isna() & ~text.map(is_ambiguous)).any()):
        return Covariate.of_texts(text.astype(str).to_numpy(object))
    return Covariate(numbers(table, column))


def is_missing(value: Any) -> bool:
    """Whether a cell is empty, or a text that says so."""
    if isinstance(value, str):
        return value.strip().lower() in MISSING_TEXT
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _refuse(table: Table, column: str, raw: npt.NDArray[Any], bad: npt.NDArray[np.bool_], why: str) -> None:
    if bad.any():
        position = int(np.argmax(bad))
        value = raw[position]
        shown = repr(value) if isinstance(value, str) else str(value)
        comma = isinstance(value, str) and ("," in value or why == TWO_MEANINGS)
        hint = " (write decimals with a point and no separators for thousands)" if comma else ""
        raise DataError(
            f"column {column!r} holds {shown}, which {why}, in {table.row(position)}{hint}: "
            "correct it, or leave the cell empty to mark it as missing"
        )


def read_ids(table: Table, columns: Columns) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """The ids in order, (S,), and the number of each row's series, (rows,)."""
    if columns.id is None:
        return np.array([columns.target], dtype=object), np.zeros(len(table.frame), dtype=np.int64)
    parts = {name: _read_id(table, name) for name in columns.ids}
    return _joined_ids(parts) if len(parts) > 1 else parts[columns.ids[0]]


def _joined_ids(
    parts: dict[str, tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """The ids of several columns, with the numbers of the rows' ids, as one: their texts, joined, in their order."""
    sizes = [len(ids) for ids, _ in parts.values()]
    used, series = np.unique(np.ravel_multi_index([at for _, at in parts.values()], sizes), return_inverse=True)
    texts = []
    for (name, (ids, _)), places in zip(parts.items(), np.unravel_index(used, sizes), strict=True):
        texts.append(ids.astype(str)[places])
        unclear = next((text for text in texts[-1] if JOINED_BY in text), None)
        if unclear is not None:
            raise DataError(
                f"column {name!r} holds {str(unclear)!r}, and {JOINED_BY!r} is what joins the ids of several columns: "
                "write it otherwise"
            )
    joined = np.empty(len(used), dtype=object)
    joined[:] = [JOINED_BY.join(each) for each in zip(*texts, strict=True)]
    return joined, series.astype(np.int64)


def _read_id(table: Table, column: str) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """The distinct cells of a column in order, (S,), and the number of each row's, (rows,)."""
    try:
        codes, distinct = pd.factorize(pd.Series(table.raw(column), dtype=object))
    except TypeError as error:
        raise DataError(f"column {column!r} holds lists; ids are texts or numbers") from error
    empty = np.isin(codes, np.flatnonzero(distinct == "")) | (codes < 0)
    if empty.any():
        raise DataError(
            f"column {column!r} is empty in {table.row(int(np.argmax(empty)))}; every row must say which series it "
            "belongs to: fill it in or remove the row"
        )
    ids = np.empty(len(distinct), dtype=object)
    ids[:] = list(distinct)
    try:
        rank = np.argsort(ids, kind="stable")
    except TypeError:  # ids of several types have no order of their own
        rank = np.argsort(ids.astype(str), kind="stable")
    place = np.empty(len(rank), dtype=np.int64)
    place[rank] = np.arange(len(rank))
    return ids[rank], place[codes]


def _check_duplicates(
    table: Table,
    columns: Columns,
    order: npt.NDArray[np.int64] | slice,
    series: npt.NDArray[np.int64],
    times: TimeArray,
    ids: npt.NDArray[np.object_],
) -> None:
    same = (np.diff(series[order]) == 0) & (times[order][1:] == times[order][:-1])
    if not same.any():
        return
    first = int(np.argmax(same))
    rows = sorted(np.arange(len(series))[order][first : first + 2].tolist())
    where = f"{table.row(rows[0])} and {table.row(rows[1])}"
    when = format_time(times[rows[0]])
    others = {columns.time, columns.target, columns.weight, *columns.covariates}
    key = smallest_key(table, columns.time, [name for name in table.frame.columns if name not in others], columns.ids)
    remedy = f"if they belong to several series, name the columns that tell those apart {named(key)}" if key else ""
    if columns.id is None:
        remedy = remedy or "if the table holds several series, name the column that tells them apart (id_col, --id)"
        raise DataError(f"column {columns.time!r} has {when} twice ({where}): keep one of the rows, or, {remedy}")
    which = f"series {str(ids[series[rows[0]]])!r} has two rows for {when} ({where})"
    raise DataError(f"{which}: {remedy}; otherwise keep one of them" if key else f"{which}: keep one of them")
