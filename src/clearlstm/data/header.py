"""The first lines of a CSV: the first has to name the columns; it may be a row, or stand above the header."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from clearlstm.data.cells import is_missing
from clearlstm.data.decimals import to_numbers
from clearlstm.data.times import BadTime, parse_times
from clearlstm.errors import DataError

SEPARATORS: Final = ",;\t|"
FEWEST_ROWS: Final = 3
"""Rows that show what the cells of a table are like."""
MOST_UNLIKE: Final = 0.1
"""The share of columns in which the first row of a table without a header may be unlike those below."""
LONGEST: Final = 50


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of a line; none where it isn't one."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return []


def check_header(path: Path, lines: Sequence[str], separator: str) -> None:
    """Refuse a table whose first line is one of its rows: its cells are like those below, the first column's too."""
    first, *below = (cells_of(line, separator) for line in lines)
    rows = [row for row in below if len(row) == len(first)]
    if len(rows) < FEWEST_ROWS or _counts(first) or not _is_row(first, list(zip(*rows, strict=True))):
        return
    count = len(first)
    names = f"such as ds{separator}y" if count == 2 else f"with a name for each of its {count} columns"
    names = "such as y, and a column of times beside it" if count == 1 else names
    raise DataError(
        f"{path} has no header: its first line, {_shown(lines[0])}, is like those below, but has to name the columns: "
        f"add a line above it, {names}"
    )


def _is_row(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    like: list[bool | None] = []
    for cell, column in zip(first, columns, strict=True):
        like.append(_is_like(cell, column))
        if not like[0] or like.count(False) > MOST_UNLIKE * len(first):
            return False
    return 2 * like.count(True) >= len(first)


def _is_like(cell: str, below: Sequence[str]) -> bool | None:
    """Whether a cell is a number or a date as those below it are; None for a text that is there, too, or a gap."""
    known = [one for one in below if not is_missing(one)]
    if not known or (cell and is_missing(cell)):
        return None if cell else False
    numbers = to_numbers(pd.Series([cell, *known], dtype=object)).to_numpy(float)
    if not np.isnan(numbers).any():
        least, most = numbers[1:].min(), numbers[1:].max()
        return bool(2 * least - most <= numbers[0] <= 2 * most - least)
    if not np.isnan(numbers[0]):
        return False
    if not any(sign.isdigit() for sign in cell):
        return None if cell in known else False
    try:
        return parse_times(np.array([cell, *known], dtype=object)).values.dtype.kind == "M"
    except BadTime:
        return None if cell in known else False


def _counts(names: Sequence[str]) -> bool:
    """Whether the names are whole numbers evenly apart, as years or the numbers of series are."""
    if not all(name.strip().isdecimal() for name in names):
        return False
    numbers = [int(name) for name in names]
    return numbers in ([0], [0, 1]) or (len(numbers) > 2 and len(set(np.diff(numbers).tolist())) == 1)


def about_lines_above(lines: Sequence[str]) -> str | None:
    """What to do about lines that stand above the header, where most lines have more cells than the first."""
    counts = {sign: [len(cells_of(line, sign)) for line in lines] for sign in SEPARATORS}
    common = Counter((count, sign) for sign, each in counts.items() for count in each if count > 1).most_common(1)
    if not common:
        return None
    (count, separator), _ = common[0]
    at = counts[separator].index(count)
    if at == 0 or _is_value(cells_of(lines[at], separator)[0]):
        return None
    which = "the line" if at == 1 else f"the {at} lines"
    return f"remove {which} above the header, which seems to be line {at + 1}: {_shown(lines[at])}"


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a date."""
    try:
        parse_times(np.array([cell], dtype=object))
    except BadTime:
        return bool(to_numbers(pd.Series([cell], dtype=object)).notna().any())
    return True


def _shown(line: str) -> str:
    text = " ".join(line.split())
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
