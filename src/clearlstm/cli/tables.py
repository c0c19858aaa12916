"""Where the tables of the commands come from: CSV and Parquet files, or with ``--database`` queries."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from clearlstm.data.frames import Table

DatabaseFile = Annotated[
    Path | None,
    typer.Option("--database", help="A file of SQLite or DuckDB (extra duckdb), to which the queries go."),
]


def check(given: str | None, database: Path | None) -> None:
    """Refuse a query without a database, a database without a query, and a file beside a database."""
    from clearlstm.data.database import names_table_file
    from clearlstm.errors import InputError

    if database is not None and given is None:
        raise InputError(f"--database is given, but not what to read of it. {_contents(database)}")
    if given is None:
        return
    if database is not None and names_table_file(given):
        raise InputError(
            f"{given} is a file and --database {database} another: leave --database out, or give a query in the "
            "place of the file"
        )
    check_other(given, database)


def check_other(given: str, database: Path | None) -> None:
    """The same of a second table, which may be a file beside a database."""
    from clearlstm.data.database import is_database, is_query
    from clearlstm.errors import InputError

    if database is not None:
        return
    if is_query(given) and not os.path.exists(given):
        raise InputError(f"{' '.join(given.split())!r} is a query: name the file of its database with --database")
    if is_database(Path(given)):
        raise InputError(_contents(Path(given)))


def _contents(path: Path) -> str:
    """What can be read of a database, and how."""
    from clearlstm.data.database import opened

    with opened(path) as database:
        return (
            f"{path} is a database of {database.kind} with {database}: give the name of one or a query in the place of "
            f"a file, such as 'SELECT …' --database {path}"
        )


def read(given: str, database: Path | None) -> "Table":
    """A file, or what a query to the database finds; a CSV or Parquet file is one beside a database, too.

    What is to be said of how it was read goes to standard error.
    """
    from clearlstm.data.source import read_table

    table = read_table(Path(given)) if is_file(given, database) else read_table(given, database=database)
    for note in table.notes:
        typer.echo(note, err=True)
    return table


def is_file(given: str, database: Path | None) -> bool:
    """Whether a table comes from a file of its own."""
    from clearlstm.data.database import names_table_file

    return database is None or names_table_file(given)


def files(database: Path | None, *given: str | None) -> list[Path]:
    """The files that are read, of tables and of the database."""
    tables = [Path(one) for one in given if one is not None and is_file(one, database)]
    return tables if database is None else [*tables, database]
