"""Tables from files and into files. Cells of a CSV stay text until they are checked: messages can quote them."""

import csv
import io
import os
import sys
import warnings
import zlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from clearlstm.data.encodings import REMEDY, UTF_8, encoding_at_first_sight, opened, windows_1252
from clearlstm.errors import DataError, InputError, MissingExtraError
from clearlstm.files import check_plain, check_target, door, is_stream

if TYPE_CHECKING:
    import pandas as pd

CSV_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz")
PARQUET_SUFFIXES = (".parquet", ".pq")
LOOK_AT_LINES: Final = 100
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet takes for a formula, after white space that it drops."""
WINDOWS: Final = sys.platform == "win32"


def read_file(path: str | Path) -> "pd.DataFrame":
    """Read a CSV or Parquet file. The cells of a CSV come as text, empty ones as ""; rows keep their order."""
    return read_with_notes(path)[0]


def read_with_notes(path: str | Path) -> tuple["pd.DataFrame", tuple[str, ...]]:
    """The same, and what is to be said of the file: its encoding, where that isn't UTF-8."""
    path = Path(path)
    _check_readable(path)
    with door(path, DataError):
        is_parquet = path.name.lower().endswith(PARQUET_SUFFIXES)
        frame, notes = (_read_parquet(path), ()) if is_parquet else _read_csv(path)
    if not len(frame):
        raise DataError(f"{path} has a header and no rows below it: give a file with data")
    return frame, notes


def is_csv(path: str | Path) -> bool:
    """Whether the lines of ``path`` can be counted."""
    return str(path).lower().endswith(CSV_SUFFIXES)


def _check_readable(path: Path) -> None:
    check_plain(path, DataError, "name one CSV or Parquet file")
    if not path.name.lower().endswith(CSV_SUFFIXES + PARQUET_SUFFIXES):
        accepted = ", ".join(CSV_SUFFIXES + PARQUET_SUFFIXES)
        raise DataError(f"{path} has a suffix that isn't known; {accepted} are read: convert or rename the file")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path} can't be read: you have no permission to")
    if not path.stat().st_size:
        raise DataError(f"{path} is empty: give a file with a header line and rows")


def _read_csv(path: Path) -> tuple["pd.DataFrame", tuple[str, ...]]:
    import pandas as pd

    from clearlstm.data.header import about_lines_above

    try:
        encoding = encoding_at_first_sight(path)
        try:
            frame = _parsed(path, encoding.name)
        except UnicodeDecodeError as error:
            if encoding != UTF_8:
                raise DataError(f"{path} is UTF-16 text that is damaged: {REMEDY}") from error
            encoding = windows_1252(path)
            frame = _parsed(path, encoding.name)
        return _without_empty_end(frame), () if encoding.note is None else (encoding.note,)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path} is empty: give a file with a header line and rows") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        if reason.startswith("Length of header"):
            reason = "lines have more cells than the first, which has to name the columns"
        remedy = about_lines_above(_first_lines(path, encoding.name, "replace"))
        if remedy is not None:
            raise DataError(f"{path} is not a table as it stands: {remedy}") from error
        raise DataError(f"{path} is not a table: {reason}. Every line needs as many cells as the header") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be read: {error}") from error


def _parsed(path: Path, encoding: str) -> "pd.DataFrame":
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with more cells than the header has
        return pd.read_csv(
            path,
            sep=_separator(path, encoding),
            dtype=object,
            keep_default_na=False,
            index_col=False,
            skip_blank_lines=False,
            encoding=encoding,
        )


