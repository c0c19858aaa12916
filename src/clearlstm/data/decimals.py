"""Numbers in texts, with a decimal point or a decimal comma: the comma is taken for one only where it can be no other.

A column has one decimal sign. It is the comma if some cell can be read with a comma alone ("12,50", "1.234,5") and
none with a point alone ("12.50", "1,234,567"); the points of such a column stand between thousands. It is the point,
and commas stand between thousands, if cells show both ("1,234.50", "1,234,567") and none needs the comma. A column with
nothing but cells such as "1,234", which may be 1.234 or 1234, is not read. Spaces and apostrophes between thousands are
passed over.
"""

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    Cells = pd.Series[Any]


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+)"
    return re.compile(rf"\s*[+-]?(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?\s*")


SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'\N{RIGHT SINGLE QUOTATION MARK}"
SPACED = re.compile(rf"\s*[+-]?[1-9]\d{{0,2}}(?:[{SPACES}]\d{{3}})+(?:[.,]\d*)?\s*")
WITHOUT_SPACES = str.maketrans("", "", SPACES)
BY_POINT, BY_COMMA = _pattern(r"\.", ","), _pattern(",", r"\.")


def to_numbers(cells: "Cells") -> "Cells":
    """The cells as numbers; not-a-number where there is none.

    >>> to_numbers(pd.Series(["12,50", "1.234", "x"])).tolist()
    [12.5, 1234.0, nan]
    >>> to_numbers(pd.Series(["1,234.50", "1 234.5", "2,000"])).tolist()
    [1234.5, 1234.5, 2000.0]
    """
    cells = cells.map(_without_spaces)
    if has_decimal_commas(cells):
        cells = cells.map(lambda cell: cell.replace(".", "").replace(",", ".") if isinstance(cell, str) else cell)
    elif has_thousands_commas(cells):
        cells = cells.map(lambda cell: cell.replace(",", "") if isinstance(cell, str) else cell)
    return pd.to_numeric(cells, errors="coerce")


def has_decimal_commas(cells: "Cells") -> bool:
    """Whether commas are the decimal signs of a column, beyond doubt."""
    plain = _one_sided(cells)
    return bool(plain) and all(BY_COMMA.fullmatch(text) for text in plain)


def has_thousands_commas(cells: "Cells") -> bool:
    """Whether commas stand between the thousands of a column, beyond doubt."""
    plain = _one_sided(cells)
    return any("," in text for text in plain) and all(BY_POINT.fullmatch(text) for text in plain)


def _without_spaces(cell: Any) -> Any:
    """``1 234,5`` as ``1234,5``: what may stand between thousands and can be nothing else is left out."""
    return cell.translate(WITHOUT_SPACES) if isinstance(cell, str) and SPACED.fullmatch(cell) else cell


def is_ambiguous(cell: Any) -> bool:
    """Whether a cell is a number by comma and by point, and not the same one.

    >>> [cell for cell in ("1,234", "1.234", "0,123", "1,23", "12") if is_ambiguous(cell)]
    ['1,234', '1.234']
    """
    signed = isinstance(cell, str) and ("," in cell or "." in cell)
    return signed and bool(BY_COMMA.fullmatch(cell)) and bool(BY_POINT.fullmatch(cell))


def _one_sided(cells: "Cells") -> list[str]:
    """The cells of a column with commas that are numbers by comma or by point alone."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    if not any("," in text for text in texts):
        return []
    plain = [_without_spaces(text) for text in texts]
    return [text for text in plain if bool(BY_COMMA.fullmatch(text)) != bool(BY_POINT.fullmatch(text))]
