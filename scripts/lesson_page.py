"""Bring docs/lesson.md up to date: its outputs, answers and line links are made, not typed.

The page's words are written by hand. Between ``<!-- KIND: WHAT -->`` and ``<!-- end -->`` stands what this script puts
there:

- ``output: COMMAND | TITLE``: that page of what the command prints, on a plain terminal of 80 columns;
- ``lesson: PART``: what ``clearlstm demo`` says too: its first paragraph, the names of things, or the questions;
- ``code: LINE``: a link to that line of ``cell/lstm.py``, found by its text.
"""

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import fill

from clearlstm import examples
from clearlstm.cli.lesson import figures
from clearlstm.cli.lesson.story import answered_questions
from clearlstm.insight.words import NAMES, sentence

WIDTH = 120
ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lesson.md"
REFERENCE = ROOT / "src" / "clearlstm" / "cell" / "lstm.py"
BLOCK = re.compile(r"<!-- (output|lesson|code): (.+?) -->.*?<!-- end -->", re.DOTALL)


def renewed(page: str) -> str:
    """The page with everything between its marks made anew."""

    def made(mark: re.Match[str]) -> str:
        kind, what = mark.groups()
        return f"<!-- {kind}: {what} -->{MAKERS[kind](what)}<!-- end -->"

    return BLOCK.sub(made, page)


def output(what: str) -> str:
    """One page of what a command prints, as a block of text."""
    command, title = what.split(" | ")
    pages = pages_of(command)
    texts = [pages[title]] if title in pages else [text for name, text in pages.items() if name.startswith(title)]
    if len(texts) != 1:
        raise LookupError(f"{command} has {len(texts)} pages whose title starts with {title!r}: {list(pages)}")
    return f"\n\n```text\n{texts[0]}\n```\n\n"


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


def lesson(part: str) -> str:
    """A part of the lesson's own words, as Markdown."""
    return f"\n\n{PARTS[part]()}\n\n"


def two_memories() -> str:
    bold = {name: f"**{name}**" for name in ("The long-term memory", "The short-term memory")}
    return fill(sentence("two_memories", **bold), WIDTH, break_on_hyphens=False)


def names() -> str:
    rows = (f"| {field} | {video} | ${part}$ |" for part, (field, video) in NAMES.items())
    return "\n".join(("| the field | in the video | here |", "|---|---|---|", *rows))


def questions() -> str:
    answered = answered_questions(figures.lesson(examples.statquest_unit(), examples.companies()))
    return "\n\n".join(fill(f"**{question}** {answer}", WIDTH, break_on_hyphens=False) for question, answer in answered)


def code(what: str) -> str:
    """A link to the one line of the reference that reads ``what``."""
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    numbers = [k for k, line in enumerate(lines, 1) if line.strip() == what]
    if len(numbers) != 1:
        raise LookupError(f"{len(numbers)} lines of {REFERENCE.name} read {what!r}")
    return f"[line {numbers[0]}](../{REFERENCE.relative_to(ROOT)}#L{numbers[0]})"


PARTS: dict[str, Callable[[], str]] = {"two memories": two_memories, "names": names, "questions": questions}
MAKERS: dict[str, Callable[[str], str]] = {"output": output, "lesson": lesson, "code": code}


if __name__ == "__main__":
    temporary = PAGE.with_suffix(".tmp")
    temporary.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    os.replace(temporary, PAGE)
    print(f"written: {PAGE.relative_to(ROOT)}")