def _without_empty_end(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Leave out the blank lines that many files end with; those in the middle keep the count of lines."""
    filled = (frame != "").any(axis=1).to_numpy()
    return frame.iloc[: len(filled) - int(filled[::-1].argmax())] if filled.any() else frame.iloc[:0]


def _separator(path: Path, encoding: str) -> str:
    """The separator that the header has most of; a comma if none.

    A name that stands twice in it is refused, and a row in its place.
    """
    from clearlstm.data.header import SEPARATORS, check_header

    lines = _first_lines(path, encoding)
    header = lines[0] if lines else ""
    separator = max(SEPARATORS, key=header.count)
    try:
        names = [name for name in next(csv.reader([header.rstrip("\r\n")], delimiter=separator), []) if name]
    except csv.Error as error:
        raise DataError(f"{path} is not a table: its first line can't be read as a header ({error})") from error
    if names:
        check_header(path, lines, separator)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns named {twice!r}: rename one of them in the header")
    return separator


def _first_lines(path: Path, encoding: str, errors: str = "strict") -> list[str]:
    with opened(path) as file, io.TextIOWrapper(file, encoding=encoding, errors=errors) as text:
        return list(islice(text, LOOK_AT_LINES))


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError as error:
        raise MissingExtraError(
            f"reading {path} needs pyarrow, which isn't installed: pip install 'clearlstm[parquet]', or give a CSV"
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not a Parquet file, or it is damaged: {error}") from error
    return frame if frame.index.names == [None] else frame.reset_index()  # pandas keeps a named index as one


def write_file(frame: "pd.DataFrame", path: Path, *, like: str | Path, safe: bool = False) -> None:
    """Write ``frame`` to ``path`` as CSV or Parquet, by the suffix of ``like``: the name that the file will get.

    Numbers have 8 significant digits: more than any forecast is worth, and a file that people can read. Lines end the
    same way on every system, so that equal forecasts are equal files. ``safe`` marks texts in a CSV that a spreadsheet
    would run as formulas.
    """
    name = str(like).lower()
    if not name.endswith(PARQUET_SUFFIXES):
        frame = _without_formulas(frame) if safe else frame
        separator = "\t" if name.endswith(".tsv") else ","
        compression: Literal["gzip"] | None = "gzip" if name.endswith(".gz") else None
        frame.to_csv(
            path,
            index=False,
            float_format="%.8g",
            sep=separator,
            compression=compression,
            lineterminator="\n",
            quoting=csv.QUOTE_ALL if _has_returns(frame) else csv.QUOTE_MINIMAL,
        )
        return
    try:
        frame.to_parquet(path, index=False)
    except ImportError as error:
        raise MissingExtraError(
            f"writing {like} needs pyarrow, which isn't installed: pip install 'clearlstm[parquet]', or write a CSV"
        ) from error


def _has_returns(frame: "pd.DataFrame") -> bool:
    """Whether a text holds a carriage return, which pandas leaves unquoted and readers take for the end of a line."""
    texts = [column for _, column in frame.items() if column.dtype.kind not in "biufM"]
    return any(isinstance(cell, str) and "\r" in cell for column in texts for cell in column.unique())


def _without_formulas(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Texts that begin as formulas do get an apostrophe in front, by which a spreadsheet knows a text."""

    def marked(cell: Any) -> Any:
        return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell

    return frame.rename(columns=marked).map(marked)


def check_writable(path: str | Path, suffixes: tuple[str, ...] = CSV_SUFFIXES + PARQUET_SUFFIXES) -> Path:
    """Refuse, before the work, a path that nothing can be written to, or whose suffix isn't known."""
    path = Path(path)
    if not path.name.lower().endswith(suffixes):
        raise InputError(f"{path} has a suffix that can't be written here: use {' or '.join(suffixes)}")
    check_target(path)
    if WINDOWS and path.exists():
        _check_free(path)
    return path


def check_output(path: str | Path) -> Path:
    """The same for a table, which may also flow to a device or a named pipe, as CSV: /dev/stdout."""
    return Path(path) if is_stream(Path(path)) else check_writable(path)


def _check_free(path: Path) -> None:
    """Refuse a file that can't be replaced on Windows, where a spreadsheet keeps what it shows to itself."""
    try:
        path.open("r+b").close()
    except PermissionError as error:
        raise InputError(
            f"{path} can't be written to: it is open in another program, or read-only: close it there, or give "
            "another path"
        ) from error


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file: by a link, or by other capitals where the disk takes no notice of them."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()
