"""Queries to databases: what comes in, what is refused, and that nothing is written or read beside the database."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data.cells import numbers
from clearlstm.data.database import names_table_file, opened, read_query
from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.errors import ClearLSTMError, DataError, InputError, MissingExtraError
from tests.forecasting.series import walks

FRAME = walks(30)
KINDS = ("sqlite", "duckdb")


def made(kind: str, folder: Path) -> Path:
    """A database with the table ``walks``, one with a name that has to be quoted, and a view."""
    path = folder / f"shop.{kind}"
    if kind == "sqlite":
        with closing(sqlite3.connect(path)) as connection:
            FRAME.assign(ds=FRAME["ds"].dt.strftime("%Y-%m-%d")).to_sql("walks", connection, index=False)
            _others(connection)
            connection.commit()
    else:
        with pytest.importorskip("duckdb").connect(str(path)) as connection:
            connection.register("frame", FRAME)
            connection.execute("CREATE TABLE walks AS SELECT * REPLACE (ds::DATE AS ds) FROM frame")
            _others(connection)
    return path


def _others(connection: Any) -> None:
    connection.execute('CREATE TABLE "odd ""name" (a INTEGER)')
    connection.execute("CREATE VIEW late AS SELECT * FROM walks WHERE ds >= '2024-01-21'")


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A database of each kind, which is to the byte what it was when the test ends, with nothing new beside it."""
    path = made(request.param, tmp_path)
    before = path.read_bytes()
    yield path
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def read(path: Path, query: str) -> pd.DataFrame:
    frame = read_query(path, query)
    panel = read_panel(Table.of(frame), Columns("ds", "y", "unique_id"))
    assert panel.frequency.sentence() == "A step is a row: a day."
    return pd.DataFrame({"unique_id": panel.ids[panel.row_series], "ds": panel.times, "y": panel.values})


def test_rows_come_by_a_query_or_by_the_name_of_a_table(database: Path) -> None:
    expected = FRAME.sort_values(["unique_id", "ds"], ignore_index=True)
    for query in ("walks", " walks ", "SELECT * FROM walks", "WITH w AS (SELECT * FROM walks)\nSELECT * FROM w;"):
        pd.testing.assert_frame_equal(read(database, query), expected, check_dtype=False)
    assert len(read(database, "late")) == 20
    assert read_query(database, "SELECT ds, sum(y) AS y FROM walks GROUP BY ds").shape == (30, 2)


def test_its_tables_are_named(database: Path) -> None:
    with opened(database) as one:
        assert one.tables == ("late", 'odd "name', "walks")
        assert str(one) == 'the tables late, odd "name, walks'


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("walk", InputError, "has no table 'walk', but the tables late, .*, walks: name one of them, or give a query"),
        ("SELECT * FROM walk", InputError, r"(SQLite|DuckDB) refuses the query: .*walk.* \(.*has the tables late"),
        ("SELEC * FROM walks", InputError, 'refuses the query: .*near "?SELEC'),
        ("SELECT * FROM walks WHERE y > 1e9", DataError, r"finds no rows in .* \(columns: unique_id, ds, y\)"),
        ('SELECT * FROM "odd ""name"', DataError, r"finds no rows in .* \(columns: a\)"),
        ("", InputError, "has no table ''"),
        ("-- nothing", InputError, "the query gives no rows"),
        ("SELECT ? AS y", InputError, "refuses the query"),
    ],
)
def test_queries_that_give_nothing(database: Path, query: str, error: type[ClearLSTMError], message: str) -> None:
    with pytest.raises(error, match=message):
        read_query(database, query)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM walks",
        "DROP TABLE walks",
        "INSERT INTO walks SELECT * FROM walks RETURNING *",
        "CREATE TABLE more AS SELECT 1 AS a",
        "ATTACH '{other}' AS other",
        "VACUUM INTO '{other}'",
        "COPY walks TO '{other}'",
        "EXPORT DATABASE '{other}'",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT readfile('{secret}') AS a",
        "SELECT load_extension('{secret}') AS a",
        "INSTALL httpfs",
        "LOAD '{secret}'",
        "PRAGMA journal_mode = WAL",
        "SET enable_external_access = true",
        "SELECT 1; DROP TABLE walks",
    ],
)
def test_a_query_only_reads_and_only_this_database(
    database: Path, query: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    secret = folder / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_query(database, query.format(other=folder / "other", secret=secret))
    assert list(folder.iterdir()) == [secret]


def test_types_of_duckdb(tmp_path: Path) -> None:
    path = made("duckdb", tmp_path)
    rows = read_query(
        path,
        "SELECT uuid() AS id, DATE '2024-01-01' + i::INTEGER AS day, TIMESTAMP '2024-01-01 06:00:00' AS moment, "
        "(i / 2)::DECIMAL(10, 2) AS price, sum(i)::HUGEINT AS total, CASE WHEN i > 0 THEN i END AS known "
        "FROM range(3) rows(i) GROUP BY ALL ORDER BY day",
    )
    assert rows["id"].map(type).unique().tolist() == [str]
    assert rows["day"].astype(str).tolist() == ["2024-01-01", "2024-01-02", "2024-01-03"]
    table = Table.of(rows)
    assert numbers(table, "price").tolist() == [0, 0.5, 1]
    assert numbers(table, "total").tolist() == [0, 1, 2]
    np.testing.assert_array_equal(numbers(table, "known"), [np.nan, 1, 2])


def test_types_of_sqlite_are_those_of_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "mixed.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (ds, y)")
        cells = [("01.02.2024", 1), ("02.02.2024", None), ("03.02.2024", 2.5), ("04.02.2024", "3,5")]
        connection.executemany("INSERT INTO t VALUES (?, ?)", cells)
        connection.commit()
    panel = read_panel(Table.of(read_query(path, "t")), Columns("ds", "y"))
    np.testing.assert_array_equal(panel.values, [1, np.nan, 2.5, 3.5])
    assert str(panel.times[0])[:10] == "2024-02-01"


