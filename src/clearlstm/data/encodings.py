"""What a table's text is written in: UTF-8 first; UTF-16 or Windows-1252 where that doesn't fit, and then it's said."""

import codecs
import gzip
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from clearlstm.errors import DataError

FIRST_BYTES: Final = 200
UNDEFINED: Final = re.compile(rb"[\x00-\x08\x0e-\x1f\x81\x8d\x8f\x90\x9d]")
"""Bytes that Windows-1252 gives no letter, or that stand in no text."""
ESCAPED: Final = range(0xDC80, 0xDD00)
"""What Python's surrogateescape makes of bytes that aren't UTF-8."""
WORD_BEYOND_ASCII: Final = re.compile(r"[^\s,;|]*[^\x00-\x7f][^\s,;|]*")
REMEDY: Final = "save it as CSV in UTF-8"


class Encoding(NamedTuple):
    """The name by which Python knows an encoding, and what to say of the file where it isn't UTF-8."""

    name: str
    note: str | None = None


UTF_8: Final = Encoding("utf-8-sig")


def opened(path: Path) -> Any:
    """A CSV's bytes, unpacked."""
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")


def encoding_at_first_sight(path: Path) -> Encoding:
    """UTF-16 where the first bytes tell it, by a mark or because every other one is 0; else UTF-8."""
    with opened(path) as file:
        start = file.read(FIRST_BYTES)
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DataError(f"{path} is UTF-32 text, which isn't read: {REMEDY}")
    even, odd = start[0::2], start[1::2]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    elif len(start) > 2 and not any(odd) and all(even):
        name = "utf-16-le"
    elif len(start) > 2 and not any(even) and all(odd):
        name = "utf-16-be"
    else:
        return UTF_8
    return Encoding(name, "was read as UTF-16 text: each of its characters takes two bytes.")


def windows_1252(path: Path) -> Encoding:
    """Windows-1252, for a file that is not UTF-8, if all of its bytes are letters there and none are letters of UTF-8.

    Raises :class:`DataError` otherwise: nobody can tell then what was meant.
    """
    with opened(path) as file:
        content: bytes = file.read()
    text = content.decode("utf-8", "surrogateescape")
    first = next(k for k, letter in enumerate(text) if ord(letter) in ESCAPED)
    position = len(text[:first].encode())
    if any(letter > "\x7f" and ord(letter) not in ESCAPED for letter in text):
        raise DataError(f"{path} is UTF-8 text but for byte {position}, which is damaged: {REMEDY}")
    if undefined := UNDEFINED.search(content):
        raise DataError(
            f"{path} is not UTF-8 text (byte {position}), nor Windows-1252 (byte {undefined.start()}): {REMEDY}"
        )
    western = content.decode("cp1252", "replace")
    word = WORD_BEYOND_ASCII.search(western)
    line = 1 + content.count(b"\n", 0, position)
    shown = f", with {word[0][:30]!r} in line {line}" if word else ""
    return Encoding("cp1252", f"isn't UTF-8 text and was read as Windows-1252{shown}. If that is wrong, {REMEDY}.")
