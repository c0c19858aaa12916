"""Files that people have, and files that they think they have."""

import gzip
import os
from pathlib import Path

import pandas as pd
import pytest

from clearlstm.data import files
from clearlstm.data.files import check_output, check_writable, read_file, same_file, write_file
from clearlstm.data.frames import Table
from clearlstm.errors import DataError, InputError, MissingExtraError


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _flipped() -> bytes:
    """A packed table with one byte that isn't its own."""
    packed = bytearray(gzip.compress("".join(f"{row},{row**3}\n" for row in range(300)).encode()))
    packed[200] ^= 255
    return bytes(packed)


def test_csv_with_any_separator_and_a_byte_order_mark(tmp_path: Path) -> None:
    for separator in ",;\t|":
        path = write(tmp_path / "a.csv", f"\ufeffdate{separator}close\n2024-01-01{separator}1.5\n")
        frame = read_file(path)
        assert frame.to_dict("list") == {"date": ["2024-01-01"], "close": ["1.5"]}


def test_ids_keep_their_zeros_and_na_is_an_id(tmp_path: Path) -> None:
    frame = read_file(write(tmp_path / "a.csv", "id,ds,y\n007,1,2\nNA,1,3\n"))
    assert frame["id"].tolist() == ["007", "NA"]


def test_packed_csv(tmp_path: Path) -> None:
    assert len(read_file(write(tmp_path / "a.csv.gz", gzip.compress(b"ds,y\n1,2\n2,3\n")))) == 2


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=3), "y": [1.0, 2.0, 3.0]})
    frame.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read_file(tmp_path / "a.parquet"), frame)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty: give a file with a header"),
        ("a.csv", b"\n\n", "empty|no rows"),
        ("a.csv", b"ds,y\n", "has a header and no rows"),
        ("a.csv", b"ds,y\n1,2\n2,3,4\n", "Every line needs as many cells as the header"),
        ("a.csv", b"ds,y\n1,2,3\n2,3,4\n", "Every line needs as many cells as the header"),
        ("a.csv", b"ds,y\n1,\x81\n", r"is not UTF-8 text \(byte 7\), nor Windows-1252 \(byte 7\): save it as CSV in"),
        ("a.csv", "ds,y\nü,".encode() + b"\xfc\n", r"is UTF-8 text but for byte 8, which is damaged"),
        ("a.csv", "ds,y\n1,2\n".encode("utf-16")[:-1], "is UTF-16 text that is damaged"),
        ("a.csv", "ds,y\n1,2\n".encode("utf-32"), "is UTF-32 text, which isn't read: save it as CSV in UTF-8"),
        ("a.csv", b"ds,y,z,y\n1,2,3,4\n", "has two columns named 'y': rename one"),
        ("a.csv", b'ds;"y";y\n1;2;3\n', "has two columns named 'y': rename one"),
        ("a.csv.gz", b"ds,y\n1,2\n", "can't be read"),
        ("a.csv.gz", _flipped(), "can't be read"),
        ("a.parquet", b"ds,y\n1,2\n", "is not a Parquet file, or it is damaged"),
        ("a.xlsx", b"PK", "suffix that isn't known; .csv, .tsv"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=message) as caught:
        read_file(write(tmp_path / name, content))
    assert name in str(caught.value)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="doesn't exist: check the name"):
        read_file(tmp_path / "missing.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read_file(tmp_path / "folder.csv")


def test_blank_lines_keep_the_count_of_lines(tmp_path: Path) -> None:
    frame = read_file(write(tmp_path / "a.csv", "ds,y\n1,2\n\n3,x\n"))
    assert Table.of(frame, "a.csv", lines=True).row(2) == "line 4 of a.csv"


def test_blank_lines_at_the_end_are_no_rows(tmp_path: Path) -> None:
    assert len(read_file(write(tmp_path / "a.csv", "ds,y\n1,2\n,\n3,4\n\n,\n\n"))) == 3
    with pytest.raises(DataError, match="has a header and no rows"):
        read_file(write(tmp_path / "a.csv", "ds,y\n,\n"))


def test_a_named_index_in_parquet_is_a_column(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pd.DataFrame({"y": [1.0, 2.0]}, index=pd.Index([7, 8], name="ds")).to_parquet(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").to_dict("list") == {"ds": [7, 8], "y": [1.0, 2.0]}


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_engine(*_: object, **__: object) -> None:
        raise ImportError("Unable to find a usable engine")

    monkeypatch.setattr(pd, "read_parquet", no_engine)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", no_engine)
    with pytest.raises(MissingExtraError, match=r"clearlstm\[parquet\]"):
        read_file(write(tmp_path / "a.parquet", b"x"))
    with pytest.raises(MissingExtraError, match=r"clearlstm\[parquet\]"):
        write_file(pd.DataFrame({"y": [1]}), tmp_path / "b", like="b.parquet")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"unique_id": ["A", "B"], "LSTM": [1.25, 2.5]})
    write_file(frame, tmp_path / name, like=name)
    assert read_file(tmp_path / name).astype({"LSTM": float})["LSTM"].tolist() == [1.25, 2.5]


def test_places_that_nothing_can_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for path, message in [
        (tmp_path / "a.xlsx", "suffix"),
        (tmp_path / "no" / "a.csv", "doesn't exist"),
        (tmp_path / "folder.csv", "is a folder"),
    ]:
        with pytest.raises(InputError, match=message):
            check_writable(path)


def test_lines_end_the_same_way_on_every_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "linesep", "\r\n")  # as on Windows
    write_file(pd.DataFrame({"y": [1, 2]}), tmp_path / "a.csv", like="a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"y\n1\n2\n"


def test_a_file_that_a_spreadsheet_holds_on_windows_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.csv", "y\n1\n")
    monkeypatch.setattr(files, "WINDOWS", True)
    assert check_writable(path) == path

    def held(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", held)
    with pytest.raises(InputError, match="open in another program"):
        check_writable(path)
    assert check_writable(tmp_path / "new.csv") == tmp_path / "new.csv"


def test_one_file_by_two_names_is_one_file(tmp_path: Path) -> None:
    """As Prices.csv and prices.csv are on the disks of macOS and Windows."""
    path, other = write(tmp_path / "a.csv", "y\n"), write(tmp_path / "b.csv", "y\n")
    os.link(path, tmp_path / "A2.csv")
    assert same_file(path, tmp_path / "A2.csv")
    assert same_file(tmp_path / "not" / ".." / "new.csv", tmp_path / "new.csv")
    assert not same_file(path, other)
    assert not same_file(path, tmp_path / "new.csv")


FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"]


def test_formulas_are_written_as_they_are_unless_it_is_to_be_safe(tmp_path: Path) -> None:
    frame = pd.DataFrame({"unique_id": [*FORMULAS, "plain"], "LSTM": [-1.5] * 7, "=2": [0] * 7})
    write_file(frame, tmp_path / "a.csv", like="a.csv")
    assert pd.read_csv(tmp_path / "a.csv")["unique_id"].tolist() == frame["unique_id"].tolist()
    write_file(frame, tmp_path / "safe.csv", like="safe.csv", safe=True)
    safe = pd.read_csv(tmp_path / "safe.csv")
    assert safe["unique_id"].tolist() == [*(f"'{text}" for text in FORMULAS), "plain"]
    assert safe["LSTM"].tolist() == [-1.5] * 7
    assert list(safe.columns) == ["unique_id", "LSTM", "'=2"]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no name for the standard output")
def test_a_table_may_flow_to_a_stream_and_other_files_may_not() -> None:
    assert check_output("/dev/stdout") == Path("/dev/stdout")
    with pytest.raises(InputError):
        check_writable("/dev/stdout", (".safetensors",))
