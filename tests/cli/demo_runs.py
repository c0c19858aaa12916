"""Running ``clearlstm demo`` for the tests: once for each set of options, or in a pseudo-terminal with keys pressed."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from clearlstm.cli import app

PROGRAM = Path(sys.executable).with_name("clearlstm")
PATIENCE_SECONDS = 30
REACTION_SECONDS = 0.2
"""A Ctrl-C in the microseconds between what ``input()`` last checks and its waiting is lost, in any Python program; a
person who has first to read what is drawn cannot press that soon."""
ENTER, CTRL_C, CTRL_D = "\n", "\x03", "\x04"


@cache
def run(*args: str) -> str:
    """What ``clearlstm demo ARGS`` prints; the same call is made once a session."""
    result = CliRunner().invoke(app, ["demo", *args])
    assert result.exit_code == 0, result.output
    # Where no earlier test has compiled the kernels yet, this one says that it does.
    assert [line for line in result.stderr.splitlines() if "compiling its kernels" not in line] == []
    return result.stdout


def refused(*args: str) -> str:
    """The one line in which ``clearlstm demo ARGS`` says what is wrong."""
    result = CliRunner().invoke(app, ["demo", *args])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def numbers_in(line: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", line)]


def line_with(text: str, start: str) -> str:
    found = [line for line in text.splitlines() if start in line]
    assert len(found) == 1, f"{start!r} stands in {len(found)} lines"
    return found[0]


def page_of(text: str, title: str) -> str:
    """The page with that title, its rule included, up to the next title."""
    lines = text.splitlines()
    titles = [k for k, rule in enumerate(lines[1:]) if rule and rule == "─" * len(lines[k])]
    start = next(k for k in titles if lines[k].startswith(title))
    end = next((k for k in titles if k > start), len(lines))
    return "\n".join(lines[start:end])


def in_a_terminal(*command: str | Path, keys: Sequence[tuple[str, str]] = (), **environment: str) -> tuple[int, str]:
    """Run in a pseudo-terminal of 80 by 24; the exit code and all that was drawn.

    ``keys``: (text, keys) pairs in order; once the text is drawn, the keys are pressed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C and Ctrl-D mean what they mean
    ) as started:
        os.close(theirs)
        drawn, seen, waiting = b"", 0, list(keys)
        while chunk := _read(ours, started):
            drawn += chunk
            while waiting and (at := drawn.find(waiting[0][0].encode(), seen)) >= 0:
                seen = at + len(waiting[0][0].encode())
                if waiting[0][1] == CTRL_C:
                    time.sleep(REACTION_SECONDS)
                os.write(ours, waiting.pop(0)[1].encode())
    os.close(ours)
    assert not waiting, f"never drawn: {waiting[0][0]!r} in {drawn.decode()}"
    return started.returncode, drawn.decode()


def _read(terminal: int, started: "subprocess.Popen[bytes]") -> bytes:
    """What is drawn next; a program that waits for keys that never come is ended."""
    if not select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
        started.kill()
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end has closed
        return b""
