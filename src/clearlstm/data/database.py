"""The rows of a query to a database in a file: SQLite's by Python itself, DuckDB's by the extra ``duckdb``.

The file is opened to be read, and a query reaches nothing else: no other file, no network, no setting.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from clearlstm.data.files import CSV_SUFFIXES, PARQUET_SUFFIXES
from clearlstm.errors import DataError, InputError, MissingExtraError
from clearlstm.files import check_plain, door

if TYPE_CHECKING:
    import pandas as pd

QUERY: Final = re.compile(r"\s*(select|with|from|values|table|pivot|unpivot)\s.*", re.IGNORECASE | re.DOTALL)
SQLITE_DENIES: Final = "not authorized"
SQLITE_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY name"
)
DUCKDB_SHUT: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "lock_configuration": True,
}
"""What keeps a query in DuckDB from other files, from extensions, and from changing that."""
DUCKDB_TABLES: Final = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
PATIENCE: Final = 1.0
"""Seconds to wait for a database of SQLite that another program writes to."""
NAMED_TABLES: Final = 20


class Database(NamedTuple):
    """A database that is open. ``ask`` gives the rows of a query, None for what has no rows, or raises ``errors``."""

    kind: str
    ask: Callable[[str], "pd.DataFrame | None"]
    errors: tuple[type[Exception], ...]
    tables: tuple[str, ...]

    def __str__(self) -> str:
        """Which tables it has."""
        if not self.tables:
            return "no tables"
        more = f" and {len(self.tables) - NAMED_TABLES} more" if len(self.tables) > NAMED_TABLES else ""
        return f"the table{'s' * (len(self.tables) > 1)} {', '.join(self.tables[:NAMED_TABLES])}{more}"


def is_query(text: str) -> bool:
    """Whether ``text`` is SQL rather than the name of something.

    >>> is_query("SELECT day, sold FROM sales"), is_query("from sales")
    (True, True)
    >>> is_query("sales.csv"), is_query("selected days.csv")
    (False, False)
    """
    return bool(QUERY.fullmatch(text))


def names_table_file(text: str) -> bool:
    """Whether ``text`` names a CSV or Parquet file, rather than a table of a database."""
    return not is_query(text) and text.lower().endswith(CSV_SUFFIXES + PARQUET_SUFFIXES)


def read_query(path: Path, query: str) -> "pd.DataFrame":
    """The rows of ``query``, or of the table of that name, in the database ``path``."""
    with opened(path) as database:
        name = query.strip()
        if name not in database.tables and not re.search(r"\s", name):
            raise InputError(f"{path} has no table {name!r}, but {database}: name one of them, or give a query")
        try:
            rows = database.ask(f"SELECT * FROM {quoted(name)}" if name in database.tables else query)
        except database.errors as error:
            reason = _first_line(error).replace(SQLITE_DENIES, "it would do more than read")
            raise InputError(f"{database.kind} refuses the query: {reason} ({path} has {database})") from error
    if rows is None:
        raise InputError("the query gives no rows: only one that reads some, such as SELECT, can be used here")
    if not len(rows):
        raise DataError(f"the query finds no rows in {path} (columns: {', '.join(map(str, rows))}): ask for others")
    return rows


def is_database(path: Path) -> bool:
    """Whether the file is a database, by how it begins."""
    try:
        return path.is_file() and _opener(path) is not None
    except OSError:  # reading it will say what is wrong
        return False


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The database in a file, to be read alone; what is none is refused."""
    check_plain(path, DataError, "name one file of DuckDB or SQLite")
    with door(path, DataError):
        opener = _opener(path)
    if opener is None:
        raise DataError(
            f"{path} is no database of DuckDB or SQLite, or it is encrypted or damaged: give one that can be opened"
        )
    with opener(path) as database:
        yield database


def quoted(name: str) -> str:
    """The name of a table as SQL has it.

    >>> print(quoted('sales 2024'))
    "sales 2024"
    """
    return '"' + name.replace('"', '""') + '"'


def _opener(path: Path) -> Callable[[Path], AbstractContextManager[Database]] | None:
    with open(path, "rb") as file:
        head = file.read(16)
    if head == b"SQLite format 3\0":
        return _sqlite
    return _duckdb if head[8:12] == b"DUCK" else None


@contextmanager
def _sqlite(path: Path) -> Iterator[Database]:
    import sqlite3  # some builds of Python are without

    import pandas as pd

    reads = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    errors = (sqlite3.Error, sqlite3.Warning)

    def allowed(action: int, *_about: str | None) -> int:
        return sqlite3.SQLITE_OK if action in reads else sqlite3.SQLITE_DENY

    def ask(query: str) -> "pd.DataFrame | None":
        cursor = connection.execute(query)
        if cursor.description is None:
            return None
        return pd.DataFrame.from_records(cursor.fetchall(), columns=[column[0] for column in cursor.description])

    with _opening(path, "SQLite", sqlite3.Error):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=PATIENCE, uri=True)
    with closing(connection):
        connection.set_authorizer(allowed)
        with _opening(path, "SQLite", sqlite3.Error):
            tables = ask(SQLITE_TABLES)
        yield Database("SQLite", ask, errors, _names(tables))


@contextmanager
def _duckdb(path: Path) -> Iterator[Database]:
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(
            f"reading {path}, a database of DuckDB, needs duckdb, which isn't installed: pip install "
            "'clearlstm[duckdb]'"
        ) from error

    def ask(query: str) -> "pd.DataFrame | None":
        rows = connection.sql(query)
        return None if rows is None else _without_uuids(rows.df())

    with _opening(path, "DuckDB", duckdb.Error):
        connection = duckdb.connect(str(path), read_only=True, config=DUCKDB_SHUT)
    with closing(connection):
        with _opening(path, "DuckDB", duckdb.Error):
            tables = ask(DUCKDB_TABLES)
        yield Database("DuckDB", ask, (duckdb.Error,), _names(tables))


@contextmanager
def _opening(path: Path, kind: str, error: type[Exception]) -> Iterator[None]:
    """What keeps a database from being opened, as an error that says what to do."""
    try:
        yield
    except error as cause:
        reason = _first_line(cause)
        remedy = "it may be damaged, or of a newer version: give a copy that can be opened"
        if re.search("lock|existing connection", reason):
            remedy = "close the program that has it open, or give a copy of the file"
        elif "encrypt" in reason.lower():
            remedy = "give a copy that isn't encrypted"
        raise DataError(f"{path} can't be opened as a database of {kind} ({reason}): {remedy}") from cause


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _names(tables: "pd.DataFrame | None") -> tuple[str, ...]:
    return () if tables is None else tuple(tables.iloc[:, 0].astype(str))


def _without_uuids(rows: "pd.DataFrame") -> "pd.DataFrame":
    """UUIDs as texts: ids that go into files and come out of them."""
    objects = rows.select_dtypes(object)
    return rows.assign(**objects.map(lambda cell: str(cell) if isinstance(cell, UUID) else cell))
