"""The table that a command works on: a file, or a bundled example."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from clearlstm.data.source import Source as Source
from clearlstm.data.source import example_source, file_source
from clearlstm.data.source import read_table as read_table


class Example(StrEnum):
    """The bundled data."""

    prices = "prices"
    load = "load"


def find_source(
    file: Path | None,
    example: Example,
    *,
    time: str | None,
    target: str | None,
    series_id: str | None,
    others: Sequence[str] = (),
) -> Source:
    """The file, with its plain columns guessed, ``others`` not among them; or the example if there is none."""
    if file is None:
        return example_source(example)
    return file_source(file, time=time, target=target, series_id=series_id, others=others)


def as_freq(freq: str | None) -> str | int | None:
    """A whole number for numbered rows, else an alias."""
    return int(freq) if freq is not None and freq.isdecimal() else freq
