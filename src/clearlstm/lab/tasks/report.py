"""Read the data out of a page that clearlstm wrote. Nothing in the page is run."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from clearlstm.errors import DataError
from clearlstm.files import door
from clearlstm.report.export import VERSION, is_report
from clearlstm.report.packing import plain

DATA_ID: Final = "report-data"


class _Finder(HTMLParser):
    """Collects the text of the element that holds the data."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", DATA_ID) in attrs

    def handle_endtag(self, _tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data)


def read_report(path: Path, name: str) -> dict[str, Any]:
    """The data in the page at ``path``, which the user calls ``name``."""
    if not is_report(path):
        raise DataError(f"{name} was not written by clearlstm: give a report.html or an exported page of the lab")
    finder = _Finder()
    with door(name, DataError):
        try:
            finder.feed(path.read_text("utf-8"))
            data = plain(json.loads("".join(finder.found) or "null"), "data")  # fails if it nests too deep to be sent
        except (ValueError, RecursionError) as error:
            raise DataError(f"{name} is damaged, its data can't be read ({error}): export it again") from error
    if data is None:
        raise DataError(f"{name} is a page of the lab without a forecast or a model in it: there is nothing to open")
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("title"), str):
        raise DataError(f"{name} holds no report of version {VERSION}: it was changed, or a newer clearlstm wrote it")
    return data
