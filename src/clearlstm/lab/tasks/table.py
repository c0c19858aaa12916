"""Read an uploaded table, guess its columns, and say what a forecast would make of it."""

import gzip
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from clearlstm.data.files import PARQUET_SUFFIXES
from clearlstm.data.frames import Table, read_panel
from clearlstm.data.guess import guess_time, perhaps_times, reads_as_numbers, reads_as_times
from clearlstm.data.source import Source, example_source, read_table, table_source
from clearlstm.data.times import BadTime, TimeReading, parse_times
from clearlstm.data.wide import SERIES, VALUE, lengthened
from clearlstm.errors import DataError
from clearlstm.forecasting.options import form, renamed
from clearlstm.forecasting.settings import USUAL_HORIZON, usual_horizon
from clearlstm.lab.limits import MEGABYTE
from clearlstm.lab.tasks import ROLES
from clearlstm.report.forecast_data import known_series

MAX_CELLS: Final = 50_000_000
NO_MORE_THAN_DAYS: Final = re.compile(r"(T00:00:00(\.0*)?|\.0+)$")
"""What a time ends with that says no more: whole seconds, or the beginning of a day."""

PREVIEW_ROWS: Final = 20
MAX_COLUMNS: Final = 2000
MAX_TEXT: Final = 200 * MEGABYTE
MOST_DATES: Final = 10_000
"""Rows that are looked at to tell whether day and month could change places."""

Roles = Mapping[str, Any]
"""How a table is to be read: the columns of ``ROLES``; dayfirst; wide, a column for each series. None: as it tells."""

ON_THE_PAGE: Final = (
    (re.compile(r"with --wide, also name .*"), "forecast one column of numbers"),
    (re.compile(r"\(dayfirst=True or False, --dayfirst or --monthfirst\)"), "(“Dates”, below)"),
    (re.compile(r"\(time_col, --time\)"), "(“Time”, below)"),
    (re.compile(r"\(target_col, --target\)"), "(“What to forecast”, below)"),
    (re.compile(r"\(--wide, in pandas melt\)"), "(“each column of numbers”, there)"),
    (re.compile(r"\(id_col, --id\)"), "(“Series”, below)"),
    (re.compile(r"\(id_col=\[?(.*?)\]?, --id [^)]*\)"), r"(“Series”, below: \1)"),
    (re.compile(r"leave --wide out"), "forecast one column"),
    (re.compile(r"--wide makes"), "“each column of numbers” makes"),
)
"""Where a message names an argument and an option: the control of the page that stands for both."""

FIELDS: Final = {
    "h": "“Steps ahead”",
    "level": "“Intervals, in %”",
    "hidden_size": "“Hidden units”",
    "input_size": "“Window, in steps”",
    "max_steps": "“Updates at most”",
    "n_windows": "“Past origins to compare on”",
}
"""What the form calls the arguments that a message may name."""


def describe_upload(path: Path, name: str, roles: Roles) -> dict[str, Any]:
    """What the page shows of an uploaded file; what keeps it from being forecast stands under ``error``."""
    table = read_upload(path, name)
    try:
        source = source_of(table, name, roles)
    except DataError as error:
        known = {**roles, "time": roles.get("time") or _plain_time(table)}
        return _described(table, name, known, None, "value", USUAL_HORIZON, [], on_the_page(error))
    return describe(source, table, roles)


def _plain_time(table: Table) -> str | None:
    """The column of times, where it is plain."""
    try:
        return guess_time(table, perhaps_times(table, ()))
    except DataError:
        return None


def describe(source: Source, table: Table | None = None, roles: Roles | None = None) -> dict[str, Any]:
    """What the page shows of a table whose columns are known: ``table`` as it came, before it was made long."""
    columns, error, series, frequency, notes = source.columns, None, None, None, list(source.notes)
    h, chart = USUAL_HORIZON, []
    table, given = table or source.table, roles or {}
    try:
        panel = read_panel(source.table, columns, dayfirst=given.get("dayfirst"))
        series, frequency, notes = len(panel), panel.frequency.sentence(), [*notes, *panel.notes]
        h, chart = usual_horizon(panel), known_series(panel)
    except DataError as reason:
        error = on_the_page(reason)
    long = {} if given.get("wide") else {"target": columns.target, "id": columns.id}
    chosen = {**given, "target": None, "id": None, "time": columns.time, **long}
    description = _described(table, source.name, chosen, source.unit, source.noun, h, notes, error)
    return description | {"series": series, "frequency": frequency, "chart": chart}


