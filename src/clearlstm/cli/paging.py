"""Pages one at a time on a terminal; one after the other, without a pause, where nobody can press a key."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

if TYPE_CHECKING:
    from clearlstm.cli.lesson.pages import Page

QUIT: Final = ("q", "quit")
BACK: Final = ("b", "back")


def show(screen: Console, pages: "Sequence[Page]") -> None:
    """All pages. On a terminal Enter goes on, b goes back, q or Ctrl-D ends; Ctrl-C ends the program."""
    paged = sys.stdin.isatty() and sys.stdout.isatty()
    k = 0
    while k < len(pages):
        show_page(screen, pages[k])
        pressed = _ask(screen, k + 1, len(pages)) if paged and k + 1 < len(pages) else ""
        if pressed in QUIT:
            return
        k = max(k - 1, 0) if pressed in BACK else k + 1


def show_page(screen: Console, page: "Page") -> None:
    """A title, a rule as long, the lines, and an empty line."""
    screen.print(Text(page.title, style="bold"))
    screen.print(Text("─" * len(page.title)))
    for line in page.lines:
        screen.print(line, soft_wrap=True)
    screen.print()


def _ask(screen: Console, number: int, count: int) -> str:
    """What the reader types below a page; the line is taken away again where the terminal can do that."""
    screen.print(Text(f"page {number} of {count}   Enter: on   b: back   q: quit ", style="dim"), end="")
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
