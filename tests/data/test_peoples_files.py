"""Files as people have them, from spreadsheets, meters and statistical offices: read for what they say, or asked about.

Each is a table of one series and is held to its first and next time, and to its first value.
"""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from clearlstm.data.files import read_file
from clearlstm.data.frames import read_panel
from clearlstm.data.panel import Panel
from clearlstm.data.source import file_source
from clearlstm.errors import DataError

DAYS = pd.date_range("2023-01-01", periods=60)
MONTHS = pd.date_range("2015-02-01", periods=30, freq="MS")
HOURS = pd.date_range("2024-03-28", periods=120, freq="h", tz="Europe/Berlin")


def lines(header: str, rows: pd.DatetimeIndex, row: Callable[[pd.Timestamp], str]) -> str:
    return "\n".join([header, *map(row, rows)]) + "\n"


def german(time: pd.Timestamp) -> str:
    """A row of a spreadsheet set to German, as Excel writes it."""
    return f"{time:%d.%m.%Y};{1000 + time.day},50;Köln"


def american(time: pd.Timestamp) -> str:
    return f'{time.month}/{time.day}/{time.year} 12:00:00 AM,"{1000 + time.day:,.2f}"'


def french(time: pd.Timestamp) -> str:
    return f"{time:%d/%m/%Y};1\N{NARROW NO-BREAK SPACE}{time.day:03d},50"


def step(unit: int) -> Callable[[pd.Timestamp], str]:
    """Rows of a meter that counts so many units a second since 1970."""
    return lambda time: f"{time.timestamp() * unit:.0f},{time.hour}"


def read(text: str, folder: Path) -> Panel:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    source = file_source(path)
    return read_panel(source.table, source.columns)


