"""What is plain is guessed and said; what isn't is asked for."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data import guess as guessing
from clearlstm.data.frames import Columns, Table
from clearlstm.data.guess import guess_columns, reads_as_times
from clearlstm.data.times import parse_times
from clearlstm.errors import DataError

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]


def guess(columns: dict[str, Any], **given: Any) -> tuple[Columns, list[str]]:
    return guess_columns(Table.of(pd.DataFrame(columns), "f.csv", lines=True), **given)


def test_prices_with_a_ticker() -> None:
    result, notes = guess(
        {"Date": DAYS[:2] * 2, "Ticker": ["A", "A", "B", "B"], "Open": ["1"] * 4, "Close": ["1", "2", "3", "4"]}
    )
    assert result == Columns("Date", "Close", "Ticker")
    assert notes == ["Columns guessed: time = 'Date', target = 'Close', series = 'Ticker'."]


def test_the_only_columns_that_can_be_meant() -> None:
    assert guess({"tag": DAYS, "umsatz": ["1", "2", "3", "4"]})[0] == Columns("tag", "umsatz")
    assert guess({"Unnamed: 0": [0, 1, 2, 3], "when": DAYS, "level": [1.0, 2, 3, 4]})[0] == Columns("when", "level")


def test_a_first_column_without_a_name_is_the_time_if_it_holds_dates_or_counts_alone() -> None:
    assert guess({"Unnamed: 0": DAYS, "KSI": [1.5, 2, 3, 4]}) == (
        Columns("Unnamed: 0", "KSI"), ["Columns guessed: time = 'Unnamed: 0', target = 'KSI'."],
    )  # fmt: skip
    assert guess({"Unnamed: 0": DAYS, "t": ["1", "2", "3", "4"], "y": [1.5, 2, 3, 4]})[0].time == "Unnamed: 0"
    assert guess({"Unnamed: 0": ["1821", "1822", "1823"], "0": ["269", "321", "585"]})[0] == Columns("Unnamed: 0", "0")
    assert guess({"Unnamed: 0": ["1", "2", "3"], "step": ["7", "8", "9"], "y": ["5"] * 3})[0].time == "step"
    with pytest.raises(DataError, match=r"which column of f\.csv holds the times"):
        guess({"Unnamed: 0": ["3", "3", "1"], "level": ["269", "321", "585"]})


def test_dates_beside_their_own_parts_are_the_time() -> None:
    columns = {"Datum": DAYS, "year": ["2024"] * 4, "month": ["1"] * 4, "y": [1.5, 2, 3, 4]}
    assert guess(columns, target="y")[0].time == "Datum"


def test_the_only_column_is_no_time_and_target_at_once() -> None:
    with pytest.raises(DataError, match=r"has no column but 'Y': .*add a column that counts 1, 2, 3, …"):
        guess({"Y": ["22262", "21756", "22247"]}, time="Y")


def test_numbered_steps() -> None:
    assert guess({"step": ["1", "2", "3"], "value": ["1.5", "2.5", "7"]})[0] == Columns("step", "value")


def test_a_column_that_only_repeats_is_no_series_where_times_do_not_repeat() -> None:
    assert guess({"date": DAYS, "name": ["a", "b", "c", "d"], "y": [1.0, 2, 3, 4]})[0].id is None


def test_what_was_given_is_not_guessed_nor_said() -> None:
    columns: dict[str, Any] = {"date": DAYS, "open": [1.0, 2, 3, 4], "close": [1.0, 2, 3, 4]}
    result, notes = guess(columns, target="open")
    assert result == Columns("date", "open")
    assert notes == ["Columns guessed: time = 'date'."]


def test_one_slip_does_not_hide_a_column() -> None:
    days = [f"2024-01-{day:02}" for day in range(1, 21)]
    result, _ = guess({"date": days, "close": ["1"] * 19 + ["x"]})
    assert result.target == "close"
    result, _ = guess({"date": [*days[:-1], "soon"], "close": ["1"] * 20})
    assert result.time == "date"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"date": DAYS, "name": ["a", "b", "c", "d"]}, r"no column of numbers to forecast .*--target"),
        ({"date": DAYS, "red": [1.0] * 4, "blue": [2.0] * 4}, r"several columns of numbers \(red, blue\).*--target"),
        ({"a": ["x", "y", "z", "w"], "b": [1.5, 2.5, 3.5, 4.5]}, r"no column of f.csv holds times \(it has a, b\)"),
        ({"level": ["5", "7", "6", "9"]}, r"no column of f.csv holds times .*that counts 1, 2, 3"),
        ({"a": ["5", "7", "6"], "b": ["1", "2", "3"]}, r"which column of f.csv .*, or add one that counts 1,"),
        ({"geo": ["a", "b"], "1990 ": ["1", "2"], "1991": ["", "7"], "1992": ["1.5", ""]},
         r"has a column for each year \(1990, 1991, 1992\): turn it, so that the years stand in one column"),
        ({"a": DAYS, "b": DAYS, "y": [1.0] * 4}, r"which column of f.csv holds the times"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_asked_for(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        guess(columns)


def stores(**others: Any) -> dict[str, Any]:
    """Two stores, each with two items."""
    columns = {"store": list("11112222") * 2, "item": ["7", "7", "9", "9"] * 4, "date": [*DAYS[:2]] * 8}
    columns["date"] = [*(DAYS[:2] * 4), *(DAYS[2:] * 4)]
    return {**columns, "sales": [str(k) for k in range(16)], **others}


def test_series_that_several_columns_tell_apart_are_asked_for_by_name() -> None:
    message = r"told apart by 'store' and 'item' together.*\(id_col=\['store', 'item'\], --id store --id item\)"
    with pytest.raises(DataError, match=message):
        guess(stores())
    by_chance = [str(k // 2) for k in range(16)]  # tells rows apart too, but makes more series
    with pytest.raises(DataError, match=message):
        guess(stores(customers=by_chance, price=[f"{k}.5" for k in range(16)]))
    assert guess(stores(), id=["store", "item"])[0].id == ("store", "item")
    assert guess(stores(), id=["store"])[0].id == "store"


def test_an_id_that_is_not_one_gives_way_to_a_column_that_is() -> None:
    shops = [f"shop {k}" for k in "abcd"] * 4
    days = [day for day in DAYS for _ in range(4)]
    columns = {"item": ["x"] * 16, "where": shops, "date": days, "y": [1.5] * 16}
    assert guess(columns)[0].id == "where"
    with pytest.raises(DataError, match=r"told apart by 'where', as far as its rows show.*--id where"):
        guess(columns | {"where": [shop[-1].translate(str.maketrans("abcd", "1234")) for shop in shops]})
    assert guess({"item": ["x"] * 8, "date": DAYS * 2, "y": [1.5] * 8})[0].id == "item"  # reading names the rows


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(DataError, match=r"f\.csv has no column 'close'; it has date, y"):
        guess({"date": DAYS, "y": [1.0] * 4}, target="close")


def test_lists_and_records_are_not_looked_at() -> None:
    result, _ = guess({"ds": DAYS, "tags": [np.array(["a", "b"])] * 4, "who": [{"n": 1}] * 4, "y": [1.0, 2, 3, 4]})
    assert result == Columns("ds", "y")


def test_a_table_of_many_columns_is_looked_at_soon_and_told_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number with a decimal sign is read as a date, in one way of writing dates after another."""
    read: list[Any] = []

    def parse(cells: Any) -> Any:
        read.append(cells)
        return parse_times(cells)

    monkeypatch.setattr(guessing, "parse_times", parse)
    hours = {f"V{k}": [f"{k}{sign}5"] * 300 for k in range(300) for sign in ".,"[k % 2]}
    texts = {f"name {k}": ["a"] * 300 for k in range(3)}
    with pytest.raises(DataError, match=r"several columns of numbers \(V0, .* V11 and 288 more\): name the one"):
        guess({"day": pd.date_range("2024-01-01", periods=300).strftime("%Y-%m-%d"), **hours, **texts})
    assert len(read) <= 2 + 3 * (1 + guessing.MOST_STRAY_CELLS)
    assert max(map(len, read[2:])) <= guessing.FIRST_CELLS


def test_months_with_a_point_and_years_first_are_still_times() -> None:
    for months in (["11.2015", "12.2015", "01.2016"], ["2015.11", "2015.12", "2016.01"]):
        assert reads_as_times(Table.of(pd.DataFrame({"when": months})), "when")
