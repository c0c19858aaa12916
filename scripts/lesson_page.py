"""Bring docs/lesson.md up to date: its outputs, numbers and line links are made, not typed.

The page's words are written by hand. Between ``<!-- KIND: WHAT -->`` and ``<!-- end -->`` stands what this script puts
there:

- ``output: COMMAND | TITLE``: that page of what the command prints, on a plain terminal of 80 columns;
- ``number: PATH FORMAT``: a number of ``clearlstm demo --json``, such as ``companies.A.answer .4f``;
- ``code: LINE``: a link to that line of ``cell/reference.py``, found by its text.
"""

import json
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lesson.md"
REFERENCE = ROOT / "src" / "clearlstm" / "cell" / "reference.py"
BLOCK = re.compile(r"<!-- (output|number|code): (.+?) -->.*?<!-- end -->", re.DOTALL)


def renewed(page: str) -> str:
    """The page with everything between its marks made anew."""

    def made(found: re.Match[str]) -> str:
        kind, what = found[1], found[2]
        return f"<!-- {kind}: {what} -->{MAKERS[kind](what)}<!-- end -->"

    return BLOCK.sub(made, page)


def output(what: str) -> str:
    """One page of what a command prints, as a block of text."""
    command, title = what.split(" | ")
    pages = pages_of(command)
    found = [pages[title]] if title in pages else [text for name, text in pages.items() if name.startswith(title)]
    if len(found) != 1:
        raise LookupError(f"{command} has {len(found)} pages whose title starts with {title!r}: {list(pages)}")
    return f"\n\n```text\n{found[0]}\n```\n\n"


@cache
def pages_of(command: str) -> dict[str, str]:
    """What a command prints, by the titles of its pages: lines with a rule as long below them."""
    lines = printed(command).splitlines()
    starts = [k for k, rule in enumerate(lines[1:]) if rule and rule == "─" * len(lines[k])]
    ends = [*starts[1:], len(lines)]
    return {lines[a]: "\n".join(lines[a:b]).strip() for a, b in zip(starts, ends, strict=True)}


@cache
def printed(command: str) -> str:
    """What ``clearlstm …`` prints on a plain terminal of 80 columns."""
    from typer.testing import CliRunner

    from clearlstm.cli import app

    plain = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    result = CliRunner().invoke(app, command.split()[1:], env=plain)
    if result.exit_code != 0:
        raise RuntimeError(f"{command} failed:\n{result.output}")
    return result.stdout


def number(what: str) -> str:
    """A number of ``clearlstm demo --json``, in the format that is asked for."""
    path, form = what.split()
    value: Any = json.loads(printed("clearlstm demo --json"))
    for key in path.split("."):
        value = value[int(key) if key.lstrip("-").isdigit() else key]
    return format(value, form)


def code(what: str) -> str:
    """A link to the one line of the reference that reads ``what``."""
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    found = [k for k, line in enumerate(lines, 1) if line.strip() == what]
    if len(found) != 1:
        raise LookupError(f"{len(found)} lines of {REFERENCE.name} read {what!r}")
    return f"[line {found[0]}](../{REFERENCE.relative_to(ROOT)}#L{found[0]})"


MAKERS: dict[str, Callable[[str], str]] = {"output": output, "number": number, "code": code}


if __name__ == "__main__":
    temporary = PAGE.with_suffix(".tmp")
    temporary.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    os.replace(temporary, PAGE)
    print(f"written: {PAGE.relative_to(ROOT)}")