def test_what_no_database_is(tmp_path: Path) -> None:
    text = tmp_path / "sales.db"
    text.write_text("ds,y\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="is no database of DuckDB or SQLite, or it is encrypted or damaged"):
        read_query(text, "sales")
    with pytest.raises(DataError, match="doesn't exist: check the name"):
        read_query(tmp_path / "none.sqlite", "sales")
    with pytest.raises(DataError, match="is a folder: name one file of DuckDB or SQLite"):
        read_query(tmp_path, "sales")


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_a_clear_error(kind: str, tmp_path: Path) -> None:
    whole = made(kind, tmp_path).read_bytes()
    broken = tmp_path / "broken.db"
    for content in (whole[:16], whole[: len(whole) // 3], whole[:100] + bytes(len(whole) - 100)):
        broken.write_bytes(content)
        with pytest.raises(ClearLSTMError, match=r"broken\.db"):
            read_query(broken, "SELECT * FROM walks")


def test_a_database_of_sqlite_that_is_written_to_is_waited_for_not_for_ever(tmp_path: Path) -> None:
    path = made("sqlite", tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        message = r"can't be opened as a database of SQLite \(database is locked\): close the program that has it open"
        with pytest.raises(DataError, match=message):
            read_query(path, "walks")


def test_a_journal_beside_a_database_of_sqlite_is_read_too(tmp_path: Path) -> None:
    path = made("sqlite", tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO walks SELECT 'C', ds, y FROM walks WHERE unique_id = 'A'")
        before = path.read_bytes()
        assert len(read_query(path, "walks")) == 90
        assert path.read_bytes() == before


def test_a_database_of_duckdb_that_another_program_has_open(tmp_path: Path) -> None:
    path = made("duckdb", tmp_path)
    hold = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"open"
    try:
        with pytest.raises(DataError, match=r"can't be opened as a database of DuckDB .*: close the program"):
            read_query(path, "walks")
    finally:
        holder.communicate(b"\n")


def test_an_encrypted_database_of_duckdb(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "secret.duckdb"
    with duckdb.connect() as connection:
        connection.execute("SET force_mbedtls_unsafe = 'true'")  # the key is no secret here
        connection.execute(f"ATTACH '{path}' AS secret (ENCRYPTION_KEY 'key')")
        connection.execute("CREATE TABLE secret.t AS SELECT 1 AS a")
    with pytest.raises(DataError, match=r"can't be opened as a database of DuckDB \(.*encrypt.*give a copy that isn't"):
        read_query(path, "t")


def test_without_duckdb_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made("duckdb", tmp_path)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"needs duckdb, .*: pip install 'clearlstm\[duckdb\]'"):
        read_query(path, "walks")


def test_files_are_told_from_queries_by_how_they_end() -> None:
    assert names_table_file("next.CSV")
    assert names_table_file("from here/next.parquet") is False  # a query, as it begins
    assert not names_table_file("SELECT 1 AS a FROM t -- .csv")
    assert not names_table_file("next")
