"""A page as one HTML file: written whole or not at all, told from other people's, and its data read again."""

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from clearlstm.errors import DataError, InputError
from clearlstm.files import atomic_write, door
from clearlstm.report.packing import plain
from clearlstm.report.page import SIGNIFICANT_DIGITS, lab_page

VERSION: Final = 1
NEEDED: Final = ("title", "made", "clearlstm", "verdict", "series")
MARK: Final = b'<meta name="generator" content="clearlstm">'
HEAD_BYTES: Final = 64 * 1024
DATA_ID: Final = "report-data"


def export_report(data: Mapping[str, Any], path: str | Path) -> None:
    """Write the lab to ``path`` as one HTML file that opens at the forecast's report in ``data``.

    Arrays that are packed (:mod:`clearlstm.report.packing`) stay as they are. Other numbers are rounded to six
    significant digits; one that isn't finite becomes a gap. The file appears whole or not at all: if anything fails, an
    existing one stays as it was.

    Raises:
        InputError: ``data`` is not a report of version 1 or holds something JSON can't; or ``path`` can't be written.
    """
    _check(data)
    headline = str(data["verdict"]["headline"])
    text = lab_page(data, title=str(data["title"]), headline=headline, digits=SIGNIFICANT_DIGITS)
    write_page(text, path)


def _check(data: Mapping[str, Any]) -> None:
    if data.get("version") != VERSION:
        raise InputError(
            f"the report's data has version {data.get('version')!r}; this program writes version {VERSION}"
        )
    missing = [key for key in NEEDED if key not in data]
    if missing:
        raise InputError(f"the report's data lacks {', '.join(missing)}; it needs {', '.join(NEEDED)}")


def write_page(text: str, path: str | Path) -> None:
    """Write a page whole or not at all."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"the page can't be written to {path}: {reason}; choose another place") from error


def is_report(path: str | Path) -> bool:
    """Whether ``path`` is a page that this program wrote, and may be replaced by a newer one."""
    with open(path, "rb") as file:
        return MARK in file.read(HEAD_BYTES)


class _DataFinder(HTMLParser):
    """Collects the text of the element that holds the data. Nothing in the page is run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", DATA_ID) in attrs

    def handle_endtag(self, _tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.pieces.append(data)


def read_report(path: Path, name: str) -> dict[str, Any]:
    """The data in the page at ``path``, which the user calls ``name``."""
    if not is_report(path):
        raise DataError(f"{name} was not written by clearlstm: give a report.html or an exported page of the lab")
    finder = _DataFinder()
    with door(name, DataError):
        try:
            finder.feed(path.read_text("utf-8"))
            data = plain(json.loads("".join(finder.pieces) or "null"), "data")  # fails if it nests too deep to be sent
        except (ValueError, RecursionError) as error:
            raise DataError(f"{name} is damaged, its data can't be read ({error}): export it again") from error
    if data is None:
        raise DataError(f"{name} is a page of the lab without a forecast or a model in it: there is nothing to open")
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("title"), str):
        raise DataError(f"{name} holds no report of version {VERSION}: it was changed, or a newer clearlstm wrote it")
    return data