def on_the_page(error: Exception) -> str:
    """The message with the page's controls in the place of arguments and options."""
    message = str(error)
    for pattern, words in ON_THE_PAGE:
        message = pattern.sub(words, message)
    return renamed(message, FIELDS)


def source_of(table: Table, name: str, roles: Roles) -> Source:
    """The table with its columns: those that are named, the others guessed."""
    given = {role: roles.get(role) for role in ROLES}
    notes: list[str] = []
    if roles.get("wide"):
        table, notes = lengthened(table, given["time"])
        given |= {"target": VALUE, "id": SERIES}
    source = table_source(table, name, time=given["time"], target=given["target"], series_id=given["id"])
    return source._replace(notes=[*notes, *source.notes])


def example(name: str) -> dict[str, Any]:
    """A bundled table."""
    return describe(example_source(name)) | {"id": name}


def read_upload(path: Path, name: str) -> Table:
    """A table from a file of which nothing is known."""
    _check_size(path)
    table = read_table(path, name)
    if len(table.frame.columns) > MAX_COLUMNS:
        raise DataError(
            f"{name} has {len(table.frame.columns)} columns; the lab takes {MAX_COLUMNS}: leave out those that aren't "
            "needed. If it is a long line, the file may not be a table"
        )
    return table


def _check_size(path: Path) -> None:
    """Refuse a file that would unpack to more than the lab can hold."""
    if path.suffix in PARQUET_SUFFIXES:
        _check_parquet(path)
    elif path.suffix == ".gz":
        _check_gzip(path)


def _check_parquet(path: Path) -> None:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        return  # reading it will say what to install
    try:
        about = parquet.read_metadata(path)
    except (ArrowException, OSError) as error:
        raise DataError(f"{path} is not a Parquet file, or it is damaged: {error}") from error
    if about.num_rows * about.num_columns > MAX_CELLS:
        raise DataError(
            f"{path} holds {about.num_rows} rows of {about.num_columns} columns; the lab takes {MAX_CELLS} cells: "
            "give fewer rows or columns, or use clearlstm forecast"
        )


def _check_gzip(path: Path) -> None:
    size = 0
    try:
        with gzip.open(path) as file:
            while piece := file.read(MEGABYTE):
                size += len(piece)
                if size > MAX_TEXT:
                    raise DataError(
                        f"{path} unpacks to more than {MAX_TEXT // MEGABYTE} MB, the most that the lab takes: give "
                        "fewer rows or columns, or use clearlstm forecast"
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be unpacked ({error}): it is damaged, or not a .gz file") from error


def _described(
    table: Table, name: str, roles: Roles, unit: str | None, noun: str, h: int, notes: list[str], error: str | None
) -> dict[str, Any]:
    names = list(table.frame.columns)
    return {
        "name": name,
        "rows": len(table.frame),
        "columns": [{"name": str(column), "kind": _kind(table, column)} for column in names],
        "roles": {name: roles.get(name) for name in (*ROLES, "dayfirst")} | {"wide": bool(roles.get("wide"))},
        "day_or_month": roles.get("dayfirst") is not None or _could_change_places(table, roles.get("time")),
        "series": None,
        "frequency": None,
        "chart": [],
        "h": h,
        "noun": noun,
        "unit": unit,
        "notes": notes,
        "error": error,
        "preview": _preview(table),
        "options": form(),
    }


def _could_change_places(table: Table, time: str | None) -> bool:
    """Whether the dates can be read with the day first and with the month first, and not to the same end."""
    if time is None:
        return False
    cells = table.raw(time)[:MOST_DATES]
    try:
        by_day, by_month = (parse_times(cells, TimeReading(dayfirst=first)).values for first in (True, False))
    except BadTime:
        return False
    return not np.array_equal(by_day, by_month)


def _kind(table: Table, column: str) -> str:
    if reads_as_numbers(table, column):
        return "number"
    return "time" if reads_as_times(table, column) else "text"


def _preview(table: Table) -> list[list[str]]:
    head = table.frame.head(PREVIEW_ROWS)
    columns = [[_text(value) for value in np.asarray(head[name].to_numpy())] for name in head.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _text(value: Any) -> str:
    """A cell as the page shows it: short."""
    text = str(value)
    if isinstance(value, np.datetime64):
        text = NO_MORE_THAN_DAYS.sub("", text)
    return text if len(text) <= 80 else text[:79] + "…"
