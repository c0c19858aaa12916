"""A comma is a decimal sign where it can be nothing else; where it can, the user is asked."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.cells import read_covariate
from clearlstm.data.decimals import has_decimal_commas, is_ambiguous, to_numbers
from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.guess import guess_columns
from clearlstm.errors import DataError

DAYS = [f"2024-01-{day:02}" for day in range(1, 6)]


def read(cells: list[str], **others: list[str]) -> npt.NDArray[np.float64]:
    return read_panel(_table(cells, **others), Columns("ds", "y")).values


def _table(cells: list[str], **others: list[str]) -> Table:
    return Table.of(pd.DataFrame({"ds": DAYS[: len(cells)], "y": cells, **others}), "f.csv", lines=True)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "2", "-0,25"], [1.5, 2.0, -0.25]),
        (["1.234,5", "1.234", "1,234"], [1234.5, 1234.0, 1.234]),
        (["1234,567", ",5", "2,5e-1"], [1234.567, 0.5, 0.25]),
        (["0,123", " 7,000", ""], [0.123, 7.0, np.nan]),
        (["1.234", "5.678", "9.1"], [1.234, 5.678, 9.1]),
        (["1 234,5", "1\N{NO-BREAK SPACE}234", "12"], [1234.5, 1234.0, 12.0]),
    ],
)
def test_a_comma_that_can_only_be_a_decimal_sign_is_read_as_one(cells: list[str], expected: list[float]) -> None:
    np.testing.assert_array_equal(read(cells), expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234.50", "1,234", "12"], [1234.5, 1234.0, 12.0]),
        (["1,234,567", "-2,000,000.5"], [1234567.0, -2000000.5]),
        (["1'234.5", "1\N{RIGHT SINGLE QUOTATION MARK}234", "-1 234 567"], [1234.5, 1234.0, -1234567.0]),
    ],
)
def test_what_can_only_stand_between_thousands_is_passed_over(cells: list[str], expected: list[float]) -> None:
    assert read(cells).tolist() == expected
    said = ("Column 'y': commas were read as separators of thousands.",)
    assert read_panel(_table(cells), Columns("ds", "y")).notes == (said if "," in cells[0] else ())


@pytest.mark.parametrize("cell", ["1 23", "12 34.5", "0 123", "1 2345", "1,23,456.5"])
def test_groups_of_others_than_three_digits_are_no_number(cell: str) -> None:
    with pytest.raises(DataError, match="is not a number"):
        read([cell, "2"])


@pytest.mark.parametrize(
    ("cells", "shown", "line"),
    [
        (["1,234", "5,678", "9"], "'1,234', which may have thousands or a decimal sign in it", 2),
        (["3", "1,234", "12.5"], "'1,234', which may have thousands or a decimal sign in it", 3),
        (["1,234,567", "5,678,901", "1,5"], "'1,234,567', which is not a number", 2),
        (["1,5", "2.5", "3"], "'1,5', which is not a number", 2),
        (["1,5", "x", "2,5"], "'x', which is not a number", 3),
    ],
)
def test_one_that_might_be_another_is_asked_about(cells: list[str], shown: str, line: int) -> None:
    with pytest.raises(DataError, match=f"column 'y' holds {shown}, in line {line} of f.csv"):
        read(cells)
    with pytest.raises(DataError, match="write decimals with a point and no separators for thousands"):
        read(["1,234", "5,678"])


def test_points_may_be_thousands_where_other_columns_have_decimal_commas() -> None:
    with pytest.raises(DataError, match=r"column 'y' holds '1\.234', which may have thousands .*write decimals"):
        read(["1.234", "5"], price=["2,50", "3,20"])
    assert read(["1.234", "5.5"], price=["2,50", "3,20"]).tolist() == [1.234, 5.5]
    assert read(["1.234", "5"], price=["2.50", "3.20"]).tolist() == [1.234, 5]


def test_what_was_taken_for_a_decimal_sign_is_said() -> None:
    table = _table(["1,5", "2,5"], temp=["10,1", "9"])
    assert read_panel(table, Columns("ds", "y", covariates=("temp",))).notes == (
        "Column 'y': commas were read as decimal signs.",
        "Column 'temp': commas were read as decimal signs.",
    )
    assert read_panel(_table(["1.5", "2.5"]), Columns("ds", "y")).notes == ()


def test_columns_with_commas_are_numbers_when_columns_are_guessed() -> None:
    for cells in (["1,5", "2,5", "3"], ["1,234", "5,678", "9"]):
        table = Table.of(pd.DataFrame({"tag": DAYS[:3], "umsatz": cells}), "f.csv", lines=True)
        assert guess_columns(table)[0] == Columns("tag", "umsatz")


def test_covariates_with_commas() -> None:
    table = _table(["1", "2"], temp=["10,1", "9"], volume=["1,234", "2"], kind=["a,b", "c"])
    assert read_covariate(table, "temp").values.tolist() == [10.1, 9.0]
    assert read_covariate(table, "kind").categories == ("a,b", "c")
    with pytest.raises(DataError, match="column 'volume' holds '1,234', which may have thousands"):
        read_covariate(table, "volume")


@given(st.lists(st.decimals(-99_999, 99_999, places=2), min_size=1))
def test_any_numbers_survive_the_way_there_and_back(values: list[float]) -> None:
    texts = pd.Series([f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in values], dtype=object)
    assert has_decimal_commas(texts)
    assert not texts.map(is_ambiguous).any()
    assert to_numbers(texts).tolist() == [float(value) for value in values]
