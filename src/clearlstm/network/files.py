"""Writing files so that a reader never meets half of one."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

WINDOWS: Final = sys.platform == "win32"
PATIENCE: Final = (0.01, 0.03, 0.1, 0.3, 0.6)
"""Seconds to wait, one after the other, for a file that another program holds: on Windows a virus scanner looks into
every new file, and while it does, none can take its place."""


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``path``; on success it is renamed to ``path``, else removed.

    What stood at ``path`` before stays whole until the new file is complete on disk. An OSError names ``path``.
    """
    target = Path(path)
    try:
        with _temporary(target) as temporary:
            yield temporary
            with open(temporary, "rb+") as written:
                os.fsync(written.fileno())
            if not WINDOWS:  # where the folder says who may read a file
                temporary.chmod(_permissions(target))
            _rename(temporary, target)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _rename(temporary: Path, target: Path) -> None:
    for seconds in PATIENCE if WINDOWS else ():
        with suppress(PermissionError):
            temporary.replace(target)
            return
        time.sleep(seconds)
    temporary.replace(target)


def _permissions(target: Path) -> int:
    """Those of the file that is replaced, or what a new file gets (mkstemp's own are private)."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
