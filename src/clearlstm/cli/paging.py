"""Pages one at a time on a terminal; one after the other, without a pause, where nobody can press a key."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

import typer
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from clearlstm.cli.look import console, width
from clearlstm.cli.narrow import fitted

QUIT: Final = ("q", "quit")
BACK: Final = ("b", "back")
ROOM_FOR_KEYS: Final = 50
"""From this width on, the keys stand well apart."""


@dataclass(frozen=True)
class Page:
    """A title and the lines under it, none wider than 80 columns; on a narrower terminal they are fitted to it."""

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
    return [*map(Text, wrap(" ".join(sentences), width())), Text()]


def row(*parts: str | Text) -> Text:
    """One line."""
    return Text.assemble(*parts)


def show_or_echo(shown: dict[str, Any] | Sequence[Page]) -> None:
    """Pages; or numbers, as JSON in full."""
    if isinstance(shown, dict):
        typer.echo(json.dumps(shown, indent=1, allow_nan=False))
    else:
        show(console(), shown)


def show(screen: Console, pages: Sequence[Page]) -> None:
    """All pages. On a terminal Enter goes on, b goes back, q or Ctrl-D ends; Ctrl-C ends the program."""
    paged = sys.stdin.isatty() and sys.stdout.isatty()
    k = 0
    while k < len(pages):
        show_page(screen, pages[k])
        pressed = _ask(screen, k + 1, len(pages)) if paged and k + 1 < len(pages) else ""
        if pressed in QUIT:
            return
        k = max(k - 1, 0) if pressed in BACK else k + 1


def show_page(screen: Console, page: Page) -> None:
    """A title, a rule as long, the lines, and an empty line."""
    show_lines(screen, Text(page.title, style="bold"), Text("─" * min(len(page.title), screen.width)), *page.lines)
    screen.print()


def show_lines(screen: Console, *lines: Text) -> None:
    """Lines, fitted to the screen."""
    for line in fitted(lines, screen.width):
        screen.print(line, soft_wrap=True)


def _ask(screen: Console, number: int, count: int) -> str:
    """What the reader types below a page; the line is taken away again where the terminal can do that."""
    gap = "   " if screen.width > ROOM_FOR_KEYS else " "
    keys = gap.join((f"page {number} of {count}", "Enter: on", "b: back", "q: quit "))
    screen.print(Text(keys, style="dim"), end="")
    try:
        typed = input().strip().lower()
    except EOFError:
        screen.print()
        return QUIT[0]
    except KeyboardInterrupt:
        screen.print()
        raise
    if not screen.is_dumb_terminal:
        screen.control(Control((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)))
    return typed
