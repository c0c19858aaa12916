"""The table to forecast: a file, or a bundled example, with its plain columns guessed and words to speak of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from clearlstm.data.frames import Columns, Table

PRICE_WORDS = ("price", "close", "adj")


class Source(NamedTuple):
    """The table to forecast, its columns, and how to speak of it."""

    table: "Table"
    columns: "Columns"
    name: str
    unit: str | None
    noun: str
    notes: list[str]


def example_source(name: str) -> Source:
    """One of the bundled examples, "prices" or "load"."""
    from clearlstm.data import bundled
    from clearlstm.data.frames import Columns, Table

    columns = Columns("ds", "y", "unique_id")
    if name == "prices":
        title = "Bundled prices: AAPL, IBM and MSFT, daily, adjusted closing prices (Quandl WIKI, public domain)"
        notes = ["Three companies that survived are not a market, and an adjusted price is not one that was paid."]
        return Source(Table.of(bundled.stock_prices(), "the prices"), columns, title, "US$", "price", notes)
    title = "Bundled load: electricity demand in England and Wales, half-hourly (Taylor 2003)"
    return Source(Table.of(bundled.load(), "the load"), columns, title, "MW", "value", [])


def file_source(
    given: str | Path,
    *,
    database: Path | None = None,
    time: str | None = None,
    target: str | None = None,
    series_id: str | Sequence[str] | None = None,
    others: Sequence[str] = (),
    wide: bool = False,
) -> Source:
    """What :func:`read_table` reads; ``others`` are columns that are neither time, target nor id.

    ``wide``: it has a column for each series, of each of the things that ``series_id`` names, if it does.
    """
    table = read_table(given, database=database)
    notes: list[str] = []
    if wide:
        from clearlstm.data.frames import names_of
        from clearlstm.data.wide import SERIES, lengthened

        ids = [name for name in names_of(series_id) if name != SERIES]
        table, notes = lengthened(table, time, others, ids)
        series_id = [*ids, SERIES] if ids else series_id
    name = str(given) if database is None else f"{database}: {' '.join(str(given).split())}"
    source = table_source(table, name, time=time, target=target, series_id=series_id, others=others)
    return source._replace(notes=[*notes, *source.notes])


def table_source(
    table: "Table",
    name: str,
    *,
    time: str | None = None,
    target: str | None = None,
    series_id: str | Sequence[str] | None = None,
    others: Sequence[str] = (),
) -> Source:
    """A table that was read already."""
    from clearlstm.data.guess import guess_columns

    columns, notes = guess_columns(table, time=time, target=target, id=series_id, others=others)
    return Source(table, columns, name, None, noun_for(columns.target), [*table.notes, *notes])


def read_table(given: str | Path, name: str | None = None, *, database: Path | None = None) -> "Table":
    """A CSV or Parquet file, whose lines can be named; messages call it ``name``, or by its path.

    With a ``database``, a query to it or the name of one of its tables.
    """
    from clearlstm.data.database import read_query
    from clearlstm.data.files import is_csv, read_with_notes
    from clearlstm.data.frames import Table

    if database is not None:
        return Table.of(read_query(database, str(given)), name or f"the result from {database}")
    frame, notes = read_with_notes(given)
    table = Table.of(frame, name or str(given), lines=is_csv(given))
    return replace(table, notes=tuple(f"{table.source} {note}" for note in notes))


def noun_for(target: str) -> str:
    """What to call the values of a column."""
    return "price" if any(word in target.lower() for word in PRICE_WORDS) else "value"
