"""Lines laid out for 80 columns, on a terminal with fewer: columns go below one another, long rows are folded."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final, NamedTuple

from rich.text import Text

INDENT: Final = 6
"""Where what follows a swatch and a letter begins."""
GAP: Final = 2
"""Blanks that part columns."""
DRAWN: Final = ("┤", "└")
"""What only drawings have: they can't be folded, but for their titles."""
TITLE: Final = "bold"
MARKED: Final = re.compile(r" \S \w  \S")
"""How a row of arithmetic begins: a swatch, a letter, and no column after it."""


class Span(NamedTuple):
    """Characters ``begin`` to ``end`` of a line, the last not included."""

    begin: int
    end: int

    @property
    def width(self) -> int:
        """How many they are."""
        return self.end - self.begin


def fitted(lines: Sequence[Text], width: int) -> list[Text]:
    """``lines`` with none wider than ``width``, but for drawings; as they are where they fit.

    What begins with a space is a row, and rows that follow one another are a table where they have columns in common.
    """
    if all(line.cell_len <= width for line in lines):
        return list(lines)
    result: list[Text] = []
    for is_row, group in groupby(lines, key=lambda line: line.plain.startswith(" ")):
        block = list(group)
        result += _fitted_rows(block, width) if is_row else [part for line in block for part in wrapped(line, width)]
    return result


def wrapped(line: Text, width: int) -> list[Text]:
    """A sentence or a title, in its style."""
    return [Text(part, style=line.style) for part in wrap(line.plain, width)] or [line]


def _fitted_rows(rows: list[Text], width: int) -> list[Text]:
    if all(row.cell_len <= width for row in rows):
        return rows
    if any(sign in row.plain for row in rows for sign in DRAWN):
        return [part for row in rows for part in (folded(row, width) if row.style == TITLE else [row])]
    label, *columns = _columns(rows)
    repeated = label.width <= width // 2
    indent = label.end if repeated else INDENT
    fit = label.end <= width and all(column.width + GAP + indent <= width for column in columns)
    if not columns or not fit or any(MARKED.match(row.plain) for row in rows):
        return [part for row in rows for part in folded(row, width)]
    strips = list(_strips(columns, width - indent))
    if not repeated:
        return [part for row in rows for part in _one_below_another(row, label, strips)]
    return _one_after_another(rows, label, strips)


def _one_after_another(rows: list[Text], label: Span, strips: list[Span]) -> list[Text]:
    """The strips of a table, each with its labels; a title stands over the first alone."""
    titles = [_is_title(row, label) for row in rows]
    result: list[Text] = []
    for strip in strips:
        lines = (_beside_its_label(row, label, strip) for row in rows)
        if strip == strips[0]:
            result += [row if title else line for row, line, title in zip(rows, lines, titles, strict=True)]
        else:
            result += [Text(), *(line for line, title in zip(lines, titles, strict=True) if not title)]
    return result


def _is_title(row: Text, label: Span) -> bool:
    """Whether it is one text that goes on over the columns."""
    parts = list(_parts(row.plain))
    return len(parts) == 1 and parts[0].begin < label.end < parts[0].end


def _columns(rows: list[Text]) -> list[Span]:
    """What at least two blanks in every row part; rows without columns, such as a title, have no say."""
    parts = [list(_parts(row.plain)) for row in rows]
    covered = bytearray(max(row.cell_len for row in rows) + 1)
    for spans in parts:
        for begin, end in spans if len(spans) > 1 else ():
            covered[begin:end] = b"x" * (end - begin)
    gaps = covered.replace(b"\0", b" ").decode()
    return list(_parts(gaps)) or [Span(0, len(gaps))]


def _parts(line: str) -> Iterator[Span]:
    """The parts of a line between two blanks or more."""
    begin = 0
    for part in line.split("  "):
        stripped = part.strip()
        if stripped:
            start = begin + part.index(stripped)
            yield Span(start, start + len(stripped))
        begin += len(part) + 2


def _strips(columns: list[Span], width: int) -> Iterator[Span]:
    """As many columns in a strip as fit, with a gap before each."""
    begin, end = columns[0].begin - GAP, columns[0].end
    for column in columns[1:]:
        if column.end - begin > width:
            yield Span(begin, end)
            begin = column.begin - GAP
        end = column.end
    yield Span(begin, end)


def _beside_its_label(row: Text, label: Span, strip: Span) -> Text:
    """A row of a strip; the label is said again in each."""
    line = row[: label.end]
    line.append(" " * (label.end - line.cell_len))
    return _trimmed(line.append_text(row[strip.begin : strip.end]))


def _one_below_another(row: Text, label: Span, strips: list[Span]) -> list[Text]:
    """A row whose label is too long to be said again: the strips below it."""
    below = (Text(" " * INDENT).append_text(row[strip.begin : strip.end]) for strip in strips)
    return [line for line in (_trimmed(row[: label.end]), *map(_trimmed, below)) if line.plain]


def folded(row: Text, width: int) -> list[Text]:
    """A row on several lines, the later ones indented: parted at a wide gap, else before a "=", else at a blank."""
    start = len(row.plain) - len(row.plain.lstrip())
    indent = min(INDENT if start < INDENT else start + 2, width // 2)
    lines = []
    while row.cell_len > width:
        fits = row.plain[: width + 1]
        cut = next((place for mark in ("  ", " = ", " ") if (place := fits.rfind(mark, indent)) > indent), width)
        rest = row[cut:]
        blanks = len(rest.plain) - len(rest.plain.lstrip())
        lines.append(_trimmed(row[:cut]))
        row = Text(" " * indent).append_text(rest[blanks:])
    return [*lines, row]


def _trimmed(line: Text) -> Text:
    line.rstrip()
    return line
