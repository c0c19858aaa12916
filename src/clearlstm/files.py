"""Files: written whole or not at all, and only plain ones are read or replaced.

What is no plain file keeps its nature: a link stays a link and its target is written, a device or a named pipe is
written to where the content is a text that can flow, and is refused elsewhere.
"""

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from clearlstm.errors import ClearLSTMError, InputError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open can't be removed by others
    fcntl = None  # type: ignore[assignment]

WINDOWS: Final = sys.platform == "win32"
PATIENCE: Final = (0.01, 0.03, 0.1, 0.3, 0.6)
"""Seconds to wait, one after the other, for a file that another program holds: on Windows a virus scanner looks into
every new file, and while it does, none can take its place."""

LINKS: Final = 40
"""How many links may follow each other, as in Linux."""

ABSENT: Final = "doesn't exist"
KINDS: Final = {
    stat.S_IFDIR: "is a folder",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
}


def why_not_plain(path: str | os.PathLike[str]) -> str | None:
    """Why ``path`` leads to no plain file, such as "is a folder"; None if it does. It is not opened."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return ABSENT
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte, or one that can't be encoded
        return f"can't be looked at ({getattr(error, 'strerror', None) or error})"
    return None if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "is no file")


def check_plain(path: str | os.PathLike[str], error: type[ClearLSTMError], advice: str = "name a file") -> Path:
    """The path of a plain file; anything else, which could block or never end, raises ``error``."""
    reason = why_not_plain(path)
    if reason == ABSENT:
        raise error(f"{path} {reason}: check the name, or give the full path")
    if reason is not None:
        raise error(f"{path} {reason}: {advice}")
    return Path(path)


@contextmanager
def door(what: str | os.PathLike[str], error: type[ClearLSTMError]) -> Iterator[None]:
    """Where content of a stranger's comes in: whatever is raised over it becomes ``error``, which names ``what``.

    Checks say better what is wrong; this is for what no check thought of. The cause is kept.
    """
    try:
        yield
    except (ClearLSTMError, ImportError, Warning):  # Warning: where the user made them errors
        raise
    except Exception as cause:
        first = str(cause).strip().partition("\n")[0]
        reason = f"{type(cause).__name__}: {first}" if first else type(cause).__name__
        raise error(f"{what}: can't be read; it is damaged, or holds what isn't known here ({reason})") from cause


def check_target(path: str | os.PathLike[str], *, stream: bool = False) -> Path:
    """Refuse, as an :class:`InputError`, a path that nothing can be written to: asked before the work, not after it.

    ``stream`` says that what will be written may go to a device or a named pipe.
    """
    target = Path(path)
    reason = why_not_plain(target)
    if stream and is_stream(target):
        return target
    if reason not in (None, ABSENT):
        raise InputError(f"{target} {reason}: give the name of a file")
    if _descriptor(target) is not None:
        raise InputError(f"{target} is a stream that the program has open: give the name of a file")
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise InputError(f"{target}: the folder {folder} doesn't exist: make it first, or give another path")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{target}: nothing can be written to the folder {folder}: give another path")
    return target


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, stream: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it takes that name, else it is removed.

    What stood at ``path`` before stays whole until the new file is complete on disk. Of a link, the target is written.
    With ``stream``, a device or a named pipe gets what was written to the temporary file; else it is refused. What a
    killed program left beside ``path`` is removed. An OSError names ``path``.
    """
    target = Path(path)
    if stream and is_stream(target):
        yield from _streamed(target)
        return
    check_target(target)
    try:
        with _temporary(Path(os.path.realpath(target))) as temporary:
            yield temporary
            with open(temporary, "rb+") as written:
                os.fsync(written.fileno())
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A new file beside ``target``, locked as long as this program lives, which takes its place at the end."""
    _clear_leftovers(target)
    temporary, handle = _new_file(target)
    with ExitStack() as at_the_end:
        at_the_end.callback(temporary.unlink, missing_ok=True)
        lock = at_the_end.enter_context(os.fdopen(handle, "rb"))
        yield temporary
        if WINDOWS:  # where a file that is open can't be renamed, and the folder says who may read it
            lock.close()
        else:
            temporary.chmod(_permissions(target))
        _rename(temporary, target)


def _new_file(target: Path) -> tuple[Path, int]:
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        if _lock(handle) is not False and os.fstat(handle).st_nlink:  # else it was taken for a leftover just now
            return Path(name), handle
        os.close(handle)


def _clear_leftovers(target: Path) -> None:
    """Remove what programs that were killed while they wrote ``target`` left beside it: nobody holds its lock."""
    prefix = f".{target.name}."
    with suppress(OSError), os.scandir(target.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(prefix) and entry.name.endswith(".tmp")]
        for name in names:
            with suppress(OSError):
                _remove_leftover(target.parent / name)


def _remove_leftover(path: Path) -> None:
    if fcntl is None:
        path.unlink()
        return
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode) and _lock(handle):
            path.unlink()
    finally:
        os.close(handle)


def _lock(handle: int) -> bool | None:
    """Lock a file until it is closed: False if another program has, None where there are no such locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_stream(path: Path) -> bool:
    """Whether content can flow there: a character device, a named pipe, or what this program has open."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def is_stdout(path: Path | None) -> bool:
    """Whether ``path`` is a name of this program's standard output."""
    return path is not None and _descriptor(path) == 1


def _descriptor(path: Path) -> int | None:
    """The number of the open file that ``path`` stands for: 1 for /dev/stdout and /dev/fd/1."""
    own = ("/dev/fd", f"/proc/{os.getpid()}/fd")
    for _ in range(LINKS):
        if os.path.realpath(path.parent) in own:
            return int(path.name) if path.name.isdecimal() else None
        if not path.is_symlink():
            break
        path = path.parent / os.readlink(path)
    return None


def _streamed(target: Path) -> Iterator[Path]:
    """A new file elsewhere, whose content flows to ``target`` when it is complete."""
    with tempfile.TemporaryDirectory(prefix="clearlstm-") as folder:
        temporary = Path(folder) / target.name
        temporary.touch()
        yield temporary
        number = _descriptor(target)
        sys.stdout.flush()
        with open(temporary, "rb") as content, open(target if number is None else os.dup(number), "wb") as stream:
            shutil.copyfileobj(content, stream)


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
