"""The report of ``clearlstm forecast`` as one HTML file, which is the lab; see :mod:`clearlstm.report.page`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clearlstm.errors import InputError
from clearlstm.files import atomic_write
from clearlstm.report.page import SIGNIFICANT_DIGITS, lab_page

VERSION = 1
NEEDED = ("title", "made", "clearlstm", "verdict", "series")
MARK = b'<meta name="generator" content="clearlstm">'
HEAD_BYTES = 64 * 1024


def export_report(data: Mapping[str, Any], path: str | Path) -> None:
    """Write the lab to ``path`` as one HTML file that opens at the report in ``data``.

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


def write_page(text: str, path: str | Path) -> None:
    """Write a page whole or not at all."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"the report can't be written to {path}: {reason}; choose another place") from error


def is_report(path: str | Path) -> bool:
    """Whether ``path`` is a report that this program wrote, and may be replaced by a newer one."""
    with open(path, "rb") as file:
        return MARK in file.read(HEAD_BYTES)


def _check(data: Mapping[str, Any]) -> None:
    if data.get("version") != VERSION:
        raise InputError(
            f"the report's data has version {data.get('version')!r}; this program writes version {VERSION}"
        )
    missing = [key for key in NEEDED if key not in data]
    if missing:
        raise InputError(f"the report's data lacks {', '.join(missing)}; it needs {', '.join(NEEDED)}")
