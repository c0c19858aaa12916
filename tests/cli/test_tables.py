"""Queries to a database in the place of files, in every command that reads tables."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import Result

from tests.cli.calls import call, numbers
from tests.forecasting.series import walks

QUICK = ("--steps", "8", "--hidden", "3", "--window", "6", "--horizon", "2", "--windows", "3")
FRAME = walks(80).assign(offer=np.tile([0, 1, 0, 0], 40))
NEXT = pd.DataFrame(
    {"unique_id": ["A", "A", "B", "B"], "ds": ["2024-03-21", "2024-03-22"] * 2, "offer": [1, 0, 0, 1], "y": 100.0}
)


@pytest.fixture(autouse=True)
def _files(own_folder: Path) -> None:
    FRAME.to_csv(own_folder / "walks.csv", index=False)
    NEXT.to_csv(own_folder / "next.csv", index=False)
    with closing(sqlite3.connect(own_folder / "shop.sqlite")) as connection:
        FRAME.assign(ds=FRAME["ds"].dt.strftime("%Y-%m-%d")).to_sql("walks", connection, index=False)
        NEXT.to_sql("next", connection, index=False)
        connection.commit()


def words(result: Result) -> str:
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("query", ["SELECT unique_id, ds, y FROM walks", "walks"])
def test_a_forecast_of_a_query_is_that_of_the_file(query: str) -> None:
    columns = ("--target", "y", *QUICK)
    from_file = numbers("forecast", "walks.csv", *columns)
    from_query = numbers("forecast", query, "--database", "shop.sqlite", *columns)
    for one, other in zip(from_query["forecasts"], from_file["forecasts"], strict=True):
        assert (one["id"], one["when"]) == (other["id"], other["when"])
        np.testing.assert_allclose(one["median"], other["median"], rtol=1e-9)


def test_a_table_of_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect("shop.duckdb") as connection:
        connection.execute("CREATE TABLE walks AS SELECT unique_id, ds, y::DECIMAL(18, 9) AS y FROM 'walks.csv'")
    result = call("backtest", "walks", "--database", "shop.duckdb", *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("shop.duckdb: walks\n")


def test_a_run_of_queries_is_repeated_to_the_bit_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "SELECT * FROM walks\nWHERE y > 0 -- all of them"
    exog = ("--futr-exog", "offer", "--future", "SELECT * FROM next")
    first = numbers("forecast", query, "--database", "shop.sqlite", "--target", "y", *exog, *QUICK)
    run = json.loads(Path("report.config.json").read_text(encoding="utf-8"))
    assert run["options"]["file"] == query
    assert run["options"]["future"] == "SELECT * FROM next"
    assert run["options"]["database"] == "shop.sqlite"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = numbers("forecast", "--config", "../report.config.json")
    assert again["forecasts"] == first["forecasts"]
    with closing(sqlite3.connect("../shop.sqlite")) as connection:
        connection.execute("UPDATE next SET offer = 1 - offer")
        connection.commit()
    assert (
        "the data differ from those of the run in --config"
        in call("forecast", "--config", "../report.config.json").stderr
    )


def test_files_and_queries_go_together() -> None:
    args = ("forecast", "walks", "--database", "shop.sqlite", "--target", "y", "--futr-exog", "offer", *QUICK)
    assert numbers(*args, "--future", "next.csv")["forecasts"] == numbers(*args, "--future", "next")["forecasts"]
    run = json.loads(Path("report.config.json").read_text(encoding="utf-8"))
    assert run["options"]["future"] == "next"


def test_a_saved_forecaster_takes_queries() -> None:
    args = ("forecast", "walks", "--database", "shop.sqlite", "--target", "y", "--save", "f.safetensors", *QUICK)
    numbers(*args)
    new = ("--update", "SELECT unique_id, ds, y FROM next", "--database", "shop.sqlite")
    assert numbers("predict", "f.safetensors", *new)["forecasts"][0]["when"][0] == "2024-03-23"
    one = ("SELECT * FROM walks WHERE unique_id = 'B'", "--database", "shop.sqlite")
    assert [each["id"] for each in numbers("predict", "f.safetensors", *one)["forecasts"]] == ["B"]
    alone = call("predict", "f.safetensors", "--database", "shop.sqlite")
    assert "is given, but not what to read of it" in words(alone)
    assert "is a query: name the file" in words(call("predict", "f.safetensors", "--update", "SELECT * FROM next"))
    inspected = ("inspect", "f.safetensors", "--data", "walks", "--database", "shop.sqlite", "--seconds", "1")
    result = call(*inspected)
    assert result.exit_code == 0, result.output
    assert "as the forecaster reads the result from shop.sqlite" in " ".join(result.stdout.split())
    assert "--database needs --data" in words(call("inspect", "f.safetensors", "--database", "shop.sqlite"))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("shop.sqlite",), "shop.sqlite is a database of SQLite with the tables next, walks: give the name"),
        (("--database", "shop.sqlite"), "--database is given, but not what to read of it. shop.sqlite is a database"),
        (("SELECT * FROM walks",), "'SELECT * FROM walks' is a query: name the file of its database with --database"),
        (("walks.csv", "--database", "shop.sqlite"), "walks.csv is a file and --database shop.sqlite another"),
        (("walk", "--database", "shop.sqlite"), "shop.sqlite has no table 'walk', but the tables next, walks"),
        (("walks", "--database", "none.sqlite"), "none.sqlite doesn't exist"),
        (("walks", "--database", "walks.csv"), "walks.csv is no database of DuckDB or SQLite"),
        (("DROP TABLE walks", "--database", "shop.sqlite"), "refuses the query: it would do more than read"),
        (("walks", "--database", "shop.sqlite", "--output", "shop.sqlite"), "--output shop.sqlite is the file that"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["forecast", "backtest"])
def test_what_does_not_go_together(command: str, args: tuple[str, ...], message: str) -> None:
    assert message in words(call(command, *args))
