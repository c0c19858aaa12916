"""How the terminal looks: one meaning a colour, the same as in the lab, and bars of block characters.

Words stay in the terminal's own colour, so that they can be read on any background; a swatch beside them or a bar
carries the hue. Nothing is said by colour alone.
"""

from typing import Final

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

WIDTH: Final = 80
NARROWEST: Final = 24

# Okabe & Ito's colour-blind-safe set.
HUES: Final = {
    "f": "#0072B2",
    "i": "#009E73",
    "g": "#E69F00",
    "o": "#CC79A7",
    "h": "#D55E00",
    "x": "#6B7280",
    "c": "bold",
}
# Where a terminal has 16 colours, the nearest of them to f and i are one, and so are those to g and h.
HUES_OF_16: Final = {
    "f": "bright_blue",
    "i": "green",
    "g": "yellow",
    "o": "magenta",
    "h": "red",
    "x": "bright_black",
    "c": "bold",
}

EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


class _Console(Console):
    """Leaves a closed pipe to :mod:`clearlstm.cli.running`, as all other output does."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A console at most 80 columns wide; plain when piped or when NO_COLOR is set."""
    made = _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    made.width = max(min(made.width, WIDTH), NARROWEST)
    hues = HUES_OF_16 if made.color_system == "standard" else HUES
    made.push_theme(Theme({style(name): hue for name, hue in hues.items()}))
    return made


def width() -> int:
    """How wide a line may be: as wide as the terminal, and 80 columns at most."""
    return console().width


def style(name: str) -> str:
    """What :func:`console` calls the hue of f, i, g, o, c, h or x."""
    return f"unit.{name}"


def swatch(name: str) -> Text:
    """A small square in the hue of f, i, g, o, c, h or x."""
    return Text("■", style=style(name))


def bar(share: float, cells: int, name: str) -> Text:
    """A bar that fills ``share`` (0..1) of ``cells`` characters, to an eighth of one; always ``cells`` wide.

    >>> bar(0.5, 4, "h").plain
    '██  '
    """
    eighths = round(min(max(share, 0.0), 1.0) * cells * 8)
    full, rest = divmod(eighths, 8)
    drawn = EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")
    return Text(drawn.ljust(cells), style=style(name))
