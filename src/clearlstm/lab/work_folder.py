"""Where the lab keeps what it is handed and what it makes: in one folder, which one lab at a time has for itself."""

import errno
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from clearlstm.errors import InputError

CHECKPOINTS: Final = "checkpoints"
LOCK: Final = "lab.lock"
RUN: Final = "run-"
TEMPORARY: Final = "clearlstm-lab-"
HOLDER_BYTES: Final = 64
"""More than the name of the process that holds a lock."""

OLD_SECONDS: Final = 60.0
"""A temporary folder that is younger may be another lab's that hasn't come to lock it."""

DISK_FULL: Final = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name)}
"""No room on the disk, or none left for this user."""


class FolderLock:
    """Held as long as the lab lives, however it ends; in the file is who holds it."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle = path, handle

    @classmethod
    def taken(cls, path: Path) -> Self | None:
        """The lock, or None if another process holds it."""
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                _lock(handle)
            except (BlockingIOError, PermissionError):
                os.close(handle)
                return None
            except OSError:  # a disk that knows no locks
                pass
            if os.fstat(handle).st_nlink:  # else its last holder has just removed it
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
                return cls(path, handle)
            os.close(handle)

    def release(self) -> None:
        """Let others have it; the file goes."""
        if sys.platform == "win32":  # where a file that is open can't be removed
            os.close(self._handle)
            self._path.unlink(missing_ok=True)
        else:
            self._path.unlink(missing_ok=True)
            os.close(self._handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, HOLDER_BYTES, os.SEEK_SET)  # beyond what others are to read
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class LabFolder:
    """A folder with checkpoints, and one in it for this run of the lab, which goes when the lab closes.

    Without a ``path`` it is a temporary one, which goes too unless it holds checkpoints of unfinished work. What labs
    that were killed left behind is removed first, but for their checkpoints.
    """

    def __init__(self, path: Path | None) -> None:
        try:
            _clear_temporary()
            self.path = Path(tempfile.mkdtemp(prefix=TEMPORARY)) if path is None else path.absolute()
            self.checkpoints = self.path / CHECKPOINTS
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            lock = FolderLock.taken(self.path / LOCK)
            if lock is None:
                raise _in_use(self.path)
            self._lock = lock
            _clear_runs(self.path)
            self.run = Path(tempfile.mkdtemp(prefix=RUN, dir=self.path))
        except OSError as error:
            raise InputError(
                f"--folder {path}: nothing can be written there ({error.strerror}): name a folder of your own"
            ) from error
        self.uploads, self.jobs, self.workers = (self.run / name for name in ("uploads", "jobs", "workers"))
        for folder in (self.uploads, self.jobs, self.workers):
            folder.mkdir()

    def close(self) -> Path | None:
        """Remove what this run made; return the folder if checkpoints of unfinished work are left in it."""
        shutil.rmtree(self.run, ignore_errors=True)
        for folder in self.checkpoints.iterdir():
            if not any(folder.iterdir()):
                folder.rmdir()
        unfinished = any(self.checkpoints.iterdir())
        if not unfinished:
            self.checkpoints.rmdir()
        self._lock.release()
        if not any(self.path.iterdir()):
            self.path.rmdir()
        return self.path if unfinished else None


def _in_use(folder: Path) -> InputError:
    with suppress(OSError):
        holder = (folder / LOCK).read_text("ascii", "replace")
        if holder.isdecimal():
            return InputError(
                f"--folder {folder} is in use by another lab, process {holder}: close that one, or name another folder"
            )
    return InputError(f"--folder {folder} is in use by another lab: close that one, or name another folder")


def _clear_runs(folder: Path) -> None:
    """Remove what killed labs left in a folder that is locked, so no living one's."""
    for run in folder.glob(f"{RUN}*"):
        shutil.rmtree(run, ignore_errors=True)


def _clear_temporary() -> None:
    """Remove the temporary folders of this user's labs that were killed; one with checkpoints keeps these."""
    for folder in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
        with suppress(OSError):
            status = folder.lstat()
            mine = sys.platform == "win32" or status.st_uid == os.geteuid()
            if folder.is_symlink() or not mine or time.time() - status.st_mtime < OLD_SECONDS:
                continue
            lock = FolderLock.taken(folder / LOCK)
            if lock is not None:
                _clear_runs(folder)
                lock.release()
                if not any((folder / CHECKPOINTS).glob("*/*")):
                    shutil.rmtree(folder, ignore_errors=True)


def disk_full(error: BaseException | None) -> str | None:
    """What to say of an error that a full disk made, or of one that such an error caused; else None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            return "the disk that the lab's folder is on is full: free some space, or start it with another --folder"
        error = error.__cause__ or error.__context__
    return None
