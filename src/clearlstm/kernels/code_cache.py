"""Compiled code on disk, so that it is compiled once: only where nobody else can put code, and never believed unread.

What is read from a cache is run. So it lies in a folder of this user's alone, or nowhere; each file begins with the
digest of the rest, and one that was cut short or changed is as good as none: the code is compiled and written anew.

The folder is named after the content of every file of this package that a kernel can be made of, so a change anywhere
starts a new one; a file is named after its kernel, the kernel's source and argument types, and the processor.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR, S_ISVTX, S_IWGRP, S_IWOTH
from typing import Any, Final, NamedTuple

import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps, loads

from clearlstm.errors import InputError
from clearlstm.files import atomic_write
from clearlstm.version import __version__

CACHES: Final = {"darwin": "Library/Caches", "win32": "AppData/Local"}
"""Where programs keep them, from the home on; elsewhere it is ``.cache``."""

CHOSEN: Final = "CLEARLSTM_CACHE_DIR"
"""The variable that comes before the system's."""

DIGEST_BYTES: Final = hashlib.sha256().digest_size


class Place(NamedTuple):
    """Where compiled code is kept: a folder, or None and why there is none."""

    folder: Path | None
    reason: str = ""


def place() -> Place:
    """Where this version's code is kept: by ``CLEARLSTM_CACHE_DIR``, or else where the system has programs' caches.

    Nothing is made. A place that can't be trusted is not replaced by another: what was chosen is said to be wrong.
    """
    base = _base()
    if base is None:
        return Place(None, "this user has no home folder")
    if not base.is_absolute():
        return Place(None, f"{base} is not an absolute path")
    # What is looked at, and then used, is where links lead to.
    folder = Path(os.path.realpath(base)) / f"clearlstm-{__version__}-{_fingerprint()}"
    reason = _distrust(folder)
    return Place(folder) if reason is None else Place(None, reason)


def made_folder() -> Path | None:
    """The folder of :func:`place`, there and to be trusted, or None."""
    folder = place().folder
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:  # a read-only home, for instance
        return None
    return folder if _distrust(folder) is None else None  # somebody else may have been quicker


def _base() -> Path | None:
    for variable in (CHOSEN, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        named = os.environ.get(variable, "")
        if named and (variable == CHOSEN or os.path.isabs(named)):  # the system's, if relative, are to be ignored
            return Path(named)
    try:
        return Path.home() / CACHES.get(sys.platform, ".cache")
    except RuntimeError:  # a container's user without a name, for instance
        return None


def _distrust(folder: Path) -> str | None:
    """Why somebody else could put code into ``folder``, or None if nobody can.

    Windows keeps each user's folders from others by rights that Python doesn't show.
    """
    if sys.platform == "win32":
        return None
    if folder.is_symlink():
        return f"{folder} is a link"
    for path in (folder, *folder.parents):
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return f"{path} can't be looked at ({error.strerror})"
        if not S_ISDIR(status.st_mode):
            return f"{path} is not a folder"
        if status.st_uid not in (0, os.geteuid()) or (path == folder and status.st_uid != os.geteuid()):
            return f"{path} belongs to another user"
        if _open_to_others(status, leaf=path == folder):
            return f"others may write to {path}"
    return None


def _open_to_others(status: os.stat_result, *, leaf: bool) -> bool:
    """Whether others can replace what is in a folder.

    In one like /tmp (the sticky bit) they can't touch what isn't theirs. A folder that the user's own group may write
    to is common on the way; the code's own folder may be written to by its owner alone.
    """
    if leaf:
        return bool(status.st_mode & (S_IWGRP | S_IWOTH))
    if status.st_mode & S_ISVTX:
        return False
    return bool(status.st_mode & S_IWOTH) or bool(status.st_mode & S_IWGRP and status.st_gid != os.getegid())


@functools.cache
def _fingerprint() -> str:
    """Of the sources that compiled code is made from, and of the compiler."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def digest_of(source: str) -> str | None:
    """Of a file of source code; None for code that comes from no file, which isn't kept."""
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError:
        return None


class CodeCache(_Cache):
    """Numba's cache of one function: a file for each combination of argument types and processor.

    A cache is there to save time: what can't be read or written, for whatever reason, is compiled for this process.
    """

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._source = digest_of(function.__code__.co_filename)
        self._folder = folder

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(self._folder)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for the argument types ``sig``, or None."""
        target_context.refresh()
        try:
            content = self._file(sig, target_context.codegen()).read_bytes()
        except OSError:
            return None
        digest, code = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(code).digest() != digest:
            return None
        try:
            return CompileResult._rebuild(target_context, *loads(code))  # type: ignore[no-untyped-call]
        except Exception:  # whole, and yet not what this Numba keeps
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled function ``data`` for the argument types ``sig``."""
        if data.library.has_dynamic_globals:  # addresses, which are others in the next process
            return
        code = dumps(data._reduce())  # type: ignore[no-untyped-call]
        with suppress(OSError, InputError), atomic_write(self._file(sig, data.codegen)) as temporary:
            temporary.write_bytes(hashlib.sha256(code).digest() + code)

    def _file(self, sig: Any, codegen: Any) -> Path:
        key = hashlib.sha256(repr((self._source, sig, codegen.magic_tuple())).encode()).hexdigest()
        return self._folder / f"{self._name}-{key[:24]}.code"

    def enable(self) -> None:
        """Always."""

    def disable(self) -> None:
        """Never."""

    def flush(self) -> None:
        """Nothing is kept in memory."""
