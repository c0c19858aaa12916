"""The table that a command works on: a file, or a bundled example."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from clearlstm.data.frames import Columns, Table

PRICE_WORDS = ("price", "close", "adj")


class Example(StrEnum):
    """The bundled data."""

    prices = "prices"
    load = "load"


class Source(NamedTuple):
    """The table to forecast, its columns, and how to speak of it."""

    table: "Table"
    columns: "Columns"
    name: str
    unit: str | None
    noun: str
    horizon: int
    notes: list[str]


def find_source(
    file: Path | None,
    example: Example,
    *,
    time: str | None,
    target: str | None,
    series_id: str | None,
    others: Sequence[str] = (),
) -> Source:
    """The file, with its plain columns guessed, ``others`` not among them; or the example if there is none."""
    return _example(example) if file is None else _file(file, time, target, series_id, others)


def _example(example: Example) -> Source:
    from clearlstm.data import bundled
    from clearlstm.data.frames import Columns, Table

    columns = Columns("ds", "y", "unique_id")
    if example is Example.prices:
        name = "Bundled prices: AAPL, IBM and MSFT, daily, adjusted closing prices (Quandl WIKI, public domain)"
        notes = ["Three companies that survived are not a market, and an adjusted price is not one that was paid."]
        return Source(Table.of(bundled.stock_prices(), "the prices"), columns, name, "US$", "price", 5, notes)
    name = "Bundled load: electricity demand in England and Wales, half-hourly (Taylor 2003)"
    return Source(Table.of(bundled.load(), "the load"), columns, name, "MW", "value", 48, [])


def _file(path: Path, time: str | None, target: str | None, series_id: str | None, others: Sequence[str]) -> Source:
    from clearlstm.data.guess import guess_columns

    table = read_table(path)
    columns, notes = guess_columns(table, time=time, target=target, id=series_id, others=others)
    return Source(table, columns, str(path), None, noun_for(columns.target), 5, notes)


def read_table(path: Path) -> "Table":
    """A CSV or Parquet file, whose lines can be named."""
    from clearlstm.data.files import is_csv, read_file
    from clearlstm.data.frames import Table

    return Table.of(read_file(path), str(path), lines=is_csv(path))


def noun_for(target: str) -> str:
    """What to call the values of a column."""
    return "price" if any(word in target.lower() for word in PRICE_WORDS) else "value"


def as_freq(freq: str | None) -> str | int | None:
    """A whole number for numbered rows, else an alias."""
    return int(freq) if freq is not None and freq.isdigit() else freq
