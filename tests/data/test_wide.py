"""Wide tables: what they become, and where the user finds the cell that is wrong."""

from pathlib import Path

import pandas as pd
import pytest

from clearlstm.data.frames import Columns, read_panel
from clearlstm.data.source import Source, file_source
from clearlstm.errors import DataError

MONTHS = [f"{2000 + k // 12}-{k % 12 + 1:02}" for k in range(20)]


def wide(folder: Path, text: str, **given: object) -> Source:
    path = folder / "rain.csv"
    path.write_text(text, encoding="utf-8")
    return file_source(path, wide=True, **given)  # type: ignore[arg-type]


def rows(header: str, row: str) -> str:
    return "\n".join([header, *(row.format(month=month, k=k) for k, month in enumerate(MONTHS))]) + "\n"


def test_a_bad_cell_is_named_by_its_line_and_column_in_the_file(tmp_path: Path) -> None:
    text = rows("month,Auckland,Dunedin", "{month},{k}.5,1{k}.5")
    source = wide(tmp_path, text.replace(",4.5,14.5", ",4.5,trace"))
    with pytest.raises(DataError, match=r"column 'Dunedin' holds 'trace', .* in line 6 of .*rain\.csv:"):
        read_panel(source.table, source.columns)
    source = wide(tmp_path, text.replace("2001-08", "Total"))
    with pytest.raises(DataError, match=r"'month': 'Total' is not a date \(line 21 of .*rain\.csv\)\. It stands"):
        read_panel(source.table, source.columns)


def test_what_tells_rows_apart_is_asked_for_and_taken(tmp_path: Path) -> None:
    text = "month,place,rain,wind\n" + "".join(f"{m},{place},1.5,2.5\n" for place in ("NY", "LA") for m in MONTHS)
    with pytest.raises(DataError, match=r"several rows of the same 'month': with --wide, .*--id place\)"):
        wide(tmp_path, text)
    source = wide(tmp_path, text, series_id=["place"])
    assert source.columns == Columns("month", "value", ("place", "series"))
    assert read_panel(source.table, source.columns).ids.tolist() == [
        "LA / rain", "LA / wind", "NY / rain", "NY / wind",
    ]  # fmt: skip
    with pytest.raises(DataError, match="has no column 'town'; it has month, place, rain, wind"):
        wide(tmp_path, text, series_id=["town"])


def test_it_is_only_offered_where_times_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "rain.csv"
    for places, offered in ((["NY"], True), (["NY", "LA"], False)):
        frame = pd.DataFrame([(m, place, 1.5, 2.5) for place in places for m in MONTHS], columns=["d", "at", "r", "w"])
        frame.to_csv(path, index=False)
        with pytest.raises(DataError, match="several columns of numbers") as error:
            file_source(path)
        assert ("--wide" in str(error.value)) == offered


def test_a_column_that_is_called_like_one_that_wide_makes(tmp_path: Path) -> None:
    for name in ("value", "series"):
        with pytest.raises(DataError, match="has a column 'series' or 'value', which --wide makes: rename it"):
            wide(tmp_path, rows(f"month,{name},b", "{month},{k}.5,1"))
    assert wide(tmp_path, rows("month,a,series", "{month},{k}.5,x")).columns.id == "series"