@pytest.mark.parametrize(
    ("text", "first", "following", "value"),
    [
        ("\ufeff" + lines("Datum;Umsatz;Filiale", DAYS, german) + ";;\n", "2023-01-01", "2023-03-02", 1001.5),
        (lines("Date,Net Sales", DAYS, american), "2023-01-01", "2023-03-02", 1001.0),
        (lines("date;montant", DAYS, french), "2023-01-01", "2023-03-02", 1001.5),
        (lines("date,y", DAYS[::-1], lambda t: f"{t:%Y%m%d},{t.day}"), "2023-01-01", "2023-03-02", 1),
        (lines(",day,sold", DAYS, lambda t: f"{t.dayofyear},{t:%Y-%m-%d},{t.day}"), "2023-01-01", "2023-03-02", 1),
        (lines("day,sold", MONTHS, lambda t: f"{t:%d/%m/%Y},{t.month}"), "2015-02-01", "2017-08-01", 2),
        (lines("Month,Passengers", MONTHS, lambda t: f"{t:%b-%y},{t.month}"), "2015-02-01", "2017-08-01", 2),
        (lines("month,y", MONTHS, lambda t: f"{t:%Y%m},{t.month}"), "2015-02-01", "2017-08-01", 2),
        (lines("quarter,y", MONTHS[2::3], lambda t: f"{t.year}-Q{t.quarter},4"), "2015-04-01", "2017-10-01", 4),
        (lines("week,cases", DAYS[1::7], lambda t: f"{t:%G-W%V},{t.day}"), "2023-01-02", "2023-03-06", 2),
        (lines("time,kWh", HOURS, lambda t: f"{t.isoformat()},{t.hour}"), "2024-03-28 01:00", "2024-04-02 01:00", 0),
        (lines("timestamp,kWh", HOURS, step(1)), "2024-03-27 23:00", "2024-04-01 23:00", 0),
        (lines("t,kWh", HOURS, step(1000)), "2024-03-27 23:00", "2024-04-01 23:00", 0),
    ],
)  # fmt: skip
def test_what_it_says_is_read(text: str, first: str, following: str, value: float, tmp_path: Path) -> None:
    panel = read(text, tmp_path)
    assert len(panel) == 1
    assert panel.text(panel.times[0]) == first
    assert panel.text(panel.future(1)[0, 0]) == following
    assert panel.values[0] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lines("date,price", DAYS, lambda t: f"{t:%Y-%m-%d},${t.day}.5"),
         r"'price' holds '\$1\.5', which is not a number"),
        (lines("date,rate", DAYS, lambda t: f"{t:%Y-%m-%d},{t.day}%"),
         "'rate' holds '1%', and a cell has to hold a number alone"),
        (lines("date,y", DAYS, lambda t: f"{t:%Y-%m-%d},{t.day}") + "Total,9\n", r"'Total' is not a date \(line 62"),
        (lines("date,hour,kWh", HOURS, lambda t: f"{t:%Y-%m-%d},{t.hour},{t.day}.5"),
         "stand in two columns, 'date' and 'hour': write both in one, such as 2015-02-03 04:00"),
        (lines("year,month,y", MONTHS, lambda t: f"{t.year},{t.month},{t.day}.5"),
         "stand in two columns, 'year' and 'month': write both in one, such as 2015-02"),
        ("# from the meter\n" + lines("date,y", DAYS, lambda t: f"{t:%Y-%m-%d},{t.day}"),
         "remove the line above the header, which seems to be line 2: 'date,y'"),
        ("Spot price\nhttps://x.org/?id=1\n\n" + lines("date,y", DAYS, lambda t: f"{t:%Y-%m-%d},{t.day}"),
         "remove the 3 lines above the header, which seems to be line 4: 'date,y'"),
        ('"Source","Bank",\n\n' + lines('"Country","1960","1961",', DAYS, lambda t: f'"C{t.day}",1,{t.day},'),
         "remove the 2 lines above the header, which seems to be line 3"),
        (lines("2022-12-31,7", DAYS, lambda t: f"{t:%Y-%m-%d},{t.day}"),
         "has no header: its first line, '2022-12-31,7', is like those below, .*: add a line above it, such as ds,y"),
        (lines("3.5;NA;17;1.25;A", DAYS, lambda t: f"{t.day}.5;{t.month};{t.day};1.25;A"),
         "has no header: .*add a line above it, with a name for each of its 5 columns"),
        (lines("1.3353060e+05", DAYS, lambda t: f"1.33{t.day}060e+05"), "such as y, and a column of times beside it"),
        (lines("Zeit,Last", HOURS, lambda t: f"{t - pd.Timedelta('1h'):%d.%m.%Y} {t.hour or 24}:00,{t.day}"),
         r"'27\.03\.2024 24:00' is not a date, for 24:00 is 00:00 of the next day \(line 2 of"),
        (lines("day,sold", MONTHS[:11], lambda t: f"{t:%d/%m/%Y},{t.month}"), "may be 1 February 2015 or 2 January"),
    ],
)  # fmt: skip
def test_what_it_does_not_say_is_asked_for(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(text, tmp_path)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("date,2001,2002", lambda t: f"{t:%Y-%m-%d},2001,{t.day}"),
        ("2001,2002,2003", lambda t: f"{t:%Y},{t.day},{t.day}"),
        ("0,1", lambda t: f"{t.day},{t.day}.5"),
        ("101,205", lambda t: f"{t.day},{t.day}.5"),
        (",0", lambda t: f"{t:%Y-%m-%d},{t.day}"),
    ],
)
def test_a_header_of_years_or_numbers_of_series_is_one(
    header: str, row: Callable[[pd.Timestamp], str], tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(lines(header, DAYS, row), encoding="utf-8")
    assert len(read_file(path)) == len(DAYS)


def test_years_beside_months_in_full_are_no_part_of_the_time(tmp_path: Path) -> None:
    text = lines("year,month,sold", MONTHS, lambda t: f"{t.year},{t:%Y-%m},{t.month}.5")
    (tmp_path / "file.csv").write_text(text, encoding="utf-8")
    assert file_source(tmp_path / "file.csv", target="sold").columns.time == "month"


def test_numbers_of_steps_stay_numbers_where_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(lines("timestamp,kWh", HOURS, step(1)), encoding="utf-8")
    source = file_source(path)
    panel = read_panel(source.table, source.columns, 3600)
    assert panel.times[0] == 1711580400
    assert panel.future(1)[0, 0] == 1711580400 + 120 * 3600
    noted = read_panel(source.table, source.columns).notes
    assert noted == ("Column 'timestamp': 1711580400 was read as 2024-03-27 23:00 UTC, seconds since 1970.",)


ENCODED = lines("Datum;Umsatz Köln", DAYS, lambda t: f"{t:%d.%m.%Y};{t.day},50")


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        (
            "cp1252",
            "isn't UTF-8 text and was read as Windows-1252, with 'Köln' in line 1. If that is wrong, save it as",
        ),
        ("utf-16", "was read as UTF-16 text"),
        ("utf-16-le", "was read as UTF-16 text"),
        ("utf-16-be", "was read as UTF-16 text"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_another_encoding_is_read_and_told(encoding: str, note: str | None, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    content = ENCODED.encode(encoding)
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    source = file_source(path)
    panel = read_panel(source.table, source.columns)
    assert source.columns.target == "Umsatz Köln"
    assert panel.values[0] == 1.5
    if note is None:
        assert not any("read as" in one for one in source.notes)
    else:
        assert source.notes[0].startswith(f"{path} {note}")


def test_the_encoding_of_a_wide_table_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes(lines("day,Köln,Bonn", DAYS, lambda t: f"{t:%Y-%m-%d},1,2").encode("cp1252"))
    assert "Windows-1252" in " ".join(file_source(path, wide=True).notes)


@pytest.mark.parametrize(
    ("rows", "end", "cell"),
    [
        (DAYS, "Total,,1305\n", "Total"),
        (DAYS[:5], "Total,,1305\n", "Total"),
        (DAYS, ",,1305\n", ""),
        (DAYS, "Summe,,1305\nStand: Mai,,\n", "Summe"),
    ],
)
def test_a_total_below_the_table_is_named(rows: pd.DatetimeIndex, end: str, cell: str, tmp_path: Path) -> None:
    """And no other column takes the place of the one that it stands in."""
    with pytest.raises(DataError) as error:
        read(lines("when,sent on,sold", rows, lambda t: f"{t:%Y-%m-%d},,{t.day}") + end, tmp_path)
    where = f"line {len(rows) + 2} of {tmp_path / 'file.csv'}"
    start = (
        f"column 'when': {cell!r} is not a date ({where}). It stands at the end: if it is a total or a remark, remove"
    )
    assert str(error.value).startswith(start)


def test_codes_of_which_most_are_numbers_are_no_times(tmp_path: Path) -> None:
    text = lines("when,code,sold", DAYS, lambda t: f"{t:%Y-%m-%d},{'A7' if t.day == 1 else 100 + t.day},{t.month}")
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    assert file_source(path, target="sold").columns.time == "when"
