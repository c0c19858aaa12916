"""Shakespeare's plays as the package ``shakespeare`` has them from Project Gutenberg, in the letters of the net."""

import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Final, NamedTuple

from clearlstm import letters

HELD_OUT: Final = "tempest"
"""No letter of it is trained on, and nothing was chosen by it."""
CHOSEN_BY: Final = "two_gentlemen_of_verona"
"""Not trained on either: the net's size and the settings of its training were chosen by it."""
EXCERPT: Final = slice(0, 12_000)
"""What of it is bundled, so that the score can be repeated without that package."""

_NAME: Final = re.compile(r"[A-Z][A-Z' -]+\.")


class Plays(NamedTuple):
    """The plays that are trained on, end to end in the order of their names; how many; and the one that is held out."""

    train: str
    n_plays: int
    held_out: str


def plays() -> Plays:
    """The plays that write speakers' names in capitals on lines of their own, as most of the package's do."""
    folder = Path(str(distribution("shakespeare").locate_file("shksprdata/texts")))
    texts = {path.stem.removesuffix("_gut"): text_of(path.read_text("latin-1")) for path in folder.glob("*_gut.txt")}
    alike = {name: text for name, text in sorted(texts.items()) if _names_in_capitals(text)}
    held_out, _ = alike.pop(HELD_OUT), alike.pop(CHOSEN_BY)
    return Plays("".join(alike.values()), len(alike), held_out)


def text_of(raw: str) -> str:
    """From the first act on: no blanks at the ends of lines, one empty line for several, and letters.ALPHABET alone.

    A text without acts gives nothing.
    """
    lines = "\n".join(line.rstrip() for line in raw.splitlines())
    acts = re.search(r"^ACT\b.*", re.sub(r"\n{3,}", "\n\n", lines), re.MULTILINE | re.DOTALL)
    return letters.known(acts[0]).strip() + "\n\n" if acts else ""


def _names_in_capitals(text: str) -> bool:
    """Whether most of what follows an empty line is such a name."""
    first_lines = re.findall(r"\n\n(.+)", text)
    return sum(_NAME.fullmatch(line) is not None for line in first_lines) > 0.6 * len(first_lines)
