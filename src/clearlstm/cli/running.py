"""What becomes of an error on the command line: one clear line and an exit code, or the traceback with ``--debug``.

Exit codes: 0 done; 1 a fault of clearlstm's own, or one that ``clearlstm check`` found; 2 something that the user can
put right; 130 stopped with Ctrl-C; 141 the reader of a pipe went away.
"""

import errno
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

import typer

from clearlstm.errors import ClearLSTMError, ClearLSTMWarning

FAULT, USAGE, STOPPED, PIPE_CLOSED = 1, 2, 130, 141
WINDOWS: Final = sys.platform == "win32"


def debug_first(args: list[str]) -> list[str]:
    """Move a ``--debug`` that stands anywhere before ``--`` to the front, where the global options are read.

    >>> debug_first(["forecast", "prices.csv", "--debug"])
    ['--debug', 'forecast', 'prices.csv']
    """
    end = args.index("--") if "--" in args else len(args)
    ours, rest = args[:end], args[end:]
    if "--debug" not in ours:
        return args
    return ["--debug", *(arg for arg in ours if arg != "--debug"), *rest]


@contextmanager
def plain_errors(*, debug: bool) -> Iterator[None]:
    """Run a command; with ``debug``, what it raises passes through."""
    with _plain_warnings():
        try:
            yield
            sys.stdout.flush()
        except KeyboardInterrupt:
            if debug:
                raise
            typer.echo("stopped", err=True)
            raise typer.Exit(STOPPED) from None
        except Exception as error:
            if _is_closed_pipe(error):
                _let_go_of_stdout()
                raise typer.Exit(PIPE_CLOSED) from None
            if debug or not _is_ours(error):
                raise
            message, code = _explain(error)
            typer.echo(f"error: {message}", err=True)
            raise typer.Exit(code) from None


def _is_closed_pipe(error: Exception) -> bool:
    """Whether the reader of our output has gone away. Windows calls that an invalid argument."""
    if WINDOWS and isinstance(error, OSError) and error.filename is None and error.errno == errno.EINVAL:
        return True
    return isinstance(error, BrokenPipeError)


def _is_ours(error: Exception) -> bool:
    """Whether we should speak; typer's own exceptions (usage errors, Exit) have their own words."""
    return not type(error).__module__.startswith(("typer", "click"))


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, ClearLSTMError):
        return str(error), USAGE
    if isinstance(error, MemoryError):
        return f"there isn't enough memory ({error}): ask for less, such as a smaller net or fewer rows", USAGE
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or error}", USAGE
    fault = f"{type(error).__name__}: {error}"
    return f"a fault in clearlstm, not in your input ({fault}); --debug shows where, please report it", FAULT


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Our own warnings become a line on stderr; others stay as Python shows them."""
    with warnings.catch_warnings():
        shown_before = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, ClearLSTMWarning):
                typer.echo(f"warning: {message}", err=True)
            else:
                shown_before(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


def _let_go_of_stdout() -> None:
    """Point stdout at nothing, so that the flush at exit doesn't complain of the closed pipe."""
    stdout: Any = sys.stdout
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stdout.fileno())
    os.close(nothing)
