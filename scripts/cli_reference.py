"""Write docs/cli.md from the commands' own --help, so that the page can't say anything else than the program."""

import os
import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"

HEAD = """\
# The command line

Written by `make docs` from each command's `--help`; a test compares the two.

Exit codes: 0 done; 2 something that you can put right, told in one line; 130 stopped with Ctrl-C; 1 a fault of
clearlstm's own (`--debug` shows where), or one that `clearlstm check` found. Output is plain when it is piped or when
`NO_COLOR` is set.
"""


def reference() -> str:
    """The page's text."""
    from clearlstm.cli import COMMANDS

    parts = [HEAD, section("clearlstm", [])]
    parts += [section(f"clearlstm {name}", [name]) for name in COMMANDS]
    return "\n".join(parts)


def section(title: str, args: list[str]) -> str:
    """One command's help under its name."""
    return f"## {title}\n\n```text\n{help_of(args)}\n```\n"


def help_of(args: list[str]) -> str:
    """What ``clearlstm ARGS --help`` prints on a plain terminal of 80 columns."""
    from typer.testing import CliRunner

    from clearlstm.cli import app

    plain = {"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1", "TERM": "dumb"}
    result = CliRunner().invoke(app, [*args, "--help"], prog_name="clearlstm", env=plain)
    if result.exit_code != 0:
        sys.exit(f"clearlstm {' '.join(args)} --help failed:\n{result.output}")
    return re.sub(r"[ \t]+$", "", result.stdout, flags=re.MULTILINE).strip()


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    temporary = PAGE.with_suffix(".tmp")
    temporary.write_text(reference(), encoding="utf-8", newline="\n")
    os.replace(temporary, PAGE)
    print(f"written: {PAGE.relative_to(Path.cwd())}" if PAGE.is_relative_to(Path.cwd()) else f"written: {PAGE}")
