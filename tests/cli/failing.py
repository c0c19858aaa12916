"""A command that fails in the way it is told to, for the tests of what becomes of errors."""

import errno
import warnings

import typer

from clearlstm.errors import ClearLSTMWarning, DataError


def failing(way: str = typer.Argument(...)) -> None:
    """Fail."""
    typer.echo("some output")
    match way:
        case "data":
            raise DataError("column 'close' has text in row 3: give numbers")
        case "missing":
            open("no/such/file.csv", encoding="utf-8").close()
        case "memory":
            raise MemoryError("728 TiB")
        case "fault":
            raise ZeroDivisionError("division by zero")
        case "interrupt":
            raise KeyboardInterrupt
        case "pipe":
            raise OSError(errno.EINVAL, "Invalid argument")
        case "warning":
            warnings.warn("series 'A' is constant", ClearLSTMWarning, stacklevel=1)
