"""Plain signs for what an output's encoding lacks, so that bars and curves stay bars and curves.

On Windows a pipe or a file gets the encoding of the country, such as cp1252, and elsewhere old locales have theirs;
none of them knows block characters.
"""

import codecs
import os
from collections.abc import Mapping
from typing import Any, Final, TextIO

NAME: Final = "clearlstm.plain"

ALIKE: Final = (
    ("▏▎▍▌▋▊▉█", "||||####"),  # bars to the right: their last cell, and full ones
    ("▁▂▃▄▅▆▇", "__===##"),  # bars upwards
    ("─┤└■●○▶", "-|+*oo>"),
    ("−–—∂×·≈µ“”‘’", "---dx-~u\"\"''"),
    ("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", "   "),
)
LONGER: Final = {"…": "...", "→": "->", "≤": "<=", "±": "+-", "√": "sqrt ", "²": "^2", "½": "1/2"}
PLAIN: Final = {
    **dict.fromkeys(map(chr, range(0x2801, 0x2900)), "*"),  # the dots that curves are drawn in
    **{character: sign for those, signs in ALIKE for character, sign in zip(those, signs, strict=True)},
    **LONGER,
}
"""What stands for each character that the command line draws or says; as wide, where columns depend on it."""


def use_plain_signs(stream: TextIO | None) -> None:
    """Let ``stream`` write a plain sign for what it can't encode, and "?" where there is none, rather than raise.

    To a terminal that shows ASCII alone, ASCII is written, though Python would write UTF-8.
    """
    reconfigure: Any = getattr(stream, "reconfigure", None)
    if stream is None or reconfigure is None:
        return
    codecs.register_error(NAME, _plain)
    if stream.isatty() and asks_for_ascii(os.environ):
        reconfigure(encoding="ascii", errors=NAME)
    else:
        reconfigure(errors=NAME)


def asks_for_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the locale is C or POSIX by name, and nobody asked Python for another encoding.

    Python takes such a locale for a mistake, writes UTF-8, and puts C.UTF-8 into LC_CTYPE where it can (PEPs 538 and
    540). Where no locale is named at all, as in most containers, it is right.
    """
    if environ.get("PYTHONIOENCODING") or environ.get("PYTHONUTF8") == "1":
        return False
    names = ("LC_ALL", "LANG") if environ.get("LC_CTYPE") == "C.UTF-8" else ("LC_ALL", "LC_CTYPE", "LANG")
    return next((environ[name] for name in names if environ.get(name)), "") in ("C", "POSIX")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Python's handler of an encoding error: what to write instead, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in lacking), error.end
