"""What a page is, and the words that all pages share."""

from dataclasses import dataclass
from textwrap import fill

from rich.text import Text

from clearlstm.cli.look import WIDTH


@dataclass(frozen=True)
class Page:
    """A title and the lines under it, none wider than 80 columns."""

    title: str
    lines: tuple[Text, ...]


def page(title: str, *lines: Text) -> Page:
    """A page without empty lines at its end or spaces at the ends of its lines."""
    kept = list(lines)
    while kept and not kept[-1].plain.strip():
        kept.pop()
    for line in kept:
        line.rstrip()
    return Page(title, tuple(kept))


def says(*sentences: str) -> list[Text]:
    """A paragraph, wrapped, and an empty line after it."""
    return [*(Text(line) for line in fill(" ".join(sentences), WIDTH).splitlines()), Text()]


def row(*parts: str | Text) -> Text:
    """One line."""
    return Text.assemble(*parts)
